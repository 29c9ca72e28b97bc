//! Names whose values are secret, and the marks that replace the values. No other module knows either.

use std::borrow::Cow;

use aho_corasick::AhoCorasick;

use super::FingerprintKey;
use crate::{config::Config, credentials::REDACTED};

/// Start of the mark for a value with a fingerprint; eight hex digits and `]` follow.
const WITH_FINGERPRINT: &str = "[redacted:";

/// Knows the secret names and makes the marks.
#[derive(Debug)]
pub struct Redactor {
    /// `None` when `audit.redact_keys` is empty.
    keys: Option<AhoCorasick>,
    header: String,
    param: String,
    fingerprints: Option<FingerprintKey>,
}

impl Redactor {
    /// Creates a redactor from the configuration. Without a key, values have no fingerprints.
    #[must_use]
    pub fn new(config: &Config, fingerprints: Option<FingerprintKey>) -> Self {
        let keys = &config.api_keys;
        Self::of(&config.audit.redact_keys, &keys.header_name, &keys.query_param_name, fingerprints)
    }

    /// Creates a redactor. `keys`: parts of names, in any case. `header` and `param`: names under which the API key is
    /// sent.
    pub(super) fn of(keys: &[String], header: &str, param: &str, fingerprints: Option<FingerprintKey>) -> Self {
        let keys = keys.iter().filter(|key| !key.is_empty()).map(|key| key.to_lowercase());
        let keys = AhoCorasick::builder().ascii_case_insensitive(true).build(keys).ok();
        Self {
            keys: keys.filter(|keys| keys.patterns_len() > 0),
            header: header.to_ascii_lowercase(),
            param: param.to_owned(),
            fingerprints,
        }
    }

    /// Returns true when the values of the header are secret.
    #[must_use]
    pub fn is_secret_header(&self, name: &str) -> bool {
        self.holds_key(name.as_bytes()) || name.eq_ignore_ascii_case(&self.header)
    }

    /// Returns true when the values of the query parameter are secret. `name` is decoded.
    #[must_use]
    pub fn is_secret_param(&self, name: &[u8]) -> bool {
        self.holds_key(name) || name == self.param.as_bytes()
    }

    /// Returns the fingerprint of a value; `None` when the value is too short or there is no key.
    #[must_use]
    pub fn fingerprint(&self, value: &[u8]) -> Option<u32> {
        self.fingerprints.as_ref()?.of(value)
    }

    fn holds_key(&self, name: &[u8]) -> bool {
        self.keys.as_ref().is_some_and(|keys| keys.is_match(name))
    }
}

/// Returns the mark for a value with that fingerprint.
pub(super) fn mark(fingerprint: Option<u32>) -> Cow<'static, str> {
    match fingerprint {
        Some(fingerprint) => Cow::Owned(format!("{WITH_FINGERPRINT}{fingerprint:08x}]")),
        None => Cow::Borrowed(REDACTED),
    }
}

/// Returns true when `text` contains a mark.
#[must_use]
pub fn holds_mark(text: &str) -> bool {
    text.contains(REDACTED)
        || text.match_indices(WITH_FINGERPRINT).any(|(at, start)| {
            let rest = &text.as_bytes()[at + start.len()..];
            matches!(rest.split_at_checked(8), Some((digits, [b']', ..])) if digits.iter().all(u8::is_ascii_hexdigit))
        })
}

/// Masks the values of a `Cookie` field. Names, order and white space stay; a piece without a name is masked whole.
pub(super) fn mask_cookies(line: &[u8], mut mark: impl FnMut(&[u8]) -> Cow<'static, str>) -> Vec<u8> {
    let mut masked = Vec::with_capacity(line.len() + 64);
    for (n, piece) in line.split(|byte| *byte == b';').enumerate() {
        if n > 0 {
            masked.push(b';');
        }
        mask_cookie(piece, &mut masked, &mut mark);
    }
    masked
}

/// Like [`mask_cookies`], for a `Set-Cookie` field: the part after the first `;` is attributes (RFC 6265, section
/// 4.1.1).
pub(super) fn mask_set_cookie(line: &[u8], mut mark: impl FnMut(&[u8]) -> Cow<'static, str>) -> Vec<u8> {
    let (cookie, attributes) = line.split_at(memchr::memchr(b';', line).unwrap_or(line.len()));
    let mut masked = Vec::with_capacity(line.len() + 16);
    mask_cookie(cookie, &mut masked, &mut mark);
    masked.extend_from_slice(attributes);
    masked
}

fn mask_cookie(piece: &[u8], masked: &mut Vec<u8>, mark: &mut impl FnMut(&[u8]) -> Cow<'static, str>) {
    let start = memchr::memchr(b'=', piece).map_or(0, |equals| equals + 1);
    let value = piece[start..].trim_ascii();
    if value.is_empty() {
        return masked.extend_from_slice(piece);
    }
    let blank = piece[start..].len() - piece[start..].trim_ascii_start().len();
    masked.extend_from_slice(&piece[..start + blank]);
    masked.extend_from_slice(mark(value).as_bytes());
    masked.extend_from_slice(&piece[start + blank + value.len()..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_count_in_any_case_and_in_part() {
        let redactor = Redactor::of(&["Token".into(), "api_key".into()], "X-Key", "k", None);
        for secret in ["x-access-TOKEN", "tokens", "X-key", "x-key"] {
            assert!(redactor.is_secret_header(secret), "{secret}");
        }
        assert!(redactor.is_secret_param(b"my_API_KEY") && redactor.is_secret_param(b"k"));
        assert!(!redactor.is_secret_header("x-keys") && !redactor.is_secret_param(b"K"));
        assert!(!Redactor::of(&[], "X-Key", "k", None).is_secret_header("authorization"));
    }

    #[test]
    fn marks_are_known_again() {
        for mark in [mark(None), mark(Some(0)), mark(Some(0x3f9a_01bc))] {
            assert!(holds_mark(&mark) && holds_mark(&format!("a{mark}b")), "{mark}");
        }
        assert_eq!(mark(Some(0x3f9a_01bc)), "[redacted:3f9a01bc]");
        for text in
            ["redacted", "[redacted", "[redacted:", "[redacted:3f9a01b]", "[redacted:3f9a01bcd]", "[redacted:é]"]
        {
            assert!(!holds_mark(text), "{text}");
        }
    }

    #[test]
    fn cookies_keep_their_names() {
        let mark = |value: &[u8]| Cow::Owned(format!("<{}>", String::from_utf8_lossy(value)));
        for (line, masked) in [
            ("sid=abc", "sid=<abc>"),
            ("sid=abc; theme=a=b;x= y ; ;empty=", "sid=<abc>; theme=<a=b>;x= <y> ; ;empty="),
            ("no name; =v", "<no name>; =<v>"),
            ("", ""),
        ] {
            assert_eq!(mask_cookies(line.as_bytes(), mark), masked.as_bytes(), "{line}");
        }
        assert_eq!(mask_set_cookie(b"sid=abc; Path=/; HttpOnly", mark), b"sid=<abc>; Path=/; HttpOnly");
        assert_eq!(mask_set_cookie(b"sid=", mark), b"sid=");
    }
}
