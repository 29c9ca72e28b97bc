//! What comes back, the same for both databases.

use std::collections::BTreeMap;

use actors::audit::{Bucket, Event, Fingerprints, Group, JsonText, Masked, Payload, Record, Source, Stats};
use diesel::{
    QueryableByName,
    sql_types::{BigInt, Binary, Bool, Double, Nullable, SmallInt, Text},
};
use serde_json::Value;
use uuid::Uuid;

use super::statement::time;

/// An event. `ts` is in microseconds of the Unix epoch.
#[derive(QueryableByName)]
pub(in crate::store) struct EventRow {
    #[diesel(sql_type = BigInt)]
    ts: i64,
    #[diesel(sql_type = Binary)]
    id: Vec<u8>,
    #[diesel(sql_type = Double)]
    duration_ms: f64,
    #[diesel(sql_type = Nullable<Double>)]
    first_byte_ms: Option<f64>,
    #[diesel(sql_type = Text)]
    request_id: String,
    #[diesel(sql_type = Nullable<Text>)]
    session_id: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    user_subject: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    user_email: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    auth_type: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    api_key_name: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    client_id: Option<String>,
    #[diesel(sql_type = Text)]
    method: String,
    #[diesel(sql_type = Text)]
    path: String,
    #[diesel(sql_type = Text)]
    target: String,
    #[diesel(sql_type = Text)]
    host: String,
    #[diesel(sql_type = Text)]
    http_version: String,
    #[diesel(sql_type = Nullable<Text>)]
    route_name: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    endpoint_group: Option<String>,
    #[diesel(sql_type = SmallInt)]
    status: i16,
    #[diesel(sql_type = BigInt)]
    bytes_in: i64,
    #[diesel(sql_type = BigInt)]
    bytes_out: i64,
    #[diesel(sql_type = Bool)]
    success: bool,
    #[diesel(sql_type = Nullable<Text>)]
    error_message: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    error_category: Option<String>,
    #[diesel(sql_type = Text)]
    remote_addr: String,
    #[diesel(sql_type = Nullable<Text>)]
    user_agent: Option<String>,
    #[diesel(sql_type = Text)]
    source: String,
    #[diesel(sql_type = Text)]
    instance: String,
    #[diesel(sql_type = Nullable<Text>)]
    fingerprints: Option<String>,
}

/// An event and its payload, whose columns are all NULL when there is none.
#[derive(QueryableByName)]
pub(in crate::store) struct RecordRow {
    #[diesel(embed)]
    event: EventRow,
    #[diesel(sql_type = Nullable<Text>)]
    request_headers: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    request_query: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    request_content_type: Option<String>,
    #[diesel(sql_type = Nullable<Binary>)]
    request_body: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<BigInt>)]
    request_size: Option<i64>,
    #[diesel(sql_type = Nullable<Bool>)]
    request_truncated: Option<bool>,
    #[diesel(sql_type = Nullable<Text>)]
    request_remote_addr: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    response_headers: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    response_content_type: Option<String>,
    #[diesel(sql_type = Nullable<Binary>)]
    response_body: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<BigInt>)]
    response_size: Option<i64>,
    #[diesel(sql_type = Nullable<Bool>)]
    response_truncated: Option<bool>,
    #[diesel(sql_type = Nullable<Binary>)]
    replayed_from: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<SmallInt>)]
    masked: Option<i16>,
}

/// How many.
#[derive(QueryableByName)]
pub(in crate::store) struct CountRow {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// One bucket of a time series.
#[derive(QueryableByName)]
pub(in crate::store) struct BucketRow {
    #[diesel(sql_type = BigInt)]
    bucket: i64,
    #[diesel(sql_type = BigInt)]
    count: i64,
    #[diesel(sql_type = BigInt)]
    errors: i64,
    #[diesel(sql_type = Double)]
    avg_duration_ms: f64,
}

/// One group of a breakdown.
#[derive(QueryableByName)]
pub(in crate::store) struct GroupRow {
    #[diesel(sql_type = Text)]
    key: String,
    #[diesel(sql_type = BigInt)]
    count: i64,
    #[diesel(sql_type = BigInt)]
    errors: i64,
    #[diesel(sql_type = Double)]
    avg_duration_ms: f64,
}

/// Totals and percentiles.
#[derive(QueryableByName)]
pub(in crate::store) struct StatsRow {
    #[diesel(sql_type = BigInt)]
    total: i64,
    #[diesel(sql_type = BigInt)]
    errors: i64,
    #[diesel(sql_type = Double)]
    p50: f64,
    #[diesel(sql_type = Double)]
    p95: f64,
    #[diesel(sql_type = Double)]
    p99: f64,
}

/// A count; none is negative.
fn unsigned(count: i64) -> u64 {
    u64::try_from(count).unwrap_or_default()
}

fn id(bytes: &[u8]) -> Uuid {
    Uuid::from_slice(bytes).unwrap_or_default()
}

/// Where a record says `[redacted]`: what is known of rows that were written before there was a column for it.
fn seen_masked(event: &Event, parts: [(Masked, &[u8]); 4]) -> Masked {
    let (path, query) = event.target.split_once('?').unwrap_or((&event.target, ""));
    let target = [(Masked::REQUEST_PATH, path.as_bytes()), (Masked::REQUEST_QUERY, query.as_bytes())];
    target.into_iter().chain(parts).fold(Masked::default(), |all, (part, text)| {
        all.and(part.when(memchr::memmem::find(text, b"[redacted]").is_some()))
    })
}

/// Reads a document as it was written: compact, sorted by name. PostgreSQL's `jsonb` keeps names by length, and shows
/// blanks between the parts.
fn document(text: String) -> JsonText {
    let blanks = memchr::memmem::find(text.as_bytes(), b"\": ").is_some();
    let read = blanks.then(|| serde_json::from_str::<BTreeMap<String, Value>>(&text).ok()).flatten();
    JsonText::new(read.and_then(|map| serde_json::to_string(&map).ok()).unwrap_or(text))
}

impl From<EventRow> for Event {
    fn from(row: EventRow) -> Self {
        Self {
            id: id(&row.id),
            timestamp: time(row.ts),
            duration_ms: row.duration_ms,
            first_byte_ms: row.first_byte_ms,
            request_id: row.request_id,
            session_id: row.session_id,
            user_subject: row.user_subject,
            user_email: row.user_email,
            auth_type: row.auth_type.map(Into::into),
            api_key_name: row.api_key_name,
            client_id: row.client_id,
            method: row.method.into(),
            path: row.path,
            target: row.target,
            host: row.host,
            http_version: row.http_version.into(),
            route_name: row.route_name.map(Into::into),
            endpoint_group: row.endpoint_group.map(Into::into),
            status: u16::try_from(row.status).unwrap_or_default(),
            bytes_in: unsigned(row.bytes_in),
            bytes_out: unsigned(row.bytes_out),
            success: row.success,
            error_message: row.error_message.map(Into::into),
            error_category: row.error_category.map(Into::into),
            remote_addr: row.remote_addr,
            user_agent: row.user_agent,
            // A row by other hands may say what we never wrote; it came from elsewhere.
            source: Source::parse(&row.source).unwrap_or(Source::External),
            instance: row.instance.into(),
            fingerprints: Fingerprints::from_text(row.fingerprints),
        }
    }
}

impl From<RecordRow> for Record {
    fn from(row: RecordRow) -> Self {
        let event = Event::from(row.event);
        // The columns that are never NULL in a payload tell whether there is one.
        let payload = match (row.request_body, row.response_body) {
            (Some(request_body), Some(response_body)) => Some(Payload {
                masked: match row.masked {
                    Some(bits) => Masked::from_bits(u8::try_from(bits).unwrap_or_default()),
                    None => seen_masked(
                        &event,
                        [
                            (Masked::REQUEST_HEADERS, row.request_headers.as_deref().unwrap_or_default().as_bytes()),
                            (Masked::REQUEST_BODY, &request_body),
                            (Masked::RESPONSE_HEADERS, row.response_headers.as_deref().unwrap_or_default().as_bytes()),
                            (Masked::RESPONSE_BODY, &response_body),
                        ],
                    ),
                },
                request_headers: row.request_headers.map(document),
                request_query: row.request_query.map(document),
                request_content_type: row.request_content_type,
                request_body: request_body.into(),
                request_size: unsigned(row.request_size.unwrap_or_default()),
                request_truncated: row.request_truncated.unwrap_or_default(),
                request_remote_addr: row.request_remote_addr.unwrap_or_default(),
                response_headers: row.response_headers.map(document),
                response_content_type: row.response_content_type,
                response_body: response_body.into(),
                response_size: unsigned(row.response_size.unwrap_or_default()),
                response_truncated: row.response_truncated.unwrap_or_default(),
                replayed_from: row.replayed_from.as_deref().map(id),
            }),
            _ => None,
        };
        Self { event, payload }
    }
}

impl From<CountRow> for u64 {
    fn from(row: CountRow) -> Self {
        unsigned(row.count)
    }
}

impl From<BucketRow> for Bucket {
    fn from(row: BucketRow) -> Self {
        Self {
            time: time(row.bucket),
            count: unsigned(row.count),
            errors: unsigned(row.errors),
            avg_duration_ms: row.avg_duration_ms,
        }
    }
}

impl From<GroupRow> for Group {
    fn from(row: GroupRow) -> Self {
        Self {
            key: row.key,
            count: unsigned(row.count),
            errors: unsigned(row.errors),
            avg_duration_ms: row.avg_duration_ms,
        }
    }
}

impl From<StatsRow> for Stats {
    fn from(row: StatsRow) -> Self {
        Self {
            total: unsigned(row.total),
            errors: unsigned(row.errors),
            p50_ms: row.p50,
            p95_ms: row.p95,
            p99_ms: row.p99,
        }
    }
}
