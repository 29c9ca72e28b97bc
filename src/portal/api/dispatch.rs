//! Shared by Try-It and replay: which headers are forwarded, and how a response is shown.

use actix_web::http::header::{self, HeaderName, HeaderValue};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use super::body_text::body_text;
use crate::{endpoints::InnerAnswer, wire::header_name::canonical_header};

/// Maximum number of body bytes that are shown.
pub(super) const SHOWN_MAX: usize = 1024 * 1024;

/// Headers that belong to one connection or message, and are set anew for each (RFC 9110, section 7.6.1).
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

/// Credentials of the sender, which are not forwarded.
const CREDENTIALS: [HeaderName; 3] = [header::AUTHORIZATION, header::COOKIE, header::PROXY_AUTHORIZATION];

/// Returns true when a header is forwarded.
pub(super) fn is_sent_on(name: &HeaderName) -> bool {
    !OWN_OF_A_MESSAGE.contains(name) && !CREDENTIALS.contains(name)
}

/// Response as shown.
#[derive(Serialize, ToSchema)]
pub(super) struct Shown {
    status: u16,
    /// Canonical name → values. `Set-Cookie` is omitted.
    #[schema(value_type = std::collections::BTreeMap<String, Vec<String>>)]
    headers: Map<String, Value>,
    /// First MiB of the body: text when it is UTF-8, otherwise base64.
    body: String,
    /// `base64` when the body is not UTF-8 text.
    #[serde(skip_serializing_if = "Option::is_none")]
    body_encoding: Option<&'static str>,
    body_truncated: bool,
    /// Id of the request's audit event; `null` when audit is off.
    #[schema(value_type = Option<String>, required)]
    event_id: Option<Uuid>,
}

impl Shown {
    pub(super) fn of(answer: &InnerAnswer) -> Self {
        let (body, body_encoding) = body_text(&answer.body, answer.truncated);
        Self {
            status: answer.status.as_u16(),
            headers: shown_headers(&answer.headers),
            body: body.into_owned(),
            body_encoding,
            body_truncated: answer.truncated,
            event_id: answer.event_id,
        }
    }
}

fn shown_headers(headers: &[(HeaderName, HeaderValue)]) -> Map<String, Value> {
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
