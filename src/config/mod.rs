//! Configuration: read, merged, checked, and typed.
//!
//! [`Config::load`] takes one YAML file and a snapshot of the environment, and returns either a [`Loaded`]
//! configuration or **all** its [`Problems`] at once, each with its key, its source (`configs/x.yaml:12`, `environment
//! APITEST__…`) and the expected value.
//!
//! Steps:
//! 1. `yaml` parses the file into a tree with line numbers; duplicate keys, tags and oversized input are refused.
//! 2. `document` checks the tree against the key table ([`KEYS`]), and `interpolate` replaces `${VAR}` inside values. A
//!    replaced value stays one scalar, whatever the variable contains.
//! 3. `overrides` reads `APITEST__SECTION__KEY=value`, literally and without replacement.
//! 4. The `config` crate merges defaults, file and environment, each a `config::Source` whose values carry their origin.
//! 5. `decode` checks each value by its [`Kind`], serde builds the structs, `rules` checks rules over several keys, and
//!    `warnings` reports settings that are valid but probably not intended.
//!
//! To add a key: one row in [`KEYS`] and one field in the struct of its section. Tests compare the structs and
//! `configs/api-test.example.yaml` with the table.

mod decode;
mod document;
mod environment;
mod interpolate;
mod keys;
mod kind;
mod layer;
pub mod libpq;
mod load;
mod mask;
mod nearest;
mod origin;
mod overrides;
mod problems;
mod render;
mod rules;
mod sections;
mod values;
mod warnings;
mod yaml;

#[cfg(test)]
mod tests;

pub use environment::Environment;
pub use keys::{KEYS, Key, Preset};
pub use kind::Kind;
pub use load::Loaded;
pub(crate) use mask::url as masked_url;
pub use origin::{Origin, Provenance};
pub use problems::{Problem, Problems};
pub use sections::{
    ApiKeysConfig, AuditConfig, AuthConfig, BearerConfig, ClientCertificates, DatabaseConfig, EndpointsConfig, FileKey,
    GroupConfig, HalfClose, MetricsConfig, OidcConfig, PlexaraConfig, PortalConfig, ProxyProtocol, RegisterConfig,
    ServerConfig, ShutdownConfig, StaticToken, StoredKeysConfig, Switch, TapConfig, TlsConfig, TlsFaultsConfig,
    UnknownExpect,
};
pub use values::{
    Address, BaseUrl, ByteSource, DatabaseUrl, Dialect, Host, HttpUrl, Malformed, Network, Secret, TapAfter,
};
pub use warnings::{Warning, WarningKind};

use serde::{Deserialize, Serialize};

/// Effective configuration, one field per top-level section of the file.
///
/// Its `Debug` and `Serialize` forms mask every secret; see [`Config::masked`].
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct Config {
    /// The process and its listener.
    pub server: ServerConfig,
    /// Anonymous callers.
    pub auth: AuthConfig,
    /// API keys, from this file and from the database.
    pub api_keys: ApiKeysConfig,
    /// Static bearer tokens.
    pub bearer: BearerConfig,
    /// Tokens of an OpenID Connect provider.
    pub oidc: OidcConfig,
    /// The database.
    pub database: DatabaseConfig,
    /// The audit trail.
    pub audit: AuditConfig,
    /// The web portal and its sessions.
    pub portal: PortalConfig,
    /// The groups of routes.
    pub endpoints: EndpointsConfig,
    /// Prometheus metrics.
    pub metrics: MetricsConfig,
    /// The listener that accepts any bytes.
    pub tap: TapConfig,
    /// Ports on which TLS is faulty.
    pub tls_faults: TlsFaultsConfig,
    /// Self-registration with a gateway.
    pub plexara: PlexaraConfig,
}

impl Config {
    /// Returns the effective configuration as JSON, keys in the order of the table, secrets as `***`.
    ///
    /// Keys, tokens, secrets, the password in each form of `database.url`, and secret query parameters of any other URL
    /// are masked.
    #[must_use]
    pub fn masked(&self) -> serde_json::Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    /// Returns [`Config::masked`] as a YAML document with the shape of a configuration file.
    #[must_use]
    pub fn masked_yaml(&self) -> String {
        render::yaml(&self.masked(), None)
    }
}
