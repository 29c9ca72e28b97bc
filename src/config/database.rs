use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::values::{DatabaseUrl, duration, optional};

/// Holds `database`: `url`, `max_open_conns`, `max_idle_conns`, `conn_max_lifetime`.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct DatabaseConfig {
    /// Which database; `None` runs without one.
    #[serde(with = "optional")]
    pub url: Option<DatabaseUrl>,
    /// Most connections at a time, 1 to 1000.
    pub max_open_conns: u32,
    /// Most connections kept while idle, at most 1000; a pool keeps no more than `max_open_conns` anyway.
    pub max_idle_conns: u32,
    /// Age at which a connection is replaced, 1 s to 7 d.
    #[serde(with = "duration")]
    pub conn_max_lifetime: Duration,
}
