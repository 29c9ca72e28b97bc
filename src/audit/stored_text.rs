//! Text that every store accepts: UTF-8 without NUL. Other bytes are written as `\x` and two hex digits.

use std::borrow::Cow;

use crate::wire::hex;

/// Converts bytes to text. Valid bytes are borrowed.
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
                    text.extend(hex::lower(*byte).map(char::from));
                }
            }
            Cow::Owned(text)
        }
    }
}

/// Converts a target to text. Bytes that are not text become U+FFFD: the record below HTTP has the original ones.
pub(super) fn target(bytes: &[u8]) -> String {
    let mut text = String::from_utf8_lossy(bytes).into_owned();
    if memchr::memchr(0, bytes).is_some() {
        text = text.replace('\0', "\u{fffd}");
    }
    text
}

/// Maximum size of a name in bytes. An index entry of PostgreSQL holds at most 2704.
const NAME_MAX: usize = 1024;

/// Converts foreign text to a name: longer text is cut and ends with `…`.
pub(super) fn name(of: &str) -> String {
    name_of_bytes(of.as_bytes())
}

/// Like [`name`], for any bytes.
pub(super) fn name_of_bytes(of: &[u8]) -> String {
    cut(text(of).into_owned(), NAME_MAX)
}

/// Cuts text that is longer than `most` bytes; it then ends with `…`.
pub(super) fn cut(mut text: String, most: usize) -> String {
    if text.len() > most {
        text.truncate(text.floor_char_boundary(most));
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_store_takes_is_escaped() {
        assert_eq!(text("aé\n".as_bytes()), "aé\n");
        assert_eq!(text(b"a\0b\xff\xc3("), "a\\x00b\\xff\\xc3(");
        assert_eq!(text(b""), "");
        assert_eq!(target(b"/\xc3\xa9?\xff\0"), "/\u{e9}?\u{fffd}\u{fffd}");
    }

    #[test]
    fn a_name_is_cut_to_what_an_index_takes() {
        assert_eq!(name("a\0b"), "a\\x00b");
        assert_eq!(name(&"ä".repeat(512)), "ä".repeat(512));
        assert_eq!(name(&format!("a{}", "ä".repeat(512))), format!("a{}…", "ä".repeat(511)));
    }
}
