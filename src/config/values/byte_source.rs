//! Bytes that a configuration names.

use std::fmt;
use std::io::{self, ErrorKind, Read as _};
use std::str::FromStr;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};

use super::Malformed;

/// Bytes as text with escapes (`\r`, `\n`, `\t`, `\0`, `\\`, `\xe9`), as `base64:…`, or as `file:PATH`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct ByteSource(String);

impl ByteSource {
    /// Maximum number of bytes.
    pub const BYTES_MAX: usize = 1024 * 1024;

    /// Returns the bytes. Reads the file, if they are in one.
    ///
    /// # Errors
    /// When the file can't be read or has more than [`ByteSource::BYTES_MAX`] bytes.
    pub fn read(&self) -> io::Result<Vec<u8>> {
        match self.0.strip_prefix("file:") {
            Some(path) => {
                let mut bytes = Vec::new();
                let limit = Self::BYTES_MAX as u64 + 1;
                std::fs::File::open(path)?.take(limit).read_to_end(&mut bytes)?;
                if bytes.len() > Self::BYTES_MAX { Err(ErrorKind::FileTooLarge.into()) } else { Ok(bytes) }
            }
            None => decoded(&self.0).ok_or_else(|| ErrorKind::InvalidData.into()),
        }
    }

    /// Returns the path of the file that has the bytes.
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        self.0.strip_prefix("file:")
    }
}

/// Decodes bytes that are not in a file.
fn decoded(text: &str) -> Option<Vec<u8>> {
    match text.strip_prefix("base64:") {
        Some(encoded) => STANDARD.decode(encoded.trim()).ok(),
        None => unescaped(text),
    }
}

fn unescaped(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, escape)) = rest.split_once('\\') {
        bytes.extend_from_slice(before.as_bytes());
        let (byte, length) = match escape.as_bytes() {
            [b'r', ..] => (b'\r', 1),
            [b'n', ..] => (b'\n', 1),
            [b't', ..] => (b'\t', 1),
            [b'0', ..] => (0, 1),
            [b'\\', ..] => (b'\\', 1),
            [b'x', high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                (u8::from_str_radix(&escape[1..3], 16).ok()?, 3)
            }
            _ => return None,
        };
        bytes.push(byte);
        rest = &escape[length..];
    }
    bytes.extend_from_slice(rest.as_bytes());
    Some(bytes)
}

impl FromStr for ByteSource {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let is_good = match text.strip_prefix("file:") {
            Some(path) => !path.is_empty() && !path.chars().any(char::is_control),
            None => decoded(text).is_some_and(|bytes| bytes.len() <= Self::BYTES_MAX),
        };
        if is_good { Ok(Self(text.to_owned())) } else { Err(Malformed) }
    }
}

impl TryFrom<String> for ByteSource {
    type Error = Malformed;

    fn try_from(text: String) -> Result<Self, Malformed> {
        text.parse()
    }
}

impl From<ByteSource> for String {
    fn from(source: ByteSource) -> Self {
        source.0
    }
}

impl fmt::Display for ByteSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn bytes(text: &str) -> Vec<u8> {
        text.parse::<ByteSource>().unwrap().read().unwrap()
    }

    #[test]
    fn text_has_escapes() {
        assert_eq!(bytes(r"HTTP/1.1 200 OK\r\n\r\n"), b"HTTP/1.1 200 OK\r\n\r\n");
        assert_eq!(bytes("HTTP/1.1 200 OK\r\n\r\n"), b"HTTP/1.1 200 OK\r\n\r\n", "from a quoted YAML string");
        assert_eq!(bytes(r"a\x00\xfF\0\t\\n é"), b"a\0\xff\0\t\\n \xc3\xa9");
        assert_eq!(bytes(r"\x66ile:x"), b"file:x");
        assert_eq!(bytes(""), b"");
    }

    #[test]
    fn base64_is_decoded_and_files_are_read() {
        assert_eq!(bytes("base64:AAH/"), [0, 1, 255]);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("answer");
        std::fs::write(&path, b"\0\\n").unwrap();
        assert_eq!(bytes(&format!("file:{}", path.display())), b"\0\\n");
        std::fs::write(&path, vec![0; ByteSource::BYTES_MAX]).unwrap();
        assert_eq!(bytes(&format!("file:{}", path.display())).len(), ByteSource::BYTES_MAX);
        std::fs::write(&path, vec![0; ByteSource::BYTES_MAX + 1]).unwrap();
        let too_large = format!("file:{}", path.display()).parse::<ByteSource>().unwrap().read();
        assert_eq!(too_large.unwrap_err().kind(), ErrorKind::FileTooLarge);
        assert!("file:/no/such".parse::<ByteSource>().unwrap().read().is_err());
    }

    #[test]
    fn other_escapes_are_malformed() {
        for text in [r"\", r"\q", r"\x", r"\x4", r"\x4g", r"a\", r"\é", r"\xé", "base64:!", "file:", "file:a\nb"] {
            assert!(text.parse::<ByteSource>().is_err(), "{text:?}");
        }
        let long = "a".repeat(ByteSource::BYTES_MAX + 1);
        assert!(long.parse::<ByteSource>().is_err() && long[1..].parse::<ByteSource>().is_ok());
    }
}
