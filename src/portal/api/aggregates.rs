//! Counts over time, by a dimension, and as totals.

use std::{collections::HashMap, ops::Range, sync::Arc};

use actix_web::http::{Method, StatusCode};
use actors::audit::{Bucket, Dimension, Group, SinkState, Stats};
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{
    PortalApi, PortalCell,
    filters::{filtered, window},
    on,
    params::{Field, ParamKind, ParsedQuery},
    render::{self, now, rfc3339},
    shapes,
};
use crate::endpoints::{Answer, Call, Fault, Int, Outcome, Route, answer::JSON};

/// Maximum number of buckets of a time series.
pub(super) const BUCKETS_MAX: i64 = 10_000;
/// Maximum number of groups of a breakdown.
pub(super) const TOP_MAX: i64 = 1000;
/// Default number of groups of a breakdown.
pub(super) const TOP_DEFAULT: i64 = 10;

/// Names of the dimensions. The first is the default.
pub(super) const DIMENSIONS: [&str; 8] =
    ["endpoint_group", "route_name", "status", "auth_type", "user", "method", "path", "success"];

const BUCKET_SECONDS: Int = Int::query("bucket_seconds", "Bucket width in seconds; buckets start at multiples of it.")
    .between(1, 31_536_000)
    .or(60)
    .example(60);
const DIMENSION: Field = Field {
    name: "dimension",
    about: "Dimension to group by; default endpoint_group.",
    kind: ParamKind::Word(&DIMENSIONS),
    example: "route_name",
};
const TOP: Int = Int::query("top", "Most groups.").between(1, TOP_MAX).or(TOP_DEFAULT).example(10);

/// Declares the time series.
pub(super) fn timeseries(api: &Arc<PortalCell>) -> Route {
    let route = on(api, Method::GET, "audit_timeseries", "/api/v1/portal/audit/timeseries", series)
        .about("Counts over time, empty buckets included; the last hour unless from and to are given.")
        .takes(&BUCKET_SECONDS);
    filtered(route).answers::<shapes::Timeseries>(
        "200",
        "The buckets, oldest first.",
        json!({
            "from": "2026-01-31T12:00:00Z", "to": "2026-01-31T12:01:00Z", "bucket_seconds": 60,
            "buckets": [{"time": "2026-01-31T12:00:00Z", "count": 3, "errors": 1, "avg_duration_ms": 0.5}]
        }),
    )
}

/// Declares the breakdown.
pub(super) fn breakdown(api: &Arc<PortalCell>) -> Route {
    let route = on(api, Method::GET, "audit_breakdown", "/api/v1/portal/audit/breakdown", by_dimension)
        .about("Counts by a dimension, largest first; the last hour unless from and to are given.")
        .takes(&DIMENSION)
        .takes(&TOP);
    filtered(route).answers::<shapes::Breakdown>(
        "200",
        "The groups; the key is empty for events without a value.",
        json!({
            "from": "2026-01-31T12:00:00Z", "to": "2026-01-31T13:00:00Z", "dimension": "route_name",
            "groups": [{"key": "fixed", "count": 3, "errors": 1, "avg_duration_ms": 0.5}]
        }),
    )
}

/// Declares the totals.
pub(super) fn stats(api: &Arc<PortalCell>) -> Route {
    let route = on(api, Method::GET, "audit_stats", "/api/v1/portal/audit/stats", totals)
        .about("Totals and percentiles, and the state of the audit queue; the last hour unless from and to are given.");
    filtered(route).answers::<Totals>(
        "200",
        "The totals. Percentiles are interpolated, 0 without events; the sink's counts are those of this replica.",
        json!({
            "from": "2026-01-31T12:00:00Z", "to": "2026-01-31T13:00:00Z", "total": 4, "errors": 1, "success": 3,
            "error_rate": 0.25, "p50_ms": 0.4, "p95_ms": 1.9, "p99_ms": 2.1, "dropped_total": 0, "refused_total": 0,
            "retries_total": 0, "queue_depth": 0, "queue_capacity": 4096, "queue_bytes": 0,
            "connections_dropped_total": 0
        }),
    )
}

/// Time series as sent.
#[derive(Serialize)]
pub(super) struct Series {
    from: String,
    to: String,
    bucket_seconds: u32,
    buckets: Vec<BucketView>,
}

#[derive(Serialize)]
struct BucketView {
    time: String,
    count: u64,
    errors: u64,
    avg_duration_ms: f64,
}

async fn series(api: Arc<PortalApi>, call: Call, asked: ParsedQuery) -> Outcome {
    let reader = api.audit()?;
    let mut filter = asked.filter()?;
    let width = BUCKET_SECONDS.read(&call.query())?;
    let (from, to) = window(&mut filter, now());
    let span = Span { from, to, width };
    let starts = span.starts()?;
    let bucket_seconds = u32::try_from(width).unwrap_or_default();
    let body = reader
        .ask("timeseries", move |store| async move {
            let found = if starts.is_empty() { Vec::new() } else { store.timeseries(&filter, bucket_seconds).await? };
            Ok(render::line(&Series::of(span, starts, &found)))
        })
        .await?;
    Ok(Answer::bytes(StatusCode::OK, JSON, body))
}

/// Time range divided into buckets.
#[derive(Clone, Copy)]
pub(super) struct Span {
    pub(super) from: DateTime<Utc>,
    pub(super) to: DateTime<Utc>,
    /// Width of a bucket in seconds, 1 or more.
    pub(super) width: i64,
}

impl Span {
    /// Returns the numbers of the buckets from the one that contains `from` to the last one that begins before `to`.
    ///
    /// # Errors
    /// 400 when there are more than [`BUCKETS_MAX`].
    pub(super) fn starts(self) -> Result<Range<i64>, Fault> {
        let Self { from, to, width } = self;
        let micros = width * 1_000_000;
        let first = from.timestamp_micros().div_euclid(micros);
        let behind = (to.timestamp_micros() - 1).div_euclid(micros) + 1;
        let count = if from == to { 0 } else { behind - first };
        if count > BUCKETS_MAX {
            return Err(Fault::bad_request(format!(
                "from, to and bucket_seconds {width} ask for {count} buckets, which exceeds max {BUCKETS_MAX}"
            )));
        }
        Ok(first..first + count)
    }
}

impl Series {
    /// Creates the series of `span` from the buckets that have events. `starts` are the numbers of all its buckets.
    pub(super) fn of(span: Span, starts: Range<i64>, found: &[Bucket]) -> Self {
        let bucket_seconds = u32::try_from(span.width).unwrap_or_default();
        let buckets = filled(starts, span.width, found);
        Self { from: rfc3339(span.from), to: rfc3339(span.to), bucket_seconds, buckets }
    }
}

/// Returns every bucket in order, with zeros where the store has none.
fn filled(starts: Range<i64>, width: i64, found: &[Bucket]) -> Vec<BucketView> {
    let found: HashMap<i64, &Bucket> =
        found.iter().map(|bucket| (bucket.time.timestamp().div_euclid(width), bucket)).collect();
    starts
        .map(|number| {
            let time = DateTime::from_timestamp(number * width, 0).unwrap_or_default();
            let bucket = found.get(&number);
            BucketView {
                time: rfc3339(time),
                count: bucket.map_or(0, |bucket| bucket.count),
                errors: bucket.map_or(0, |bucket| bucket.errors),
                avg_duration_ms: bucket.map_or(0.0, |bucket| bucket.avg_duration_ms),
            }
        })
        .collect()
}

#[derive(Serialize)]
struct Grouped {
    from: String,
    to: String,
    dimension: &'static str,
    groups: Vec<Group>,
}

async fn by_dimension(api: Arc<PortalApi>, call: Call, asked: ParsedQuery) -> Outcome {
    let reader = api.audit()?;
    let mut filter = asked.filter()?;
    let dimension = asked.choice(&DIMENSION)?.unwrap_or(DIMENSIONS[0]);
    let by = Dimension::parse(dimension).unwrap_or(Dimension::EndpointGroup);
    let top = u32::try_from(TOP.count(&call.query())?).unwrap_or_default();
    let (from, to) = window(&mut filter, now());
    let body = reader
        .ask("breakdown", move |store| async move {
            let groups = store.breakdown(&filter, by, top).await?;
            Ok(render::line(&Grouped { from: rfc3339(from), to: rfc3339(to), dimension, groups }))
        })
        .await?;
    Ok(Answer::bytes(StatusCode::OK, JSON, body))
}

/// Totals over events, and the state of the sink.
#[derive(Serialize, ToSchema)]
#[schema(as = Stats)]
pub(super) struct Totals {
    #[schema(format = "date-time")]
    from: String,
    #[schema(format = "date-time")]
    to: String,
    total: u64,
    /// Events that failed (`success` is false).
    errors: u64,
    success: u64,
    /// errors / total, 0 without events.
    error_rate: f64,
    /// Percentile of the duration in milliseconds.
    p50_ms: f64,
    /// Percentile of the duration in milliseconds.
    p95_ms: f64,
    /// Percentile of the duration in milliseconds.
    p99_ms: f64,
    /// Events lost since the server started: no room in the queue, stopped, or rejected by the store.
    dropped_total: u64,
    /// Lost events that the store rejected.
    refused_total: u64,
    /// Time of the last loss; omitted when no event was lost.
    #[schema(format = "date-time")]
    #[serde(skip_serializing_if = "Option::is_none")]
    last_dropped_at: Option<String>,
    /// Writes that were retried since the server started.
    retries_total: u64,
    /// Events waiting to be written.
    queue_depth: usize,
    /// Capacity of the queue in events.
    queue_capacity: usize,
    /// Memory of the waiting events in bytes.
    queue_bytes: u64,
    /// Connections lost since the server started, for the same reasons as events.
    connections_dropped_total: u64,
}

async fn totals(api: Arc<PortalApi>, _: Call, asked: ParsedQuery) -> Outcome {
    let reader = api.audit()?;
    let mut filter = asked.filter()?;
    let (from, to) = window(&mut filter, now());
    let stats = reader.ask("stats", move |store| async move { store.stats(&filter).await }).await?;
    let body = render::line(&Totals::of(from, to, stats, &(reader.observe)()));
    Ok(Answer::bytes(StatusCode::OK, JSON, body))
}

impl Totals {
    pub(super) fn of(from: DateTime<Utc>, to: DateTime<Utc>, stats: Stats, sink: &SinkState) -> Self {
        Self {
            from: rfc3339(from),
            to: rfc3339(to),
            total: stats.total,
            errors: stats.errors,
            success: stats.total.saturating_sub(stats.errors),
            error_rate: if stats.total == 0 { 0.0 } else { stats.errors as f64 / stats.total as f64 },
            p50_ms: stats.p50_ms,
            p95_ms: stats.p95_ms,
            p99_ms: stats.p99_ms,
            dropped_total: sink.events.dropped,
            refused_total: sink.events.refused,
            last_dropped_at: sink.events.last_dropped_at.map(rfc3339),
            retries_total: sink.events.retries,
            queue_depth: sink.events.depth,
            queue_capacity: sink.events.capacity,
            queue_bytes: sink.events.bytes,
            connections_dropped_total: sink.connections.dropped,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn buckets_begin_at_multiples_and_cover_what_is_asked_for() {
        let starts = |from: &str, to: &str, width| Span { from: at(from), to: at(to), width }.starts();
        let count = |from: &str, to: &str, width| starts(from, to, width).map(|range| range.count()).ok();
        assert_eq!(count("2026-01-31T12:00:00Z", "2026-01-31T13:00:00Z", 60), Some(60));
        assert_eq!(count("2026-01-31T12:00:30Z", "2026-01-31T13:00:30Z", 60), Some(61));
        assert_eq!(count("2026-01-31T12:00:00Z", "2026-01-31T12:00:00.000001Z", 60), Some(1));
        assert_eq!(count("2026-01-31T12:00:00Z", "2026-01-31T12:00:00Z", 60), Some(0));
        assert_eq!(count("2026-01-31T00:00:00Z", "2026-01-31T02:46:40Z", 1), Some(10_000));
        assert_eq!(count("2026-01-31T00:00:00Z", "2026-01-31T02:46:40.000001Z", 1), None);
        assert_eq!(count("1969-12-31T23:59:00Z", "1970-01-01T00:01:00Z", 60), Some(2));
        let buckets = filled(starts("1969-12-31T23:59:30Z", "1970-01-01T00:00:01Z", 60).unwrap(), 60, &[]);
        assert_eq!(
            buckets.iter().map(|bucket| &*bucket.time).collect::<Vec<_>>(),
            ["1969-12-31T23:59:00Z", "1970-01-01T00:00:00Z"]
        );
    }

    #[test]
    fn the_names_are_those_of_the_store() {
        assert_eq!(DIMENSIONS, Dimension::ALL.map(Dimension::as_str));
    }
}
