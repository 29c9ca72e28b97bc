//! Recognises a header among the first bytes of a connection.

use std::cmp::min;

use super::{start::Start, v1, v2};

/// Looks at the first bytes of a connection (section 2: "Identifying the protocol version").
pub(super) fn start_of(bytes: &[u8]) -> Start {
    let begins_like = |signature: &[u8]| {
        let common = min(bytes.len(), signature.len());
        bytes[..common] == signature[..common]
    };
    for (signature, parse) in [(v1::SIGNATURE, v1::parse as fn(&[u8]) -> Start), (v2::SIGNATURE, v2::parse)] {
        if begins_like(signature) {
            return if bytes.len() < signature.len() { Start::Undecided } else { parse(bytes) };
        }
    }
    Start::Other
}
