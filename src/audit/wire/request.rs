//! The object `request` of the wire document.

use std::{borrow::Cow, time::Duration};

use serde::Serialize;

use super::{
    super::masker::{MaskedField, Masker},
    raw_head::MaskedHead,
    shown::{Shown, millis},
};
use crate::request::{BodyFraming, ChunkRecord, RequestFacts, RequestHead};

/// A field, as `[name, value]`.
pub(in crate::audit) type ShownField<'f> = (Shown<'f>, Shown<'f>);

/// A request below HTTP.
#[derive(Serialize)]
pub(super) struct Request<'r> {
    /// Fields of HTTP/2 in order, pseudo-fields first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fields: Vec<ShownField<'r>>,
    /// `none`, `length`, `chunked` or `h2`.
    #[serde(skip_serializing_if = "Option::is_none")]
    framing: Option<&'static str>,
    /// Announced length of the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    length: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    chunks: Option<Chunks<'r>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    trailers: Vec<ShownField<'r>>,
    /// Milliseconds from the first byte of the head to its last.
    #[serde(skip_serializing_if = "Option::is_none")]
    head_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body_first_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body_last_ms: Option<f64>,
    /// Values of `Expect`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    expect: Vec<Shown<'r>>,
    /// When 100 (Continue) was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    continue_ms: Option<f64>,
    /// Bytes of head and body that were taken from an HTTP/1 connection, including the framing.
    #[serde(skip_serializing_if = "Option::is_none")]
    wire_bytes: Option<u64>,
    /// First bytes at which the framing of the body breaks a rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    broken: Option<String>,
    /// Where in the raw head a malformed request breaks its rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_at: Option<usize>,
}

/// Framing of a chunked body.
#[derive(Serialize)]
struct Chunks<'r> {
    /// Number of chunks, without the empty last one.
    count: u64,
    /// Announced sizes of the first 64.
    sizes: &'r [u64],
    /// First extensions, each with the index of its chunk.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    extensions: Vec<Extension>,
}

#[derive(Serialize)]
struct Extension {
    chunk: u64,
    text: String,
}

/// What a request consists of below HTTP, with masked values.
pub(super) struct Parts<'r> {
    pub(super) head: &'r RequestHead,
    /// `None` when headers are not recorded.
    pub(super) masked: Option<&'r MaskedHead<'r>>,
    pub(super) pseudo: &'r [MaskedField<'r>],
    pub(super) trailers: &'r [MaskedField<'r>],
    pub(super) facts: Option<&'r RequestFacts>,
    /// Framing of the body, if that is chunked.
    pub(super) chunks: Option<&'r ChunkRecord>,
}

impl<'r> Request<'r> {
    /// Describes a malformed request, of which `received` bytes arrived.
    pub(super) fn refused(facts: &RequestFacts, received: Option<u64>, rule_at: Option<usize>) -> Self {
        Self {
            fields: Vec::new(),
            framing: None,
            length: None,
            chunks: None,
            trailers: Vec::new(),
            head_ms: facts.head_took.map(millis),
            body_first_ms: None,
            body_last_ms: None,
            expect: Vec::new(),
            continue_ms: None,
            wire_bytes: received,
            broken: None,
            rule_at,
        }
    }

    /// Describes a request.
    pub(super) fn new(parts: &Parts<'r>, masker: &Masker<'_>) -> Self {
        let Parts { head, masked, pseudo, trailers, facts, chunks } = *parts;
        let is_raw = !head.raw().is_empty();
        let fields = masked.map_or(&[][..], |masked| &masked.fields);
        let expect = fields.iter().filter(|(name, _)| name.eq_ignore_ascii_case(b"expect"));
        let broken = facts.map(RequestFacts::broken_bytes).filter(|bytes| !bytes.is_empty() && masked.is_some());
        let after = |of: Option<Duration>| of.map(millis);
        let body = facts.and_then(RequestFacts::body_after);
        Self {
            fields: if is_raw || masked.is_none() {
                Vec::new()
            } else {
                pseudo.iter().chain(fields).map(shown).collect()
            },
            framing: facts.map(|facts| match facts.framing {
                BodyFraming::None => "none",
                BodyFraming::Length(_) => "length",
                BodyFraming::Chunked => "chunked",
                BodyFraming::H2 => "h2",
            }),
            length: facts.and_then(|facts| match facts.framing {
                BodyFraming::Length(length) => Some(length),
                BodyFraming::H2 => std::str::from_utf8(head.get("content-length")?).ok()?.parse().ok(),
                BodyFraming::None | BodyFraming::Chunked => None,
            }),
            chunks: chunks.map(|record| Chunks {
                count: record.chunks,
                sizes: &record.sizes,
                extensions: record.extensions.iter().map(|(chunk, text)| extension(*chunk, text, masker)).collect(),
            }),
            trailers: trailers.iter().map(shown).collect(),
            head_ms: after(facts.and_then(|facts| facts.head_took)),
            body_first_ms: after(body.map(|(first, _)| first)),
            body_last_ms: after(body.map(|(_, last)| last)),
            expect: expect.map(|(_, value)| Shown(value)).collect(),
            continue_ms: after(facts.and_then(RequestFacts::continued_after)),
            broken: broken.map(|bytes| masker.storable(&bytes)),
            rule_at: None,
            wire_bytes: facts.filter(|_| is_raw).map(|facts| head.raw().len() as u64 + facts.body_bytes()),
        }
    }
}

fn shown<'f>((name, value): &'f MaskedField<'_>) -> ShownField<'f> {
    (Shown(name), Shown(value))
}

fn extension(chunk: u64, text: &[u8], masker: &Masker<'_>) -> Extension {
    Extension { chunk, text: masker.storable(text) }
}

/// Masks the pseudo-fields of HTTP/2.
pub(super) fn pseudo_fields<'h>(
    head: &'h RequestHead,
    masked: &'h MaskedHead<'_>,
    masker: &Masker<'_>,
) -> Vec<MaskedField<'h>> {
    let pseudo = head.pseudo_fields().map(|(name, value)| match name {
        b":path" => (name, Cow::Borrowed(&*masked.target)),
        b":method" => (name, Cow::Borrowed(&*masked.method)),
        _ => (name, masker.bytes(value)),
    });
    pseudo.collect()
}
