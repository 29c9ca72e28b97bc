//! Fingerprints of redacted values: equal values have equal fingerprints, and no value can be computed from its
//! fingerprint.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

/// Minimum size in bytes of a value that has a fingerprint. A shorter value could be found by trying all values.
pub const VALUE_LEAST: usize = 8;

/// Length in bytes of a key that the server generates itself.
pub const KEY_BYTES: usize = 32;

/// Block of SHA-256 in bytes.
const BLOCK: usize = 64;

/// Makes fingerprints: HMAC-SHA256 (RFC 2104) under a key that replicas share, cut to its first 32 bits.
#[derive(Clone)]
pub struct FingerprintKey(Hmac<Sha256>);

impl FingerprintKey {
    /// Creates the key from bytes of any length, as HMAC allows.
    #[must_use]
    pub fn new(key: &[u8]) -> Self {
        // RFC 2104, section 2: a key longer than a block is hashed, a shorter one is followed by zeros.
        let mut block = [0; BLOCK];
        if key.len() > BLOCK {
            block[..KEY_BYTES].copy_from_slice(&Sha256::digest(key));
        } else {
            block[..key.len()].copy_from_slice(key);
        }
        Self(Hmac::new(&block.into()))
    }

    /// Returns the fingerprint of a value; `None` when the value is shorter than [`VALUE_LEAST`].
    #[must_use]
    pub fn of(&self, value: &[u8]) -> Option<u32> {
        if value.len() < VALUE_LEAST {
            return None;
        }
        let mac = self.0.clone().chain_update(value).finalize().into_bytes();
        Some(u32::from_be_bytes([mac[0], mac[1], mac[2], mac[3]]))
    }
}

impl std::fmt::Debug for FingerprintKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FingerprintKey(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints_are_the_first_bits_of_hmac_sha256() {
        // RFC 4231, test cases 1, 2 and 6.
        let hi = FingerprintKey::new(&[0x0b; 20]).of(b"Hi There");
        assert_eq!(hi, Some(0xb034_4c61));
        assert_eq!(FingerprintKey::new(b"Jefe").of(b"what do ya want for nothing?"), Some(0x5bdc_c146));
        let long = FingerprintKey::new(&[0xaa; 131]).of(b"Test Using Larger Than Block-Size Key - Hash Key First");
        assert_eq!(long, Some(0x60e4_3159));
    }

    #[test]
    fn short_values_have_none_and_the_key_is_not_shown() {
        let key = FingerprintKey::new(b"key");
        assert_eq!(key.of(b"1234567"), None);
        assert!(key.of(b"12345678").is_some());
        assert_eq!(format!("{key:?}"), "FingerprintKey(***)");
    }
}
