//! Conversion between the types of `http` 1, used by the HTTP/2 library, and of `http` 0.2, used by the application.

use actix_web::{
    body::BodySize,
    http::{Method, Version, header},
};
use bytes::Bytes;
use h2::ext::Protocol;
use http1::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, request::Parts};

use crate::{
    endpoints::delivery::{FieldLine, Framing, Head, OF_CONNECTIONS},
    http::respond::AnswerHead,
    request::RequestHead,
};

/// Converts the head of a request. Returns `None` for a method that the application's type does not support. Fields
/// keep their order, but repeated ones move to the first of their name. Pseudo-fields have the order of RFC 9113,
/// section 8.3.1. The library does not keep the original order.
pub(super) fn head(parts: &Parts) -> Option<RequestHead> {
    Method::from_bytes(parts.method.as_str().as_bytes()).ok().map(|method| with_method(parts, method))
}

/// Converts the head of a request whose method the application's type does not support. The record has it as a
/// pseudo-field.
pub(super) fn unsupported(parts: &Parts) -> RequestHead {
    with_method(parts, Method::GET)
}

fn with_method(parts: &Parts, method: Method) -> RequestHead {
    let protocol = parts.extensions.get::<Protocol>().map(Protocol::as_str);
    let uri = &parts.uri;
    let path = uri.path_and_query().map(|path| path.as_str());
    let authority = uri.authority().map(|authority| authority.as_str());
    let pseudo = [
        (":method", Some(parts.method.as_str())),
        (":protocol", protocol),
        (":scheme", uri.scheme_str()),
        (":authority", authority),
        (":path", path),
    ];
    let pseudo = pseudo.into_iter().filter_map(|(name, value)| Some((name.as_bytes(), value?.as_bytes())));
    let fields = parts.headers.iter().map(|(name, value)| (name.as_str().as_bytes(), value.as_bytes()));
    RequestHead::new(method, target(parts).as_bytes(), Version::HTTP_2, pseudo.chain(fields))
}

/// Returns path and query; for CONNECT, which has neither, the authority (RFC 9113, section 8.5).
fn target(parts: &Parts) -> &str {
    let path = parts.uri.path_and_query().map(|path| path.as_str());
    path.or(parts.uri.authority().map(|authority| authority.as_str())).unwrap_or("/")
}

/// Returns the size of the fields, plus 32 bytes each (RFC 9113, section 6.5.2), without pseudo-fields.
pub(super) fn size(parts: &Parts) -> usize {
    parts.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 32).sum()
}

/// Converts the head of a response: fields in order, then length and date.
pub(super) fn answer(head: &AnswerHead) -> Response<()> {
    let mut response = Response::new(());
    *response.status_mut() = status(head.status.as_u16());
    let fields = response.headers_mut();
    for (name, value) in head.fields.iter() {
        if !OF_CONNECTIONS.contains(&name.as_str()) {
            append(fields, name.as_str(), value.as_bytes());
        }
    }
    if let BodySize::Sized(length) = head.size {
        fields.insert(http1::header::CONTENT_LENGTH, length.into());
    }
    append(fields, header::DATE.as_str(), head.date.as_bytes());
    response
}

/// Converts the head of a delivery: its fields, then the server's own, length and date.
pub(super) fn answer_told(own: &AnswerHead, told: &Head, framing: Framing) -> Response<()> {
    let mut response = self::told(told.status, &told.fields);
    let fields = response.headers_mut();
    for (name, value) in own.own_beside(told) {
        append(fields, name.as_str(), value.as_bytes());
    }
    if let Framing::Length(length) = framing {
        fields.append(http1::header::CONTENT_LENGTH, length.into());
    }
    if told.own_fields && !fields.contains_key(http1::header::DATE) {
        append(fields, header::DATE.as_str(), own.date.as_bytes());
    }
    response
}

/// Returns the head of a response with fields as told.
pub(super) fn told(code: u16, lines: &[FieldLine]) -> Response<()> {
    let mut response = bare(code);
    *response.headers_mut() = fields(lines);
    response
}

/// Converts fields as told: names in lower case, repeated ones after the first of their name.
pub(super) fn fields(lines: &[FieldLine]) -> HeaderMap {
    let mut fields = HeaderMap::with_capacity(lines.len());
    for line in lines {
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(line.name()), HeaderValue::from_bytes(line.value())) {
            fields.append(name, value);
        }
    }
    fields
}

/// Returns the fields of a head for the record, `:status` first.
pub(super) fn recorded(head: &Response<()>) -> Vec<(Bytes, Bytes)> {
    let copied = |name: &str, value: &[u8]| (Bytes::copy_from_slice(name.as_bytes()), Bytes::copy_from_slice(value));
    let fields = head.headers().iter().map(|(name, value)| copied(name.as_str(), value.as_bytes()));
    [copied(":status", head.status().as_str().as_bytes())].into_iter().chain(fields).collect()
}

/// Returns the head of a response without fields.
pub(super) fn bare(code: u16) -> Response<()> {
    let mut response = Response::new(());
    *response.status_mut() = status(code);
    response
}

fn status(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// Appends a field. Both versions of the types accept the same names and values.
fn append(fields: &mut HeaderMap, name: &str, value: &[u8]) {
    if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_bytes(value)) {
        fields.append(name, value);
    }
}
