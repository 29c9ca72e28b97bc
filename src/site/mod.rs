//! The server's own routes: `/`, health, the OpenAPI document, `/docs`, `/metrics`, discovery. They are in the same
//! table as the endpoint groups, outside the inbound chain and the document.

mod readiness;
mod reference;

use std::{borrow::Cow, sync::Arc};

use actix_web::http::{
    StatusCode,
    header::{CACHE_CONTROL, HeaderValue, LOCATION},
};
use bytes::Bytes;
use serde_json::{Map, json};

pub use readiness::Readiness;

use crate::{
    config::Config,
    endpoints::{Access, Answer, Call, Fault, Group, Outcome, Route, Table},
    openapi::Document,
    telemetry::metrics::{self, Metrics, ObserveActors},
};

/// State of the routes.
pub struct Site {
    /// Switched when the server begins to stop.
    pub readiness: Readiness,
    /// The rendered document.
    pub document: Arc<Document>,
    /// Body of `/`.
    pub root: Bytes,
    /// True when `/` sends browsers to the portal.
    pub portal: bool,
    /// Present when `/metrics` is on this listener.
    pub metrics: Option<(Metrics, ObserveActors)>,
    /// Issuer if OIDC is enabled.
    pub issuer: Option<String>,
    /// The server's URL without a trailing slash.
    pub base_url: String,
}

/// Builds the body of `/` for the mounted endpoint groups.
#[must_use]
pub fn root(table: &Table, config: &Config) -> Bytes {
    let groups: Vec<&str> = table.groups_of(Access::Endpoint).map(|(name, _)| name).collect();
    let endpoints = table.endpoints().count();
    let mut links = Map::new();
    let mut link = |name: &str, path: &str| links.insert(name.into(), path.into());
    link("docs", "/docs");
    link("healthz", "/healthz");
    if config.metrics.enabled && config.metrics.address.is_none() {
        link("metrics", "/metrics");
    }
    link("openapi_json", "/openapi.json");
    link("openapi_yaml", "/openapi.yaml");
    if config.portal.enabled {
        link("portal", "/portal/");
    }
    link("readyz", "/readyz");
    let body = json!({"endpoint_groups": groups, "endpoints": endpoints, "links": links, "name": config.server.name});
    crate::wire::json::to_line(&body).into()
}

/// Declares the routes.
#[must_use]
pub fn group(site: &Arc<SiteCell>) -> Group {
    let group = Group::site("site", "The server itself.")
        .route(on(site, "root", "/", root_or_portal))
        .route(on(site, "healthz", "/healthz", |_, _| Answer::text("ok")))
        .route(on(site, "readyz", "/readyz", |site, _| site.readiness.answer()))
        .route(on(site, "openapi_json", "/openapi.json", |site, _| {
            Answer::bytes(StatusCode::OK, HeaderValue::from_static("application/json"), site.document.json())
        }))
        .route(on(site, "openapi_yaml", "/openapi.yaml", |site, _| {
            Answer::bytes(StatusCode::OK, HeaderValue::from_static("application/yaml"), site.document.yaml())
        }))
        .route(on(site, "protected_resource", "/.well-known/oauth-protected-resource", protected_resource));
    reference::routes(group)
}

/// Adds routes whose feature is enabled.
#[must_use]
pub fn optional(group: Group, site: &Arc<SiteCell>, metrics: bool, oidc: bool) -> Group {
    let mut group = group;
    if metrics {
        let site = Arc::clone(site);
        group = group.route(Route::get("metrics", "/metrics", move |_| render_metrics(Arc::clone(&site))));
    }
    if oidc {
        for (name, path) in [
            ("openid_configuration", "/.well-known/openid-configuration"),
            ("authorization_server", "/.well-known/oauth-authorization-server"),
        ] {
            group = group.route(on(site, name, path, to_issuer));
        }
    }
    group
}

/// Cell for the [`Site`], which is created once the table, and thereby the document, is known.
pub type SiteCell = std::sync::OnceLock<Site>;

fn on(
    site: &Arc<SiteCell>,
    name: &'static str,
    path: &'static str,
    answer: impl Fn(&Site, &Call) -> Answer + Copy + Send + Sync + 'static,
) -> Route {
    let site = Arc::clone(site);
    Route::get(name, path, move |call| {
        let site = Arc::clone(&site);
        async move { site.get().map(|site| answer(site, &call)).ok_or_else(not_started) }
    })
}

fn not_started() -> Fault {
    Fault::new(StatusCode::SERVICE_UNAVAILABLE, "starting")
}

fn root_or_portal(site: &Site, call: &Call) -> Answer {
    let browser = call
        .head
        .get("accept")
        .is_some_and(|accept| accept.to_ascii_lowercase().windows(9).any(|part| part == b"text/html"));
    if site.portal && browser {
        return Answer::empty(StatusCode::FOUND).header(LOCATION, HeaderValue::from_static("/portal/"));
    }
    Answer::bytes(StatusCode::OK, HeaderValue::from_static("application/json"), site.root.clone())
}

async fn render_metrics(site: Arc<SiteCell>) -> Outcome {
    let failed = || Fault::new(StatusCode::INTERNAL_SERVER_ERROR, "metrics could not be rendered");
    let (metrics, actors) = site.get().and_then(|site| site.metrics.clone()).ok_or_else(not_started)?;
    let text = actix_web::web::block(move || metrics.render(&actors())).await.map_err(|_| failed())?;
    Ok(Answer::bytes(StatusCode::OK, HeaderValue::from_static(metrics::CONTENT_TYPE), text))
}

/// Protected resource metadata (RFC 9728, section 2).
fn protected_resource(site: &Site, _: &Call) -> Answer {
    let mut body = Map::new();
    body.insert("resource".into(), json!(site.base_url));
    if let Some(issuer) = &site.issuer {
        body.insert("authorization_servers".into(), json!([issuer]));
    }
    body.insert("bearer_methods_supported".into(), json!(["header"]));
    body.insert("resource_documentation".into(), json!(format!("{}/docs", site.base_url)));
    Answer::json(&body).header(CACHE_CONTROL, HeaderValue::from_static("no-cache"))
}

fn to_issuer(site: &Site, _: &Call) -> Answer {
    let issuer = site.issuer.as_deref().map_or(Cow::Borrowed(""), |issuer| issuer.trim_end_matches('/').into());
    match HeaderValue::from_str(&format!("{issuer}/.well-known/openid-configuration")) {
        Ok(location) => Answer::empty(StatusCode::FOUND).header(LOCATION, location),
        Err(_) => Answer::empty(StatusCode::NOT_FOUND),
    }
}
