//! Routes about the server itself.

use std::sync::Arc;

use actix_web::http::{Method, StatusCode};
use serde_json::json;

use super::{PortalApi, PortalCell, filters::Asked, on, render, server_info::Shown};
use crate::endpoints::{Answer, Call, Outcome, Route, answer::JSON};

/// Declares the route that describes the server.
pub(super) fn server(api: &Arc<PortalCell>) -> Route {
    route(api, "portal_server", "/api/v1/portal/server")
        .about("Build, uptime, and the effective configuration with the source of each value.")
}

/// Declares an alias of that route.
pub(super) fn config(api: &Arc<PortalCell>) -> Route {
    route(api, "portal_config", "/api/v1/portal/config").about("The same document as `server`.")
}

fn route(api: &Arc<PortalCell>, name: &'static str, path: &'static str) -> Route {
    on(api, Method::GET, name, path, show).answers::<Shown<'_>>(
        "200",
        "The server, secrets masked.",
        json!({
            "name": "api-test", "version": "0.1.0", "commit": "0123456789ab", "date": "2026-01-31T12:00:00Z",
            "base_url": "http://localhost:8080", "started_at": "2026-01-31T12:00:00.123456Z", "uptime_seconds": 42,
            "instance": "api-test-0:8080",
            "config": {"server": {"name": "api-test"}, "database": {"url": "postgres://api:***@db/api"}},
            "sources": {
                "server.name": {"source": "default"},
                "server.address": {"source": "file", "detail": "api-test.yaml:3", "line": 3},
                "database.url": {"source": "environment", "detail": "APITEST__DATABASE__URL"}
            },
            "warnings": [{"key": "server.base_url", "message": "server.base_url is http://localhost:8080 …"}]
        }),
    )
}

async fn show(api: Arc<PortalApi>, call: Call) -> Outcome {
    Asked::read(&api, &call, &[])?;
    Ok(Answer::bytes(StatusCode::OK, JSON, render::line(&api.server.shown())))
}
