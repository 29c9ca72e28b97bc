//! Strict, incremental parser for the head of an HTTP/1 request (RFC 9112). It examines each byte once.

use actix_web::http::Version;
use bytes::BytesMut;

use super::{
    field_lines::FieldLines,
    framing::{Facts, Framing},
    request_line::RequestLine,
    rule::{Refusal, Rule},
};
use crate::request::{Fields, RequestHead};

/// Limits of a head.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Most bytes of a head, including the empty line. A target may take at most half of them.
    pub head_bytes: usize,
    /// Most fields, counting repeated ones.
    pub fields: usize,
}

/// Progress of parsing one head. The list of fields is allocated at the first field.
#[derive(Debug, Default)]
pub struct Scan {
    at: usize,
    in_fields: bool,
    line: RequestLine,
    fields: FieldLines,
    facts: Facts,
}

impl Scan {
    /// Returns true once a byte of the request line has been read. The empty line that old clients send after a body
    /// does not count.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        !self.line.is_untouched()
    }

    /// Returns the known parts of method and target, for the record of a refused request.
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
    /// Number of bytes, including the empty line.
    pub len: usize,
    /// Framing of the body.
    pub framing: Framing,
    /// Whether the client allows a persistent connection (RFC 9112, section 9.3).
    pub keep_alive: bool,
    /// Whether the client expects 100 (Continue) (RFC 9110, section 10.1.1).
    pub expects_continue: bool,
    /// Whether the client expects something else. An empty `Expect` is ignored.
    pub expects_other: bool,
    /// Whether the client offers another protocol (RFC 9110, section 7.8).
    pub upgrade: bool,
    line: RequestLine,
    fields: FieldLines,
}

impl Parsed {
    /// Returns the version whose rules apply.
    #[must_use]
    pub fn version(&self) -> Version {
        self.line.version
    }

    /// Splits the head off the beginning of `buf`, without copying.
    #[must_use]
    pub fn take_head(self, buf: &mut BytesMut) -> RequestHead {
        let raw = buf.split_to(self.len.min(buf.len())).freeze();
        let fields = Fields::new(raw, self.fields.list);
        RequestHead::raw_head(self.line.method, self.line.version, self.line.target, self.line.version_text, fields)
    }
}

/// Parses the head of a request at the beginning of `buf`. Returns `None` when more bytes are needed. The next call,
/// with more bytes and the same `scan`, continues where this one stopped. So the work is linear, and the outcome the
/// same, however the bytes arrive. The next head needs a new `scan`.
///
/// One empty line before the request line is skipped and belongs to the head (RFC 9112, section 2.2).
///
/// # Errors
/// A [`Refusal`], as soon as the bytes cannot become an acceptable request.
pub fn parse(buf: &[u8], scan: &mut Scan, limits: &Limits) -> Result<Option<Parsed>, Refusal> {
    // Positions in a head have 32 bits.
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
