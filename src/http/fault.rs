//! Rendering of errors: `{"error"}`, or RFC 9457 problem details for clients that accept them.

use actix_web::http::{
    StatusCode,
    header::{self, HeaderValue},
};
use serde::Serialize;

use crate::{
    endpoints::{Answer, Fault, answer},
    request::RequestHead,
    wire::{json, reason_phrase},
};

/// Media type of problem details (RFC 9457, section 6.1).
pub const PROBLEM_JSON: &str = "application/problem+json";

/// Body of an error response.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ErrorBody<'f> {
    /// Error message.
    error: &'f str,
    /// Error code for programs; only under `/api/`.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    /// The rule of HTTP that the request breaks.
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<&'static str>,
}

/// Problem details (RFC 9457, section 3.1).
#[derive(Serialize, utoipa::ToSchema)]
pub struct Problem<'f> {
    /// Always `about:blank`: the status says everything.
    r#type: &'static str,
    /// Reason phrase of the status.
    title: &'f str,
    /// Status of this response.
    status: u16,
    /// Error message.
    detail: &'f str,
    /// Path of the request.
    instance: &'f str,
    /// Error code for programs (RFC 9457, section 3.2); only under `/api/`.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    /// The rule of HTTP that the request breaks.
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<&'static str>,
}

/// Renders the response to a refused request with this `head` and `path`.
#[must_use]
pub fn render(fault: Fault, head: &RequestHead, path: &str) -> Answer {
    let Fault { status, message, code, rule, headers: own, plain } = fault;
    let rule = rule.map(|rule| rule.name);
    let code = code.or_else(|| path.starts_with("/api/").then(|| code_of(status)).flatten());
    let mut answer = if wants_problem(head) {
        let title = reason_phrase(status.as_u16());
        let (r#type, status_code) = ("about:blank", status.as_u16());
        let body = Problem { r#type, title, status: status_code, detail: &message, instance: path, code, rule };
        Answer::bytes(status, HeaderValue::from_static(PROBLEM_JSON), json::to_line(&body))
    } else if plain {
        let text = format!("{}\n", reason_phrase(status.as_u16()));
        Answer::bytes(status, HeaderValue::from_static("text/plain; charset=utf-8"), text)
    } else {
        Answer::bytes(status, answer::JSON, json::to_line(&ErrorBody { error: &message, code, rule }))
    };
    answer.headers.extend(own);
    answer
}

/// Returns the JSON body of an error.
#[must_use]
pub fn error_line(message: &str) -> Vec<u8> {
    json::to_line(&ErrorBody { error: message, code: None, rule: None })
}

/// The JSON body of the refusal of a request that breaks `rule`.
#[must_use]
pub fn refusal_line(message: &str, rule: &'static str) -> Vec<u8> {
    json::to_line(&ErrorBody { error: message, code: None, rule: Some(rule) })
}

/// Returns the error for a failure of the server.
pub(super) fn internal() -> Fault {
    Fault::new(StatusCode::INTERNAL_SERVER_ERROR, "internal error")
}

/// Returns the error for requests that are running when the server stops.
pub(super) fn stopping() -> Fault {
    const ONE_SECOND: HeaderValue = HeaderValue::from_static("1");
    Fault::new(StatusCode::SERVICE_UNAVAILABLE, "the server is stopping").header(header::RETRY_AFTER, ONE_SECOND)
}

/// Returns the default code of an error. 401 has none, because its body is part of the recorded contract and the status
/// is enough.
fn code_of(status: StatusCode) -> Option<&'static str> {
    let code = match status.as_u16() {
        401 => return None,
        400 => "bad_request",
        403 => "forbidden",
        404 => "not_found",
        405 => "method_not_allowed",
        408 => "request_timeout",
        409 => "conflict",
        413 => "content_too_large",
        415 => "unsupported_media_type",
        431 => "headers_too_large",
        503 => "unavailable",
        _ if status.is_client_error() => "refused",
        _ => "internal_error",
    };
    Some(code)
}

/// Returns true when `Accept` lists problem details without excluding them (`q=0`).
fn wants_problem(head: &RequestHead) -> bool {
    head.get_all("accept")
        .filter_map(|accept| std::str::from_utf8(accept).ok())
        .flat_map(|accept| accept.split(','))
        .any(|range| {
            let mut parts = range.split(';').map(str::trim);
            let named = parts.next().is_some_and(|media| media.eq_ignore_ascii_case(PROBLEM_JSON));
            named
                && !parts.any(|parameter| {
                    parameter.split_once('=').is_some_and(|(name, value)| {
                        name.trim().eq_ignore_ascii_case("q") && value.trim().parse::<f32>().is_ok_and(|q| q <= 0.0)
                    })
                })
        })
}

#[cfg(test)]
mod tests {
    use actix_web::http::{Method, Version};

    use super::*;

    fn accepting(accept: &str) -> RequestHead {
        RequestHead::new(Method::GET, b"/", Version::HTTP_11, [(&b"Accept"[..], accept.as_bytes())])
    }

    fn accepts(accept: &'static str) -> bool {
        wants_problem(&accepting(accept))
    }

    fn body(fault: Fault, path: &str, accept: &'static str) -> serde_json::Value {
        match render(fault, &accepting(accept), path).body {
            crate::endpoints::Body::Bytes(bytes) => serde_json::from_slice(&bytes).unwrap_or_default(),
            _ => serde_json::Value::Null,
        }
    }

    #[test]
    fn errors_of_the_portal_api_have_a_code_and_those_of_endpoints_have_none() {
        let missing = || Fault::new(StatusCode::NOT_FOUND, "no such event");
        for accept in ["application/json", PROBLEM_JSON] {
            let code = |fault, path| body(fault, path, accept)["code"].clone();
            assert_eq!(code(missing(), "/api/v1/portal/audit/events/x"), "not_found");
            assert_eq!(code(missing().code("event_not_found"), "/api/v1/portal/audit/events/x"), "event_not_found");
            assert_eq!(code(Fault::new(StatusCode::IM_A_TEAPOT, ""), "/api/x"), "refused");
            assert_eq!(code(Fault::new(StatusCode::BAD_GATEWAY, ""), "/api/x"), "internal_error");
            assert!(code(missing(), "/v1/nothing").is_null());
            assert!(code(Fault::new(StatusCode::UNAUTHORIZED, "unauthorized"), "/api/x").is_null());
        }
    }

    #[test]
    fn problem_details_are_for_those_who_ask() {
        assert!(accepts("application/problem+json"));
        assert!(accepts("application/json;q=0.5, Application/Problem+JSON ; q=0.9"));
        assert!(!accepts("application/problem+json;q=0"));
        assert!(!accepts("application/problem+json; Q=0.000, */*"));
        assert!(!accepts("*/*"));
        assert!(!accepts("application/problem+jsonx"));
    }
}
