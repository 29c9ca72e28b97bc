//! Events, payloads and times as JSON shows them.

use std::borrow::Cow;

use actors::audit::{Event, JsonText, Payload, Record};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use uuid::Uuid;

/// Returns the current time in whole microseconds, the resolution of events.
pub(super) fn now() -> DateTime<Utc> {
    let now = Utc::now();
    DateTime::from_timestamp_micros(now.timestamp_micros()).unwrap_or(now)
}

/// Formats a time with as many digits as it needs.
pub(super) fn rfc3339(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// Writes a value of our own. Failure to serialise it is a bug of its type.
pub(super) fn append<T: Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) {
    let start = out.len();
    if let Err(error) = serde_json::to_writer(&mut *out, value) {
        log::error!(error:% = error; "audit response could not be rendered");
        out.truncate(start);
        out.extend_from_slice(b"null");
    }
}

/// Writes a value and a line feed.
pub(super) fn line<T: Serialize + ?Sized>(value: &T) -> Bytes {
    let mut out = Vec::with_capacity(1024);
    append(&mut out, value);
    out.push(b'\n');
    out.into()
}

/// Writes an event with `payload` as its last field: `null` when none was captured.
pub(super) fn append_record(out: &mut Vec<u8>, record: &Record) {
    append(out, &record.event);
    if out.last() == Some(&b'}') {
        out.pop();
        out.extend_from_slice(b",\"payload\":");
        append(out, &record.payload.as_ref().map(PayloadView::of));
        out.push(b'}');
    }
}

/// Typical size of an event in bytes.
pub(super) const USUAL_EVENT: usize = 768;

/// Renders events as the field `events` of a page, followed by the rest of the page.
#[derive(Serialize)]
pub(super) struct Page<'e> {
    pub(super) events: &'e [Event],
    pub(super) total: u64,
    pub(super) limit: u32,
    pub(super) offset: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) next_cursor: Option<String>,
}

#[derive(Serialize)]
struct PayloadView<'p> {
    request_headers: &'p Option<JsonText>,
    request_query: &'p Option<JsonText>,
    request_content_type: &'p Option<String>,
    request_body: Cow<'p, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_body_encoding: Option<&'static str>,
    request_captured_size: usize,
    request_size: u64,
    request_truncated: bool,
    request_remote_addr: &'p str,
    response_headers: &'p Option<JsonText>,
    response_content_type: &'p Option<String>,
    response_body: Cow<'p, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_body_encoding: Option<&'static str>,
    response_captured_size: usize,
    response_size: u64,
    response_truncated: bool,
    replayed_from: Option<Uuid>,
    request_masked: Vec<&'static str>,
    response_masked: Vec<&'static str>,
}

impl<'p> PayloadView<'p> {
    fn of(payload: &'p Payload) -> Self {
        let (request_body, request_body_encoding) = body_text(&payload.request_body, payload.request_truncated);
        let (response_body, response_body_encoding) = body_text(&payload.response_body, payload.response_truncated);
        Self {
            request_headers: &payload.request_headers,
            request_query: &payload.request_query,
            request_content_type: &payload.request_content_type,
            request_body,
            request_body_encoding,
            request_captured_size: payload.request_body.len(),
            request_size: payload.request_size,
            request_truncated: payload.request_truncated,
            request_remote_addr: &payload.request_remote_addr,
            response_headers: &payload.response_headers,
            response_content_type: &payload.response_content_type,
            response_body,
            response_body_encoding,
            response_captured_size: payload.response_body.len(),
            response_size: payload.response_size,
            response_truncated: payload.response_truncated,
            replayed_from: payload.replayed_from,
            request_masked: payload.masked.of_request().collect(),
            response_masked: payload.masked.of_response().collect(),
        }
    }
}

/// Returns a body as text when it is UTF-8, otherwise as base64 with the name of that encoding. A character that was
/// cut at the end of the capture is omitted, so that text stays text.
pub(super) fn body_text(body: &[u8], truncated: bool) -> (Cow<'_, str>, Option<&'static str>) {
    match std::str::from_utf8(body) {
        Ok(text) => (Cow::Borrowed(text), None),
        Err(error) if truncated && error.error_len().is_none() => {
            (String::from_utf8_lossy(&body[..error.valid_up_to()]), None)
        }
        Err(_) => (Cow::Owned(STANDARD.encode(body)), Some("base64")),
    }
}
