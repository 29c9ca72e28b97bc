//! One life of the key keeper.

use std::{
    cell::Cell,
    collections::HashMap,
    num::NonZeroUsize,
    sync::{Arc, atomic::Ordering},
};

use actix::{Actor, ActorFutureExt as _, AsyncContext as _, Context, StreamHandler, WrapFuture as _};
use chrono::Utc;
use tokio::sync::{Semaphore, oneshot};
use uuid::Uuid;

use super::{AddError, Counts, Found, LookUp, MOST_IN_QUERY, Message, NAME, NewKey, Prover, QUERY_LIMIT, TOUCH_EVERY};
use crate::{
    keys::{
        memory::Memory,
        store::{Handle, KeyStore, StoredKey},
    },
    runtime::Lease,
    secret::Secret,
    store::StoreError,
};

/// Half of the cores prove keys at most, one at least: requests are served by the others.
pub(super) fn provers() -> usize {
    std::thread::available_parallelism().map_or(1, NonZeroUsize::get).div_ceil(2)
}

/// Those who wait for one handle: they all show the same key.
pub(super) struct Asked {
    key: Secret,
    replies: Vec<oneshot::Sender<Found>>,
}

impl Asked {
    fn is_waited_for(&self) -> bool {
        self.replies.iter().any(|reply| !reply.is_closed())
    }
}

/// One life of the actor.
pub(super) struct Life {
    /// Read from the start on.
    pub(super) lease: Cell<Option<Lease<Message>>>,
    pub(super) store: Arc<dyn KeyStore>,
    pub(super) prover: Arc<dyn Prover>,
    pub(super) memory: Arc<Memory>,
    pub(super) counts: Arc<Counts>,
    pub(super) proving: Arc<Semaphore>,
    /// Handles for the next query.
    pub(super) waiting: Vec<Handle>,
    /// Everyone who waits, by handle.
    pub(super) asked: HashMap<Handle, Asked>,
    pub(super) querying: bool,
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
