//! Messages of the session actor.

use tokio::sync::oneshot;

use super::store::{SessionHash, StoredSession};
use crate::store::StoreError;

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
