//! The session actor: passes questions to the store, a bounded number at a time, and removes expired sessions.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use actix::{Actor, AsyncContext as _, Context, StreamHandler};
use chrono::Utc;

use super::{
    client::{SessionClient, SessionMessage},
    store::SessionStore,
};
use crate::{
    runtime::{Counts, Delivery, Registry, Scope, Start, Supervised},
    store::{ANSWER_LIMIT, within},
};

/// Maximum number of open questions.
const PLACES: usize = 1024;
/// Interval between removals of expired sessions.
const SWEEP_EVERY: Duration = Duration::from_secs(60);
/// Timeout of such a removal. Below the interval, so that at most one runs.
const SWEEP_LIMIT: Duration = Duration::from_secs(30);

/// Counters of sessions that began and ended here.
#[derive(Default)]
struct SessionCounts {
    begun: AtomicU64,
    /// Ended by sign-out, or expired.
    ended: AtomicU64,
}

impl Counts for SessionCounts {
    fn counts(&self) -> Vec<(&'static str, u64)> {
        [("begun", &self.begun), ("ended", &self.ended)]
            .map(|(name, count)| (name, count.load(Ordering::Relaxed)))
            .into()
    }
}

/// One life of the session actor.
pub struct SessionActor {
    store: Arc<dyn SessionStore>,
    counts: Arc<SessionCounts>,
    scope: Scope,
}

impl SessionActor {
    /// Name in logs, metrics and answers.
    pub const NAME: &str = "session";

    /// Starts the actor on the current arbiter.
    #[must_use]
    pub fn start(registry: &Registry, store: Arc<dyn SessionStore>) -> SessionClient {
        let counts = Arc::<SessionCounts>::default();
        let start = Start { registry, name: Self::NAME, capacity: PLACES, counts: Arc::clone(&counts) as _ };
        let supervised = Supervised::start(start, move |_, scope| Self {
            store: Arc::clone(&store),
            counts: Arc::clone(&counts),
            scope,
        });
        SessionClient { mailbox: supervised.mailbox().clone() }
    }

    fn sweep(&self) {
        let (store, counts, scope) = (Arc::clone(&self.store), Arc::clone(&self.counts), self.scope.clone());
        self.scope.spawn(async move {
            match within(SWEEP_LIMIT, store.sweep(Utc::now())).await {
                Ok(removed) => drop(counts.ended.fetch_add(removed, Ordering::Relaxed)),
                Err(error) => {
                    scope.failed(&error.to_string());
                    log::warn!(actor = Self::NAME, error:% = error; "expired sessions can't be removed");
                }
            }
        });
    }
}

impl Actor for SessionActor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.run_interval(SWEEP_EVERY, |actor, _| actor.sweep());
    }
}

impl StreamHandler<Delivery<SessionMessage>> for SessionActor {
    fn handle(&mut self, delivery: Delivery<SessionMessage>, _: &mut Self::Context) {
        let Delivery { place, message } = delivery;
        let (store, counts, scope) = (Arc::clone(&self.store), Arc::clone(&self.counts), self.scope.clone());
        // A separate task, so that a panic affects only this question.
        self.scope.spawn(async move {
            match message {
                SessionMessage::Put(session, reply) => {
                    let put = within(ANSWER_LIMIT, store.put(session)).await;
                    counts.begun.fetch_add(put.is_ok().into(), Ordering::Relaxed);
                    place.answer(reply, scope.noted(put));
                }
                SessionMessage::Get(hash, reply) => {
                    let held = within(ANSWER_LIMIT, store.get(hash)).await;
                    place.answer(reply, scope.noted(held));
                }
                SessionMessage::Replace(hash, data, reply) => {
                    let replaced = within(ANSWER_LIMIT, store.replace(hash, data)).await;
                    place.answer(reply, scope.noted(replaced));
                }
                SessionMessage::Take(hash, reply) => {
                    let taken = within(ANSWER_LIMIT, store.take(hash)).await;
                    counts.ended.fetch_add(matches!(taken, Ok(Some(_))).into(), Ordering::Relaxed);
                    place.answer(reply, scope.noted(taken));
                }
            }
        });
    }
}

#[cfg(test)]
mod tests;
