//! The portal's API under `/api/v1/portal/`: the audit trail, Try-It, the catalogue of endpoints and the server itself.
//!
//! The routes are in the same table as all others, behind the inbound chain and never anonymous. They are not audited.
//! They have their own OpenAPI document, made from the same declarations.
//!
//! No query or large rendering runs on the threads that serve requests: both run on the audit trail's own threads,
//! which return finished bytes.

mod aggregates;
mod body_text;
mod catalogue;
mod connections;
mod dashboard;
mod dispatch;
mod events;
mod export;
mod filters;
mod fingerprint;
mod har;
mod meta;
mod params;
mod reader;
mod record_shapes;
mod render;
mod replay;
mod server;
mod server_info;
mod shapes;
mod state;
mod stream;
mod tail;
mod tryit;
mod wire_view;

use std::sync::Arc;

use actix_web::http::{Method, StatusCode};
use serde_json::json;

use params::ParsedQuery;
pub use reader::AuditReader;
pub use server_info::ServerInfo;
use state::on;
pub use state::{PortalApi, PortalCell, Settings};

use crate::endpoints::{Answer, Call, Group, Outcome, answer::JSON};

/// Declares all routes.
#[must_use]
pub fn groups(api: &Arc<PortalCell>) -> Vec<Group> {
    let audit = Group::portal("audit", "Recorded requests and responses.")
        .route(events::list(api))
        .route(events::one(api))
        .route(connections::list(api))
        .route(connections::one(api))
        .route(aggregates::timeseries(api))
        .route(aggregates::breakdown(api))
        .route(aggregates::stats(api))
        .route(stream::route(api))
        .route(export::route(api))
        .route(replay::route(api))
        .route(fingerprint::route(api))
        .route(meta::route(api))
        .route(dashboard::route(api));
    let catalogue = Group::portal("catalogue", "Endpoints of this server.")
        .route(catalogue::list(api))
        .route(catalogue::one(api))
        .route(
            on(api, Method::GET, "portal_openapi", "/api/v1/portal/openapi.json", document)
                .about("This document.")
                .answers::<shapes::OpenApi>("200", "An OpenAPI 3.1 document.", json!({"openapi": "3.1.0"})),
        );
    let tryit = Group::portal("tryit", "Requests sent from the portal.").route(tryit::route(api));
    let server = Group::portal("server", "Build, configuration and actors of this server.")
        .route(server::server(api))
        .route(server::config(api))
        .route(server::actors(api));
    vec![audit, catalogue, tryit, server]
}

async fn document(api: Arc<PortalApi>, _: Call, _: ParsedQuery) -> Outcome {
    Ok(Answer::bytes(StatusCode::OK, JSON, api.document.json()))
}

#[cfg(test)]
mod tests;
