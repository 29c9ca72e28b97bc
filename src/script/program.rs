//! A script that is ready to run: checked, decoded, with its templates parsed.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;

use super::{
    act::Reading,
    body::{BytesOf, Coding},
    facts::Facts,
    step::{End, Framing, HttpVersion},
    template::{JsonTemplate, Template},
};

/// A script that is ready to run. Clones share one program.
#[derive(Clone, Debug)]
pub struct Program(pub(super) Arc<Parts>);

#[derive(Debug)]
pub(super) struct Parts {
    pub(super) name: String,
    pub(super) about: String,
    pub(super) key: Key,
    /// Number of attempts, and the steps that answer them.
    pub(super) attempts: Vec<(u64, Vec<Op>)>,
    pub(super) again: bool,
}

/// What says that requests are attempts of the same call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Key {
    Path,
    Query(String),
    Field(String),
    RequestId,
    Traceparent,
    Connection,
}

/// A step that is ready to run. Clones are cheap.
#[derive(Clone, Debug)]
pub(super) enum Op {
    Read(Reading),
    Continue,
    Interim(Arc<InterimOp>),
    Pause(Duration),
    Head(Arc<HeadOp>),
    Body(Arc<BodyOp>),
    Trailers(Arc<[FieldOp]>),
    Raw(Arc<RawOp>),
    End(End),
    If(Arc<IfOp>),
}

#[derive(Debug)]
pub(super) struct FieldOp {
    pub(super) name: Bytes,
    pub(super) value: Template,
}

#[derive(Debug)]
pub(super) struct InterimOp {
    pub(super) status: u16,
    pub(super) reason: Option<Template>,
    pub(super) fields: Vec<FieldOp>,
}

#[derive(Debug)]
pub(super) struct HeadOp {
    pub(super) status: u16,
    pub(super) reason: Option<Template>,
    pub(super) fields: Vec<FieldOp>,
    pub(super) framing: Option<Framing>,
    pub(super) announce: Option<u64>,
    pub(super) own_fields: bool,
}

#[derive(Debug)]
pub(super) struct BodyOp {
    pub(super) source: Source,
    pub(super) piece: Option<u64>,
    pub(super) pause: Duration,
    pub(super) coding: Option<Coding>,
    /// The coded bytes, when they are few and always the same.
    pub(super) coded: Option<Bytes>,
    pub(super) cut: Option<u64>,
    pub(super) resource: Option<ResourceOp>,
}

#[derive(Debug)]
pub(super) struct ResourceOp {
    pub(super) etag: Option<Template>,
    pub(super) last_modified: Option<String>,
}

#[derive(Debug)]
pub(super) enum Source {
    Text(Template),
    Json(JsonTemplate),
    Base64(Bytes),
    Fill(u64),
    Random { length: u64, seed: Bytes },
    Echo,
    BytesOf(BytesOf),
}

#[derive(Debug)]
pub(super) struct RawOp {
    pub(super) bytes: Bytes,
    pub(super) piece: Option<u64>,
    pub(super) pause: Duration,
}

#[derive(Debug)]
pub(super) struct IfOp {
    pub(super) attempt: Option<u64>,
    pub(super) field: Option<(String, Option<String>)>,
    pub(super) version: Option<HttpVersion>,
    pub(super) then: Vec<Op>,
    pub(super) other: Vec<Op>,
}

impl Program {
    /// Returns the name; empty when the script has none.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Returns the purpose in one line; empty when the script has none.
    #[must_use]
    pub fn about(&self) -> &str {
        &self.0.about
    }

    /// Returns the key by which requests count as attempts of the same call. A request without the value has the empty
    /// key.
    #[must_use]
    pub fn key(&self, facts: &dyn Facts) -> Vec<u8> {
        let first = |name: &str| facts.fields(name).first().map(|value| value.to_vec()).unwrap_or_default();
        match &self.0.key {
            Key::Path => facts.path().into_owned(),
            Key::Query(name) => facts.query(name).unwrap_or_default().into_owned(),
            Key::Field(name) => first(name),
            Key::RequestId => facts.request_id().into_owned(),
            Key::Traceparent => trace_id(first("traceparent")),
            Key::Connection => facts.connection().into_owned(),
        }
    }

    /// Returns the steps that answer an attempt, which is counted from 1.
    pub(super) fn steps(&self, attempt: u64) -> &[Op] {
        let attempts = &self.0.attempts;
        let total: u64 = attempts.iter().map(|(repeat, _)| repeat).sum();
        let mut index = attempt.saturating_sub(1);
        if self.0.again {
            index %= total.max(1);
        }
        for (repeat, steps) in attempts {
            match index.checked_sub(*repeat) {
                Some(rest) => index = rest,
                None => return steps,
            }
        }
        attempts.last().map(|(_, steps)| &**steps).unwrap_or_default()
    }
}

impl IfOp {
    pub(super) fn holds(&self, facts: &dyn Facts, attempt: u64) -> bool {
        let field = |(name, value): &(String, Option<String>)| {
            facts.fields(name).iter().any(|is| value.as_ref().is_none_or(|value| **is == *value.as_bytes()))
        };
        self.attempt.is_none_or(|number| number == attempt)
            && self.version.is_none_or(|version| version == facts.version())
            && self.field.as_ref().is_none_or(field)
    }
}

/// Returns the trace id of a `traceparent` (W3C Trace Context, section 3.2.2), else the value itself.
fn trace_id(value: Vec<u8>) -> Vec<u8> {
    match value.split(|byte| *byte == b'-').nth(1) {
        Some(id) if id.len() == 32 => id.to_vec(),
        _ => value,
    }
}
