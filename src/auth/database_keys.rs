//! API keys stored in the database: format, handle and proof.
//!
//! A key is `at_` and 32 random bytes in base64url. Text of any other form is not looked up.

use std::sync::Arc;

use actors::{
    Decision, Secret,
    keys::{Found, Handle, KeyClient, Prover},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};

const PREFIX: &[u8] = b"at_";
/// Random bytes in a key.
const RANDOM_BYTES: usize = 32;
/// Number of characters of a key after [`PREFIX`].
const CHARACTERS: usize = 43;
/// Domain separation: handles differ from any other hash of a key.
const LABEL: &[u8] = b"api-test: handle of an API key\0";
/// Cost of bcrypt (rounds as a power of two). A higher cost would gain nothing against 256 random bits.
const COST: u32 = 10;

const NO_STORE: &str = "api_keys.db: the database is unavailable";

/// The inbound chain's access to the keys of the database.
pub struct DatabaseKeys(KeyClient);

impl DatabaseKeys {
    /// Creates the step from the key actor's client.
    #[must_use]
    pub const fn new(keys: KeyClient) -> Self {
        Self(keys)
    }

    /// Judges a key that is not in the configuration.
    pub(super) fn judge(&self, shown: &Secret) -> Decision {
        if !has_form(shown.expose()) {
            return Decision::Invalid;
        }
        let handle = handle(shown.expose());
        if let Some(identity) = self.0.recall(&handle) {
            return Decision::Known(identity);
        }
        let (keys, shown) = (self.0.clone(), shown.clone());
        Decision::Later(Box::pin(async move {
            match keys.look_up(handle, shown).await {
                Found::Known(identity) => Decision::Known(identity),
                Found::Nobody => Decision::Invalid,
                Found::Unavailable => Decision::Unavailable(NO_STORE),
            }
        }))
    }
}

/// Hashes and verifies keys with bcrypt.
pub struct Bcrypt;

impl Bcrypt {
    /// Returns the prover for the key actor.
    #[must_use]
    pub fn prover() -> Arc<dyn Prover> {
        Arc::new(Self)
    }
}

impl Prover for Bcrypt {
    fn mint(&self) -> Secret {
        let random: [u8; RANDOM_BYTES] = rand::random();
        Secret::from([PREFIX, URL_SAFE_NO_PAD.encode(random).as_bytes()].concat().as_slice())
    }

    fn handle(&self, key: &[u8]) -> Handle {
        handle(key)
    }

    fn hash(&self, key: &[u8]) -> Result<String, String> {
        bcrypt::non_truncating_hash(key, COST).map_err(|error| error.to_string())
    }

    fn proves(&self, key: &[u8], hash: &str) -> bool {
        bcrypt::non_truncating_verify(key, hash).unwrap_or(false)
    }
}

fn has_form(key: &[u8]) -> bool {
    let is_character = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    key.strip_prefix(PREFIX).is_some_and(|rest| rest.len() == CHARACTERS && rest.iter().all(is_character))
}

fn handle(key: &[u8]) -> Handle {
    Sha256::new().chain_update(LABEL).chain_update(key).finalize().into()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_minted_key_has_the_form_and_is_proved_by_its_hash_alone() {
        let (one, other) = (Bcrypt.mint(), Bcrypt.mint());
        assert!(has_form(one.expose()) && one != other);
        let hash = Bcrypt.hash(one.expose()).unwrap();
        assert!(Bcrypt.proves(one.expose(), &hash) && !Bcrypt.proves(other.expose(), &hash));
        assert!(!Bcrypt.proves(one.expose(), "no hash"));
        assert_ne!(Bcrypt.handle(one.expose()), Bcrypt.handle(other.expose()));
    }

    #[test]
    fn other_forms_are_no_keys() {
        let key = format!("at_{}", "A".repeat(CHARACTERS));
        assert!(has_form(key.as_bytes()));
        for other in [&key[1..], &key[..key.len() - 1], &format!("{key}A"), &key.replace('A', "+"), "at_", ""] {
            assert!(!has_form(other.as_bytes()), "{other}");
        }
    }
}
