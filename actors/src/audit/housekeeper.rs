//! The housekeeper: an actor that prepares the store for coming days, removes events and connections older than the
//! retention, and keeps the store's rollups up to date.
//!
//! Its only message is a round, which it sends to itself at the start and then periodically. The mailbox has one place,
//! held until the round is done, so a tick during a round is refused. A stop lets the current chunk finish. After a
//! crash, the restarted actor begins with a round. It keeps no state but the count of removed events.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use actix::{Actor, ActorFutureExt as _, AsyncContext as _, Context, StreamHandler, WrapFuture as _};
use chrono::{SecondsFormat, TimeDelta, Utc};

use super::{AuditStore, ConnectionStore};
use crate::{
    runtime::{Counts, Delivery, Mailbox, Registry, Scope, Start, Supervised},
    store::{StoreError, within},
};

/// Number of events or connections removed in one transaction.
const CHUNK: u32 = 5000;
/// Pause between chunks, so that readers and the sink get their turn.
const BREATH: Duration = Duration::from_millis(50);
/// Number of days prepared in advance, in addition to today.
const DAYS_AHEAD: u32 = 3;
/// Timeout of one call to the store: a lock that is never released must not end retention silently.
const STORE_LIMIT: Duration = Duration::from_secs(60);
/// Pause after a round that failed.
const RETRY: Duration = Duration::from_secs(60);

/// Intervals of the housekeeper.
#[derive(Clone, Copy, Debug)]
pub struct Schedule {
    /// Age beyond which events are removed.
    pub retention: TimeDelta,
    /// Interval between rounds. The first round starts immediately.
    pub every: Duration,
}

/// Number of events removed so far.
#[derive(Default)]
struct Removed(AtomicU64);

impl Counts for Removed {
    fn counts(&self) -> Vec<(&'static str, u64)> {
        vec![("removed", self.0.load(Ordering::Relaxed))]
    }
}

/// Message: do one round.
struct Round;

/// One life of the housekeeper.
pub struct HousekeeperActor {
    store: Arc<dyn AuditStore>,
    connections: Arc<dyn ConnectionStore>,
    schedule: Schedule,
    removed: Arc<Removed>,
    mailbox: Mailbox<Round>,
    scope: Scope,
}

impl HousekeeperActor {
    /// Name in logs, metrics and answers.
    pub const NAME: &str = "audit-housekeeper";

    /// Starts the actor on the current arbiter.
    pub fn start(
        registry: &Registry,
        store: Arc<dyn AuditStore>,
        connections: Arc<dyn ConnectionStore>,
        schedule: Schedule,
    ) {
        let removed = Arc::<Removed>::default();
        let start = Start { registry, name: Self::NAME, capacity: 1, counts: Arc::clone(&removed) as _ };
        Supervised::start(start, move |mailbox, scope| Self {
            store: Arc::clone(&store),
            connections: Arc::clone(&connections),
            schedule,
            removed: Arc::clone(&removed),
            mailbox: mailbox.clone(),
            scope,
        });
    }

    fn send_round(&self) {
        // Refused during a round, which is fine.
        let _ = self.mailbox.try_send(Round);
    }

    /// Does one round. It ends after the current chunk when the mailbox is closed.
    fn round(&self) -> impl Future<Output = Result<(), StoreError>> + use<> {
        let (store, removed, mailbox) = (Arc::clone(&self.store), Arc::clone(&self.removed), self.mailbox.clone());
        let connections = Arc::clone(&self.connections);
        let cutoff = Utc::now() - self.schedule.retention;
        async move {
            within(STORE_LIMIT, store.prepare_days(Utc::now(), DAYS_AHEAD)).await?;
            let (began, mut removed_now) = (Instant::now(), 0);
            while !mailbox.is_closed() {
                let chunk = within(STORE_LIMIT, store.delete_before(cutoff, CHUNK)).await?;
                if chunk == 0 {
                    break;
                }
                removed_now += chunk;
                removed.0.fetch_add(chunk, Ordering::Relaxed);
                tokio::time::sleep(BREATH).await;
            }
            if removed_now > 0 {
                let older_than = cutoff.to_rfc3339_opts(SecondsFormat::Millis, true);
                log::info!(removed = removed_now, older_than = older_than.as_str(),
                    took_ms = began.elapsed().as_millis() as u64; "audit events removed by retention");
            }
            while !mailbox.is_closed() && within(STORE_LIMIT, connections.delete_before(cutoff, CHUNK)).await? > 0 {
                tokio::time::sleep(BREATH).await;
            }
            while !mailbox.is_closed() && within(STORE_LIMIT, store.roll_up(Utc::now())).await? {
                tokio::time::sleep(BREATH).await;
            }
            Ok(())
        }
    }
}

impl Actor for HousekeeperActor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.send_round();
        ctx.run_interval(self.schedule.every, |actor, _| actor.send_round());
    }
}

impl StreamHandler<Delivery<Round>> for HousekeeperActor {
    fn handle(&mut self, Delivery { place, .. }: Delivery<Round>, ctx: &mut Self::Context) {
        let round = self.round().into_actor(self);
        ctx.spawn(round.map(|round, actor, ctx| {
            drop(place);
            if let Err(error) = actor.scope.noted(round) {
                log::warn!(store = actor.store.name(), error:% = error; "audit housekeeping failed; retrying");
                ctx.run_later(RETRY.min(actor.schedule.every), |actor, _| actor.send_round());
            }
        }));
    }
}

#[cfg(test)]
mod tests;
