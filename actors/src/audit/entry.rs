//! An event as lists show it.

use bytes::Bytes;

use super::{Event, Record, Wire, WireFacts};

/// Stands for bytes that are no UTF-8 text.
const REPLACEMENT: char = '\u{FFFD}';

/// An event with facts of its record below HTTP, without payload.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The event.
    pub event: Event,
    /// Facts of the record below HTTP, if there is one.
    pub facts: Option<WireFacts>,
    /// Request head, if the target contains U+FFFD: then the target may not have been text. Otherwise empty.
    pub head: Bytes,
}

impl From<&Record> for Entry {
    fn from(record: &Record) -> Self {
        let facts = record.wire.as_ref().map(Wire::facts);
        Self { event: record.event.clone(), facts, head: Self::head_of(record) }
    }
}

impl Entry {
    /// Returns the head of a record, if its target may not have been text.
    #[must_use]
    pub fn head_of(record: &Record) -> Bytes {
        let odd = record.wire.as_ref().filter(|_| record.event.target.contains(REPLACEMENT));
        odd.map(|wire| wire.request_head.clone()).unwrap_or_default()
    }
}
