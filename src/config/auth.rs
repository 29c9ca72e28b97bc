use serde::{Deserialize, Serialize};

/// Holds `auth`: `allow_anonymous`, `require_for_api`, `require_for_portal`.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct AuthConfig {
    /// Let callers without any credential in. A bad credential is refused all the same.
    pub allow_anonymous: bool,
    /// Reserved: accepted, without effect.
    pub require_for_api: bool,
    /// Reserved: accepted, without effect.
    pub require_for_portal: bool,
}
