//! Bytes in JSON.

use std::borrow::Cow;

use base64::{Engine as _, engine::general_purpose::STANDARD};

/// Returns a body as text when it is UTF-8, otherwise as base64 with the name of that encoding. A character that was
/// cut at the end of the capture is omitted, so that text stays text.
pub(super) fn body_text(body: &[u8], truncated: bool) -> (Cow<'_, str>, Option<&'static str>) {
    match std::str::from_utf8(body) {
        Ok(text) => (Cow::Borrowed(text), None),
        Err(error) if truncated && error.error_len().is_none() => {
            (String::from_utf8_lossy(&body[..error.valid_up_to()]), None)
        }
        Err(_) => (Cow::Owned(STANDARD.encode(body)), Some("base64")),
    }
}
