//! What a store of audit events can do. One trait, a store for each database, one conformance suite for all of them.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use super::{Event, Filter, Live, Page, Record};
use crate::store::{Pending, Watch};

/// Keeps events and answers questions about them.
///
/// Every answer is exact at the moment of the question, computed by the database over all rows that match.
pub trait AuditStore: Send + Sync + 'static {
    /// Name in logs and metrics: `postgres` or `sqlite`.
    fn name(&self) -> &'static str;

    /// Writes a batch in one transaction: all of it or nothing. With `again`, rows of it may have been written by an
    /// attempt whose outcome is not known; those are passed over. Makes what room it needs (a partition for the day).
    ///
    /// # Errors
    /// [`StoreError::Data`] when a row of the batch is what is wrong, else [`StoreError::Unavailable`].
    fn append<'a>(&'a self, batch: &'a [Arc<Record>], again: bool) -> Pending<'a, ()>;

    /// Events that match, newest first, without payloads.
    fn events<'a>(&'a self, filter: &'a Filter, page: Page) -> Pending<'a, Vec<Event>>;

    /// As [`AuditStore::events`], with payloads, and cut behind the record whose bodies bring all of them to `bytes_max`
    /// bytes or more. So there is one record at least where any matches, and memory is bounded by `bytes_max` and one more.
    fn records<'a>(&'a self, filter: &'a Filter, page: Page, bytes_max: u64) -> Pending<'a, Vec<Record>>;

    /// How many events match.
    fn count<'a>(&'a self, filter: &'a Filter) -> Pending<'a, u64>;

    /// One event with its payload; `None` when there is none of that id.
    fn get(&self, id: Uuid) -> Pending<'_, Option<Record>>;

    /// Those of `ids` that are there, in the order of `ids`, as readers of the live tail get them: bodies are not read.
    fn live<'a>(&'a self, ids: &'a [Uuid]) -> Pending<'a, Vec<Live>>;

    /// Events that ended (`timestamp` + `duration_ms`) at or after `end`, oldest end first, at most `limit`, without
    /// payloads unless the filter needs them for itself. `timestamp` is looked at from `end` − `lookback` on: an upper
    /// bound of how long a request can take.
    fn ended_since<'a>(
        &'a self,
        filter: &'a Filter,
        end: DateTime<Utc>,
        lookback: Duration,
        limit: u32,
    ) -> Pending<'a, Vec<Event>>;

    /// Counts by buckets of `bucket_seconds`, aligned to the Unix epoch, over `filter.from` to `filter.to` (both set).
    /// Buckets without events are left out; oldest first.
    fn timeseries<'a>(&'a self, filter: &'a Filter, bucket_seconds: u32) -> Pending<'a, Vec<Bucket>>;

    /// Counts by the values of `dimension`, largest first (then by key), at most `top`.
    fn breakdown<'a>(&'a self, filter: &'a Filter, dimension: Dimension, top: u32) -> Pending<'a, Vec<Group>>;

    /// Totals and percentiles of the duration.
    fn stats<'a>(&'a self, filter: &'a Filter) -> Pending<'a, Stats>;

    /// Removes up to `chunk` events older than `cutoff` with their payloads, or as many whole days as there are when the
    /// store keeps days apart. Says how many; 0 when nothing is left to remove. Only one replica removes at a time:
    /// another one gets 0.
    fn delete_before(&self, cutoff: DateTime<Utc>, chunk: u32) -> Pending<'_, u64>;

    /// Does a slice of the work that keeps figures fast, and never changes them: counts by the minute are made anew where
    /// events were removed or written by an older version, and added up by the hour. Says whether more may be left.
    fn roll_up(&self, now: DateTime<Utc>) -> Pending<'_, bool>;

    /// Makes room for the days from `today` to `days` later, where the store needs that.
    fn prepare_days(&self, today: DateTime<Utc>, days: u32) -> Pending<'_, ()>;

    /// Calls `tell` with the ids of events that other replicas wrote, in pieces, until dropped. `None` when no other
    /// process can write.
    fn watch(&self, tell: Arc<dyn Fn(Vec<Uuid>) + Send + Sync>) -> Option<Watch>;

    /// Ends connections.
    fn close(&self) -> Pending<'_, ()>;
}

/// One bucket of a time series.
#[derive(Clone, Debug, PartialEq)]
pub struct Bucket {
    /// Start of the bucket.
    pub time: DateTime<Utc>,
    /// Events that began in it.
    pub count: u64,
    /// Of those, how many were no success.
    pub errors: u64,
    /// Mean duration in milliseconds.
    pub avg_duration_ms: f64,
}

/// By what a breakdown groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dimension {
    /// Group of the route.
    EndpointGroup,
    /// Name of the route.
    RouteName,
    /// Status.
    Status,
    /// How the caller was authenticated.
    AuthType,
    /// Subject of the identity.
    User,
    /// The verb.
    Method,
    /// The path.
    Path,
    /// `true` or `false`.
    Success,
}

impl Dimension {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::EndpointGroup,
        Self::RouteName,
        Self::Status,
        Self::AuthType,
        Self::User,
        Self::Method,
        Self::Path,
        Self::Success,
    ];

    /// The name in queries and bodies.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EndpointGroup => "endpoint_group",
            Self::RouteName => "route_name",
            Self::Status => "status",
            Self::AuthType => "auth_type",
            Self::User => "user",
            Self::Method => "method",
            Self::Path => "path",
            Self::Success => "success",
        }
    }

    /// Reads the name; `None` for any other text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dimension| dimension.as_str() == text)
    }
}

/// One group of a breakdown.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Group {
    /// The value; empty where the event has none.
    pub key: String,
    /// Events.
    pub count: u64,
    /// Of those, how many were no success.
    pub errors: u64,
    /// Mean duration in milliseconds.
    pub avg_duration_ms: f64,
}

/// Totals over events.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Stats {
    /// Events.
    pub total: u64,
    /// Of those, how many were no success.
    pub errors: u64,
    /// Percentiles of the duration in milliseconds, continuous (interpolated between neighbours); 0 without events.
    pub p50_ms: f64,
    /// As `p50_ms`.
    pub p95_ms: f64,
    /// As `p50_ms`.
    pub p99_ms: f64,
}
