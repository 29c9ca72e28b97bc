//! Types of single values. Each is parsed from text and hides its secrets when shown.

mod address;
mod base_url;
mod byte_source;
mod database_url;
pub(super) mod duration;
mod http_url;
mod network;
pub(super) mod optional;
mod secret;
pub(super) mod size;
mod tap_after;

pub use address::{Address, Host};
pub use base_url::BaseUrl;
pub use byte_source::ByteSource;
pub use database_url::{DatabaseUrl, Dialect};
pub use http_url::HttpUrl;
pub use network::Network;
pub use secret::Secret;
pub use tap_after::TapAfter;

/// Error for a text that is not a value of the type. The text is not shown, because it may be a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("malformed value")]
pub struct Malformed;

/// Parses a plain decimal number: digits only, no sign, no separators.
pub(super) fn decimal(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}
