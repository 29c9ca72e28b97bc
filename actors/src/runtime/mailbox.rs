//! A mailbox of exact capacity that outlives its actor.
//!
//! However many handles and threads send, exactly `capacity` messages have a place; the next is refused at once. Sending
//! never waits and takes no lock. The queue belongs to the mailbox, not to the actor that reads it: when an actor dies,
//! what waits is still there for the next one.
//!
//! A message gives its place back when it is read by [`Inbox::recv`]. One that is read into a batch by [`Inbox::fill`]
//! keeps it until the reader gives it back with [`Inbox::release`]: what is in hand counts as waiting until it is done.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use crossbeam_queue::ArrayQueue;
use futures_util::{Stream, future::poll_fn, task::AtomicWaker};
use serde::Serialize;
use tokio::time::Instant;

/// How long a reader that gathers a batch leaves its senders alone.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// Makes a mailbox with `capacity` places, at least one.
#[must_use]
pub fn mailbox<M>(capacity: usize) -> (Mailbox<M>, Inbox<M>) {
    let shared = Arc::new(Shared {
        queue: ArrayQueue::new(capacity.max(1)),
        accepted: AtomicU64::new(0),
        done: AtomicU64::new(0),
        reader: AtomicWaker::new(),
        closed: AtomicBool::new(false),
        dropped: AtomicU64::new(0),
    });
    (Mailbox { shared: Arc::clone(&shared) }, Inbox { shared })
}

struct Shared<M> {
    queue: ArrayQueue<M>,
    /// Messages that ever got a place.
    accepted: AtomicU64,
    /// Messages that ever gave their place back. One number for both facts: whoever sees a message counted as done sees
    /// its place free, and the other way round.
    done: AtomicU64,
    reader: AtomicWaker,
    closed: AtomicBool,
    dropped: AtomicU64,
}

impl<M> Shared<M> {
    fn take_place(&self) -> bool {
        let capacity = self.queue.capacity() as u64;
        let mut accepted = self.accepted.load(Ordering::Acquire);
        loop {
            // Read after `accepted`: when it leaves no place, there was none at one moment between the two reads.
            let done = self.done.load(Ordering::Acquire);
            if accepted.saturating_sub(done) >= capacity {
                return false;
            }
            let taken =
                self.accepted.compare_exchange_weak(accepted, accepted + 1, Ordering::AcqRel, Ordering::Acquire);
            match taken {
                Ok(_) => return true,
                Err(now) => accepted = now,
            }
        }
    }

    fn release(&self, places: usize) {
        self.done.fetch_add(places as u64, Ordering::AcqRel);
    }

    /// Gives up a place that got no message.
    fn refuse_place(&self) {
        self.accepted.fetch_sub(1, Ordering::AcqRel);
    }

    /// Messages that are done, and those that have a place.
    fn read(&self) -> (u64, u64) {
        // Read before `accepted`, which is then no less.
        let done = self.done.load(Ordering::Acquire);
        (done, self.accepted.load(Ordering::Acquire).saturating_sub(done))
    }

    fn depth(&self) -> usize {
        let (_, waiting) = self.read();
        // More than there are places when some were given back and taken again between the two reads.
        usize::try_from(waiting).unwrap_or(usize::MAX).min(self.queue.capacity())
    }

    fn count_dropped(&self) {
        self.dropped.fetch_add(1, Ordering::Relaxed);
    }
}

/// A place that was taken, before there is a message in it. Without a message, it is given up and counted as a drop.
struct Place<'m, M> {
    shared: &'m Shared<M>,
    used: bool,
}

impl<M> Drop for Place<'_, M> {
    fn drop(&mut self) {
        if !self.used {
            self.shared.refuse_place();
            self.shared.count_dropped();
        }
    }
}

/// The side that sends. Clones are cheap and share the places.
pub struct Mailbox<M> {
    shared: Arc<Shared<M>>,
}

/// The side that reads: one at a time.
pub struct Inbox<M> {
    shared: Arc<Shared<M>>,
}

/// Why a message was not taken. It comes back to the sender.
#[derive(Debug, PartialEq, Eq)]
pub enum Refused<M> {
    /// All places are taken.
    Full(M),
    /// The mailbox takes nothing any more.
    Closed(M),
}

/// What a mailbox says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct MailboxState {
    /// Places.
    pub capacity: usize,
    /// Places taken.
    pub depth: usize,
    /// Messages that were sent: `done`, `depth` and `dropped` together.
    pub received: u64,
    /// Messages that gave their place back.
    pub done: u64,
    /// Messages that were refused.
    pub dropped: u64,
}

impl<M> Mailbox<M> {
    /// Sends without waiting.
    ///
    /// # Errors
    /// [`Refused`] with the message when all places are taken or the mailbox is closed; it is counted as dropped.
    pub fn try_send(&self, message: M) -> Result<(), Refused<M>> {
        let shared = &*self.shared;
        let sent = if shared.closed.load(Ordering::Acquire) {
            Err(Refused::Closed(message))
        } else if shared.take_place() {
            shared.queue.push(message).map_err(|message| {
                shared.refuse_place();
                Refused::Full(message)
            })
        } else {
            Err(Refused::Full(message))
        };
        match sent {
            Ok(()) => shared.reader.wake(),
            Err(_) => shared.count_dropped(),
        }
        sent
    }

    /// Sends what `make` gives, which is asked only once there is a place for it: what is going to be dropped costs next
    /// to nothing. `None` from `make` drops too, and so does its panic. False when it was dropped, which is counted.
    pub fn try_send_with(&self, make: impl FnOnce() -> Option<M>) -> bool {
        let shared = &*self.shared;
        if shared.closed.load(Ordering::Acquire) || !shared.take_place() {
            shared.count_dropped();
            return false;
        }
        let mut place = Place { shared, used: false };
        place.used = make().is_some_and(|message| shared.queue.push(message).is_ok());
        if place.used {
            shared.reader.wake();
        }
        place.used
    }

    /// Takes nothing any more. What waits can still be read; the reader ends behind it.
    pub fn close(&self) {
        self.shared.closed.store(true, Ordering::Release);
        self.shared.reader.wake();
    }

    /// Places taken now.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.shared.depth()
    }

    /// Places.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.shared.queue.capacity()
    }

    /// What the mailbox says of itself.
    #[must_use]
    pub fn observe(&self) -> MailboxState {
        let (done, waiting) = self.shared.read();
        let dropped = self.shared.dropped.load(Ordering::Relaxed);
        let capacity = self.capacity();
        let depth = usize::try_from(waiting).unwrap_or(usize::MAX).min(capacity);
        MailboxState { capacity, depth, received: done + waiting + dropped, done, dropped }
    }
}

impl<M> Clone for Mailbox<M> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<M> Inbox<M> {
    /// The next message, without waiting.
    #[must_use]
    pub fn try_recv(&mut self) -> Option<M> {
        let message = self.shared.queue.pop()?;
        self.shared.release(1);
        Some(message)
    }

    /// The next message; `None` when the mailbox is closed and empty.
    pub fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<M>> {
        self.poll_take(cx).map(|message| message.inspect(|_| self.shared.release(1)))
    }

    /// As [`Inbox::poll_recv`], but the message keeps its place.
    fn poll_take(&mut self, cx: &mut Context<'_>) -> Poll<Option<M>> {
        if let Some(message) = self.shared.queue.pop() {
            return Poll::Ready(Some(message));
        }
        self.shared.reader.register(cx.waker());
        // Read before the queue: whatever was sent before the close is then seen below.
        let closed = self.shared.closed.load(Ordering::Acquire);
        match self.shared.queue.pop() {
            Some(message) => Poll::Ready(Some(message)),
            None if closed => Poll::Ready(None),
            None => Poll::Pending,
        }
    }

    /// Waits for the next message; `None` when the mailbox is closed and empty.
    pub async fn recv(&mut self) -> Option<M> {
        poll_fn(|cx| self.poll_recv(cx)).await
    }

    /// Waits for a message unless `batch` holds some, then takes what comes until there are `max` or `window` has passed.
    /// The messages keep their places. `batch` is left empty only when the mailbox is closed and empty; what is in it
    /// stays, whenever the future is dropped.
    pub async fn fill(&mut self, batch: &mut Vec<M>, max: usize, window: Duration) {
        if batch.is_empty() {
            match poll_fn(|cx| self.poll_take(cx)).await {
                Some(message) => batch.push(message),
                None => return,
            }
        }
        let deadline = Instant::now() + window;
        loop {
            // Read before the queue: whatever was sent before the close is then taken below.
            let closed = self.shared.closed.load(Ordering::Acquire);
            while batch.len() < max
                && let Some(message) = self.shared.queue.pop()
            {
                batch.push(message);
            }
            let now = Instant::now();
            if batch.len() >= max || closed || now >= deadline {
                return;
            }
            // Looking again after a while, and not being woken by each message: a wake-up costs the sender a system
            // call, and senders serve requests.
            tokio::time::sleep(LOOK_AGAIN.min(deadline - now)).await;
        }
    }

    /// Places taken now.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.shared.depth()
    }

    /// Places.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.shared.queue.capacity()
    }

    /// Gives back the places of messages that were read by [`Inbox::fill`].
    pub fn release(&mut self, places: usize) {
        self.shared.release(places);
    }

    /// Another reader of the same mailbox, for the next life of an actor.
    pub(crate) fn again(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<M> Stream for Inbox<M> {
    type Item = M;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<M>> {
        self.poll_recv(cx)
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::Barrier, thread};

    use super::*;

    #[test]
    fn many_threads_and_handles_get_exactly_the_capacity() {
        let (mailbox, _inbox) = mailbox::<usize>(4096);
        let start = Barrier::new(8);
        let accepted: usize = thread::scope(|scope| {
            let senders: Vec<_> = (0..8)
                .map(|_| {
                    let (mailbox, start) = (mailbox.clone(), &start);
                    scope.spawn(move || {
                        start.wait();
                        (0..1000).filter(|n| mailbox.clone().try_send(*n).is_ok()).count()
                    })
                })
                .collect();
            senders.into_iter().filter_map(|sender| sender.join().ok()).sum()
        });
        let state = mailbox.observe();
        assert_eq!((accepted, state.depth, state.received, state.dropped), (4096, 4096, 8000, 3904));
    }

    #[test]
    fn a_refused_message_comes_back() {
        let (mailbox, mut inbox) = mailbox(1);
        assert_eq!(mailbox.try_send('a'), Ok(()));
        assert_eq!(mailbox.try_send('b'), Err(Refused::Full('b')));
        assert_eq!(inbox.try_recv(), Some('a'));
        mailbox.close();
        assert_eq!(mailbox.try_send('c'), Err(Refused::Closed('c')));
    }

    #[tokio::test]
    async fn what_waits_is_read_before_the_end() {
        let (mailbox, mut inbox) = mailbox(4);
        assert!(mailbox.try_send(1).is_ok() && mailbox.try_send(2).is_ok());
        mailbox.close();
        assert_eq!(inbox.recv().await, Some(1));
        assert_eq!(inbox.again().recv().await, Some(2));
        assert_eq!(inbox.recv().await, None);
    }

    #[tokio::test]
    async fn a_sleeping_reader_is_woken() {
        let (mailbox, mut inbox) = mailbox(4);
        let sender = thread::spawn(move || {
            thread::sleep(Duration::from_millis(20));
            mailbox.try_send(7).is_ok()
        });
        assert_eq!(inbox.recv().await, Some(7));
        assert!(sender.join().is_ok_and(|sent| sent));
    }

    #[tokio::test(start_paused = true)]
    async fn a_batch_ends_when_it_is_full_or_late_and_keeps_its_places() {
        let (mailbox, mut inbox) = mailbox(5);
        for n in 0..5 {
            assert!(mailbox.try_send(n).is_ok());
        }
        let mut batch = Vec::new();
        inbox.fill(&mut batch, 3, Duration::from_millis(50)).await;
        assert_eq!(batch, [0, 1, 2]);
        assert_eq!((mailbox.depth(), mailbox.try_send(5)), (5, Err(Refused::Full(5))));
        inbox.release(3);
        assert_eq!(mailbox.depth(), 2);
        batch.clear();
        inbox.fill(&mut batch, 3, Duration::from_millis(50)).await;
        assert_eq!(batch, [3, 4]);
        inbox.release(2);
        batch.clear();
        mailbox.close();
        inbox.fill(&mut batch, 3, Duration::from_millis(50)).await;
        assert!(batch.is_empty());
    }

    #[test]
    fn what_has_no_place_is_not_made() {
        let (mailbox, mut inbox) = mailbox(1);
        assert!(!mailbox.try_send_with(|| None), "given up by its maker");
        assert!(mailbox.try_send_with(|| Some(1)));
        assert!(!mailbox.try_send_with(|| unreachable!("no place for it")));
        assert_eq!(inbox.try_recv(), Some(1));
        let state = mailbox.observe();
        assert_eq!((state.depth, state.received, state.dropped), (0, 3, 2));
    }

    #[test]
    fn a_maker_that_panics_leaves_its_place() {
        let (mailbox, _inbox) = mailbox::<u8>(1);
        let made = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            mailbox.try_send_with(|| std::panic::panic_any("as asked"))
        }));
        assert!(made.is_err());
        let state = mailbox.observe();
        assert_eq!((state.depth, state.received, state.dropped), (0, 1, 1));
    }
}
