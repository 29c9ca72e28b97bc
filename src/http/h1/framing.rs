//! Body length and connection persistence, from the fields of a head.

use actix_web::http::Version;

use super::rule::{Refusal, Rule};
use crate::request::is_host;

/// How the body of a request is delimited (RFC 9112, section 6.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Framing {
    /// No body.
    #[default]
    None,
    /// `Content-Length`, in bytes.
    Length(u64),
    /// `Transfer-Encoding: chunked`.
    Chunked,
}

/// Facts from the fields seen so far.
#[derive(Debug, Default)]
pub(super) struct Facts {
    has_host: bool,
    length: Option<u64>,
    /// Position of the last transfer coding; that of the field when it names none.
    coding: Option<usize>,
    ends_chunked: bool,
    unknown_coding: Option<usize>,
    close: bool,
    keep_alive: bool,
    connection_upgrade: bool,
    upgrade: bool,
    pub(super) expects_continue: bool,
    pub(super) expects_other: bool,
}

impl Facts {
    /// Evaluates a field. `name_at` and `value_at` are positions in the head.
    pub(super) fn see(
        &mut self,
        version: Version,
        (name, name_at): (&[u8], usize),
        (value, value_at): (&[u8], usize),
    ) -> Result<(), Refusal> {
        let is = |known: &str| name.eq_ignore_ascii_case(known.as_bytes());
        match name.len() {
            4 if is("host") => {
                if std::mem::replace(&mut self.has_host, true) {
                    return Err(Refusal::new(Rule::SeveralHosts, name_at));
                }
                if !is_host(value) {
                    return Err(Refusal::new(Rule::BadHost, value_at));
                }
            }
            6 if is("expect") => {
                for (member, _) in members(value) {
                    let is_continue = member.eq_ignore_ascii_case(b"100-continue");
                    // HTTP/1.0 has no interim responses (RFC 9110, section 10.1.1).
                    self.expects_continue |= is_continue && version != Version::HTTP_10;
                    self.expects_other |= !is_continue;
                }
            }
            7 if is("upgrade") => self.upgrade |= members(value).next().is_some(),
            10 if is("connection") => {
                for (option, _) in members(value) {
                    self.close |= option.eq_ignore_ascii_case(b"close");
                    self.keep_alive |= option.eq_ignore_ascii_case(b"keep-alive");
                    self.connection_upgrade |= option.eq_ignore_ascii_case(b"upgrade");
                }
            }
            14 if is("content-length") => self.see_length(name_at, value, value_at)?,
            17 if is("transfer-encoding") => self.see_coding(version, name_at, value, value_at)?,
            _ => {}
        }
        Ok(())
    }

    /// Accepts one field line with one decimal number. RFC 9110, section 8.6 also allows reading `5, 5` as 5. That is
    /// refused here, because other servers on the path may read it differently.
    fn see_length(&mut self, name_at: usize, value: &[u8], value_at: usize) -> Result<(), Refusal> {
        if self.coding.is_some() {
            return Err(Refusal::new(Rule::LengthAndChunked, name_at));
        }
        if self.length.is_some() {
            return Err(Refusal::new(Rule::ConflictingContentLengths, name_at));
        }
        let digits = value.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (number, rest) = value.split_at(digits);
        if rest.trim_ascii_start().starts_with(b",") {
            return Err(Refusal::new(Rule::ConflictingContentLengths, value_at + digits));
        }
        let number = std::str::from_utf8(number).ok().filter(|_| rest.is_empty());
        self.length = number.and_then(|number| number.parse().ok());
        // A value that is empty or has digits only is refused as a whole: it is missing or too large.
        let at = if rest.is_empty() { value_at } else { value_at + digits };
        self.length.map(|_| ()).ok_or(Refusal::new(Rule::BadContentLength, at))
    }

    fn see_coding(&mut self, version: Version, name_at: usize, value: &[u8], value_at: usize) -> Result<(), Refusal> {
        if version == Version::HTTP_10 {
            return Err(Refusal::new(Rule::TransferCodingIn10, name_at));
        }
        if self.length.is_some() {
            return Err(Refusal::new(Rule::LengthAndChunked, name_at));
        }
        self.coding = self.coding.or(Some(name_at));
        for (coding, index) in members(value) {
            let at = value_at + index;
            if self.ends_chunked {
                return Err(Refusal::new(Rule::ChunkedNotLast, at));
            }
            self.coding = Some(at);
            // `chunked` has no parameters (RFC 9112, section 7.1).
            self.ends_chunked = coding.eq_ignore_ascii_case(b"chunked");
            if !self.ends_chunked {
                self.unknown_coding = self.unknown_coding.or(Some(at));
            }
        }
        Ok(())
    }

    /// Returns the framing, once all fields have been seen. `end` is the position of the empty line.
    pub(super) fn framing(&self, version: Version, end: usize) -> Result<Framing, Refusal> {
        if !self.has_host && version != Version::HTTP_10 {
            return Err(Refusal::new(Rule::MissingHost, end));
        }
        match (self.coding, self.length) {
            (Some(coding), _) if !self.ends_chunked => Err(Refusal::new(Rule::ChunkedNotLast, coding)),
            (Some(_), _) => match self.unknown_coding {
                Some(unknown) => Err(Refusal::new(Rule::UnknownTransferCoding, unknown)),
                None => Ok(Framing::Chunked),
            },
            (None, Some(length)) => Ok(Framing::Length(length)),
            (None, None) => Ok(Framing::None),
        }
    }

    /// Returns true when the client allows a persistent connection (RFC 9112, section 9.3).
    pub(super) fn keeps_alive(&self, version: Version) -> bool {
        !self.close && (version != Version::HTTP_10 || self.keep_alive)
    }

    /// Returns true when the client offers another protocol; never on HTTP/1.0 (RFC 9110, section 7.8).
    pub(super) fn upgrades(&self, version: Version) -> bool {
        self.upgrade && self.connection_upgrade && version != Version::HTTP_10
    }
}

/// Iterates over the members of a list and their positions, without empty ones (RFC 9110, section 5.6.1). Commas in
/// quoted strings also separate, since the members looked for here have no quotes.
fn members(value: &[u8]) -> impl Iterator<Item = (&[u8], usize)> {
    let mut start = 0;
    value.split(|byte| *byte == b',').filter_map(move |piece| {
        let at = start + piece.len() - piece.trim_ascii_start().len();
        start += piece.len() + 1;
        let member = piece.trim_ascii();
        (!member.is_empty()).then_some((member, at))
    })
}
