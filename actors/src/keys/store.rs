//! The trait of stores of keys, and a key as it is stored.

use std::{fmt, sync::Arc};

use chrono::{DateTime, Utc};
use serde::{Serialize, Serializer};
use uuid::Uuid;

use crate::store::{Pending, Watch};

/// Finds a key without telling it: 32 bytes made of the key by a one-way function.
pub type Handle = [u8; 32];

/// A key as it is stored. Serialises, and shows itself in `Debug`, without what finds or proves it.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct StoredKey {
    /// Its id.
    pub id: Uuid,
    /// Unique name; subject and key name of who shows the key.
    pub name: String,
    /// Purpose of the key.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Finds it.
    #[serde(skip)]
    pub handle: Handle,
    /// Proves it.
    #[serde(skip)]
    pub hash: String,
    /// Subject of who made it.
    pub created_by: String,
    /// When it was made.
    #[serde(serialize_with = "rfc3339")]
    pub created_at: DateTime<Utc>,
    /// When it ends, if it does.
    #[serde(serialize_with = "optional_rfc3339", skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was last shown, give or take the time between two batches.
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
    /// True once it has ended.
    #[must_use]
    pub fn has_ended(&self, now: DateTime<Utc>) -> bool {
        self.expires_at.is_some_and(|end| end <= now)
    }
}

/// News of keys from other replicas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyNews {
    /// This key was revoked.
    Revoked(Handle),
    /// Something may have been missed: what is remembered may be wrong.
    Unsure,
}

/// Hears what happened to keys elsewhere.
pub type Hear = Arc<dyn Fn(KeyNews) + Send + Sync>;

/// Keeps keys. Every method reaches the database in one statement.
pub trait KeyStore: Send + Sync + 'static {
    /// Those of `handles` that are there.
    fn find(&self, handles: Vec<Handle>) -> Pending<'_, Vec<StoredKey>>;

    /// All keys, newest first.
    fn list(&self) -> Pending<'_, Vec<StoredKey>>;

    /// Keeps a key. False when its name is taken.
    fn add(&self, key: StoredKey) -> Pending<'_, bool>;

    /// Removes the key of that name, and tells other replicas. Its handle, or `None` when there is none.
    fn revoke(&self, name: String) -> Pending<'_, Option<Handle>>;

    /// Writes down when keys were last shown; never sets a time back.
    fn touch(&self, used: Vec<(Uuid, DateTime<Utc>)>) -> Pending<'_, ()>;

    /// Hears of other replicas until dropped. `None` when no other process can write.
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
