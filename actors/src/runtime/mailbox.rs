//! A mailbox of exact capacity that outlives its actor.
//!
//! However many handles and threads send, exactly `capacity` messages have a place; the next is refused at once. Sending
//! never waits and takes no lock. The queue belongs to the mailbox, not to the actor that reads it: when an actor dies,
//! what waits is still there for the next one.
//!
//! A message keeps its place until the work on it is done, and not only until it is read: the inbox hands it out together
//! with its [`Place`], which the task that works on it owns. Messages that are read
//! together keep their places in a [`super::Batch`].

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use crossbeam_queue::ArrayQueue;
use futures_util::{Stream, future::poll_fn};
use tokio::time::Instant;

use super::places::{MailboxState, Place, Places};

/// How long a reader that gathers a batch leaves its senders alone.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// Makes a mailbox with `capacity` places, at least one.
#[must_use]
pub fn mailbox<M>(capacity: usize) -> (Mailbox<M>, Inbox<M>) {
    let places = Arc::new(Places::new(capacity));
    let queue = Arc::new(ArrayQueue::new(places.capacity()));
    (Mailbox { queue: Arc::clone(&queue), places: Arc::clone(&places) }, Inbox { queue, places })
}

/// The side that sends. Clones are cheap and share the places.
pub struct Mailbox<M> {
    queue: Arc<ArrayQueue<M>>,
    pub(super) places: Arc<Places>,
}

/// The side that reads: one at a time.
pub struct Inbox<M> {
    queue: Arc<ArrayQueue<M>>,
    places: Arc<Places>,
}

/// A message together with its place, which is free again when this is dropped.
pub struct Delivery<M> {
    /// The place. Declared, and so dropped, before the message: a caller that learns of the end finds the place free.
    pub place: Place,
    /// The message.
    pub message: M,
}

/// Why a message was not taken. It comes back to the sender.
#[derive(Debug, PartialEq, Eq)]
pub enum Refused<M> {
    /// All places are taken.
    Full(M),
    /// The mailbox is closed.
    Closed(M),
}

impl<M> Mailbox<M> {
    /// Sends without waiting.
    ///
    /// # Errors
    /// [`Refused`] with the message when all places are taken or the mailbox is closed; it is counted as refused.
    pub fn try_send(&self, message: M) -> Result<(), Refused<M>> {
        let Some(reserved) = self.places.take() else {
            self.places.refuse();
            return Err(if self.places.is_closed() { Refused::Closed(message) } else { Refused::Full(message) });
        };
        // Looked at after the place was taken: see `Places`.
        if self.places.is_closed() {
            return Err(Refused::Closed(message));
        }
        self.queue.push(message).map_err(Refused::Full)?;
        reserved.fill();
        self.sent();
        Ok(())
    }

    /// Sends the message that `make` gives. `make` is called only once there is a place: a message that is refused costs
    /// next to nothing. `None` from `make`, or a panic in it, refuses as well. False when it was refused, which is counted.
    pub fn try_send_with(&self, make: impl FnOnce() -> Option<M>) -> bool {
        let Some(reserved) = self.places.take() else {
            self.places.refuse();
            return false;
        };
        let sent = !self.places.is_closed() && make().is_some_and(|message| self.queue.push(message).is_ok());
        if sent {
            reserved.fill();
            self.sent();
        }
        sent
    }

    fn sent(&self) {
        self.places.reader().wake();
        if self.places.has_ended() {
            self.drain();
        }
    }

    /// Drops messages that will never be read; dropping them tells the callers that wait for answers.
    pub(super) fn drain(&self) {
        while let Some(message) = self.queue.pop() {
            self.places.abandon();
            drop(message);
        }
    }

    /// Refuses messages from now on. Those that have a place are still handled; the reader ends after the last one.
    pub fn close(&self) {
        self.places.close();
    }

    /// True once it was closed.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.places.is_closed()
    }

    /// Places taken now.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.places.depth()
    }

    /// Places.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.places.capacity()
    }

    /// Reads the counts.
    #[must_use]
    pub fn observe(&self) -> MailboxState {
        self.places.observe()
    }
}

impl<M> Clone for Mailbox<M> {
    fn clone(&self) -> Self {
        Self { queue: Arc::clone(&self.queue), places: Arc::clone(&self.places) }
    }
}

impl<M> Inbox<M> {
    fn deliver(&self, message: M) -> Delivery<M> {
        Delivery { place: Place(Arc::clone(&self.places)), message }
    }

    /// Takes the next message, without waiting.
    #[must_use]
    pub fn try_recv(&mut self) -> Option<Delivery<M>> {
        self.queue.pop().map(|message| self.deliver(message))
    }

    /// Takes the next message; `None` when the mailbox is closed and all places are free again.
    pub fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<Delivery<M>>> {
        self.poll_take(cx).map(|message| message.map(|message| self.deliver(message)))
    }

    /// As [`Inbox::poll_recv`], but the place is the reader's to give back.
    fn poll_take(&mut self, cx: &mut Context<'_>) -> Poll<Option<M>> {
        if let Some(message) = self.queue.pop() {
            return Poll::Ready(Some(message));
        }
        self.places.reader().register(cx.waker());
        // Read before the queue: whatever got a place before the close is then seen below.
        let ends = self.places.is_closed() && self.places.depth() == 0;
        match self.queue.pop() {
            Some(message) => Poll::Ready(Some(message)),
            None if ends => Poll::Ready(None),
            None => Poll::Pending,
        }
    }

    /// Waits for the next message; `None` when the mailbox is closed and all places are free again.
    pub async fn recv(&mut self) -> Option<Delivery<M>> {
        poll_fn(|cx| self.poll_recv(cx)).await
    }

    /// Waits for a message unless `batch` holds some, then takes what comes until there are `max` or `window` has passed.
    /// The messages keep their places. `batch` is left empty only when the mailbox is closed and all places are free;
    /// what is in it stays, whenever the future is dropped.
    pub(super) async fn fill(&mut self, batch: &mut Vec<M>, max: usize, window: Duration) {
        if batch.is_empty() {
            match poll_fn(|cx| self.poll_take(cx)).await {
                Some(message) => batch.push(message),
                None => return,
            }
        }
        let deadline = Instant::now() + window;
        loop {
            // Read before the queue: whatever was sent before the close is then taken below.
            let closed = self.places.is_closed();
            while batch.len() < max
                && let Some(message) = self.queue.pop()
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
        self.places.depth()
    }

    /// Places.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.places.capacity()
    }

    pub(super) fn places(&self) -> Arc<Places> {
        Arc::clone(&self.places)
    }

    /// Another reader of the same mailbox, for the next life of an actor.
    pub(super) fn again(&self) -> Self {
        Self { queue: Arc::clone(&self.queue), places: Arc::clone(&self.places) }
    }
}

impl<M> Stream for Inbox<M> {
    type Item = Delivery<M>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Delivery<M>>> {
        self.poll_recv(cx)
    }
}

#[cfg(test)]
mod tests;
