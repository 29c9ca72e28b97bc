//! Compiles values: fields, lines of a head, templates, base64.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;

use super::{
    problems::{Problems, below, quote},
    program::FieldOp,
    step::{Field, Octets},
    template::Template,
};

/// Compiler of values, which collects problems.
pub(super) struct Compiler<'c> {
    pub(super) problems: &'c mut Problems,
}

impl Compiler<'_> {
    pub(super) fn fields(&mut self, fields: &[Field], at: &str) -> Vec<FieldOp> {
        let fields = fields.iter().enumerate();
        fields.map(|(index, field)| self.field(field, &below(at, index))).collect()
    }

    fn field(&mut self, Field(name, value): &Field, at: &str) -> FieldOp {
        if !is_token(name) {
            self.problems.add(below(at, 0), format!("{} is no name of a field (RFC 9110, section 5.1)", quote(name)));
        }
        let at = below(at, 1);
        let value = match value {
            Octets::Text(text) => self.line(text, &at),
            Octets::Base64(base64) => {
                let bytes = self.base64(&base64.base64, &below(&at, "base64"));
                self.one_line(&bytes, &at);
                Template::Plain(bytes)
            }
        };
        FieldOp { name: Bytes::copy_from_slice(name.as_bytes()), value }
    }

    pub(super) fn reason(&mut self, reason: Option<&str>, at: &str) -> Option<Template> {
        reason.map(|text| self.line(text, &below(at, "reason")))
    }

    /// Compiles a text that has to stay on one line of the head.
    fn line(&mut self, text: &str, at: &str) -> Template {
        self.one_line(text.as_bytes(), at);
        self.template(text, at)
    }

    fn one_line(&mut self, line: &[u8], at: &str) {
        if line.iter().any(|byte| byte.is_ascii_control() && *byte != b'\t') {
            self.problems.add(at, "must have no line break and no other control character; raw may");
        } else if line.trim_ascii().len() != line.len() {
            self.problems.add(at, "must not begin or end with white space; raw may");
        }
    }

    pub(super) fn template(&mut self, text: &str, at: &str) -> Template {
        Template::parse(text).unwrap_or_else(|message| {
            self.problems.add(at, message);
            Template::Plain(Bytes::new())
        })
    }

    pub(super) fn base64(&mut self, text: &str, at: &str) -> Bytes {
        STANDARD.decode(text).map(Bytes::from).unwrap_or_else(|error| {
            self.problems.add(at, format!("must be base64 with padding: {error}"));
            Bytes::new()
        })
    }

    /// Checks size and pause of pieces.
    pub(super) fn pace(&mut self, piece: Option<u64>, pause_ms: Option<u32>, at: &str) {
        if pause_ms.is_some() && piece.is_none() {
            self.problems.add(below(at, "pause_ms"), "needs piece: it is the pause between two pieces");
        }
    }
}

/// Returns true for a token (RFC 9110, section 5.6.2).
pub(super) fn is_token(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}
