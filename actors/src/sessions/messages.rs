//! Messages of the session actor.

use tokio::sync::oneshot;

use super::store::{SessionHash, StoredSession};
use crate::store::StoreError;

/// Where an answer goes.
type Reply<T> = oneshot::Sender<Result<T, StoreError>>;

/// Messages of the session actor. Each keeps its place until the store has answered.
pub(super) enum SessionMessage {
    /// Keeps a new session.
    Put(StoredSession, Reply<()>),
    /// Reads what a session holds.
    Get(SessionHash, Reply<Option<String>>),
    /// Exchanges what a session holds.
    Replace(SessionHash, String, Reply<bool>),
    /// Ends a session and gives what it held.
    Take(SessionHash, Reply<Option<String>>),
}
