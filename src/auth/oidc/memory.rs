//! Cache of verified tokens: a signature is checked once per token and process.
//!
//! The key of an entry is a SHA-256 of the token under a random key of this process. An entry lasts until its token
//! expires or the provider removes the signing key. Only valid tokens are cached, so strangers can't fill the cache.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use actors::Identity;
use foldhash::fast::RandomState;
use sha2::{Digest as _, Sha256};

use super::keys::Key;

/// Number of parts. Each has its own read-write lock, because all workers may be shown the same token.
const PARTS: usize = 16;
/// Maximum number of tokens in one part: 16,384 in all.
const MOST_IN_PART: usize = 1024;
/// Maximum sum of token sizes in one part, in bytes as sent: 16 MiB in all. Claims are kept, which take a few times the
/// size of the token.
const MOST_BYTES_IN_PART: usize = 1024 * 1024;

#[derive(Default)]
struct Part {
    entries: HashMap<[u8; 32], RememberedToken, RandomState>,
    /// Sum of the token sizes.
    bytes: usize,
}

impl Part {
    fn remove(&mut self, trace: &[u8; 32]) {
        if let Some(entry) = self.entries.remove(trace) {
            self.bytes -= entry.bytes;
        }
    }

    fn has_room_for(&self, bytes: usize) -> bool {
        self.entries.len() < MOST_IN_PART && self.bytes + bytes <= MOST_BYTES_IN_PART
    }
}

/// Cache of verified tokens.
pub(super) struct Memory {
    salt: [u8; 32],
    parts: [RwLock<Part>; PARTS],
}

struct RememberedToken {
    identity: Arc<Identity>,
    /// Key that signed the token; `None` when signatures are not verified.
    key: Option<Arc<Key>>,
    /// Expiry in seconds since the epoch.
    end: u64,
    /// Size of the token.
    bytes: usize,
}

impl RememberedToken {
    fn is_good(&self, now: u64) -> bool {
        now < self.end && self.key.as_ref().is_none_or(|key| key.is_alive())
    }
}

/// Keyed hash of a token, and the token's size in bytes.
#[derive(Clone, Copy)]
pub(super) struct Trace([u8; 32], usize);

impl Memory {
    pub(super) fn new() -> Self {
        Self { salt: rand::random(), parts: std::array::from_fn(|_| RwLock::default()) }
    }

    pub(super) fn trace(&self, token: &[u8]) -> Trace {
        Trace(Sha256::new().chain_update(self.salt).chain_update(token).finalize().into(), token.len())
    }

    /// Returns the identity of a cached token if it is still valid.
    pub(super) fn recall(&self, trace: Trace, now: u64) -> Option<Arc<Identity>> {
        {
            let part = self.read(trace);
            let entry = part.entries.get(&trace.0)?;
            if entry.is_good(now) {
                return Some(Arc::clone(&entry.identity));
            }
        }
        let mut part = self.write(trace);
        // Another thread may have replaced it with a valid one in the meantime.
        if part.entries.get(&trace.0).is_some_and(|entry| !entry.is_good(now)) {
            part.remove(&trace.0);
        }
        None
    }

    /// Caches a verified token.
    pub(super) fn keep(&self, trace: Trace, identity: Arc<Identity>, key: Option<Arc<Key>>, end: u64, now: u64) {
        let mut part = self.write(trace);
        let Trace(trace, bytes) = trace;
        part.remove(&trace);
        if !part.has_room_for(bytes) {
            part.entries.retain(|_, entry| entry.is_good(now));
            part.bytes = part.entries.values().map(|entry| entry.bytes).sum();
        }
        while !part.has_room_for(bytes)
            && let Some(any) = part.entries.keys().next().copied()
        {
            part.remove(&any);
        }
        part.entries.insert(trace, RememberedToken { identity, key, end, bytes });
        part.bytes += bytes;
    }

    /// The lock is held for one look-up.
    fn read(&self, trace: Trace) -> RwLockReadGuard<'_, Part> {
        self.part(trace).read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The lock is held for one change, or for one scan of a full part.
    fn write(&self, trace: Trace) -> RwLockWriteGuard<'_, Part> {
        self.part(trace).write().unwrap_or_else(PoisonError::into_inner)
    }

    fn part(&self, trace: Trace) -> &RwLock<Part> {
        let [first, ..] = trace.0;
        &self.parts[usize::from(first) % PARTS]
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
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
        let kept: usize = memory.parts.iter().map(|part| part.read().map_or(0, |part| part.entries.len())).sum();
        assert!(kept <= PARTS * MOST_IN_PART, "{kept}");
    }

    #[test]
    fn it_is_bounded_by_size_too() {
        let memory = Memory::new();
        let mut token = vec![b'a'; 16 * 1024];
        for number in 0..2000_u32 {
            token[..4].copy_from_slice(&number.to_le_bytes());
            let trace = memory.trace(&token);
            // Twice: a token that is already cached is not counted again.
            memory.keep(trace, Arc::new(Identity::anonymous()), None, 100, 50);
            memory.keep(trace, Arc::new(Identity::anonymous()), None, 100, 50);
            assert!(memory.recall(trace, 50).is_some());
        }
        for part in &memory.parts {
            let part = part.read().unwrap();
            assert_eq!(part.bytes, part.entries.len() * token.len());
            assert!(part.bytes <= MOST_BYTES_IN_PART && part.entries.len() > 50, "{}", part.entries.len());
        }
    }
}
