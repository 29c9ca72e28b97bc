//! Computes the fingerprint of a value, to search the audit trail for it. The value itself is not recorded.

use std::sync::Arc;

use actix_web::http::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::{
    params::ParsedQuery,
    render,
    state::{PortalApi, PortalCell, on},
};
use crate::{
    audit::VALUE_LEAST,
    endpoints::{Answer, Call, Fault, Outcome, Route, answer::JSON},
};

/// Maximum size of the request body in bytes. No header is larger.
const BODY_MAX: usize = 128 * 1024;

/// Declares the route.
pub(super) fn route(api: &Arc<PortalCell>) -> Route {
    on(api, Method::POST, "audit_fingerprint", "/api/v1/portal/audit/fingerprint", fingerprint)
        .about(
            "Returns the fingerprint of a value: what the audit trail shows in its place when it is redacted, and what \
             the filter `fingerprint` takes. The value is not recorded.",
        )
        .takes_json::<Asking>(json!({"value": "a value to look for"}))
        .answers::<Fingerprint>(
            "200",
            "The fingerprint of exactly this value; case and white space matter.",
            json!({"fingerprint": "3f9a01bc"}),
        )
}

/// Value to compute the fingerprint of.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Asking {
    /// The value as sent: of a header, a (decoded) query parameter, one cookie, or a credential alone. At least 8
    /// bytes.
    value: String,
}

/// Fingerprint of the value.
#[derive(Serialize, ToSchema)]
struct Fingerprint {
    /// Eight hex digits.
    fingerprint: String,
}

async fn fingerprint(api: Arc<PortalApi>, call: Call, _: ParsedQuery) -> Outcome {
    api.audit()?;
    let body = call.body.read(BODY_MAX + 1).await?;
    if body.len() > BODY_MAX {
        return Err(Fault::new(StatusCode::PAYLOAD_TOO_LARGE, format!("request body exceeds max {BODY_MAX} bytes")));
    }
    // The parser's message could repeat the value.
    let asking: Asking = serde_json::from_slice(&body).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        Fault::bad_request(format!("request body must be {{\"value\":\"…\"}} (line {line}, column {column})"))
    })?;
    let fingerprint = api.redactor.fingerprint(asking.value.as_bytes()).ok_or_else(|| {
        Fault::bad_request(format!("value must have at least {VALUE_LEAST} bytes; shorter ones have no fingerprint"))
    })?;
    let shown = Fingerprint { fingerprint: format!("{fingerprint:08x}") };
    Ok(Answer::bytes(StatusCode::OK, JSON, render::line(&shown)))
}
