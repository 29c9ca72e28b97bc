//! The object `response` of the wire document, and the response head with its secrets masked.

use std::{borrow::Cow, time::Instant};

use actors::audit::Masked;
use bytes::Bytes;
use memchr::memmem;
use serde::Serialize;

use super::{
    super::{
        masker::Masker,
        response_record::{RecordedFraming, RecordedInterim, RecordedStep, ResponseRecord},
    },
    shown::{Shown, millis},
};
use crate::{delivery::Framing, request::RequestFacts};

/// A field as `[name, value]`, masked.
type MaskedField = (ShownOwned, ShownOwned);

/// Bytes in an allocation of their own.
struct ShownOwned(Bytes);

impl Serialize for ShownOwned {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Shown(&self.0).serialize(serializer)
    }
}

/// A response below HTTP.
#[derive(Serialize)]
pub(super) struct Response {
    /// Fields of HTTP/2 in order, `:status` first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fields: Vec<MaskedField>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    interim: Vec<Interim>,
    /// `none`, `length`, `chunked`, `close` or `h2`.
    #[serde(skip_serializing_if = "Option::is_none")]
    framing: Option<&'static str>,
    /// Announced length of the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    length: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    chunks: Option<Chunks>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    trailers: Vec<MaskedField>,
    /// When the socket took the first bytes and the last ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    first_byte_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_byte_ms: Option<f64>,
    /// Time for which the socket took no bytes although some were ready.
    #[serde(skip_serializing_if = "Option::is_none")]
    stalled_ms: Option<f64>,
    /// Bytes that the socket took on HTTP/1, including heads and framing.
    #[serde(skip_serializing_if = "Option::is_none")]
    wire_bytes: Option<u64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    steps: Vec<Step>,
    /// Number of steps that are not listed.
    #[serde(skip_serializing_if = "Option::is_none")]
    steps_left_out: Option<u64>,
}

/// Framing of a chunked body.
#[derive(Serialize)]
struct Chunks {
    /// Number of chunks, without the empty last one.
    count: u64,
}

#[derive(Serialize)]
struct Interim {
    status: u16,
    /// Reason phrase, if it is not the usual one.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fields: Vec<MaskedField>,
    ms: f64,
}

/// A step, or several of a kind one after the other.
#[derive(Serialize)]
struct Step {
    step: &'static str,
    ms: f64,
    /// When the last of several began.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<u64>,
    /// Bytes of a body, or raw ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<u64>,
}

impl Response {
    /// Describes a response. `None` when nothing of it was sent. `headers`: with its fields.
    pub(super) fn new(
        record: &ResponseRecord,
        facts: &RequestFacts,
        masker: &Masker<'_>,
        headers: bool,
    ) -> Option<Self> {
        let after = |at: Instant| millis(at.saturating_duration_since(facts.head_at));
        let written = &record.written;
        if written.first.is_none() && record.steps.is_empty() && record.interim.is_empty() {
            return None;
        }
        let fields = |fields: &[(Bytes, Bytes)]| if headers { masked_fields(fields, masker) } else { Vec::new() };
        let mut interim: Vec<Interim> = record
            .interim
            .iter()
            .map(|RecordedInterim { status, reason, fields: told, at }| Interim {
                status: *status,
                reason: reason.as_ref().map(|reason| masker.storable(reason)),
                fields: fields(told),
                ms: after(*at),
            })
            .collect();
        // One that the server sent itself.
        if let Some(sent) = facts.continued_after()
            && !interim.iter().any(|interim| interim.status == 100)
        {
            interim.push(Interim { status: 100, reason: None, fields: Vec::new(), ms: millis(sent) });
            interim.sort_by(|a, b| a.ms.total_cmp(&b.ms));
        }
        let (framing, length) = record.framing.map(described).unzip();
        let is_http2 = matches!(record.framing, Some(RecordedFraming::Http2(_)));
        Some(Self {
            fields: fields(&record.fields),
            interim,
            framing,
            length: length.flatten(),
            chunks: (framing == Some("chunked")).then_some(Chunks { count: written.chunks }),
            trailers: fields(&record.trailers),
            first_byte_ms: written.first.map(after),
            last_byte_ms: written.last.map(after),
            stalled_ms: Some(millis(written.stalled())).filter(|stalled| *stalled > 0.0),
            wire_bytes: (!is_http2).then_some(written.bytes),
            steps: record.steps.iter().map(|step| Step::of(step, after)).collect(),
            steps_left_out: Some(record.steps_left_out).filter(|left_out| *left_out > 0),
        })
    }
}

impl Step {
    fn of(step: &RecordedStep, after: impl Fn(Instant) -> f64) -> Self {
        let RecordedStep { word, at, last, count, bytes } = *step;
        Self {
            step: word,
            ms: after(at),
            last_ms: (count > 1).then(|| after(last)),
            count: Some(count).filter(|count| *count > 1),
            bytes: Some(bytes).filter(|bytes| *bytes > 0),
        }
    }
}

fn described(framing: RecordedFraming) -> (&'static str, Option<u64>) {
    match framing {
        RecordedFraming::Http1(Framing::None) => ("none", None),
        RecordedFraming::Http1(Framing::Length(length)) => ("length", Some(length)),
        RecordedFraming::Http1(Framing::Chunked) => ("chunked", None),
        RecordedFraming::Http1(Framing::Close) => ("close", None),
        RecordedFraming::Http2(length) => ("h2", length),
    }
}

fn masked_fields(fields: &[(Bytes, Bytes)], masker: &Masker<'_>) -> Vec<MaskedField> {
    let fields = fields.iter().map(|(name, value)| {
        let masked = masked(name, value, masker);
        let value = if let Cow::Owned(masked) = masked { masked.into() } else { value.clone() };
        (ShownOwned(name.clone()), ShownOwned(value))
    });
    fields.collect()
}

fn masked<'v>(name: &[u8], value: &'v [u8], masker: &Masker<'_>) -> Cow<'v, [u8]> {
    masker.header(std::str::from_utf8(name).unwrap_or_default(), value, Masked::RESPONSE_HEADERS)
}

/// Returns a response head as sent, with masked values in place of the original ones.
pub(super) fn masked_head(head: &Bytes, masker: &Masker<'_>) -> Bytes {
    let mut out = Vec::new();
    let (mut start, mut done) = (0, 0);
    while let Some(length) = memmem::find(&head[start..], b"\r\n") {
        let line = &head[start..start + length];
        // The status line has no name.
        let colon = if start == 0 { None } else { memchr::memchr(b':', line) };
        let (name, value_at) = match colon {
            Some(colon) => (&line[..colon], start + colon + 1),
            None => (&line[..0], start),
        };
        let value = &head[value_at..start + length];
        let spaces = value.len() - value.trim_ascii_start().len();
        if let Cow::Owned(value) = masked(name, &value[spaces..], masker) {
            out.extend_from_slice(&head[done..value_at + spaces]);
            out.extend_from_slice(&value);
            done = start + length;
        }
        start += length + 2;
    }
    if done == 0 {
        return head.clone();
    }
    out.extend_from_slice(&head[done..]);
    out.into()
}
