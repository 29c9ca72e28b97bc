//! Request headers as bodies show them: canonical names, sorted, every value kept.

use std::collections::BTreeMap;

use actix_web::http::header::{self, HeaderMap};

use crate::wire::{Text, header_name};

/// What a redacted value looks like.
pub(super) const REDACTED: &[u8] = b"[redacted]";

/// Canonical name → values in the order they arrived.
pub(super) type Shown<'h> = BTreeMap<String, Vec<Text<'h>>>;

/// Collects the headers that say something about the request. `Host` and `Transfer-Encoding` are left out: the one
/// is the request's authority, the other frames one hop's message (RFC 9112, section 6.1).
pub(super) fn shown(headers: &HeaderMap) -> Shown<'_> {
    let mut shown = Shown::new();
    for (name, value) in headers {
        if name == header::HOST || name == header::TRANSFER_ENCODING {
            continue;
        }
        let values = shown.entry(header_name::canonical_header(name.as_str())).or_default();
        values.push(Text::from(value.as_bytes()));
    }
    shown
}

/// Replaces the values of the headers whose name contains one of `keys` (lower case) or is `api_key_header`.
pub(super) fn redact(shown: &mut Shown<'_>, keys: &[String], api_key_header: &str) {
    for (name, values) in shown {
        let name = name.to_ascii_lowercase();
        if name == api_key_header || keys.iter().any(|key| name.contains(key.as_str())) {
            *values = vec![Text::from(REDACTED)];
        }
    }
}
