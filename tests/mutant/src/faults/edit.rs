//! Small edits that several faults share.

/// Replaces each occurrence of a byte string.
pub(super) fn replace(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix(from) {
            out.extend_from_slice(to);
            rest = after;
        } else if let Some((first, after)) = rest.split_first() {
            out.push(*first);
            rest = after;
        }
    }
    out
}

/// Replaces a percent-escape, whatever the case of its digits.
pub(super) fn unescape(bytes: &[u8], escape: &str, to: &[u8]) -> Vec<u8> {
    let upper = replace(bytes, escape.to_ascii_uppercase().as_bytes(), to);
    replace(&upper, escape.to_ascii_lowercase().as_bytes(), to)
}

/// Rewrites each well-formed escape; `None` leaves it.
pub(super) fn escapes(bytes: &[u8], with: impl Fn(u8) -> Option<Vec<u8>>) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let code = bytes
            .get(at + 1..at + 3)
            .filter(|_| *byte == b'%')
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match code.and_then(&with) {
            Some(other) => {
                out.extend(other);
                at += 3;
            }
            None => {
                out.push(*byte);
                at += 1;
            }
        }
    }
    out
}

/// Escapes the bytes that a test picks.
pub(super) fn escape(bytes: &[u8], picks: impl Fn(u8) -> bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    for byte in bytes {
        if picks(*byte) {
            out.extend(format!("%{byte:02X}").bytes());
        } else {
            out.push(*byte);
        }
    }
    out
}

/// The parameters of a query.
pub(super) fn pairs(query: &[u8]) -> Vec<&[u8]> {
    query.split(|byte| *byte == b'&').collect()
}

/// Name of a parameter.
pub(super) fn name(pair: &[u8]) -> &[u8] {
    pair.split(|byte| *byte == b'=').next().unwrap_or_default()
}
