//! Client of the key actor.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::{
    memory::Memory,
    messages::{AddError, Found, KeyMessage, NewKey},
    store::{Handle, StoredKey},
};
use crate::{
    identity::Identity,
    runtime::{Mailbox, Refused},
    secret::Secret,
    store::StoreError,
};

/// Client of the key actor; usable from any thread.
#[derive(Clone)]
pub struct KeyClient {
    pub(super) mailbox: Mailbox<KeyMessage>,
    pub(super) memory: Arc<Memory>,
}

impl KeyClient {
    /// Returns the identity of a recently verified key. Sends no message.
    #[must_use]
    pub fn recall(&self, handle: &Handle) -> Option<Arc<Identity>> {
        self.memory.recall(handle)
    }

    /// Looks up a key. [`Found::Unavailable`] immediately when the actor's places are taken.
    pub async fn look_up(&self, handle: Handle, key: Secret) -> Found {
        let found = self.ask(|reply| KeyMessage::LookUp { handle, key, reply }).await;
        found.unwrap_or(Found::Unavailable)
    }

    /// Creates a key. The secret is returned only here.
    ///
    /// # Errors
    /// [`AddError`].
    pub async fn mint(&self, key: NewKey) -> Result<(StoredKey, Secret), AddError> {
        self.ask(|reply| KeyMessage::Mint(key, reply)).await?
    }

    /// Lists all keys, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn list(&self) -> Result<Vec<StoredKey>, StoreError> {
        self.ask(KeyMessage::List).await?
    }

    /// Revokes the key with that name; false when there is none. From then on every replica refuses it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn revoke(&self, name: String) -> Result<bool, StoreError> {
        self.ask(|reply| KeyMessage::Revoke(name, reply)).await?
    }

    async fn ask<T>(&self, message: impl FnOnce(oneshot::Sender<T>) -> KeyMessage) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.mailbox.try_send(message(reply)).map_err(|refused| match refused {
            Refused::Full(_) => StoreError::Unavailable("the key actor is overloaded".to_owned()),
            Refused::Closed(_) => StoreError::Unavailable("the key actor has ended".to_owned()),
        })?;
        answer.await.map_err(|_| StoreError::Unavailable("the key actor crashed".to_owned()))
    }
}
