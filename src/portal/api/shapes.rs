//! Schemas of bodies for the OpenAPI document. Only the document uses them; the bodies themselves are written by
//! `render` and others.
#![allow(dead_code)]

use serde_json::{Value, json};
use utoipa::ToSchema;

pub(super) use super::record_shapes::{AuditConnection, AuditEvent, AuditPayload, AuditWire};

/// Event with its payload and its record below HTTP; each `null` when there is none.
#[derive(ToSchema)]
pub(super) struct AuditRecord {
    #[serde(flatten)]
    event: AuditEvent,
    #[schema(required)]
    payload: Option<AuditPayload>,
    #[schema(required)]
    wire: Option<AuditWire>,
}

/// A page of connections, the latest opened first.
#[derive(ToSchema)]
pub(super) struct ConnectionsPage {
    connections: Vec<AuditConnection>,
    /// Number of matching connections on all pages.
    total: u64,
    /// Maximum number of connections per page.
    limit: u32,
    /// Cursor of the next page; omitted on the last one.
    next_cursor: Option<String>,
}

/// A connection with the events of its requests, in their order.
#[derive(ToSchema)]
pub(super) struct AuditConnectionRecord {
    #[serde(flatten)]
    connection: AuditConnection,
    events: Vec<AuditEvent>,
}

/// A page of events, newest first.
#[derive(ToSchema)]
pub(super) struct EventsPage {
    events: Vec<AuditEvent>,
    /// Number of matching events on all pages.
    total: u64,
    /// Maximum number of events per page.
    limit: u32,
    /// Events skipped.
    offset: u64,
    /// Cursor of the next page; omitted on the last one.
    next_cursor: Option<String>,
}

/// Counts by time.
#[derive(ToSchema)]
pub(super) struct Timeseries {
    #[schema(format = "date-time")]
    from: String,
    #[schema(format = "date-time")]
    to: String,
    bucket_seconds: u32,
    buckets: Vec<TimeBucket>,
}

/// Events that began within `bucket_seconds` from `time`.
#[derive(ToSchema)]
pub(super) struct TimeBucket {
    #[schema(format = "date-time")]
    time: String,
    count: u64,
    /// Events that failed (`success` is false).
    errors: u64,
    /// Mean duration in milliseconds, 0 without events.
    avg_duration_ms: f64,
}

/// Counts by a dimension.
#[derive(ToSchema)]
pub(super) struct Breakdown {
    #[schema(format = "date-time")]
    from: String,
    #[schema(format = "date-time")]
    to: String,
    dimension: String,
    groups: Vec<BreakdownGroup>,
}

/// Events with the same value.
#[derive(ToSchema)]
pub(super) struct BreakdownGroup {
    /// Value of the dimension; empty for events without one.
    key: String,
    count: u64,
    /// Events that failed (`success` is false).
    errors: u64,
    /// Mean duration in milliseconds.
    avg_duration_ms: f64,
}

/// Description of the audit trail's queries.
#[derive(ToSchema)]
pub(super) struct Meta {
    /// Parameters that every query accepts.
    filters: Vec<MetaFilter>,
    /// Dimensions of a breakdown.
    dimensions: Vec<String>,
    limits: MetaLimits,
    features: MetaFeatures,
}

/// A filter.
#[derive(ToSchema)]
pub(super) struct MetaFilter {
    name: String,
    /// `text`, `time`, `status`, `word`, `method`, `number`, `integer`, `uuid`, `header`, `header-name`,
    /// `fingerprint` or `trace-id`.
    r#type: String,
    about: String,
    /// Example value.
    example: String,
    /// True when it may be given more than once; all values must match.
    repeatable: bool,
    /// Possible values; omitted when the value is free.
    values: Option<Vec<String>>,
}

/// Limits of queries.
#[derive(ToSchema)]
pub(super) struct MetaLimits {
    page_default: u64,
    page_max: u64,
    buckets_max: u64,
    top_default: u64,
    top_max: u64,
    /// Timeout of one query in seconds.
    question_seconds: u64,
}

/// Recorded parts of requests, and export formats.
#[derive(ToSchema)]
pub(super) struct MetaFeatures {
    /// `postgres` or `sqlite`.
    store: String,
    /// Bodies and query are recorded.
    payloads: bool,
    /// Headers are recorded.
    headers: bool,
    /// Bytes of each body that are recorded.
    max_payload_bytes: u64,
    /// Days an event is kept.
    retention_days: u32,
    /// Export formats.
    formats: Vec<String>,
}

/// Endpoints by group.
#[derive(ToSchema)]
pub(super) struct Catalogue {
    groups: Vec<CatalogueGroup>,
}

/// A group of endpoints.
#[derive(ToSchema)]
pub(super) struct CatalogueGroup {
    name: String,
    about: String,
    routes: Vec<CatalogueRoute>,
}

/// An endpoint.
#[derive(ToSchema)]
pub(super) struct CatalogueRoute {
    name: String,
    group: String,
    method: String,
    /// The path, with `{parameter}` segments.
    path: String,
    about: String,
    params: Vec<CatalogueParam>,
    /// True when the endpoint reads a request body.
    takes_body: bool,
    answers: Vec<CatalogueAnswer>,
    /// Request target whose response is the first documented one.
    example: String,
}

/// An endpoint, or a group of them.
#[derive(ToSchema)]
#[serde(untagged)]
pub(super) enum CatalogueEntry {
    Route(CatalogueRoute),
    Group(CatalogueGroup),
}

/// A parameter of an endpoint.
#[derive(ToSchema)]
pub(super) struct CatalogueParam {
    name: String,
    /// `path`, `query` or `header`.
    place: String,
    about: String,
    required: bool,
    /// `string`, `integer`, `number` or `array`.
    r#type: String,
    /// Default value.
    default: Option<Value>,
    minimum: Option<Value>,
    maximum: Option<Value>,
    /// Example value.
    #[schema(value_type = Value)]
    example: Value,
}

/// A documented answer of an endpoint.
#[derive(ToSchema)]
pub(super) struct CatalogueAnswer {
    /// Status, range or `default`.
    status: String,
    about: String,
    media_type: Option<String>,
    /// Example body.
    example: Option<Value>,
    headers: Vec<CatalogueHeader>,
}

/// A header of an answer.
#[derive(ToSchema)]
pub(super) struct CatalogueHeader {
    name: String,
    about: String,
}

/// An OpenAPI document.
#[derive(ToSchema)]
pub(super) struct OpenApi {
    /// Version of OpenAPI.
    openapi: String,
}

/// Error of a refused request.
#[derive(ToSchema)]
pub(super) struct Refusal {
    /// Error message.
    error: String,
    /// Stable error code for programs: `audit_disabled`, `bad_request`, `not_found` and so on.
    code: String,
}

/// Returns an example event.
pub(super) fn event_example() -> Value {
    json!({
        "id": "019a8d10-0000-7000-8000-000000000001", "timestamp": "2026-01-31T12:00:00.000000Z", "duration_ms": 0.42,
        "first_byte_ms": 0.31, "request_id": "0b9f6b1e-7d7c-4f0e-9d53-4ad2f0b6f1f2", "user_subject": "devkey",
        "auth_type": "apikey", "api_key_name": "devkey", "method": "GET", "path": "/v1/fixed/hello",
        "target": "/v1/fixed/hello", "host": "localhost:8080", "http_version": "HTTP/1.1", "route_name": "fixed",
        "endpoint_group": "data", "status": 200, "bytes_in": 0, "bytes_out": 120, "success": true,
        "remote_addr": "127.0.0.1:51234", "user_agent": "curl/8.5.0", "source": "external", "instance": "api-test-0",
        "fingerprints": ["3f9a01bc"], "connection_id": "019a8d10-0000-7000-8000-000000000002",
        "request_on_connection": 1, "ended_by": "complete"
    })
}

/// Returns an example connection.
pub(super) fn connection_example() -> Value {
    json!({
        "id": "019a8d10-0000-7000-8000-000000000002", "opened": "2026-01-31T11:59:59.999000Z",
        "closed": "2026-01-31T12:00:01.000000Z", "remote_addr": "127.0.0.1:51234", "local_port": 8080,
        "protocol": "http/1", "tls": null, "proxy": null, "bytes_in": 120, "bytes_out": 420, "requests": 1,
        "first_bytes": "", "ended_by": "client_fin", "instance": "api-test-0"
    })
}

/// Returns an example page.
pub(super) fn page_example() -> Value {
    json!({"events": [event_example()], "total": 1, "limit": 50, "offset": 0})
}

/// Returns an example event with its payload.
pub(super) fn record_example() -> Value {
    let mut record = event_example();
    record["payload"] = json!({
        "request_headers": {"Accept": ["*/*"], "X-Api-Key": ["[redacted:3f9a01bc]"]}, "request_query": null,
        "request_content_type": null, "request_body": "", "request_captured_size": 0, "request_size": 0,
        "request_truncated": false, "request_remote_addr": "127.0.0.1:51234",
        "response_headers": {"Content-Type": ["application/json"]}, "response_content_type": "application/json",
        "response_body": "{\"key\":\"hello\"}\n", "response_captured_size": 16, "response_size": 16,
        "response_truncated": false, "replayed_from": null, "request_masked": ["headers"], "response_masked": []
    });
    record["wire"] = json!({
        "request": {
            "raw_head": "GET /v1/fixed/hello HTTP/1.1\r\nHost: localhost:8080\r\nX-API-Key: [redacted:3f9a01bc]\r\n\r\n",
            "fields": [["Host", "localhost:8080"], ["X-API-Key", "[redacted:3f9a01bc]"]], "framing": "none",
            "head_ms": 0.05
        },
        "response": {},
        "connection": {"peer": "127.0.0.1:51234", "local_port": 8080, "opened": "2026-01-31T11:59:59.999000Z"}
    });
    record
}
