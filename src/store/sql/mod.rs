//! Queries of [`actors::audit::AuditStore`] as SQL. Each is written once; [`dialect`] contains the differences between
//! the databases.
//!
//! | module | contents |
//! |---|---|
//! | [`queries`] | one function per query |
//! | [`conditions`] | filters as SQL conditions |
//! | [`connections`] | queries for connections |
//! | [`statement`] | SQL text with its bound values |
//! | [`dialect`] | differences between the databases |
//! | [`record_rows`] | rows of events and payloads, for both databases |
//! | [`rows`] | rows of counts and totals, for both databases |
//!
//! Results have types that both databases support, so that one row type can read them: times are microseconds of the
//! Unix epoch, ids 16 bytes, JSON is text.

mod conditions;
mod connections;
mod dialect;
mod queries;
mod record_rows;
mod rows;
mod statement;

pub(super) use conditions::micros_up;
pub(super) use connections::ConnectionRow;
pub(super) use queries::Queries;
pub(super) use record_rows::{EntryRow, LiveRow, RecordRow};
pub(super) use rows::{BucketRow, CountRow, GroupRow, Key, KeyRow, StatsRow};
pub(super) use statement::{Bind, Draft, Statement};
