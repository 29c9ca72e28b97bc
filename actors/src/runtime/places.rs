//! The places of a mailbox: an exact number, each held from the moment its message is sent until the work on it is done.

use std::sync::{
    Arc,
    atomic::{AtomicU8, AtomicU64, Ordering},
};

use futures_util::task::AtomicWaker;

/// Messages are taken.
const OPEN: u8 = 0;
/// Messages are refused; those that have a place are still handled.
const CLOSED: u8 = 1;
/// The actor has ended: no message will be read.
const ENDED: u8 = 2;

/// Counts of a mailbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MailboxState {
    /// Places.
    pub capacity: usize,
    /// Places taken: messages that wait, and messages that are being worked on.
    pub depth: usize,
    /// Messages that were sent: `handled`, `depth` and `refused` together.
    pub received: u64,
    /// Messages that gave their place back: the work on them ended, well or badly.
    pub handled: u64,
    /// Messages that got no place, or were still unread when the actor ended.
    pub refused: u64,
}

/// The places, shared by senders, the reader and everything that works on a message.
pub(super) struct Places {
    capacity: u64,
    /// Messages that ever got a place.
    accepted: AtomicU64,
    /// Messages that ever gave their place back. One number for both facts: whoever sees a message counted as handled
    /// sees its place free, and the other way round.
    handled: AtomicU64,
    refused: AtomicU64,
    /// Of the refused ones, messages that had a place when their actor ended.
    abandoned: AtomicU64,
    phase: AtomicU8,
    reader: AtomicWaker,
}

// Sequential consistency where the end is decided: a sender takes its place and then looks whether the mailbox is closed,
// the reader sees it closed and then counts the places. One of the two sees the other.
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
            // Read after `accepted`: when it leaves no place, there was none at one moment between the two reads.
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

    /// Gives places back: the work on their messages is done.
    pub(super) fn give_back(&self, places: usize) {
        self.handled.fetch_add(places as u64, Ordering::SeqCst);
        self.wake_for_the_end();
    }

    /// A closed mailbox ends with its last place.
    fn wake_for_the_end(&self) {
        if self.is_closed() {
            self.reader.wake();
        }
    }

    /// Counts a message that is not handled.
    pub(super) fn refuse(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }

    /// Gives up a place whose message is not handled.
    pub(super) fn give_up(&self) {
        self.refuse();
        self.accepted.fetch_sub(1, Ordering::SeqCst);
        self.wake_for_the_end();
    }

    /// Gives up the place of a message that its actor left behind at its end.
    pub(super) fn abandon(&self) {
        self.abandoned.fetch_add(1, Ordering::Relaxed);
        self.give_up();
    }

    /// Messages that were not done when the actor ended.
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

    /// Messages that were handled, and places taken.
    fn read(&self) -> (u64, u64) {
        // Read before `accepted`, which is then no less.
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
        // More than there are places when some were given back and taken again between the two reads.
        let depth = usize::try_from(taken).unwrap_or(usize::MAX).min(capacity);
        MailboxState { capacity, depth, received: handled + taken + refused, handled, refused }
    }
}

/// A place that was taken, before there is a message in it. Without a message, it is given up and counted as refused.
pub(super) struct Reserved<'p> {
    places: &'p Places,
    used: bool,
}

impl Reserved<'_> {
    /// The place has its message now.
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

/// The place of one message. Whoever works on the message holds it; dropped, by a panic too, it is free again.
pub struct Place(pub(super) Arc<Places>);

impl Place {
    /// Gives the place back, then answers: a caller that has its answer finds the place free.
    pub fn answer<T>(self, reply: tokio::sync::oneshot::Sender<T>, answer: T) {
        drop(self);
        // Nobody waits when the caller has gone.
        let _ = reply.send(answer);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.give_back(1);
    }
}
