//! Messages that are read together.

use std::{sync::Arc, time::Duration};

use futures_util::{Stream, stream};

use super::{mailbox::Inbox, places::Places};

/// Messages that were read together. Each keeps its place until [`Batch::give_back`]; places that are left when the batch
/// is dropped are given up: their messages count as refused. A batch that lives outside its actor survives it.
pub struct Batch<M> {
    messages: Vec<M>,
    /// Places that were not given back.
    held: usize,
    places: Arc<Places>,
}

impl<M> Batch<M> {
    /// The messages that were not taken out, in the order of their sending.
    #[must_use]
    pub fn messages(&self) -> &[M] {
        &self.messages
    }

    /// Takes the first `count` messages out. Their places stay taken until [`Batch::give_back`].
    pub fn take(&mut self, count: usize) -> impl Iterator<Item = M> {
        self.messages.drain(..count.min(self.messages.len()))
    }

    /// Gives `count` places back: the work on their messages is done.
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

/// Reads an inbox in batches of up to `max` messages, or of what came within `window` of the first one. The stream ends
/// when the mailbox is closed and all places are free.
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
