//! Masking of the secrets of one request in everything that is recorded of it.
//!
//! Two rules apply. By name: values of headers and query parameters whose names are secret. By value: credentials that
//! the inbound chain reads (API key, bearer token, basic password), wherever else they occur. Other secret values are
//! not searched for elsewhere, because fields that contain the same text by chance would look as if somebody had
//! changed them. But where a response repeats a secret field (name and values), the values are masked as in the field
//! itself.

use std::{
    borrow::Cow,
    cell::{Cell, RefCell},
    cmp::Ordering,
    collections::BTreeMap,
};

use actix_web::http::header;
use actors::audit::{Fingerprints, JsonText, Masked};
use bytes::Bytes;
use memchr::memmem;

use super::{
    redact::{Redactor, mark, mask_cookies, mask_set_cookie},
    stored_text,
};
use crate::{
    credentials::{CredentialMask, Finder, Pattern, REDACTED},
    request::RequestHead,
    wire::{
        Query, Text,
        header_name::{canonical_header, push_canonical},
        json,
    },
};

/// Field of `/v1/echo` that holds a body that is not text.
const BODY_BASE64: &[u8] = b"\"body_base64\":\"";

/// Query parameter, as received and decoded.
struct Param<'q> {
    raw: (&'q [u8], &'q [u8]),
    name: Cow<'q, [u8]>,
    value: Cow<'q, [u8]>,
    secret: bool,
}

/// Name of a field, and its masked value.
pub(super) type MaskedField<'h> = (&'h [u8], Cow<'h, [u8]>);

/// Renders fields as JSON: canonical name → values in their order, sorted by name.
pub(super) fn by_name(fields: &[MaskedField<'_>]) -> JsonText {
    let mut sorted: Vec<_> = fields.iter().map(|(name, value)| (FieldName(name), value)).collect();
    // A stable sort: values of one name stay in their order, however it is written.
    sorted.sort_by(|a, b| a.0.cmp(&b.0));
    let values = sorted.iter().map(|(name, value)| (*name, Cow::Borrowed(&***value)));
    let mut canonical = String::with_capacity(32);
    lists(values, |out, name| {
        canonical.clear();
        push_canonical(&mut canonical, name.text());
        json::append(out, canonical.as_str());
    })
}

/// Masks what is recorded of one request, and remembers where it masked something.
pub(super) struct Masker<'r> {
    redactor: &'r Redactor,
    head: &'r RequestHead,
    has_query: bool,
    params: Vec<Param<'r>>,
    credentials: CredentialMask,
    fingerprints: RefCell<Vec<u32>>,
    masked: Cell<Masked>,
}

impl<'r> Masker<'r> {
    /// Creates the masker of a request. `query` is that of its target.
    pub(super) fn new(redactor: &'r Redactor, finder: &Finder, head: &'r RequestHead, query: Option<&'r [u8]>) -> Self {
        let has_query = query.is_some();
        let query = Query::of_bytes(query.unwrap_or_default());
        let params: Vec<Param<'_>> = query
            .raw_pairs()
            .zip(query.pairs())
            .map(|(raw, (name, value))| Param { raw, secret: redactor.is_secret_param(&name), name, value })
            .collect();
        let mut found = finder.all(head);
        found.extend(params.iter().filter(|param| finder.is_key_param(&param.name)).map(|param| param.value.clone()));
        let fingerprints = RefCell::default();
        let credentials = CredentialMask::new(found.iter().map(|value| &**value), |credential| {
            noted_mark(redactor, &fingerprints, credential)
        });
        Self { redactor, head, has_query, params, credentials, fingerprints, masked: Cell::default() }
    }

    /// Returns the parts in which something was masked so far.
    pub(super) const fn masked(&self) -> Masked {
        self.masked.get()
    }

    /// Returns the fingerprints of the values masked so far, and of the credentials.
    pub(super) fn fingerprints(&self) -> Fingerprints {
        Fingerprints::of(&self.fingerprints.borrow())
    }

    /// Returns the mark that replaces a secret value.
    fn mark(&self, value: &[u8]) -> Cow<'static, str> {
        noted_mark(self.redactor, &self.fingerprints, value)
    }

    fn note(&self, part: Masked) {
        self.masked.set(self.masked.get().and(part));
    }

    /// Masks credentials in text, and makes the text storable.
    pub(super) fn storable(&self, text: &[u8]) -> String {
        stored_text::text(&self.credentials.text(text)).into_owned()
    }

    /// Masks fields, which keep their order.
    pub(super) fn fields<'h>(
        &self,
        fields: impl Iterator<Item = (&'h [u8], &'h [u8])>,
        part: Masked,
    ) -> Vec<MaskedField<'h>> {
        fields.map(|(name, value)| (name, self.header(FieldName(name).text(), value, part))).collect()
    }

    /// Masks credentials in bytes that are not percent-encoded.
    pub(super) fn bytes<'t>(&self, bytes: &'t [u8]) -> Cow<'t, [u8]> {
        self.credentials.text(bytes)
    }

    /// Masks the value of a field.
    pub(super) fn header<'v>(&self, name: &str, value: &'v [u8], part: Masked) -> Cow<'v, [u8]> {
        let masked = if self.redactor.is_secret_header(name) {
            Cow::Owned(self.field(name, value))
        } else {
            self.credentials.text(value)
        };
        if *masked != *value {
            self.note(part);
        }
        masked
    }

    /// Masks credentials in bytes that may end within one.
    pub(super) fn cut<'t>(&self, bytes: &'t [u8]) -> Cow<'t, [u8]> {
        self.credentials.body(bytes, Vec::new(), true)
    }

    /// Masks the value of a header whose name is secret. Of cookies, the names stay.
    pub(super) fn field(&self, name: &str, value: &[u8]) -> Vec<u8> {
        let mark = |value: &[u8]| self.mark(value);
        if name.eq_ignore_ascii_case(header::COOKIE.as_str()) {
            mask_cookies(value, mark)
        } else if name.eq_ignore_ascii_case(header::SET_COOKIE.as_str()) {
            mask_set_cookie(value, mark)
        } else {
            mark(value).as_bytes().to_vec()
        }
    }

    /// Renders the query, if there is one, as JSON: decoded name → decoded values in their order, sorted by name.
    pub(super) fn query(&self) -> Option<JsonText> {
        if !self.has_query {
            return None;
        }
        let mut sorted: Vec<&Param<'_>> = self.params.iter().collect();
        sorted.sort_by(|a, b| a.name.cmp(&b.name));
        let values = sorted.into_iter().map(|param| (&*param.name, self.param(param)));
        Some(lists(values, |out, name| json::append(out, &*stored_text::text(&self.credentials.text(name)))))
    }

    fn param<'p>(&self, param: &'p Param<'_>) -> Cow<'p, [u8]> {
        let masked = if param.secret && !param.value.is_empty() {
            Cow::Owned(self.mark(&param.value).as_bytes().to_vec())
        } else {
            self.credentials.text(&param.value)
        };
        if *masked != *param.value {
            self.note(Masked::REQUEST_QUERY);
        }
        masked
    }

    /// Masks credentials in a path as received, however they are percent-encoded.
    pub(super) fn path<'p>(&self, path: &'p [u8]) -> Cow<'p, [u8]> {
        let masked = self.credentials.path_bytes(path);
        if *masked != *path {
            self.note(Masked::REQUEST_PATH);
        }
        masked
    }

    /// Masks secret values in a request target as received, which has this request's query.
    pub(super) fn target<'t>(&self, target: &'t [u8]) -> Cow<'t, [u8]> {
        let Some(mark) = memchr::memchr(b'?', target) else { return self.path(target) };
        let (path, query) = (&target[..mark], &target[mark + 1..]);
        let mut masked = self.path(path).into_owned();
        masked.reserve(query.len() + 32);
        let mut params = self.params.iter();
        for (n, piece) in query.split(|byte| *byte == b'&').enumerate() {
            masked.push(if n == 0 { b'?' } else { b'&' });
            // Empty pieces are not parameters.
            let Some(param) = (!piece.is_empty()).then(|| params.next()).flatten() else { continue };
            let mask = if param.raw.1.is_empty() {
                None
            } else if param.secret {
                Some(self.mark(&param.value))
            } else {
                self.credentials.is_short(&param.value).then_some(Cow::Borrowed(REDACTED))
            };
            if let Some(mask) = mask {
                masked.extend_from_slice(&piece[..param.raw.0.len()]);
                masked.push(b'=');
                masked.extend_from_slice(mask.as_bytes());
                self.note(Masked::REQUEST_QUERY);
            } else {
                let shown = self.credentials.encoded_bytes(piece, true);
                if matches!(shown, Cow::Owned(_)) {
                    self.note(Masked::REQUEST_QUERY);
                }
                masked.extend_from_slice(&shown);
            }
        }
        Cow::Owned(masked)
    }

    /// Masks the captured request body. `cut`: it is not complete.
    pub(super) fn request_body(&self, body: Bytes, cut: bool) -> Bytes {
        self.body(body, Vec::new(), cut, Masked::REQUEST_BODY)
    }

    /// Masks the captured response body. `cut`: it is not complete.
    pub(super) fn response_body(&self, body: Bytes, cut: bool) -> Bytes {
        if body.is_empty() {
            return body;
        }
        let mut more = self.repeated();
        if memmem::find(&body, BODY_BASE64).is_some() {
            more.extend(self.credentials.in_base64());
        }
        self.body(body, more, cut, Masked::RESPONSE_BODY)
    }

    fn body(&self, body: Bytes, more: Vec<Pattern>, cut: bool, part: Masked) -> Bytes {
        match self.credentials.body(&body, more, cut) {
            Cow::Borrowed(_) => body,
            Cow::Owned(masked) => {
                self.note(part);
                masked.into()
            }
        }
    }

    /// Secret fields as responses repeat them (`/v1/echo` does): the name and all its values, in JSON.
    fn repeated(&self) -> Vec<Pattern> {
        let mut fields: BTreeMap<String, Vec<&[u8]>> = BTreeMap::new();
        for (name, value) in self.head.fields() {
            let name = FieldName(name).text();
            if self.redactor.is_secret_header(name) {
                fields.entry(canonical_header(name)).or_default().push(value);
            }
        }
        let mut patterns: Vec<Pattern> = Vec::new();
        for (name, values) in fields {
            let masked: Vec<Vec<u8>> = values.iter().map(|value| self.field(&name, value)).collect();
            patterns.extend(field_in_json(name.as_bytes(), &values, &masked));
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

/// Returns the mark of a secret value, and records its fingerprint.
fn noted_mark(redactor: &Redactor, noted: &RefCell<Vec<u32>>, value: &[u8]) -> Cow<'static, str> {
    let fingerprint = redactor.fingerprint(value);
    noted.borrow_mut().extend(fingerprint);
    mark(fingerprint)
}

/// The name of a field, in any case.
#[derive(Clone, Copy)]
struct FieldName<'h>(&'h [u8]);

impl<'h> FieldName<'h> {
    /// Names are ASCII.
    fn text(self) -> &'h str {
        std::str::from_utf8(self.0).unwrap_or_default()
    }

    fn letters(self) -> impl Iterator<Item = u8> {
        self.0.iter().map(u8::to_ascii_lowercase)
    }

    fn cmp(&self, other: &Self) -> Ordering {
        self.letters().cmp(other.letters())
    }
}

impl PartialEq for FieldName<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(other.0)
    }
}

/// Pattern for `"name":["value",…]` as our responses write it, with its replacement; `None` when nothing in it is
/// secret.
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

/// Writes names as JSON members, each with its list of values. Equal names must be adjacent.
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
        json::append(&mut out, &*stored_text::text(&value));
    }
    out.extend_from_slice(if last.is_some() { b"]}" } else { b"}" });
    JsonText::new(String::from_utf8(out).unwrap_or_else(|_| "{}".to_owned()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
