//! Credentials of a request: where they stand, and masking them in any other text.

mod finder;
mod mask;
mod patterns;

pub use finder::Finder;
pub use mask::{CredentialMask, REDACTED};
pub use patterns::Pattern;
