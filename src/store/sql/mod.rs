//! The questions of [`actors::audit::AuditStore`] as SQL. Each is written once; [`dialect`] holds what the databases say
//! differently.
//!
//! | module | what it is |
//! |---|---|
//! | [`queries`] | one function for each question |
//! | [`conditions`] | a filter as conditions |
//! | [`statement`] | text and values, on their way to diesel |
//! | [`dialect`] | differences between the databases |
//! | [`record_rows`] | rows of events and payloads, the same for both |
//! | [`rows`] | rows of counts and totals, the same for both |
//!
//! Results are in types that both databases have, so that one row type reads them: times are microseconds of the Unix
//! epoch, ids 16 bytes, JSON is text.

mod conditions;
mod dialect;
mod queries;
mod record_rows;
mod rows;
mod statement;

pub(super) use conditions::micros_up;
pub(super) use queries::Queries;
pub(super) use record_rows::{EventRow, LiveRow, RecordRow};
pub(super) use rows::{BucketRow, CountRow, GroupRow, StatsRow};
pub(super) use statement::{Bind, Draft, Statement};
