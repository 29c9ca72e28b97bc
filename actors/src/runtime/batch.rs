//! Batches of messages.

use std::{sync::Arc, time::Duration};

use futures_util::{Stream, stream};

use super::{mailbox::Inbox, places::Places};

/// Messages that were read together. Each keeps its place until [`Batch::give_back`]. Places left when the batch is
/// dropped are given up: their messages count as refused. A batch that is kept outside its actor survives a crash.
pub struct Batch<M> {
    messages: Vec<M>,
    /// Number of places still held.
    held: usize,
    places: Arc<Places>,
}

impl<M> Batch<M> {
    /// Returns the remaining messages, in the order of sending.
    #[must_use]
    pub fn messages(&self) -> &[M] {
        &self.messages
    }

    /// Removes the first `count` messages. Their places stay taken until [`Batch::give_back`].
    pub fn take(&mut self, count: usize) -> impl Iterator<Item = M> {
        self.messages.drain(..count.min(self.messages.len()))
    }

    /// Returns `count` places: the work on their messages is done.
    pub fn give_back(&mut self, count: usize) {
        let count = count.min(self.held);
        self.held -= count;
        self.places.give_back(count);
    }
}

impl<M> Drop for Batch<M> {
    fn drop(&mut self) {
        for _ in 0..self.held {
            self.places.abandon();
        }
    }
}

/// Reads an inbox in batches of at most `max` messages, each collected for at most `window` after its first message.
/// The stream ends when the mailbox is closed and all places are free.
pub fn batches<M>(inbox: Inbox<M>, max: usize, window: Duration) -> impl Stream<Item = Batch<M>> {
    stream::unfold(inbox, move |mut inbox| async move {
        let mut messages = Vec::new();
        inbox.fill(&mut messages, max, window).await;
        let places = inbox.places();
        (!messages.is_empty()).then(|| (Batch { held: messages.len(), messages, places }, inbox))
    })
}

#[cfg(test)]
mod tests;
