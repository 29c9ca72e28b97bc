//! The housekeeper: an actor that makes room for the days to come and removes what is older than the retention.
//!
//! Capacity: one place, for its own clock; a tick that finds it busy is dropped, the next one does its work. When it
//! dies: the next life starts with a round. It keeps no state.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use actix::{Actor, ActorFutureExt as _, AsyncContext as _, Context, WrapFuture as _};
use chrono::{SecondsFormat, TimeDelta, Utc};

use super::AuditStore;
use crate::{
    runtime::{ActorState, Lease, Observer, Supervised},
    store::StoreError,
};

const NAME: &str = "audit-housekeeper";

/// Events that are removed in one transaction.
const CHUNK: u32 = 5000;
/// Pause between two chunks: readers and the sink get their turn.
const BREATH: Duration = Duration::from_millis(50);
/// Days made ahead, beside today.
const DAYS_AHEAD: u32 = 3;
/// Pause after a round that failed.
const RETRY: Duration = Duration::from_secs(60);

/// What the housekeeper keeps to.
#[derive(Clone, Copy, Debug)]
pub struct Schedule {
    /// Age beyond which events are removed.
    pub retention: TimeDelta,
    /// Time between two rounds. The first comes at once.
    pub every: Duration,
}

/// A supervised housekeeper; ends with the value's arbiter.
pub struct Housekeeper {
    supervised: Supervised<()>,
    removed: Arc<AtomicU64>,
}

/// Reads the state of a housekeeper from any thread.
#[derive(Clone)]
pub struct HousekeeperObserver {
    actor: Observer<()>,
    removed: Arc<AtomicU64>,
}

impl Housekeeper {
    /// Starts the actor on the current arbiter.
    #[must_use]
    pub fn start(store: Arc<dyn AuditStore>, schedule: Schedule) -> Self {
        let removed = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&removed);
        let supervised = Supervised::start(NAME, 1, move |lease| Life {
            keeper: Some(Keeper { lease, store: Arc::clone(&store), schedule, removed: Arc::clone(&counted) }),
        });
        Self { supervised, removed }
    }

    /// Reads the state from any thread.
    #[must_use]
    pub fn observer(&self) -> HousekeeperObserver {
        HousekeeperObserver { actor: self.supervised.observer(), removed: Arc::clone(&self.removed) }
    }

    /// Ends after the chunk in hand, `limit` at most.
    pub async fn stop(self, limit: Duration) {
        self.supervised.stop(limit).await;
    }
}

impl HousekeeperObserver {
    /// The actor's state.
    #[must_use]
    pub fn observe(&self) -> ActorState {
        self.actor.observe()
    }

    /// Events removed so far.
    #[must_use]
    pub fn removed(&self) -> u64 {
        self.removed.load(Ordering::Relaxed)
    }
}

struct Life {
    keeper: Option<Keeper>,
}

impl Actor for Life {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        if let Some(keeper) = self.keeper.take() {
            let life = keeper.keep_house().into_actor(self);
            ctx.spawn(life.map(|(), _, ctx| actix::ActorContext::stop(ctx)));
        }
    }
}

struct Keeper {
    lease: Lease<()>,
    store: Arc<dyn AuditStore>,
    schedule: Schedule,
    removed: Arc<AtomicU64>,
}

impl Keeper {
    /// Goes round until the mailbox is closed.
    async fn keep_house(mut self) {
        loop {
            let pause = match self.round().await {
                Ok(()) => self.schedule.every,
                Err(error) => {
                    log::warn!(store = self.store.name(), error:% = error; "audit housekeeping failed; trying again");
                    RETRY.min(self.schedule.every)
                }
            };
            if let Ok(None) = tokio::time::timeout(pause, self.lease.recv()).await {
                return;
            }
        }
    }

    async fn round(&self) -> Result<(), StoreError> {
        let now = Utc::now();
        self.store.prepare_days(now, DAYS_AHEAD).await?;
        let cutoff = now - self.schedule.retention;
        let began = Instant::now();
        let mut removed = 0;
        loop {
            let chunk = self.store.delete_before(cutoff, CHUNK).await?;
            if chunk == 0 {
                break;
            }
            removed += chunk;
            self.removed.fetch_add(chunk, Ordering::Relaxed);
            tokio::time::sleep(BREATH).await;
        }
        if removed > 0 {
            log::info!(removed = removed, older_than:% = cutoff.to_rfc3339_opts(SecondsFormat::Millis, true), took_ms = began.elapsed().as_millis() as u64;
                "audit events removed by retention");
        }
        Ok(())
    }
}
