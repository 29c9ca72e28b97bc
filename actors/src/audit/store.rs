//! Traits of the stores of audit events and connections. There is one store per database, and one conformance suite for
//! all of them.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use super::{Connection, ConnectionFilter, Entry, Filter, Live, Page, Record};
use crate::store::{Pending, Watch};

/// Stores events and answers queries about them.
///
/// Every result is exact at the time of the query, computed by the database over all matching rows.
pub trait AuditStore: Send + Sync + 'static {
    /// Name in logs and metrics: `postgres` or `sqlite`.
    fn name(&self) -> &'static str;

    /// Writes a batch in one transaction, all or nothing. With `again`, rows may already have been written by an
    /// attempt of unknown outcome; those are skipped. Creates what it needs (a partition for the day).
    ///
    /// # Errors
    /// [`StoreError::Data`] when a row of the batch is at fault, otherwise [`StoreError::Unavailable`].
    fn append<'a>(&'a self, batch: &'a [Arc<Record>], again: bool) -> Pending<'a, ()>;

    /// Returns matching events, newest first, without payloads.
    fn events<'a>(&'a self, filter: &'a Filter, page: Page) -> Pending<'a, Vec<Entry>>;

    /// Like [`AuditStore::events`], with payloads. The page ends after the record whose bodies bring the sum to
    /// `bytes_max` bytes or more. So it has at least one record if any matches, and memory is bounded by `bytes_max`
    /// and one more record.
    fn records<'a>(&'a self, filter: &'a Filter, page: Page, bytes_max: u64) -> Pending<'a, Vec<Record>>;

    /// Returns the number of matching events.
    fn count<'a>(&'a self, filter: &'a Filter) -> Pending<'a, u64>;

    /// Returns an event with its payload; `None` when there is none with that id.
    fn get(&self, id: Uuid) -> Pending<'_, Option<Record>>;

    /// Returns the existing events among `ids`, in the order of `ids`, without bodies, for readers of the live tail.
    fn live<'a>(&'a self, ids: &'a [Uuid]) -> Pending<'a, Vec<Live>>;

    /// Returns at most `limit` events that ended (`timestamp` + `duration_ms`) at or after `end`, oldest end first,
    /// without payloads unless the filter needs them. Only events with a `timestamp` from `end` − `lookback` are
    /// considered: an upper bound of a request's duration.
    fn ended_since<'a>(
        &'a self,
        filter: &'a Filter,
        end: DateTime<Utc>,
        lookback: Duration,
        limit: u32,
    ) -> Pending<'a, Vec<Entry>>;

    /// Returns counts by buckets of `bucket_seconds`, aligned to the Unix epoch, from `filter.from` to `filter.to`
    /// (both must be set). Buckets without events are omitted; oldest first.
    fn timeseries<'a>(&'a self, filter: &'a Filter, bucket_seconds: u32) -> Pending<'a, Vec<Bucket>>;

    /// Returns counts by the values of `dimension`, largest first (then by key), at most `top`.
    fn breakdown<'a>(&'a self, filter: &'a Filter, dimension: Dimension, top: u32) -> Pending<'a, Vec<Group>>;

    /// Returns totals, and percentiles of the duration.
    fn stats<'a>(&'a self, filter: &'a Filter) -> Pending<'a, Stats>;

    /// Returns what a dashboard shows, all of it from the same snapshot if the store can: [`AuditStore::stats`],
    /// [`AuditStore::timeseries`], and [`AuditStore::breakdown`] by status and by route with at most `top` groups each.
    fn overview<'a>(&'a self, filter: &'a Filter, bucket_seconds: u32, top: u32) -> Pending<'a, Overview>;

    /// Removes up to `chunk` events older than `cutoff` with their payloads, or whole days if the store keeps days in
    /// partitions. Returns the number of removed events; 0 when none is left. Only one replica removes at a time:
    /// another one gets 0.
    fn delete_before(&self, cutoff: DateTime<Utc>, chunk: u32) -> Pending<'_, u64>;

    /// Does a slice of the work that keeps statistics fast, without changing their results: recounts minutes in which
    /// events were removed or written by an older version, and sums up hours. Returns true when more work may be left.
    fn roll_up(&self, now: DateTime<Utc>) -> Pending<'_, bool>;

    /// Prepares the days from `today` to `days` later, if the store needs that.
    fn prepare_days(&self, today: DateTime<Utc>, days: u32) -> Pending<'_, ()>;

    /// Calls `tell` with the ids of events that other replicas wrote, in pieces, until dropped. `None` when no other
    /// process can write.
    fn watch(&self, tell: Arc<dyn Fn(Vec<Uuid>) + Send + Sync>) -> Option<Watch>;

    /// Closes the connections.
    fn close(&self) -> Pending<'_, ()>;
}

/// Stores connections that have ended.
pub trait ConnectionStore: Send + Sync + 'static {
    /// Name in logs and metrics: `postgres` or `sqlite`.
    fn name(&self) -> &'static str;

    /// Writes connections, all or nothing. Existing ones are skipped.
    ///
    /// # Errors
    /// [`StoreError::Data`] when a row is at fault, otherwise [`StoreError::Unavailable`].
    fn append<'a>(&'a self, batch: &'a [Arc<Connection>]) -> Pending<'a, ()>;

    /// Returns matching connections, by `opened` and `id`, newest first.
    fn connections<'a>(&'a self, filter: &'a ConnectionFilter, page: Page) -> Pending<'a, Vec<Connection>>;

    /// Returns the number of matching connections.
    fn count<'a>(&'a self, filter: &'a ConnectionFilter) -> Pending<'a, u64>;

    /// Returns a connection; `None` when there is none with that id.
    fn get(&self, id: Uuid) -> Pending<'_, Option<Connection>>;

    /// Removes up to `chunk` connections that were opened before `cutoff`, and returns their number; 0 when none is
    /// left. Only one replica removes at a time: another one gets 0.
    fn delete_before(&self, cutoff: DateTime<Utc>, chunk: u32) -> Pending<'_, u64>;
}

/// Bucket of a time series.
#[derive(Clone, Debug, PartialEq)]
pub struct Bucket {
    /// Start of the bucket.
    pub time: DateTime<Utc>,
    /// Number of events that began in the bucket.
    pub count: u64,
    /// Number of those that failed (`success` is false).
    pub errors: u64,
    /// Mean duration in milliseconds.
    pub avg_duration_ms: f64,
}

/// Dimension of a breakdown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dimension {
    /// Group of the route.
    EndpointGroup,
    /// Name of the route.
    RouteName,
    /// Status.
    Status,
    /// Authentication type of the caller.
    AuthType,
    /// Subject of the identity.
    User,
    /// HTTP method.
    Method,
    /// The path.
    Path,
    /// `true` or `false`.
    Success,
}

impl Dimension {
    /// All dimensions.
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

    /// Returns the name in queries and bodies.
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

    /// Parses the name; `None` for any other text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dimension| dimension.as_str() == text)
    }
}

/// Group of a breakdown.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Group {
    /// Value of the dimension; empty when the event has none.
    pub key: String,
    /// Number of events.
    pub count: u64,
    /// Number of those that failed (`success` is false).
    pub errors: u64,
    /// Mean duration in milliseconds.
    pub avg_duration_ms: f64,
}

/// Totals over events.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Stats {
    /// Number of events.
    pub total: u64,
    /// Number of those that failed (`success` is false).
    pub errors: u64,
    /// Median duration in milliseconds, interpolated; 0 without events.
    pub p50_ms: f64,
    /// 95th percentile, computed in the same way.
    pub p95_ms: f64,
    /// 99th percentile, computed in the same way.
    pub p99_ms: f64,
}

/// Figures of a dashboard, for the same time range.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Overview {
    /// Totals and percentiles.
    pub stats: Stats,
    /// Counts over time, like [`AuditStore::timeseries`].
    pub buckets: Vec<Bucket>,
    /// Groups by status.
    pub statuses: Vec<Group>,
    /// Groups by route.
    pub routes: Vec<Group>,
}
