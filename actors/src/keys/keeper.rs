//! The key keeper: an actor that looks keys up, proves them, and mints and revokes them.
//!
//! Capacity: [`PLACES`] messages that were not read yet; look-ups in progress are bounded by the places of the
//! authenticators that ask. When full: a look-up is answered as "can't be said". One query is in progress at a time, and
//! takes along all handles that came while the one before ran and that somebody still waits for. However many show the
//! same key at once, it is proved once, on a thread for blocking work; [`provers`] of them at a time. What was read before
//! a key was revoked lets nobody in: it is read again. When it dies: who waits is answered as "can't be said"; the memory
//! of verified keys outlives it.

use std::{
    cell::Cell,
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, Utc};
use serde::Serialize;
use tokio::sync::{Semaphore, oneshot};

use super::{
    memory::{Hits, Memory},
    store::{Handle, KeyNews, KeyStore, StoredKey},
};
use crate::{
    authenticator::LOOK_UP_LIMIT,
    identity::Identity,
    runtime::{ActorState, Mailbox, Observer, Supervised},
    secret::Secret,
    store::StoreError,
};

mod life;

use life::{Life, provers};

const NAME: &str = "key-store";
/// Messages that may wait to be read.
const PLACES: usize = 4096;
/// Most handles in one query.
const MOST_IN_QUERY: usize = 500;
/// Longest time for one query: who asked waits no longer.
const QUERY_LIMIT: Duration = LOOK_UP_LIMIT;
/// Time between two batches of `last_used_at`.
const TOUCH_EVERY: Duration = Duration::from_secs(10);

/// Makes and checks what proves a key. Blocks: never called on a thread that serves requests.
pub trait Prover: Send + Sync + 'static {
    /// Makes a new key.
    fn mint(&self) -> Secret;
    /// The handle of a key.
    fn handle(&self, key: &[u8]) -> Handle;
    /// The hash that proves a key.
    ///
    /// # Errors
    /// Why it can't be made.
    fn hash(&self, key: &[u8]) -> Result<String, String>;
    /// True when `hash` was made of `key`.
    fn proves(&self, key: &[u8], hash: &str) -> bool;
}

/// What came of looking a key up.
#[derive(Clone, Debug)]
pub enum Found {
    /// It is this one's.
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
    /// What the key is for.
    pub description: String,
    /// Subject of who makes it.
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

/// What the key keeper says of itself.
#[derive(Clone, Debug, Serialize)]
pub struct KeyKeeperState {
    /// The actor.
    pub actor: ActorState,
    /// Keys that were let in by memory.
    pub hits: u64,
    /// Keys for which the database was asked.
    pub misses: u64,
    /// Questions to the database, each for many keys.
    pub queries: u64,
    /// Keys that were held against their hash.
    pub proofs: u64,
}

/// What it cost. Outlives the actor.
#[derive(Default)]
struct Counts {
    queries: AtomicU64,
    proofs: AtomicU64,
}

enum Message {
    LookUp(LookUp),
    Mint(NewKey, oneshot::Sender<Result<(StoredKey, Secret), AddError>>),
    List(oneshot::Sender<Result<Vec<StoredKey>, StoreError>>),
    Revoke(String, oneshot::Sender<Result<bool, StoreError>>),
    /// Write down what was used, and say when that is done.
    Flush(oneshot::Sender<()>),
}

struct LookUp {
    handle: Handle,
    key: Secret,
    reply: oneshot::Sender<Found>,
}

/// Those who ask hold this; from any thread.
#[derive(Clone)]
pub struct Keys {
    mailbox: Mailbox<Message>,
    memory: Arc<Memory>,
}

impl Keys {
    /// Who showed this key before, if that is fresh. Asks nobody.
    #[must_use]
    pub fn recall(&self, handle: &Handle) -> Option<Arc<Identity>> {
        self.memory.recall(handle)
    }

    /// Looks a key up.
    pub async fn look_up(&self, handle: Handle, key: Secret) -> Found {
        let (reply, answer) = oneshot::channel();
        if self.mailbox.try_send(Message::LookUp(LookUp { handle, key, reply })).is_err() {
            return Found::Unavailable;
        }
        answer.await.unwrap_or(Found::Unavailable)
    }

    /// Makes a key. The secret is shown here and never again.
    ///
    /// # Errors
    /// [`AddError`].
    pub async fn mint(&self, key: NewKey) -> Result<(StoredKey, Secret), AddError> {
        self.ask(|reply| Message::Mint(key, reply)).await.unwrap_or_else(|| Err(gone().into()))
    }

    /// All keys, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn list(&self) -> Result<Vec<StoredKey>, StoreError> {
        self.ask(Message::List).await.unwrap_or_else(|| Err(gone()))
    }

    /// Revokes the key of that name; false when there is none. It is refused from then on, on every replica.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn revoke(&self, name: String) -> Result<bool, StoreError> {
        self.ask(|reply| Message::Revoke(name, reply)).await.unwrap_or_else(|| Err(gone()))
    }

    async fn ask<T>(&self, message: impl FnOnce(oneshot::Sender<T>) -> Message) -> Option<T> {
        let (reply, answer) = oneshot::channel();
        self.mailbox.try_send(message(reply)).ok()?;
        answer.await.ok()
    }
}

fn gone() -> StoreError {
    StoreError::Unavailable("the key store's actor did not answer".to_owned())
}

/// A supervised key keeper.
pub struct KeyKeeper {
    supervised: Supervised<Message>,
    memory: Arc<Memory>,
    counts: Arc<Counts>,
}

/// Reads the state of a key keeper from any thread.
#[derive(Clone)]
pub struct KeyKeeperObserver {
    actor: Observer<Message>,
    memory: Arc<Memory>,
    counts: Arc<Counts>,
}

impl KeyKeeper {
    /// Starts the actor on the current arbiter.
    #[must_use]
    pub fn start(store: Arc<dyn KeyStore>, prover: Arc<dyn Prover>) -> Self {
        let memory = Arc::new(Memory::default());
        let watched = Arc::clone(&memory);
        let hear = move |news| match news {
            KeyNews::Revoked(handle) => watched.forget(&handle),
            KeyNews::Unsure => watched.doubt_all(),
        };
        if let Some(watch) = store.watch(Arc::new(hear)) {
            actix_rt::spawn(watch);
        }
        let counts = Arc::<Counts>::default();
        let (for_lives, counted) = (Arc::clone(&memory), Arc::clone(&counts));
        let proving = Arc::new(Semaphore::new(provers()));
        let supervised = Supervised::start(NAME, PLACES, move |lease| Life {
            lease: Cell::new(Some(lease)),
            store: Arc::clone(&store),
            prover: Arc::clone(&prover),
            memory: Arc::clone(&for_lives),
            counts: Arc::clone(&counted),
            proving: Arc::clone(&proving),
            waiting: Vec::new(),
            asked: HashMap::new(),
            querying: false,
        });
        Self { supervised, memory, counts }
    }

    /// For those who ask.
    #[must_use]
    pub fn keys(&self) -> Keys {
        Keys { mailbox: self.supervised.mailbox().clone(), memory: Arc::clone(&self.memory) }
    }

    /// Reads the state from any thread.
    #[must_use]
    pub fn observer(&self) -> KeyKeeperObserver {
        KeyKeeperObserver {
            actor: self.supervised.observer(),
            memory: Arc::clone(&self.memory),
            counts: Arc::clone(&self.counts),
        }
    }

    /// Writes down what was used, then ends, within `limit`.
    pub async fn stop(self, limit: Duration) {
        let (reply, done) = oneshot::channel();
        if self.supervised.mailbox().try_send(Message::Flush(reply)).is_ok() {
            // What could not be written in time is lost: the time a key was last shown is no record.
            let _ = tokio::time::timeout(limit, done).await;
        }
        self.supervised.stop(limit).await;
    }
}

impl KeyKeeperObserver {
    /// What the key keeper says of itself.
    #[must_use]
    pub fn observe(&self) -> KeyKeeperState {
        let Hits { hits, misses } = self.memory.hits();
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let (queries, proofs) = (read(&self.counts.queries), read(&self.counts.proofs));
        KeyKeeperState { actor: self.actor.observe(), hits, misses, queries, proofs }
    }
}

#[cfg(test)]
mod tests;
