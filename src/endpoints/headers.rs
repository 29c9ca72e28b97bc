//! Request headers as shown in bodies: canonical names, sorted, all values.

use std::collections::BTreeMap;

use crate::{
    audit::Redactor,
    credentials::REDACTED,
    request::RequestHead,
    wire::{Text, header_name},
};

/// Canonical name → values in the order they arrived.
pub(super) type ShownHeaders<'h> = BTreeMap<String, Vec<Text<'h>>>;

/// Collects the headers that describe the request. `Host` and `Transfer-Encoding` are left out: one is the request's
/// authority, the other frames the message of one hop (RFC 9112, section 6.1).
pub(super) fn shown(head: &RequestHead) -> ShownHeaders<'_> {
    let mut shown = ShownHeaders::new();
    for (name, value) in head.fields() {
        // Names are ASCII.
        let Ok(name) = std::str::from_utf8(name) else { continue };
        if ["host", "transfer-encoding"].iter().any(|left_out| name.eq_ignore_ascii_case(left_out)) {
            continue;
        }
        shown.entry(header_name::canonical_header(name)).or_default().push(Text::from(value));
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
