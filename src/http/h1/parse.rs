//! The head of a request on HTTP/1, read strictly (RFC 9112) and in one pass over bytes that arrive piece by piece.

use actix_web::http::Version;
use bytes::BytesMut;

use super::{
    field_lines::FieldLines,
    framing::{Facts, Framing},
    request_line::RequestLine,
    rule::{Refusal, Rule},
};
use crate::request::{Fields, RequestHead};

/// Bounds of a head.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes from the first to the end of the empty line. A target has half of them at most.
    pub head_bytes: usize,
    /// Fields, repeated ones counted each.
    pub fields: usize,
}

/// How far a head has been read. One for each request; it keeps nothing before the first field.
#[derive(Debug, Default)]
pub struct Scan {
    at: usize,
    in_fields: bool,
    line: RequestLine,
    fields: FieldLines,
    facts: Facts,
}

impl Scan {
    /// True once a byte of the request line has been read. An empty line before it, which old clients send after a body,
    /// does not begin a request.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        !self.line.is_untouched()
    }

    /// Method and target as far as they are known, for the record of a request that is refused.
    #[must_use]
    pub fn request_line<'b>(&self, buf: &'b [u8]) -> Option<(&'b [u8], &'b [u8])> {
        let target = buf.get(self.line.target.clone()).filter(|target| !target.is_empty())?;
        let method = self.line.method.as_str().len();
        Some((buf.get(self.line.target.start - 1 - method..self.line.target.start - 1)?, target))
    }
}

/// A complete head. [`take_head`](Self::take_head) makes a [`RequestHead`] of it.
#[derive(Debug)]
pub struct Parsed {
    /// Bytes from the first to the end of the empty line.
    pub len: usize,
    /// How the body is delimited.
    pub framing: Framing,
    /// True when the client lets the connection stay after the answer (RFC 9112, section 9.3).
    pub keep_alive: bool,
    /// True when the client waits for `100 Continue` (RFC 9110, section 10.1.1).
    pub expects_continue: bool,
    /// True when the client expects something else. An empty `Expect` expects nothing.
    pub expects_other: bool,
    /// True when the client offers to change the protocol (RFC 9110, section 7.8).
    pub upgrade: bool,
    line: RequestLine,
    fields: FieldLines,
}

impl Parsed {
    /// The version whose rules the request follows.
    #[must_use]
    pub fn version(&self) -> Version {
        self.line.version
    }

    /// Splits the head off `buf`, which begins with it, and keeps it as it is, without a copy.
    #[must_use]
    pub fn take_head(self, buf: &mut BytesMut) -> RequestHead {
        let raw = buf.split_to(self.len.min(buf.len())).freeze();
        let fields = Fields::new(raw, self.fields.list);
        RequestHead::raw_head(self.line.method, self.line.version, self.line.target, self.line.version_text, fields)
    }
}

/// Reads the head of a request at the beginning of `buf`; `None` when more bytes are needed. Called again with more of them
/// and the same `scan`, it goes on where it stopped, so that the work is linear however the bytes arrive, and the outcome
/// is the same. After an outcome, `scan` has to be a new one.
///
/// One empty line before the request line is skipped and belongs to the head (RFC 9112, section 2.2).
///
/// # Errors
/// A [`Refusal`], as soon as the bytes can't become a request that is accepted.
pub fn parse(buf: &[u8], scan: &mut Scan, limits: &Limits) -> Result<Option<Parsed>, Refusal> {
    // Places in a head are kept in 32 bits.
    let most = limits.head_bytes.min(u32::MAX as usize);
    let head = &buf[..buf.len().min(most)];
    let Scan { at, in_fields, line, fields, facts } = scan;
    if !*in_fields {
        *in_fields = line.read(head, at, most / 2)?;
    }
    let is_complete = *in_fields
        && fields.read(head, at, limits.fields, |field| {
            let slice = |from: u32, to: u32| (&head[from as usize..to as usize], from as usize);
            facts.see(line.version, slice(field.name, field.name_end), slice(field.value, field.value_end))
        })?;
    if !is_complete {
        return if head.len() < most { Ok(None) } else { Err(Refusal::new(Rule::HeadTooLarge, most)) };
    }
    let Scan { at: len, line, fields, facts, .. } = std::mem::take(scan);
    let version = line.version;
    Ok(Some(Parsed {
        len,
        framing: facts.framing(version, len - 2)?,
        keep_alive: facts.keeps_alive(version),
        expects_continue: facts.expects_continue,
        expects_other: facts.expects_other,
        upgrade: facts.upgrades(version),
        line,
        fields,
    }))
}
