//! Credentials of a request: their extraction, and masking them in other text.

mod finder;
mod mask;
mod patterns;

pub use finder::Finder;
pub use mask::{CredentialMask, REDACTED};
pub use patterns::Pattern;
