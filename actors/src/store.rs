//! How stores answer, whatever they keep: events, keys or sessions.

use std::{future::Future, pin::Pin, time::Duration};

/// Longest wait for one answer to one caller.
pub const ANSWER_LIMIT: Duration = Duration::from_secs(5);

/// Answer of a store that is on its way.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Listens to other replicas until dropped.
pub type Watch = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Why a store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A row can't be stored, today or tomorrow: trying again is of no use.
    #[error("refused by the store: {0}")]
    Data(String),
    /// The store can't be reached, is full, restarts: trying again may help.
    #[error("store unavailable: {0}")]
    Unavailable(String),
}

/// Keeps secrets that all replicas of a server share, each under a name.
pub trait SecretStore: Send + Sync + 'static {
    /// Keeps `proposed` under `name` unless a secret is kept there. Gives the one that is kept: the same to every replica,
    /// however many ask at once.
    fn agree_on(&self, name: &'static str, proposed: Vec<u8>) -> Pending<'_, Vec<u8>>;
}

/// Waits for an answer, `limit` at most.
///
/// # Errors
/// The store's own, or [`StoreError::Unavailable`] when the time is over.
pub async fn within<T>(limit: Duration, answer: Pending<'_, T>) -> Result<T, StoreError> {
    let late = |_| Err(StoreError::Unavailable(format!("no answer within {} s", limit.as_secs())));
    tokio::time::timeout(limit, answer).await.unwrap_or_else(late)
}
