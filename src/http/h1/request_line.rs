//! Incremental parser for the request line: method, target and version.

use std::ops::Range;

use actix_web::http::{Method, Version};

use super::{
    classes::{TARGET, TOKEN, span},
    rule::{Refusal, Rule},
};
use crate::request::TargetForm;

/// Most bytes of a method. The server accepts any method, so this is only a sanity limit.
const METHOD_MAX: usize = 64;

/// Position of the parser in the line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Part {
    /// Before the line. One empty line is skipped here (RFC 9112, section 2.2); a second is refused.
    #[default]
    Start,
    /// After the carriage return of an empty line.
    EmptyLine,
    Method,
    Target,
    Version,
    /// After a carriage return that comes too early. Holds the rule that is broken if a line feed follows.
    Cut(Rule),
    /// After the carriage return that ends the line.
    End,
}

/// State of the parser.
#[derive(Debug, Default)]
pub(super) struct RequestLine {
    part: Part,
    /// Start of the current word.
    word: usize,
    /// Method, once known.
    pub(super) method: Method,
    /// Position of the target.
    pub(super) target: Range<usize>,
    /// Position of the version.
    pub(super) version_text: Range<usize>,
    /// Version whose rules apply.
    pub(super) version: Version,
}

impl RequestLine {
    /// Returns true before the first byte of the line.
    pub(super) fn is_untouched(&self) -> bool {
        matches!(self.part, Part::Start | Part::EmptyLine)
    }

    /// Continues at `at`, and moves it past the examined bytes. Returns true at the end of the line.
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
                    // `Method` refuses some valid tokens: those with one of five bytes.
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

    /// Checks a byte of the third word against `HTTP/1.` and a digit.
    fn version_byte(&mut self, byte: u8, at: usize) -> Result<(), Refusal> {
        let index = at - self.word;
        let fits = match index {
            5 | 7 => byte.is_ascii_digit(),
            8 => false,
            _ => b"HTTP/_.".get(index) == Some(&byte),
        };
        if !fits {
            // A third word that is not a version, or a fourth word: most likely a space in the target.
            let spaced = (index == 0 && !byte.eq_ignore_ascii_case(&b'H')) || (index == 8 && byte == b' ');
            return Err(Refusal::new(if spaced { Rule::BadRequestLine } else { Rule::BadVersion }, at));
        }
        match (index, byte) {
            (5, b'1') | (0..=4 | 6, _) => Ok(()),
            (7, b'0') => {
                self.version = Version::HTTP_10;
                Ok(())
            }
            // Later 1.x versions follow the rules of 1.1 (RFC 9110, section 2.5), the default of `version`.
            (7, _) => Ok(()),
            _ => Err(Refusal::new(Rule::UnsupportedVersion, self.word)),
        }
    }
}
