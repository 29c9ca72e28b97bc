//! The actor of a queue: it writes batches to the store, whatever the store answers, and continues after a crash.

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
    runtime::{Batch, Mailbox, Scope},
    store::{Pending, StoreError, within},
};

/// Maximum number of rows in a batch.
pub(super) const BATCH_MAX: usize = 512;
/// Timeout of one write.
const WRITE_MAX: Duration = Duration::from_secs(5);
/// Pause before the first retry of a batch; doubled after each.
pub(super) const PAUSE_LEAST: Duration = Duration::from_millis(100);
/// Maximum pause. Below 5 s, so that writing resumes within 5 s of the store's recovery.
pub(super) const PAUSE_MOST: Duration = Duration::from_secs(4);

/// Rows of one kind, and the store that takes them.
pub(super) trait Rows: 'static {
    /// A row.
    type Row: 'static;

    /// Memory that a waiting row takes, in bytes.
    fn weight(row: &Self::Row) -> usize;

    /// Name of the store.
    fn store(&self) -> &'static str;

    /// Writes rows, all or nothing. With `again`, a previous attempt may have written them.
    fn append<'a>(&'a self, rows: &'a [Arc<Self::Row>], again: bool) -> Pending<'a, ()>;

    /// Called when rows are in the store.
    fn written(&self, rows: &[Arc<Self::Row>], took: Duration);

    /// Logs that the store refused a row.
    fn log_refusal(&self, row: &Self::Row, reason: &str);

    /// Logs that a write of `size` rows failed and is retried after `pause`.
    fn log_retry(&self, failures: u32, pause: Duration, size: usize, reason: &str);

    /// Logs that the store takes rows again.
    fn log_return(&self, failures: u32);
}

/// The batch being written. It outlives the actor.
pub(super) struct Hand<R: Rows>(RefCell<Option<Work<R>>>);

impl<R: Rows> Default for Hand<R> {
    fn default() -> Self {
        Self(RefCell::default())
    }
}

/// Batch with the state of its writing.
struct Work<R: Rows> {
    batch: Batch<Arc<R::Row>>,
    /// True when a write of the batch may have succeeded unnoticed.
    again: bool,
    /// Number of crashes while writing the batch.
    deaths: u32,
}

/// Work in progress. If it is dropped unfinished (by a crash), it goes back to the hand, marked as tried.
struct InProgress<R: Rows> {
    work: Option<Work<R>>,
    hand: Rc<Hand<R>>,
}

impl<R: Rows> InProgress<R> {
    fn take(hand: &Rc<Hand<R>>) -> Self {
        Self { work: hand.0.take(), hand: Rc::clone(hand) }
    }
}

impl<R: Rows> Drop for InProgress<R> {
    fn drop(&mut self) {
        let Some(mut work) = self.work.take().filter(|work| !work.batch.messages().is_empty()) else { return };
        work.again = true;
        work.deaths += 1;
        self.hand.0.replace(Some(work));
    }
}

/// One life of the actor of a queue.
pub(super) struct QueueActor<R: Rows> {
    pub(super) hand: Rc<Hand<R>>,
    pub(super) writer: Rc<Writer<R>>,
}

impl<R: Rows> QueueActor<R> {
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

impl<R: Rows> Actor for QueueActor<R> {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.write(ctx);
    }
}

impl<R: Rows> StreamHandler<Batch<Arc<R::Row>>> for QueueActor<R> {
    fn handle(&mut self, batch: Batch<Arc<R::Row>>, ctx: &mut Self::Context) {
        self.hand.0.replace(Some(Work { batch, again: false, deaths: 0 }));
        self.write(ctx);
    }
}

/// Writes batches to the store.
pub(super) struct Writer<R: Rows> {
    pub(super) rows: Rc<R>,
    pub(super) account: Arc<Account>,
    pub(super) mailbox: Mailbox<Arc<R::Row>>,
    pub(super) scope: Scope,
}

impl<R: Rows> Writer<R> {
    /// Writes the whole batch, in pieces if necessary, until nothing is left.
    async fn write(&self, work: &mut Work<R>) {
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
            let write = self.rows.append(&work.batch.messages()[..size], work.again);
            match self.scope.noted(within(WRITE_MAX, write).await) {
                Ok(()) => {
                    self.rows.written(&work.batch.messages()[..size], began.elapsed());
                    self.let_go(work, size);
                    if failures > 0 {
                        self.rows.log_return(failures);
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
                    self.rows.log_retry(failures, pause, size, &reason);
                    tokio::time::sleep(pause).await;
                }
            }
        }
    }

    fn give_up(&self, work: &mut Work<R>, reason: &str) {
        self.rows.log_refusal(&work.batch.messages()[0], reason);
        self.account.refused.fetch_add(1, Ordering::Relaxed);
        self.account.note_drop(Utc::now());
        self.let_go(work, 1);
    }

    fn let_go(&self, work: &mut Work<R>, size: usize) {
        let weight: usize = work.batch.take(size).map(|row| R::weight(&row)).sum();
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
