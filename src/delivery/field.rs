//! Fields of a delivery, as told.

use bytes::Bytes;

use crate::fault::Fault;

/// A field line, with its name in the case given. It has no byte that could end the line.
#[derive(Clone, PartialEq, Eq)]
pub struct FieldLine {
    name: Bytes,
    value: Bytes,
}

/// Reason why bytes can't be a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadField {
    /// The name is empty or contains a byte that no token has.
    #[error("the name of a field is a token (RFC 9110, section 5.1)")]
    Name,
    /// The value contains a control character other than a tab.
    #[error("the value of a field contains no control character but the tab (RFC 9110, section 5.5)")]
    Value,
}

impl FieldLine {
    /// Creates a field. Bytes from 0x80 may be in the value, and white space around it.
    ///
    /// # Errors
    /// [`BadField`] for a name that is no token, and for a value with a control character.
    pub fn new(name: impl Into<Bytes>, value: impl Into<Bytes>) -> Result<Self, BadField> {
        let (name, value) = (name.into(), value.into());
        if name.is_empty() || !name.iter().all(|byte| is_token(*byte)) {
            return Err(BadField::Name);
        }
        if !is_text(&value) {
            return Err(BadField::Value);
        }
        Ok(Self { name, value })
    }

    /// Returns the name.
    #[must_use]
    pub fn name(&self) -> &[u8] {
        &self.name
    }

    /// Returns the value.
    #[must_use]
    pub fn value(&self) -> &[u8] {
        &self.value
    }

    /// Returns the name, without copying.
    pub(crate) fn name_bytes(&self) -> Bytes {
        self.name.clone()
    }

    /// Returns the value, without copying.
    pub(crate) fn value_bytes(&self) -> Bytes {
        self.value.clone()
    }

    /// Returns true when the field is called `name`, ignoring case.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }
}

impl From<BadField> for Fault {
    fn from(bad: BadField) -> Self {
        Self::bad_request(bad.to_string())
    }
}

/// Returns true when `text` contains no control character but the tab. It then stays on its line.
pub(super) fn is_text(text: &[u8]) -> bool {
    text.iter().all(|byte| *byte == b'\t' || !byte.is_ascii_control())
}

/// Returns true for a byte of a token (RFC 9110, section 5.6.2).
const fn is_token(byte: u8) -> bool {
    matches!(
        byte,
        b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+' | b'-' | b'.' | b'^' | b'_' | b'`' | b'|' | b'~'
    ) || byte.is_ascii_alphanumeric()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_stays_on_its_line() {
        for (name, value, outcome) in [
            ("X-cAsE", &b"1"[..], None),
            ("a", b"", None),
            ("a", b" \xe9\t", None),
            ("", b"1", Some(BadField::Name)),
            ("a b", b"1", Some(BadField::Name)),
            ("a:", b"1", Some(BadField::Name)),
            ("a\r\nb", b"1", Some(BadField::Name)),
            ("\u{e9}", b"1", Some(BadField::Name)),
            (":path", b"1", Some(BadField::Name)),
            ("a", b"1\r\nb: 2", Some(BadField::Value)),
            ("a", b"1\n", Some(BadField::Value)),
            ("a", b"\0", Some(BadField::Value)),
            ("a", b"\x7f", Some(BadField::Value)),
        ] {
            let made = FieldLine::new(name.to_owned(), value);
            assert_eq!(made.as_ref().err(), outcome.as_ref(), "{name:?} {}", value.escape_ascii());
            assert!(
                made.is_ok_and(|field| field.is(&name.to_lowercase()) && field.value() == value) || outcome.is_some()
            );
        }
    }
}
