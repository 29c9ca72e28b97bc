//! A bounded queue of rows, and the actor that writes them.

use std::{
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, Utc};

use super::{
    account::{Account, Taken, Words},
    writer::{BATCH_MAX, Hand, QueueActor, Rows, Writer},
};
use crate::runtime::{ActorState, Mailbox, Observer, Registry, Start, Stopped, Supervised};

/// Sending side of a queue. Clones are cheap and share the places.
pub(super) struct Queue<R: Rows> {
    mailbox: Mailbox<Arc<R::Row>>,
    account: Arc<Account>,
}

impl<R: Rows> Clone for Queue<R> {
    fn clone(&self) -> Self {
        Self { mailbox: self.mailbox.clone(), account: Arc::clone(&self.account) }
    }
}

/// Name and bounds of a queue.
#[derive(Clone, Copy)]
pub(super) struct Bounds {
    /// Name of the actor.
    pub(super) name: &'static str,
    /// What its lines in the log say.
    pub(super) words: &'static Words,
    /// Capacity in rows.
    pub(super) places: usize,
    /// Memory budget of waiting rows in bytes.
    pub(super) bytes_max: u64,
    /// Maximum time to collect a batch.
    pub(super) gather: Duration,
}

/// State of a queue. `received` = `written` + `dropped` + `depth`.
#[derive(Clone, Debug)]
pub struct QueueState {
    /// State of the actor and its mailbox. The mailbox does not count rows that the store refused as refused.
    pub actor: ActorState,
    /// Rows to record.
    pub received: u64,
    /// Rows in the store.
    pub written: u64,
    /// Rows lost: queue full, memory budget exhausted, refused by the store, or not written when the sink had to stop.
    pub dropped: u64,
    /// Number of dropped rows that the store refused.
    pub refused: u64,
    /// Time of the last drop, for whatever reason.
    pub last_dropped_at: Option<DateTime<Utc>>,
    /// Number of retried writes.
    pub retries: u64,
    /// Rows not yet written.
    pub depth: usize,
    /// Capacity in rows.
    pub capacity: usize,
    /// Memory of waiting rows in bytes.
    pub bytes: u64,
}

/// Reads the state of a queue from any thread.
#[derive(Clone)]
pub(super) struct QueueObserver {
    actor: Observer,
    account: Arc<Account>,
}

/// Ends a queue.
pub(super) struct QueueEnd<R: Rows>(Supervised<Arc<R::Row>>);

impl<R: Rows> Queue<R> {
    /// Starts the actor on the current arbiter.
    pub(super) fn start(registry: &Registry, bounds: Bounds, rows: R) -> (Self, QueueObserver, QueueEnd<R>) {
        let account = Arc::new(Account::new(bounds.bytes_max, bounds.words));
        let (hand, rows, of_actor) = (Rc::<Hand<R>>::default(), Rc::new(rows), Arc::clone(&account));
        let start = Start { registry, name: bounds.name, capacity: bounds.places, counts: Arc::new(()) };
        let supervised =
            Supervised::start_batching(start, BATCH_MAX, bounds.gather, move |mailbox, scope| QueueActor {
                hand: Rc::clone(&hand),
                writer: Rc::new(Writer {
                    rows: Rc::clone(&rows),
                    account: Arc::clone(&of_actor),
                    mailbox: mailbox.clone(),
                    scope,
                }),
            });
        let observer = QueueObserver { actor: supervised.observer(), account: Arc::clone(&account) };
        (Self { mailbox: supervised.mailbox().clone(), account }, observer, QueueEnd(supervised))
    }

    /// Queues the row that `make` returns, without waiting. `make` is called only when there is a free place, and
    /// memory for a row of `least` bytes. Otherwise the row is dropped and counted; the first drop and every 1000th
    /// after it are logged. A row whose `make` panics counts as dropped too.
    pub(super) fn send(&self, least: usize, make: impl FnOnce() -> Arc<R::Row>) {
        let account = &*self.account;
        let queued = self.mailbox.try_send_with(|| {
            let mut taken = Taken::new(account, least as u64)?;
            let row = make();
            taken.resize(R::weight(&row) as u64).then(|| {
                taken.keep();
                row
            })
        });
        if !queued {
            account.lose();
        }
    }
}

impl QueueObserver {
    /// Returns the state of the queue.
    pub(super) fn observe(&self) -> QueueState {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let account = &self.account;
        let actor = self.actor.observe();
        let refused = read(&account.refused);
        QueueState {
            received: actor.mailbox.received,
            // A batch is counted as written by returning its places, so the two counts always agree.
            written: actor.mailbox.handled.saturating_sub(refused),
            dropped: actor.mailbox.refused + refused,
            refused,
            last_dropped_at: Some(account.last_drop.load(Ordering::Relaxed))
                .filter(|at| *at != 0)
                .and_then(DateTime::from_timestamp_micros),
            retries: read(&account.retries),
            depth: actor.mailbox.depth,
            capacity: actor.mailbox.capacity,
            bytes: read(&account.bytes),
            actor,
        }
    }
}

impl<R: Rows> QueueEnd<R> {
    /// Refuses further rows, and writes waiting ones within `limit`.
    pub(super) async fn stop(&self, limit: Duration) -> Stopped {
        self.0.stop(limit).await
    }
}
