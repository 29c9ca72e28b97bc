//! Error responses of all routes.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use utoipa::{PartialSchema as _, ToSchema as _};

use crate::{
    endpoints::Access,
    http::fault::{ErrorBody, PROBLEM_JSON, Problem},
};

/// Error response: status, name of the component, description, example message.
const REFUSALS: [(&str, &str, &str, &str); 7] = [
    ("400", "BadRequest", "A parameter or the path is invalid or out of bounds.", "malformed path"),
    (
        "401",
        "Unauthorized",
        "Missing or invalid credential. Under `/v1/`, `WWW-Authenticate` has `error` if it is invalid.",
        "missing credential",
    ),
    ("408", "RequestTimeout", "The request did not arrive in time.", "request body stalled: no byte arrived for 30 s"),
    ("413", "ContentTooLarge", "The body exceeds `server.max_body_bytes`.", "request body exceeds max 67108864 bytes"),
    (
        "431",
        "HeadersTooLarge",
        "Target and headers exceed `server.max_header_bytes`.",
        "request headers exceed max 65536 bytes",
    ),
    ("500", "InternalError", "Internal error.", "internal error"),
    (
        "503",
        "Unavailable",
        "Overloaded, or the database or the provider can't be reached; see `Retry-After`.",
        "authenticator overloaded",
    ),
];

/// Returns statuses and component names of the error responses of a route.
pub(super) fn shared(may_be_bad: bool, takes_body: bool) -> impl Iterator<Item = (&'static str, &'static str)> {
    REFUSALS.into_iter().map(|(status, name, ..)| (status, name)).filter(move |(status, _)| match *status {
        "400" => may_be_bad || takes_body,
        "408" | "413" => takes_body,
        _ => true,
    })
}

/// Components: bodies of error responses.
pub(super) fn schemas() -> BTreeMap<String, Value> {
    [
        ("Error".to_owned(), serde_json::to_value(ErrorBody::schema()).unwrap_or_default()),
        (Problem::name().into_owned(), serde_json::to_value(Problem::schema()).unwrap_or_default()),
    ]
    .into()
}

/// Components: error responses.
pub(super) fn responses(access: Access) -> Value {
    let refusals = REFUSALS.into_iter().map(|(status, name, about, message)| {
        let mut headers = json!({"X-Request-Id": {"$ref": "#/components/headers/RequestId"}});
        match status {
            "401" => headers["WWW-Authenticate"] = json!({"schema": {"type": "string"}, "description": "RFC 6750"}),
            "503" => headers["Retry-After"] = json!({"schema": {"type": "integer"}, "description": "Seconds"}),
            _ => {}
        }
        let (instance, message) = match (access, status) {
            (Access::Portal, "401") => ("/api/v1/portal/endpoints", "unauthorized"),
            (Access::Portal, _) => ("/api/v1/portal/endpoints", message),
            _ => ("/v1/whoami", message),
        };
        let number: u16 = status.parse().unwrap_or_default();
        let problem = json!({
            "type": "about:blank", "title": crate::wire::reason_phrase(number), "status": number,
            "detail": message, "instance": instance
        });
        let refusal = json!({
            "description": about,
            "headers": headers,
            "content": {
                "application/json": {
                    "schema": {"$ref": "#/components/schemas/Error"}, "example": {"error": message}
                },
                PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}, "example": problem}
            }
        });
        (name.to_owned(), refusal)
    });
    refusals.collect::<Map<String, Value>>().into()
}

/// Components: headers of every response.
pub(super) fn headers() -> Value {
    json!({
        "RequestId": {
            "description": "The request's id if it is 1 to 128 visible ASCII characters, otherwise a new UUID.",
            "schema": {"type": "string", "minLength": 1, "maxLength": 128},
            "example": "0b9f6b1e-7d7c-4f0e-9d53-4ad2f0b6f1f2"
        }
    })
}
