//! Stored sessions, the trait of their stores, and a store in memory.

use std::{
    collections::HashMap,
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
};

use chrono::{DateTime, Utc};

use crate::store::Pending;

/// Maximum number of sessions in memory.
const MOST_IN_MEMORY: usize = 10_000;

/// Identifies a session without revealing its id.
pub type SessionHash = [u8; 32];

/// A stored session. `Debug` shows neither hash nor content.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredSession {
    /// Hash of its id.
    pub hash: SessionHash,
    /// Content: JSON.
    pub data: String,
    /// Time of creation.
    pub created_at: DateTime<Utc>,
    /// Expiry. Activity does not extend it.
    pub expires_at: DateTime<Utc>,
}

impl fmt::Debug for StoredSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { created_at, expires_at, .. } = self;
        let mut shown = f.debug_struct("StoredSession");
        shown.field("created_at", created_at).field("expires_at", expires_at).finish_non_exhaustive()
    }
}

/// Stores sessions. Expired ones count as missing.
pub trait SessionStore: Send + Sync + 'static {
    /// Stores a new session.
    fn put(&self, session: StoredSession) -> Pending<'_, ()>;

    /// Returns the content of a session; `None` when there is none.
    fn get(&self, hash: SessionHash) -> Pending<'_, Option<String>>;

    /// Replaces the content of a session, but not its expiry. False when there is none.
    fn replace(&self, hash: SessionHash, data: String) -> Pending<'_, bool>;

    /// Removes a session and returns its content. Only one of several concurrent callers gets it.
    fn take(&self, hash: SessionHash) -> Pending<'_, Option<String>>;

    /// Removes expired sessions and returns their number.
    fn sweep(&self, now: DateTime<Utc>) -> Pending<'_, u64>;
}

/// Sessions in memory. When full, the session that expires first is removed.
#[derive(Default)]
pub struct MemorySessions(Mutex<HashMap<SessionHash, StoredSession>>);

impl MemorySessions {
    fn lock(&self) -> MutexGuard<'_, HashMap<SessionHash, StoredSession>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn ready<T: Send + 'static>(answer: T) -> Pending<'static, T> {
    Box::pin(std::future::ready(Ok(answer)))
}

fn lasts(session: &StoredSession) -> bool {
    Utc::now() < session.expires_at
}

impl SessionStore for MemorySessions {
    fn put(&self, session: StoredSession) -> Pending<'_, ()> {
        let mut sessions = self.lock();
        if sessions.len() >= MOST_IN_MEMORY
            && let Some(first) = sessions.values().min_by_key(|session| session.expires_at).map(|first| first.hash)
        {
            sessions.remove(&first);
        }
        sessions.insert(session.hash, session);
        ready(())
    }

    fn get(&self, hash: SessionHash) -> Pending<'_, Option<String>> {
        ready(self.lock().get(&hash).filter(|session| lasts(session)).map(|session| session.data.clone()))
    }

    fn replace(&self, hash: SessionHash, data: String) -> Pending<'_, bool> {
        let mut sessions = self.lock();
        let session = sessions.get_mut(&hash).filter(|session| lasts(session));
        ready(session.map(|session| session.data = data).is_some())
    }

    fn take(&self, hash: SessionHash) -> Pending<'_, Option<String>> {
        ready(self.lock().remove(&hash).filter(lasts).map(|session| session.data))
    }

    fn sweep(&self, now: DateTime<Utc>) -> Pending<'_, u64> {
        let mut sessions = self.lock();
        let before = sessions.len();
        sessions.retain(|_, session| now < session.expires_at);
        ready((before - sessions.len()) as u64)
    }
}

#[cfg(test)]
mod tests;
