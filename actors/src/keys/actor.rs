//! The key actor: looks up keys, many per query, verifies each once, and creates, lists and revokes keys.

use std::{
    collections::HashMap,
    num::NonZeroUsize,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use actix::{
    Actor, ActorContext as _, ActorFutureExt as _, AsyncContext as _, Context, StreamHandler, WrapFuture as _,
};
use chrono::Utc;
use tokio::sync::{Semaphore, oneshot};

use super::{
    administer,
    client::KeyClient,
    memory::{Hits, Memory},
    messages::{Found, KeyMessage},
    prover::Prover,
    store::{Handle, KeyNews, KeyStore, StoredKey},
};
use crate::{
    runtime::{Counts, Delivery, Place, Registry, Scope, Start, Supervised},
    secret::Secret,
    store::{ANSWER_LIMIT, StoreError, within},
};

/// Maximum number of open questions.
const PLACES: usize = 4096;
/// Maximum number of handles in one query.
const MOST_IN_QUERY: usize = 500;
/// Interval between writes of `last_used_at`.
const TOUCH_EVERY: Duration = Duration::from_secs(10);
/// Timeout of such a write. Below the interval, so that at most one runs.
const TOUCH_LIMIT: Duration = Duration::from_secs(5);
/// Interval at which the places of callers that have gone are freed.
const LEAVERS_EVERY: Duration = Duration::from_millis(500);

/// Returns the number of threads for verifying keys: half of the cores, at least one. The other cores serve requests.
fn provers() -> usize {
    std::thread::available_parallelism().map_or(1, NonZeroUsize::get).div_ceil(2)
}

/// Counters of look-ups.
struct KeyCounts {
    memory: Arc<Memory>,
    queries: AtomicU64,
    proofs: AtomicU64,
}

impl Counts for KeyCounts {
    fn counts(&self) -> Vec<(&'static str, u64)> {
        let Hits { hits, misses } = self.memory.hits();
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        vec![("hits", hits), ("misses", misses), ("queries", read(&self.queries)), ("proofs", read(&self.proofs))]
    }
}

/// Callers waiting for the same handle, all with the same key.
struct Callers {
    key: Secret,
    replies: Vec<(Place, oneshot::Sender<Found>)>,
}

impl Callers {
    fn let_go_of_leavers(&mut self) {
        self.replies.retain(|(_, reply)| !reply.is_closed());
    }
}

/// One life of the key actor.
pub struct KeyActor {
    store: Arc<dyn KeyStore>,
    prover: Arc<dyn Prover>,
    memory: Arc<Memory>,
    counts: Arc<KeyCounts>,
    scope: Scope,
    /// One permit per verifying thread. Outlives the actor, as verifications do.
    proving: Arc<Semaphore>,
    /// One permit: keys are created one at a time.
    minting: Arc<Semaphore>,
    /// Handles for the next query.
    waiting: Vec<Handle>,
    /// Waiting callers by handle.
    callers: HashMap<Handle, Callers>,
    querying: bool,
}

impl KeyActor {
    /// Name in logs, metrics and answers.
    pub const NAME: &str = "key-store";

    /// Starts the actor on the current arbiter.
    #[must_use]
    pub fn start(registry: &Registry, store: Arc<dyn KeyStore>, prover: Arc<dyn Prover>) -> KeyClient {
        let memory = Arc::new(Memory::default());
        let watched = Arc::clone(&memory);
        let hear = move |news| match news {
            KeyNews::Revoked(handle) => watched.forget(&handle),
            KeyNews::Unsure => watched.doubt_all(),
        };
        if let Some(watch) = store.watch(Arc::new(hear)) {
            actix_rt::spawn(watch);
        }
        let (queries, proofs) = (AtomicU64::new(0), AtomicU64::new(0));
        let counts = Arc::new(KeyCounts { memory: Arc::clone(&memory), queries, proofs });
        let start = Start { registry, name: Self::NAME, capacity: PLACES, counts: Arc::clone(&counts) as _ };
        let (for_lives, minting) = (Arc::clone(&memory), Arc::new(Semaphore::new(1)));
        let proving = Arc::new(Semaphore::new(provers()));
        let supervised = Supervised::start(start, move |_, scope| Self {
            store: Arc::clone(&store),
            prover: Arc::clone(&prover),
            memory: Arc::clone(&for_lives),
            counts: Arc::clone(&counts),
            scope,
            proving: Arc::clone(&proving),
            minting: Arc::clone(&minting),
            waiting: Vec::new(),
            callers: HashMap::new(),
            querying: false,
        });
        KeyClient { mailbox: supervised.mailbox().clone(), memory }
    }
}

impl Actor for KeyActor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.run_interval(TOUCH_EVERY, |actor, _| actor.scope.spawn(actor.touch()));
        ctx.run_interval(LEAVERS_EVERY, |actor, _| {
            actor.callers.values_mut().for_each(Callers::let_go_of_leavers);
        });
    }
}

impl StreamHandler<Delivery<KeyMessage>> for KeyActor {
    fn handle(&mut self, delivery: Delivery<KeyMessage>, ctx: &mut Self::Context) {
        let Delivery { place, message } = delivery;
        let (store, scope) = (Arc::clone(&self.store), self.scope.clone());
        // Separate tasks, except for look-ups, so that a panic affects only one question.
        match message {
            KeyMessage::LookUp { handle, key, reply } => self.look_up(handle, key, (place, reply), ctx),
            KeyMessage::Mint(key, reply) => {
                let minted = administer::mint(store, Arc::clone(&self.prover), Arc::clone(&self.minting), key);
                self.scope.spawn(async move { place.answer(reply, minted.await) });
            }
            KeyMessage::List(reply) => self.scope.spawn(async move {
                place.answer(reply, scope.noted(within(ANSWER_LIMIT, store.list()).await));
            }),
            KeyMessage::Revoke(name, reply) => {
                let revoked = administer::revoke(store, Arc::clone(&self.memory), name);
                self.scope.spawn(async move { place.answer(reply, scope.noted(revoked.await)) });
            }
        }
    }

    /// Writes the times of last use, then ends.
    fn finished(&mut self, ctx: &mut Self::Context) {
        // Times that can't be written now are lost, which is acceptable for this information.
        ctx.spawn(self.touch().into_actor(self).map(|(), _, ctx| ctx.stop()));
    }
}

impl KeyActor {
    fn look_up(
        &mut self,
        handle: Handle,
        key: Secret,
        caller: (Place, oneshot::Sender<Found>),
        ctx: &mut Context<Self>,
    ) {
        if let Some(callers) = self.callers.get_mut(&handle) {
            callers.replies.push(caller);
            return;
        }
        self.callers.insert(handle, Callers { key, replies: vec![caller] });
        self.waiting.push(handle);
        self.query(ctx);
    }

    /// Queries the database for all waiting handles, unless a query is running.
    fn query(&mut self, ctx: &mut Context<Self>) {
        if self.querying {
            return;
        }
        let all = &mut self.callers;
        self.waiting.retain(|handle| {
            let wanted = all.get_mut(handle).is_some_and(|callers| {
                callers.let_go_of_leavers();
                !callers.replies.is_empty()
            });
            if !wanted {
                all.remove(handle);
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
        let query = async move { (within(ANSWER_LIMIT, store.find(handles.clone())).await, handles) };
        ctx.spawn(query.into_actor(self).map(move |(found, handles), actor, ctx| {
            actor.querying = false;
            actor.found(found, &handles, era, ctx);
            actor.query(ctx);
        }));
    }

    fn found(
        &mut self,
        found: Result<Vec<StoredKey>, StoreError>,
        handles: &[Handle],
        era: u64,
        ctx: &mut Context<Self>,
    ) {
        let keys = match self.scope.noted(found) {
            Ok(keys) => keys,
            Err(error) => {
                log::warn!(actor = Self::NAME, error:% = error; "keys can't be looked up");
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
        let Some(callers) = self.callers.get(&stored.handle) else { return };
        let (prover, proving, key) = (Arc::clone(&self.prover), Arc::clone(&self.proving), callers.key.clone());
        let handle = stored.handle;
        self.counts.proofs.fetch_add(1, Ordering::Relaxed);
        let proof = async move {
            // The semaphore is never closed.
            let permit = proving.acquire_owned().await;
            let proved = tokio::task::spawn_blocking(move || (prover.proves(key.expose(), &stored.hash), stored)).await;
            drop(permit);
            proved
        };
        ctx.spawn(proof.into_actor(self).map(move |proved, actor, ctx| match proved {
            Ok((true, key)) => {
                actor.admit(&key, era);
                actor.query(ctx);
            }
            Ok((false, key)) => {
                actor.scope.failed("a stored hash does not match the key");
                log::error!(actor = Self::NAME, key = key.name.as_str();
                    "stored hash does not match the key");
                actor.answer(&key.handle, &Found::Nobody);
            }
            Err(error) => {
                actor.scope.failed(&error.to_string());
                log::error!(actor = Self::NAME, error:% = error; "key can't be verified");
                actor.answer(&handle, &Found::Unavailable);
            }
        }));
    }

    /// Accepts a verified key, unless any key was revoked since its row was read in `era`, because it may be this one.
    fn admit(&mut self, key: &StoredKey, era: u64) {
        match self.memory.keep(key, era) {
            Some(identity) => self.answer(&key.handle, &Found::Known(identity)),
            None => self.waiting.push(key.handle),
        }
    }

    fn answer(&mut self, handle: &Handle, found: &Found) {
        for (place, reply) in self.callers.remove(handle).map(|callers| callers.replies).unwrap_or_default() {
            place.answer(reply, found.clone());
        }
    }

    fn touch(&self) -> impl Future<Output = ()> + use<> {
        let (store, memory, scope) = (Arc::clone(&self.store), Arc::clone(&self.memory), self.scope.clone());
        async move {
            let used = memory.take_used();
            if used.is_empty() {
                return;
            }
            if let Err(error) = scope.noted(within(TOUCH_LIMIT, store.touch(used.clone())).await) {
                log::warn!(actor = Self::NAME, error:% = error;
                    "times of last use can't be written; retrying with the next batch");
                memory.give_back(&used);
            }
        }
    }
}

#[cfg(test)]
mod tests;
