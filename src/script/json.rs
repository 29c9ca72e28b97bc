//! JSON text as a value, with repeated member names reported instead of dropped.

use std::{cell::RefCell, fmt};

use serde::{
    Deserializer,
    de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Number, Value};

use super::{
    bounds::MAX_BYTES,
    problems::{Problems, below, quote},
};

/// Parses a document of at most 1 MiB. Nested values are at most 127 deep.
///
/// # Errors
/// The first syntax error with its line and column, or all repeated member names with their places.
pub(super) fn parse(text: &[u8]) -> Result<Value, Problems> {
    if text.len() > MAX_BYTES {
        return Err(Problems::one(
            "",
            format!("the document has {} bytes; at most {MAX_BYTES} are allowed", text.len()),
        ));
    }
    let repeated = RefCell::default();
    let mut reader = serde_json::Deserializer::from_slice(text);
    let value = Place { pointer: String::new(), repeated: &repeated }.deserialize(&mut reader);
    let value = value.and_then(|value| reader.end().map(|()| value));
    let value = value.map_err(|error| Problems::one("", format!("the document is no JSON: {error}")))?;
    let repeated = repeated.into_inner();
    if repeated.is_empty() { Ok(value) } else { Err(repeated) }
}

/// Reader of the value at a place.
struct Place<'p> {
    pointer: String,
    repeated: &'p RefCell<Problems>,
}

impl Place<'_> {
    fn below(&self, token: impl fmt::Display) -> Self {
        Self { pointer: below(&self.pointer, token), repeated: self.repeated }
    }
}

impl<'de> DeserializeSeed<'de> for Place<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Place<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self.below(list.len()))? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            let value = members.next_value_seed(self.below(&name))?;
            if map.contains_key(&name) {
                self.repeated.borrow_mut().add(&self.pointer, format!("has {} twice", quote(&name)));
            }
            map.insert(name, value);
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn problems(text: &str) -> String {
        parse(text.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn values_are_read_as_they_are() {
        let text = r#" {"b": [1, -2, 0.5, "é\n", true, null], "a": {}} "#;
        assert_eq!(parse(text.as_bytes()), Ok(json!({"b": [1, -2, 0.5, "é\n", true, null], "a": {}})));
    }

    #[test]
    fn repeated_names_are_reported_with_their_places() {
        assert_eq!(
            problems(r#"{"a": 1, "b": [{"c": 1, "c": 2}], "a": 3}"#),
            "/b/0: has \"c\" twice; document: has \"a\" twice"
        );
    }

    #[test]
    fn what_is_no_json_is_located() {
        assert_eq!(
            problems("{\"a\": 1,\n]"),
            "document: the document is no JSON: key must be a string at line 2 column 1"
        );
        assert_eq!(problems(""), "document: the document is no JSON: EOF while parsing a value at line 1 column 0");
        assert_eq!(problems("{} {}"), "document: the document is no JSON: trailing characters at line 1 column 4");
        let deep = "[".repeat(100_000);
        assert_eq!(problems(&deep), "document: the document is no JSON: recursion limit exceeded at line 1 column 128");
        let long = " ".repeat(MAX_BYTES + 1);
        assert_eq!(problems(&long), "document: the document has 1048577 bytes; at most 1048576 are allowed");
        assert!(parse(b"\"\xff\"").is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            prop_assert_eq!(parse(&bytes).is_ok(), serde_json::from_slice::<Value>(&bytes).is_ok());
        }
    }
}
