//! Announces written events to the readers of the live tail. A slow reader misses some and is told how many; it never
//! slows the writer.
//!
//! The ids of the latest events are remembered in the order of their announcement. A reader that reconnects with the
//! last event it received gets exactly the events after it.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::broadcast;
use uuid::Uuid;

use super::{Entry, JsonText, Record};

/// Maximum number of events that a reader may lag.
const READER_PLACES: usize = 2048;
/// Number of remembered ids, 16 bytes each.
const REMEMBERED: usize = 32 * 1024;

/// Event for readers of the live tail, without the bodies, which could be large.
#[derive(Clone, Debug)]
pub struct Live {
    /// The event.
    pub entry: Entry,
    /// Request headers, for filters.
    pub request_headers: Option<JsonText>,
    /// Response headers, for filters.
    pub response_headers: Option<JsonText>,
}

impl From<&Record> for Live {
    fn from(record: &Record) -> Self {
        let payload = record.payload.as_ref();
        Self {
            entry: Entry::from(record),
            request_headers: payload.and_then(|payload| payload.request_headers.clone()),
            response_headers: payload.and_then(|payload| payload.response_headers.clone()),
        }
    }
}

/// Message to readers of the live tail.
#[derive(Clone, Debug)]
pub enum News {
    /// An event was written.
    Written(Arc<Live>),
    /// Number of written events that can't be delivered.
    Lost(u64),
}

/// Announces written events. Clones share the readers.
#[derive(Clone)]
pub struct Hub {
    sender: broadcast::Sender<News>,
    recent: Arc<Mutex<Recent>>,
}

/// Latest ids, oldest first. Announcing and subscribing both hold the lock, so each event is either among the ids or on
/// its way to the reader.
#[derive(Default)]
struct Recent {
    ids: VecDeque<Uuid>,
    /// Events announced since the start.
    announced: u64,
}

impl Recent {
    fn remember(&mut self, id: Uuid) {
        if self.ids.len() == REMEMBERED {
            self.ids.pop_front();
        }
        self.ids.push_back(id);
        self.announced += 1;
    }

    /// Returns the number of the oldest remembered id.
    fn oldest(&self) -> u64 {
        self.announced - self.ids.len() as u64
    }
}

/// Subscription that resumes at a position.
pub struct Resumed {
    /// Number of events announced since then that are no longer remembered.
    pub missed: u64,
    /// Ids of the events announced since then, in order.
    pub ids: Vec<Uuid>,
    /// Number of events announced before `live` begins: the position for the next resumption.
    pub position: u64,
    /// Events announced from now on.
    pub live: broadcast::Receiver<News>,
}

impl Default for Hub {
    fn default() -> Self {
        Self { sender: broadcast::Sender::new(READER_PLACES), recent: Arc::default() }
    }
}

impl Hub {
    /// Announces events in order. Cheap without readers.
    pub fn publish<'r>(&self, records: impl IntoIterator<Item = &'r Record>) {
        let mut recent = self.recent();
        let heard = self.has_readers();
        for record in records {
            recent.remember(record.event.id);
            if heard {
                // The last reader may have left in the meantime.
                let _ = self.sender.send(News::Written(Arc::new(Live::from(record))));
            }
        }
    }

    /// Announces events that another replica wrote, in order.
    pub fn publish_read(&self, events: Vec<Live>) {
        let mut recent = self.recent();
        for event in events {
            recent.remember(event.entry.event.id);
            let _ = self.sender.send(News::Written(Arc::new(event)));
        }
    }

    /// Tells readers that these events can't be delivered. A reader that reconnects later still gets them from the
    /// store.
    pub fn lose(&self, ids: &[Uuid]) {
        let mut recent = self.recent();
        ids.iter().for_each(|id| recent.remember(*id));
        let _ = self.sender.send(News::Lost(ids.len() as u64));
    }

    /// Remembers events by id alone while there are no readers. Returns false when there are readers: then nothing was
    /// remembered, and the events must be read and published.
    #[must_use]
    pub fn publish_unheard(&self, ids: &[Uuid]) -> bool {
        let mut recent = self.recent();
        if self.has_readers() {
            return false;
        }
        ids.iter().for_each(|id| recent.remember(*id));
        true
    }

    /// Returns true when there are readers.
    #[must_use]
    pub fn has_readers(&self) -> bool {
        self.sender.receiver_count() > 0
    }

    /// Subscribes from now on. A reader that lags too far gets `Lagged` with the number of events it missed.
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<News> {
        self.sender.subscribe()
    }

    /// Returns the number of events announced so far.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.recent().announced
    }

    /// Returns the position right after the event `id`; `None` when it is not remembered.
    #[must_use]
    pub fn position_behind(&self, id: Uuid) -> Option<u64> {
        let recent = self.recent();
        let index = recent.ids.iter().rposition(|known| *known == id)?;
        Some(recent.oldest() + index as u64 + 1)
    }

    /// Subscribes from `position` on.
    #[must_use]
    pub fn resume(&self, position: u64) -> Resumed {
        let recent = self.recent();
        let oldest = recent.oldest();
        let passed = usize::try_from(position.saturating_sub(oldest)).unwrap_or(usize::MAX);
        Resumed {
            missed: oldest.saturating_sub(position),
            ids: recent.ids.iter().skip(passed).copied().collect(),
            position: recent.announced,
            live: self.sender.subscribe(),
        }
    }

    fn recent(&self) -> MutexGuard<'_, Recent> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn ids(range: std::ops::Range<u128>) -> Vec<Uuid> {
        range.map(Uuid::from_u128).collect()
    }

    #[test]
    fn a_reader_goes_on_behind_the_event_it_names() {
        let hub = Hub::default();
        assert!(hub.publish_unheard(&ids(0..5)));
        let position = hub.position_behind(Uuid::from_u128(2)).unwrap();
        let resumed = hub.resume(position);
        assert_eq!((resumed.missed, resumed.ids, resumed.position), (0, ids(3..5), 5));
        assert_eq!(hub.position_behind(Uuid::from_u128(9)), None);
        assert!(!hub.publish_unheard(&ids(5..6)), "somebody listens");
        assert_eq!(hub.position(), 5);
        drop(resumed.live);
        assert!(hub.publish_unheard(&ids(5..6)));
        assert_eq!(hub.resume(5).ids, ids(5..6));
    }

    #[test]
    fn lost_events_are_told_by_number_and_remembered() {
        let hub = Hub::default();
        let mut live = hub.subscribe();
        hub.lose(&ids(0..3));
        assert!(matches!(live.try_recv(), Ok(News::Lost(3))));
        assert_eq!(hub.resume(1).ids, ids(1..3));
    }

    #[test]
    fn what_is_forgotten_is_counted() {
        let hub = Hub::default();
        let all = REMEMBERED as u128 + 10;
        assert!(hub.publish_unheard(&ids(0..all)));
        assert_eq!(hub.position_behind(Uuid::from_u128(9)), None);
        assert_eq!(hub.position_behind(Uuid::from_u128(10)), Some(11));
        let resumed = hub.resume(4);
        assert_eq!((resumed.missed, resumed.ids.len()), (6, REMEMBERED));
        assert!(hub.resume(hub.position()).ids.is_empty());
        assert!(hub.resume(u64::MAX).ids.is_empty());
    }
}
