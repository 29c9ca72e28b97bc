//! The audit sink: an actor that writes events to the store in batches.
//!
//! Its capacity is exact: an event keeps its place until it is written or given up, so the batch being written counts
//! too. A byte budget bounds the memory of waiting events. When either is full, events are dropped and counted; callers
//! never wait. The current batch lives outside the actor, so a restarted actor continues with it. When the store can't
//! be reached, the batch stays at the head of the queue and is retried with back-off. A row that the store refuses is
//! found by splitting its batch, logged, and dropped alone.
//!
//! It has its own thread, so that it never affects requests.

mod account;
mod writer;

use std::{
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, Utc};
use tokio::sync::oneshot;

use account::{Account, Taken};
pub use writer::BatchWritten;
use writer::{AuditSinkActor, BATCH_MAX, Hand, Writer};

use super::{AuditStore, Hub, Record};
use crate::{
    runtime::{ActorState, Mailbox, Observer, Registry, Start, Supervised},
    store::StoreError,
};

const NAME: &str = "audit-sink";

/// Maximum time to collect a batch.
const GATHER: Duration = Duration::from_millis(50);
/// Settings of a sink.
pub struct SinkSettings {
    /// Capacity in events.
    pub places: usize,
    /// Memory budget of waiting events in bytes.
    pub bytes_max: u64,
    /// Callback after each written batch, on the sink's thread.
    pub written: BatchWritten,
}

/// Handle for recording. Clones are cheap and share the places.
#[derive(Clone)]
pub struct AuditSink {
    mailbox: Mailbox<Arc<Record>>,
    shared: Arc<Account>,
}

/// State of a sink. `received` = `written` + `dropped` + `depth`.
#[derive(Clone, Debug)]
pub struct SinkState {
    /// State of the actor and its mailbox. The mailbox does not count rows that the store refused as refused.
    pub actor: ActorState,
    /// Events to record.
    pub received: u64,
    /// Events in the store.
    pub written: u64,
    /// Events lost: queue full, memory budget exhausted, refused by the store, or not written when the sink had to
    /// stop.
    pub dropped: u64,
    /// Number of dropped events that the store refused.
    pub refused: u64,
    /// Time of the last drop, for whatever reason.
    pub last_dropped_at: Option<DateTime<Utc>>,
    /// Number of retried writes.
    pub retries: u64,
    /// Events not yet written.
    pub depth: usize,
    /// Capacity in events.
    pub capacity: usize,
    /// Memory of waiting events in bytes.
    pub bytes: u64,
}

/// Reads the state of a sink from any thread.
#[derive(Clone)]
pub struct SinkObserver {
    actor: Observer,
    shared: Arc<Account>,
}

/// Result of stopping a sink.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SinkStopped {
    /// Events written since the stop began.
    pub written: u64,
    /// Events not written in time: they are lost, and counted as dropped.
    pub left: usize,
}

/// Handle for stopping a sink. Can't be cloned.
pub struct SinkEnd {
    supervised: Supervised<Arc<Record>>,
    observer: SinkObserver,
    arbiter: actix_rt::Arbiter,
}

impl AuditSink {
    /// Starts the actor on its own thread. `hub` announces what was written.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the thread ends at once, because the system lacks resources.
    pub async fn start(
        registry: &Registry,
        store: Arc<dyn AuditStore>,
        hub: Hub,
        settings: SinkSettings,
    ) -> Result<(Self, SinkObserver, SinkEnd), StoreError> {
        let shared = Arc::new(Account::new(settings.bytes_max));
        let arbiter = actix_rt::Arbiter::new();
        let (started, start) = oneshot::channel();
        let (registry, kept) = (registry.clone(), Arc::clone(&shared));
        arbiter.spawn_fn(move || {
            let hand = Rc::new(Hand::default());
            let written = Rc::new(settings.written);
            let of_sink = Arc::clone(&shared);
            let counts = Arc::new(());
            let start = Start { registry: &registry, name: NAME, capacity: settings.places, counts };
            let supervised =
                Supervised::start_batching(start, BATCH_MAX, GATHER, move |mailbox, scope| AuditSinkActor {
                    hand: Rc::clone(&hand),
                    writer: Rc::new(Writer {
                        store: Arc::clone(&store),
                        hub: hub.clone(),
                        account: Arc::clone(&of_sink),
                        mailbox: mailbox.clone(),
                        written: Rc::clone(&written),
                        scope,
                    }),
                });
            let _ = started.send(supervised);
        });
        let supervised = start.await.map_err(|_| StoreError::Unavailable("the thread did not start".into()))?;
        let observer = SinkObserver { actor: supervised.observer(), shared: Arc::clone(&kept) };
        let sink = Self { mailbox: supervised.mailbox().clone(), shared: kept };
        Ok((sink, observer.clone(), SinkEnd { supervised, observer, arbiter }))
    }

    /// Queues the record that `make` returns, without waiting. `make` is called only when there is a free place, and
    /// memory for a record of `least` bytes (the payloads it is going to contain). Otherwise the record is dropped and
    /// counted; the first drop and every 1000th after it are logged. A record whose `make` panics counts as dropped
    /// too.
    pub fn record(&self, least: usize, make: impl FnOnce() -> Arc<Record>) {
        let shared = &*self.shared;
        let queued = self.mailbox.try_send_with(|| {
            let mut taken = Taken::new(shared, least as u64)?;
            let record = make();
            taken.resize(record.weight() as u64).then(|| {
                taken.keep();
                record
            })
        });
        if !queued {
            shared.lose();
        }
    }
}

impl SinkObserver {
    /// Returns the state of the sink.
    #[must_use]
    pub fn observe(&self) -> SinkState {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let shared = &self.shared;
        let actor = self.actor.observe();
        let refused = read(&shared.refused);
        SinkState {
            received: actor.mailbox.received,
            // A batch is counted as written by returning its places, so the two counts always agree.
            written: actor.mailbox.handled.saturating_sub(refused),
            dropped: actor.mailbox.refused + refused,
            refused,
            last_dropped_at: Some(shared.last_drop.load(Ordering::Relaxed))
                .filter(|at| *at != 0)
                .and_then(DateTime::from_timestamp_micros),
            retries: read(&shared.retries),
            depth: actor.mailbox.depth,
            capacity: actor.mailbox.capacity,
            bytes: read(&shared.bytes),
            actor,
        }
    }
}

impl SinkEnd {
    /// Refuses further events, writes waiting ones within `limit`, and ends the thread.
    pub async fn stop(self, limit: Duration) -> SinkStopped {
        let before = self.observer.observe().written;
        let left = self.supervised.stop(limit).await.left;
        self.arbiter.stop();
        SinkStopped { written: self.observer.observe().written - before, left }
    }
}

#[cfg(test)]
mod tests;
