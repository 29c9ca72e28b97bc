//! Tokens of an OpenID Connect provider: signed JWTs in `Authorization: Bearer`.
//!
//! | module | contents |
//! |---|---|
//! | `provider` | the provider over HTTP: discovery at boot, keys on request of the JWKS actor |
//! | `keys` | its public keys, and the rules for which key may verify which token |
//! | `token` | text that is structurally a JWT, taken apart within limits |
//! | `claims` | rules for its claims, and the identity built from them |
//! | `id_token` | ID tokens of the portal's sign-in |
//! | `memory` | cache of verified tokens |
//! | `refusal` | reason of a refusal; goes to the log, never to the caller |
//! | `step` | the step of the inbound chain that puts them together |
//!
//! Claims are checked before the signature: only a token that is valid in all other respects can make the server verify
//! or fetch anything. The caller gets the same response whatever the reason of a refusal.

mod claims;
mod id_token;
mod keys;
mod memory;
mod provider;
mod refusal;
mod step;
mod token;

pub use id_token::IdTokens;
pub use keys::KeySet;
pub use provider::{ConnectError, Provider};
pub(crate) use refusal::cut;
pub use step::OidcTokens;

/// Current time in seconds since the epoch.
fn now() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
