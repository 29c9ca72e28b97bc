//! The session actor: keeps what the portal knows of who signed in, behind the cookie.
//!
//! A session is found by a hash of its id, so that who reads the database can't use what is in it. Sessions live in the
//! database when there is one, and any replica can answer; else in [`MemorySessions`].
//!
//! Capacity: [`PLACES`] messages that were not read yet. When full: "can't be said". When it dies: so is who waits; the
//! sessions are elsewhere. Every [`SWEEP_EVERY`] it removes those that have ended.

use std::{
    cell::Cell,
    collections::HashMap,
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use actix::{Actor, AsyncContext as _, Context, StreamHandler};
use chrono::{DateTime, Utc};
use serde::Serialize;
use tokio::sync::oneshot;

use crate::{
    runtime::{ActorState, Lease, Mailbox, Observer, Supervised},
    store::{Pending, StoreError},
};

const NAME: &str = "session";
/// Messages that may wait to be read.
const PLACES: usize = 1024;
/// Time between two rounds that remove what has ended.
const SWEEP_EVERY: Duration = Duration::from_secs(60);
/// Most sessions in memory.
const MOST_IN_MEMORY: usize = 10_000;

/// Finds a session without telling its id.
pub type SessionHash = [u8; 32];

/// A session as it is stored. `Debug` shows neither what finds it nor what it holds.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredSession {
    /// Finds it.
    pub hash: SessionHash,
    /// What it holds: JSON.
    pub data: String,
    /// When it began.
    pub created_at: DateTime<Utc>,
    /// When it ends, whatever happens in it.
    pub expires_at: DateTime<Utc>,
}

impl fmt::Debug for StoredSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { created_at, expires_at, .. } = self;
        let mut shown = f.debug_struct("StoredSession");
        shown.field("created_at", created_at).field("expires_at", expires_at).finish_non_exhaustive()
    }
}

/// Keeps sessions. Those that have ended are not there.
pub trait SessionStore: Send + Sync + 'static {
    /// Keeps a new session.
    fn put(&self, session: StoredSession) -> Pending<'_, ()>;

    /// What a session holds.
    fn get(&self, hash: SessionHash) -> Pending<'_, Option<String>>;

    /// Exchanges what a session holds; its end stays. False when there is none.
    fn replace(&self, hash: SessionHash, data: String) -> Pending<'_, bool>;

    /// Removes a session and gives what it held: to one caller alone, however many ask at once.
    fn take(&self, hash: SessionHash) -> Pending<'_, Option<String>>;

    /// Removes sessions that have ended. Says how many.
    fn sweep(&self, now: DateTime<Utc>) -> Pending<'_, u64>;
}

/// Sessions in memory. When all places are taken, the one that ends first makes room.
#[derive(Default)]
pub struct MemorySessions(Mutex<HashMap<SessionHash, StoredSession>>);

impl MemorySessions {
    fn lock(&self) -> MutexGuard<'_, HashMap<SessionHash, StoredSession>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn ready<T: Send + 'static>(answer: T) -> Pending<'static, T> {
    Box::pin(std::future::ready(Ok(answer)))
}

fn lasts(session: &StoredSession) -> bool {
    Utc::now() < session.expires_at
}

impl SessionStore for MemorySessions {
    fn put(&self, session: StoredSession) -> Pending<'_, ()> {
        let mut sessions = self.lock();
        if sessions.len() >= MOST_IN_MEMORY
            && let Some(first) = sessions.values().min_by_key(|session| session.expires_at).map(|first| first.hash)
        {
            sessions.remove(&first);
        }
        sessions.insert(session.hash, session);
        ready(())
    }

    fn get(&self, hash: SessionHash) -> Pending<'_, Option<String>> {
        ready(self.lock().get(&hash).filter(|session| lasts(session)).map(|session| session.data.clone()))
    }

    fn replace(&self, hash: SessionHash, data: String) -> Pending<'_, bool> {
        let mut sessions = self.lock();
        let session = sessions.get_mut(&hash).filter(|session| lasts(session));
        ready(session.map(|session| session.data = data).is_some())
    }

    fn take(&self, hash: SessionHash) -> Pending<'_, Option<String>> {
        ready(self.lock().remove(&hash).filter(lasts).map(|session| session.data))
    }

    fn sweep(&self, now: DateTime<Utc>) -> Pending<'_, u64> {
        let mut sessions = self.lock();
        let before = sessions.len();
        sessions.retain(|_, session| now < session.expires_at);
        ready((before - sessions.len()) as u64)
    }
}

/// What the session actor says of itself.
#[derive(Clone, Debug, Serialize)]
pub struct SessionsState {
    /// The actor.
    pub actor: ActorState,
    /// Sessions that began here.
    pub begun: u64,
    /// Sessions that were ended here, by who signed out or because their time was over.
    pub ended: u64,
}

#[derive(Default)]
struct Counts {
    begun: AtomicU64,
    ended: AtomicU64,
}

type Reply<T> = oneshot::Sender<Result<T, StoreError>>;

enum Message {
    Put(StoredSession, Reply<()>),
    Get(SessionHash, Reply<Option<String>>),
    Replace(SessionHash, String, Reply<bool>),
    Take(SessionHash, Reply<Option<String>>),
}

/// Those who ask hold this; from any thread.
#[derive(Clone)]
pub struct Sessions {
    mailbox: Mailbox<Message>,
}

impl Sessions {
    /// Keeps a new session for `lifetime`.
    ///
    /// # Errors
    /// [`StoreError`]; so it is with all methods.
    pub async fn put(&self, hash: SessionHash, data: String, lifetime: Duration) -> Result<(), StoreError> {
        let created_at = Utc::now();
        let session = StoredSession { hash, data, created_at, expires_at: created_at + lifetime };
        self.ask(|reply| Message::Put(session, reply)).await
    }

    /// What a session holds; `None` when there is none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn get(&self, hash: SessionHash) -> Result<Option<String>, StoreError> {
        self.ask(|reply| Message::Get(hash, reply)).await
    }

    /// Exchanges what a session holds; false when there is none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn replace(&self, hash: SessionHash, data: String) -> Result<bool, StoreError> {
        self.ask(|reply| Message::Replace(hash, data, reply)).await
    }

    /// Ends a session and gives what it held, to one caller alone.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn take(&self, hash: SessionHash) -> Result<Option<String>, StoreError> {
        self.ask(|reply| Message::Take(hash, reply)).await
    }

    async fn ask<T>(&self, message: impl FnOnce(Reply<T>) -> Message) -> Result<T, StoreError> {
        let gone = || StoreError::Unavailable("the session actor did not answer".to_owned());
        let (reply, answer) = oneshot::channel();
        self.mailbox.try_send(message(reply)).map_err(|_| gone())?;
        answer.await.unwrap_or_else(|_| Err(gone()))
    }
}

/// A supervised session actor.
pub struct SessionKeeper {
    supervised: Supervised<Message>,
    counts: Arc<Counts>,
}

/// Reads the state of a session actor from any thread.
#[derive(Clone)]
pub struct SessionKeeperObserver {
    actor: Observer<Message>,
    counts: Arc<Counts>,
}

impl SessionKeeper {
    /// Starts the actor on the current arbiter.
    #[must_use]
    pub fn start(store: Arc<dyn SessionStore>) -> Self {
        let counts = Arc::<Counts>::default();
        let for_lives = Arc::clone(&counts);
        let supervised = Supervised::start(NAME, PLACES, move |lease| Life {
            lease: Cell::new(Some(lease)),
            store: Arc::clone(&store),
            counts: Arc::clone(&for_lives),
        });
        Self { supervised, counts }
    }

    /// For those who ask.
    #[must_use]
    pub fn sessions(&self) -> Sessions {
        Sessions { mailbox: self.supervised.mailbox().clone() }
    }

    /// Reads the state from any thread.
    #[must_use]
    pub fn observer(&self) -> SessionKeeperObserver {
        SessionKeeperObserver { actor: self.supervised.observer(), counts: Arc::clone(&self.counts) }
    }

    /// Handles what waits, then ends, within `limit`.
    pub async fn stop(self, limit: Duration) {
        self.supervised.stop(limit).await;
    }
}

impl SessionKeeperObserver {
    /// What the session actor says of itself.
    #[must_use]
    pub fn observe(&self) -> SessionsState {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        SessionsState { actor: self.actor.observe(), begun: read(&self.counts.begun), ended: read(&self.counts.ended) }
    }
}

/// One life of the actor.
struct Life {
    /// Read from the start on.
    lease: Cell<Option<Lease<Message>>>,
    store: Arc<dyn SessionStore>,
    counts: Arc<Counts>,
}

impl Actor for Life {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        if let Some(lease) = self.lease.take() {
            ctx.add_stream(lease);
        }
        ctx.run_interval(SWEEP_EVERY, |life, _| {
            let (store, counts) = (Arc::clone(&life.store), Arc::clone(&life.counts));
            actix_rt::spawn(async move {
                match store.sweep(Utc::now()).await {
                    Ok(removed) => drop(counts.ended.fetch_add(removed, Ordering::Relaxed)),
                    Err(error) => log::warn!(actor = NAME, error:% = error; "sessions that ended can't be removed"),
                }
            });
        });
    }
}

impl StreamHandler<Message> for Life {
    fn handle(&mut self, message: Message, _: &mut Self::Context) {
        let (store, counts) = (Arc::clone(&self.store), Arc::clone(&self.counts));
        // A task of its own: what goes wrong in it is the end of this question alone. Nobody waits when the client has
        // gone.
        actix_rt::spawn(async move {
            match message {
                Message::Put(session, reply) => {
                    let put = store.put(session).await;
                    counts.begun.fetch_add(put.is_ok().into(), Ordering::Relaxed);
                    let _ = reply.send(put);
                }
                Message::Get(hash, reply) => drop(reply.send(store.get(hash).await)),
                Message::Replace(hash, data, reply) => drop(reply.send(store.replace(hash, data).await)),
                Message::Take(hash, reply) => {
                    let taken = store.take(hash).await;
                    counts.ended.fetch_add(matches!(taken, Ok(Some(_))).into(), Ordering::Relaxed);
                    let _ = reply.send(taken);
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(number: usize) -> SessionHash {
        let mut hash = [0; 32];
        hash[..8].copy_from_slice(&number.to_le_bytes());
        hash
    }

    #[test]
    fn a_session_is_kept_exchanged_and_taken_once() {
        actix_rt::System::new().block_on(async {
            let keeper = SessionKeeper::start(Arc::<MemorySessions>::default());
            let sessions = keeper.sessions();
            sessions.put(hash(1), "a".to_owned(), Duration::from_secs(60)).await.unwrap();
            assert_eq!(sessions.get(hash(1)).await.unwrap().as_deref(), Some("a"));
            assert!(sessions.replace(hash(1), "b".to_owned()).await.unwrap());
            assert!(!sessions.replace(hash(2), "b".to_owned()).await.unwrap());
            let taken = futures_util::future::join_all((0..50).map(|_| sessions.take(hash(1)))).await;
            assert_eq!(taken.into_iter().filter_map(|taken| taken.unwrap()).collect::<Vec<_>>(), ["b"]);
            assert_eq!(sessions.get(hash(1)).await.unwrap(), None);
            let state = keeper.observer().observe();
            assert_eq!((state.begun, state.ended), (1, 1), "what was not there has not ended");
        });
    }

    #[test]
    fn debug_shows_nothing_of_a_session() {
        let now = Utc::now();
        let session =
            StoredSession { hash: hash(7), data: r#"{"verifier":"v"}"#.into(), created_at: now, expires_at: now };
        let shown = format!("{session:?}");
        assert!(shown.contains("expires_at") && !shown.contains("hash") && !shown.contains("verifier"), "{shown}");
    }

    #[test]
    fn a_session_ends_and_is_swept() {
        actix_rt::System::new().block_on(async {
            let store = Arc::<MemorySessions>::default();
            let keeper = SessionKeeper::start(Arc::clone(&store) as _);
            let sessions = keeper.sessions();
            sessions.put(hash(1), "a".to_owned(), Duration::ZERO).await.unwrap();
            assert_eq!(sessions.get(hash(1)).await.unwrap(), None);
            assert!(!sessions.replace(hash(1), "b".to_owned()).await.unwrap());
            assert_eq!(store.sweep(Utc::now()).await.unwrap(), 1);
        });
    }

    #[test]
    fn memory_is_bounded_and_the_shortest_makes_room() {
        actix_rt::System::new().block_on(async {
            let store = MemorySessions::default();
            let now = Utc::now();
            let session = |number, hours| StoredSession {
                hash: hash(number),
                data: String::new(),
                created_at: now,
                expires_at: now + chrono::TimeDelta::hours(hours),
            };
            store.put(session(0, 12)).await.unwrap();
            for number in 1..MOST_IN_MEMORY + 100 {
                store.put(session(number, 1)).await.unwrap();
            }
            assert_eq!(store.lock().len(), MOST_IN_MEMORY);
            assert!(store.get(hash(0)).await.unwrap().is_some());
        });
    }
}
