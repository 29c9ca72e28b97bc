//! Percent-encoding and -decoding of paths (RFC 3986, section 2.1).

use std::borrow::Cow;

use memchr::memchr;

use super::hex;

/// Error for a `%` in a path that is not followed by two hex digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("malformed path")]
pub struct MalformedPath;

/// Decodes a path or a segment of one; allocates only for an escape. `+` stays a plus.
///
/// # Errors
/// [`MalformedPath`] for the first malformed escape.
pub fn decode_path(path: &str) -> Result<Cow<'_, [u8]>, MalformedPath> {
    let bytes = path.as_bytes();
    let Some(mut at) = memchr(b'%', bytes) else {
        return Ok(Cow::Borrowed(bytes));
    };
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut done = 0;
    loop {
        decoded.extend_from_slice(&bytes[done..at]);
        decoded.push(escaped(&bytes[at..]).ok_or(MalformedPath)?);
        done = at + 3;
        match memchr(b'%', &bytes[done..]) {
            Some(plain) => at = done + plain,
            None => break,
        }
    }
    decoded.extend_from_slice(&bytes[done..]);
    Ok(Cow::Owned(decoded))
}

/// Checks every escape of a path without decoding it.
///
/// # Errors
/// [`MalformedPath`] for the first malformed escape.
pub fn check_path(path: &str) -> Result<(), MalformedPath> {
    let bytes = path.as_bytes();
    let sound = memchr::memchr_iter(b'%', bytes).all(|at| escaped(&bytes[at..]).is_some());
    if sound { Ok(()) } else { Err(MalformedPath) }
}

/// Encodes text for a path segment or a query value: everything except unreserved characters (RFC 3986, section 2.3).
#[must_use]
pub fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            encoded.extend(hex::upper(byte).map(char::from));
        }
    }
    encoded
}

/// Decodes text leniently: a malformed escape stays unchanged; with `form`, `+` is a space. Also returns, for each
/// decoded byte, its position in `text`, followed by the end of `text`.
#[must_use]
pub fn decode_with_places(text: &[u8], form: bool) -> (Vec<u8>, Vec<usize>) {
    let mut decoded = Vec::with_capacity(text.len());
    let mut places = Vec::with_capacity(text.len() + 1);
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        places.push(at);
        match escaped(&text[at..]) {
            Some(escaped) => {
                decoded.push(escaped);
                at += 3;
            }
            None => {
                decoded.push(if form && byte == b'+' { b' ' } else { byte });
                at += 1;
            }
        }
    }
    places.push(text.len());
    (decoded, places)
}

/// Decodes the escape at the start of `bytes`.
pub(crate) fn escaped(bytes: &[u8]) -> Option<u8> {
    match bytes {
        [b'%', high, low, ..] => Some(hex_digit(*high)? << 4 | hex_digit(*low)?),
        _ => None,
    }
}

fn hex_digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection, prelude::*};

    use super::*;

    #[test]
    fn recorded_keys() {
        for (path, expected) in [
            ("hello", "hello"),
            ("%C3%A9", "é"),
            ("%e6%97%a5%E6%9C%AC", "日本"),
            ("a%20b", "a b"),
            ("%7Bkey%7D", "{key}"),
            ("..%2F..%2Fetc", "../../etc"),
            ("key=1&2", "key=1&2"),
            ("a+b", "a+b"),
            ("é", "é"),
            ("%2525", "%25"),
            ("", ""),
        ] {
            assert_eq!(decode_path(path).unwrap(), expected.as_bytes());
            assert_eq!(check_path(path), Ok(()));
        }
        assert_eq!(*decode_path("a%ff").unwrap(), b"a\xff"[..]);
    }

    #[test]
    fn malformed_escapes_are_errors() {
        for path in ["%", "%4", "a%zz", "%4g", "%g4", "%41%", "%%41", "%+1", "% 1", "%é"] {
            assert_eq!(decode_path(path), Err(MalformedPath), "{path}");
            assert_eq!(check_path(path), Err(MalformedPath), "{path}");
        }
    }

    #[test]
    fn a_plain_path_is_borrowed() {
        assert!(matches!(decode_path("/v1/fixed/hello"), Ok(Cow::Borrowed(_))));
    }

    proptest! {
        #[test]
        fn every_byte_comes_back(bytes in collection::vec(any::<u8>(), 0..64)) {
            let path: String = bytes.iter().map(|byte| format!("%{byte:02X}")).collect();
            prop_assert_eq!(decode_path(&path).unwrap().into_owned(), bytes);
        }

        #[test]
        fn what_was_encoded_comes_back(text in "\\PC{0,24}") {
            let encoded = encode(&text);
            prop_assert!(encoded.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~%".contains(&byte)));
            prop_assert_eq!(decode_path(&encoded).unwrap().into_owned(), text.into_bytes());
        }

        #[test]
        fn checking_and_decoding_agree(path in "[%0-9a-fA-Fg/]{0,24}") {
            prop_assert_eq!(check_path(&path).is_ok(), decode_path(&path).is_ok());
        }
    }
}
