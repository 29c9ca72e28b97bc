//! The request line: method, target and version, read from bytes that arrive piece by piece.

use std::ops::Range;

use actix_web::http::{Method, Version};

use super::{
    classes::{TARGET, TOKEN, span},
    rule::{Refusal, Rule},
};
use crate::request::TargetForm;

/// Longest method. The server answers any verb, so the bound is only a matter of sanity.
const METHOD_MAX: usize = 64;

/// Where in the line the reader is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Part {
    /// Before the line. One empty line is skipped here (RFC 9112, section 2.2), a second is refused.
    #[default]
    Start,
    /// After the carriage return of an empty line.
    EmptyLine,
    Method,
    Target,
    Version,
    /// After a carriage return that breaks the line too early: by that rule, if a line feed follows.
    Cut(Rule),
    /// After the line's own carriage return.
    End,
}

/// A request line that is being read.
#[derive(Debug, Default)]
pub(super) struct RequestLine {
    part: Part,
    /// Where the current word begins.
    word: usize,
    /// The method, once it is known.
    pub(super) method: Method,
    /// Where the target stands.
    pub(super) target: Range<usize>,
    /// Where the version stands.
    pub(super) version_text: Range<usize>,
    /// The version whose rules apply.
    pub(super) version: Version,
}

impl RequestLine {
    /// True before the first byte of the line.
    pub(super) fn is_untouched(&self) -> bool {
        matches!(self.part, Part::Start | Part::EmptyLine)
    }

    /// Goes on at `at`, and leaves it behind what was looked at. True at the end of the line.
    pub(super) fn read(&mut self, buf: &[u8], at: &mut usize, target_max: usize) -> Result<bool, Refusal> {
        loop {
            match self.part {
                Part::Method => *at = span(buf, *at, TOKEN),
                Part::Target => *at = span(buf, *at, TARGET),
                _ => {}
            }
            self.check_length(*at, target_max)?;
            let Some(&byte) = buf.get(*at) else { return Ok(false) };
            match (self.part, byte) {
                (Part::Start, b'\r') if *at == 0 => self.part = Part::EmptyLine,
                (Part::Start, _) => {
                    self.begin(Part::Method, *at);
                    continue;
                }
                (Part::EmptyLine, b'\n') => self.part = Part::Start,
                (Part::End, b'\n') => {
                    *at += 1;
                    return Ok(true);
                }
                (Part::Cut(rule), b'\n') => return Err(Refusal::new(rule, *at - 1)),
                (Part::EmptyLine | Part::Cut(_) | Part::End, _) => return Err(Refusal::new(Rule::BareCr, *at - 1)),
                (Part::Method, b' ') if *at > self.word => {
                    // The type knows all tokens but those with one of five bytes.
                    self.method = Method::from_bytes(&buf[self.word..*at])
                        .map_err(|_| Refusal::new(Rule::UnsupportedMethod, self.word))?;
                    self.begin(Part::Target, *at + 1);
                }
                (Part::Target, b' ') if *at > self.word => {
                    self.target = self.word..*at;
                    if TargetForm::of(self.method.as_str().as_bytes(), &buf[self.target.clone()]).is_none() {
                        return Err(Refusal::new(Rule::BadTarget, self.word));
                    }
                    self.begin(Part::Version, *at + 1);
                }
                (Part::Version, b'\r') if *at == self.word + 8 => {
                    self.version_text = self.word..*at;
                    self.part = Part::End;
                }
                (_, b'\n') => return Err(Refusal::new(Rule::BareLf, *at)),
                (part, b'\r') => {
                    let ends_in_version = part == Part::Version && *at > self.word;
                    self.part = Part::Cut(if ends_in_version { Rule::BadVersion } else { Rule::BadRequestLine });
                }
                (Part::Version, _) => self.version_byte(byte, *at)?,
                (Part::Method | Part::Target, b' ') => return Err(Refusal::new(Rule::BadRequestLine, *at)),
                (Part::Method, _) => return Err(Refusal::new(Rule::BadMethod, *at)),
                (Part::Target, _) => return Err(Refusal::new(Rule::BadTarget, *at)),
            }
            *at += 1;
        }
    }

    fn begin(&mut self, part: Part, at: usize) {
        self.part = part;
        self.word = at;
    }

    fn check_length(&self, at: usize, target_max: usize) -> Result<(), Refusal> {
        let (longest, rule) = match self.part {
            Part::Method => (METHOD_MAX, Rule::UnsupportedMethod),
            Part::Target => (target_max, Rule::TargetTooLong),
            _ => return Ok(()),
        };
        if at - self.word > longest { Err(Refusal::new(rule, self.word + longest)) } else { Ok(()) }
    }

    /// Holds a byte of the third word against `HTTP/1.` and a digit.
    fn version_byte(&mut self, byte: u8, at: usize) -> Result<(), Refusal> {
        let index = at - self.word;
        let fits = match index {
            5 | 7 => byte.is_ascii_digit(),
            8 => false,
            _ => b"HTTP/_.".get(index) == Some(&byte),
        };
        if !fits {
            // The third word is no version at all, or a fourth follows: more likely a space in the target.
            let spaced = (index == 0 && !byte.eq_ignore_ascii_case(&b'H')) || (index == 8 && byte == b' ');
            return Err(Refusal::new(if spaced { Rule::BadRequestLine } else { Rule::BadVersion }, at));
        }
        match (index, byte) {
            (5, b'1') | (0..=4 | 6, _) => Ok(()),
            (7, b'0') => {
                self.version = Version::HTTP_10;
                Ok(())
            }
            // A later version of 1 follows the rules of 1.1 (RFC 9110, section 2.5); `version` is that from the start.
            (7, _) => Ok(()),
            _ => Err(Refusal::new(Rule::UnsupportedVersion, self.word)),
        }
    }
}
