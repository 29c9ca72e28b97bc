//! The head of a response, with its fields in the order sent.

use actix_web::{
    body::BodySize,
    http::{
        StatusCode, Version,
        header::{self, HeaderMap, HeaderName, HeaderValue},
    },
};

use super::cors;
pub(super) use crate::endpoints::delivery::Framing;
use crate::{
    endpoints::delivery::{Head, Interim},
    wire::{header_name, reason_phrase},
};

/// Fields of a response, in order: those of the route, then the server's own.
#[derive(Debug, Default)]
pub struct AnswerFields {
    list: Vec<(HeaderName, HeaderValue)>,
    cors: bool,
}

impl AnswerFields {
    /// Creates the list from the fields of a route, in the order set.
    #[must_use]
    pub fn of_route(mut list: Vec<(HeaderName, HeaderValue)>) -> Self {
        list.reserve(4);
        Self { list, cors: false }
    }

    /// Creates the list from a map, which has no order: sorted by name, with repeated fields in their order.
    #[must_use]
    pub fn sorted(headers: &HeaderMap) -> Self {
        let mut list: Vec<_> = headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        list.sort_by(|a, b| a.0.as_str().cmp(b.0.as_str()));
        Self::of_route(list)
    }

    /// Sets a field, replacing fields of the same name.
    pub fn set(&mut self, name: HeaderName, value: HeaderValue) {
        self.list.retain(|(known, _)| *known != name);
        self.list.push((name, value));
    }

    /// Sets a field, unless one of the same name exists.
    pub fn set_default(&mut self, name: HeaderName, value: HeaderValue) {
        if !self.list.iter().any(|(known, _)| *known == name) {
            self.list.push((name, value));
        }
    }

    /// Puts the fields of a route before those that are there.
    pub(super) fn put_first(&mut self, mut fields: Vec<(HeaderName, HeaderValue)>) {
        fields.append(&mut self.list);
        self.list = fields;
    }

    /// Adds the CORS fields.
    pub fn add_cors(&mut self) {
        self.list.retain(|(name, _)| !cors::is_cors(name));
        self.cors = true;
    }

    /// Iterates over all fields, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&HeaderName, &HeaderValue)> {
        let cors = if self.cors { cors::fields() } else { &[] };
        self.list.iter().chain(cors).map(|(name, value)| (name, value))
    }
}

/// Head of a response, without the fields that the connection adds.
#[derive(Debug)]
pub struct AnswerHead {
    /// Final status.
    pub status: StatusCode,
    /// Fields, in order.
    pub fields: AnswerFields,
    /// Size of the body, as far as it is known.
    pub size: BodySize,
    /// Value of `Date`.
    pub date: HeaderValue,
    /// Whether the connection has to close after this response.
    pub closes: bool,
}

impl Framing {
    /// Returns the framing of a body of `size` for a client of `version`.
    pub(super) fn of(size: BodySize, version: Version) -> Self {
        match size {
            BodySize::None => Self::None,
            BodySize::Sized(length) => Self::Length(length),
            BodySize::Stream if version < Version::HTTP_11 => Self::Close,
            BodySize::Stream => Self::Chunked,
        }
    }

    /// Returns the framing field, if any.
    pub(super) fn field(self) -> Option<(HeaderName, HeaderValue)> {
        match self {
            Self::None | Self::Close => None,
            Self::Length(length) => Some((header::CONTENT_LENGTH, length.into())),
            Self::Chunked => Some((header::TRANSFER_ENCODING, HeaderValue::from_static("chunked"))),
        }
    }
}

impl AnswerHead {
    /// Writes the head for HTTP/1: fields in order, then framing and date. `connection` is the value of `Connection`,
    /// if one is needed.
    pub(super) fn write(&self, out: &mut Vec<u8>, version: Version, framing: Framing, connection: Option<&str>) {
        out.reserve(512);
        status_line(out, version, self.status.as_u16(), None);
        for (name, value) in &self.fields.list {
            header_name::push_canonical_bytes(out, name.as_str().as_bytes());
            line(out, value.as_bytes());
        }
        if self.fields.cors {
            out.extend_from_slice(cors::LINES);
        }
        if let Some(connection) = connection {
            field(out, b"Connection", connection.as_bytes());
        }
        framing_line(out, framing);
        field(out, b"Date", self.date.as_bytes());
        out.extend_from_slice(b"\r\n");
    }

    /// Writes a head of a delivery for HTTP/1: its fields as told, then the server's own, framing and date.
    pub(super) fn write_told(
        &self,
        told: &Head,
        out: &mut Vec<u8>,
        version: Version,
        framing: Framing,
        connection: Option<&str>,
    ) {
        out.reserve(512);
        status_line(out, version, told.status, told.reason.as_deref());
        for told in &told.fields {
            field(out, told.name(), told.value());
        }
        for (name, value) in self.own_beside(told) {
            header_name::push_canonical_bytes(out, name.as_str().as_bytes());
            line(out, value.as_bytes());
        }
        let adds = |name: &str| told.own_fields && !told.fields.iter().any(|field| field.is(name));
        if let Some(connection) = connection.filter(|_| adds("connection")) {
            field(out, b"Connection", connection.as_bytes());
        }
        framing_line(out, framing);
        if adds("date") {
            field(out, b"Date", self.date.as_bytes());
        }
        out.extend_from_slice(b"\r\n");
    }

    /// Iterates over the server's own fields, without `Date`, that `told` does not set or leave out.
    pub(super) fn own_beside(&self, told: &Head) -> impl Iterator<Item = (&HeaderName, &HeaderValue)> {
        let is_told = |name: &HeaderName| told.fields.iter().any(|field| field.is(name.as_str()));
        self.fields.iter().filter(move |(name, _)| told.own_fields && !is_told(name))
    }
}

/// Writes an interim response for HTTP/1.1.
pub(super) fn write_interim(interim: &Interim, out: &mut Vec<u8>) {
    status_line(out, Version::HTTP_11, interim.status, interim.reason.as_deref());
    for told in &interim.fields {
        field(out, told.name(), told.value());
    }
    out.extend_from_slice(b"\r\n");
}

/// Writes a status line (RFC 9112, section 4), with the usual reason phrase if `reason` is `None`.
fn status_line(out: &mut Vec<u8>, version: Version, status: u16, reason: Option<&[u8]>) {
    out.extend_from_slice(if version < Version::HTTP_11 { b"HTTP/1.0 " } else { b"HTTP/1.1 " });
    out.extend_from_slice(itoa::Buffer::new().format(status).as_bytes());
    out.push(b' ');
    out.extend_from_slice(reason.unwrap_or(reason_phrase(status).as_bytes()));
    out.extend_from_slice(b"\r\n");
}

fn framing_line(out: &mut Vec<u8>, framing: Framing) {
    match framing {
        Framing::Length(length) => field(out, b"Content-Length", itoa::Buffer::new().format(length).as_bytes()),
        Framing::Chunked => out.extend_from_slice(b"Transfer-Encoding: chunked\r\n"),
        Framing::None | Framing::Close => {}
    }
}

/// Writes a field line.
pub(super) fn field(out: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    out.extend_from_slice(name);
    line(out, value);
}

fn line(out: &mut Vec<u8>, value: &[u8]) {
    out.extend_from_slice(b": ");
    out.extend_from_slice(value);
    out.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn fields_leave_in_order_with_canonical_names() {
        let list = vec![
            (header::CONTENT_TYPE, HeaderValue::from_static("text/plain")),
            (header::ETAG, HeaderValue::from_static("\"a\"")),
            (header::SET_COOKIE, HeaderValue::from_static("a=1")),
            (header::SET_COOKIE, HeaderValue::from_static("b=2")),
            (header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("1")),
        ];
        let mut fields = AnswerFields::of_route(list);
        fields.set(HeaderName::from_static("x-request-id"), HeaderValue::from_bytes(b"\xe9").unwrap());
        fields.set_default(header::ETAG, HeaderValue::from_static("\"b\""));
        fields.add_cors();
        let date = HeaderValue::from_static("today");
        let head = AnswerHead { status: StatusCode::OK, fields, size: BodySize::Stream, date, closes: true };
        let mut out = Vec::new();
        head.write(&mut out, Version::HTTP_11, Framing::Chunked, Some("close"));
        let expected = [
            b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nEtag: \"a\"\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n\
              X-Request-Id: \xe9\r\n"
                .as_slice(),
            cors::LINES,
            b"Connection: close\r\nTransfer-Encoding: chunked\r\nDate: today\r\n\r\n",
        ]
        .concat();
        assert_eq!(String::from_utf8_lossy(&out), String::from_utf8_lossy(&expected));
        assert_eq!(head.fields.iter().count(), 10);
        out.clear();
        head.write(&mut out, Version::HTTP_10, Framing::Close, None);
        assert!(out.starts_with(b"HTTP/1.0 200 OK\r\n") && !out.windows(5).any(|five| five == b"hunke"));
    }
}
