//! Account of a queue: lost rows, and the memory of waiting ones.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use chrono::{DateTime, SecondsFormat, Utc};

/// One of this many dropped rows is logged, beginning with the first.
const LOGGED_DROPS: u64 = 1000;

/// Messages of a queue in the log.
pub(super) struct Words {
    /// A row was dropped.
    pub(super) full: &'static str,
    /// There is room after drops.
    pub(super) room: &'static str,
}

/// Counts and memory budget of a queue, shared by its handles and its actor.
pub(super) struct Account {
    words: &'static Words,
    pub(super) bytes: AtomicU64,
    bytes_max: u64,
    pub(super) retries: AtomicU64,
    /// Number of rows that the store refused; they count as dropped too.
    pub(super) refused: AtomicU64,
    /// Number of drops, without refused rows.
    pub(super) dropped: AtomicU64,
    loss: Loss,
    /// Time of the last drop, in microseconds since 1970; 0 for none.
    pub(super) last_drop: AtomicI64,
}

/// Drops since the log last said that the queue has room. Lock-free, because all threads that serve requests write it
/// when the queue is full.
#[derive(Default)]
struct Loss {
    /// Number of [`Account::dropped`] that the log has already reported.
    told: AtomicU64,
    /// Time of the first unreported drop, in microseconds since 1970; 0 for none.
    from: AtomicI64,
}

/// Bytes taken from the budget. Returned when dropped before the record is queued.
pub(super) struct Taken<'s> {
    shared: &'s Account,
    bytes: u64,
}

impl<'s> Taken<'s> {
    /// Takes bytes; `None` when the budget is exhausted.
    pub(super) fn new(shared: &'s Account, bytes: u64) -> Option<Self> {
        let mut taken = Self { shared, bytes: 0 };
        taken.resize(bytes).then_some(taken)
    }

    /// Changes the taken bytes to `bytes`. Returns false when the budget is exhausted.
    pub(super) fn resize(&mut self, bytes: u64) -> bool {
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
    pub(super) fn keep(&mut self) {
        self.bytes = 0;
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        self.shared.bytes.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

impl Account {
    /// Opens an account with a memory budget in bytes.
    pub(super) fn new(bytes_max: u64, words: &'static Words) -> Self {
        Self {
            words,
            bytes: AtomicU64::new(0),
            bytes_max,
            retries: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            dropped: AtomicU64::new(0),
            loss: Loss::default(),
            last_drop: AtomicI64::new(0),
        }
    }

    /// Notes the time of a drop.
    pub(super) fn note_drop(&self, at: DateTime<Utc>) {
        self.last_drop.store(at.timestamp_micros(), Ordering::Relaxed);
    }

    /// Counts a row that found no room, and logs some of them.
    pub(super) fn lose(&self) {
        let dropped = self.dropped.fetch_add(1, Ordering::Relaxed) + 1;
        let now = Utc::now();
        self.note_drop(now);
        if self.loss.from.load(Ordering::Relaxed) == 0 {
            // A concurrent drop may have set it already.
            let _ = self.loss.from.compare_exchange(0, now.timestamp_micros(), Ordering::Relaxed, Ordering::Relaxed);
        }
        if dropped % LOGGED_DROPS == 1 {
            log::warn!(dropped_total = dropped; "{}", self.words.full);
        }
    }

    /// Logs what was lost, once half of the places are free, so that a nearly full queue does not log with each batch.
    pub(super) fn tell_loss(&self, mailbox_depth: usize, capacity: usize) {
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
        log::info!(lost = lost, from = time(from).as_str(), to = time(to).as_str(); "{}", self.words.room);
    }
}
