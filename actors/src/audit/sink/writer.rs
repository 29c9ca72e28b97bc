//! The actor of a sink: it writes batches to the store, whatever the store answers, and continues after a crash.

use std::{
    cell::RefCell,
    rc::Rc,
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use actix::{Actor, AsyncContext as _, Context, StreamHandler, WrapFuture as _};
use chrono::Utc;

use super::account::Account;
use crate::{
    audit::{AuditStore, Hub, Record},
    runtime::{Batch, Mailbox, Scope},
    store::{StoreError, within},
};

/// Maximum number of events in a batch.
pub(super) const BATCH_MAX: usize = 512;
/// Timeout of one write.
const WRITE_MAX: Duration = Duration::from_secs(5);
/// Pause before the first retry of a batch; doubled after each.
pub(super) const PAUSE_LEAST: Duration = Duration::from_millis(100);
/// Maximum pause. Below 5 s, so that writing resumes within 5 s of the store's recovery.
pub(super) const PAUSE_MOST: Duration = Duration::from_secs(4);
/// Callback with the number of rows of a write, and its duration.
pub type BatchWritten = Box<dyn Fn(usize, Duration) + Send>;

/// The batch being written. It outlives the actor.
#[derive(Default)]
pub(super) struct Hand(RefCell<Option<Work>>);

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
pub(super) struct AuditSinkActor {
    pub(super) hand: Rc<Hand>,
    pub(super) writer: Rc<Writer>,
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
pub(super) struct Writer {
    pub(super) store: Arc<dyn AuditStore>,
    pub(super) hub: Hub,
    pub(super) account: Arc<Account>,
    pub(super) mailbox: Mailbox<Arc<Record>>,
    pub(super) written: Rc<BatchWritten>,
    pub(super) scope: Scope,
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
                    self.account.retries.fetch_add(1, Ordering::Relaxed);
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
        self.account.refused.fetch_add(1, Ordering::Relaxed);
        self.account.note_drop(Utc::now());
        self.let_go(work, 1);
    }

    fn let_go(&self, work: &mut Work, size: usize) {
        let weight: usize = work.batch.take(size).map(|record| record.weight()).sum();
        self.account.bytes.fetch_sub(weight as u64, Ordering::Relaxed);
        work.batch.give_back(size);
        self.account.tell_loss(self.mailbox.depth(), self.mailbox.capacity());
    }
}

/// Returns the pause after a number of failures in a row: exponential back-off, shortened randomly by up to a half, so
/// that replicas don't retry in step.
pub(super) fn pause(failures: u32) -> Duration {
    let full = PAUSE_LEAST.saturating_mul(1 << failures.clamp(1, 10)).min(PAUSE_MOST);
    let least = PAUSE_LEAST.max(full / 2);
    least + (full - least).mul_f64(rand::random::<f64>())
}
