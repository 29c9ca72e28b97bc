//! Rewriting of a JSON document in canonical form.
//!
//! A first pass checks the document and writes it in the order of the source; a second pass over the output sorts the
//! objects whose keys were out of order. So the work is linear in the size of the document (except for sorting keys),
//! whatever is nested or repeated, and recursion is limited to [`DEPTH_MAX`].

use std::ops::Range;

use super::{RawJson, json_string};

/// Maximum nesting of arrays and objects.
pub const DEPTH_MAX: usize = 128;

/// Rewrites the JSON document `body` (RFC 8259): no white space, keys sorted by the bytes of their UTF-8 form, the last
/// of equal keys, numbers unchanged, strings with the escapes of [`json`](super::json). An escaped surrogate without
/// its partner becomes U+FFFD.
///
/// Returns `None` for anything but a JSON document (also for a byte order mark or invalid UTF-8), and for more than
/// [`DEPTH_MAX`] levels.
#[must_use]
pub fn canonical(body: &[u8]) -> Option<RawJson> {
    let text = std::str::from_utf8(body).ok()?;
    let mut source = Rewriter::new(text);
    source.document()?;
    String::from_utf8(source.order()).ok().map(RawJson::trusted)
}

/// Array or object that is still open.
enum Open {
    Array,
    Object(Object),
}

struct Object {
    /// Its start in the output.
    start: usize,
    /// Its first member in [`Rewriter::members`].
    first: usize,
    /// The length of [`Rewriter::keys`] before its first key.
    keys: usize,
    /// True while the keys are in order.
    ordered: bool,
}

/// Member of an open object.
struct Member {
    /// The decoded key in [`Rewriter::keys`].
    key: Range<usize>,
    /// `"key":value` in the output.
    text: Range<usize>,
}

/// Finished object with members out of order.
struct Disorder {
    /// Position of the object in the output, braces included.
    text: Range<usize>,
    /// Its members in the right order, in [`Rewriter::pieces`].
    pieces: Range<usize>,
}

struct Rewriter<'b> {
    text: &'b str,
    at: usize,
    out: Vec<u8>,
    open: Vec<Open>,
    members: Vec<Member>,
    keys: Vec<u8>,
    pieces: Vec<Range<usize>>,
    disorders: Vec<Disorder>,
}

impl<'b> Rewriter<'b> {
    fn new(text: &'b str) -> Self {
        Self {
            text,
            at: 0,
            out: Vec::with_capacity(text.len()),
            open: Vec::new(),
            members: Vec::new(),
            keys: Vec::new(),
            pieces: Vec::new(),
            disorders: Vec::new(),
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    /// Consumes the next byte if it is `byte`.
    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn skip_whitespace(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    fn document(&mut self) -> Option<()> {
        loop {
            self.skip_whitespace();
            if self.begin_value()? {
                continue;
            }
            loop {
                self.skip_whitespace();
                let Some(open) = self.open.last() else {
                    return (self.at == self.text.len()).then_some(());
                };
                let closing = if matches!(open, Open::Array) { b']' } else { b'}' };
                self.end_member();
                let byte = self.next()?;
                if byte == b',' {
                    self.out.push(b',');
                    self.begin_member()?;
                    break;
                }
                if byte != closing {
                    return None;
                }
                self.out.push(closing);
                self.end_container();
            }
        }
    }

    /// Writes a scalar or an empty container, or opens a container and returns it.
    fn begin_value(&mut self) -> Option<bool> {
        match self.peek()? {
            b'[' => self.begin_container(b']'),
            b'{' => self.begin_container(b'}'),
            b'"' => self.string().map(|()| false),
            b't' => self.literal("true"),
            b'f' => self.literal("false"),
            b'n' => self.literal("null"),
            _ => self.number().map(|()| false),
        }
    }

    fn begin_container(&mut self, closing: u8) -> Option<bool> {
        if self.open.len() == DEPTH_MAX {
            return None;
        }
        let start = self.out.len();
        let opening = self.next()?;
        self.out.push(opening);
        self.skip_whitespace();
        if self.take(closing) {
            self.out.push(closing);
            return Some(false);
        }
        if closing == b']' {
            self.open.push(Open::Array);
        } else {
            let (first, keys) = (self.members.len(), self.keys.len());
            self.open.push(Open::Object(Object { start, first, keys, ordered: true }));
            self.begin_member()?;
        }
        Some(true)
    }

    /// Writes the key of an object's next member, and its colon. Array elements have none.
    fn begin_member(&mut self) -> Option<()> {
        if !matches!(self.open.last(), Some(Open::Object(_))) {
            return Some(());
        }
        self.skip_whitespace();
        let (start, key_start) = (self.out.len(), self.keys.len());
        if !self.take(b'"') {
            return None;
        }
        let mut keys = std::mem::take(&mut self.keys);
        let decoded = self.decode_string(&mut keys);
        self.keys = keys;
        decoded?;
        let key = key_start..self.keys.len();
        json_string::push_str(&mut self.out, std::str::from_utf8(self.keys.get(key.clone())?).ok()?);
        self.skip_whitespace();
        if !self.take(b':') {
            return None;
        }
        self.out.push(b':');
        if let Some(Open::Object(object)) = self.open.last_mut() {
            if let Some(before) = self.members.get(object.first..).and_then(<[Member]>::last) {
                object.ordered &= self.keys[before.key.clone()] < self.keys[key.clone()];
            }
            self.members.push(Member { key, text: start..start });
        }
        Some(())
    }

    fn end_member(&mut self) {
        if let (Some(Open::Object(_)), Some(member)) = (self.open.last(), self.members.last_mut()) {
            member.text.end = self.out.len();
        }
    }

    fn end_container(&mut self) {
        let Some(Open::Object(object)) = self.open.pop() else { return };
        if !object.ordered {
            let members = &mut self.members[object.first..];
            let keys = &self.keys;
            // Stable, so that equal keys stay in the order of the source and the last one wins.
            members.sort_by(|a, b| keys[a.key.clone()].cmp(&keys[b.key.clone()]));
            let first_piece = self.pieces.len();
            let equal_keys = members.chunk_by(|a, b| keys[a.key.clone()] == keys[b.key.clone()]);
            self.pieces.extend(equal_keys.filter_map(<[Member]>::last).map(|member| member.text.clone()));
            let pieces = first_piece..self.pieces.len();
            self.disorders.push(Disorder { text: object.start..self.out.len(), pieces });
        }
        self.members.truncate(object.first);
        self.keys.truncate(object.keys);
    }

    fn literal(&mut self, word: &str) -> Option<bool> {
        if !self.text.as_bytes()[self.at..].starts_with(word.as_bytes()) {
            return None;
        }
        self.at += word.len();
        self.out.extend_from_slice(word.as_bytes());
        Some(false)
    }

    fn number(&mut self) -> Option<()> {
        let start = self.at;
        self.take(b'-');
        if !self.take(b'0') {
            self.digits()?;
        }
        if self.take(b'.') {
            self.digits()?;
        }
        if self.take(b'e') || self.take(b'E') {
            let _ = self.take(b'+') || self.take(b'-');
            self.digits()?;
        }
        self.out.extend_from_slice(&self.text.as_bytes()[start..self.at]);
        Some(())
    }

    /// Copies one or more digits.
    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }

    fn string(&mut self) -> Option<()> {
        self.at += 1;
        let plain = self.plain();
        if self.take(b'"') {
            json_string::push_str(&mut self.out, plain);
            return Some(());
        }
        let mut decoded = plain.as_bytes().to_vec();
        self.decode_string(&mut decoded)?;
        json_string::push_str(&mut self.out, std::str::from_utf8(&decoded).ok()?);
        Some(())
    }

    /// Copies characters that need no escape.
    fn plain(&mut self) -> &'b str {
        let rest = &self.text[self.at..];
        let length = rest.bytes().position(|byte| byte < 0x20 || byte == b'"' || byte == b'\\').unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    /// Appends the rest of a string to `into`, up to its closing quote.
    fn decode_string(&mut self, into: &mut Vec<u8>) -> Option<()> {
        loop {
            into.extend_from_slice(self.plain().as_bytes());
            match self.next()? {
                b'"' => return Some(()),
                b'\\' => {
                    let decoded = self.escape()?;
                    into.extend_from_slice(decoded.encode_utf8(&mut [0; 4]).as_bytes());
                }
                _ => return None,
            }
        }
    }

    /// Decodes the rest of an escape after the backslash.
    fn escape(&mut self) -> Option<char> {
        Some(match self.next()? {
            byte @ (b'"' | b'\\' | b'/') => char::from(byte),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let unit = self.code_unit()?;
                let partner = if (0xD800..0xDC00).contains(&unit) { self.low_surrogate() } else { None };
                let code = partner.map_or(unit, |low| 0x1_0000 + ((unit - 0xD800) << 10) + (low - 0xDC00));
                char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
            }
            _ => return None,
        })
    }

    /// Parses four hex digits.
    fn code_unit(&mut self) -> Option<u32> {
        let mut unit = 0;
        for _ in 0..4 {
            unit = unit << 4 | char::from(self.next()?).to_digit(16)?;
        }
        Some(unit)
    }

    /// Consumes the following escape if it is the second half of a surrogate pair.
    fn low_surrogate(&mut self) -> Option<u32> {
        let start = self.at;
        let unit = if self.take(b'\\') && self.take(b'u') { self.code_unit() } else { None };
        let low = unit.filter(|unit| (0xDC00..0xE000).contains(unit));
        if low.is_none() {
            self.at = start;
        }
        low
    }

    /// Returns the output with all objects sorted.
    fn order(mut self) -> Vec<u8> {
        if self.disorders.is_empty() {
            return self.out;
        }
        self.disorders.sort_unstable_by_key(|disorder| disorder.text.start);
        let mut ordered = Vec::with_capacity(self.out.len());
        self.copy(0..self.out.len(), &mut ordered);
        ordered
    }

    /// Appends a part of the output to `into` with all objects sorted. Recurses once per level.
    fn copy(&self, part: Range<usize>, into: &mut Vec<u8>) {
        let mut at = part.start;
        loop {
            let next = self.disorders.partition_point(|disorder| disorder.text.start < at);
            let Some(disorder) = self.disorders.get(next).filter(|disorder| disorder.text.start < part.end) else {
                break;
            };
            into.extend_from_slice(&self.out[at..disorder.text.start]);
            into.push(b'{');
            for (index, piece) in self.pieces[disorder.pieces.clone()].iter().enumerate() {
                if index > 0 {
                    into.push(b',');
                }
                self.copy(piece.clone(), into);
            }
            into.push(b'}');
            at = disorder.text.end;
        }
        into.extend_from_slice(&self.out[at..part.end]);
    }
}

#[cfg(test)]
mod tests;
