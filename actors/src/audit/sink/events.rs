//! Rows of events.

use std::{sync::Arc, time::Duration};

use super::{account::Words, writer::Rows};
use crate::{
    audit::{AuditStore, Hub, Record},
    store::Pending,
};

/// Callback with the number of rows of a write, and its duration.
pub type BatchWritten = Box<dyn Fn(usize, Duration) + Send>;

pub(super) const WORDS: Words =
    Words { full: "audit buffer full; dropping events", room: "audit buffer has room again" };

/// Events on their way to the store and to the readers of the live tail.
pub(super) struct EventRows {
    pub(super) store: Arc<dyn AuditStore>,
    pub(super) hub: Hub,
    pub(super) written: BatchWritten,
}

impl Rows for EventRows {
    type Row = Record;

    fn weight(record: &Record) -> usize {
        record.weight()
    }

    fn store(&self) -> &'static str {
        self.store.name()
    }

    fn append<'a>(&'a self, records: &'a [Arc<Record>], again: bool) -> Pending<'a, ()> {
        self.store.append(records, again)
    }

    fn written(&self, records: &[Arc<Record>], took: Duration) {
        (self.written)(records.len(), took);
        self.hub.publish(records.iter().map(|record| &**record));
    }

    fn log_refusal(&self, record: &Record, reason: &str) {
        let id = record.event.id.to_string();
        log::error!(event_id = id.as_str(), error = reason; "audit event refused by the store; dropping it");
    }

    fn log_retry(&self, failures: u32, pause: Duration, size: usize, reason: &str) {
        log::warn!(store = self.store(), failures = failures, pause_ms = pause.as_millis() as u64, events = size,
            error = reason; "audit store unavailable; retrying");
    }

    fn log_return(&self, failures: u32) {
        log::info!(store = self.store(), failures = failures; "audit store is back");
    }
}
