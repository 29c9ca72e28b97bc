//! Records of the tap's connections: an event and a row for each.

use std::{sync::Arc, time::Duration};

use actors::audit::{Event, JsonText, Record, Text, Wire};
use bytes::Bytes;
use serde_json::json;

use super::{
    Recorder, facts,
    kept::exact,
    masker::Masker,
    stored_text,
    wire::{ConnectionEnd, Malformed, connection_json, millis},
};
use crate::{
    request::{ConnectionFacts, EndedBy},
    wire::peer::peer_text,
};

/// Name of the tap's route and group on record.
const TAP: &str = "tap";
/// Most bytes of the path and the target in an event. The raw bytes have more of them.
const SHOWN_MAX: usize = 8 * 1024;
/// Most first bytes in the row of a connection.
const FIRST_MAX: usize = 256;

/// A connection of the tap that has ended.
pub struct Tapped<'t> {
    /// Its facts.
    pub facts: &'t ConnectionFacts,
    /// First bytes that arrived.
    pub first: &'t [u8],
    /// First arrivals: time since the connection was accepted, number of bytes.
    pub arrivals: &'t [(Duration, usize)],
    /// Number of all arrivals.
    pub arrival_count: u64,
    /// Number of all bytes that arrived.
    pub bytes_in: u64,
    /// Part of the answer that was sent.
    pub answer: &'t [u8],
    /// Time until the answer began.
    pub answered: Option<Duration>,
    /// Time until the end.
    pub took: Duration,
    /// How it ended.
    pub ended_by: EndedBy,
    /// What went wrong.
    pub message: Option<&'static str>,
}

impl Recorder {
    /// Records a connection of the tap. Never waits.
    pub fn tapped(&self, tapped: &Tapped<'_>) {
        let weight = tapped.first.len() + tapped.answer.len();
        self.sink.record(weight, || Arc::new(self.tap_record(tapped)));
        let end = ConnectionEnd {
            protocol: TAP,
            bytes_in: tapped.bytes_in,
            bytes_out: tapped.answer.len() as u64,
            requests: 0,
            first_bytes: &tapped.first[..tapped.first.len().min(FIRST_MAX)],
            ended_by: tapped.ended_by,
            error: tapped.message.map(Text::Borrowed),
        };
        self.connection_ended(tapped.facts, end);
    }

    fn tap_record(&self, tapped: &Tapped<'_>) -> Record {
        let malformed = Malformed::read(tapped.first);
        let head = malformed.head();
        let (path, query) = malformed.split();
        let masker = Masker::new(&self.redactor, &self.finder, &head, query);
        let field = |name: &str| head.get(name).map(|value| self.shown(&masker, name, value));
        let status = status(tapped.answer);
        let opened = tapped.facts.opened;
        let raw = if self.headers { malformed.masked(&self.redactor, &masker, None).0 } else { Vec::new() };
        let event = Event {
            duration_ms: millis(tapped.took),
            first_byte_ms: tapped.answered.map(millis),
            request_id: tapped.facts.id.to_string(),
            method: Text::Owned(stored_text::name_of_bytes(&masker.bytes(malformed.method()))),
            path: stored_text::cut(stored_text::text(&masker.path(path)).into_owned(), SHOWN_MAX),
            target: stored_text::cut(stored_text::target(&masker.target(malformed.target())), SHOWN_MAX),
            host: field("host").unwrap_or_default(),
            http_version: Text::Borrowed(malformed.version()),
            route_name: Some(Text::Borrowed(TAP)),
            endpoint_group: Some(Text::Borrowed(TAP)),
            status,
            bytes_in: tapped.bytes_in,
            bytes_out: tapped.answer.len() as u64,
            success: tapped.ended_by == EndedBy::Complete && (200..400).contains(&status),
            error_message: tapped.message.map(Text::Borrowed),
            error_category: tapped.message.map(|_| Text::Borrowed(tapped.ended_by.as_str())),
            remote_addr: tapped.facts.peer().map_or_else(String::new, peer_text),
            user_agent: field("user-agent"),
            instance: self.instance.clone(),
            fingerprints: masker.fingerprints(),
            ..Event::new(facts::id(opened), facts::timestamp(opened))
        };
        let wire = Wire {
            connection_id: Some(tapped.facts.id),
            request_on_connection: Some(1),
            ended_by: Text::Borrowed(tapped.ended_by.as_str()),
            request_head: exact(raw.into()),
            response_head: Bytes::copy_from_slice(tapped.answer),
            document: self.payloads.then(|| document(tapped)),
            ..Wire::default()
        };
        Record { event, payload: None, wire: Some(wire) }
    }
}

/// Times are since the connection was accepted.
fn document(tapped: &Tapped<'_>) -> JsonText {
    let arrivals = tapped.arrivals.iter().map(|(at, bytes)| json!({"ms": millis(*at), "bytes": bytes}));
    let request = json!({
        "arrivals": arrivals.collect::<Vec<_>>(),
        "arrival_count": tapped.arrival_count,
        "wire_bytes": tapped.bytes_in,
    });
    let response = json!({"first_byte_ms": tapped.answered.map(millis), "wire_bytes": tapped.answer.len()});
    let document = json!({"request": request, "response": response, "connection": connection_json(tapped.facts)});
    JsonText::new(document.to_string())
}

/// Returns the status of an answer in the form of HTTP/1 (RFC 9112, section 4); 0 for another one.
fn status(answer: &[u8]) -> u16 {
    let line = String::from_utf8_lossy(&answer[..answer.len().min(12)]);
    let code = line.strip_prefix("HTTP/1.0 ").or_else(|| line.strip_prefix("HTTP/1.1 "));
    code.and_then(|code| code.parse().ok()).filter(|status| (100..1000).contains(status)).unwrap_or(0)
}
