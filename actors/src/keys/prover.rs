//! Creation and verification of keys.

use super::store::Handle;
use crate::secret::Secret;

/// Creates and verifies keys. Blocks, so it must not be called on a thread that serves requests.
pub trait Prover: Send + Sync + 'static {
    /// Creates a new key.
    fn mint(&self) -> Secret;
    /// Returns the handle of a key.
    fn handle(&self, key: &[u8]) -> Handle;
    /// Returns the hash to verify a key with.
    ///
    /// # Errors
    /// The reason why hashing failed.
    fn hash(&self, key: &[u8]) -> Result<String, String>;
    /// Returns true when `hash` is a hash of `key`.
    fn proves(&self, key: &[u8], hash: &str) -> bool;
}
