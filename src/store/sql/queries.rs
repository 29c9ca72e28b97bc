//! Queries of the audit trail, one function for each.

use std::time::Duration;

use actors::audit::{Cursor, Dimension, Filter, Page};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{
    conditions::micros_up,
    dialect::key,
    statement::{Bind, Draft, Statement},
};
use crate::{
    config::Dialect,
    store::columns::{self, Column, ColumnKind},
};

/// Maximum number of ids per query.
const IDS_MAX: usize = 500;
/// Ids whose times are at most this many milliseconds apart are looked up by one range of times.
const NEIGHBOURS_MS: i64 = 1000;

/// Newest first.
const ORDER: &str = "ORDER BY e.ts DESC, e.id DESC";

/// Writes queries in one dialect.
#[derive(Clone, Copy, Debug)]
pub(in crate::store) struct Queries(Dialect);

/// Join of the payload `p` of the event `e`.
const PAYLOAD: &str = "audit_payloads p ON p.event_id = e.id AND p.captured_at = e.ts";

/// Join of the record below HTTP `w` of the event `e`.
const WIRE: &str = "audit_wire w ON w.event_id = e.id AND w.ts = e.ts";

/// Bytes of a payload's bodies.
const BYTES: &str = "coalesce(octet_length(p.request_body), 0) + coalesce(octet_length(p.response_body), 0) AS bytes";

/// Columns to read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Columns {
    /// Event and facts of the record below HTTP.
    Event,
    /// The same and headers.
    Live,
    /// Event, whole payload and record below HTTP.
    Record,
}

/// What is joined to the events.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Joined {
    /// What a condition needs.
    Needed,
    /// All payloads that exist.
    Payloads,
    /// All records below HTTP that exist.
    Wire,
    /// Both.
    Both,
}

impl Queries {
    pub(in crate::store) const fn new(dialect: Dialect) -> Self {
        Self(dialect)
    }

    /// Returns the dialect.
    pub(super) const fn dialect(self) -> Dialect {
        self.0
    }

    /// Rows: [`super::EntryRow`].
    pub(in crate::store) fn events(self, filter: &Filter, page: Page) -> Statement {
        let mut draft = Draft::new(self.0);
        let text = if !self.0.walks_ids() && is_about_headers(filter) {
            // Selects the page from the payloads, then looks up the events: for payloads the planner knows how many
            // rows the headers leave. For the join of both it estimates one row, and would collect all matches before
            // taking fifty.
            format!(
                "SELECT {} FROM ({}) p JOIN audit_events e ON e.ts = p.captured_at AND e.id = p.event_id \
                 LEFT JOIN {WIRE} {ORDER}",
                self.columns(Columns::Event),
                self.page_by_headers(&mut draft, filter, page, "p.captured_at, p.event_id"),
            )
        } else {
            // The page first, then the records below HTTP of its events alone.
            format!(
                "SELECT {} FROM ({}) e LEFT JOIN {WIRE} {ORDER}",
                self.columns(Columns::Event),
                self.page(&mut draft, filter, page, "e.*"),
            )
        };
        draft.finish(text)
    }

    /// Rows: [`super::RecordRow`].
    pub(in crate::store) fn records(self, filter: &Filter, page: Page, bytes_max: u64) -> Statement {
        let mut draft = Draft::new(self.0);
        let page = if !self.0.walks_ids() && is_about_headers(filter) {
            let columns = format!("p.captured_at AS ts, p.event_id AS id, {BYTES}");
            self.page_by_headers(&mut draft, filter, page, &columns)
        } else {
            self.page_with_payloads(&mut draft, filter, page, &format!("e.ts AS ts, e.id AS id, {BYTES}"))
        };
        let bytes_max = i64::try_from(bytes_max).unwrap_or(i64::MAX);
        draft.finish(format!(
            "SELECT {} FROM (SELECT ts, id, sum(bytes) OVER (ORDER BY ts DESC, id DESC) - bytes AS bytes_before \
             FROM (SELECT e.ts, e.id, e.bytes + {} AS bytes FROM ({page}) e LEFT JOIN {WIRE}) b) k \
             {} audit_events e ON e.ts = k.ts AND e.id = k.id LEFT JOIN {PAYLOAD} LEFT JOIN {WIRE} \
             WHERE k.bytes_before < {bytes_max} {ORDER}",
            self.columns(Columns::Record),
            self.wire_bytes(),
            self.0.join(),
        ))
    }

    /// Returns the bytes of the parts of a record below HTTP that may be large.
    fn wire_bytes(self) -> String {
        let parts = ["w.request_head", "w.response_head", &self.0.json("w.document")]
            .map(|part| format!("coalesce(octet_length({part}), 0)"));
        parts.join(" + ")
    }

    fn page(self, draft: &mut Draft, filter: &Filter, page: Page, columns: &str) -> String {
        self.page_of(draft, filter, page, Joined::Needed, columns)
    }

    fn page_with_payloads(self, draft: &mut Draft, filter: &Filter, page: Page, columns: &str) -> String {
        self.page_of(draft, filter, page, Joined::Payloads, columns)
    }

    fn page_of(self, draft: &mut Draft, filter: &Filter, page: Page, joined: Joined, columns: &str) -> String {
        let mut conditions = draft.conditions(filter);
        if let Some(after) = page.after {
            let (ts, id) = (draft.hold(Bind::Time(after.micros)), draft.hold(Bind::Id(after.id)));
            conditions.push(format!("(e.ts, e.id) < ({ts}, {id})"));
        }
        let mut text =
            format!("SELECT {columns} {} {ORDER} LIMIT {}", self.from(filter, joined, &conditions), page.limit);
        if page.offset > 0 {
            text += &format!(" OFFSET {}", page.offset.min(i64::MAX as u64));
        }
        text
    }

    /// Returns the query for the page of a filter on headers and times alone, from the payloads.
    fn page_by_headers(self, draft: &mut Draft, filter: &Filter, page: Page, columns: &str) -> String {
        let mut conditions = draft.header_conditions(filter);
        if let Some(after) = page.after {
            conditions.push(draft.payload_after(after));
        }
        format!(
            "SELECT {columns} FROM audit_payloads p WHERE {} ORDER BY p.captured_at DESC, p.event_id DESC \
             LIMIT {} OFFSET {}",
            conditions.join(" AND "),
            page.limit,
            page.offset.min(i64::MAX as u64)
        )
    }

    /// All that a filter about headers and times alone finds after a cursor, by id, the newest first: in the order of the
    /// milliseconds, but not within one. `None` when the filter is about more, or the database has a better way. Rows:
    /// [`super::KeyRow`].
    pub(in crate::store) fn walk(self, filter: &Filter, after: Option<Cursor>) -> Option<Statement> {
        if !self.0.walks_ids() || !is_about_headers(filter) {
            return None;
        }
        let mut draft = Draft::new(self.0);
        let mut conditions = draft.header_conditions(filter);
        conditions.extend(after.map(|after| draft.payload_after(after)));
        Some(draft.finish(format!(
            "SELECT p.captured_at AS ts, p.event_id AS id, {} + {BYTES} FROM audit_payloads p \
             LEFT JOIN audit_wire w ON w.event_id = p.event_id WHERE {} ORDER BY p.event_id DESC",
            self.wire_bytes(),
            conditions.join(" AND ")
        )))
    }

    /// Row: [`super::CountRow`].
    pub(in crate::store) fn count(self, filter: &Filter) -> Statement {
        let mut draft = Draft::new(self.0);
        if filter.is_all() {
            return draft.finish(self.0.count_all().to_owned());
        }
        if is_about_headers(filter) {
            let conditions = draft.header_conditions(filter);
            return draft
                .finish(format!("SELECT count(*) AS count FROM audit_payloads p WHERE {}", conditions.join(" AND ")));
        }
        let conditions = draft.conditions(filter);
        draft.finish(format!("SELECT count(*) AS count {}", self.from(filter, Joined::Needed, &conditions)))
    }

    /// Row, if any: [`super::RecordRow`]. `None` when no event can have the id.
    pub(in crate::store) fn get(self, id: Uuid) -> Option<Statement> {
        self.look_up(&[(millis(id)?, id)], Columns::Record).into()
    }

    /// Rows, in any order: [`super::LiveRow`]. One statement per 500 ids.
    pub(in crate::store) fn live(self, ids: &[Uuid]) -> Vec<Statement> {
        self.by_ids(ids, Columns::Live)
    }

    /// Rows, in no order: [`super::EntryRow`]. One statement for each 500 ids.
    pub(in crate::store) fn events_of(self, ids: &[Uuid]) -> Vec<Statement> {
        self.by_ids(ids, Columns::Event)
    }

    /// Rows, in no order: [`super::RecordRow`]. One statement for each 500 ids.
    pub(in crate::store) fn records_of(self, ids: &[Uuid]) -> Vec<Statement> {
        self.by_ids(ids, Columns::Record)
    }

    fn by_ids(self, ids: &[Uuid], columns: Columns) -> Vec<Statement> {
        let mut timed: Vec<(i64, Uuid)> = ids.iter().filter_map(|id| Some((millis(*id)?, *id))).collect();
        timed.sort_unstable();
        timed.dedup();
        timed.chunks(IDS_MAX).map(|ids| self.look_up(ids, columns)).collect()
    }

    /// Selects the events with these ids, in the order of their times.
    fn look_up(self, ids: &[(i64, Uuid)], columns: Columns) -> Statement {
        let mut draft = Draft::new(self.0);
        let ranges: Vec<String> = ids
            .chunk_by(|(one, _), (next, _)| next - one <= NEIGHBOURS_MS)
            .filter_map(|near| {
                // The id contains the millisecond, and thereby the day and the position in the index.
                let (first, last) = (near.first()?.0, near.last()?.0);
                let from = draft.hold(Bind::Time(first * 1000));
                let to = draft.hold(Bind::Time((last + 1) * 1000));
                let ids: Vec<String> = near.iter().map(|(_, id)| draft.hold(Bind::Id(*id))).collect();
                Some(format!("(e.ts >= {from} AND e.ts < {to} AND e.id IN ({}))", ids.join(", ")))
            })
            .collect();
        let joined = if columns == Columns::Event { Joined::Wire } else { Joined::Both };
        let from = self.from(&Filter::default(), joined, &[format!("({})", ranges.join(" OR "))]);
        draft.finish(format!("SELECT {} {from}", self.columns(columns)))
    }

    /// Rows: [`super::EntryRow`].
    pub(in crate::store) fn ended_since(
        self,
        filter: &Filter,
        end: DateTime<Utc>,
        lookback: Duration,
        limit: u32,
    ) -> Statement {
        let mut draft = Draft::new(self.0);
        let mut conditions = draft.conditions(filter);
        let end = micros_up(end);
        let least = end.saturating_sub(i64::try_from(lookback.as_micros()).unwrap_or(i64::MAX));
        conditions.push(format!("e.ts >= {}", draft.hold(Bind::Time(least))));
        let after = self.0.ended_after(&draft.hold(Bind::Time(end)));
        conditions.push(format!("{after} >= 0"));
        draft.finish(format!(
            "SELECT {} FROM (SELECT e.* {} ORDER BY {after}, e.ts, e.id LIMIT {limit}) e LEFT JOIN {WIRE} \
             ORDER BY {after}, e.ts, e.id",
            self.columns(Columns::Event),
            self.from(filter, Joined::Needed, &conditions)
        ))
    }

    /// Rows: [`super::BucketRow`].
    pub(in crate::store) fn timeseries(self, filter: &Filter, bucket_seconds: u32) -> Statement {
        let mut draft = Draft::new(self.0);
        let conditions = draft.conditions(filter);
        draft.finish(format!(
            "SELECT {} AS bucket, count(*) AS count, count(*) FILTER (WHERE NOT success) AS errors, \
             avg(duration_ms) AS avg_duration_ms \
             FROM (SELECT {} AS b, e.success AS success, e.duration_ms AS duration_ms {}) t GROUP BY b ORDER BY b",
            self.0.micros("b"),
            self.0.bucket(bucket_seconds.max(1)),
            self.from(filter, Joined::Needed, &conditions)
        ))
    }

    /// Rows: [`super::GroupRow`].
    pub(in crate::store) fn breakdown(self, filter: &Filter, dimension: Dimension, top: u32) -> Statement {
        let mut draft = Draft::new(self.0);
        let conditions = draft.conditions(filter);
        let (key, from) = (key(dimension), self.from(filter, Joined::Needed, &conditions));
        draft.finish(format!(
            "SELECT k AS key, count, errors, avg_duration_ms \
             FROM (SELECT {key} AS k, count(*) AS count, count(*) FILTER (WHERE NOT e.success) AS errors, \
             avg(e.duration_ms) AS avg_duration_ms {from} GROUP BY {key}) g \
             ORDER BY count DESC, {} LIMIT {top}",
            self.0.bytewise("k")
        ))
    }

    /// Row: [`super::StatsRow`].
    pub(in crate::store) fn stats(self, filter: &Filter) -> Statement {
        let mut draft = Draft::new(self.0);
        let conditions = draft.conditions(filter);
        draft.finish(self.0.stats(&self.from(filter, Joined::Needed, &conditions)))
    }

    fn from(self, filter: &Filter, joined: Joined, conditions: &[String]) -> String {
        let join = self.0.join();
        // From the table with the index that finds few rows.
        let mut text = if filter.is_about_few() {
            format!("FROM audit_wire w {join} audit_events e ON e.id = w.event_id AND e.ts = w.ts")
        } else if filter.needs_wire() {
            format!("FROM audit_events e {join} {WIRE}")
        } else {
            "FROM audit_events e".to_owned()
        };
        if filter.needs_payload() {
            text += &format!(" {join} {PAYLOAD}");
        } else if matches!(joined, Joined::Payloads | Joined::Both) {
            text += &format!(" LEFT JOIN {PAYLOAD}");
        }
        if matches!(joined, Joined::Wire | Joined::Both) && !filter.needs_wire() {
            text += &format!(" LEFT JOIN {WIRE}");
        }
        if !conditions.is_empty() {
            text += " WHERE ";
            text += &conditions.join(" AND ");
        }
        text
    }

    fn columns(self, columns: Columns) -> String {
        let mut text = format!("{} AS ts, {} AS id", self.0.micros("e.ts"), self.0.id("e.id"));
        self.add_columns(&mut text, "e", columns::EVENT);
        if columns != Columns::Record {
            self.add_columns(&mut text, "w", columns::FACTS);
            let odd = self.0.holds("e.target", "'\u{FFFD}'");
            text += &format!(", CASE WHEN {odd} THEN w.request_head END AS head");
        }
        match columns {
            Columns::Event => {}
            Columns::Live => {
                let [request, response] = ["p.request_headers", "p.response_headers"].map(|side| self.0.json(side));
                text += &format!(", {request} AS request_headers, {response} AS response_headers");
            }
            Columns::Record => {
                self.add_columns(&mut text, "p", columns::PAYLOAD);
                self.add_columns(&mut text, "w", columns::WIRE);
            }
        }
        text
    }

    pub(super) fn add_columns(self, text: &mut String, table: &str, columns: &[Column]) {
        for Column { name, kind } in columns {
            let column = format!("{table}.{name}");
            *text += &match kind {
                ColumnKind::OptionalJson => format!(", {} AS {name}", self.0.json(&column)),
                ColumnKind::OptionalId => format!(", {} AS {name}", self.0.id(&column)),
                _ => format!(", {column}"),
            };
        }
    }
}

/// Returns true when the filter has only conditions on headers and times.
fn is_about_headers(filter: &Filter) -> bool {
    let rest = Filter { from: None, to: None, headers: Vec::new(), has_headers: Vec::new(), ..filter.clone() };
    filter.needs_payload() && rest.is_all()
}

/// Returns the millisecond in an id, which is that of the event. `None` unless it is version 7.
pub(super) fn millis(id: Uuid) -> Option<i64> {
    let millis = i64::try_from(id.as_u128() >> 80).ok()?;
    (id.get_version_num() == 7).then_some(millis)
}
