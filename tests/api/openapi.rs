//! Consistency of the OpenAPI document, the catalogue and the server.

use api_test::endpoints::{self, Route};
use serde_json::Value;

use crate::support::{Response, Server, anonymous};

#[test]
fn each_route_answers_its_example_as_documented() {
    let answer = ("APITEST__ENDPOINTS__ANSWER__ENABLED", "true");
    let server = Server::start_with(&anonymous(""), &[answer]);
    let mut connection = server.connect();
    for route in endpoints::groups().iter().flat_map(|group| &group.routes) {
        let response = connection.request(route.method.as_str(), route.example, "", b"");
        check(route, &response);
    }
}

fn check(route: &Route, response: &Response) {
    let Some(documented) = route.answers.first() else { panic!("{}: no documented answer", route.name) };
    if let Ok(status) = documented.status.parse::<u16>() {
        assert_eq!(response.status, status, "{}", route.name);
    }
    let Some(content) = &documented.content else { return };
    if route.method == "HEAD" {
        return;
    }
    assert_eq!(response.header("content-type"), Some(content.media_type), "{}", route.name);
    if content.media_type == "application/json" {
        let found = shape(&response.json());
        assert_eq!(found, shape(&content.example), "{}: {}", route.name, response.text());
    } else {
        assert_eq!(response.text(), content.example.as_str().unwrap(), "{}", route.name);
    }
}

/// Returns the shape of a JSON value: names and types, without header names, which depend on the client.
fn shape(value: &Value) -> Value {
    match value {
        Value::Object(members) => members
            .iter()
            .map(|(key, value)| {
                let kept = if key == "headers" { Value::from("headers") } else { shape(value) };
                (key.clone(), kept)
            })
            .collect(),
        Value::Array(items) => items.first().map_or(Value::from("empty"), shape),
        Value::Null => "null".into(),
        Value::Bool(_) => "boolean".into(),
        Value::Number(_) => "number".into(),
        Value::String(_) => "string".into(),
    }
}

#[test]
fn a_group_that_is_off_is_nowhere() {
    let config = "server: {address: '127.0.0.1:0'}\nauth: {allow_anonymous: true}\n\
                  endpoints: {identity: {enabled: true}, failure: {enabled: false}}\n";
    let server = Server::start(config);
    assert_eq!(server.get("/v1/whoami").status, 200);
    assert_eq!(server.get("/v1/slow?ms=1").status, 404);
    assert!(!server.get("/openapi.json").text().contains("/v1/slow"));
    assert!(!server.get("/").text().contains("failure"));
}
