//! Try-It: sends a request built from an endpoint's declaration through the same chain as external traffic. It is
//! recorded as one from the portal.

use std::sync::Arc;

use actix_web::http::{
    Method, StatusCode,
    header::{self, HeaderName, HeaderValue},
};
use actors::audit::Source;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::{
    PortalApi, PortalCell,
    dispatch::{SHOWN_MAX, Shown, is_sent_on},
    on,
    params::ParsedQuery,
    render, shapes,
};
use crate::{
    endpoints::{Answer, Call, Fault, Found, InnerRequest, Mounted, Outcome, Route, Text, answer::JSON},
    wire::percent,
};

/// Maximum size in bytes of the JSON that describes a request.
const DESCRIPTION_MAX: usize = 8 * 1024 * 1024;
/// Descriptions larger than this, in bytes, are parsed off the threads that serve requests.
const SMALL: usize = 64 * 1024;

const GROUP: Text = Text::path("group", "Group of the endpoint.", "data");
const ROUTE: Text = Text::path("route", "Name of the endpoint's route.", "fixed");

/// Declares the route.
pub(super) fn route(api: &Arc<PortalCell>) -> Route {
    on(api, Method::POST, "tryit", "/api/v1/portal/tryit/{group}/{route}", send)
        .about(
            "Sends a request to an endpoint through the same middleware as external traffic and returns the response.",
        )
        .takes(&GROUP)
        .takes(&ROUTE)
        .takes_json::<Description>(json!({
            "path_params": {"key": "hello"}, "query_params": {"x": ["1", "2"]}, "headers": {"X-Demo": ["a"]}
        }))
        .answers::<Tried>(
            "200",
            "The endpoint's response, whatever its status.",
            json!({
                "dispatched_to": "/v1/fixed/hello?x=1&x=2", "method": "GET", "status": 200,
                "headers": {"Content-Type": ["application/json"]}, "body": "{\"key\":\"hello\"}\n",
                "body_truncated": false, "event_id": "019a8d10-0000-7000-8000-000000000001"
            }),
        )
        .answers::<shapes::Refusal>(
            "404",
            "Endpoint not found.",
            json!({"error": "no such endpoint", "code": "endpoint_not_found"}),
        )
}

/// Description of a request.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Description {
    /// Method; defaults to the route's own.
    method: Option<String>,
    /// Path parameters by name: text, number or boolean. They are percent-encoded.
    #[serde(default)]
    #[schema(value_type = std::collections::BTreeMap<String, String>, required = false)]
    path_params: Map<String, Value>,
    /// Query parameters by name, each with its values, in this order.
    #[serde(default)]
    #[schema(value_type = std::collections::BTreeMap<String, Vec<String>>, required = false)]
    query_params: Map<String, Value>,
    /// Headers by name, each with its values. Cookie, Authorization and connection headers are not forwarded.
    #[serde(default)]
    #[schema(value_type = std::collections::BTreeMap<String, Vec<String>>, required = false)]
    headers: Map<String, Value>,
    /// Body: text is sent unchanged, any other value as JSON with that content type unless the headers have one.
    #[serde(default)]
    #[schema(value_type = Value, required = false)]
    body: Value,
}

/// Result of the request.
#[derive(Serialize, ToSchema)]
struct Tried {
    /// Path and query that were sent.
    dispatched_to: String,
    method: String,
    #[serde(flatten)]
    answer: Shown,
}

async fn send(api: Arc<PortalApi>, call: Call, _: ParsedQuery) -> Outcome {
    let mounted = endpoint(&api, &call)?;
    let description = read(call.body.read(DESCRIPTION_MAX + 1).await?).await?;
    let target = target(&mounted.route, &description)?;
    let method = method(&api, &mounted.route, &target, description.method.as_deref())?;
    let (headers, body) = message(description)?;
    let inner = InnerRequest {
        method: method.clone(),
        target: target.clone(),
        host: call.host().to_owned(),
        headers,
        body,
        identity: Arc::clone(&call.identity),
        source: Source::PortalTryit,
        session_id: call.session_tag.clone(),
        replayed_from: None,
        keep: SHOWN_MAX,
    };
    let answer = call.surroundings.loopback.send(inner).await?;
    let tried = Tried { dispatched_to: target, method: method.as_str().to_owned(), answer: Shown::of(&answer) };
    Ok(Answer::bytes(StatusCode::OK, JSON, render::line(&tried)))
}

fn endpoint<'a>(api: &'a PortalApi, call: &Call) -> Result<&'a Mounted, Fault> {
    let (group, route) = (call.segment_named("group")?, call.segment_named("route")?);
    let is_it = |mounted: &&Mounted| mounted.group.as_bytes() == &*group && mounted.route.name.as_bytes() == &*route;
    api.table
        .endpoints()
        .find(is_it)
        .ok_or_else(|| Fault::new(StatusCode::NOT_FOUND, "no such endpoint").code("endpoint_not_found"))
}

async fn read(body: Bytes) -> Result<Description, Fault> {
    if body.len() > DESCRIPTION_MAX {
        let message = format!("request body exceeds max {DESCRIPTION_MAX} bytes");
        return Err(Fault::new(StatusCode::PAYLOAD_TOO_LARGE, message));
    }
    let parse = |body: &[u8]| {
        serde_json::from_slice(body).map_err(|error| {
            Fault::bad_request(format!("request body must be a JSON object that describes a request: {error}"))
        })
    };
    if body.len() <= SMALL {
        return parse(&body);
    }
    let read = actix_web::web::block(move || parse(&body)).await;
    read.map_err(|_| Fault::new(StatusCode::INTERNAL_SERVER_ERROR, "internal error"))?
}

/// Builds path and query with percent-encoded values.
fn target(route: &Route, description: &Description) -> Result<String, Fault> {
    let mut target = route.path.to_owned();
    for name in route.path_params() {
        let value = description.path_params.get(name).map(|value| scalar(value).ok_or(value));
        let value = match value {
            None => return Err(Fault::bad_request(format!("path parameter {name} is missing"))),
            Some(Err(_)) => {
                return Err(Fault::bad_request(format!("path parameter {name} must be text, a number or a boolean")));
            }
            Some(Ok(value)) => value,
        };
        if value.is_empty() {
            return Err(Fault::bad_request(format!("path parameter {name} must not be empty")));
        }
        if value.contains('/') {
            return Err(Fault::bad_request(format!("path parameter {name} must not contain a slash")));
        }
        target = target.replace(&format!("{{{name}}}"), &percent::encode(&value));
    }
    if let Some(name) = description.path_params.keys().find(|name| !route.path_params().any(|known| known == *name)) {
        return Err(Fault::bad_request(format!("unknown path parameter {name}; the path is {}", route.path)));
    }
    let mut separator = '?';
    for (name, values) in &description.query_params {
        for value in texts("query_params", name, values)? {
            target.push(separator);
            separator = '&';
            target.push_str(&percent::encode(name));
            target.push('=');
            target.push_str(&percent::encode(&value));
        }
    }
    Ok(target)
}

/// Returns the method, which must be one that the path accepts.
fn method(api: &PortalApi, route: &Route, target: &str, asked: Option<&str>) -> Result<Method, Fault> {
    let Some(asked) = asked.filter(|asked| !asked.is_empty()) else { return Ok(route.method.clone()) };
    let path = target.split('?').next().unwrap_or_default();
    let method = Method::from_bytes(asked.as_bytes())
        .map_err(|_| Fault::bad_request("method must be an HTTP method like GET"))?;
    match api.table.find(&method, path) {
        Found::Route(..) => Ok(method),
        Found::OtherMethods(allow, _) => {
            let allow = allow.to_str().unwrap_or_default().to_owned();
            Err(Fault::bad_request(format!("method must be one that {} accepts: {allow}", route.path)))
        }
        Found::Nothing => Err(Fault::new(StatusCode::NOT_FOUND, "no such endpoint").code("endpoint_not_found")),
    }
}

type Headers = Vec<(HeaderName, HeaderValue)>;

/// Builds headers and body.
fn message(description: Description) -> Result<(Headers, Bytes), Fault> {
    let mut headers = Headers::new();
    for (name, values) in &description.headers {
        let known = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| Fault::bad_request(format!("headers: {name:?} is not a valid header name")))?;
        for value in texts("headers", name, values)? {
            let value = HeaderValue::from_bytes(value.as_bytes()).map_err(|_| {
                Fault::bad_request(format!(
                    "headers: the value of {name} contains characters that are not allowed in a header"
                ))
            })?;
            if is_sent_on(&known) {
                headers.push((known.clone(), value));
            }
        }
    }
    let body = match description.body {
        Value::Null => Bytes::new(),
        Value::String(text) => text.into(),
        value => {
            if !headers.iter().any(|(name, _)| *name == header::CONTENT_TYPE) {
                headers.push((header::CONTENT_TYPE, JSON));
            }
            value.to_string().into()
        }
    };
    Ok((headers, body))
}

/// Returns the values of a name: one, or a list.
fn texts(field: &str, name: &str, values: &Value) -> Result<Vec<String>, Fault> {
    let read = match values {
        Value::Array(values) => values.iter().map(scalar).collect(),
        value => scalar(value).map(|value| vec![value]),
    };
    read.ok_or_else(|| Fault::bad_request(format!("{field}.{name} must be text or a list of texts")))
}

/// Returns a text, number or boolean as text.
fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}
