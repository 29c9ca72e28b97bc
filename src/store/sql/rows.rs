//! Rows of counts and totals, for both databases.

use actors::audit::{Bucket, Group, Stats};
use diesel::{
    QueryableByName,
    sql_types::{BigInt, Double, Text},
};

use super::statement::time;

/// Count.
#[derive(QueryableByName)]
pub(in crate::store) struct CountRow {
    #[diesel(sql_type = BigInt)]
    count: i64,
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
