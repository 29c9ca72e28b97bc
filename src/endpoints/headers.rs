//! Request headers as shown in bodies: canonical names, sorted, all values.

use std::collections::BTreeMap;

use actix_web::http::header::{self, HeaderMap};

use crate::{
    audit::Redactor,
    credentials::REDACTED,
    wire::{Text, header_name},
};

/// Canonical name → values in the order they arrived.
pub(super) type ShownHeaders<'h> = BTreeMap<String, Vec<Text<'h>>>;

/// Collects the headers that describe the request. `Host` and `Transfer-Encoding` are left out: one is the request's
/// authority, the other frames the message of one hop (RFC 9112, section 6.1).
pub(super) fn shown(headers: &HeaderMap) -> ShownHeaders<'_> {
    let mut shown = ShownHeaders::new();
    for (name, value) in headers {
        if name == header::HOST || name == header::TRANSFER_ENCODING {
            continue;
        }
        let values = shown.entry(header_name::canonical_header(name.as_str())).or_default();
        values.push(Text::from(value.as_bytes()));
    }
    shown
}

/// Replaces the values of secret headers, with one mark per name.
pub(super) fn redact(shown: &mut ShownHeaders<'_>, redactor: &Redactor) {
    for (name, values) in shown {
        if redactor.is_secret_header(name) {
            *values = vec![Text::from(REDACTED)];
        }
    }
}
