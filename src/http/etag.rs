//! Entity tags of embedded files (RFC 9110, section 8.8.3).

use actix_web::http::header::{HeaderMap, IF_NONE_MATCH};

use crate::wire::hex;

/// Returns a strong entity tag from the first 16 bytes of a content hash.
#[must_use]
pub fn strong(hash: &[u8; 32]) -> String {
    format!("\"{}\"", hex::encode(&hash[..16]))
}

/// Returns true when `If-None-Match` lists the entity tag, by weak comparison (RFC 9110, section 13.1.2).
#[must_use]
pub fn is_known(headers: &HeaderMap, etag: &str) -> bool {
    headers.get_all(IF_NONE_MATCH).filter_map(|known| known.to_str().ok()).flat_map(|known| known.split(',')).any(
        |known| {
            let known = known.trim();
            known == "*" || known.trim_start_matches("W/") == etag
        },
    )
}
