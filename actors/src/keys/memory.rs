//! Keys that were verified before.
//!
//! Entries stand under the key's handle. An entry lets its key in for [`FRESH`]; after that the database is asked
//! whether the key is still there, but a hash that proved it once is not computed again while the row has the same one.

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

/// How long a verified key is let in without the database.
pub const FRESH: Duration = Duration::from_secs(60);
/// In microseconds.
const SECOND: i64 = 1_000_000;
/// Parts, each with a lock of its own that those who recall share: one key may be all that all workers are shown.
const PARTS: usize = 16;
/// Most keys in one part: 16,384 in all.
const MOST_IN_PART: usize = 1024;

type Part = HashMap<Handle, Entry>;

/// Verified keys. Only keys of the database get in, so strangers can't fill it.
#[derive(Default)]
pub struct Memory {
    parts: [RwLock<Part>; PARTS],
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

impl Entry {
    /// Takes note of a use, to the second: what many workers share is written as seldom as will do.
    fn use_at(&self, now: i64) {
        if now - self.used.load(Ordering::Relaxed) >= SECOND {
            self.used.store(now, Ordering::Relaxed);
        }
    }
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

    /// The era that a look-up begins in; [`Memory::keep`] wants it back.
    pub(super) fn era(&self) -> u64 {
        self.era.load(Ordering::Acquire)
    }

    /// True when this key was proved by the very hash that its row has now.
    pub(super) fn is_proved(&self, key: &StoredKey) -> bool {
        self.read(&key.handle).get(&key.handle).is_some_and(|entry| entry.key == key.id && entry.hash == key.hash)
    }

    /// Remembers a key that was proved, by a row that was read in `era`. `None` when that era is over: the row may be gone,
    /// and is to be read again; that the key was proved is remembered.
    pub(super) fn keep(&self, key: &StoredKey, era: u64) -> Option<Arc<Identity>> {
        let identity = Arc::new(Identity::named(AuthType::Apikey, &key.name));
        let mut part = self.write(&key.handle);
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
        self.write(handle).remove(handle);
    }

    /// Forgets a key that was revoked; a look-up that is in progress does not bring it back.
    pub fn forget(&self, handle: &Handle) {
        self.era.fetch_add(1, Ordering::AcqRel);
        self.write(handle).remove(handle);
    }

    /// Lets no key in before the database was asked again.
    pub fn doubt_all(&self) {
        self.era.fetch_add(1, Ordering::AcqRel);
        for part in &self.parts {
            written(part).values_mut().for_each(|entry| entry.fresh_until = None);
        }
    }

    /// Takes out which keys were shown since the last time, and when.
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

    /// Takes back what could not be written down.
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

    /// Counts of look-ups.
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

/// Held for a look-up, or for one walk through a part; so it is with [`written`].
fn read(part: &RwLock<Part>) -> RwLockReadGuard<'_, Part> {
    part.read().unwrap_or_else(PoisonError::into_inner)
}

fn written(part: &RwLock<Part>) -> RwLockWriteGuard<'_, Part> {
    part.write().unwrap_or_else(PoisonError::into_inner)
}
