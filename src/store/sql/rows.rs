//! Rows of counts and totals, for both databases.

use actors::audit::{Bucket, Group, Stats};
use diesel::{
    QueryableByName,
    sql_types::{BigInt, Binary, Double, Text},
};
use uuid::Uuid;

use super::statement::time;

/// Count.
#[derive(QueryableByName)]
pub(in crate::store) struct CountRow {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// Time and id of an event, and the size of its bodies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::store) struct Key {
    /// In microseconds of the Unix epoch.
    pub(in crate::store) ts: i64,
    pub(in crate::store) id: Uuid,
    pub(in crate::store) bytes: u64,
}

#[derive(QueryableByName)]
pub(in crate::store) struct KeyRow {
    #[diesel(sql_type = BigInt)]
    ts: i64,
    #[diesel(sql_type = Binary)]
    id: Vec<u8>,
    #[diesel(sql_type = BigInt)]
    bytes: i64,
}

impl From<KeyRow> for Key {
    fn from(row: KeyRow) -> Self {
        Self { ts: row.ts, id: Uuid::from_slice(&row.id).unwrap_or_default(), bytes: unsigned(row.bytes) }
    }
}

/// Bucket of a time series.
#[derive(QueryableByName)]
pub(in crate::store) struct BucketRow {
    #[diesel(sql_type = BigInt)]
    bucket: i64,
    #[diesel(sql_type = BigInt)]
    count: i64,
    #[diesel(sql_type = BigInt)]
    errors: i64,
    #[diesel(sql_type = Double)]
    avg_duration_ms: f64,
}

/// Group of a breakdown.
#[derive(QueryableByName)]
pub(in crate::store) struct GroupRow {
    #[diesel(sql_type = Text)]
    key: String,
    #[diesel(sql_type = BigInt)]
    count: i64,
    #[diesel(sql_type = BigInt)]
    errors: i64,
    #[diesel(sql_type = Double)]
    avg_duration_ms: f64,
}

/// Totals and percentiles.
#[derive(QueryableByName)]
pub(in crate::store) struct StatsRow {
    #[diesel(sql_type = BigInt)]
    total: i64,
    #[diesel(sql_type = BigInt)]
    errors: i64,
    #[diesel(sql_type = Double)]
    p50: f64,
    #[diesel(sql_type = Double)]
    p95: f64,
    #[diesel(sql_type = Double)]
    p99: f64,
}

/// Converts a count, which is never negative.
pub(super) fn unsigned(count: i64) -> u64 {
    u64::try_from(count).unwrap_or_default()
}

impl From<CountRow> for u64 {
    fn from(row: CountRow) -> Self {
        unsigned(row.count)
    }
}

impl From<BucketRow> for Bucket {
    fn from(row: BucketRow) -> Self {
        Self {
            time: time(row.bucket),
            count: unsigned(row.count),
            errors: unsigned(row.errors),
            avg_duration_ms: row.avg_duration_ms,
        }
    }
}

impl From<GroupRow> for Group {
    fn from(row: GroupRow) -> Self {
        Self {
            key: row.key,
            count: unsigned(row.count),
            errors: unsigned(row.errors),
            avg_duration_ms: row.avg_duration_ms,
        }
    }
}

impl From<StatsRow> for Stats {
    fn from(row: StatsRow) -> Self {
        Self {
            total: unsigned(row.total),
            errors: unsigned(row.errors),
            p50_ms: row.p50,
            p95_ms: row.p95,
            p99_ms: row.p99,
        }
    }
}
