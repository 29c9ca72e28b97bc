//! Tokens of an OpenID Connect provider: signed JWTs in `Authorization: Bearer`.
//!
//! | module | what it is |
//! |---|---|
//! | `provider` | the provider over HTTP: discovery at boot, keys whenever the key keeper wants them |
//! | `keys` | its public keys, and which of them may verify what |
//! | `token` | text that is structurally a JWT, taken apart within limits |
//! | `claims` | rules for its claims, and the identity made of them |
//! | `id_token` | ID tokens of the portal's sign-in |
//! | `memory` | tokens that were verified before |
//! | `refusal` | why a token is refused; goes to the log, never to the caller |
//! | `step` | the step of the inbound chain that puts them together |
//!
//! A token is parsed and its claims are checked before its signature is: only a token that is good in all other respects
//! can make the server verify, or fetch, anything. The caller gets the same answer whatever was wrong.

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

/// Seconds since the epoch.
fn now() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
