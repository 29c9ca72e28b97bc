//! Public keys of the provider (RFC 7517), and which of them may verify what.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use jsonwebtoken::{
    Algorithm, DecodingKey, crypto,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk},
};
use serde_json::Value;

use super::token::accepted;

/// Most keys that are read of a set.
const MOST_KEYS: usize = 100;

/// The keys that may verify tokens. What else a set holds (keys for encryption, shared secrets, kinds that are not
/// known) is left out.
#[derive(Default)]
pub struct KeySet {
    keys: Vec<Arc<Key>>,
    document: Value,
}

/// One key.
pub(super) struct Key {
    id: Option<String>,
    /// The one algorithm it is for, when the set says so.
    algorithm: Option<Algorithm>,
    kind: Kind,
    key: DecodingKey,
    /// As the set had it: two that are equal are the same key.
    json: Value,
    /// False once the provider's set no longer has it.
    alive: AtomicBool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Rsa,
    P256,
    P384,
    Ed25519,
}

impl Kind {
    const fn suits(self, algorithm: Algorithm) -> bool {
        use Algorithm::{ES256, ES384, EdDSA, PS256, PS384, PS512, RS256, RS384, RS512};
        match self {
            Self::Rsa => matches!(algorithm, RS256 | RS384 | RS512 | PS256 | PS384 | PS512),
            Self::P256 => matches!(algorithm, ES256),
            Self::P384 => matches!(algorithm, ES384),
            Self::Ed25519 => matches!(algorithm, EdDSA),
        }
    }
}

impl KeySet {
    /// Reads a set. Keys that `held` has too are taken over from there. `None` when it is no set at all.
    pub(super) fn read(document: Value, held: &Self) -> Option<Self> {
        let listed = document.get("keys")?.as_array()?;
        let read = |json: &Value| {
            let known = held.keys.iter().find(|key| key.json == *json && key.is_alive());
            known.cloned().or_else(|| Key::read(json).map(Arc::new))
        };
        let keys = listed.iter().take(MOST_KEYS).filter_map(read).collect();
        Some(Self { keys, document })
    }

    /// The set as the provider gave it.
    #[must_use]
    pub const fn document(&self) -> &Value {
        &self.document
    }

    /// How many keys may verify tokens.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// True when no key may verify tokens.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// True when there is a key of that id.
    #[must_use]
    pub fn holds(&self, id: &str) -> bool {
        self.keys.iter().any(|key| key.id.as_deref() == Some(id))
    }

    /// The keys that may have signed a token. One without a key id can be of any key that suits its algorithm.
    pub(super) fn candidates(&self, id: Option<&str>, algorithm: Algorithm) -> impl Iterator<Item = &Arc<Key>> {
        let named = move |key: &&Arc<Key>| id.is_none() || key.id.as_deref() == id;
        self.keys.iter().filter(named).filter(move |key| key.suits(algorithm))
    }

    /// Marks the keys that `successors` doesn't hold as gone.
    pub(super) fn retire(&self, successors: Option<&Self>) {
        for key in &self.keys {
            let stays = successors.is_some_and(|set| set.keys.iter().any(|other| Arc::ptr_eq(key, other)));
            key.alive.store(stays, Ordering::Release);
        }
    }
}

impl Key {
    fn read(json: &Value) -> Option<Self> {
        let usable = json.get("use").is_none_or(|purpose| purpose == "sig");
        let verifies = |list: &Value| list.as_array().is_some_and(|list| list.iter().any(|entry| entry == "verify"));
        if !usable || !json.get("key_ops").is_none_or(verifies) {
            return None;
        }
        let jwk: Jwk = serde_json::from_value(json.clone()).ok()?;
        let kind = match &jwk.algorithm {
            AlgorithmParameters::RSA(_) => Kind::Rsa,
            AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => Kind::P256,
            AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P384 => Kind::P384,
            AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => Kind::Ed25519,
            _ => return None,
        };
        let algorithm = match json.get("alg") {
            None => None,
            Some(name) => Some(accepted(name.as_str()?).filter(|algorithm| kind.suits(*algorithm))?),
        };
        let key = DecodingKey::from_jwk(&jwk).ok()?;
        Some(Self { id: jwk.common.key_id, algorithm, kind, key, json: json.clone(), alive: AtomicBool::new(true) })
    }

    fn suits(&self, algorithm: Algorithm) -> bool {
        self.algorithm.is_none_or(|own| own == algorithm) && self.kind.suits(algorithm)
    }

    /// Verifies a signature as it stands in a token.
    pub(super) fn verifies(&self, signature: &str, signed: &[u8], algorithm: Algorithm) -> bool {
        crypto::verify(signature, signed, &self.key, algorithm).unwrap_or(false)
    }

    /// False once the provider has taken it back.
    pub(super) fn is_alive(&self) -> bool {
        self.alive.load(Ordering::Acquire)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

    const P256: (&str, &str) =
        ("MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4", "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM");

    fn set(keys: &Value) -> KeySet {
        KeySet::read(json!({"keys": keys}), &KeySet::default()).unwrap()
    }

    fn ec(extra: &Value) -> Value {
        let mut key = json!({"kty": "EC", "crv": "P-256", "kid": "a", "x": P256.0, "y": P256.1});
        key.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        key
    }

    #[test]
    fn keys_for_other_purposes_are_left_out() {
        for extra in [
            json!({"use": "enc"}),
            json!({"key_ops": ["sign"]}),
            json!({"alg": "RS256"}),
            json!({"alg": "ES384"}),
            json!({"alg": "HS256"}),
            json!({"crv": "P-521"}),
            json!({"kty": "oct", "k": "AAAA"}),
            json!({"kty": "new"}),
        ] {
            assert!(set(&json!([ec(&extra)])).is_empty(), "{extra}");
        }
        assert_eq!(set(&json!([{"kty": "new"}, 7, ec(&json!({"use": "sig", "key_ops": ["verify"]}))])).len(), 1);
    }

    #[test]
    fn a_key_is_a_candidate_for_its_own_algorithm_and_id() {
        let keys = set(&json!([ec(&json!({}))]));
        let count = |id, algorithm| keys.candidates(id, algorithm).count();
        assert_eq!(count(Some("a"), Algorithm::ES256), 1);
        assert_eq!(count(None, Algorithm::ES256), 1);
        assert_eq!(count(Some("b"), Algorithm::ES256), 0);
        assert_eq!(count(Some("a"), Algorithm::RS256), 0);
        assert_eq!(count(Some("a"), Algorithm::HS256), 0);
    }

    #[test]
    fn a_key_that_stays_keeps_its_identity_and_one_that_goes_is_marked() {
        let former = set(&json!([ec(&json!({})), ec(&json!({"kid": "b"}))]));
        let later = KeySet::read(json!({"keys": [ec(&json!({"kid": "b"}))]}), &former).unwrap();
        former.retire(Some(&later));
        assert!(!former.keys[0].is_alive());
        assert!(later.keys[0].is_alive() && Arc::ptr_eq(&former.keys[1], &later.keys[0]));
        later.retire(None);
        assert!(!later.keys[0].is_alive());
    }
}
