//! Tokens that were verified before: a signature is checked once per token and process.
//!
//! What is kept is a SHA-256 of the token under a random key of this process, until the token ends. A token whose key the
//! provider has taken back is forgotten. Only good tokens are remembered, so strangers can't fill it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use actors::Identity;
use foldhash::fast::RandomState;
use sha2::{Digest as _, Sha256};

use super::keys::Key;

/// Parts, each with a lock of its own.
const PARTS: usize = 16;
/// Most tokens in one part: 16,384 in all, of a few KiB each at the very most.
const MOST_IN_PART: usize = 1024;

type Part = HashMap<[u8; 32], Entry, RandomState>;

/// Verified tokens.
pub(super) struct Memory {
    salt: [u8; 32],
    parts: [Mutex<Part>; PARTS],
}

struct Entry {
    identity: Arc<Identity>,
    /// `None` when signatures are not verified.
    key: Option<Arc<Key>>,
    /// Seconds since the epoch.
    end: u64,
}

/// Stands for a token without telling it.
#[derive(Clone, Copy)]
pub(super) struct Trace([u8; 32]);

impl Memory {
    pub(super) fn new() -> Self {
        Self { salt: rand::random(), parts: std::array::from_fn(|_| Mutex::default()) }
    }

    pub(super) fn trace(&self, token: &[u8]) -> Trace {
        Trace(Sha256::new().chain_update(self.salt).chain_update(token).finalize().into())
    }

    /// Who showed this token before, if it is still good.
    pub(super) fn recall(&self, trace: Trace, now: u64) -> Option<Arc<Identity>> {
        let mut part = self.part(trace);
        let entry = part.get(&trace.0)?;
        if now < entry.end && entry.key.as_ref().is_none_or(|key| key.is_alive()) {
            return Some(Arc::clone(&entry.identity));
        }
        part.remove(&trace.0);
        None
    }

    /// Remembers a verified token.
    pub(super) fn keep(&self, trace: Trace, identity: Arc<Identity>, key: Option<Arc<Key>>, end: u64, now: u64) {
        let mut part = self.part(trace);
        if part.len() >= MOST_IN_PART {
            part.retain(|_, entry| now < entry.end && entry.key.as_ref().is_none_or(|key| key.is_alive()));
        }
        if part.len() >= MOST_IN_PART
            && let Some(any) = part.keys().next().copied()
        {
            part.remove(&any);
        }
        part.insert(trace.0, Entry { identity, key, end });
    }

    /// Held for a look-up, or for one walk through a part when it is full.
    fn part(&self, trace: Trace) -> MutexGuard<'_, Part> {
        let [first, ..] = trace.0;
        self.parts[usize::from(first) % PARTS].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_remembered_until_it_ends() {
        let memory = Memory::new();
        let trace = memory.trace(b"token");
        memory.keep(trace, Arc::new(Identity::anonymous()), None, 100, 50);
        assert!(memory.recall(trace, 99).is_some());
        assert!(memory.recall(memory.trace(b"tokem"), 99).is_none());
        assert!(memory.recall(trace, 100).is_none());
        assert!(memory.recall(trace, 99).is_none(), "forgotten for good");
    }

    #[test]
    fn it_is_bounded() {
        let memory = Memory::new();
        for number in 0..2 * PARTS * MOST_IN_PART {
            let trace = memory.trace(&number.to_le_bytes());
            memory.keep(trace, Arc::new(Identity::anonymous()), None, 100, 50);
            assert!(memory.recall(trace, 50).is_some());
        }
        let kept: usize = memory.parts.iter().map(|part| part.lock().map_or(0, |part| part.len())).sum();
        assert!(kept <= PARTS * MOST_IN_PART, "{kept}");
    }
}
