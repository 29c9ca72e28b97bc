//! Query strings, by the URL standard's form decoding (`application/x-www-form-urlencoded` parsing).
//!
//! Pieces are separated by `&`, empty ones are skipped, the first `=` ends the name. `+` is a space, a malformed escape
//! stays unchanged, `;` is an ordinary character. Nothing is decoded until requested.

use std::{borrow::Cow, fmt};

use memchr::{memchr, memchr_iter, memchr2};
use serde::{
    Serialize, Serializer,
    ser::{SerializeMap as _, SerializeSeq as _},
};

use super::{Text, percent};

/// Query string without its `?`.
#[derive(Clone, Copy, Default)]
pub struct Query<'q>(&'q [u8]);

/// Error for a parameter that is repeated or not text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ambiguous;

impl<'q> Query<'q> {
    /// Wraps a query string as received. Every string is valid.
    #[must_use]
    pub const fn parse(raw: &'q str) -> Self {
        Self(raw.as_bytes())
    }

    /// Wraps a query as received, which may contain any bytes.
    #[must_use]
    pub const fn of_bytes(raw: &'q [u8]) -> Self {
        Self(raw)
    }

    /// Returns the value of the first parameter with this name: empty when it has no value, `None` when there is no
    /// such parameter. Allocates only for an escape.
    #[must_use]
    pub fn first(&self, name: &str) -> Option<Cow<'q, [u8]>> {
        self.raw_pairs().find(|(raw, _)| decodes_to(raw, name.as_bytes())).map(|(_, value)| decode(value))
    }

    /// Returns the value of the only parameter with this name; `None` when there is no such parameter.
    ///
    /// # Errors
    /// [`Ambiguous`] when there are several, or the value is not UTF-8.
    pub fn only(&self, name: &str) -> Result<Option<String>, Ambiguous> {
        let mut values = self.raw_pairs().filter(|(raw, _)| decodes_to(raw, name.as_bytes())).map(|(_, value)| value);
        match (values.next(), values.next()) {
            (None, _) => Ok(None),
            (Some(value), None) => String::from_utf8(decode(value).into_owned()).map(Some).map_err(|_| Ambiguous),
            (Some(_), Some(_)) => Err(Ambiguous),
        }
    }

    /// Iterates over the decoded names and values in order.
    pub fn pairs(&self) -> impl Iterator<Item = (Cow<'q, [u8]>, Cow<'q, [u8]>)> + use<'q> {
        self.raw_pairs().map(|(name, value)| (decode(name), decode(value)))
    }

    /// Collects all parameters, sorted by the bytes of their names; values of one name stay in order.
    #[must_use]
    pub fn sorted(&self) -> SortedQuery<'q> {
        let mut pairs: Vec<_> = self.pairs().map(|(name, value)| (Text::from(name), Text::from(value))).collect();
        pairs.sort_by(|a, b| a.0.cmp(&b.0));
        SortedQuery(pairs)
    }

    /// Iterates over names and values as received, in order.
    pub fn raw_pairs(&self) -> impl Iterator<Item = (&'q [u8], &'q [u8])> + use<'q> {
        let bytes = self.0;
        let mut start = 0;
        memchr_iter(b'&', bytes)
            .chain(std::iter::once(bytes.len()))
            .map(move |end| &bytes[std::mem::replace(&mut start, end + 1)..end])
            .filter(|piece| !piece.is_empty())
            .map(|piece| match memchr(b'=', piece) {
                Some(split) => (&piece[..split], &piece[split + 1..]),
                None => (piece, &[][..]),
            })
    }
}

/// Shows only the length, because a parameter may be a credential.
impl fmt::Debug for Query<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Query({} bytes)", self.0.len())
    }
}

/// All parameters of a query, by name. Serialises as a map of lists: `{"bar":["baz"],"foo":["1","2"]}`.
#[derive(Clone, Debug, Default)]
pub struct SortedQuery<'q>(Vec<(Text<'q>, Text<'q>)>);

impl<'q> SortedQuery<'q> {
    /// Returns true when there are no parameters.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Iterates over the names, each with its values.
    pub fn iter(&self) -> impl Iterator<Item = (&Text<'q>, impl Iterator<Item = &Text<'q>>)> {
        self.groups().map(|(name, group)| (name, group.iter().map(|(_, value)| value)))
    }

    fn groups(&self) -> impl Iterator<Item = (&Text<'q>, &[(Text<'q>, Text<'q>)])> {
        self.0.chunk_by(|a, b| a.0 == b.0).filter_map(|group| Some((&group.first()?.0, group)))
    }
}

impl Serialize for SortedQuery<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, group) in self.groups() {
            map.serialize_entry(name, &Values(group))?;
        }
        map.end()
    }
}

/// The values of one name.
struct Values<'v, 'q>(&'v [(Text<'q>, Text<'q>)]);

impl Serialize for Values<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut values = serializer.serialize_seq(Some(self.0.len()))?;
        for (_, value) in self.0 {
            values.serialize_element(value)?;
        }
        values.end()
    }
}

/// Decodes a name or a value.
fn decode(raw: &[u8]) -> Cow<'_, [u8]> {
    let Some(plain) = memchr2(b'%', b'+', raw) else {
        return Cow::Borrowed(raw);
    };
    let mut decoded = Vec::with_capacity(raw.len());
    decoded.extend_from_slice(&raw[..plain]);
    decoded.extend(Decoder(&raw[plain..]));
    Cow::Owned(decoded)
}

/// Returns true when `raw` decodes to `name`, without decoding more than necessary.
fn decodes_to(raw: &[u8], name: &[u8]) -> bool {
    // Decoding never makes text longer.
    raw.len() >= name.len()
        && match memchr2(b'%', b'+', raw) {
            None => raw == name,
            Some(_) => Decoder(raw).eq(name.iter().copied()),
        }
}

/// Decodes byte by byte.
struct Decoder<'r>(&'r [u8]);

impl Iterator for Decoder<'_> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        let (&first, rest) = self.0.split_first()?;
        let (byte, rest) = match first {
            b'+' => (b' ', rest),
            b'%' => match percent::escaped(self.0) {
                Some(byte) => (byte, &rest[2..]),
                None => (b'%', rest),
            },
            other => (other, rest),
        };
        self.0 = rest;
        Some(byte)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.0.len().div_ceil(3), Some(self.0.len()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection, prelude::*};

    use super::{super::json, *};

    fn sorted(raw: &str) -> String {
        String::from_utf8(json::to_vec(&Query::parse(raw).sorted())).unwrap()
    }

    #[test]
    fn recorded_queries() {
        for (raw, expected) in [
            ("foo=1&foo=2&bar=baz", r#"{"bar":["baz"],"foo":["1","2"]}"#),
            (
                "a=&b&=c&d=%C3%A9&e=a+b&f=%2B&g=%00&h=%3C%26%3E",
                r#"{"":["c"],"a":[""],"b":[""],"d":["é"],"e":["a b"],"f":["+"],"g":["\u0000"],"h":["\u003c\u0026\u003e"]}"#,
            ),
            ("b=2&a=1&B=3&%E6%97%A5=%E6%9C%AC", r#"{"B":["3"],"a":["1"],"b":["2"],"日":["本"]}"#),
            ("z=1&a=%3C%C3%A9&empty=&flag", r#"{"a":["\u003cé"],"empty":[""],"flag":[""],"z":["1"]}"#),
            ("", "{}"),
        ] {
            assert_eq!(sorted(raw), expected);
        }
        assert!(Query::parse("").sorted().is_empty());
    }

    #[test]
    fn the_unusual_is_kept() {
        for (raw, expected) in [
            ("&&a=1&&", r#"{"a":["1"]}"#),
            ("a=b=c", r#"{"a":["b=c"]}"#),
            ("a;b=1;2", r#"{"a;b":["1;2"]}"#),
            ("=", r#"{"":[""]}"#),
            ("a=%&b=%4&c=%zz&d=%%41", r#"{"a":["%"],"b":["%4"],"c":["%zz"],"d":["%A"]}"#),
            ("%61=1&a=2&%2561=3", r#"{"%61":["3"],"a":["1","2"]}"#),
            ("x=%ff&%ff=x&y=%EF%BF%BD", "{\"x\":[\"\\ufffd\"],\"y\":[\"\u{fffd}\"],\"\\ufffd\":[\"x\"]}"),
            ("x=%EF%BB%BFa", "{\"x\":[\"\u{feff}a\"]}"),
            ("a=\u{e9}", "{\"a\":[\"é\"]}"),
        ] {
            assert_eq!(sorted(raw), expected);
        }
    }

    #[test]
    fn the_first_of_repeated_parameters_counts() {
        let query = Query::parse("seed=q&seed=r&%73eed=s&none&empty=&a+b=c");
        assert_eq!(query.first("seed").as_deref(), Some(&b"q"[..]));
        assert_eq!(query.first("none").as_deref(), Some(&b""[..]));
        assert_eq!(query.first("empty").as_deref(), Some(&b""[..]));
        assert_eq!(query.first("a b").as_deref(), Some(&b"c"[..]));
        assert_eq!(query.first("a+b"), None);
        assert_eq!(query.first("see"), None);
        assert_eq!(query.first("seedy"), None);
        assert_eq!(Query::parse("%73eed=1&seed=2").first("seed").as_deref(), Some(&b"1"[..]));
        assert_eq!(Query::parse("seed%=1").first("seed%").as_deref(), Some(&b"1"[..]));
        assert_eq!(Query::parse("a=1").first(""), None);
        assert_eq!(Query::parse("a=1&=2").first("").as_deref(), Some(&b"2"[..]));
    }

    #[test]
    fn only_escapes_allocate() {
        assert!(matches!(Query::parse("a=plain").first("a"), Some(Cow::Borrowed(_))));
        assert!(matches!(Query::parse("a=x%20").first("a"), Some(Cow::Owned(_))));
    }

    #[test]
    fn values_are_walked_over_by_name() {
        let query = Query::parse("b=1&a=2&b=3").sorted();
        let seen: Vec<_> = query
            .iter()
            .map(|(name, values)| (name.to_str().unwrap(), values.filter_map(Text::to_str).collect::<Vec<_>>()))
            .collect();
        assert_eq!(seen, [("a", vec!["2"]), ("b", vec!["1", "3"])]);
    }

    #[test]
    fn debug_output_keeps_the_query_to_itself() {
        assert_eq!(format!("{:?}", Query::parse("api_key=secret")), "Query(14 bytes)");
    }

    fn encoded(bytes: &[u8]) -> String {
        let one = |byte: &u8| match byte {
            b' ' => "+".to_owned(),
            b'a'..=b'z' | b';' | b'/' => char::from(*byte).to_string(),
            other => format!("%{other:02x}"),
        };
        bytes.iter().map(one).collect()
    }

    proptest! {
        #[test]
        fn what_was_encoded_comes_back(
            pairs in collection::vec((collection::vec(any::<u8>(), 1..6), collection::vec(any::<u8>(), 0..6)), 0..8),
        ) {
            let pieces: Vec<_> =
                pairs.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
            let raw = pieces.join("&");
            let decoded: Vec<_> =
                Query::parse(&raw).pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
            prop_assert_eq!(decoded, pairs);
        }

        #[test]
        fn first_agrees_with_walking(raw in "[ab&=%+6172]{0,24}", name in "[ab 6%]{0,3}") {
            let query = Query::parse(&raw);
            let walked = query.pairs().find(|(found, _)| **found == *name.as_bytes()).map(|(_, value)| value);
            prop_assert_eq!(query.first(&name), walked);
        }
    }
}
