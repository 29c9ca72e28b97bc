//! Text that every store takes: UTF-8 without NUL. What is neither is written as `\x` and two hex digits.

use std::borrow::Cow;

/// Makes text of bytes. Costs nothing but a look where they are fine already.
pub(super) fn text(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) if memchr::memchr(0, bytes).is_none() => Cow::Borrowed(text),
        _ => {
            let mut text = String::with_capacity(bytes.len() + 16);
            for chunk in bytes.utf8_chunks() {
                for (n, part) in chunk.valid().split('\0').enumerate() {
                    if n > 0 {
                        text.push_str("\\x00");
                    }
                    text.push_str(part);
                }
                for byte in chunk.invalid() {
                    text.push_str("\\x");
                    text.extend([byte >> 4, byte & 15].map(|digit| char::from_digit(digit.into(), 16).unwrap_or('0')));
                }
            }
            Cow::Owned(text)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_store_takes_is_escaped() {
        assert_eq!(text("aé\n".as_bytes()), "aé\n");
        assert_eq!(text(b"a\0b\xff\xc3("), "a\\x00b\\xff\\xc3(");
        assert_eq!(text(b""), "");
    }
}
