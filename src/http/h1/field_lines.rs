//! Parser for field lines up to the empty line that ends them, in heads and trailers.

use super::{
    classes::{BLANK, TOKEN, VALUE, is, span},
    rule::{Refusal, Rule},
};
use crate::request::Field;

/// Position of the parser in a line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Part {
    /// At the beginning of a line.
    #[default]
    Line,
    Name,
    /// After white space in or after a name. Holds where the white space began.
    NameBlank(usize),
    /// Before a value.
    ValueBlank,
    Value,
    /// After the carriage return of a line without a colon.
    Cut,
    /// After the carriage return of a field.
    End,
    /// After the carriage return of the final empty line.
    LastEnd,
}

/// State of the parser.
#[derive(Debug, Default)]
pub(super) struct FieldLines {
    part: Part,
    field: Field,
    /// Complete fields.
    pub(super) list: Vec<Field>,
}

impl FieldLines {
    /// Continues at `at`, and moves it past the examined bytes. Returns true after the final empty line. Calls
    /// `complete` with each complete field. Refuses more than `most` fields.
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
            // parse() limits heads to less than 4 GiB.
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

    /// Returns where the value that ends at `end` ends without trailing white space.
    fn trimmed(&self, buf: &[u8], end: usize) -> u32 {
        let start = self.field.value as usize;
        let blanks = buf[start..end].iter().rev().take_while(|byte| is(**byte, BLANK)).count();
        (end - blanks) as u32
    }

    fn keep(&mut self) {
        if self.list.is_empty() {
            // Enough for most requests, so that the list is allocated once.
            self.list.reserve(16);
        }
        self.list.push(self.field);
    }
}
