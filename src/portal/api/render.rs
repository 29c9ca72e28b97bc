//! Events, payloads and times as JSON shows them.

use std::borrow::Cow;

use actors::audit::{Entry, Event, JsonText, Payload, Record, WireFacts};
use bytes::Bytes;
use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use uuid::Uuid;

use super::{body_text::body_text, wire_view};

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

/// Writes an event with `payload` and `wire` as its last fields: `null` when there is none.
pub(super) fn append_record(out: &mut Vec<u8>, record: &Record) {
    append(out, &EntryView::of_record(record));
    if out.last() == Some(&b'}') {
        out.pop();
        out.extend_from_slice(b",\"payload\":");
        append(out, &record.payload.as_ref().map(PayloadView::of));
        out.extend_from_slice(b",\"wire\":");
        append(out, &record.wire.as_ref().map(wire_view::wire));
        out.push(b'}');
    }
}

/// An event with facts of its record below HTTP.
#[derive(Serialize)]
pub(super) struct EntryView<'e> {
    #[serde(flatten)]
    event: &'e Event,
    /// The target as received, when it is not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    target_base64: Option<String>,
    #[serde(flatten)]
    facts: Option<Cow<'e, WireFacts>>,
}

impl<'e> EntryView<'e> {
    pub(super) fn of(entry: &'e Entry) -> Self {
        let target_base64 = wire_view::target_base64(entry);
        Self { event: &entry.event, target_base64, facts: entry.facts.as_ref().map(Cow::Borrowed) }
    }

    fn of_record(record: &'e Record) -> Self {
        let facts = record.wire.as_ref().map(|wire| Cow::Owned(wire.facts()));
        Self { event: &record.event, target_base64: wire_view::target_base64_of(record), facts }
    }
}

/// Typical size of an event in bytes.
pub(super) const USUAL_EVENT: usize = 768;

/// Renders events as the field `events` of a page, followed by the rest of the page.
#[derive(Serialize)]
pub(super) struct Page<'e> {
    pub(super) events: Vec<EntryView<'e>>,
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
