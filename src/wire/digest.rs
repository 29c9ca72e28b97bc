//! SHA-256 in hex.

use std::fmt;

use serde::{Serialize, Serializer};
use sha2::{Digest as _, Sha256};

use super::hex;

/// `N` lower-case hex digits, without allocation.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hex<const N: usize>([u8; N]);

impl<const N: usize> Hex<N> {
    /// Writes the first `N / 2` bytes of a digest; `N` is at most 64.
    fn of(digest: &[u8; 32]) -> Self {
        let mut digits = [b'0'; N];
        for (pair, byte) in digits.chunks_exact_mut(2).zip(digest) {
            pair.copy_from_slice(&hex::lower(*byte));
        }
        Self(digits)
    }

    /// Returns the digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Hex digits are UTF-8.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl<const N: usize> AsRef<str> for Hex<N> {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl<const N: usize> fmt::Display for Hex<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl<const N: usize> fmt::Debug for Hex<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl<const N: usize> Serialize for Hex<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// Hashes bytes with SHA-256: all 64 hex digits.
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> Hex<64> {
    Hex::of(&Sha256::digest(bytes).into())
}

/// Returns the value of a pagination or export item: the first 16 hex digits of the SHA-256.
#[must_use]
pub fn item_value(bytes: &[u8]) -> Hex<16> {
    Hex::of(&Sha256::digest(bytes).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recorded_hashes() {
        for (key, hash) in [
            ("hello", "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"),
            ("é", "4a99557e4033c3539de2eb65472017cad5f9557f7a0625a09f1c3f6e2ba69c4c"),
            ("\u{7f}", "620bfdaa346b088fb49998d92f19a7eaf6bfc2fb0aee015753966da1028cb731"),
            ("😀", "f0443a342c5ef54783a111b51ba56c938e474c32324d90c3a60c9c8e3a37e2d9"),
        ] {
            assert_eq!(sha256_hex(key.as_bytes()).as_str(), hash);
        }
    }

    #[test]
    fn recorded_items() {
        assert_eq!(item_value(b"2").to_string(), "d4735e3a265e16ee");
        assert_eq!(item_value("é:0".as_bytes()).to_string(), "6a58480f657cc263");
    }
}
