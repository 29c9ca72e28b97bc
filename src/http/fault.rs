//! Renders refusals: `{"error"}`, or RFC 9457 problem details for who asks for them.

use actix_web::http::header::{self, HeaderMap, HeaderValue};
use serde::Serialize;

use crate::{
    endpoints::{Answer, Fault, answer},
    wire::{json, reason_phrase},
};

/// Media type of problem details (RFC 9457, section 6.1).
pub const PROBLEM_JSON: &str = "application/problem+json";

/// Body of a refusal.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ErrorBody<'f> {
    /// What went wrong.
    error: &'f str,
}

/// Problem details (RFC 9457, section 3.1).
#[derive(Serialize, utoipa::ToSchema)]
pub struct Problem<'f> {
    /// Always `about:blank`: the status says it all.
    r#type: &'static str,
    /// Reason phrase of the status.
    title: &'f str,
    /// Status of this answer.
    status: u16,
    /// What went wrong.
    detail: &'f str,
    /// Path of the request.
    instance: &'f str,
}

/// Makes the answer for a refusal of the request with `headers` and `path`.
#[must_use]
pub fn render(fault: Fault, headers: &HeaderMap, path: &str) -> Answer {
    let Fault { status, message, headers: own, plain } = fault;
    let mut answer = if wants_problem(headers) {
        let title = reason_phrase(status.as_u16());
        let body = Problem { r#type: "about:blank", title, status: status.as_u16(), detail: &message, instance: path };
        Answer::bytes(status, HeaderValue::from_static(PROBLEM_JSON), json::to_line(&body))
    } else if plain {
        let text = format!("{}\n", reason_phrase(status.as_u16()));
        Answer::bytes(status, HeaderValue::from_static("text/plain; charset=utf-8"), text)
    } else {
        Answer::bytes(status, answer::JSON, error_line(&message))
    };
    answer.headers.extend(own);
    answer
}

/// The JSON body of a refusal.
#[must_use]
pub fn error_line(message: &str) -> Vec<u8> {
    json::to_line(&ErrorBody { error: message })
}

/// True when `Accept` names problem details without ruling them out (`q=0`).
fn wants_problem(headers: &HeaderMap) -> bool {
    headers.get_all(header::ACCEPT).filter_map(|accept| accept.to_str().ok()).flat_map(|accept| accept.split(',')).any(
        |range| {
            let mut parts = range.split(';').map(str::trim);
            let named = parts.next().is_some_and(|media| media.eq_ignore_ascii_case(PROBLEM_JSON));
            named
                && !parts.any(|parameter| {
                    parameter.split_once('=').is_some_and(|(name, value)| {
                        name.trim().eq_ignore_ascii_case("q") && value.trim().parse::<f32>().is_ok_and(|q| q <= 0.0)
                    })
                })
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepts(accept: &'static str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
        wants_problem(&headers)
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
