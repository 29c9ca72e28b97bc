//! Making and checking keys.

use super::store::Handle;
use crate::secret::Secret;

/// Makes and checks what proves a key. Blocks: never called on a thread that serves requests.
pub trait Prover: Send + Sync + 'static {
    /// Makes a new key.
    fn mint(&self) -> Secret;
    /// The handle of a key.
    fn handle(&self, key: &[u8]) -> Handle;
    /// The hash that proves a key.
    ///
    /// # Errors
    /// Why it can't be made.
    fn hash(&self, key: &[u8]) -> Result<String, String>;
    /// True when `hash` was made of `key`.
    fn proves(&self, key: &[u8], hash: &str) -> bool;
}
