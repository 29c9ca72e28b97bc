//! Masking of the credentials of one request in text: plain, in JSON, and percent-encoded.

use std::{borrow::Cow, ops::Range};

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use memchr::{memchr, memmem};

use super::patterns::{Pattern, Patterns, replaced};
use crate::wire::{json, percent};

/// Replacement of a secret value.
pub const REDACTED: &str = "[redacted]";

/// Minimum size in bytes of a credential that is masked inside other text. A shorter one may occur by chance.
const LONG_LEAST: usize = 8;
/// Minimum size in bytes of a credential that is masked at all. One shorter than [`LONG_LEAST`] is masked only where it
/// is a whole value.
const SHORT_LEAST: usize = 3;

/// Credentials of one request.
pub struct CredentialMask {
    /// Credentials of at least [`LONG_LEAST`] bytes, each with its replacement.
    long: Vec<(Vec<u8>, Cow<'static, str>)>,
    short: Vec<Vec<u8>>,
    patterns: Patterns,
}

impl CredentialMask {
    /// Creates a mask for `credentials`; `mark` returns the replacement of a long one.
    #[must_use]
    pub fn new<'c>(credentials: impl Iterator<Item = &'c [u8]>, mark: impl Fn(&[u8]) -> Cow<'static, str>) -> Self {
        let (mut long, mut short) = (Vec::<(Vec<u8>, _)>::new(), Vec::<Vec<u8>>::new());
        for credential in credentials.map(<[u8]>::trim_ascii) {
            match credential.len() {
                LONG_LEAST.. if long.iter().all(|(known, _)| known != credential) => {
                    long.push((credential.to_vec(), mark(credential)));
                }
                SHORT_LEAST..LONG_LEAST if short.iter().all(|known| known != credential) => {
                    short.push(credential.to_vec());
                }
                _ => {}
            }
        }
        let patterns = Patterns::new(long.iter().flat_map(|(credential, mark)| forms(credential, mark)).collect());
        Self { long, short, patterns }
    }

    /// Returns true when the whole `value`, decoded, is a short credential.
    #[must_use]
    pub fn is_short(&self, value: &[u8]) -> bool {
        self.short.iter().any(|short| short == value)
    }

    /// Masks credentials in text that is not percent-encoded.
    #[must_use]
    pub fn text<'t>(&self, text: &'t [u8]) -> Cow<'t, [u8]> {
        if self.is_short(text) {
            return Cow::Borrowed(REDACTED.as_bytes());
        }
        self.patterns.replace(text)
    }

    /// Masks long credentials in percent-encoded text. With `form`, a `+` may also be a space.
    #[must_use]
    pub fn encoded<'t>(&self, text: &'t str, form: bool) -> Cow<'t, str> {
        as_text(text, self.encoded_bytes(text.as_bytes(), form))
    }

    /// Like [`encoded`](Self::encoded), for any bytes.
    #[must_use]
    pub fn encoded_bytes<'t>(&self, text: &'t [u8], form: bool) -> Cow<'t, [u8]> {
        let masked = self.decoded_as(text, false);
        if !form || memchr(b'+', &masked).is_none() {
            return masked;
        }
        match self.decoded_as(&masked, true) {
            Cow::Borrowed(_) => masked,
            Cow::Owned(masked) => Cow::Owned(masked),
        }
    }

    fn decoded_as<'t>(&self, text: &'t [u8], form: bool) -> Cow<'t, [u8]> {
        if self.patterns.is_empty() {
            return Cow::Borrowed(text);
        }
        if form || memchr(b'%', text).is_some() {
            let (decoded, places) = percent::decode_with_places(text, form);
            self.patterns.replace_encoded(text, &decoded, |at| places[at]..places[at + 1])
        } else {
            self.patterns.replace(text)
        }
    }

    /// Masks credentials in a value that may be percent-encoded.
    #[must_use]
    pub fn value<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.is_short(&percent::decode_path(text).unwrap_or(text.as_bytes().into())) {
            return Cow::Borrowed(REDACTED);
        }
        self.encoded(text, false)
    }

    /// Masks credentials in a path, however they are encoded; short ones where they are a whole segment.
    #[must_use]
    pub fn path<'p>(&self, path: &'p str) -> Cow<'p, str> {
        as_text(path, self.path_bytes(path.as_bytes()))
    }

    /// Like [`path`](Self::path), for any bytes.
    #[must_use]
    pub fn path_bytes<'p>(&self, path: &'p [u8]) -> Cow<'p, [u8]> {
        let masked = self.encoded_bytes(path, false);
        if self.short.is_empty() {
            return masked;
        }
        let whole =
            |segment: &[u8]| self.is_short(segment) || self.is_short(&percent::decode_with_places(segment, false).0);
        let segments = || masked.split(|byte| *byte == b'/');
        if !segments().any(whole) {
            return masked;
        }
        let segments = segments().map(|segment| if whole(segment) { REDACTED.as_bytes() } else { segment });
        Cow::Owned(segments.collect::<Vec<_>>().join(&b'/'))
    }

    /// Masks credentials, and the texts of `more`, in a body. `cut`: the body is not complete, so it may end within a
    /// secret.
    #[must_use]
    pub fn body<'b>(&self, body: &'b [u8], more: Vec<Pattern>, cut: bool) -> Cow<'b, [u8]> {
        let with_more = (!more.is_empty()).then(|| self.patterns.with(more));
        let patterns = with_more.as_ref().unwrap_or(&self.patterns);
        let mut masked = patterns.replace(body);
        for short in &self.short {
            if let Cow::Owned(without) = replace_whole(&masked, short) {
                masked = Cow::Owned(without);
            }
        }
        let begun = if cut { patterns.begun(&masked) } else { 0 };
        if begun > 0 {
            let mut kept = masked.into_owned();
            kept.truncate(kept.len() - begun);
            kept.extend_from_slice(REDACTED.as_bytes());
            masked = Cow::Owned(kept);
        }
        masked
    }

    /// Patterns for the credentials in the base64 of a surrounding text.
    pub fn in_base64(&self) -> impl Iterator<Item = Pattern> + '_ {
        self.long.iter().flat_map(|(credential, mark)| in_base64(credential, mark))
    }
}

/// Returns masked text as text. A credential that is not UTF-8 may have split a character.
fn as_text<'t>(text: &'t str, masked: Cow<'t, [u8]>) -> Cow<'t, str> {
    match masked {
        Cow::Borrowed(_) => Cow::Borrowed(text),
        Cow::Owned(masked) => Cow::Owned(String::from_utf8_lossy(&masked).into_owned()),
    }
}

/// Patterns for the forms of a credential: plain, in JSON as we and others write it, and percent-encoded.
fn forms(credential: &[u8], mark: &str) -> Vec<Pattern> {
    let mut texts = vec![credential.to_vec()];
    if let Ok(text) = std::str::from_utf8(credential) {
        let ours = json::to_vec(text);
        let others = serde_json::to_vec(text).unwrap_or_default();
        for quoted in [ours, others] {
            texts.push(quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default().to_vec());
        }
        texts.push(percent::encode(text).into_bytes());
    }
    texts.sort_unstable();
    texts.dedup();
    patterns(texts, mark)
}

/// Patterns for the part of a credential's base64 that does not depend on the neighbouring bytes, one for each of the
/// three alignments.
fn in_base64(credential: &[u8], mark: &str) -> Vec<Pattern> {
    let texts = (0..3).map(|before| {
        let padded = [&[0; 2][..before], credential].concat();
        let encoded = STANDARD_NO_PAD.encode(&padded).into_bytes();
        // Leave out the digits that share bits with the bytes before or after the credential.
        let first = [0, 2, 3][before];
        let last = padded.len() * 8 / 6;
        encoded.get(first..last).unwrap_or_default().to_vec()
    });
    patterns(texts.collect(), mark)
}

fn patterns(texts: Vec<Vec<u8>>, mark: &str) -> Vec<Pattern> {
    let pattern = |text: Vec<u8>| Pattern { text, mask: mark.as_bytes().to_vec(), name: 0 };
    texts.into_iter().filter(|text| !text.is_empty()).map(pattern).collect()
}

/// Replaces a short credential where it is a whole value: the whole text, a JSON string, or a parameter in a URL.
fn replace_whole<'b>(bytes: &'b [u8], secret: &[u8]) -> Cow<'b, [u8]> {
    let is_whole = |at: usize| {
        let end = at + secret.len();
        let opens = |before: usize| matches!(bytes[before], b'"' | b'=');
        let goes_on = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~%+".contains(byte);
        (at == 0 && end == bytes.len())
            || (at.checked_sub(1).is_some_and(opens) && !bytes.get(end).is_some_and(goes_on))
    };
    let places: Vec<Range<usize>> =
        memmem::find_iter(bytes, secret).filter(|at| is_whole(*at)).map(|at| at..at + secret.len()).collect();
    replaced(bytes, places.into_iter().map(|range| (range, REDACTED.as_bytes())))
}
