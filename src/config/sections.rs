//! The sections of the configuration, one struct each, in the order of the file.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::values::{
    Address, BaseUrl, ByteSource, DatabaseUrl, HttpUrl, Network, Secret, TapAfter, duration, optional, size,
};

/// Holds `server`: `name`, `address`, `base_url`, `description`, `workers`, `read_header_timeout`, `max_header_bytes`,
/// `max_header_fields`, `max_body_bytes`, `body_timeout`, `write_timeout`, `keep_alive`, `max_requests_per_connection`,
/// `half_close`, `unknown_expect`, `cors`, `own_fields`, `proxy_protocol`, `proxy_sources`, `shutdown`, `tls`.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct ServerConfig {
    /// Name of the server; 1 to 100 characters.
    pub name: String,
    /// Address to listen on.
    pub address: Address,
    /// URL under which clients reach it; derived from `address` when not given.
    pub base_url: BaseUrl,
    /// Description in the OpenAPI document.
    pub description: String,
    /// Threads that serve requests, 1 to 1024; one per core when not given.
    pub workers: usize,
    /// Maximum time for a client to send a request head, 1 ms to 24 h.
    #[serde(with = "duration")]
    pub read_header_timeout: Duration,
    /// Maximum size of a request head in bytes, 1 KiB to 4 MiB.
    #[serde(with = "size")]
    pub max_header_bytes: u64,
    /// Maximum number of fields in an HTTP/1 request head, 1 to 100,000.
    pub max_header_fields: usize,
    /// Maximum size of a request body in bytes, 1 to 4 GiB.
    #[serde(with = "size")]
    pub max_body_bytes: u64,
    /// Timeout between two reads of a request body, 1 ms to 24 h.
    #[serde(with = "duration")]
    pub body_timeout: Duration,
    /// Timeout for a client that reads no byte of its response, 1 ms to 24 h.
    #[serde(with = "duration")]
    pub write_timeout: Duration,
    /// Timeout of an idle connection, 1 ms to 24 h.
    #[serde(with = "duration")]
    pub keep_alive: Duration,
    /// Maximum number of requests on a connection; 0 for no limit.
    pub max_requests_per_connection: u64,
    /// Meaning of a sending side that is closed.
    pub half_close: HalfClose,
    /// Meaning of an `Expect` that nobody knows.
    pub unknown_expect: UnknownExpect,
    /// CORS fields on every answer.
    pub cors: Switch,
    /// `X-Request-Id` on every answer.
    pub own_fields: Switch,
    /// Whether connections begin with a PROXY header. Not [`ProxyProtocol::Off`]: `proxy_sources` is not empty.
    pub proxy_protocol: ProxyProtocol,
    /// Networks whose PROXY headers are believed.
    pub proxy_sources: Vec<Network>,
    /// Draining at a stop.
    pub shutdown: ShutdownConfig,
    /// HTTPS.
    pub tls: TlsConfig,
}

/// Meaning of a client on HTTP/1 that closes its sending side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum HalfClose {
    /// It is gone: its handler ends, 499.
    Gone,
    /// It still gets its answer.
    Answer,
}

/// Meaning of an `Expect` other than `100-continue` on HTTP/1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
pub enum UnknownExpect {
    /// None: it passes like any other field.
    #[serde(rename = "pass")]
    Pass,
    /// The request is refused with 417 (RFC 9110, section 10.1.1).
    #[serde(rename = "417")]
    Refuse,
}

/// Meaning of PROXY headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ProxyProtocol {
    /// None: the first bytes of a connection are TLS or HTTP.
    Off,
    /// A connection may begin with one.
    Accept,
    /// A connection without one is refused.
    Require,
}

/// What is on or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Switch {
    /// On.
    On,
    /// Off.
    Off,
}

impl Switch {
    /// True for [`Switch::On`].
    #[must_use]
    pub const fn is_on(self) -> bool {
        matches!(self, Self::On)
    }
}

/// Holds `server.shutdown`: `grace_period`, `pre_shutdown_delay`.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct ShutdownConfig {
    /// Maximum time for running requests and the audit queue to finish, at most 24 h.
    #[serde(with = "duration")]
    pub grace_period: Duration,
    /// Time for which `/readyz` answers 503 before the listener closes, at most 24 h.
    #[serde(with = "duration")]
    pub pre_shutdown_delay: Duration,
}

/// Holds `server.tls`: `enabled`, `cert_file`, `key_file`, `client_ca_file`, `client_auth`.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct TlsConfig {
    /// Serve HTTPS instead of HTTP. Both files could be opened when the configuration was loaded.
    pub enabled: bool,
    /// PEM file with the certificate chain; empty when not given.
    pub cert_file: String,
    /// PEM file with the private key; empty when not given.
    pub key_file: String,
    /// PEM file with the authorities of client certificates; empty when not given.
    pub client_ca_file: String,
    /// Whether clients are asked for a certificate. Not [`ClientCertificates::None`]: `client_ca_file` could be opened.
    pub client_auth: ClientCertificates,
}

/// Meaning of client certificates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ClientCertificates {
    /// Clients are not asked for one.
    None,
    /// Clients may have none. One that can't be verified fails the handshake.
    Optional,
    /// Without one that can be verified, the handshake fails.
    Required,
}

/// Holds `auth`: `allow_anonymous`, `require_for_api`, `require_for_portal`.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct AuthConfig {
    /// Accept callers without any credential. An invalid credential is still refused.
    pub allow_anonymous: bool,
    /// Reserved: accepted, without effect.
    pub require_for_api: bool,
    /// Reserved: accepted, without effect.
    pub require_for_portal: bool,
}

/// Holds `api_keys`: `header_name`, `query_param_name`, `file`, `db`.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct ApiKeysConfig {
    /// Request header that carries a key, as written in the file (compared without regard to case).
    pub header_name: String,
    /// Query parameter that carries a key; the header takes precedence.
    pub query_param_name: String,
    /// Keys in the configuration; names and non-empty values are unique.
    pub file: Vec<FileKey>,
    /// Keys in the database.
    pub db: StoredKeysConfig,
}

/// Holds one entry of `api_keys.file`: `name`, `key`, `description`.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct FileKey {
    /// Name of the key in responses, logs and audit.
    pub name: String,
    /// The key, without surrounding white space. **May be empty: such an entry matches nothing.**
    pub key: Secret,
    /// Remark about its use.
    pub description: String,
}

/// Holds `api_keys.db`: `enabled`.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct StoredKeysConfig {
    /// Accept keys created in the portal; then `database.url` is set.
    pub enabled: bool,
}

/// Holds `bearer`: `tokens`.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct BearerConfig {
    /// Static tokens; names and non-empty values are unique.
    pub tokens: Vec<StaticToken>,
}

/// Holds one entry of `bearer.tokens`: `name`, `token`, `description`.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct StaticToken {
    /// Name of the token in responses, logs and audit.
    pub name: String,
    /// The token, without surrounding white space. **May be empty: such an entry matches nothing.**
    pub token: Secret,
    /// Remark about its use.
    pub description: String,
}

/// Holds `oidc`: `enabled`, `issuer`, `audience`, `client_id`, `client_secret`, `allowed_clients`, `clock_skew_seconds`,
/// `jwks_cache_ttl`, `skip_signature_verification`.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct OidcConfig {
    /// Accept JWTs of the provider; then `issuer` is set, and `client_id` too if the portal is on.
    pub enabled: bool,
    /// The issuer exactly as written, since it is compared byte for byte.
    #[serde(with = "optional")]
    pub issuer: Option<HttpUrl>,
    /// Audience a token must be for; empty accepts any.
    pub audience: String,
    /// Client id of the portal; empty when not given.
    pub client_id: String,
    /// Client secret of the portal; empty for a public client.
    pub client_secret: Secret,
    /// Clients whose tokens are accepted; empty accepts any.
    pub allowed_clients: Vec<String>,
    /// Leeway for `exp` and `nbf` in seconds, at most 600.
    pub clock_skew_seconds: u64,
    /// Time after which the provider's keys are fetched again, 1 s to 7 d.
    #[serde(with = "duration")]
    pub jwks_cache_ttl: Duration,
    /// Accept tokens without checking signatures; then `APITEST_INSECURE=1` was set.
    pub skip_signature_verification: bool,
    /// Only warn about insecure endpoints of the provider instead of refusing to start: `APITEST_INSECURE=1` is set.
    /// Not a key of the file.
    #[serde(skip)]
    pub insecure: bool,
}

/// Holds `database`: `url`, `max_open_conns`, `max_idle_conns`, `conn_max_lifetime`.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct DatabaseConfig {
    /// Database; `None` for none.
    #[serde(with = "optional")]
    pub url: Option<DatabaseUrl>,
    /// Maximum number of open connections, 1 to 1000.
    pub max_open_conns: u32,
    /// Maximum number of connections kept while idle, at most 1000; a pool keeps no more than `max_open_conns` anyway.
    pub max_idle_conns: u32,
    /// Age at which a connection is replaced, 1 s to 7 d.
    #[serde(with = "duration")]
    pub conn_max_lifetime: Duration,
}

/// Holds `audit`: `enabled`, `retention_days`, `buffer_size`, `buffer_bytes`, `redact_keys`, `capture_payloads`,
/// `capture_headers`, `max_payload_bytes`.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct AuditConfig {
    /// Record every request under `/v1/`; then `database.url` is set.
    pub enabled: bool,
    /// Days for which events are kept, 1 to 36500.
    pub retention_days: u32,
    /// Maximum number of queued events, 1 to 1000000.
    pub buffer_size: usize,
    /// Maximum memory of queued events in bytes, 64 KiB to 64 GiB.
    #[serde(with = "size")]
    pub buffer_bytes: u64,
    /// Lower-case words. Headers and query parameters whose name contains one are recorded without their value.
    pub redact_keys: Vec<String>,
    /// Key of the fingerprints of redacted values, at least 16 bytes; empty to use one stored in the database.
    pub fingerprint_key: Secret,
    /// Record query, bodies and headers with the event.
    pub capture_payloads: bool,
    /// Record headers with the payload.
    pub capture_headers: bool,
    /// Maximum number of bytes recorded of each body, at most 64 MiB.
    #[serde(with = "size")]
    pub max_payload_bytes: u64,
}

/// Holds `portal`: `enabled`, `cookie_name`, `cookie_secret`, `cookie_secure`, `oidc_redirect_path`.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct PortalConfig {
    /// Serve the portal and its API; then `cookie_secret` has at least 16 bytes.
    pub enabled: bool,
    /// Name of the session cookie.
    pub cookie_name: String,
    /// Secret for signing the session cookie.
    pub cookie_secret: Secret,
    /// Send the cookie over https only.
    pub cookie_secure: bool,
    /// Path to which the provider redirects after sign-in; starts with `/`.
    pub oidc_redirect_path: String,
    /// Where users find a key, for the sign-in page; empty: nothing is said.
    pub key_hint: String,
}

/// Holds `endpoints`: `identity`, `data`, `failure`, `echo`, `streaming`, `pagination`, `methods`, `security`, `export`,
/// `answer`.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct EndpointsConfig {
    /// whoami and headers.
    pub identity: GroupConfig,
    /// Deterministic bodies.
    pub data: GroupConfig,
    /// Statuses, delays and failures on request.
    pub failure: GroupConfig,
    /// The received request as JSON.
    pub echo: GroupConfig,
    /// Chunked, SSE and NDJSON streams.
    pub streaming: GroupConfig,
    /// Pagination in each common style.
    pub pagination: GroupConfig,
    /// One route for every method.
    pub methods: GroupConfig,
    /// Inert probes.
    pub security: GroupConfig,
    /// Large and slow responses.
    pub export: GroupConfig,
    /// Any answer, told in the URL or by a script.
    pub answer: GroupConfig,
}

impl EndpointsConfig {
    /// Returns every group by name, in the order of the file.
    #[must_use]
    pub fn groups(&self) -> [(&'static str, &GroupConfig); 10] {
        [
            ("identity", &self.identity),
            ("data", &self.data),
            ("failure", &self.failure),
            ("echo", &self.echo),
            ("streaming", &self.streaming),
            ("pagination", &self.pagination),
            ("methods", &self.methods),
            ("security", &self.security),
            ("export", &self.export),
            ("answer", &self.answer),
        ]
    }

    /// Returns true when a group exists and is enabled.
    #[must_use]
    pub fn is_enabled(&self, group: &str) -> bool {
        self.groups().iter().any(|(name, config)| *name == group && config.enabled)
    }
}

/// Holds `endpoints.<group>`: `enabled`.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct GroupConfig {
    /// Serve the group's routes; a disabled group is in neither the routes nor the OpenAPI document.
    pub enabled: bool,
}

/// Holds `metrics`: `enabled`, `address`.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct MetricsConfig {
    /// Serve `/metrics`.
    pub enabled: bool,
    /// Separate listener; `None` for the server's.
    #[serde(with = "optional")]
    pub address: Option<Address>,
}

/// Holds `tap`: `address`, `after`, `answer`.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct TapConfig {
    /// Address of the tap; `None` for none.
    #[serde(with = "optional")]
    pub address: Option<Address>,
    /// When the tap answers.
    pub after: TapAfter,
    /// What it answers. A file could be opened when the configuration was loaded.
    pub answer: ByteSource,
}

/// Holds `tls_faults`: `enabled`, `first_port`, `ca_file`.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct TlsFaultsConfig {
    /// Open the ports.
    pub enabled: bool,
    /// First of the consecutive ports, 1 to 65530.
    pub first_port: u16,
    /// File for the certificate of the authority; empty for none.
    pub ca_file: String,
}

/// Holds `plexara`: `register`.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct PlexaraConfig {
    /// Self-registration at start.
    pub register: RegisterConfig,
}

/// Holds `plexara.register`: `enabled`, `admin_url`, `auth_header`, `connection_name`.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct RegisterConfig {
    /// Register at start; then `admin_url` is set.
    pub enabled: bool,
    /// URL to POST the registration to, without user info.
    #[serde(with = "optional")]
    pub admin_url: Option<HttpUrl>,
    /// Value of the `Authorization` header of the registration; empty sends none.
    pub auth_header: Secret,
    /// Name of the connection at the gateway.
    pub connection_name: String,
}
