//! Field lines up to the empty line that ends them, for heads and for trailers.

use super::{
    classes::{BLANK, TOKEN, VALUE, is, span},
    rule::{Refusal, Rule},
};
use crate::request::Field;

/// Where in a line the reader is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Part {
    /// At the beginning of a line.
    #[default]
    Line,
    Name,
    /// After white space in or behind a name, which began there.
    NameBlank(usize),
    /// In front of a value.
    ValueBlank,
    Value,
    /// After the carriage return of a line without a colon.
    Cut,
    /// After the carriage return of a field.
    End,
    /// After the carriage return of the empty line.
    LastEnd,
}

/// Field lines that are being read.
#[derive(Debug, Default)]
pub(super) struct FieldLines {
    part: Part,
    field: Field,
    /// The fields that are complete.
    pub(super) list: Vec<Field>,
}

impl FieldLines {
    /// Goes on at `at`, and leaves it behind what was looked at. True at the end of the empty line. Each field is shown to
    /// `complete` when its line has ended; more fields than `most` are refused.
    pub(super) fn read(
        &mut self,
        buf: &[u8],
        at: &mut usize,
        most: usize,
        mut complete: impl FnMut(Field) -> Result<(), Refusal>,
    ) -> Result<bool, Refusal> {
        loop {
            match self.part {
                Part::Name => *at = span(buf, *at, TOKEN),
                Part::Value => *at = span(buf, *at, VALUE),
                Part::NameBlank(_) | Part::ValueBlank => *at = span(buf, *at, BLANK),
                _ => {}
            }
            let Some(&byte) = buf.get(*at) else { return Ok(false) };
            // Heads are shorter than 4 GiB: parse() sees to that.
            let here = *at as u32;
            match (self.part, byte) {
                (Part::LastEnd, b'\n') => {
                    *at += 1;
                    return Ok(true);
                }
                (Part::End, b'\n') => {
                    complete(self.field)?;
                    self.keep();
                    self.part = Part::Line;
                }
                (Part::Cut, b'\n') => return Err(Refusal::new(Rule::BadFieldName, *at - 1)),
                (Part::Cut | Part::End | Part::LastEnd, _) => return Err(Refusal::new(Rule::BareCr, *at - 1)),
                (Part::NameBlank(blank), b':') => return Err(Refusal::new(Rule::SpaceBeforeColon, blank)),
                (Part::NameBlank(blank), _) => return Err(Refusal::new(Rule::BadFieldName, blank)),
                (_, b'\n') => return Err(Refusal::new(Rule::BareLf, *at)),
                (Part::Line, b'\r') => self.part = Part::LastEnd,
                (Part::Line, b' ' | b'\t') => return Err(Refusal::new(Rule::LineFolding, *at)),
                (Part::Line, _) if !is(byte, TOKEN) => return Err(Refusal::new(Rule::BadFieldName, *at)),
                (Part::Line, _) if self.list.len() >= most => return Err(Refusal::new(Rule::TooManyFields, *at)),
                (Part::Line, _) => {
                    self.field.name = here;
                    self.part = Part::Name;
                }
                (Part::Name, b':') => {
                    self.field.name_end = here;
                    self.part = Part::ValueBlank;
                }
                (Part::Name, b' ' | b'\t') => self.part = Part::NameBlank(*at),
                (Part::Name, b'\r') => self.part = Part::Cut,
                (Part::Name, _) => return Err(Refusal::new(Rule::BadFieldName, *at)),
                (Part::ValueBlank, _) => {
                    self.field.value = here;
                    self.part = Part::Value;
                    continue;
                }
                (Part::Value, b'\r') => {
                    self.field.value_end = self.trimmed(buf, *at);
                    self.part = Part::End;
                }
                (Part::Value, _) => return Err(Refusal::new(Rule::ControlInField, *at)),
            }
            *at += 1;
        }
    }

    /// The end of the value before `end`, white space left out.
    fn trimmed(&self, buf: &[u8], end: usize) -> u32 {
        let start = self.field.value as usize;
        let blanks = buf[start..end].iter().rev().take_while(|byte| is(**byte, BLANK)).count();
        (end - blanks) as u32
    }

    fn keep(&mut self) {
        if self.list.is_empty() {
            // Most requests fit, so that the list is allocated once.
            self.list.reserve(16);
        }
        self.list.push(self.field);
    }
}
