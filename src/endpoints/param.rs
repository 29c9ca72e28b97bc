//! Parameters: declared once, read by the handler and printed in the document.

use std::borrow::Cow;

use serde_json::{Value, json};

use super::Fault;
use crate::{
    request::RequestHead,
    wire::{Query, number},
};

/// Location of a parameter in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParamLocation {
    /// A `{name}` segment of the path, percent-decoded after matching.
    Path,
    /// The query string; the first of repeated values counts.
    Query,
    /// A request header.
    Header,
}

/// Description of a parameter in the document and the catalogue.
#[derive(Clone, Debug)]
pub struct ParamDoc {
    /// Name as sent.
    pub name: &'static str,
    /// Location.
    pub place: ParamLocation,
    /// Description in one sentence.
    pub about: &'static str,
    /// True when the parameter is required.
    pub required: bool,
    /// JSON Schema with type, default and bounds.
    pub schema: Value,
    /// Example value, as sent.
    pub example: Value,
}

/// Behaviour of all kinds of parameters.
pub trait Param: Send + Sync {
    /// Describes the parameter for the document and the catalogue.
    fn doc(&self) -> ParamDoc;
}

/// Integer as the HTTP API accepts it: decimal digits, optional sign, leading zeros, and nothing else.
#[derive(Debug)]
pub struct Int {
    name: &'static str,
    about: &'static str,
    least: i64,
    most: Option<i64>,
    default: Option<i64>,
    lenient: bool,
    example: i64,
}

impl Int {
    /// Declares an integer query parameter, 0 or more, 0 when missing.
    #[must_use]
    pub const fn query(name: &'static str, about: &'static str) -> Self {
        Self { name, about, least: 0, most: None, default: Some(0), lenient: false, example: 1 }
    }

    /// Sets the inclusive bounds. A minimum of 0 or 1 also determines the wording of the error.
    #[must_use]
    pub const fn between(mut self, least: i64, most: i64) -> Self {
        self.least = least;
        self.most = Some(most);
        self
    }

    /// Sets the minimum without a maximum (64 bits).
    #[must_use]
    pub const fn at_least(mut self, least: i64) -> Self {
        self.least = least;
        self
    }

    /// Sets the default for a missing or empty parameter.
    #[must_use]
    pub const fn or(mut self, default: i64) -> Self {
        self.default = Some(default);
        self
    }

    /// Makes the parameter required.
    #[must_use]
    pub const fn required(mut self) -> Self {
        self.default = None;
        self
    }

    /// Uses the default for malformed or too small values, and the nearest 64-bit number for values beyond 64 bits.
    #[must_use]
    pub const fn lenient(mut self) -> Self {
        self.lenient = true;
        self
    }

    /// Sets the example of the document.
    #[must_use]
    pub const fn example(mut self, example: i64) -> Self {
        self.example = example;
        self
    }

    /// Reads the value.
    ///
    /// # Errors
    /// 400 `<name> must be a … integer` when malformed, below the minimum, or required and missing; 400 `<name> N
    /// exceeds max M` when above the maximum.
    pub fn read(&self, query: &Query<'_>) -> Result<i64, Fault> {
        let text = query.first(self.name).unwrap_or(Cow::Borrowed(&[]));
        let value = match (self.default, self.lenient) {
            (Some(default), _) if text.is_empty() => default,
            (Some(default), true) => match number::integer_clamped(&text) {
                Some(value) if value >= self.least => value,
                _ => default,
            },
            _ => number::integer(&text).filter(|value| *value >= self.least).ok_or_else(|| self.unreadable())?,
        };
        match self.most {
            Some(most) if value > most => Err(Fault::bad_request(format!("{} {value} exceeds max {most}", self.name))),
            _ => Ok(value),
        }
    }

    /// Reads a value that is never negative, as a count.
    ///
    /// # Errors
    /// Same as [`Int::read`].
    pub fn count(&self, query: &Query<'_>) -> Result<u64, Fault> {
        Ok(u64::try_from(self.read(query)?).unwrap_or(0))
    }

    fn unreadable(&self) -> Fault {
        let kind = if self.least >= 1 { "a positive" } else { "a non-negative" };
        Fault::bad_request(format!("{} must be {kind} integer", self.name))
    }
}

impl Param for Int {
    fn doc(&self) -> ParamDoc {
        let mut schema = json!({"type": "integer", "format": "int64"});
        if let (Some(map), Some(default)) = (schema.as_object_mut(), self.default) {
            map.insert("default".into(), json!(default));
        }
        if let Some(map) = schema.as_object_mut() {
            map.insert("minimum".into(), json!(self.least));
            map.insert("maximum".into(), json!(self.most.unwrap_or(i64::MAX)));
        }
        ParamDoc {
            name: self.name,
            place: ParamLocation::Query,
            about: self.about,
            required: self.default.is_none(),
            schema,
            example: json!(self.example),
        }
    }
}

/// Decimal fraction clamped to `[0, 1]`. A malformed value counts as 0.
#[derive(Debug)]
pub struct Fraction {
    name: &'static str,
    about: &'static str,
    example: f64,
}

impl Fraction {
    /// Declares a fraction query parameter, 0 when missing.
    #[must_use]
    pub const fn query(name: &'static str, about: &'static str, example: f64) -> Self {
        Self { name, about, example }
    }

    /// Reads the value: in `[0, 1]`, never a negative zero.
    #[must_use]
    pub fn read(&self, query: &Query<'_>) -> f64 {
        let text = query.first(self.name).unwrap_or(Cow::Borrowed(&[]));
        let value = number::decimal(&text).unwrap_or(0.0).clamp(0.0, 1.0);
        if value == 0.0 { 0.0 } else { value }
    }
}

impl Param for Fraction {
    fn doc(&self) -> ParamDoc {
        ParamDoc {
            name: self.name,
            place: ParamLocation::Query,
            about: self.about,
            required: false,
            schema: json!({"type": "number", "default": 0, "minimum": 0, "maximum": 1}),
            example: json!(self.example),
        }
    }
}

/// Any text, percent-decoded. Bytes that are not UTF-8 stay unchanged.
#[derive(Debug)]
pub struct Text {
    name: &'static str,
    place: ParamLocation,
    about: &'static str,
    default: Option<&'static str>,
    required: bool,
    example: &'static str,
}

impl Text {
    /// Declares a text query parameter, empty when missing.
    #[must_use]
    pub const fn query(name: &'static str, about: &'static str, example: &'static str) -> Self {
        Self { name, place: ParamLocation::Query, about, default: None, required: false, example }
    }

    /// Declares the text of a path segment.
    #[must_use]
    pub const fn path(name: &'static str, about: &'static str, example: &'static str) -> Self {
        Self { name, place: ParamLocation::Path, about, default: None, required: true, example }
    }

    /// Documents the default.
    #[must_use]
    pub const fn or(mut self, default: &'static str) -> Self {
        self.default = Some(default);
        self
    }

    /// Documents that the handler refuses an empty value.
    #[must_use]
    pub const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// Reads the value, `None` when missing or empty.
    #[must_use]
    pub fn read<'q>(&self, query: &Query<'q>) -> Option<Cow<'q, [u8]>> {
        query.first(self.name).filter(|text| !text.is_empty())
    }
}

impl Param for Text {
    fn doc(&self) -> ParamDoc {
        let mut schema = json!({"type": "string"});
        if let (Some(map), Some(default)) = (schema.as_object_mut(), self.default) {
            map.insert("default".into(), json!(default));
        }
        if let Some(map) = schema.as_object_mut()
            && self.place == ParamLocation::Path
        {
            map.insert("minLength".into(), json!(1));
        }
        ParamDoc {
            name: self.name,
            place: self.place,
            about: self.about,
            required: self.required,
            schema,
            example: json!(self.example),
        }
    }
}

/// Text of a request header: UTF-8 without control characters, trimmed.
#[derive(Debug)]
pub struct Header {
    name: &'static str,
    about: &'static str,
    format: Option<&'static str>,
    example: &'static str,
}

impl Header {
    /// Declares an optional request header. `name` is matched without regard to case.
    #[must_use]
    pub const fn new(name: &'static str, about: &'static str, example: &'static str) -> Self {
        Self { name, about, format: None, example }
    }

    /// Documents the format of the text in JSON Schema's terms (`uuid`). The handler checks it.
    #[must_use]
    pub const fn format(mut self, format: &'static str) -> Self {
        self.format = Some(format);
        self
    }

    /// Returns the name as sent.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Reads the value, `None` when missing or empty.
    ///
    /// # Errors
    /// 400 `<name> must be UTF-8 text without control characters`, 400 `<name> is given more than once`.
    pub fn read<'h>(&self, head: &'h RequestHead) -> Result<Option<&'h str>, Fault> {
        let name: &'static str = self.name;
        let mut values = head.get_all(name);
        let Some(value) = values.next() else { return Ok(None) };
        if values.next().is_some() {
            return Err(Fault::bad_request(format!("{} is given more than once", self.name)));
        }
        let text = std::str::from_utf8(value.trim_ascii()).ok();
        let text = text.filter(|text| !text.contains(char::is_control));
        let unreadable = || Fault::bad_request(format!("{} must be UTF-8 text without control characters", self.name));
        let text = text.ok_or_else(unreadable)?;
        Ok((!text.is_empty()).then_some(text))
    }
}

impl Param for Header {
    fn doc(&self) -> ParamDoc {
        let mut schema = json!({"type": "string"});
        if let (Some(map), Some(format)) = (schema.as_object_mut(), self.format) {
            map.insert("format".into(), json!(format));
        }
        ParamDoc {
            name: self.name,
            place: ParamLocation::Header,
            about: self.about,
            required: false,
            schema,
            example: json!(self.example),
        }
    }
}

/// Integer in a path segment.
#[derive(Debug)]
pub struct PathInt {
    name: &'static str,
    about: &'static str,
    least: i64,
    most: i64,
    example: i64,
}

impl PathInt {
    /// Declares an integer path parameter with inclusive bounds.
    #[must_use]
    pub const fn new(name: &'static str, about: &'static str, least: i64, most: i64, example: i64) -> Self {
        Self { name, about, least, most, example }
    }

    /// Reads the value from the decoded segment.
    ///
    /// # Errors
    /// 400 `<name> must be an integer in [least, most]`.
    pub fn read(&self, segment: &[u8]) -> Result<i64, Fault> {
        number::integer(segment).filter(|value| (self.least..=self.most).contains(value)).ok_or_else(|| {
            Fault::bad_request(format!("{} must be an integer in [{}, {}]", self.name, self.least, self.most))
        })
    }
}

impl Param for PathInt {
    fn doc(&self) -> ParamDoc {
        ParamDoc {
            name: self.name,
            place: ParamLocation::Path,
            about: self.about,
            required: true,
            schema: json!({"type": "integer", "minimum": self.least, "maximum": self.most}),
            example: json!(self.example),
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::{Method, Version};

    use super::*;

    #[test]
    fn a_header_is_read_as_it_is_declared() {
        const RUN: Header = Header::new("X-Run", "Names a run.", "r-1").format("uuid");
        let read = |values: &[&[u8]]| {
            let fields = values.iter().map(|value| (&b"x-run"[..], *value));
            let head = RequestHead::new(Method::GET, b"/", Version::HTTP_11, fields);
            RUN.read(&head).map(|text| text.map(str::to_owned)).map_err(|fault| fault.message.into_owned())
        };
        assert_eq!(read(&[]), Ok(None));
        assert_eq!(read(&[b""]), Ok(None));
        assert_eq!(read(&[b" \t"]), Ok(None));
        assert_eq!(read(&["r-\u{e9} 1".as_bytes()]), Ok(Some("r-\u{e9} 1".to_owned())));
        for bad in [b"\xff".as_slice(), "a\u{85}".as_bytes()] {
            assert_eq!(read(&[bad]), Err("X-Run must be UTF-8 text without control characters".to_owned()));
        }
        assert_eq!(read(&[b"a", b"b"]), Err("X-Run is given more than once".to_owned()));
        let doc = RUN.doc();
        assert_eq!((doc.name, doc.place, doc.required), ("X-Run", ParamLocation::Header, false));
        assert_eq!((doc.schema, doc.example), (json!({"type": "string", "format": "uuid"}), json!("r-1")));
    }
}
