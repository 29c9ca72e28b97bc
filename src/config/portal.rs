use serde::{Deserialize, Serialize};

use super::values::Secret;

/// Holds `portal`: `enabled`, `cookie_name`, `cookie_secret`, `cookie_secure`, `oidc_redirect_path`.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct PortalConfig {
    /// Serve the portal and its API; `cookie_secret` has at least 16 bytes then.
    pub enabled: bool,
    /// Name of the session cookie.
    pub cookie_name: String,
    /// Signs the session cookie.
    pub cookie_secret: Secret,
    /// Send the cookie over https only.
    pub cookie_secure: bool,
    /// Path the provider redirects back to; starts with `/`.
    pub oidc_redirect_path: String,
}
