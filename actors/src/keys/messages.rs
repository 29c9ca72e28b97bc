//! Messages and answers of the key actor.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use tokio::sync::oneshot;

use super::store::{Handle, StoredKey};
use crate::{identity::Identity, secret::Secret, store::StoreError};

/// Message of the key actor. It keeps its place until it is answered or its caller has gone.
pub(super) enum KeyMessage {
    /// Looks up the owner of a key.
    LookUp {
        /// Handle of the key.
        handle: Handle,
        /// The key itself, to verify.
        key: Secret,
        /// Channel for the answer.
        reply: oneshot::Sender<Found>,
    },
    /// Creates a key.
    Mint(NewKey, oneshot::Sender<Result<(StoredKey, Secret), AddError>>),
    /// Lists all keys.
    List(oneshot::Sender<Result<Vec<StoredKey>, StoreError>>),
    /// Revokes the key with a name.
    Revoke(String, oneshot::Sender<Result<bool, StoreError>>),
}

/// Result of a look-up.
#[derive(Clone, Debug)]
pub enum Found {
    /// It belongs to this identity.
    Known(Arc<Identity>),
    /// The key does not exist or has expired.
    Nobody,
    /// The database is unavailable.
    Unavailable,
}

/// Properties of a key to create.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// Unique name.
    pub name: String,
    /// Purpose of the key.
    pub description: String,
    /// Subject of its creator.
    pub created_by: String,
    /// Expiry; `None` for a key that never expires.
    pub expires_at: Option<DateTime<Utc>>,
}

/// Reason why a key was not created.
#[derive(Debug, thiserror::Error)]
pub enum AddError {
    /// Another key has that name.
    #[error("the name is taken")]
    NameTaken,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
