//! What Try-It and replay share: which headers are sent on, and how an answer is shown.

use actix_web::http::header::{self, HeaderName, HeaderValue};
use serde_json::{Map, Value};

use super::render::body_text;
use crate::{http::loopback::InnerAnswer, wire::header_name::canonical_header};

/// Bytes of an answer's body that are shown.
pub(super) const SHOWN_MAX: usize = 1024 * 1024;

/// Headers that belong to one connection or one message, and are made anew for each (RFC 9110, section 7.6.1).
const OWN_OF_A_MESSAGE: [HeaderName; 11] = [
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::EXPECT,
    header::HOST,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    HeaderName::from_static("http2-settings"),
];

/// Credentials of the one who sends, or sent, the request: not for the request that is sent on.
const CREDENTIALS: [HeaderName; 3] = [header::AUTHORIZATION, header::COOKIE, header::PROXY_AUTHORIZATION];

/// True when a header is sent on.
pub(super) fn is_sent_on(name: &HeaderName) -> bool {
    !OWN_OF_A_MESSAGE.contains(name) && !CREDENTIALS.contains(name)
}

/// Headers of an answer by canonical name, without the cookies it sets.
pub(super) fn shown_headers(headers: &[(HeaderName, HeaderValue)]) -> Map<String, Value> {
    let mut shown: Map<String, Value> = Map::new();
    for (name, value) in headers.iter().filter(|(name, _)| *name != header::SET_COOKIE) {
        let value = Value::from(String::from_utf8_lossy(value.as_bytes()));
        let values = shown.entry(canonical_header(name.as_str())).or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(values) = values {
            values.push(value);
        }
    }
    shown
}

/// The body of an answer, and the word for its encoding when it is no text.
pub(super) fn shown_body(answer: &InnerAnswer) -> (String, Option<&'static str>) {
    let (text, encoding) = body_text(&answer.body, answer.truncated);
    (text.into_owned(), encoding)
}
