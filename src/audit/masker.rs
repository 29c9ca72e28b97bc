//! What is secret in one request, taken out of all that is recorded of it.
//!
//! Two rules. By name: values of headers and query parameters that are called secret. By value: credentials that the
//! inbound chain looks at (API key, bearer token, basic password), wherever else they stand. Other secret values are not
//! looked for elsewhere, because fields that share their text by chance would look as if somebody had changed them; but
//! where an answer repeats a secret field, name and values, the values are masked as in the field itself.

use std::{
    borrow::Cow,
    cell::{Cell, RefCell},
    collections::BTreeMap,
    ops::Range,
};

use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actors::audit::{Fingerprints, JsonText, Masked};
use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use bytes::Bytes;
use memchr::{memchr2, memmem};

use super::{
    fingerprint::VALUE_LEAST,
    patterns::{Pattern, Patterns},
    redact::{REDACTED, Redactor, mark, mask_cookies, mask_set_cookie},
    storable,
};
use crate::{
    credentials::Finder,
    wire::{Query, Text, header_name::push_canonical, json, percent},
};

/// Shorter credentials are not looked for by value at all.
const SHORT_LEAST: usize = 3;
/// Field of `/v1/echo` that shows a body which is no text.
const BODY_BASE64: &[u8] = b"\"body_base64\":\"";

/// One query parameter: as it arrived, and decoded.
struct Param<'q> {
    raw: (&'q [u8], &'q [u8]),
    name: Cow<'q, [u8]>,
    value: Cow<'q, [u8]>,
    secret: bool,
}

/// Masks what is recorded of one request, and takes note of what it masked.
pub(super) struct Masker<'r> {
    redactor: &'r Redactor,
    headers: &'r HeaderMap,
    params: Vec<Param<'r>>,
    /// Credentials of [`VALUE_LEAST`] bytes or more.
    long: Vec<Vec<u8>>,
    /// Shorter ones: masked where they are a whole value.
    short: Vec<Vec<u8>>,
    credentials: Patterns,
    fingerprints: RefCell<Vec<u32>>,
    masked: Cell<Masked>,
}

impl<'r> Masker<'r> {
    pub(super) fn new(redactor: &'r Redactor, finder: &Finder, headers: &'r HeaderMap, query: Option<&'r str>) -> Self {
        let query = Query::parse(query.unwrap_or_default());
        let params: Vec<Param<'_>> = query
            .raw_pairs()
            .zip(query.pairs())
            .map(|(raw, (name, value))| Param { raw, secret: redactor.is_secret_param(&name), name, value })
            .collect();
        let mut found = finder.all(headers);
        found.extend(params.iter().filter(|param| finder.is_key_param(&param.name)).map(|param| param.value.clone()));
        let mut masker = Self {
            redactor,
            headers,
            params,
            long: Vec::new(),
            short: Vec::new(),
            credentials: Patterns::new(Vec::new()),
            fingerprints: RefCell::default(),
            masked: Cell::default(),
        };
        for value in &found {
            let value = value.trim_ascii();
            let list = match value.len() {
                VALUE_LEAST.. => &mut masker.long,
                SHORT_LEAST.. => &mut masker.short,
                _ => continue,
            };
            if !list.iter().any(|known| known == value) {
                list.push(value.to_vec());
            }
        }
        let patterns = masker.long.iter().flat_map(|credential| forms(credential, &masker.mark(credential))).collect();
        masker.credentials = Patterns::new(patterns);
        masker
    }

    /// Where something was masked so far.
    pub(super) const fn masked(&self) -> Masked {
        self.masked.get()
    }

    /// The fingerprints of what was masked so far, and of the credentials.
    pub(super) fn fingerprints(&self) -> Fingerprints {
        Fingerprints::of(&self.fingerprints.borrow())
    }

    /// What stands for a secret value.
    fn mark(&self, value: &[u8]) -> Cow<'static, str> {
        let fingerprint = self.redactor.fingerprint(value);
        self.fingerprints.borrow_mut().extend(fingerprint);
        mark(fingerprint)
    }

    fn note(&self, part: Masked) {
        self.masked.set(self.masked.get().and(part));
    }

    /// Masks credentials in a text.
    pub(super) fn text<'t>(&self, text: &'t [u8]) -> Cow<'t, [u8]> {
        if self.short.iter().any(|short| short == text) {
            return Cow::Borrowed(REDACTED.as_bytes());
        }
        self.credentials.replace(text)
    }

    /// As [`Masker::text`], as text that every store takes.
    pub(super) fn storable(&self, text: &[u8]) -> String {
        storable::text(&self.text(text)).into_owned()
    }

    /// Headers as JSON: canonical name → values in their order, sorted by name.
    pub(super) fn headers<'h>(
        &self,
        headers: impl Iterator<Item = (&'h HeaderName, &'h HeaderValue)>,
        part: Masked,
    ) -> JsonText {
        let mut sorted: Vec<_> = headers.collect();
        sorted.sort_by_key(|(name, _)| name.as_str());
        let values = sorted.iter().map(|(name, value)| (name.as_str(), self.header(name, value.as_bytes(), part)));
        let mut canonical = String::with_capacity(32);
        lists(values, |out, name| {
            canonical.clear();
            push_canonical(&mut canonical, name);
            json::append(out, canonical.as_str());
        })
    }

    fn header<'v>(&self, name: &HeaderName, value: &'v [u8], part: Masked) -> Cow<'v, [u8]> {
        let masked = if self.redactor.is_secret_header(name.as_str()) {
            Cow::Owned(self.field(name.as_str(), value))
        } else {
            self.text(value)
        };
        if *masked != *value {
            self.note(part);
        }
        masked
    }

    /// The value of a header that is called secret.
    fn field(&self, name: &str, value: &[u8]) -> Vec<u8> {
        let mark = |value: &[u8]| self.mark(value);
        if name == header::COOKIE.as_str() {
            mask_cookies(value, mark)
        } else if name == header::SET_COOKIE.as_str() {
            mask_set_cookie(value, mark)
        } else {
            mark(value).as_bytes().to_vec()
        }
    }

    /// The query as JSON: decoded name → decoded values in their order, sorted by name.
    pub(super) fn query(&self) -> JsonText {
        let mut sorted: Vec<&Param<'_>> = self.params.iter().collect();
        sorted.sort_by(|a, b| a.name.cmp(&b.name));
        let values = sorted.into_iter().map(|param| (&*param.name, self.param(param)));
        lists(values, |out, name| json::append(out, &*storable::text(&self.text(name))))
    }

    fn param<'p>(&self, param: &'p Param<'_>) -> Cow<'p, [u8]> {
        let masked = if param.secret && !param.value.is_empty() {
            Cow::Owned(self.mark(&param.value).as_bytes().to_vec())
        } else {
            self.text(&param.value)
        };
        if *masked != *param.value {
            self.note(Masked::REQUEST_QUERY);
        }
        masked
    }

    /// A path as it arrived, credentials masked however they are encoded.
    pub(super) fn path(&self, path: &str) -> String {
        let masked = self.encoded(path, false);
        let masked = match self.short.is_empty() {
            true => masked,
            false => Cow::Owned(masked.split('/').map(|segment| self.whole(segment)).collect::<Vec<_>>().join("/")),
        };
        if masked != path {
            self.note(Masked::REQUEST_PATH);
        }
        masked.into_owned()
    }

    fn whole<'s>(&self, segment: &'s str) -> &'s str {
        let decoded = percent::decode_path(segment).unwrap_or(Cow::Borrowed(segment.as_bytes()));
        if self.short.iter().any(|short| *short == *decoded) { REDACTED } else { segment }
    }

    /// A request target as it arrived, with this request's query; secret values masked.
    pub(super) fn target(&self, target: &str) -> String {
        let Some((path, query)) = target.split_once('?') else { return self.path(target) };
        let mut masked = self.path(path);
        masked.reserve(query.len() + 32);
        let mut params = self.params.iter();
        for (n, piece) in query.split('&').enumerate() {
            masked.push(if n == 0 { '?' } else { '&' });
            // Empty pieces are no parameters.
            let Some(param) = (!piece.is_empty()).then(|| params.next()).flatten() else { continue };
            let raw_value = !param.raw.1.is_empty();
            if param.secret && raw_value {
                masked.push_str(&piece[..param.raw.0.len()]);
                masked.push('=');
                masked.push_str(&self.mark(&param.value));
                self.note(Masked::REQUEST_QUERY);
            } else if raw_value && self.short.iter().any(|short| *short == *param.value) {
                masked.push_str(&piece[..param.raw.0.len()]);
                masked.push('=');
                masked.push_str(REDACTED);
                self.note(Masked::REQUEST_QUERY);
            } else {
                let shown = self.encoded(piece, true);
                if matches!(shown, Cow::Owned(_)) {
                    self.note(Masked::REQUEST_QUERY);
                }
                masked.push_str(&shown);
            }
        }
        masked
    }

    /// Masks long credentials in percent-encoded text; `form`: a `+` is a blank.
    fn encoded<'t>(&self, text: &'t str, form: bool) -> Cow<'t, str> {
        if self.credentials.is_empty() {
            return Cow::Borrowed(text);
        }
        let bytes = text.as_bytes();
        let masked = if memchr2(b'%', if form { b'+' } else { b'%' }, bytes).is_some() {
            let (decoded, places) = percent::decode_with_places(bytes, form);
            self.credentials.replace_encoded(bytes, &decoded, |at| places[at]..places[at + 1])
        } else {
            self.credentials.replace(bytes)
        };
        match masked {
            Cow::Borrowed(_) => Cow::Borrowed(text),
            Cow::Owned(masked) => Cow::Owned(storable::text(&masked).into_owned()),
        }
    }

    /// The captured body of the request. `cut`: it is not whole.
    pub(super) fn request_body(&self, body: Bytes, cut: bool) -> Bytes {
        self.body(body, cut, &self.credentials, Masked::REQUEST_BODY)
    }

    /// The captured body of the answer. `cut`: it is not whole.
    pub(super) fn response_body(&self, body: Bytes, cut: bool) -> Bytes {
        if body.is_empty() {
            return body;
        }
        let mut more = self.repeated();
        if !self.long.is_empty() && memmem::find(&body, BODY_BASE64).is_some() {
            more.extend(self.long.iter().flat_map(|credential| in_base64(credential, &self.mark(credential))));
        }
        if more.is_empty() {
            return self.body(body, cut, &self.credentials, Masked::RESPONSE_BODY);
        }
        self.body(body, cut, &self.credentials.with(more), Masked::RESPONSE_BODY)
    }

    fn body(&self, body: Bytes, cut: bool, patterns: &Patterns, part: Masked) -> Bytes {
        let mut masked = patterns.replace(&body);
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
        match masked {
            Cow::Borrowed(_) => body,
            Cow::Owned(masked) => {
                self.note(part);
                masked.into()
            }
        }
    }

    /// Secret fields as answers repeat them (`/v1/echo` does): the name and all its values, in JSON.
    fn repeated(&self) -> Vec<Pattern> {
        let mut fields: BTreeMap<&str, Vec<&[u8]>> = BTreeMap::new();
        for (name, value) in self.headers {
            if self.redactor.is_secret_header(name.as_str()) {
                fields.entry(name.as_str()).or_default().push(value.as_bytes());
            }
        }
        let mut patterns: Vec<Pattern> = Vec::new();
        for (name, values) in fields {
            let mut canonical = String::with_capacity(name.len());
            push_canonical(&mut canonical, name);
            let masked: Vec<Vec<u8>> = values.iter().map(|value| self.field(name, value)).collect();
            patterns.extend(field_in_json(canonical.as_bytes(), &values, &masked));
        }
        let mut params: BTreeMap<&[u8], Vec<&[u8]>> = BTreeMap::new();
        for param in self.params.iter().filter(|param| param.secret) {
            params.entry(&param.name).or_default().push(&param.value);
        }
        for (name, values) in params {
            let masked = values.iter().map(|value| match value.is_empty() {
                true => Vec::new(),
                false => self.mark(value).as_bytes().to_vec(),
            });
            patterns.extend(field_in_json(name, &values, &masked.collect::<Vec<_>>()));
        }
        patterns
    }
}

/// `"name":["value",…]` as our answers write it, and what is recorded of it; `None` when nothing in it is secret.
fn field_in_json(name: &[u8], values: &[&[u8]], masked: &[Vec<u8>]) -> Option<Pattern> {
    if values.iter().zip(masked).all(|(value, masked)| **value == **masked) {
        return None;
    }
    let mut text = json::to_vec(&Text::from(name));
    text.extend_from_slice(b":[");
    // Up to the quote that opens the first value.
    let name = text.len() + 1;
    let mut mask = text.clone();
    for (n, (value, masked)) in values.iter().zip(masked).enumerate() {
        if n > 0 {
            text.push(b',');
            mask.push(b',');
        }
        json::append(&mut text, &Text::from(*value));
        json::append(&mut mask, &Text::from(&**masked));
    }
    text.push(b']');
    mask.push(b']');
    Some(Pattern { text, mask, name })
}

/// A credential as it stands in texts: as it is, in JSON as we and others write it, and percent-encoded.
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

/// The part of a credential's base64 that is the same wherever in a body it begins: one for each of three places.
fn in_base64(credential: &[u8], mark: &str) -> Vec<Pattern> {
    let texts = (0..3).map(|before| {
        let padded = [&[0; 2][..before], credential].concat();
        let encoded = STANDARD_NO_PAD.encode(&padded).into_bytes();
        // Digits that hold bits of what stands before or after it differ with that.
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

/// Replaces a short credential where it is a whole value: all there is, a JSON string, or a parameter in a URL.
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
    super::patterns::replaced(bytes, places.into_iter().map(|range| (range, REDACTED.as_bytes())))
}

/// Writes names, in groups that stand together, each with its list of values.
fn lists<'v, N: PartialEq + Copy>(
    values: impl Iterator<Item = (N, Cow<'v, [u8]>)>,
    mut write_name: impl FnMut(&mut Vec<u8>, N),
) -> JsonText {
    let mut out = Vec::with_capacity(1024);
    out.push(b'{');
    let mut last = None;
    for (name, value) in values {
        if last == Some(name) {
            out.push(b',');
        } else {
            out.extend_from_slice(if last.is_some() { b"]," } else { b"" });
            write_name(&mut out, name);
            out.extend_from_slice(b":[");
            last = Some(name);
        }
        json::append(&mut out, &*storable::text(&value));
    }
    out.extend_from_slice(if last.is_some() { b"]}" } else { b"}" });
    JsonText::new(String::from_utf8(out).unwrap_or_else(|_| "{}".to_owned()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
