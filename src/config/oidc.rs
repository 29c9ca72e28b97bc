use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::values::{HttpUrl, Secret, duration, optional};

/// Holds `oidc`: `enabled`, `issuer`, `audience`, `client_id`, `client_secret`, `allowed_clients`, `clock_skew_seconds`,
/// `jwks_cache_ttl`, `skip_signature_verification`.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct OidcConfig {
    /// Accept JWTs of the provider; `issuer` is given then, and `client_id` too when the portal is on.
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
    /// How long the provider's keys are kept, 1 s to 7 d.
    #[serde(with = "duration")]
    pub jwks_cache_ttl: Duration,
    /// Accept tokens whatever their signature; `APITEST_INSECURE=1` was set then.
    pub skip_signature_verification: bool,
}
