//! Mailbox of exact capacity that outlives its actor.
//!
//! However many handles and threads send, exactly `capacity` messages have a place; the next one is refused at once.
//! Sending never waits and takes no lock. The queue belongs to the mailbox, not to the actor that reads it, so a
//! restarted actor finds the waiting messages.
//!
//! A message keeps its place until the work on it is done, not only until it is read: the inbox delivers it with its
//! [`Place`], which the task that handles it owns. Messages that are read together keep their places in a
//! [`super::Batch`].

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

/// Polling interval while a batch is collected.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// Creates a mailbox with `capacity` places, at least one.
#[must_use]
pub fn mailbox<M>(capacity: usize) -> (Mailbox<M>, Inbox<M>) {
    let places = Arc::new(Places::new(capacity));
    let queue = Arc::new(ArrayQueue::new(places.capacity()));
    (Mailbox { queue: Arc::clone(&queue), places: Arc::clone(&places) }, Inbox { queue, places })
}

/// Sending side. Clones are cheap and share the places.
pub struct Mailbox<M> {
    queue: Arc<ArrayQueue<M>>,
    pub(super) places: Arc<Places>,
}

/// Receiving side; there is one at a time.
pub struct Inbox<M> {
    queue: Arc<ArrayQueue<M>>,
    places: Arc<Places>,
}

/// Message with its place, which is freed when this is dropped.
pub struct Delivery<M> {
    /// The place. Declared, and so dropped, before the message: a caller that learns of the end through the message
    /// finds the place free.
    pub place: Place,
    /// The message.
    pub message: M,
}

/// Reason of a refusal, with the message.
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
    /// [`Refused`] with the message when all places are taken or the mailbox is closed. It is counted.
    pub fn try_send(&self, message: M) -> Result<(), Refused<M>> {
        let Some(reserved) = self.places.take() else {
            self.places.refuse();
            return Err(if self.places.is_closed() { Refused::Closed(message) } else { Refused::Full(message) });
        };
        // Checked after the place was taken: see `Places`.
        if self.places.is_closed() {
            return Err(Refused::Closed(message));
        }
        self.queue.push(message).map_err(Refused::Full)?;
        reserved.fill();
        self.sent();
        Ok(())
    }

    /// Sends the message that `make` returns. `make` is called only once there is a place, so a refused message costs
    /// next to nothing. `None` from `make`, or a panic in it, refuses the message too. Returns false for a refused
    /// message, which is counted.
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

    /// Drops messages that will never be read, which tells callers waiting for answers.
    pub(super) fn drain(&self) {
        while let Some(message) = self.queue.pop() {
            self.places.abandon();
            drop(message);
        }
    }

    /// Refuses further messages. Those with a place are still handled; the reader ends after the last one.
    pub fn close(&self) {
        self.places.close();
    }

    /// Returns true when the mailbox is closed.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.places.is_closed()
    }

    /// Returns the number of taken places.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.places.depth()
    }

    /// Returns the number of places.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.places.capacity()
    }

    /// Returns the state of the mailbox.
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

    /// Returns the next message without waiting, if there is one.
    #[must_use]
    pub fn try_recv(&mut self) -> Option<Delivery<M>> {
        self.queue.pop().map(|message| self.deliver(message))
    }

    /// Polls for the next message; `None` when the mailbox is closed and all places are free.
    pub fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<Delivery<M>>> {
        self.poll_take(cx).map(|message| message.map(|message| self.deliver(message)))
    }

    /// Like [`Inbox::poll_recv`], but the caller must give back the place.
    fn poll_take(&mut self, cx: &mut Context<'_>) -> Poll<Option<M>> {
        if let Some(message) = self.queue.pop() {
            return Poll::Ready(Some(message));
        }
        self.places.reader().register(cx.waker());
        // Read before the queue, so that every message sent before the close is seen below.
        let ends = self.places.is_closed() && self.places.depth() == 0;
        match self.queue.pop() {
            Some(message) => Poll::Ready(Some(message)),
            None if ends => Poll::Ready(None),
            None => Poll::Pending,
        }
    }

    /// Waits for the next message; `None` when the mailbox is closed and all places are free.
    pub async fn recv(&mut self) -> Option<Delivery<M>> {
        poll_fn(|cx| self.poll_recv(cx)).await
    }

    /// Waits for a message unless `batch` has some, then adds messages until there are `max` or `window` has passed.
    /// The messages keep their places. `batch` stays empty only when the mailbox is closed and all places are free.
    /// Nothing is lost when the future is dropped.
    pub(super) async fn fill(&mut self, batch: &mut Vec<M>, max: usize, window: Duration) {
        if batch.is_empty() {
            match poll_fn(|cx| self.poll_take(cx)).await {
                Some(message) => batch.push(message),
                None => return,
            }
        }
        let deadline = Instant::now() + window;
        loop {
            // Read before the queue, so that every message sent before the close is taken below.
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
            // Polls instead of being woken by each message: waking costs the sender a system call, and senders serve
            // requests.
            tokio::time::sleep(LOOK_AGAIN.min(deadline - now)).await;
        }
    }

    /// Returns the number of taken places.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.places.depth()
    }

    /// Returns the number of places.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.places.capacity()
    }

    pub(super) fn places(&self) -> Arc<Places> {
        Arc::clone(&self.places)
    }

    /// Returns another receiver of the same mailbox, for a restarted actor.
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
