//! Serialised JSON.

use std::fmt;

use serde::{Serialize, Serializer};

/// Name of the newtype by which [`json`](super::json) recognises serialised JSON.
pub(super) const RAW_JSON: &str = "$api_test::RawJson";

/// JSON text in canonical form, created by [`canonical`](fn@super::canonical). [`json`](super::json) writes it
/// unchanged; other serialisers get a string.
#[derive(Clone, PartialEq, Eq)]
pub struct RawJson(String);

impl RawJson {
    /// Wraps text that must be JSON.
    pub(super) const fn trusted(json: String) -> Self {
        Self(json)
    }

    /// Returns the JSON text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Shows only the length, because the text may contain a credential.
impl fmt::Debug for RawJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RawJson({} bytes)", self.0.len())
    }
}

impl From<RawJson> for String {
    fn from(json: RawJson) -> Self {
        json.0
    }
}

impl Serialize for RawJson {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(RAW_JSON, &self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::{super::json, *};

    #[test]
    fn it_is_written_as_it_is_and_strings_beside_it_are_not() {
        let body = RawJson::trusted(r#"{"a":"\u003c","b":1.0}"#.to_owned());
        assert_eq!(json::to_vec(&(&body, "<")), br#"[{"a":"\u003c","b":1.0},"\u003c"]"#);
        assert_eq!(json::to_vec(&(Some(&body), [&body])), br#"[{"a":"\u003c","b":1.0},[{"a":"\u003c","b":1.0}]]"#);
    }

    #[test]
    fn debug_output_keeps_the_text_to_itself() {
        assert_eq!(format!("{:?}", RawJson::trusted("[]".to_owned())), "RawJson(2 bytes)");
    }
}
