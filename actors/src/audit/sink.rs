//! The audit sink: an actor that writes events to the store in batches.
//!
//! Its capacity is exact: an event keeps its place until it is written or given up, so the batch being written counts
//! too. A byte budget bounds the memory of waiting events. When either is full, events are dropped and counted; callers
//! never wait. The current batch lives outside the actor, so a restarted actor continues with it. When the store can't
//! be reached, the batch stays at the head of the queue and is retried with back-off. A row that the store refuses is
//! found by splitting its batch, logged, and dropped alone.
//!
//! It has its own thread, so that it never affects requests.

use std::{
    cell::RefCell,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use actix::{Actor, AsyncContext as _, Context, StreamHandler, WrapFuture as _};
use chrono::{DateTime, SecondsFormat, Utc};
use tokio::sync::oneshot;

use super::{AuditStore, Hub, Record};
use crate::{
    runtime::{ActorState, Batch, Mailbox, Observer, Registry, Scope, Start, Supervised},
    store::{StoreError, within},
};

const NAME: &str = "audit-sink";

/// Maximum number of events in a batch.
const BATCH_MAX: usize = 512;
/// Maximum time to collect a batch.
const GATHER: Duration = Duration::from_millis(50);
/// Timeout of one write.
const WRITE_MAX: Duration = Duration::from_secs(5);
/// Pause before the first retry of a batch; doubled after each.
const PAUSE_LEAST: Duration = Duration::from_millis(100);
/// Maximum pause. Below 5 s, so that writing resumes within 5 s of the store's recovery.
const PAUSE_MOST: Duration = Duration::from_secs(4);
/// One of this many dropped events is logged, beginning with the first.
const LOGGED_DROPS: u64 = 1000;

/// Settings of a sink.
pub struct SinkSettings {
    /// Capacity in events.
    pub places: usize,
    /// Memory budget of waiting events in bytes.
    pub bytes_max: u64,
    /// Callback after each written batch, on the sink's thread.
    pub written: BatchWritten,
}

/// Callback with the number of rows of a write, and its duration.
pub type BatchWritten = Box<dyn Fn(usize, Duration) + Send>;

/// Handle for recording. Clones are cheap and share the places.
#[derive(Clone)]
pub struct AuditSink {
    mailbox: Mailbox<Arc<Record>>,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    bytes: AtomicU64,
    bytes_max: u64,
    retries: AtomicU64,
    /// Number of rows that the store refused; they count as dropped too.
    refused: AtomicU64,
    /// Number of drops, without refused rows.
    dropped: AtomicU64,
    loss: Loss,
    /// Time of the last drop, in microseconds since 1970; 0 for none.
    last_drop: AtomicI64,
}

/// Drops since the log last said that the queue has room. Lock-free, because all threads that serve requests write it
/// when the queue is full.
#[derive(Default)]
struct Loss {
    /// Number of [`Shared::dropped`] that the log has already reported.
    told: AtomicU64,
    /// Time of the first unreported drop, in microseconds since 1970; 0 for none.
    from: AtomicI64,
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
    shared: Arc<Shared>,
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
        let shared = Arc::new(Shared { bytes_max: settings.bytes_max, ..Shared::default() });
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
                        shared: Arc::clone(&of_sink),
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

/// Bytes taken from the budget. Returned when dropped before the record is queued.
struct Taken<'s> {
    shared: &'s Shared,
    bytes: u64,
}

impl<'s> Taken<'s> {
    /// Takes bytes; `None` when the budget is exhausted.
    fn new(shared: &'s Shared, bytes: u64) -> Option<Self> {
        let mut taken = Self { shared, bytes: 0 };
        taken.resize(bytes).then_some(taken)
    }

    /// Changes the taken bytes to `bytes`. Returns false when the budget is exhausted.
    fn resize(&mut self, bytes: u64) -> bool {
        if bytes <= self.bytes {
            self.shared.bytes.fetch_sub(self.bytes - bytes, Ordering::Relaxed);
            self.bytes = bytes;
            return true;
        }
        let more = bytes - self.bytes;
        let fits = |waiting: u64| Some(waiting + more).filter(|waiting| *waiting <= self.shared.bytes_max);
        let fits = self.shared.bytes.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits).is_ok();
        if fits {
            self.bytes = bytes;
        }
        fits
    }

    /// Passes the bytes to the record, which returns them when it is released.
    fn keep(&mut self) {
        self.bytes = 0;
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        self.shared.bytes.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

impl Shared {
    fn note_drop(&self, at: DateTime<Utc>) {
        self.last_drop.store(at.timestamp_micros(), Ordering::Relaxed);
    }

    fn lose(&self) {
        let dropped = self.dropped.fetch_add(1, Ordering::Relaxed) + 1;
        let now = Utc::now();
        self.note_drop(now);
        if self.loss.from.load(Ordering::Relaxed) == 0 {
            // A concurrent drop may have set it already.
            let _ = self.loss.from.compare_exchange(0, now.timestamp_micros(), Ordering::Relaxed, Ordering::Relaxed);
        }
        if dropped % LOGGED_DROPS == 1 {
            log::warn!(dropped_total = dropped; "audit buffer full; dropping events");
        }
    }

    /// Logs what was lost, once half of the places are free, so that a nearly full queue does not log with each batch.
    fn tell_loss(&self, mailbox_depth: usize, capacity: usize) {
        if mailbox_depth > capacity / 2 {
            return;
        }
        let from = self.loss.from.swap(0, Ordering::Relaxed);
        if from == 0 {
            return;
        }
        let dropped = self.dropped.load(Ordering::Relaxed);
        let lost = dropped - self.loss.told.swap(dropped, Ordering::Relaxed);
        let time = |micros: i64| {
            DateTime::from_timestamp_micros(micros).unwrap_or_default().to_rfc3339_opts(SecondsFormat::Millis, true)
        };
        let to = self.last_drop.load(Ordering::Relaxed);
        log::info!(lost = lost, from = time(from).as_str(), to = time(to).as_str(); "audit buffer has room again");
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

/// The batch being written. It outlives the actor.
#[derive(Default)]
struct Hand(RefCell<Option<Work>>);

/// Batch with the state of its writing.
struct Work {
    batch: Batch<Arc<Record>>,
    /// True when a write of the batch may have succeeded unnoticed.
    again: bool,
    /// Number of crashes while writing the batch.
    deaths: u32,
}

/// Work in progress. If it is dropped unfinished (by a crash), it goes back to the hand, marked as tried.
struct InProgress {
    work: Option<Work>,
    hand: Rc<Hand>,
}

impl InProgress {
    fn take(hand: &Rc<Hand>) -> Self {
        Self { work: hand.0.take(), hand: Rc::clone(hand) }
    }
}

impl Drop for InProgress {
    fn drop(&mut self) {
        let Some(mut work) = self.work.take().filter(|work| !work.batch.messages().is_empty()) else { return };
        work.again = true;
        work.deaths += 1;
        self.hand.0.replace(Some(work));
    }
}

/// One life of the audit sink.
struct AuditSinkActor {
    hand: Rc<Hand>,
    writer: Rc<Writer>,
}

impl AuditSinkActor {
    /// Writes the current batch. No other one is read in the meantime.
    fn write(&self, ctx: &mut Context<Self>) {
        let (mut progress, writer) = (InProgress::take(&self.hand), Rc::clone(&self.writer));
        let write = async move {
            if let Some(work) = &mut progress.work {
                writer.write(work).await;
            }
        };
        ctx.wait(write.into_actor(self));
    }
}

impl Actor for AuditSinkActor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.write(ctx);
    }
}

impl StreamHandler<Batch<Arc<Record>>> for AuditSinkActor {
    fn handle(&mut self, batch: Batch<Arc<Record>>, ctx: &mut Self::Context) {
        self.hand.0.replace(Some(Work { batch, again: false, deaths: 0 }));
        self.write(ctx);
    }
}

/// Writes batches to the store.
struct Writer {
    store: Arc<dyn AuditStore>,
    hub: Hub,
    shared: Arc<Shared>,
    mailbox: Mailbox<Arc<Record>>,
    written: Rc<BatchWritten>,
    scope: Scope,
}

impl Writer {
    /// Writes the whole batch, in pieces if necessary, until nothing is left.
    async fn write(&self, work: &mut Work) {
        let mut failures = 0;
        // A batch with crashes is written in ever smaller pieces, so that good rows are written and only the row that
        // causes the crash is given up.
        let mut piece = (BATCH_MAX >> work.deaths.min(9)).max(1);
        while !work.batch.messages().is_empty() {
            let size = piece.min(work.batch.messages().len());
            if size == 1 && work.deaths > 9 {
                self.give_up(work, "the sink crashed while writing it");
                work.deaths = 0;
                piece = BATCH_MAX;
                continue;
            }
            let began = Instant::now();
            let write = self.store.append(&work.batch.messages()[..size], work.again);
            match self.scope.noted(within(WRITE_MAX, write).await) {
                Ok(()) => {
                    (self.written)(size, began.elapsed());
                    self.done(work, size);
                    if failures > 0 {
                        log::info!(store = self.store.name(), failures = failures; "audit store is back");
                        failures = 0;
                    }
                    // The rows after a refused one may be fine.
                    piece = (piece * 2).min(BATCH_MAX);
                }
                Err(StoreError::Data(reason)) if size == 1 => self.give_up(work, &reason),
                Err(StoreError::Data(_)) => piece = size / 2,
                Err(StoreError::Unavailable(reason)) => {
                    work.again = true;
                    failures += 1;
                    self.shared.retries.fetch_add(1, Ordering::Relaxed);
                    let pause = pause(failures);
                    log::warn!(store = self.store.name(), failures = failures, pause_ms = pause.as_millis() as u64,
                        events = size, error = reason.as_str(); "audit store unavailable; retrying");
                    tokio::time::sleep(pause).await;
                }
            }
        }
    }

    /// Releases the first `size` records, which are in the store.
    fn done(&self, work: &mut Work, size: usize) {
        self.hub.publish(work.batch.messages()[..size].iter().map(|record| &**record));
        self.let_go(work, size);
    }

    fn give_up(&self, work: &mut Work, reason: &str) {
        let id = work.batch.messages()[0].event.id.to_string();
        log::error!(event_id = id.as_str(), error = reason; "audit event refused by the store; dropping it");
        self.shared.refused.fetch_add(1, Ordering::Relaxed);
        self.shared.note_drop(Utc::now());
        self.let_go(work, 1);
    }

    fn let_go(&self, work: &mut Work, size: usize) {
        let weight: usize = work.batch.take(size).map(|record| record.weight()).sum();
        self.shared.bytes.fetch_sub(weight as u64, Ordering::Relaxed);
        work.batch.give_back(size);
        self.shared.tell_loss(self.mailbox.depth(), self.mailbox.capacity());
    }
}

/// Returns the pause after a number of failures in a row: exponential back-off, shortened randomly by up to a half, so
/// that replicas don't retry in step.
fn pause(failures: u32) -> Duration {
    let full = PAUSE_LEAST.saturating_mul(1 << failures.clamp(1, 10)).min(PAUSE_MOST);
    let least = PAUSE_LEAST.max(full / 2);
    least + (full - least).mul_f64(rand::random::<f64>())
}

#[cfg(test)]
mod tests;
