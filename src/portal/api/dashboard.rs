//! Data of the dashboard in one call: the responses of `stats`, `timeseries`, `breakdown` and `events` for the same
//! time range.

use std::sync::Arc;

use actix_web::http::{Method, StatusCode};
use actors::audit::{Filter, Group, Overview, Page};
use chrono::TimeDelta;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{
    PortalApi, PortalCell,
    aggregates::{Series, Span, TOP_MAX, Totals},
    on,
    params::{Field, ParamKind, ParsedQuery},
    render::{self, EntryView, now, rfc3339},
    shapes,
};
use crate::endpoints::{Answer, Call, Outcome, Route, answer::JSON};

/// Names of the time ranges.
const RANGES: [&str; 4] = ["15m", "1h", "24h", "7d"];
/// Default time range.
const RANGE_DEFAULT: &str = "1h";
/// Maximum number of routes in a list.
const ROUTES: usize = 10;
/// Maximum number of events.
const RECENT: u32 = 12;
/// Maximum number of groups of each breakdown. There are fewer statuses and routes than that.
const ALL: u32 = TOP_MAX as u32;
/// Status of a request whose client closed the connection. It has a class of its own and does not count as 4xx.
const LEFT: &str = "499";
/// Names of the status classes, in their order.
const CLASSES: [&str; 6] = ["1xx", "2xx", "3xx", "4xx", "5xx", LEFT];

const RANGE: Field = Field {
    name: "range",
    about: "Time range ending now; default 1h.",
    kind: ParamKind::Word(&RANGES),
    example: "15m",
};

/// Returns the length of a range and of one of its buckets, in seconds.
fn seconds(range: &str) -> (i64, i64) {
    match range {
        "15m" => (15 * 60, 10),
        "24h" => (24 * 3600, 1800),
        "7d" => (7 * 24 * 3600, 7200),
        _ => (3600, 60),
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = Dashboard)]
struct Dashboard<'e> {
    /// `15m`, `1h`, `24h` or `7d`.
    range: &'static str,
    #[schema(format = "date-time")]
    from: String,
    #[schema(format = "date-time")]
    to: String,
    /// Totals, percentiles and the state of the queue.
    stats: Totals,
    #[schema(value_type = shapes::Timeseries)]
    timeseries: Series,
    /// All classes in order, including those without events.
    status_classes: Vec<StatusClass>,
    /// At most 10 routes with the highest mean duration, slowest first. The key is empty for requests that matched no
    /// route.
    #[schema(value_type = Vec<shapes::BreakdownGroup>)]
    slowest_routes: Vec<Group>,
    /// At most 10 routes with the most failed requests, most first.
    #[schema(value_type = Vec<shapes::BreakdownGroup>)]
    failing_routes: Vec<Group>,
    /// At most 12 of the newest events.
    #[schema(value_type = Vec<shapes::AuditEvent>)]
    recent: Vec<EntryView<'e>>,
}

/// Number of events in a status class.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
struct StatusClass {
    /// `1xx` to `5xx`, or `499`: the client closed the connection. 4xx does not include those.
    class: &'static str,
    count: u64,
}

/// Declares the route.
pub(super) fn route(api: &Arc<PortalCell>) -> Route {
    on(api, Method::GET, "portal_dashboard", "/api/v1/portal/dashboard", dashboard)
        .about("Totals, counts over time, status classes, slowest and failing routes, and recent events.")
        .takes(&RANGE)
        .answers::<Dashboard>(
            "200",
            "All figures, for the same time range.",
            json!({
                "range": "1h", "from": "2026-01-31T12:00:00Z", "to": "2026-01-31T13:00:00Z",
                "stats": {
                    "from": "2026-01-31T12:00:00Z", "to": "2026-01-31T13:00:00Z", "total": 4, "errors": 1, "success": 3,
                    "error_rate": 0.25, "p50_ms": 0.4, "p95_ms": 1.9, "p99_ms": 2.1, "dropped_total": 0,
                    "refused_total": 0, "retries_total": 0, "queue_depth": 0, "queue_capacity": 4096, "queue_bytes": 0,
                    "connections_dropped_total": 0
                },
                "timeseries": {
                    "from": "2026-01-31T12:00:00Z", "to": "2026-01-31T13:00:00Z", "bucket_seconds": 60,
                    "buckets": [{"time": "2026-01-31T12:00:00Z", "count": 4, "errors": 1, "avg_duration_ms": 0.5}]
                },
                "status_classes": [{"class": "2xx", "count": 3}, {"class": "5xx", "count": 1}],
                "slowest_routes": [{"key": "slow", "count": 1, "errors": 0, "avg_duration_ms": 2.1}],
                "failing_routes": [{"key": "status", "count": 1, "errors": 1, "avg_duration_ms": 0.3}],
                "recent": [shapes::event_example()]
            }),
        )
}

async fn dashboard(api: Arc<PortalApi>, _: Call, asked: ParsedQuery) -> Outcome {
    let reader = api.audit()?.clone();
    let range = asked.choice(&RANGE)?.unwrap_or(RANGE_DEFAULT);
    let (long, width) = seconds(range);
    let to = now();
    let from = to.checked_sub_signed(TimeDelta::seconds(long)).unwrap_or(to);
    let filter = Filter { from: Some(from), to: Some(to), ..Filter::default() };
    let span = Span { from, to, width };
    let starts = span.starts()?;
    let observe = Arc::clone(&reader.observe);
    let body = reader
        .ask("dashboard", move |store| async move {
            let newest = Page { after: None, offset: 0, limit: RECENT };
            let bucket_seconds = u32::try_from(width).unwrap_or_default();
            let (overview, recent) =
                tokio::try_join!(store.overview(&filter, bucket_seconds, ALL), store.events(&filter, newest))?;
            let Overview { stats, buckets, statuses, routes } = overview;
            Ok(render::line(&Dashboard {
                range,
                from: rfc3339(from),
                to: rfc3339(to),
                stats: Totals::of(from, to, stats, &observe()),
                timeseries: Series::of(span, starts, &buckets),
                status_classes: classes(&statuses),
                slowest_routes: slowest(&routes),
                failing_routes: failing(routes),
                recent: recent.iter().map(EntryView::of).collect(),
            }))
        })
        .await?;
    Ok(Answer::bytes(StatusCode::OK, JSON, body))
}

fn classes(statuses: &[Group]) -> Vec<StatusClass> {
    let class_of = |status: &str| if status == LEFT { Some(LEFT) } else { class(status) };
    let of = |class| statuses.iter().filter(move |group| class_of(&group.key) == Some(class));
    CLASSES.into_iter().map(|class| StatusClass { class, count: of(class).map(|group| group.count).sum() }).collect()
}

/// Returns the class of a status.
fn class(status: &str) -> Option<&'static str> {
    let first = status.get(..1)?;
    CLASSES.into_iter().find(|class| class.starts_with(first))
}

fn slowest(routes: &[Group]) -> Vec<Group> {
    let mut routes = routes.to_vec();
    routes.sort_by(|a, b| b.avg_duration_ms.total_cmp(&a.avg_duration_ms));
    routes.truncate(ROUTES);
    routes
}

fn failing(mut routes: Vec<Group>) -> Vec<Group> {
    routes.retain(|group| group.errors > 0);
    routes.sort_by_key(|group| std::cmp::Reverse(group.errors));
    routes.truncate(ROUTES);
    routes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(key: &str, count: u64, errors: u64, avg_duration_ms: f64) -> Group {
        Group { key: key.to_owned(), count, errors, avg_duration_ms }
    }

    #[test]
    fn a_client_that_left_counts_for_itself() {
        let statuses = [("200", 5), ("204", 1), ("404", 2), ("499", 3), ("503", 4)];
        let statuses: Vec<Group> = statuses.iter().map(|(key, count)| group(key, *count, 0, 1.0)).collect();
        let counts: Vec<_> = classes(&statuses).iter().map(|class| (class.class, class.count)).collect();
        assert_eq!(counts, [("1xx", 0), ("2xx", 6), ("3xx", 0), ("4xx", 2), ("5xx", 4), ("499", 3)]);
    }

    #[test]
    fn routes_are_sorted_by_what_they_are_listed_for() {
        let routes: Vec<Group> = (0..20).map(|n| group(&n.to_string(), 9, n % 5, f64::from(n as u32))).collect();
        let keys = |routes: &[Group]| routes.iter().map(|group| group.key.clone()).collect::<Vec<_>>();
        assert_eq!(keys(&slowest(&routes))[..3], ["19", "18", "17"]);
        assert_eq!(keys(&failing(routes.clone()))[..5], ["4", "9", "14", "19", "3"]);
        assert_eq!((slowest(&routes).len(), failing(routes).len()), (ROUTES, ROUTES));
        assert_eq!(failing(vec![group("fixed", 3, 0, 1.0)]), []);
    }

    #[test]
    fn a_range_has_some_ninety_buckets_at_most() {
        for range in RANGES {
            let (long, width) = seconds(range);
            assert!((40..=90).contains(&(long / width)), "{range}");
        }
        assert!(RANGES.contains(&RANGE_DEFAULT));
    }
}
