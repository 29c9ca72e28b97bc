//! Catalogue of this server's endpoints, from the route table.

use std::sync::Arc;

use actix_web::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{PortalApi, PortalCell, on, params::ParsedQuery, render, shapes};
use crate::endpoints::{
    Access, Answer, Call, Fault, Mounted, Outcome, ParamLocation, Route, Table, Text, answer::JSON, param::ParamDoc,
    route::AnswerDoc,
};

const NAME: Text = Text::path("name", "Name of a route, or of a group.", "fixed");

/// Declares the route of the list.
pub(super) fn list(api: &Arc<PortalCell>) -> Route {
    on(api, Method::GET, "portal_endpoints", "/api/v1/portal/endpoints", all)
        .about("All endpoints by group, with parameters, bounds and examples.")
        .answers::<shapes::Catalogue>("200", "The enabled groups.", json!({"groups": [group_example()]}))
}

/// Declares the route of a single entry.
pub(super) fn one(api: &Arc<PortalCell>) -> Route {
    on(api, Method::GET, "portal_endpoint", "/api/v1/portal/endpoints/{name}", by_name)
        .about("One endpoint by route name. A group name returns the group, as in the list.")
        .takes(&NAME)
        .answers::<shapes::CatalogueEntry>("200", "The endpoint, or the group.", route_example())
        .answers::<shapes::Refusal>(
            "404",
            "Endpoint not found.",
            json!({"error": "no such endpoint", "code": "endpoint_not_found"}),
        )
}

async fn all(api: Arc<PortalApi>, _: Call, _: ParsedQuery) -> Outcome {
    let groups: Vec<Value> =
        api.table.groups_of(Access::Endpoint).map(|(name, about)| group(&api.table, name, about)).collect();
    Ok(Answer::bytes(StatusCode::OK, JSON, render::line(&json!({"groups": groups}))))
}

async fn by_name(api: Arc<PortalApi>, call: Call, _: ParsedQuery) -> Outcome {
    let name = call.segment_named("name")?;
    let table = &api.table;
    let is_named = |known: &str| known.as_bytes() == &*name;
    let found = match table.endpoints().find(|mounted| is_named(mounted.route.name)) {
        Some(mounted) => Some(route(mounted)),
        None => table
            .groups_of(Access::Endpoint)
            .find(|(known, _)| is_named(known))
            .map(|(name, about)| group(table, name, about)),
    };
    let found =
        found.ok_or_else(|| Fault::new(StatusCode::NOT_FOUND, "no such endpoint").code("endpoint_not_found"))?;
    Ok(Answer::bytes(StatusCode::OK, JSON, render::line(&found)))
}

fn group(table: &Table, name: &str, about: &str) -> Value {
    let routes: Vec<Value> = table.endpoints().filter(|mounted| mounted.group == name).map(route).collect();
    json!({"name": name, "about": about, "routes": routes})
}

fn route(mounted: &Mounted) -> Value {
    let route = &mounted.route;
    json!({
        "name": route.name,
        "group": mounted.group,
        "method": route.method.as_str(),
        "path": route.path,
        "about": route.about,
        "params": route.params.iter().map(param).collect::<Vec<_>>(),
        "takes_body": route.takes_body,
        "answers": route.answers.iter().map(answer).collect::<Vec<_>>(),
        "example": route.example
    })
}

fn param(param: &ParamDoc) -> Value {
    let mut shown = json!({
        "name": param.name,
        "place": match param.place {
            ParamLocation::Path => "path",
            ParamLocation::Query => "query",
            ParamLocation::Header => "header",
        },
        "about": param.about,
        "required": param.required,
        "type": param.schema.get("type")
    });
    for bound in ["default", "minimum", "maximum"] {
        if let Some(value) = param.schema.get(bound) {
            shown[bound] = value.clone();
        }
    }
    shown["example"] = param.example.clone();
    shown
}

fn answer(answer: &AnswerDoc) -> Value {
    let headers: Vec<Value> =
        answer.headers.iter().map(|(name, about)| json!({"name": name, "about": about})).collect();
    let mut shown = json!({"status": answer.status, "about": answer.about, "headers": headers});
    if let Some(content) = &answer.content {
        shown["media_type"] = json!(content.media_type);
        shown["example"] = content.example.clone();
    }
    shown
}

fn route_example() -> Value {
    json!({
        "name": "fixed", "group": "data", "method": "GET", "path": "/v1/fixed/{key}",
        "about": "Returns a body derived from the key.",
        "params": [{
            "name": "key", "place": "path", "about": "Any text.", "required": true, "type": "string", "example": "hello"
        }],
        "takes_body": false,
        "answers": [{
            "status": "200", "about": "The body.", "headers": [], "media_type": "application/json",
            "example": {"key": "hello"}
        }],
        "example": "/v1/fixed/hello"
    })
}

fn group_example() -> Value {
    json!({"name": "data", "about": "Deterministic bodies.", "routes": [route_example()]})
}
