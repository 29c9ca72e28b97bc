//! Description of the audit trail's queries, for building forms.

use std::sync::Arc;

use actix_web::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{
    PortalApi, PortalCell, aggregates,
    events::{LIMIT_DEFAULT, LIMIT_MAX},
    export::FORMATS,
    filters::FILTERS,
    on,
    params::{Field, ParamKind, ParsedQuery},
    reader::QUESTION_MAX,
    render, shapes,
};
use crate::endpoints::{Access, Answer, Call, Outcome, Route, Table, answer::JSON};

/// Declares the route.
pub(super) fn route(api: &Arc<PortalCell>) -> Route {
    on(api, Method::GET, "audit_meta", "/api/v1/portal/audit/meta", meta)
        .about("Filters, dimensions and bounds, and the parts of a request that are recorded.")
        .answers::<shapes::Meta>(
            "200",
            "Filters, dimensions and bounds.",
            json!({
                "filters": [{
                    "name": "method", "type": "method", "about": "Method, case-sensitive.", "example": "GET",
                    "repeatable": false, "values": ["GET", "POST"]
                }],
                "dimensions": ["endpoint_group"],
                "limits": {
                    "page_default": 50, "page_max": 1000, "buckets_max": 10000, "top_default": 10, "top_max": 1000,
                    "question_seconds": 30
                },
                "features": {
                    "store": "sqlite", "payloads": true, "headers": true, "max_payload_bytes": 65536,
                    "retention_days": 7, "formats": ["ndjson", "har"]
                }
            }),
        )
}

async fn meta(api: Arc<PortalApi>, _: Call, _: ParsedQuery) -> Outcome {
    let reader = api.audit()?;
    let settings = &api.settings;
    let filters: Vec<Value> = FILTERS.iter().map(|field| filter(field, &api.table)).collect();
    let body = json!({
        "filters": filters,
        "dimensions": aggregates::DIMENSIONS,
        "limits": {
            "page_default": LIMIT_DEFAULT,
            "page_max": LIMIT_MAX,
            "buckets_max": aggregates::BUCKETS_MAX,
            "top_default": aggregates::TOP_DEFAULT,
            "top_max": aggregates::TOP_MAX,
            "question_seconds": QUESTION_MAX.as_secs()
        },
        "features": {
            "store": reader.store.name(),
            "payloads": settings.capture_payloads,
            "headers": settings.capture_payloads && settings.capture_headers,
            "max_payload_bytes": settings.max_payload_bytes,
            "retention_days": settings.retention_days,
            "formats": FORMATS
        }
    });
    Ok(Answer::bytes(StatusCode::OK, JSON, render::line(&body)))
}

fn filter(field: &Field, table: &Table) -> Value {
    let mut shown = json!({
        "name": field.name,
        "type": field.kind.as_str(),
        "about": field.about,
        "example": field.example,
        "repeatable": field.kind.repeats()
    });
    if let Some(values) = values(field, table) {
        shown["values"] = json!(values);
    }
    shown
}

/// Returns the possible values of a filter, if there is a bounded number.
fn values<'t>(field: &Field, table: &'t Table) -> Option<Vec<&'t str>> {
    match (field.kind, field.name) {
        (ParamKind::Word(words), _) => Some(words.to_vec()),
        (ParamKind::Status, _) => Some(vec!["1xx", "2xx", "3xx", "4xx", "5xx"]),
        (ParamKind::Verb, _) => Some(vec!["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]),
        (_, "route_name") => Some(table.endpoints().map(|mounted| mounted.route.name).collect()),
        (_, "endpoint_group") => Some(table.groups_of(Access::Endpoint).map(|(name, _)| name).collect()),
        _ => None,
    }
}
