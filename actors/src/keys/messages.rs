//! Messages of the key actor, and its answers.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use tokio::sync::oneshot;

use super::store::{Handle, StoredKey};
use crate::{identity::Identity, secret::Secret, store::StoreError};

/// Messages of the key actor. Each keeps its place until it is answered, or its caller has left.
pub(super) enum KeyMessage {
    /// Finds out whose key this is.
    LookUp {
        /// Finds the key.
        handle: Handle,
        /// The key itself, to be proved.
        key: Secret,
        /// Where the answer goes.
        reply: oneshot::Sender<Found>,
    },
    /// Makes a key.
    Mint(NewKey, oneshot::Sender<Result<(StoredKey, Secret), AddError>>),
    /// Lists all keys.
    List(oneshot::Sender<Result<Vec<StoredKey>, StoreError>>),
    /// Revokes the key of a name.
    Revoke(String, oneshot::Sender<Result<bool, StoreError>>),
}

/// Result of looking a key up.
#[derive(Clone, Debug)]
pub enum Found {
    /// It belongs to this identity.
    Known(Arc<Identity>),
    /// There is no such key, or it has ended.
    Nobody,
    /// The database can't be asked now.
    Unavailable,
}

/// A key to be made.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// Unique name.
    pub name: String,
    /// Purpose of the key.
    pub description: String,
    /// Subject of its creator.
    pub created_by: String,
    /// When it ends, if it does.
    pub expires_at: Option<DateTime<Utc>>,
}

/// Why a key was not made.
#[derive(Debug, thiserror::Error)]
pub enum AddError {
    /// Another key has that name.
    #[error("the name is taken")]
    NameTaken,
    /// The database did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}
