//! The audit trail: records of requests, the trait of their stores, and the actors that write them.
//!
//! | module | contents |
//! |---|---|
//! | [`record`] | an event with its payload |
//! | [`wire`] | what is recorded below HTTP: of a request, of a connection |
//! | [`entry`] | an event as lists show it |
//! | [`values`] | values of columns |
//! | [`filter`] | filters, cursors and pages of queries |
//! | [`store`] | the traits that each store implements |
//! | [`sink`] | the actors that write events and connections in batches |
//! | [`hub`] | announces written events to the readers of the live tail |
//! | [`housekeeper`] | the actor that removes old events and prepares coming days |

pub mod columns;
mod entry;
mod filter;
pub mod housekeeper;
pub mod hub;
pub mod record;
pub mod sink;
pub mod store;
#[cfg(test)]
mod test_store;
mod values;
pub mod wire;

pub use entry::Entry;
pub use filter::{ConnectionFilter, Cursor, Filter, Page, PeerFilter, StatusFilter};
pub use housekeeper::{HousekeeperActor, Schedule};
pub use hub::{Hub, Live, News, Resumed};
pub use record::{Event, Fingerprints, Masked, Payload, Record, Source};
pub use sink::{
    AuditSink, BatchWritten, QueueState, SinkEnd, SinkObserver, SinkSettings, SinkState, SinkStopped, SinkStores,
};
pub use store::{AuditStore, Bucket, ConnectionStore, Dimension, Group, Overview, Stats};
pub use values::{JsonText, Text};
pub use wire::{Connection, Wire, WireFacts};
