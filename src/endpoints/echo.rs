//! echo: returns the request as it arrived.

use actix_web::http::Method;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{Answer, Call, Group, Outcome, Route, headers};
use crate::wire::{RawJson, SortedQuery, canonical};

const PATH: &str = "/v1/echo";

/// Maximum number of body bytes that are shown. The rest is read, counted and dropped.
const SHOWN_MAX: usize = 1024 * 1024;

/// Declares the group.
pub(super) fn group() -> Group {
    let verbs = [
        (Method::GET, "echo_get"),
        (Method::POST, "echo_post"),
        (Method::PUT, "echo_put"),
        (Method::PATCH, "echo_patch"),
        (Method::DELETE, "echo_delete"),
        (Method::HEAD, "echo_head"),
    ];
    let group = Group::new("echo", "Returns the request as it arrived.");
    verbs.into_iter().fold(group, |group, (method, name)| {
        let example = json!({
            "method": method.as_str(), "path": PATH, "query": {"foo": ["1", "2"]}, "headers": {"Accept": ["*/*"]},
            "body_size": 0
        });
        let route = Route::new(method.clone(), name, PATH, echo)
            .about("Returns the request's method, path, query, headers and body.")
            .takes_body()
            .example("/v1/echo?foo=1&foo=2");
        group.route(if method == Method::HEAD {
            route.answers_empty("200", "No body.")
        } else {
            route.answers::<Echo>(
                "200",
                "JSON bodies as JSON, whatever `Content-Type` says (keys sorted, numbers as written), other text as text, \
                 the rest as base64.",
                example,
            )
        })
    })
}

#[derive(Serialize, ToSchema)]
struct Echo<'c> {
    /// Method.
    method: &'c str,
    /// The path, as it arrived.
    path: &'c str,
    /// Query parameters by name, sorted; omitted when there are none.
    #[serde(skip_serializing_if = "SortedQuery::is_empty")]
    #[schema(value_type = Option<std::collections::BTreeMap<String, Vec<String>>>)]
    query: SortedQuery<'c>,
    /// Headers by canonical name, sorted.
    #[schema(value_type = std::collections::BTreeMap<String, Vec<String>>)]
    headers: headers::ShownHeaders<'c>,
    /// A JSON body, any type.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<serde_json::Value>)]
    body: Option<RawJson>,
    /// A body that is text but not JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    body_raw_text: Option<&'c str>,
    /// A body that is not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    body_base64: Option<String>,
    /// Bytes of the body that were read, 1 MiB at most.
    body_size: usize,
}

async fn echo(call: Call) -> Outcome {
    let body = call.body.read(SHOWN_MAX).await?;
    let json = canonical(&body);
    let text = if json.is_none() && !body.is_empty() { Some(std::str::from_utf8(&body)) } else { None };
    let (body_raw_text, body_base64) = match text {
        None => (None, None),
        Some(Ok(text)) => (Some(text), None),
        Some(Err(_)) => (None, Some(STANDARD.encode(&body))),
    };
    Ok(Answer::json(&Echo {
        method: call.method().as_str(),
        path: call.path(),
        query: call.query().sorted(),
        headers: headers::shown(&call.head),
        body: json,
        body_raw_text,
        body_base64,
        body_size: body.len(),
    }))
}
