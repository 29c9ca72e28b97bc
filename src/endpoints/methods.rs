//! methods: one path for every method, to see which of them a gateway lets through.

use actix_web::http::{
    Method,
    header::{ALLOW, HeaderValue},
};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{Answer, Call, Group, Outcome, Route};
use crate::wire::SortedQuery;

const PATH: &str = "/v1/method/echo";
const ALL: HeaderValue = HeaderValue::from_static("GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS");

/// Declares the group.
pub(super) fn group() -> Group {
    let verbs = [
        (Method::GET, "method_get"),
        (Method::POST, "method_post"),
        (Method::PUT, "method_put"),
        (Method::PATCH, "method_patch"),
        (Method::DELETE, "method_delete"),
        (Method::HEAD, "method_head"),
        (Method::OPTIONS, "method_options"),
    ];
    let group = Group::new("methods", "One path for every method.");
    verbs.into_iter().fold(group, |group, (method, name)| {
        let example = json!({"method": method.as_str(), "path": PATH, "query": {"foo": ["1", "2"]}});
        let route = Route::new(method.clone(), name, PATH, echo)
            .about("Returns the method, path and query.")
            .example("/v1/method/echo?foo=1&foo=2");
        group.route(if method == Method::HEAD {
            route.answers_empty("200", "No body.")
        } else if method == Method::OPTIONS {
            route
                .answers::<Seen>("200", "The request as it arrived.", example)
                .with_header("Allow", "All methods of this path.")
        } else {
            route.answers::<Seen>("200", "The request as it arrived.", example)
        })
    })
}

#[derive(Serialize, ToSchema)]
struct Seen<'c> {
    /// Method.
    method: &'c str,
    /// The path, as it arrived.
    path: &'c str,
    /// Query parameters by name, sorted; omitted when there are none.
    #[serde(skip_serializing_if = "SortedQuery::is_empty")]
    #[schema(value_type = Option<std::collections::BTreeMap<String, Vec<String>>>)]
    query: SortedQuery<'c>,
}

async fn echo(call: Call) -> Outcome {
    let answer =
        Answer::json(&Seen { method: call.method().as_str(), path: call.path(), query: call.query().sorted() });
    Ok(if call.method() == Method::OPTIONS { answer.header(ALLOW, ALL) } else { answer })
}
