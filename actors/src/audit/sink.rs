//! The audit sink: an actor that writes events to the store in batches.
//!
//! Capacity: the places given at its start, exact; an event keeps its place until it is written or given up, so what is
//! in hand counts. A byte budget bounds the memory that waiting events take. When full: the event is dropped and
//! counted, nobody waits. When it dies: the batch in hand lives outside of it, and the next life goes on with it. When
//! the store can't be reached: the batch stays at the head of the queue and is tried again, with back-off. A row that the
//! store refuses is found by splitting its batch, logged, and dropped alone.
//!
//! It has a thread of its own: nothing that happens to it can be felt by a request.

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

/// Most events in a batch.
const BATCH_MAX: usize = 512;
/// Longest time for events to gather into a batch.
const GATHER: Duration = Duration::from_millis(50);
/// Longest time for one write; then it is cut.
const WRITE_MAX: Duration = Duration::from_secs(5);
/// Least pause before a batch is tried again; doubled each time.
const PAUSE_LEAST: Duration = Duration::from_millis(100);
/// Longest pause. Below 5 s, so that writing goes on within 5 s of the store's return.
const PAUSE_MOST: Duration = Duration::from_secs(4);
/// One dropped event in so many is logged, the first one included.
const LOGGED_DROPS: u64 = 1000;

/// What a sink is started with.
pub struct SinkSettings {
    /// Events that may wait.
    pub places: usize,
    /// Bytes of memory that waiting events may take.
    pub bytes_max: u64,
    /// Called after each batch that was written, on the sink's thread.
    pub written: BatchWritten,
}

/// Told of each write: how many rows, and how long it took.
pub type BatchWritten = Box<dyn Fn(usize, Duration) + Send>;

/// Those who record hold this. Clones are cheap and share the places.
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
    /// Rows that the store refused; they count as dropped.
    refused: AtomicU64,
    /// Drops so far, the refused rows left out.
    dropped: AtomicU64,
    loss: Loss,
    /// When an event was last dropped, in microseconds since 1970; 0 when none was.
    last_drop: AtomicI64,
}

/// Drops since the queue was last said to have room. No lock: it is written when the queue is full, by all threads that
/// serve requests.
#[derive(Default)]
struct Loss {
    /// Of [`Shared::dropped`], those that were told already.
    told: AtomicU64,
    /// When the first of them was dropped, in microseconds since 1970; 0 when there are none.
    from: AtomicI64,
}

/// What a sink says of itself. `received` = `written` + `dropped` + `depth`.
#[derive(Clone, Debug)]
pub struct SinkState {
    /// The actor and its mailbox; the mailbox's refusals leave out rows that the store refused.
    pub actor: ActorState,
    /// Events that were to be recorded.
    pub received: u64,
    /// Events in the store.
    pub written: u64,
    /// Events lost: no room, too many bytes, refused by the store, or not written when the sink had to stop.
    pub dropped: u64,
    /// Of the dropped ones, rows that the store refused.
    pub refused: u64,
    /// When an event was last dropped, whatever the cause.
    pub last_dropped_at: Option<DateTime<Utc>>,
    /// Writes that were tried again.
    pub retries: u64,
    /// Events that are not written yet.
    pub depth: usize,
    /// Events that may wait.
    pub capacity: usize,
    /// Bytes that waiting events take.
    pub bytes: u64,
}

/// Reads the state of a sink from any thread.
#[derive(Clone)]
pub struct SinkObserver {
    actor: Observer,
    shared: Arc<Shared>,
}

/// How a sink ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SinkStopped {
    /// Events written since the stop began.
    pub written: u64,
    /// Events that were not written in time: lost, and counted as dropped.
    pub left: usize,
}

/// Ends a sink; not for sharing.
pub struct SinkEnd {
    supervised: Supervised<Arc<Record>>,
    observer: SinkObserver,
    arbiter: actix_rt::Arbiter,
}

impl AuditSink {
    /// Starts the actor on a thread of its own. `hub` hears of what was written.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the thread ends at once: the system is short of something.
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
        let supervised = start.await.map_err(|_| StoreError::Unavailable("its thread did not start".into()))?;
        let observer = SinkObserver { actor: supervised.observer(), shared: Arc::clone(&kept) };
        let sink = Self { mailbox: supervised.mailbox().clone(), shared: kept };
        Ok((sink, observer.clone(), SinkEnd { supervised, observer, arbiter }))
    }

    /// Queues the record that `make` gives, without waiting. `make` is asked only when there is a place for it, and memory
    /// for a record of `least` bytes: the payloads that it is going to hold. A record that finds none is dropped and
    /// counted; the first drop and each 1000th after it are logged. One that is not made, because `make` panics, counts as
    /// dropped too.
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

/// Bytes taken of the budget. Given back when dropped before the record is queued.
struct Taken<'s> {
    shared: &'s Shared,
    bytes: u64,
}

impl<'s> Taken<'s> {
    /// `None` when there are not so many left.
    fn new(shared: &'s Shared, bytes: u64) -> Option<Self> {
        let mut taken = Self { shared, bytes: 0 };
        taken.resize(bytes).then_some(taken)
    }

    /// Takes more or gives back until it is `bytes`. False when there are not so many left.
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

    /// Leaves the bytes with the record, which gives them back when it is let go.
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
            // Whoever comes second finds it set.
            let _ = self.loss.from.compare_exchange(0, now.timestamp_micros(), Ordering::Relaxed, Ordering::Relaxed);
        }
        if dropped % LOGGED_DROPS == 1 {
            log::warn!(dropped_total = dropped; "audit buffer full; dropping events");
        }
    }

    /// Says what was lost, once there is room again: half of the places, so that a queue at its brim does not say it
    /// with each batch.
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
    /// What the sink says of itself.
    #[must_use]
    pub fn observe(&self) -> SinkState {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let shared = &self.shared;
        let actor = self.actor.observe();
        let refused = read(&shared.refused);
        SinkState {
            received: actor.mailbox.received,
            // A batch is counted as written by giving its places back: the two can't be seen apart.
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
    /// Takes no more events, writes what waits within `limit`, and ends the thread.
    pub async fn stop(self, limit: Duration) -> SinkStopped {
        let before = self.observer.observe().written;
        let left = self.supervised.stop(limit).await.left;
        self.arbiter.stop();
        SinkStopped { written: self.observer.observe().written - before, left }
    }
}

/// The batch that is being written. It outlives the lives of the actor.
#[derive(Default)]
struct Hand(RefCell<Option<Work>>);

/// A batch with the state of its writing.
struct Work {
    batch: Batch<Arc<Record>>,
    /// True when a write of it may have succeeded without our knowing.
    again: bool,
    /// Lives that ended over it.
    deaths: u32,
}

/// Work that is in progress. Dropped before it is done (the actor dies), it goes back into the hand as work that was tried.
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
    /// Writes the batch in hand. No other one is read meanwhile.
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
    /// Writes the whole batch, in pieces where it must be, until nothing of it is left.
    async fn write(&self, work: &mut Work) {
        let mut failures = 0;
        // A batch over which lives end is written in ever smaller pieces, so that what is good in it gets written and
        // only the row that kills is given up.
        let mut piece = (BATCH_MAX >> work.deaths.min(9)).max(1);
        while !work.batch.messages().is_empty() {
            let size = piece.min(work.batch.messages().len());
            if size == 1 && work.deaths > 9 {
                self.give_up(work, "the sink died over it");
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
                    // After a row that was refused, the rest may be fine.
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
                        events = size, error = reason.as_str(); "audit store unavailable; trying again");
                    tokio::time::sleep(pause).await;
                }
            }
        }
    }

    /// Lets go of the first `size` records: they are in the store.
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

/// The pause after so many failures in a row: doubled from the least to the longest, then shortened by up to a half, so
/// that replicas don't come all at once.
fn pause(failures: u32) -> Duration {
    let full = PAUSE_LEAST.saturating_mul(1 << failures.clamp(1, 10)).min(PAUSE_MOST);
    let least = PAUSE_LEAST.max(full / 2);
    least + (full - least).mul_f64(rand::random::<f64>())
}

#[cfg(test)]
mod tests;
