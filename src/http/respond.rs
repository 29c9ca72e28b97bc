//! The head of a response, with its fields in the order sent.

use actix_web::{
    body::BodySize,
    http::{
        StatusCode, Version,
        header::{self, HeaderMap, HeaderName, HeaderValue},
    },
};

use super::cors;
use crate::wire::{header_name, reason_phrase};

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

/// How the end of a body is marked (RFC 9112, section 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// No body and no framing field.
    Bare,
    /// `Content-Length`.
    Length(u64),
    /// `Transfer-Encoding: chunked`.
    Chunked,
    /// The end of the connection.
    UntilClose,
}

impl Framing {
    /// Returns the framing of a body of `size` for a client of `version`.
    pub(super) fn of(size: BodySize, version: Version) -> Self {
        match size {
            BodySize::None => Self::Bare,
            BodySize::Sized(length) => Self::Length(length),
            BodySize::Stream if version < Version::HTTP_11 => Self::UntilClose,
            BodySize::Stream => Self::Chunked,
        }
    }

    /// Returns the framing field, if any.
    pub(super) fn field(self) -> Option<(HeaderName, HeaderValue)> {
        match self {
            Self::Bare | Self::UntilClose => None,
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
        out.extend_from_slice(if version < Version::HTTP_11 { b"HTTP/1.0 " } else { b"HTTP/1.1 " });
        out.extend_from_slice(self.status.as_str().as_bytes());
        out.push(b' ');
        out.extend_from_slice(reason_phrase(self.status.as_u16()).as_bytes());
        out.extend_from_slice(b"\r\n");
        for (name, value) in &self.fields.list {
            header_name::push_canonical_bytes(out, name.as_str().as_bytes());
            line(out, value.as_bytes());
        }
        if self.fields.cors {
            out.extend_from_slice(cors::LINES);
        }
        if let Some(connection) = connection {
            out.extend_from_slice(b"Connection");
            line(out, connection.as_bytes());
        }
        match framing {
            Framing::Length(length) => {
                out.extend_from_slice(b"Content-Length");
                line(out, itoa::Buffer::new().format(length).as_bytes());
            }
            Framing::Chunked => out.extend_from_slice(b"Transfer-Encoding: chunked\r\n"),
            Framing::Bare | Framing::UntilClose => {}
        }
        out.extend_from_slice(b"Date");
        line(out, self.date.as_bytes());
        out.extend_from_slice(b"\r\n");
    }
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
        head.write(&mut out, Version::HTTP_10, Framing::UntilClose, None);
        assert!(out.starts_with(b"HTTP/1.0 200 OK\r\n") && !out.windows(5).any(|five| five == b"hunke"));
    }
}
