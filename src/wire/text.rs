//! Decoded text that may not be UTF-8.

use std::{borrow::Cow, fmt};

use serde::{Serialize, Serializer};

/// Text decoded from a request: any bytes, usually UTF-8.
///
/// Hashes and comparisons use the bytes. [`json`](super::json) writes it as a string in which each byte that is not
/// part of a UTF-8 sequence is `\ufffd`, six characters; a received U+FFFD stays unchanged. Other serialisers get a
/// string if it is UTF-8, otherwise bytes.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text<'a>(Cow<'a, [u8]>);

impl Text<'_> {
    /// Returns the bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Returns the text if it is UTF-8.
    #[must_use]
    pub fn to_str(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }

    /// Copies borrowed bytes, so that it does not depend on the source.
    #[must_use]
    pub fn into_owned(self) -> Text<'static> {
        Text(Cow::Owned(self.0.into_owned()))
    }
}

/// Shows only the length, because the text may be a credential.
impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Text({} bytes)", self.0.len())
    }
}

impl AsRef<[u8]> for Text<'_> {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl<'a> From<&'a [u8]> for Text<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self(Cow::Borrowed(bytes))
    }
}

impl<'a> From<&'a str> for Text<'a> {
    fn from(text: &'a str) -> Self {
        Self(Cow::Borrowed(text.as_bytes()))
    }
}

impl<'a> From<Cow<'a, [u8]>> for Text<'a> {
    fn from(bytes: Cow<'a, [u8]>) -> Self {
        Self(bytes)
    }
}

impl From<Vec<u8>> for Text<'_> {
    fn from(bytes: Vec<u8>) -> Self {
        Self(Cow::Owned(bytes))
    }
}

impl From<String> for Text<'_> {
    fn from(text: String) -> Self {
        Self(Cow::Owned(text.into_bytes()))
    }
}

impl<'a> From<Text<'a>> for Cow<'a, [u8]> {
    fn from(text: Text<'a>) -> Self {
        text.0
    }
}

impl Serialize for Text<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.to_str() {
            Some(text) => serializer.serialize_str(text),
            None => serializer.serialize_bytes(&self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::json, *};

    #[test]
    fn stray_bytes_are_escaped_in_values_and_keys() {
        let text = Text::from(&b"a\xffb"[..]);
        assert_eq!(json::to_vec(&text), br#""a\ufffdb""#);
        let map = std::collections::BTreeMap::from([(text, 1)]);
        assert_eq!(json::to_vec(&map), br#"{"a\ufffdb":1}"#);
    }

    #[test]
    fn a_real_replacement_character_stays() {
        assert_eq!(json::to_vec(&Text::from("\u{fffd}")), "\"\u{fffd}\"".as_bytes());
    }

    #[test]
    fn debug_output_keeps_the_text_to_itself() {
        assert_eq!(format!("{:?}", Text::from("secret")), "Text(6 bytes)");
    }

    #[test]
    fn bytes_survive() {
        let text = Text::from(vec![0xFF, b'a']).into_owned();
        assert_eq!((text.as_bytes(), text.to_str()), (&[0xFF, b'a'][..], None));
        assert_eq!(Cow::from(text).into_owned(), [0xFF, b'a']);
    }
}
