use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::values::{Address, BaseUrl, duration, size};

/// Holds `server`: `name`, `address`, `base_url`, `description`, `workers`, `read_header_timeout`, `max_header_bytes`,
/// `max_body_bytes`, `shutdown`, `tls`.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct ServerConfig {
    /// What the server calls itself; 1 to 100 characters.
    pub name: String,
    /// Where it listens.
    pub address: Address,
    /// How clients reach it; derived from `address` when not given.
    pub base_url: BaseUrl,
    /// What the OpenAPI document says about it.
    pub description: String,
    /// Threads that serve requests, 1 to 1024; one per core when not given.
    pub workers: usize,
    /// How long a client may take to send a request head, 1 ms to 24 h.
    #[serde(with = "duration")]
    pub read_header_timeout: Duration,
    /// Largest request head in bytes, 1 KiB to 128 KiB (what the HTTP library can hold).
    #[serde(with = "size")]
    pub max_header_bytes: u64,
    /// Largest request body in bytes, 1 to 4 GiB.
    #[serde(with = "size")]
    pub max_body_bytes: u64,
    /// How the process ends.
    pub shutdown: ShutdownConfig,
    /// HTTPS.
    pub tls: TlsConfig,
}

/// Holds `server.shutdown`: `grace_period`, `pre_shutdown_delay`.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct ShutdownConfig {
    /// How long running requests and the audit queue may take to finish, at most 24 h.
    #[serde(with = "duration")]
    pub grace_period: Duration,
    /// How long `/readyz` answers 503 before the listener closes, at most 24 h.
    #[serde(with = "duration")]
    pub pre_shutdown_delay: Duration,
}

/// Holds `server.tls`: `enabled`, `cert_file`, `key_file`.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct TlsConfig {
    /// Serve HTTPS instead of HTTP. Both files could be opened when the configuration was loaded.
    pub enabled: bool,
    /// PEM file with the certificate chain; empty when not given.
    pub cert_file: String,
    /// PEM file with the private key; empty when not given.
    pub key_file: String,
}
