use serde::{Deserialize, Serialize};

use super::values::{Address, optional};

/// Holds `metrics`: `enabled`, `address`.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct MetricsConfig {
    /// Serve `/metrics`.
    pub enabled: bool,
    /// A listener of its own; `None` serves it on the server's.
    #[serde(with = "optional")]
    pub address: Option<Address>,
}
