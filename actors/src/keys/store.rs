//! Trait of the stores of keys, and keys as stored.

use std::{fmt, sync::Arc};

use chrono::{DateTime, Utc};
use serde::{Serialize, Serializer};
use uuid::Uuid;

use crate::store::{Pending, Watch};

/// Identifies a key without revealing it: a one-way function of the key, 32 bytes long.
pub type Handle = [u8; 32];

/// A stored key. Serialisation and `Debug` omit handle and hash.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct StoredKey {
    /// Id of the key.
    pub id: Uuid,
    /// Unique name; also subject and key name of callers.
    pub name: String,
    /// Purpose of the key.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Handle for look-ups.
    #[serde(skip)]
    pub handle: Handle,
    /// Hash for verification.
    #[serde(skip)]
    pub hash: String,
    /// Subject of its creator.
    pub created_by: String,
    /// Time of creation.
    #[serde(serialize_with = "rfc3339")]
    pub created_at: DateTime<Utc>,
    /// Expiry; `None` for a key that never expires.
    #[serde(serialize_with = "optional_rfc3339", skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<DateTime<Utc>>,
    /// Time of the last use, up to 10 s old.
    #[serde(serialize_with = "optional_rfc3339", skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<DateTime<Utc>>,
}

impl fmt::Debug for StoredKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, name, created_by, expires_at, .. } = self;
        f.debug_struct("StoredKey")
            .field("id", id)
            .field("name", name)
            .field("created_by", created_by)
            .field("expires_at", expires_at)
            .finish_non_exhaustive()
    }
}

impl StoredKey {
    /// Returns true when the key has expired.
    #[must_use]
    pub fn has_ended(&self, now: DateTime<Utc>) -> bool {
        self.expires_at.is_some_and(|end| end <= now)
    }
}

/// Notification about keys from other replicas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyNews {
    /// This key was revoked.
    Revoked(Handle),
    /// Notifications may have been missed: caches may be wrong.
    Unsure,
}

/// Callback for notifications.
pub type Hear = Arc<dyn Fn(KeyNews) + Send + Sync>;

/// Stores keys. Each method is a single statement of the database.
pub trait KeyStore: Send + Sync + 'static {
    /// Returns the existing keys among `handles`.
    fn find(&self, handles: Vec<Handle>) -> Pending<'_, Vec<StoredKey>>;

    /// Returns all keys, newest first.
    fn list(&self) -> Pending<'_, Vec<StoredKey>>;

    /// Stores a key. Returns false when its name is taken.
    fn add(&self, key: StoredKey) -> Pending<'_, bool>;

    /// Removes the key with that name and notifies other replicas. Returns its handle, or `None` when there is none.
    fn revoke(&self, name: String) -> Pending<'_, Option<Handle>>;

    /// Stores times of last use. A time never moves back.
    fn touch(&self, used: Vec<(Uuid, DateTime<Utc>)>) -> Pending<'_, ()>;

    /// Listens to other replicas until dropped. `None` when no other process can write.
    fn watch(&self, hear: Hear) -> Option<Watch>;
}

fn rfc3339<S: Serializer>(time: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&time.to_rfc3339_opts(chrono::SecondsFormat::Secs, true))
}

fn optional_rfc3339<S: Serializer>(time: &Option<DateTime<Utc>>, serializer: S) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => rfc3339(time, serializer),
        None => serializer.serialize_none(),
    }
}
