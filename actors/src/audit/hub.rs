//! Tells readers of the live tail what was written, as it is written. A slow reader misses some and is told how many; it
//! never slows the writer.

use std::sync::Arc;

use tokio::sync::broadcast;

use super::{Event, JsonText, Record};

/// Events that a reader may be behind.
const READER_PLACES: usize = 2048;

/// An event as readers of the live tail get it: without the bodies, which could be large.
#[derive(Clone, Debug)]
pub struct Live {
    /// The event.
    pub event: Event,
    /// Request headers, for filters.
    pub request_headers: Option<JsonText>,
    /// Response headers, for filters.
    pub response_headers: Option<JsonText>,
}

impl From<&Record> for Live {
    fn from(record: &Record) -> Self {
        let payload = record.payload.as_ref();
        Self {
            event: record.event.clone(),
            request_headers: payload.and_then(|payload| payload.request_headers.clone()),
            response_headers: payload.and_then(|payload| payload.response_headers.clone()),
        }
    }
}

/// Where written events are announced. Clones share the readers.
#[derive(Clone)]
pub struct Hub {
    sender: broadcast::Sender<Arc<Live>>,
}

impl Default for Hub {
    fn default() -> Self {
        Self { sender: broadcast::Sender::new(READER_PLACES) }
    }
}

impl Hub {
    /// Announces events in their order. Costs nothing while nobody listens.
    pub fn publish<'r>(&self, records: impl IntoIterator<Item = &'r Record>) {
        if !self.has_readers() {
            return;
        }
        for record in records {
            // The last reader may have left meanwhile.
            let _ = self.sender.send(Arc::new(Live::from(record)));
        }
    }

    /// True when somebody listens.
    #[must_use]
    pub fn has_readers(&self) -> bool {
        self.sender.receiver_count() > 0
    }

    /// Listens from now on. A reader that is too far behind gets `Lagged` with the number it missed.
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<Live>> {
        self.sender.subscribe()
    }
}
