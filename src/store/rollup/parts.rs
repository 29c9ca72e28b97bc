//! Cells that the writer keeps between batches: those of the latest minutes, as stored in the database.

use std::collections::BTreeMap;

use actors::audit::Event;

use super::{Cells, minute_of};

/// Number of minutes that are kept. Events of older minutes get a new part with each batch.
const KEPT: usize = 4;
/// Size of a part in bytes above which the minute gets another one, because a part is rewritten with each batch.
const PART_BYTES: usize = 32 * 1024;

/// The writer's parts. After a write that failed or has an unknown outcome it starts afresh: stored parts stay, and new
/// events go into new parts.
#[derive(Debug, Default)]
pub(in crate::store) struct Parts(BTreeMap<i64, Minute>);

#[derive(Debug)]
struct Minute {
    number: i64,
    stored: bool,
    touched: bool,
    first_ts: i64,
    last_ts: i64,
    cells: Cells,
}

/// Part to write.
#[derive(Debug)]
pub(in crate::store) struct Part {
    pub(in crate::store) minute: i64,
    pub(in crate::store) part: i64,
    /// Earliest and latest `timestamp`, in microseconds of the Unix epoch.
    pub(in crate::store) first_ts: i64,
    pub(in crate::store) last_ts: i64,
    pub(in crate::store) events: i64,
    pub(in crate::store) cells: Vec<u8>,
    /// True when the part is stored and must be replaced, false when it is new.
    pub(in crate::store) stored: bool,
}

impl Parts {
    /// Counts events that are being written, and returns the changed parts.
    pub(in crate::store) fn count<'e>(&mut self, events: impl IntoIterator<Item = &'e Event>) -> Vec<Part> {
        for event in events {
            let ts = event.timestamp.timestamp_micros();
            let part = self.0.entry(minute_of(ts)).or_insert_with(|| Minute {
                number: rand::random(),
                stored: false,
                touched: false,
                first_ts: ts,
                last_ts: ts,
                cells: Cells::default(),
            });
            part.touched = true;
            part.first_ts = part.first_ts.min(ts);
            part.last_ts = part.last_ts.max(ts);
            part.cells.add(event);
        }
        let mut rows = Vec::with_capacity(1);
        let mut full = Vec::new();
        for (minute, part) in self.0.iter_mut().filter(|(_, part)| part.touched) {
            let cells = part.cells.to_bytes();
            if cells.len() > PART_BYTES {
                full.push(*minute);
            }
            let events = i64::try_from(part.cells.events()).unwrap_or(i64::MAX);
            let (first_ts, last_ts, stored) = (part.first_ts, part.last_ts, part.stored);
            rows.push(Part { minute: *minute, part: part.number, first_ts, last_ts, events, cells, stored });
            (part.stored, part.touched) = (true, false);
        }
        for minute in full {
            self.0.remove(&minute);
        }
        while self.0.len() > KEPT {
            self.0.pop_first();
        }
        rows
    }
}
