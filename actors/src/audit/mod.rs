//! The audit trail: records of requests, the trait of their stores, and the actors that write them.
//!
//! | module | contents |
//! |---|---|
//! | [`record`] | an event with its payload |
//! | [`wire`] | what is recorded below HTTP: of a request, of a connection |
//! | [`filter`] | filters, cursors and pages of queries |
//! | [`store`] | the trait that each store implements |
//! | [`sink`] | the actor that writes events in batches |
//! | [`hub`] | announces written events to the readers of the live tail |
//! | [`housekeeper`] | the actor that removes old events and prepares coming days |

pub mod columns;
mod filter;
pub mod housekeeper;
pub mod hub;
pub mod record;
pub mod sink;
pub mod store;
#[cfg(test)]
mod test_store;
pub mod wire;

pub use filter::{Cursor, Filter, Page, StatusFilter};
pub use housekeeper::{HousekeeperActor, Schedule};
pub use hub::{Hub, Live, News, Resumed};
pub use record::{Event, Fingerprints, JsonText, Masked, Payload, Record, Source, Text};
pub use sink::{AuditSink, BatchWritten, SinkEnd, SinkObserver, SinkSettings, SinkState, SinkStopped};
pub use store::{AuditStore, Bucket, Dimension, Group, Overview, Stats};
pub use wire::{Connection, Wire};
