//! The key keeper: an actor that looks keys up, proves them, and mints and revokes them.
//!
//! Capacity: [`PLACES`] messages that were not read yet; look-ups in progress are bounded by the places of the
//! authenticators that ask. When full: a look-up is answered as "can't be said". One query is in progress at a time, and
//! takes along all handles that came while the one before ran and that somebody still waits for. However many show the same key at once, it is proved
//! once, on a thread for blocking work; [`provers`] of them at a time. What was read before a key was revoked lets nobody
//! in: it is read again. When it dies: who waits is answered as "can't be
//! said"; the memory of verified keys outlives it.

use std::{
    cell::Cell,
    collections::HashMap,
    num::NonZeroUsize,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use actix::{Actor, ActorFutureExt as _, AsyncContext as _, Context, StreamHandler, WrapFuture as _};
use chrono::{DateTime, Utc};
use serde::Serialize;
use tokio::sync::{Semaphore, oneshot};
use uuid::Uuid;

use super::{
    memory::{Hits, Memory},
    store::{Handle, KeyNews, KeyStore, StoredKey},
};
use crate::{
    audit::StoreError,
    authenticator::LOOK_UP_LIMIT,
    identity::Identity,
    mailbox::Mailbox,
    secret::Secret,
    supervisor::{ActorState, Lease, Observer, Supervised},
};

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

/// Half of the cores prove keys at most, one at least: requests are served by the others.
fn provers() -> usize {
    std::thread::available_parallelism().map_or(1, NonZeroUsize::get).div_ceil(2)
}

/// Those who wait for one handle: they all show the same key.
struct Asked {
    key: Secret,
    replies: Vec<oneshot::Sender<Found>>,
}

impl Asked {
    fn is_waited_for(&self) -> bool {
        self.replies.iter().any(|reply| !reply.is_closed())
    }
}

/// One life of the actor.
struct Life {
    /// Read from the start on.
    lease: Cell<Option<Lease<Message>>>,
    store: Arc<dyn KeyStore>,
    prover: Arc<dyn Prover>,
    memory: Arc<Memory>,
    counts: Arc<Counts>,
    proving: Arc<Semaphore>,
    /// Handles for the next query.
    waiting: Vec<Handle>,
    /// Everyone who waits, by handle.
    asked: HashMap<Handle, Asked>,
    querying: bool,
}

impl Actor for Life {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        if let Some(lease) = self.lease.take() {
            ctx.add_stream(lease);
        }
        ctx.run_interval(TOUCH_EVERY, |life, _| {
            actix_rt::spawn(life.touch());
        });
    }
}

impl StreamHandler<Message> for Life {
    fn handle(&mut self, message: Message, ctx: &mut Self::Context) {
        match message {
            Message::LookUp(look_up) => self.look_up(look_up, ctx),
            // Tasks of their own: what goes wrong in them is the end of this question alone. Nobody waits for an answer
            // when the client has gone.
            Message::Mint(key, reply) => {
                let minted = mint(Arc::clone(&self.store), Arc::clone(&self.prover), key);
                actix_rt::spawn(async move { reply.send(minted.await) });
            }
            Message::List(reply) => {
                let store = Arc::clone(&self.store);
                actix_rt::spawn(async move { reply.send(store.list().await) });
            }
            Message::Revoke(name, reply) => {
                let revoked = revoke(Arc::clone(&self.store), Arc::clone(&self.memory), name);
                actix_rt::spawn(async move { reply.send(revoked.await) });
            }
            Message::Flush(reply) => {
                let touch = self.touch();
                actix_rt::spawn(async move {
                    touch.await;
                    let _ = reply.send(());
                });
            }
        }
    }
}

impl Life {
    fn look_up(&mut self, look_up: LookUp, ctx: &mut Context<Self>) {
        let LookUp { handle, key, reply } = look_up;
        if let Some(asked) = self.asked.get_mut(&handle) {
            asked.replies.push(reply);
            return;
        }
        self.asked.insert(handle, Asked { key, replies: vec![reply] });
        self.waiting.push(handle);
        self.query(ctx);
    }

    /// Asks the database for all that wait, unless it is being asked.
    fn query(&mut self, ctx: &mut Context<Self>) {
        if self.querying {
            return;
        }
        let asked = &mut self.asked;
        self.waiting.retain(|handle| {
            let wanted = asked.get(handle).is_some_and(Asked::is_waited_for);
            if !wanted {
                asked.remove(handle);
            }
            wanted
        });
        if self.waiting.is_empty() {
            return;
        }
        self.querying = true;
        let rest = self.waiting.split_off(self.waiting.len().min(MOST_IN_QUERY));
        let handles = std::mem::replace(&mut self.waiting, rest);
        let (store, era) = (Arc::clone(&self.store), self.memory.era());
        self.counts.queries.fetch_add(1, Ordering::Relaxed);
        let query = async move {
            let found = tokio::time::timeout(QUERY_LIMIT, store.find(handles.clone())).await;
            let late = |_| Err(StoreError::Unavailable(format!("no answer within {} s", QUERY_LIMIT.as_secs())));
            (found.unwrap_or_else(late), handles)
        };
        ctx.spawn(query.into_actor(self).map(move |(found, handles), life, ctx| {
            life.querying = false;
            life.found(found, &handles, era, ctx);
            life.query(ctx);
        }));
    }

    fn found(
        &mut self,
        found: Result<Vec<StoredKey>, StoreError>,
        handles: &[Handle],
        era: u64,
        ctx: &mut Context<Self>,
    ) {
        let keys = match found {
            Ok(keys) => keys,
            Err(error) => {
                log::warn!(actor = NAME, error:% = error; "keys can't be looked up");
                handles.iter().for_each(|handle| self.answer(handle, &Found::Unavailable));
                return;
            }
        };
        let mut keys: HashMap<Handle, StoredKey> = keys.into_iter().map(|key| (key.handle, key)).collect();
        for handle in handles {
            match keys.remove(handle) {
                Some(key) if key.has_ended(Utc::now()) => {
                    self.memory.drop_ended(handle);
                    self.answer(handle, &Found::Nobody);
                }
                Some(_) if self.memory.era() != era => self.waiting.push(*handle),
                Some(key) if self.memory.is_proved(&key) => self.admit(&key, era),
                Some(key) => self.prove(key, era, ctx),
                None => self.answer(handle, &Found::Nobody),
            }
        }
    }

    fn prove(&self, stored: StoredKey, era: u64, ctx: &mut Context<Self>) {
        let Some(asked) = self.asked.get(&stored.handle) else { return };
        let (prover, proving, key) = (Arc::clone(&self.prover), Arc::clone(&self.proving), asked.key.clone());
        let handle = stored.handle;
        self.counts.proofs.fetch_add(1, Ordering::Relaxed);
        let proof = async move {
            // Held until the end: the semaphore is never closed.
            let place = proving.acquire_owned().await;
            let proved = tokio::task::spawn_blocking(move || (prover.proves(key.expose(), &stored.hash), stored)).await;
            drop(place);
            proved
        };
        ctx.spawn(proof.into_actor(self).map(move |proved, life, ctx| match proved {
            Ok((true, key)) => {
                life.admit(&key, era);
                life.query(ctx);
            }
            Ok((false, key)) => {
                log::error!(actor = NAME, key = key.name.as_str(); "stored hash does not prove the key it was found by");
                life.answer(&key.handle, &Found::Nobody);
            }
            Err(error) => {
                log::error!(actor = NAME, error:% = error; "a key can't be proved");
                life.answer(&handle, &Found::Unavailable);
            }
        }));
    }

    /// Lets a key in that is proved, unless a key was revoked since its row was read in `era`: it may be this one.
    fn admit(&mut self, key: &StoredKey, era: u64) {
        match self.memory.keep(key, era) {
            Some(identity) => self.answer(&key.handle, &Found::Known(identity)),
            None => self.waiting.push(key.handle),
        }
    }

    fn answer(&mut self, handle: &Handle, found: &Found) {
        for reply in self.asked.remove(handle).map(|asked| asked.replies).unwrap_or_default() {
            // Nobody waits when the client has gone.
            let _ = reply.send(found.clone());
        }
    }

    fn touch(&self) -> impl Future<Output = ()> + use<> {
        let (store, memory) = (Arc::clone(&self.store), Arc::clone(&self.memory));
        async move {
            let used = memory.take_used();
            if used.is_empty() {
                return;
            }
            if let Err(error) = store.touch(used.clone()).await {
                log::warn!(actor = NAME, error:% = error; "times of last use can't be written; the next batch has them");
                memory.give_back(&used);
            }
        }
    }
}

async fn mint(store: Arc<dyn KeyStore>, prover: Arc<dyn Prover>, new: NewKey) -> Result<(StoredKey, Secret), AddError> {
    let failed = |error: String| StoreError::Unavailable(error);
    let made = tokio::task::spawn_blocking(move || {
        let key = prover.mint();
        let hash = prover.hash(key.expose())?;
        Ok::<_, String>((prover.handle(key.expose()), hash, key))
    });
    let (handle, hash, key) = made.await.map_err(|error| failed(error.to_string()))?.map_err(failed)?;
    let NewKey { name, description, created_by, expires_at } = new;
    let stored = StoredKey {
        id: Uuid::now_v7(),
        name,
        description,
        handle,
        hash,
        created_by,
        created_at: Utc::now(),
        expires_at,
        last_used_at: None,
    };
    if store.add(stored.clone()).await? { Ok((stored, key)) } else { Err(AddError::NameTaken) }
}

async fn revoke(store: Arc<dyn KeyStore>, memory: Arc<Memory>, name: String) -> Result<bool, StoreError> {
    let revoked = store.revoke(name).await?;
    if let Some(handle) = &revoked {
        memory.forget(handle);
    }
    Ok(revoked.is_some())
}

#[cfg(test)]
mod tests;
