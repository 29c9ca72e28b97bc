//! The audit sink: two actors that write events and connections to the store in batches.
//!
//! The capacity of each queue is exact: a row keeps its place until it is written or given up, so the batch being
//! written counts too. A byte budget bounds the memory of waiting rows. When either is full, rows are dropped and
//! counted; callers never wait. The current batch lives outside the actor, so a restarted actor continues with it. When
//! the store can't be reached, the batch stays at the head of the queue and is retried with back-off. A row that the
//! store refuses is found by splitting its batch, logged, and dropped alone.
//!
//! Connections have a queue of their own, so that they never take the place of an event. Both actors have their own
//! thread, so that they never affect requests.
//!
//! | module | contents |
//! |---|---|
//! | [`queue`] | a bounded queue and its actor |
//! | [`writer`] | the actor: writes batches, retries, splits |
//! | [`events`], [`connections`] | the two kinds of rows |
//! | [`account`] | memory budget and lost rows |

mod account;
mod connections;
mod events;
mod queue;
mod writer;

use std::{sync::Arc, time::Duration};

use futures_util::future::join;
use tokio::sync::oneshot;

use connections::ConnectionRows;
pub use events::BatchWritten;
use events::EventRows;
pub use queue::QueueState;
use queue::{Bounds, Queue, QueueEnd, QueueObserver};

use super::{AuditStore, Connection, ConnectionStore, Hub, Record};
use crate::{runtime::Registry, store::StoreError};

const NAME: &str = "audit-sink";
const CONNECTIONS_NAME: &str = "audit-connections";

/// Maximum time to collect a batch of events.
const GATHER: Duration = Duration::from_millis(50);
/// Maximum time to collect a batch of connections: longer, because no one waits for them.
const CONNECTIONS_GATHER: Duration = Duration::from_millis(200);
/// Capacity of the queue of connections: enough for ten thousand clients that leave at once.
const CONNECTIONS_PLACES: usize = 16 * 1024;
/// Memory budget of waiting connections in bytes.
const CONNECTIONS_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// Stores that a sink writes to.
pub struct SinkStores {
    /// Store of events.
    pub events: Arc<dyn AuditStore>,
    /// Store of connections.
    pub connections: Arc<dyn ConnectionStore>,
}

/// Settings of a sink.
pub struct SinkSettings {
    /// Capacity in events.
    pub places: usize,
    /// Memory budget of waiting events in bytes.
    pub bytes_max: u64,
    /// Callback after each written batch of events, on the sink's thread.
    pub written: BatchWritten,
}

/// Handle for recording. Clones are cheap and share the places.
#[derive(Clone)]
pub struct AuditSink {
    events: Queue<EventRows>,
    connections: Queue<ConnectionRows>,
}

/// State of a sink.
#[derive(Clone, Debug)]
pub struct SinkState {
    /// Queue of events.
    pub events: QueueState,
    /// Queue of connections.
    pub connections: QueueState,
}

/// Reads the state of a sink from any thread.
#[derive(Clone)]
pub struct SinkObserver {
    events: QueueObserver,
    connections: QueueObserver,
}

/// Result of stopping a sink.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SinkStopped {
    /// Events written since the stop began.
    pub written: u64,
    /// Events not written in time: they are lost, and counted as dropped.
    pub left: usize,
    /// Connections not written in time.
    pub connections_left: usize,
}

/// Handle for stopping a sink. Can't be cloned.
pub struct SinkEnd {
    events: QueueEnd<EventRows>,
    connections: QueueEnd<ConnectionRows>,
    observer: SinkObserver,
    arbiter: actix_rt::Arbiter,
}

impl AuditSink {
    /// Starts the actors on their own thread. `hub` announces what was written.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the thread ends at once, because the system lacks resources.
    pub async fn start(
        registry: &Registry,
        stores: SinkStores,
        hub: Hub,
        settings: SinkSettings,
    ) -> Result<(Self, SinkObserver, SinkEnd), StoreError> {
        let arbiter = actix_rt::Arbiter::new();
        let (started, start) = oneshot::channel();
        let registry = registry.clone();
        arbiter.spawn_fn(move || {
            let SinkSettings { places, bytes_max, written } = settings;
            let bounds = Bounds { name: NAME, words: &events::WORDS, places, bytes_max, gather: GATHER };
            let rows = EventRows { store: stores.events, hub, written };
            let events = Queue::start(&registry, bounds, rows);
            let bounds = Bounds {
                name: CONNECTIONS_NAME,
                words: &connections::WORDS,
                places: CONNECTIONS_PLACES,
                bytes_max: CONNECTIONS_BYTES_MAX,
                gather: CONNECTIONS_GATHER,
            };
            let connections = Queue::start(&registry, bounds, ConnectionRows(stores.connections));
            let _ = started.send((events, connections));
        });
        let (events, connections) =
            start.await.map_err(|_| StoreError::Unavailable("the thread did not start".into()))?;
        let observer = SinkObserver { events: events.1, connections: connections.1 };
        let sink = Self { events: events.0, connections: connections.0 };
        let end = SinkEnd { events: events.2, connections: connections.2, observer: observer.clone(), arbiter };
        Ok((sink, observer, end))
    }

    /// Queues the record that `make` returns, without waiting. `make` is called only when there is a free place, and
    /// memory for a record of `least` bytes (the payloads it is going to contain). Otherwise the record is dropped and
    /// counted; the first drop and every 1000th after it are logged. A record whose `make` panics counts as dropped
    /// too.
    pub fn record(&self, least: usize, make: impl FnOnce() -> Arc<Record>) {
        self.events.send(least, make);
    }

    /// Queues a connection that has ended, without waiting. Without a free place it is dropped and counted.
    pub fn record_connection(&self, connection: Connection) {
        self.connections.send(connection.weight(), || Arc::new(connection));
    }
}

impl SinkObserver {
    /// Returns the state of the sink.
    #[must_use]
    pub fn observe(&self) -> SinkState {
        SinkState { events: self.events.observe(), connections: self.connections.observe() }
    }
}

impl SinkEnd {
    /// Refuses further rows, writes waiting ones within `limit`, and ends the thread.
    pub async fn stop(self, limit: Duration) -> SinkStopped {
        let before = self.observer.events.observe().written;
        let (events, connections) = join(self.events.stop(limit), self.connections.stop(limit)).await;
        self.arbiter.stop();
        let written = self.observer.events.observe().written - before;
        SinkStopped { written, left: events.left, connections_left: connections.left }
    }
}

#[cfg(test)]
mod tests;
