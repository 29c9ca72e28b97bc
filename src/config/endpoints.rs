use serde::{Deserialize, Serialize};

/// Holds `endpoints`: `identity`, `data`, `failure`, `echo`, `streaming`, `pagination`, `methods`, `security`, `export`.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct EndpointsConfig {
    /// whoami and headers.
    pub identity: GroupConfig,
    /// Deterministic bodies.
    pub data: GroupConfig,
    /// Statuses, delays and flakiness on demand.
    pub failure: GroupConfig,
    /// What arrived, as JSON.
    pub echo: GroupConfig,
    /// Chunked, SSE and NDJSON streams.
    pub streaming: GroupConfig,
    /// Pages, in each common style.
    pub pagination: GroupConfig,
    /// One route for every method.
    pub methods: GroupConfig,
    /// Inert probes.
    pub security: GroupConfig,
    /// Large and slow answers.
    pub export: GroupConfig,
}

impl EndpointsConfig {
    /// Gives every group by name, in the order of the file.
    #[must_use]
    pub fn groups(&self) -> [(&'static str, &GroupConfig); 9] {
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
        ]
    }

    /// Tells whether a group exists and is on.
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
