//! Public keys of the provider (RFC 7517), and the rules for which key may verify which token.

use std::{
    ops::RangeInclusive,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{
    Algorithm, DecodingKey, crypto,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk},
};
use serde_json::{Value, json};

use super::token::accepted;

/// Maximum number of keys taken from a set. The rest is ignored, and the log says so.
const MOST_KEYS: usize = 100;
/// Accepted sizes of RSA keys in bits. Smaller ones can be broken, larger ones cost too much time.
const RSA_BITS: RangeInclusive<usize> = 2048..=8192;

/// Keys that may verify tokens. Other keys of a set (for encryption, shared secrets, weak or unknown ones) are ignored.
#[derive(Default)]
pub struct KeySet {
    keys: Vec<Arc<Key>>,
}

/// One key.
pub(super) struct Key {
    id: Option<String>,
    /// Algorithm that the key is restricted to, if the set names one.
    algorithm: Option<Algorithm>,
    kind: KeyKind,
    key: DecodingKey,
    /// The key as JSON from the set. Two keys with equal JSON are the same key.
    json: Value,
    /// False once the provider has removed the key from its set.
    alive: AtomicBool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum KeyKind {
    Rsa,
    P256,
    P384,
    Ed25519,
}

impl KeyKind {
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
    /// Parses a set. Keys that `held` has too are reused. `None` when the document is not a key set.
    pub(super) fn read(document: &Value, held: &Self) -> Option<Self> {
        let listed = document.get("keys")?.as_array()?;
        let read = |json: &Value| {
            let known = held.keys.iter().find(|key| key.json == *json && key.is_alive());
            known.cloned().or_else(|| Key::read(json).map(Arc::new))
        };
        let mut keys: Vec<Arc<Key>> = listed.iter().filter_map(read).take(MOST_KEYS + 1).collect();
        if keys.len() > MOST_KEYS {
            keys.truncate(MOST_KEYS);
            log::warn!(listed = listed.len(), taken = MOST_KEYS; "oidc: the provider has too many keys; the rest is ignored");
        }
        Some(Self { keys })
    }

    /// Renders the keys that may verify tokens as a set (RFC 7517, section 5).
    #[must_use]
    pub fn document(&self) -> Value {
        json!({"keys": self.keys.iter().map(|key| &key.json).collect::<Vec<_>>()})
    }

    /// Returns the number of keys.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Returns true when there are no keys.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Returns true when there is a key with that id.
    #[must_use]
    pub fn holds(&self, id: &str) -> bool {
        self.keys.iter().any(|key| key.id.as_deref() == Some(id))
    }

    /// Returns the keys that may have signed a token. A token without a key id may be signed by any key for its
    /// algorithm.
    pub(super) fn candidates(&self, id: Option<&str>, algorithm: Algorithm) -> impl Iterator<Item = &Arc<Key>> {
        let named = move |key: &&Arc<Key>| id.is_none() || key.id.as_deref() == id;
        self.keys.iter().filter(named).filter(move |key| key.suits(algorithm))
    }

    /// Marks the keys that are missing from `successors` as removed.
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
            AlgorithmParameters::RSA(key) if RSA_BITS.contains(&bits(&key.n)?) => KeyKind::Rsa,
            AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => KeyKind::P256,
            AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P384 => KeyKind::P384,
            AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => KeyKind::Ed25519,
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

    /// Verifies a signature in the encoding it has in a token.
    pub(super) fn verifies(&self, signature: &str, signed: &[u8], algorithm: Algorithm) -> bool {
        crypto::verify(signature, signed, &self.key, algorithm).unwrap_or(false)
    }

    /// Returns false once the provider has removed the key.
    pub(super) fn is_alive(&self) -> bool {
        self.alive.load(Ordering::Acquire)
    }
}

/// Returns the bit length of a big-endian number in base64url (RFC 7518, section 2).
fn bits(number: &str) -> Option<usize> {
    let bytes = URL_SAFE_NO_PAD.decode(number).ok()?;
    let first = bytes.iter().position(|byte| *byte != 0)?;
    Some((bytes.len() - first) * 8 - bytes[first].leading_zeros() as usize)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const P256: (&str, &str) =
        ("MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4", "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM");

    fn set(keys: &Value) -> KeySet {
        KeySet::read(&json!({ "keys": keys }), &KeySet::default()).unwrap()
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
            json!({"key_ops": ["encrypt"]}),
            json!({"key_ops": []}),
            json!({"key_ops": null}),
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
    fn rsa_keys_are_neither_weak_nor_huge() {
        let rsa = |bytes: usize, first: u8| {
            let mut modulus = vec![0xff; bytes];
            modulus[0] = first;
            set(&json!([{"kty": "RSA", "n": URL_SAFE_NO_PAD.encode(modulus), "e": "AQAB"}])).len()
        };
        for (bytes, first, taken) in [
            (256, 0x80, 1),
            (256, 0x7f, 0),
            (257, 0x00, 1),
            (255, 0xff, 0),
            (128, 0xff, 0),
            (1024, 0xff, 1),
            (1025, 1, 0),
        ] {
            assert_eq!(rsa(bytes, first), taken, "{bytes} bytes, the first {first:#x}");
        }
        assert_eq!(set(&json!([{"kty": "RSA", "n": "", "e": "AQAB"}, {"kty": "RSA", "n": "A", "e": "AQAB"}])).len(), 0);
    }

    #[test]
    fn only_usable_keys_count_against_the_bound() {
        let unusable = json!({"kty": "oct", "k": "AAAA"});
        let many: Vec<Value> = (0..MOST_KEYS)
            .flat_map(|number| [unusable.clone(), ec(&json!({"kid": number.to_string()}))])
            .chain([ec(&json!({"kid": "one too many"}))])
            .collect();
        let set = set(&json!(many));
        assert_eq!(set.len(), MOST_KEYS);
        assert!(set.holds("99") && !set.holds("one too many"));
        assert_eq!(set.document()["keys"].as_array().unwrap().len(), MOST_KEYS);
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
        let later = KeySet::read(&json!({"keys": [ec(&json!({"kid": "b"}))]}), &former).unwrap();
        former.retire(Some(&later));
        assert!(!former.keys[0].is_alive());
        assert!(later.keys[0].is_alive() && Arc::ptr_eq(&former.keys[1], &later.keys[0]));
        later.retire(None);
        assert!(!later.keys[0].is_alive());
    }
}
