//! Incremental decoder for chunked bodies (RFC 9112, section 7.1).

use std::{cell::RefCell, rc::Rc};

use bytes::{Buf as _, Bytes, BytesMut};

use super::{
    classes::{VALUE, span},
    field_lines::FieldLines,
    parse::Limits,
    rule::{Refusal, Rule},
};
use crate::request::{ChunkRecord, Fields};

/// Most digits of a chunk size, including leading zeros.
const DIGITS_MAX: u8 = 16;
/// Most bytes of chunk extensions in a body, including white space before them.
const EXTENSIONS_MAX: usize = 64 * 1024;
/// Most chunk sizes on record.
const SIZES_KEPT: usize = 64;
/// Most bytes of extensions on record, and most chunks they may come from.
const EXTENSIONS_KEPT: (usize, usize) = (1024, 16);
/// Smaller pieces are copied together, so that many tiny chunks become one piece.
const SMALL: usize = 1024;
/// Size at which a gathered piece is returned.
const GATHERED: usize = 16 * 1024;

/// Result of one decoding step.
#[derive(Debug, PartialEq, Eq)]
pub enum Piece {
    /// Bytes of the body, at least one.
    Data(Bytes),
    /// The body and its trailers are complete. The remaining bytes in the buffer belong to the next request.
    End,
    /// More bytes are needed.
    More,
}

/// Position of the decoder in the syntax of the body.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Part {
    #[default]
    Size,
    /// White space after a size, which only an extension may follow.
    Blank,
    Extension,
    /// After the carriage return of a size line.
    SizeEnd,
    Data,
    /// After the data.
    DataEnd,
    /// After the carriage return that follows the data.
    DataLineEnd,
    Trailers,
    Done,
}

/// Decoder of one chunked body.
#[derive(Debug)]
pub struct Decoder {
    limits: Limits,
    part: Part,
    /// Size of the current chunk: first the part read so far, then the bytes left.
    size: u64,
    digits: u8,
    extension_bytes: usize,
    trailer_lines: FieldLines,
    trailer_at: usize,
    /// Record of the framing so far. The facts of the request share it.
    pub record: Rc<RefCell<ChunkRecord>>,
}

impl Decoder {
    /// Creates a decoder for a new body. Trailers have the limits of a head.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            part: Part::Size,
            size: 0,
            digits: 0,
            extension_bytes: 0,
            trailer_lines: FieldLines::default(),
            trailer_at: 0,
            record: Rc::default(),
        }
    }

    /// Decodes bytes from `buf` and removes them. Only trailers stay in it until they are complete, so the buffer has
    /// to hold up to [`Limits::head_bytes`].
    ///
    /// # Errors
    /// A [`Refusal`] with its position in the encoded body, after all data before it has been returned. Further calls
    /// return the same error.
    pub fn step(&mut self, buf: &mut BytesMut) -> Result<Piece, Refusal> {
        let mut at = 0;
        let mut gathered = BytesMut::new();
        let outcome = self.framing(buf, &mut at, &mut gathered);
        buf.advance(at);
        self.record.borrow_mut().taken += at;
        if !gathered.is_empty() {
            // The next call meets an error again: its byte is still in the buffer.
            return Ok(Piece::Data(gathered.freeze()));
        }
        outcome.map_err(|(rule, back)| Refusal::new(rule, self.taken() - back))?;
        match self.part {
            Part::Data if !buf.is_empty() => {
                let length = usize::try_from(self.size).unwrap_or(usize::MAX).min(buf.len());
                self.record.borrow_mut().taken += length;
                self.pass(length);
                Ok(Piece::Data(buf.split_to(length).freeze()))
            }
            Part::Trailers => self.read_trailers(buf),
            Part::Done => Ok(Piece::End),
            _ => Ok(Piece::More),
        }
    }

    /// Reads framing and small data from `at` on, up to large data, trailers, or the end of `buf`. An error holds the
    /// broken rule and its distance before `at`.
    fn framing(&mut self, buf: &[u8], at: &mut usize, gathered: &mut BytesMut) -> Result<(), (Rule, usize)> {
        while let Some(&byte) = buf.get(*at) {
            match (self.part, byte) {
                (Part::Size, _) if byte.is_ascii_hexdigit() => {
                    if self.digits == DIGITS_MAX {
                        return Err((Rule::BadChunkSize, 0));
                    }
                    let digit = (byte as char).to_digit(16).unwrap_or_default();
                    self.size = self.size << 4 | u64::from(digit);
                    self.digits += 1;
                }
                (Part::Size | Part::Extension, b'\r') if self.digits > 0 => self.part = Part::SizeEnd,
                (Part::Size | Part::Extension | Part::DataEnd, b'\n') => return Err((Rule::BareLf, 0)),
                (Part::Size | Part::Blank, b' ' | b'\t') if self.digits > 0 => {
                    self.part = Part::Blank;
                    if self.count_extension(1) == 0 {
                        return Err((Rule::BadChunkExtension, 0));
                    }
                }
                (Part::Size | Part::Blank, b';') if self.digits > 0 => {
                    self.part = Part::Extension;
                    self.begin_extension();
                    continue;
                }
                (Part::Size | Part::Blank, _) => return Err((Rule::BadChunkSize, 0)),
                (Part::Extension, _) => {
                    let end = span(buf, *at, VALUE);
                    if end == *at {
                        return Err((Rule::BadChunkExtension, 0));
                    }
                    let fitting = self.count_extension(end - *at);
                    self.keep_extension(&buf[*at..*at + fitting]);
                    *at += fitting;
                    if *at < end {
                        return Err((Rule::BadChunkExtension, 0));
                    }
                    continue;
                }
                (Part::SizeEnd, b'\n') => self.begin_data(),
                (Part::DataLineEnd, b'\n') => self.part = Part::Size,
                (Part::SizeEnd | Part::DataLineEnd, _) => return Err((Rule::BareCr, 1)),
                (Part::Data, _) => {
                    let there = buf.len() - *at;
                    let length = usize::try_from(self.size).unwrap_or(usize::MAX).min(there);
                    if length >= SMALL || gathered.len() >= GATHERED {
                        return Ok(());
                    }
                    gathered.extend_from_slice(&buf[*at..*at + length]);
                    *at += length;
                    self.pass(length);
                    continue;
                }
                (Part::DataEnd, b'\r') => self.part = Part::DataLineEnd,
                (Part::DataEnd, _) => return Err((Rule::BadChunkEnd, 0)),
                (Part::Trailers | Part::Done, _) => return Ok(()),
            }
            *at += 1;
        }
        Ok(())
    }

    /// Number of bytes decoded.
    fn taken(&self) -> usize {
        self.record.borrow().taken
    }

    fn begin_data(&mut self) {
        self.digits = 0;
        if self.size == 0 {
            self.part = Part::Trailers;
            return;
        }
        self.part = Part::Data;
        let record = &mut *self.record.borrow_mut();
        if record.sizes.len() < SIZES_KEPT {
            record.sizes.push(self.size);
        }
        record.chunks += 1;
    }

    fn pass(&mut self, length: usize) {
        self.size -= length as u64;
        if self.size == 0 {
            self.part = Part::DataEnd;
        }
    }

    /// Counts `length` bytes of an extension. Returns how many are within the limit (RFC 9112, section 7.1.1).
    fn count_extension(&mut self, length: usize) -> usize {
        let fitting = length.min(EXTENSIONS_MAX - self.extension_bytes);
        self.extension_bytes += fitting;
        fitting
    }

    fn begin_extension(&mut self) {
        let record = &mut *self.record.borrow_mut();
        if record.extensions.len() < EXTENSIONS_KEPT.1 {
            record.extensions.push((record.chunks, Vec::new()));
        }
    }

    fn keep_extension(&mut self, bytes: &[u8]) {
        let record = &mut *self.record.borrow_mut();
        let kept: usize = record.extensions.iter().map(|(_, text)| text.len()).sum();
        if let Some((chunk, text)) = record.extensions.last_mut()
            && *chunk == record.chunks
        {
            text.extend_from_slice(&bytes[..bytes.len().min(EXTENSIONS_KEPT.0 - kept)]);
        }
    }

    fn read_trailers(&mut self, buf: &mut BytesMut) -> Result<Piece, Refusal> {
        let most = self.limits.head_bytes.min(u32::MAX as usize);
        let text = &buf[..buf.len().min(most)];
        let read = self.trailer_lines.read(text, &mut self.trailer_at, self.limits.fields, |_| Ok(()));
        let is_complete = read.map_err(|Refusal { rule, at }| {
            let rule = match rule {
                Rule::BareCr | Rule::BareLf => rule,
                Rule::TooManyFields => Rule::TrailersTooLarge,
                _ => Rule::BadTrailer,
            };
            Refusal::new(rule, self.taken() + at)
        })?;
        if is_complete {
            self.part = Part::Done;
            let record = &mut *self.record.borrow_mut();
            record.taken += self.trailer_at;
            let list = std::mem::take(&mut self.trailer_lines.list);
            record.trailers = Fields::new(buf.split_to(self.trailer_at).freeze(), list);
            Ok(Piece::End)
        } else if text.len() < most {
            Ok(Piece::More)
        } else {
            Err(Refusal::new(Rule::TrailersTooLarge, self.taken() + most))
        }
    }
}
