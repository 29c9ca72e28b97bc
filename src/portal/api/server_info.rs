//! Description of the server for the portal: build, start time and configuration.

use std::{collections::BTreeMap, time::Instant};

use actors::audit::JsonText;
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::render::{now, rfc3339};
use crate::{
    build_info,
    config::{Config, Origin, Provenance, Warning},
};

/// Constant part of the description, ready to send. Secrets are masked before it is built.
pub struct ServerInfo {
    name: String,
    base_url: String,
    instance: String,
    began: DateTime<Utc>,
    clock: Instant,
    config: JsonText,
    sources: JsonText,
    warnings: JsonText,
}

impl ServerInfo {
    /// Builds the description from the effective configuration, at the time of the start. `instance` names this
    /// replica.
    #[must_use]
    pub fn new(config: &Config, provenance: &Provenance, warnings: &[Warning], instance: String) -> Self {
        let sources: BTreeMap<&str, Source> =
            provenance.origins().map(|(key, origin)| (key, Source::of(origin))).collect();
        let warnings: Vec<Remark> = warnings.iter().map(Remark::of).collect();
        Self {
            name: config.server.name.clone(),
            base_url: config.server.base_url.to_string(),
            instance,
            began: now(),
            clock: Instant::now(),
            config: text(&config.masked()),
            sources: text(&json!(sources)),
            warnings: text(&json!(warnings)),
        }
    }

    pub(super) fn shown(&self) -> ServerDescription<'_> {
        ServerDescription {
            name: &self.name,
            version: build_info::VERSION,
            commit: build_info::COMMIT,
            date: build_info::DATE,
            base_url: &self.base_url,
            started_at: rfc3339(self.began),
            uptime_seconds: self.clock.elapsed().as_secs(),
            instance: &self.instance,
            config: &self.config,
            sources: &self.sources,
            warnings: &self.warnings,
        }
    }
}

fn text(value: &Value) -> JsonText {
    JsonText::new(value.to_string())
}

/// Server, build and configuration.
#[derive(Serialize, ToSchema)]
#[schema(as = Server)]
pub(super) struct ServerDescription<'s> {
    /// Value of `server.name`.
    name: &'s str,
    version: &'static str,
    /// Commit of the build; `unknown` when built outside a checkout.
    commit: &'static str,
    /// Date of the commit (RFC 3339), or `unknown`.
    date: &'static str,
    /// URL under which clients reach the server.
    base_url: &'s str,
    #[schema(format = "date-time")]
    started_at: String,
    uptime_seconds: u64,
    /// Host and port of the responding replica.
    instance: &'s str,
    /// Effective configuration in the shape of the file. Secrets are `***`.
    #[schema(value_type = Object)]
    config: &'s JsonText,
    /// Key of the configuration (`server.address`, `api_keys.file[0].key`) → source of its value. A list of texts has a
    /// single entry.
    #[schema(value_type = BTreeMap<String, Source>)]
    sources: &'s JsonText,
    /// Settings that are valid but probably not intended.
    #[schema(value_type = Vec<Remark>)]
    warnings: &'s JsonText,
}

/// Source of a value.
#[derive(Serialize, ToSchema)]
#[schema(as = ConfigSource)]
struct Source {
    #[schema(pattern = "^(file|environment|default)$")]
    source: &'static str,
    /// File and line, or the variable; omitted for a default.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// Line in the file, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
}

impl Source {
    fn of(origin: Origin<'_>) -> Self {
        match origin {
            Origin::Default => Self { source: "default", detail: None, line: None },
            Origin::Environment(name) => Self { source: "environment", detail: Some(name.to_owned()), line: None },
            Origin::File(file, line) => {
                Self { source: "file", detail: Some(format!("{file}:{line}")), line: Some(line) }
            }
        }
    }
}

/// A warning about the configuration.
#[derive(Serialize, ToSchema)]
#[schema(as = ConfigWarning)]
struct Remark {
    /// Key that the warning is about.
    key: String,
    message: String,
}

impl Remark {
    fn of(warning: &Warning) -> Self {
        Self { key: warning.key.clone(), message: warning.message.clone() }
    }
}
