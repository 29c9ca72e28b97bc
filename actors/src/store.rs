//! Results and errors of all stores (events, keys, sessions), and the store of secrets.

use std::{future::Future, pin::Pin, time::Duration};

/// Timeout of one call on behalf of a caller.
pub const ANSWER_LIMIT: Duration = Duration::from_secs(5);

/// Pending result of a store.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Listens to other replicas until dropped.
pub type Watch = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Error of a store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A row can't be stored. A retry would not help.
    #[error("refused by the store: {0}")]
    Data(String),
    /// The store can't be reached, is full, or is restarting. A retry may help.
    #[error("store unavailable: {0}")]
    Unavailable(String),
}

/// Stores secrets that all replicas of a server share, each under a name.
pub trait SecretStore: Send + Sync + 'static {
    /// Stores `proposed` under `name` unless a secret is already stored there. Returns the stored one, which is the
    /// same for all replicas, however many call at once.
    fn agree_on(&self, name: &'static str, proposed: Vec<u8>) -> Pending<'_, Vec<u8>>;
}

/// Waits for a result, at most `limit`.
///
/// # Errors
/// The store's error, or [`StoreError::Unavailable`] after the timeout.
pub async fn within<T>(limit: Duration, answer: Pending<'_, T>) -> Result<T, StoreError> {
    let late = |_| Err(StoreError::Unavailable(format!("no answer within {} s", limit.as_secs())));
    tokio::time::timeout(limit, answer).await.unwrap_or_else(late)
}
