//! State of the portal's routes, and access to it.

use std::sync::{Arc, OnceLock};

use actix_web::http::{Method, StatusCode};
use actors::Registry;
use futures_util::Future;

use super::{
    params::{DeclaredParam, ParsedQuery},
    reader::AuditReader,
    server_info::ServerInfo,
};
use crate::{
    audit::Redactor,
    config::Config,
    endpoints::{Call, Fault, Outcome, Route, Table},
    openapi::Document,
    site::Readiness,
};

/// State of the portal's routes.
pub struct PortalApi {
    /// The audit trail; `None` when `audit.enabled` is false.
    pub audit: Option<AuditReader>,
    /// The route table.
    pub table: Arc<Table>,
    /// OpenAPI document of this API.
    pub document: Document,
    /// Switched when the server begins to stop, which ends the live tail.
    pub readiness: Readiness,
    /// Relevant settings.
    pub settings: Settings,
    /// Makes fingerprints.
    pub redactor: Arc<Redactor>,
    /// Description of the server, for the routes `server` and `config`.
    pub server: ServerInfo,
    /// All actors of this replica.
    pub actors: Registry,
}

/// Settings that the portal's API needs.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Bodies and headers are recorded.
    pub capture_payloads: bool,
    /// Headers are recorded with the payload.
    pub capture_headers: bool,
    /// Maximum number of bytes recorded of each body.
    pub max_payload_bytes: u64,
    /// Days an event is kept.
    pub retention_days: u32,
    /// Maximum size of a request's body in bytes.
    pub max_body_bytes: u64,
    /// Name of the API key header, in lower case.
    pub api_key_header: String,
    /// Name of the query parameter that may carry an API key.
    pub api_key_param: String,
    /// True when the server itself terminates TLS.
    pub tls: bool,
}

impl Settings {
    /// Copies the settings from the configuration.
    #[must_use]
    pub fn of(config: &Config) -> Self {
        Self {
            capture_payloads: config.audit.capture_payloads,
            capture_headers: config.audit.capture_headers,
            max_payload_bytes: config.audit.max_payload_bytes,
            retention_days: config.audit.retention_days,
            max_body_bytes: config.server.max_body_bytes,
            api_key_header: config.api_keys.header_name.to_ascii_lowercase(),
            api_key_param: config.api_keys.query_param_name.clone(),
            tls: config.server.tls.enabled,
        }
    }
}

/// Cell for the [`PortalApi`], which is created once the table, and thereby the document, is known.
pub type PortalCell = OnceLock<Arc<PortalApi>>;

impl PortalApi {
    /// Returns the audit trail.
    ///
    /// # Errors
    /// 503 when it is off. The message says how to enable it.
    pub(super) fn audit(&self) -> Result<&AuditReader, Fault> {
        self.audit.as_ref().ok_or_else(|| {
            Fault::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "audit.enabled is false: set audit.enabled to true and database.url to sqlite:PATH or a PostgreSQL URL, \
                 then restart the server",
            )
            .code("audit_disabled")
        })
    }
}

/// Declares one route. Its handler gets the query, parsed by the parameters that the route declares.
pub(super) fn on<F>(
    api: &Arc<PortalCell>,
    method: Method,
    name: &'static str,
    path: &'static str,
    handler: impl Fn(Arc<PortalApi>, Call, ParsedQuery) -> F + Copy + Send + Sync + 'static,
) -> Route
where
    F: Future<Output = Outcome> + 'static,
{
    let (api, known) = (Arc::clone(api), Arc::new(OnceLock::new()));
    Route::new(method, name, path, move |call| {
        let (api, known) = (api.get().cloned(), Arc::clone(&known));
        async move {
            let api = api.ok_or_else(|| Fault::new(StatusCode::SERVICE_UNAVAILABLE, "starting").code("starting"))?;
            let known: &Vec<DeclaredParam> = known.get_or_init(|| DeclaredParam::of_route(&api.table, name));
            let asked = ParsedQuery::parse(call.query(), &api.settings.api_key_param, known)?;
            handler(api, call, asked).await
        }
    })
}
