//! The audit trail: what is recorded, where it is kept, and the actors that carry it there.
//!
//! | module | what it is |
//! |---|---|
//! | [`record`] | one event with its payload |
//! | [`filter`] | which events are asked for |
//! | [`store`] | the trait that each store implements |
//! | [`sink`] | the actor that writes events in batches |
//! | [`hub`] | tells readers of the live tail what was written |
//! | [`housekeeper`] | the actor that removes old events and makes room for new days |

pub mod columns;
mod filter;
pub mod housekeeper;
pub mod hub;
pub mod record;
pub mod sink;
pub mod store;

pub use filter::{Cursor, Filter, Page, StatusFilter};
pub use housekeeper::{HousekeeperActor, Schedule};
pub use hub::{Hub, Live, News, Resumed};
pub use record::{Event, Fingerprints, JsonText, Masked, Payload, Record, Source, Text};
pub use sink::{AuditSink, BatchWritten, SinkEnd, SinkObserver, SinkSettings, SinkState, SinkStopped};
pub use store::{AuditStore, Bucket, Dimension, Group, Stats};
