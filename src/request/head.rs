//! The head of a request as received, for every protocol version.

use std::{fmt, ops::Range, sync::Arc};

use actix_web::{
    HttpRequest,
    http::{Method, Version},
};
use bytes::{Bytes, BytesMut};

/// Position of a field in the text it was read from. Texts are shorter than 4 GiB.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Field {
    pub(crate) name: u32,
    pub(crate) name_end: u32,
    pub(crate) value: u32,
    pub(crate) value_end: u32,
}

/// Fields in the order received. Names keep their case; values have no surrounding white space.
#[derive(Clone, Default)]
pub struct Fields {
    text: Bytes,
    list: Vec<Field>,
}

impl Fields {
    /// Creates fields from their positions in `text`.
    pub(crate) fn new(text: Bytes, list: Vec<Field>) -> Self {
        Self { text, list }
    }

    /// Creates fields that were not received as text.
    #[must_use]
    pub fn of<'f>(fields: impl IntoIterator<Item = (&'f [u8], &'f [u8])>) -> Self {
        let mut text = BytesMut::new();
        let mut list = Vec::new();
        for (name, value) in fields {
            list.push(push(&mut text, name, value));
        }
        Self::new(text.freeze(), list)
    }

    /// Returns the text that the fields were read from.
    #[must_use]
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// Returns the number of fields.
    #[must_use]
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Returns true when there are no fields.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Iterates over the name and value of each field.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&[u8], &[u8])> + ExactSizeIterator {
        self.list.iter().map(|field| (self.slice(field.name, field.name_end), self.slice(field.value, field.value_end)))
    }

    /// Iterates over the values of all fields called `name`, ignoring case.
    pub fn get_all<'f>(&'f self, name: &'f str) -> impl Iterator<Item = &'f [u8]> {
        self.list
            .iter()
            .filter(move |field| {
                // Comparing the length first is cheap and excludes most fields.
                (field.name_end - field.name) as usize == name.len()
                    && self.slice(field.name, field.name_end).eq_ignore_ascii_case(name.as_bytes())
            })
            .map(|field| self.slice(field.value, field.value_end))
    }

    fn slice(&self, from: u32, to: u32) -> &[u8] {
        self.text.get(from as usize..to as usize).unwrap_or_default()
    }
}

/// Appends a field to a text, and returns its position.
fn push(text: &mut BytesMut, name: &[u8], value: &[u8]) -> Field {
    let start = text.len() as u32;
    let name_end = start + name.len() as u32;
    text.extend_from_slice(name);
    text.extend_from_slice(value);
    Field { name: start, name_end, value: name_end, value_end: name_end + value.len() as u32 }
}

/// Shows names only: values may be secret.
impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter().map(|(name, _)| String::from_utf8_lossy(name))).finish()
    }
}

/// The head of a request: method, target, version and fields, byte for byte. Clones share one allocation.
#[derive(Clone)]
pub struct RequestHead(Arc<Parts>);

struct Parts {
    method: Method,
    version: Version,
    target: Range<usize>,
    /// Bytes of the version; empty when the head was not received as text.
    version_text: Range<usize>,
    fields: Fields,
    /// Number of pseudo-fields, which come before all other fields.
    pseudo: usize,
    /// Whether the text of the fields is the head as received.
    raw: bool,
}

impl RequestHead {
    /// Creates a head that was parsed from `fields.text()`.
    pub(crate) fn raw_head(
        method: Method,
        version: Version,
        target: Range<usize>,
        version_text: Range<usize>,
        fields: Fields,
    ) -> Self {
        Self(Arc::new(Parts { method, version, target, version_text, fields, pseudo: 0, raw: true }))
    }

    /// Creates a head that was not received as text: from HTTP/2, or made by the server. Pseudo-fields come first,
    /// their names with the colon.
    #[must_use]
    pub fn new<'f>(
        method: Method,
        target: &[u8],
        version: Version,
        fields: impl IntoIterator<Item = (&'f [u8], &'f [u8])>,
    ) -> Self {
        let mut text = BytesMut::from(target);
        let mut list = Vec::new();
        let mut pseudo = 0;
        for (name, value) in fields {
            if name.starts_with(b":") && pseudo == list.len() {
                pseudo += 1;
            }
            list.push(push(&mut text, name, value));
        }
        let fields = Fields::new(text.freeze(), list);
        Self(Arc::new(Parts {
            method,
            version,
            target: 0..target.len(),
            version_text: 0..0,
            fields,
            pseudo,
            raw: false,
        }))
    }

    /// Returns the method, which may be any token.
    #[must_use]
    pub fn method(&self) -> &Method {
        &self.0.method
    }

    /// Returns the target as received, in any form (RFC 9112, section 3.2).
    #[must_use]
    pub fn target(&self) -> &[u8] {
        self.0.fields.text.get(self.0.target.clone()).unwrap_or_default()
    }

    /// Returns the same bytes as [`target`](Self::target), without copying.
    #[must_use]
    pub fn target_bytes(&self) -> Bytes {
        self.0.fields.text.slice(self.0.target.clone())
    }

    /// Returns where the target stands in [`raw`](Self::raw).
    pub(crate) fn target_range(&self) -> Range<usize> {
        self.0.target.clone()
    }

    /// Returns where the method stands in [`raw`](Self::raw), if that is not empty.
    pub(crate) fn method_range(&self) -> Range<usize> {
        // One space separates the two.
        let end = self.0.target.start.saturating_sub(1);
        end.saturating_sub(self.0.method.as_str().len())..end
    }

    /// Iterates over the places of the fields' values in [`raw`](Self::raw), in order.
    pub(crate) fn value_ranges(&self) -> impl Iterator<Item = Range<usize>> {
        let fields = self.0.fields.list.iter().skip(self.0.pseudo);
        fields.map(|field| field.value as usize..field.value_end as usize)
    }

    /// Rebuilds the head of a request from the library's types.
    pub(super) fn of_library(request: &HttpRequest) -> Self {
        let uri = request.uri();
        let target = match uri.path_and_query() {
            Some(target) => target.as_str(),
            None => uri.path(),
        };
        let authority = uri.authority().map(|authority| (&b":authority"[..], authority.as_str().as_bytes()));
        let authority = authority.filter(|_| request.version() == Version::HTTP_2);
        // The library does not keep the order of names.
        let mut fields: Vec<_> =
            request.headers().iter().map(|(name, value)| (name.as_str().as_bytes(), value.as_bytes())).collect();
        fields.sort_by_key(|(name, _)| *name);
        Self::new(request.method().clone(), target.as_bytes(), request.version(), authority.into_iter().chain(fields))
    }

    /// Returns the version whose rules apply. HTTP/1.2 and later 1.x versions follow 1.1 (RFC 9110, section 2.5).
    #[must_use]
    pub fn version(&self) -> Version {
        self.0.version
    }

    /// Returns the version as received, such as `HTTP/1.2`.
    #[must_use]
    pub fn version_text(&self) -> &[u8] {
        match self.0.fields.text.get(self.0.version_text.clone()) {
            Some(text) if !text.is_empty() => text,
            _ => match self.0.version {
                Version::HTTP_2 => b"HTTP/2.0",
                Version::HTTP_10 => b"HTTP/1.0",
                _ => b"HTTP/1.1",
            },
        }
    }

    /// Returns all bytes of the head, including the empty line at its end and one before it. Empty when the head was
    /// not received as text.
    #[must_use]
    pub fn raw(&self) -> &[u8] {
        if self.0.raw { &self.0.fields.text } else { &[] }
    }

    /// Returns the same bytes as [`raw`](Self::raw), without copying.
    #[must_use]
    pub fn raw_bytes(&self) -> Bytes {
        if self.0.raw { self.0.fields.text.clone() } else { Bytes::new() }
    }

    /// Iterates over the name and value of each field, without pseudo-fields.
    pub fn fields(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.0.fields.iter().skip(self.0.pseudo)
    }

    /// Iterates over the name, with its colon, and value of each pseudo-field (RFC 9113, section 8.3).
    pub fn pseudo_fields(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.0.fields.iter().take(self.0.pseudo)
    }

    /// Returns the number of fields, without pseudo-fields.
    #[must_use]
    pub fn field_count(&self) -> usize {
        self.0.fields.len() - self.0.pseudo
    }

    /// Returns the value of the first field called `name`, ignoring case. Pseudo-fields are named with their colon.
    #[must_use]
    pub fn get<'h>(&'h self, name: &'h str) -> Option<&'h [u8]> {
        self.get_all(name).next()
    }

    /// Iterates over the values of all fields called `name`, ignoring case, in order.
    pub fn get_all<'h>(&'h self, name: &'h str) -> impl Iterator<Item = &'h [u8]> {
        self.0.fields.get_all(name)
    }
}

/// Omits the target and field values: they may be secret.
impl fmt::Debug for RequestHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestHead")
            .field("method", &self.0.method)
            .field("version", &self.0.version)
            .field("fields", &self.0.fields)
            .finish_non_exhaustive()
    }
}
