//! Bytes and times in the wire document.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Serialize, Serializer, ser::SerializeMap as _};

/// Bytes, serialised as text; as `{"base64":…}` when they are not UTF-8 or contain NUL, which no store takes in text.
#[derive(Clone, Copy)]
pub(in crate::audit) struct Shown<'b>(pub(in crate::audit) &'b [u8]);

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match std::str::from_utf8(self.0) {
            Ok(text) if memchr::memchr(0, self.0).is_none() => serializer.serialize_str(text),
            _ => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("base64", &STANDARD.encode(self.0))?;
                map.end()
            }
        }
    }
}

/// Converts to milliseconds with three decimals.
pub(in crate::audit) fn millis(duration: Duration) -> f64 {
    duration.as_micros() as f64 / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_no_text_are_base64() {
        let json = |bytes: &[u8]| serde_json::to_string(&Shown(bytes)).unwrap_or_default();
        assert_eq!(json("é\"".as_bytes()), r#""é\"""#);
        assert_eq!(json(b"\xc3("), r#"{"base64":"wyg="}"#);
        assert_eq!(json(b"a\0"), r#"{"base64":"YQA="}"#);
        assert_eq!(serde_json::to_string(&millis(Duration::from_nanos(1_234_567))).unwrap_or_default(), "1.234");
    }
}
