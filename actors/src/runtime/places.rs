//! Places of a mailbox: an exact number, each held from the sending of its message until the work on it is done.

use std::sync::{
    Arc,
    atomic::{AtomicU8, AtomicU64, Ordering},
};

use futures_util::task::AtomicWaker;

/// Messages are accepted.
const OPEN: u8 = 0;
/// Messages are refused; those with a place are still handled.
const CLOSED: u8 = 1;
/// The actor has ended; no further message will be read.
const ENDED: u8 = 2;

/// State of a mailbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MailboxState {
    /// Number of places.
    pub capacity: usize,
    /// Taken places: messages that are waiting or being handled.
    pub depth: usize,
    /// Messages sent: the sum of `handled`, `depth` and `refused`.
    pub received: u64,
    /// Messages whose handling ended, successfully or not.
    pub handled: u64,
    /// Messages that got no place, or were unread when the actor ended.
    pub refused: u64,
}

/// Places shared by senders, the receiver and all handlers of messages.
pub(super) struct Places {
    capacity: u64,
    /// Number of messages that got a place.
    accepted: AtomicU64,
    /// Number of messages that returned their place. A single counter, so that a message counted as handled always has
    /// a free place, and vice versa.
    handled: AtomicU64,
    refused: AtomicU64,
    /// Number of refused messages that had a place when their actor ended.
    abandoned: AtomicU64,
    phase: AtomicU8,
    reader: AtomicWaker,
}

// The end needs sequential consistency: a sender takes its place and then checks whether the mailbox is closed; the
// receiver sees it closed and then counts the places. So one of the two notices the other.
impl Places {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            capacity: capacity.max(1) as u64,
            accepted: AtomicU64::new(0),
            handled: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            abandoned: AtomicU64::new(0),
            phase: AtomicU8::new(OPEN),
            reader: AtomicWaker::new(),
        }
    }

    /// Takes a place if one is free.
    pub(super) fn take(&self) -> Option<Reserved<'_>> {
        let mut accepted = self.accepted.load(Ordering::SeqCst);
        loop {
            // Read after `accepted`: if no place is left, there was none at some moment between the two reads.
            let handled = self.handled.load(Ordering::SeqCst);
            if accepted.saturating_sub(handled) >= self.capacity {
                return None;
            }
            let next = accepted + 1;
            match self.accepted.compare_exchange_weak(accepted, next, Ordering::SeqCst, Ordering::SeqCst) {
                Ok(_) => return Some(Reserved { places: self, used: false }),
                Err(now) => accepted = now,
            }
        }
    }

    /// Returns places: the work on their messages is done.
    pub(super) fn give_back(&self, places: usize) {
        self.handled.fetch_add(places as u64, Ordering::SeqCst);
        self.wake_for_the_end();
    }

    /// Wakes the receiver of a closed mailbox, which ends with the last place.
    fn wake_for_the_end(&self) {
        if self.is_closed() {
            self.reader.wake();
        }
    }

    /// Counts a message that is not handled.
    pub(super) fn refuse(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }

    /// Frees the place of a message that is not handled.
    pub(super) fn give_up(&self) {
        self.refuse();
        self.accepted.fetch_sub(1, Ordering::SeqCst);
        self.wake_for_the_end();
    }

    /// Frees the place of a message that was left over when its actor ended.
    pub(super) fn abandon(&self) {
        self.abandoned.fetch_add(1, Ordering::Relaxed);
        self.give_up();
    }

    /// Returns the number of messages not done when the actor ended.
    pub(super) fn left(&self) -> usize {
        let abandoned = usize::try_from(self.abandoned.load(Ordering::Relaxed)).unwrap_or(usize::MAX);
        self.depth().saturating_add(abandoned)
    }

    pub(super) fn close(&self) {
        self.phase.fetch_max(CLOSED, Ordering::SeqCst);
        self.reader.wake();
    }

    pub(super) fn end(&self) {
        self.phase.fetch_max(ENDED, Ordering::SeqCst);
    }

    pub(super) fn is_closed(&self) -> bool {
        self.phase.load(Ordering::SeqCst) >= CLOSED
    }

    pub(super) fn has_ended(&self) -> bool {
        self.phase.load(Ordering::SeqCst) == ENDED
    }

    pub(super) const fn reader(&self) -> &AtomicWaker {
        &self.reader
    }

    pub(super) fn capacity(&self) -> usize {
        usize::try_from(self.capacity).unwrap_or(usize::MAX)
    }

    /// Returns the number of handled messages, and of taken places.
    fn read(&self) -> (u64, u64) {
        // Read before `accepted`, which is then at least as large.
        let handled = self.handled.load(Ordering::SeqCst);
        (handled, self.accepted.load(Ordering::SeqCst).saturating_sub(handled))
    }

    pub(super) fn depth(&self) -> usize {
        self.observe().depth
    }

    pub(super) fn observe(&self) -> MailboxState {
        let (handled, taken) = self.read();
        let refused = self.refused.load(Ordering::Relaxed);
        let capacity = self.capacity();
        // May exceed the capacity when places were returned and taken between the two reads.
        let depth = usize::try_from(taken).unwrap_or(usize::MAX).min(capacity);
        MailboxState { capacity, depth, received: handled + taken + refused, handled, refused }
    }
}

/// Taken place without a message yet. Dropped without one, it is freed and counted as refused.
pub(super) struct Reserved<'p> {
    places: &'p Places,
    used: bool,
}

impl Reserved<'_> {
    /// Marks the place as having its message.
    pub(super) fn fill(mut self) {
        self.used = true;
    }
}

impl Drop for Reserved<'_> {
    fn drop(&mut self) {
        if !self.used {
            self.places.give_up();
        }
    }
}

/// Place of one message, held by its handler. Freed when dropped, also by a panic.
pub struct Place(pub(super) Arc<Places>);

impl Place {
    /// Frees the place, then answers, so that a caller with an answer finds the place free.
    pub fn answer<T>(self, reply: tokio::sync::oneshot::Sender<T>, answer: T) {
        drop(self);
        // Fails when the caller has gone, which is fine.
        let _ = reply.send(answer);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.give_back(1);
    }
}
