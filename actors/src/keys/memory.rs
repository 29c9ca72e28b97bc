//! Keys that were verified before.
//!
//! What is kept stands under the key's handle. An entry lets its key in for [`FRESH`]; after that the database is asked
//! whether the key is still there, but a hash that proved it once is not computed again while the row has the same one.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, Utc};
use tokio::time::Instant;
use uuid::Uuid;

use super::store::{Handle, StoredKey};
use crate::identity::{AuthType, Identity};

/// How long a verified key is let in without the database.
pub const FRESH: Duration = Duration::from_secs(60);
/// Parts, each with a lock of its own.
const PARTS: usize = 16;
/// Most keys in one part: 16,384 in all.
const MOST_IN_PART: usize = 1024;

/// Verified keys. Only keys of the database get in, so strangers can't fill it.
#[derive(Default)]
pub struct Memory {
    parts: [Mutex<HashMap<Handle, Entry>>; PARTS],
    hits: AtomicU64,
    misses: AtomicU64,
    /// Raised when something may have been missed: what was read before does not count as fresh.
    era: AtomicU64,
}

struct Entry {
    identity: Arc<Identity>,
    key: Uuid,
    hash: String,
    ends: Option<DateTime<Utc>>,
    /// Let in until then; `None` when the database is to be asked first.
    fresh_until: Option<Instant>,
    /// Microseconds since the epoch; 0 when there is nothing to write down.
    used: AtomicI64,
}

/// Counts of look-ups in the memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hits {
    /// Keys that were let in by it.
    pub hits: u64,
    /// Keys for which the database was asked.
    pub misses: u64,
}

impl Memory {
    /// Who showed this key before, if that is fresh.
    #[must_use]
    pub fn recall(&self, handle: &Handle) -> Option<Arc<Identity>> {
        let identity = self.fresh(handle);
        let counter = if identity.is_some() { &self.hits } else { &self.misses };
        counter.fetch_add(1, Ordering::Relaxed);
        identity
    }

    fn fresh(&self, handle: &Handle) -> Option<Arc<Identity>> {
        let part = self.part(handle);
        let entry = part.get(handle)?;
        let now = Utc::now();
        let lasts = entry.ends.is_none_or(|end| now < end);
        let fresh = entry.fresh_until.is_some_and(|until| Instant::now() < until);
        (lasts && fresh).then(|| {
            entry.used.store(now.timestamp_micros(), Ordering::Relaxed);
            Arc::clone(&entry.identity)
        })
    }

    /// The era that a look-up begins in; [`Memory::keep`] wants it back.
    pub(super) fn era(&self) -> u64 {
        self.era.load(Ordering::Acquire)
    }

    /// True when this key was proved by the very hash that its row has now.
    pub(super) fn is_proved(&self, key: &StoredKey) -> bool {
        self.part(&key.handle).get(&key.handle).is_some_and(|entry| entry.key == key.id && entry.hash == key.hash)
    }

    /// Remembers a key that was proved, by a row that was read in `era`. `None` when that era is over: the row may be gone,
    /// and is to be read again; that the key was proved is remembered.
    pub(super) fn keep(&self, key: &StoredKey, era: u64) -> Option<Arc<Identity>> {
        let identity = Arc::new(Identity::named(AuthType::Apikey, &key.name));
        let mut part = self.part(&key.handle);
        if part.len() >= MOST_IN_PART
            && !part.contains_key(&key.handle)
            && let Some(oldest) = part.iter().min_by_key(|(_, entry)| entry.fresh_until).map(|(handle, _)| *handle)
        {
            part.remove(&oldest);
        }
        // What was revoked since the row was read is not let in by memory.
        let fresh_until = (self.era() == era).then(|| Instant::now() + FRESH);
        let entry = Entry {
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

    /// Drops a key that has ended.
    pub(super) fn drop_ended(&self, handle: &Handle) {
        self.part(handle).remove(handle);
    }

    /// Forgets a key that was revoked; a look-up that is in progress does not bring it back.
    pub fn forget(&self, handle: &Handle) {
        self.era.fetch_add(1, Ordering::AcqRel);
        self.part(handle).remove(handle);
    }

    /// Lets no key in before the database was asked again.
    pub fn doubt_all(&self) {
        self.era.fetch_add(1, Ordering::AcqRel);
        for part in &self.parts {
            lock(part).values_mut().for_each(|entry| entry.fresh_until = None);
        }
    }

    /// Takes out which keys were shown since the last time, and when.
    pub(super) fn take_used(&self) -> Vec<(Uuid, DateTime<Utc>)> {
        let mut used = Vec::new();
        for part in &self.parts {
            used.extend(lock(part).values().filter_map(|entry| {
                let at = entry.used.swap(0, Ordering::Relaxed);
                (at != 0).then_some((entry.key, DateTime::from_timestamp_micros(at)?))
            }));
        }
        used
    }

    /// Takes back what could not be written down.
    pub(super) fn give_back(&self, used: &[(Uuid, DateTime<Utc>)]) {
        let times: HashMap<Uuid, i64> = used.iter().map(|(key, at)| (*key, at.timestamp_micros())).collect();
        for part in &self.parts {
            for entry in lock(part).values() {
                if let Some(at) = times.get(&entry.key) {
                    entry.used.fetch_max(*at, Ordering::Relaxed);
                }
            }
        }
    }

    /// Counts of look-ups.
    #[must_use]
    pub fn hits(&self) -> Hits {
        Hits { hits: self.hits.load(Ordering::Relaxed), misses: self.misses.load(Ordering::Relaxed) }
    }

    fn part(&self, handle: &Handle) -> MutexGuard<'_, HashMap<Handle, Entry>> {
        let [first, ..] = *handle;
        lock(&self.parts[usize::from(first) % PARTS])
    }
}

/// Held for a look-up, or for one walk through a part.
fn lock(part: &Mutex<HashMap<Handle, Entry>>) -> MutexGuard<'_, HashMap<Handle, Entry>> {
    part.lock().unwrap_or_else(PoisonError::into_inner)
}
