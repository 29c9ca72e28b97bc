//! Cache of verified keys.
//!
//! Entries are found by the key's handle. An entry is valid for [`FRESH`]. After that, the database is queried again,
//! but a key is not verified again while its row has the same hash.

use std::{
    collections::HashMap,
    sync::{
        Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, Utc};
use tokio::time::Instant;
use uuid::Uuid;

use super::store::{Handle, StoredKey};
use crate::identity::{AuthType, Identity};

/// Time for which a verified key is accepted without the database.
pub const FRESH: Duration = Duration::from_secs(60);
/// Microseconds in a second.
const SECOND: i64 = 1_000_000;
/// Number of parts. Each has its own read-write lock, because all workers may be shown the same key.
const PARTS: usize = 16;
/// Maximum number of keys in one part: 16,384 in all.
const MOST_IN_PART: usize = 1024;

type Part = HashMap<Handle, ProvedKey>;

/// Cache of verified keys. Only keys of the database are cached, so strangers can't fill it.
#[derive(Default)]
pub struct Memory {
    parts: [RwLock<Part>; PARTS],
    hits: AtomicU64,
    misses: AtomicU64,
    /// Incremented when a revocation may have been missed: rows read before are then not fresh.
    era: AtomicU64,
}

struct ProvedKey {
    identity: Arc<Identity>,
    key: Uuid,
    hash: String,
    ends: Option<DateTime<Utc>>,
    /// Accepted until then; `None` when the database must be queried first.
    fresh_until: Option<Instant>,
    /// Time of last use in microseconds since the epoch; 0 when there is nothing to write.
    used: AtomicI64,
}

impl ProvedKey {
    /// Records a use, to the second, because writes to memory shared by many workers are costly.
    fn use_at(&self, now: i64) {
        if now - self.used.load(Ordering::Relaxed) >= SECOND {
            self.used.store(now, Ordering::Relaxed);
        }
    }
}

/// Hits and misses of the cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hits {
    /// Look-ups answered by the cache.
    pub hits: u64,
    /// Look-ups that needed the database.
    pub misses: u64,
}

impl Memory {
    /// Returns the identity of a cached key, if the entry is fresh.
    #[must_use]
    pub fn recall(&self, handle: &Handle) -> Option<Arc<Identity>> {
        let identity = self.fresh(handle);
        let counter = if identity.is_some() { &self.hits } else { &self.misses };
        counter.fetch_add(1, Ordering::Relaxed);
        identity
    }

    fn fresh(&self, handle: &Handle) -> Option<Arc<Identity>> {
        let (now, clock) = (Utc::now(), Instant::now());
        let part = self.read(handle);
        let entry = part.get(handle)?;
        let lasts = entry.ends.is_none_or(|end| now < end);
        let fresh = entry.fresh_until.is_some_and(|until| clock < until);
        (lasts && fresh).then(|| {
            entry.use_at(now.timestamp_micros());
            Arc::clone(&entry.identity)
        })
    }

    /// Returns the current era, which [`Memory::keep`] needs after a look-up.
    pub(super) fn era(&self) -> u64 {
        self.era.load(Ordering::Acquire)
    }

    /// Returns true when the key was verified with the hash that its row has now.
    pub(super) fn is_proved(&self, key: &StoredKey) -> bool {
        self.read(&key.handle).get(&key.handle).is_some_and(|entry| entry.key == key.id && entry.hash == key.hash)
    }

    /// Caches a verified key whose row was read in `era`. `None` when that era is over: the row may be gone and must be
    /// read again, but the verification is remembered.
    pub(super) fn keep(&self, key: &StoredKey, era: u64) -> Option<Arc<Identity>> {
        let identity = Arc::new(Identity::named(AuthType::Apikey, &key.name));
        let mut part = self.write(&key.handle);
        if part.len() >= MOST_IN_PART
            && !part.contains_key(&key.handle)
            && let Some(oldest) = part.iter().min_by_key(|(_, entry)| entry.fresh_until).map(|(handle, _)| *handle)
        {
            part.remove(&oldest);
        }
        // A key may have been revoked since its row was read, so the entry is not fresh.
        let fresh_until = (self.era() == era).then(|| Instant::now() + FRESH);
        let entry = ProvedKey {
            identity: Arc::clone(&identity),
            key: key.id,
            hash: key.hash.clone(),
            ends: key.expires_at,
            fresh_until,
            used: AtomicI64::new(if fresh_until.is_some() { Utc::now().timestamp_micros() } else { 0 }),
        };
        part.insert(key.handle, entry);
        fresh_until.is_some().then_some(identity)
    }

    /// Drops an expired key.
    pub(super) fn drop_ended(&self, handle: &Handle) {
        self.write(handle).remove(handle);
    }

    /// Forgets a revoked key. A look-up in progress does not bring it back.
    pub fn forget(&self, handle: &Handle) {
        self.era.fetch_add(1, Ordering::AcqRel);
        self.write(handle).remove(handle);
    }

    /// Makes all entries stale: the database must be queried before a key is accepted.
    pub fn doubt_all(&self) {
        self.era.fetch_add(1, Ordering::AcqRel);
        for part in &self.parts {
            written(part).values_mut().for_each(|entry| entry.fresh_until = None);
        }
    }

    /// Takes the keys used since the last call, with the times.
    pub(super) fn take_used(&self) -> Vec<(Uuid, DateTime<Utc>)> {
        let mut used = Vec::new();
        for part in &self.parts {
            used.extend(read(part).values().filter_map(|entry| {
                let at = entry.used.swap(0, Ordering::Relaxed);
                (at != 0).then_some((entry.key, DateTime::from_timestamp_micros(at)?))
            }));
        }
        used
    }

    /// Puts back times that could not be written.
    pub(super) fn give_back(&self, used: &[(Uuid, DateTime<Utc>)]) {
        let times: HashMap<Uuid, i64> = used.iter().map(|(key, at)| (*key, at.timestamp_micros())).collect();
        for part in &self.parts {
            for entry in read(part).values() {
                if let Some(at) = times.get(&entry.key) {
                    entry.used.fetch_max(*at, Ordering::Relaxed);
                }
            }
        }
    }

    /// Returns hits and misses.
    #[must_use]
    pub fn hits(&self) -> Hits {
        Hits { hits: self.hits.load(Ordering::Relaxed), misses: self.misses.load(Ordering::Relaxed) }
    }

    fn read(&self, handle: &Handle) -> RwLockReadGuard<'_, Part> {
        read(self.part(handle))
    }

    fn write(&self, handle: &Handle) -> RwLockWriteGuard<'_, Part> {
        written(self.part(handle))
    }

    fn part(&self, handle: &Handle) -> &RwLock<Part> {
        let [first, ..] = *handle;
        &self.parts[usize::from(first) % PARTS]
    }
}

/// The lock is held for one look-up, or for one scan of a part; the same applies to [`written`].
fn read(part: &RwLock<Part>) -> RwLockReadGuard<'_, Part> {
    part.read().unwrap_or_else(PoisonError::into_inner)
}

fn written(part: &RwLock<Part>) -> RwLockWriteGuard<'_, Part> {
    part.write().unwrap_or_else(PoisonError::into_inner)
}
