use serde::{Deserialize, Serialize};

use super::values::{HttpUrl, Secret, optional};

/// Holds `plexara`: `register`.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct PlexaraConfig {
    /// Self-registration at start.
    pub register: RegisterConfig,
}

/// Holds `plexara.register`: `enabled`, `admin_url`, `auth_header`, `connection_name`.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct RegisterConfig {
    /// Register at start; `admin_url` is given then.
    pub enabled: bool,
    /// Where to POST the registration. It may hold user info, which is masked where it is shown.
    #[serde(with = "optional")]
    pub admin_url: Option<HttpUrl>,
    /// Value of the `Authorization` header of the registration; empty sends none.
    pub auth_header: Secret,
    /// Name of the connection at the gateway.
    pub connection_name: String,
}
