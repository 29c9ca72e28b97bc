//! Routes about the server itself: its build, its configuration and its actors.

use std::sync::Arc;

use actix_web::http::{Method, StatusCode};
use actors::{ActorState, runtime::ActorError};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{
    PortalApi, PortalCell, on,
    params::ParsedQuery,
    render::{self, rfc3339},
    server_info::ServerDescription,
};
use crate::endpoints::{Answer, Call, Outcome, Route, answer::JSON};

/// All actors of the replica that answers.
#[derive(Serialize, ToSchema)]
struct Actors {
    /// Actors in the order of their start.
    actors: Vec<Actor>,
}

/// One actor.
#[derive(Serialize, ToSchema)]
struct Actor {
    name: &'static str,
    /// Number among actors of the same name, from 1: there is an authenticator for each worker.
    instance: usize,
    #[schema(pattern = "^(running|restarting|stopping|stopped)$")]
    state: &'static str,
    /// Messages waiting or being handled.
    depth: usize,
    /// Capacity of the mailbox in messages.
    capacity: usize,
    /// Messages handled.
    handled: u64,
    /// Messages refused because the mailbox was full or closed.
    refused: u64,
    /// Restarts after a crash.
    restarts: u64,
    /// Last error; omitted when there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_error: Option<LastError>,
}

/// Last error of an actor.
#[derive(Serialize, ToSchema)]
#[schema(as = ActorError)]
struct LastError {
    #[schema(format = "date-time")]
    at: String,
    /// Error message, at most 500 characters.
    message: String,
}

impl LastError {
    fn of(error: &ActorError) -> Self {
        Self { at: rfc3339(error.at), message: error.message.clone() }
    }
}

impl Actor {
    fn of(state: &ActorState) -> Self {
        Self {
            name: state.name,
            instance: state.instance,
            state: state.phase.as_str(),
            depth: state.mailbox.depth,
            capacity: state.mailbox.capacity,
            handled: state.mailbox.handled,
            refused: state.mailbox.refused,
            restarts: state.restarts,
            last_error: state.last_error.as_deref().map(LastError::of),
        }
    }
}

/// Declares the list of actors.
pub(super) fn actors(api: &Arc<PortalCell>) -> Route {
    on(api, Method::GET, "portal_actors", "/api/v1/portal/actors", list)
        .about("State, mailbox, restarts and last error of each actor of the responding replica.")
        .answers::<Actors>(
            "200",
            "All actors, in the order of their start.",
            json!({"actors": [
                {"name": "audit-sink", "instance": 1, "state": "running", "depth": 3, "capacity": 4096,
                 "handled": 1200, "refused": 0, "restarts": 0},
                {"name": "authenticator", "instance": 1, "state": "running", "depth": 0, "capacity": 1024,
                 "handled": 900, "refused": 0, "restarts": 1,
                 "last_error": {"at": "2026-01-31T12:00:00.123456Z", "message": "panic: index out of bounds"}}
            ]}),
        )
}

async fn list(api: Arc<PortalApi>, _: Call, _: ParsedQuery) -> Outcome {
    let actors = api.actors.observe().iter().map(Actor::of).collect();
    Ok(Answer::bytes(StatusCode::OK, JSON, render::line(&Actors { actors })))
}

/// Declares the route that describes the server.
pub(super) fn server(api: &Arc<PortalCell>) -> Route {
    described(api, "portal_server", "/api/v1/portal/server")
        .about("Build, uptime, and the effective configuration with the source of each value.")
}

/// Declares an alias of that route.
pub(super) fn config(api: &Arc<PortalCell>) -> Route {
    described(api, "portal_config", "/api/v1/portal/config").about("The same document as `server`.")
}

fn described(api: &Arc<PortalCell>, name: &'static str, path: &'static str) -> Route {
    on(api, Method::GET, name, path, show).answers::<ServerDescription<'_>>(
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

async fn show(api: Arc<PortalApi>, _: Call, _: ParsedQuery) -> Outcome {
    Ok(Answer::bytes(StatusCode::OK, JSON, render::line(&api.server.shown())))
}
