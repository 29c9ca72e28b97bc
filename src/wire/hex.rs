//! Hexadecimal digits.

const LOWER: &[u8; 16] = b"0123456789abcdef";
const UPPER: &[u8; 16] = b"0123456789ABCDEF";

/// Writes a byte as two lower-case digits.
#[must_use]
pub fn lower(byte: u8) -> [u8; 2] {
    pair(LOWER, byte)
}

/// Formats a byte as two upper-case digits, as recommended for percent-encoding (RFC 3986, section 2.1).
#[must_use]
pub fn upper(byte: u8) -> [u8; 2] {
    pair(UPPER, byte)
}

/// Writes bytes as lower-case digits.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    text.extend(bytes.iter().flat_map(|byte| lower(*byte)).map(char::from));
    text
}

fn pair(digits: &[u8; 16], byte: u8) -> [u8; 2] {
    [digits[usize::from(byte >> 4)], digits[usize::from(byte & 15)]]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_byte_has_two_digits() {
        for byte in 0..=u8::MAX {
            assert_eq!(lower(byte), *format!("{byte:02x}").as_bytes());
            assert_eq!(upper(byte), *format!("{byte:02X}").as_bytes());
        }
        assert_eq!(encode(b"\x00\x7f\xff"), "007fff");
        assert_eq!(encode(b""), "");
    }
}
