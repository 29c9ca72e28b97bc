//! Further kinds of query parameters: optional integers, words, switches, and parameters that may be repeated.

use std::borrow::Cow;

use serde_json::{Value, json};

use super::{
    Fault,
    param::{Param, ParamDoc, ParamLocation},
};
use crate::wire::{Query, number};

/// Integer query parameter that makes a difference by being there.
#[derive(Debug)]
pub struct MaybeInt {
    name: &'static str,
    about: &'static str,
    least: i64,
    most: i64,
    example: i64,
}

impl MaybeInt {
    /// Declares an optional integer with inclusive bounds.
    #[must_use]
    pub const fn query(name: &'static str, about: &'static str, least: i64, most: i64, example: i64) -> Self {
        Self { name, about, least, most, example }
    }

    /// Reads the value; `None` when missing or empty.
    ///
    /// # Errors
    /// 400 `<name> must be an integer in [least, most]`.
    pub fn read<T: TryFrom<i64>>(&self, query: &Query<'_>) -> Result<Option<T>, Fault> {
        let Some(text) = query.first(self.name).filter(|text| !text.is_empty()) else { return Ok(None) };
        self.parse(&text).map(Some)
    }

    /// Reads all values of the parameter, in order.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_all<T: TryFrom<i64>>(&self, query: &Query<'_>) -> Result<Vec<T>, Fault> {
        values(query, self.name).map(|text| self.parse(&text)).collect()
    }

    fn parse<T: TryFrom<i64>>(&self, text: &[u8]) -> Result<T, Fault> {
        let value = number::integer(text).filter(|value| (self.least..=self.most).contains(value));
        value.and_then(|value| T::try_from(value).ok()).ok_or_else(|| {
            Fault::bad_request(format!("{} must be an integer in [{}, {}]", self.name, self.least, self.most))
        })
    }
}

impl Param for MaybeInt {
    fn doc(&self) -> ParamDoc {
        let schema = json!({"type": "integer", "format": "int64", "minimum": self.least, "maximum": self.most});
        doc(self.name, self.about, schema, json!(self.example))
    }
}

/// Query parameter that is one of a few words.
#[derive(Debug)]
pub struct Choice<T: 'static> {
    name: &'static str,
    about: &'static str,
    words: &'static [(&'static str, T)],
}

impl<T: Copy> Choice<T> {
    /// Declares an optional word with its meanings; the first one is the example.
    #[must_use]
    pub const fn query(name: &'static str, about: &'static str, words: &'static [(&'static str, T)]) -> Self {
        Self { name, about, words }
    }

    /// Reads the meaning of the word; `None` when missing or empty.
    ///
    /// # Errors
    /// 400 `<name> must be one of …`.
    pub fn read(&self, query: &Query<'_>) -> Result<Option<T>, Fault> {
        let Some(text) = query.first(self.name).filter(|text| !text.is_empty()) else { return Ok(None) };
        let found = self.words.iter().find(|(word, _)| word.as_bytes() == &*text);
        found.map(|(_, meaning)| Some(*meaning)).ok_or_else(|| {
            let words: Vec<_> = self.words.iter().map(|(word, _)| *word).collect();
            Fault::bad_request(format!("{} must be one of {}", self.name, words.join(", ")))
        })
    }
}

impl<T: Copy + Send + Sync> Param for Choice<T> {
    fn doc(&self) -> ParamDoc {
        let words: Vec<_> = self.words.iter().map(|(word, _)| *word).collect();
        let example = json!(words.first());
        doc(self.name, self.about, json!({"type": "string", "enum": words}), example)
    }
}

/// Text query parameter that may be repeated. All its values count, in order.
#[derive(Debug)]
pub struct Repeated {
    name: &'static str,
    about: &'static str,
    example: &'static str,
}

impl Repeated {
    /// Declares an optional parameter that may be repeated.
    #[must_use]
    pub const fn query(name: &'static str, about: &'static str, example: &'static str) -> Self {
        Self { name, about, example }
    }

    /// Iterates over the values, decoded.
    pub fn read<'q>(&self, query: &Query<'q>) -> impl Iterator<Item = Cow<'q, [u8]>> {
        values(query, self.name)
    }
}

impl Param for Repeated {
    fn doc(&self) -> ParamDoc {
        let schema = json!({"type": "array", "items": {"type": "string"}});
        doc(self.name, self.about, schema, json!([self.example]))
    }
}

fn values<'q>(query: &Query<'q>, name: &'static str) -> impl Iterator<Item = Cow<'q, [u8]>> {
    let named = query.pairs().filter(move |(known, _)| **known == *name.as_bytes());
    named.map(|(_, value)| value).filter(|value| !value.is_empty())
}

const fn doc(name: &'static str, about: &'static str, schema: Value, example: Value) -> ParamDoc {
    ParamDoc { name, place: ParamLocation::Query, about, required: false, schema, example }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn optional_integers_are_read_or_refused() {
        const CUT: MaybeInt = MaybeInt::query("cut", "Bytes.", 1, 100, 5);
        let read = |query: &str| CUT.read::<u8>(&Query::parse(query)).map_err(|fault| fault.message.into_owned());
        assert_eq!(read(""), Ok(None));
        assert_eq!(read("cut="), Ok(None));
        assert_eq!(read("cut=7&cut=8"), Ok(Some(7)));
        for bad in ["cut=0", "cut=101", "cut=x", "cut=-1", "cut=1.5", "cut=99999999999999999999"] {
            assert_eq!(read(bad), Err("cut must be an integer in [1, 100]".to_owned()), "{bad}");
        }
        let all = CUT.read_all::<u8>(&Query::parse("cut=7&a=1&cut=8&cut="));
        assert_eq!(all.ok(), Some(vec![7, 8]));
        assert!(CUT.read_all::<u8>(&Query::parse("cut=7&cut=x")).is_err());
    }

    #[test]
    fn words_have_meanings() {
        const END: Choice<u8> = Choice::query("end", "End.", &[("close", 1), ("reset", 2)]);
        let read = |query: &str| END.read(&Query::parse(query)).map_err(|fault| fault.message.into_owned());
        assert_eq!(read(""), Ok(None));
        assert_eq!(read("end=reset"), Ok(Some(2)));
        assert_eq!(read("end=Reset"), Err("end must be one of close, reset".to_owned()));
        assert_eq!(END.doc().schema, json!({"type": "string", "enum": ["close", "reset"]}));
    }

    #[test]
    fn repeated_values_keep_their_order() {
        const FIELD: Repeated = Repeated::query("field", "Fields.", "A:1");
        let values: Vec<_> = FIELD.read(&Query::parse("field=b%3A1&x=2&field=a:%ff&field=")).collect();
        assert_eq!(values, [&b"b:1"[..], b"a:\xff"]);
    }
}
