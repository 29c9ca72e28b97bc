//! Client of the session actor, and its messages.

use std::time::Duration;

use chrono::Utc;
use tokio::sync::oneshot;

use super::store::{SessionHash, StoredSession};
use crate::{
    runtime::{Mailbox, Refused},
    store::StoreError,
};

/// Channel for an answer.
type Reply<T> = oneshot::Sender<Result<T, StoreError>>;

/// Message of the session actor. It keeps its place until the store has answered.
pub(super) enum SessionMessage {
    /// Stores a new session.
    Put(StoredSession, Reply<()>),
    /// Returns the content of a session.
    Get(SessionHash, Reply<Option<String>>),
    /// Replaces the content of a session.
    Replace(SessionHash, String, Reply<bool>),
    /// Ends a session and returns its content.
    Take(SessionHash, Reply<Option<String>>),
}

/// Client of the session actor; usable from any thread.
///
/// All methods return [`StoreError::Unavailable`] immediately when the actor's places are taken or it has ended, and
/// when it crashes over the question.
#[derive(Clone)]
pub struct SessionClient {
    pub(super) mailbox: Mailbox<SessionMessage>,
}

impl SessionClient {
    /// Stores a new session for `lifetime`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn put(&self, hash: SessionHash, data: String, lifetime: Duration) -> Result<(), StoreError> {
        let created_at = Utc::now();
        let session = StoredSession { hash, data, created_at, expires_at: created_at + lifetime };
        self.ask(|reply| SessionMessage::Put(session, reply)).await
    }

    /// Returns the content of a session; `None` when there is none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn get(&self, hash: SessionHash) -> Result<Option<String>, StoreError> {
        self.ask(|reply| SessionMessage::Get(hash, reply)).await
    }

    /// Replaces the content of a session; false when there is none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn replace(&self, hash: SessionHash, data: String) -> Result<bool, StoreError> {
        self.ask(|reply| SessionMessage::Replace(hash, data, reply)).await
    }

    /// Ends a session and returns its content. Only one caller gets it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn take(&self, hash: SessionHash) -> Result<Option<String>, StoreError> {
        self.ask(|reply| SessionMessage::Take(hash, reply)).await
    }

    async fn ask<T>(
        &self,
        message: impl FnOnce(oneshot::Sender<Result<T, StoreError>>) -> SessionMessage,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.mailbox.try_send(message(reply)).map_err(|refused| match refused {
            Refused::Full(_) => StoreError::Unavailable("the session actor is overloaded".to_owned()),
            Refused::Closed(_) => StoreError::Unavailable("the session actor has ended".to_owned()),
        })?;
        let died = |_| Err(StoreError::Unavailable("the session actor crashed".to_owned()));
        answer.await.unwrap_or_else(died)
    }
}
