//! Configured secrets, compared in constant time over all entries.
//!
//! Each secret is kept as a SHA-256 under a random key of this process, so that neither the table nor the timing of a
//! comparison reveals anything about a secret. The scan reads every entry: 8 bytes of each digest without a branch,
//! then the whole digest of the match.

use std::{hint::black_box, sync::Arc};

use actors::{AuthType, Decision, Identity, Secret};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// Set of secrets, each with its identity.
pub(super) struct StaticKeys {
    salt: [u8; 32],
    tags: Vec<u64>,
    entries: Vec<NamedDigest>,
}

struct NamedDigest {
    digest: [u8; 32],
    identity: Arc<Identity>,
}

impl StaticKeys {
    /// Creates the set from names and secrets. An empty secret matches nothing.
    pub(super) fn new<'s>(auth_type: AuthType, secrets: impl Iterator<Item = (&'s str, &'s str)>) -> Self {
        let salt = rand::random();
        let entries: Vec<NamedDigest> = secrets
            .filter(|(_, secret)| !secret.is_empty())
            .map(|(name, secret)| NamedDigest {
                digest: digest(&salt, secret.as_bytes()),
                identity: Arc::new(Identity::named(auth_type, name)),
            })
            .collect();
        let tags = entries.iter().map(|entry| tag(&entry.digest)).collect();
        Self { salt, tags, entries }
    }

    /// Judges the secret of a request, if there is one.
    pub(super) fn judge(&self, shown: Option<&Secret>) -> Decision {
        match shown {
            None => Decision::NoCredential,
            Some(secret) => match self.find(secret.expose()) {
                Some(identity) => Decision::Known(identity),
                None => Decision::Invalid,
            },
        }
    }

    fn find(&self, secret: &[u8]) -> Option<Arc<Identity>> {
        let shown = digest(&self.salt, secret);
        let wanted = tag(&shown);
        let mut found = 0;
        for (index, tag) in self.tags.iter().enumerate() {
            let mask = usize::from(*tag == wanted).wrapping_neg();
            found |= mask & (index + 1);
        }
        let entry = self.entries.get(black_box(found).checked_sub(1)?)?;
        bool::from(entry.digest.ct_eq(&shown)).then(|| Arc::clone(&entry.identity))
    }
}

fn digest(salt: &[u8; 32], secret: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update(salt).chain_update(secret).finalize().into()
}

fn tag(digest: &[u8; 32]) -> u64 {
    let (first, _) = digest.split_at(8);
    first.try_into().map_or(0, u64::from_le_bytes)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn keys(count: usize) -> StaticKeys {
        let secrets: Vec<(String, String)> = (0..count).map(|n| (format!("name-{n}"), format!("key-{n}"))).collect();
        StaticKeys::new(AuthType::Apikey, secrets.iter().map(|(name, key)| (name.as_str(), key.as_str())))
    }

    #[test]
    fn each_of_a_thousand_keys_is_known_by_its_own_name() {
        let keys = keys(1000);
        for n in 0..1000 {
            assert_eq!(keys.find(format!("key-{n}").as_bytes()).unwrap().subject, format!("name-{n}"));
        }
    }

    #[test]
    fn nothing_else_is_known() {
        let keys = keys(1000);
        for wrong in ["", "key-1000", "key-1 ", "KEY-1", "key-", "key-1\0"] {
            assert!(keys.find(wrong.as_bytes()).is_none(), "{wrong:?}");
        }
    }

    #[test]
    fn an_empty_secret_matches_nothing() {
        let keys = StaticKeys::new(AuthType::Bearer, [("empty", "")].into_iter());
        assert!(keys.find(b"").is_none());
    }
}
