//! Queries of rollups for both databases, and their rows.

use diesel::{
    QueryableByName,
    result::QueryResult,
    sql_types::{BigInt, Binary, Bool, Double, Nullable, SmallInt, Text},
};

use super::{MINUTE, cells::Key, parts::Part};
use crate::{
    config::Dialect,
    store::sql::{Bind, Draft, Statement},
};

/// Connection in a transaction with a single snapshot.
pub(in crate::store) trait Rollups: Send {
    /// Returns rows of up to three numbers.
    fn numbers(&mut self, statement: Statement) -> impl Future<Output = QueryResult<Vec<[i64; 3]>>> + Send;

    /// Returns the cells of minutes or hours: the first minute, and the encoded cells.
    fn cells(&mut self, statement: Statement) -> impl Future<Output = QueryResult<Vec<(i64, Vec<u8>)>>> + Send;

    /// Passes on what rollups count of each event, row by row.
    fn facts(
        &mut self,
        statement: Statement,
        take: &mut (dyn FnMut(Fact) + Send),
    ) -> impl Future<Output = QueryResult<()>> + Send;

    /// Runs a statement and returns the number of changed rows.
    fn execute(&mut self, statement: Statement) -> impl Future<Output = QueryResult<usize>> + Send;
}

/// Facts of an event that rollups count.
pub(in crate::store) struct Fact {
    /// `timestamp` in microseconds of the Unix epoch.
    pub(super) ts: i64,
    pub(super) key: Key,
    pub(super) duration_ms: f64,
}

#[derive(QueryableByName)]
pub(in crate::store) struct NumbersRow {
    #[diesel(sql_type = BigInt)]
    a: i64,
    #[diesel(sql_type = BigInt)]
    b: i64,
    #[diesel(sql_type = BigInt)]
    c: i64,
}

impl From<NumbersRow> for [i64; 3] {
    fn from(row: NumbersRow) -> Self {
        [row.a, row.b, row.c]
    }
}

#[derive(QueryableByName)]
pub(in crate::store) struct CellsRow {
    #[diesel(sql_type = BigInt)]
    minute: i64,
    #[diesel(sql_type = Binary)]
    cells: Vec<u8>,
}

impl From<CellsRow> for (i64, Vec<u8>) {
    fn from(row: CellsRow) -> Self {
        (row.minute, row.cells)
    }
}

#[derive(QueryableByName)]
pub(in crate::store) struct FactRow {
    #[diesel(sql_type = BigInt)]
    ts: i64,
    #[diesel(sql_type = Nullable<Text>)]
    route_name: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    endpoint_group: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    auth_type: Option<String>,
    #[diesel(sql_type = Text)]
    source: String,
    #[diesel(sql_type = SmallInt)]
    status: i16,
    #[diesel(sql_type = Bool)]
    success: bool,
    #[diesel(sql_type = Double)]
    duration_ms: f64,
}

impl From<FactRow> for Fact {
    fn from(row: FactRow) -> Self {
        Self {
            ts: row.ts,
            key: Key {
                route_name: row.route_name.map(Into::into),
                endpoint_group: row.endpoint_group.map(Into::into),
                auth_type: row.auth_type.map(Into::into),
                source: row.source.into(),
                status: row.status.into(),
                success: row.success,
            },
            duration_ms: row.duration_ms,
        }
    }
}

/// Writes the queries in one dialect. Ranges of minutes and hours exclude their ends.
#[derive(Clone, Copy, Debug)]
pub(in crate::store) struct RollupQueries(pub(in crate::store) Dialect);

impl RollupQueries {
    fn write<const N: usize>(self, binds: [i64; N], text: impl FnOnce([String; N]) -> String) -> Statement {
        let mut draft = Draft::new(self.0);
        let held = binds.map(|number| draft.hold(Bind::Int(number)));
        draft.finish(text(held))
    }

    /// Selects gaps that touch a range: first minute, last minute, version.
    pub(super) fn gaps(self, from: i64, to: i64) -> Statement {
        self.write([from, to], |[from, to]| {
            format!(
                "SELECT first_minute AS a, last_minute AS b, version AS c FROM audit_rollup_gaps \
                 WHERE last_minute >= {from} AND first_minute < {to}"
            )
        })
    }

    /// Selects the newest gap that begins at or before a minute: first minute, last minute, version.
    pub(super) fn newest_gap(self, minute: i64) -> Statement {
        self.write([minute], |[minute]| {
            format!(
                "SELECT first_minute AS a, last_minute AS b, version AS c FROM audit_rollup_gaps \
                 WHERE first_minute <= {minute} ORDER BY last_minute DESC, first_minute DESC LIMIT 1"
            )
        })
    }

    /// Selects a minute with the earliest and latest time of its events; no row without events.
    pub(super) fn extent(self, minute: i64) -> Statement {
        self.write([minute], |[minute]| {
            format!(
                "SELECT minute AS a, min(first_ts) AS b, max(last_ts) AS c FROM audit_rollups \
                 WHERE minute = {minute} GROUP BY minute"
            )
        })
    }

    /// Selects copies: hour, and the parts and events they were made of.
    pub(super) fn copies(self, from: i64, to: i64) -> Statement {
        self.write([from, to], |[from, to]| {
            format!(
                "SELECT hour AS a, parts AS b, events AS c FROM audit_rollup_hours WHERE hour >= {from} AND hour < {to}"
            )
        })
    }

    /// Selects hours with the parts and events of their minutes. Hours must not be negative.
    pub(super) fn originals(self, from: i64, to: i64) -> Statement {
        self.write([from * 60, to * 60], |[from, to]| {
            format!(
                "SELECT minute / 60 AS a, count(*) AS b, CAST(sum(events) AS bigint) AS c FROM audit_rollups \
                 WHERE minute >= {from} AND minute < {to} GROUP BY minute / 60"
            )
        })
    }

    /// Selects parts: minute, part, events.
    pub(super) fn parts(self, from: i64, to: i64) -> Statement {
        self.write([from, to], |[from, to]| {
            format!(
                "SELECT minute AS a, part AS b, events AS c FROM audit_rollups WHERE minute >= {from} AND minute < {to}"
            )
        })
    }

    /// Selects the cells of minutes.
    pub(super) fn minutes(self, from: i64, to: i64) -> Statement {
        self.write([from, to], |[from, to]| {
            format!("SELECT minute, cells FROM audit_rollups WHERE minute >= {from} AND minute < {to}")
        })
    }

    /// Selects the cells of hours.
    pub(super) fn hours(self, from: i64, to: i64) -> Statement {
        self.write([from, to], |[from, to]| {
            format!("SELECT hour * 60 AS minute, cells FROM audit_rollup_hours WHERE hour >= {from} AND hour < {to}")
        })
    }

    /// Selects the facts of a time range in microseconds.
    pub(super) fn facts(self, from: i64, to: i64) -> Statement {
        let mut draft = Draft::new(self.0);
        let conditions = draft.stretch(from, to);
        draft.finish(format!(
            "SELECT {} AS ts, e.route_name, e.endpoint_group, e.auth_type, e.source, e.status, e.success, e.duration_ms \
             FROM audit_events e WHERE {conditions}",
            self.0.micros("e.ts")
        ))
    }

    /// Selects the time of the newest event of a time range, in microseconds; no row without events.
    pub(super) fn newest(self, from: i64, to: i64) -> Statement {
        let mut draft = Draft::new(self.0);
        let conditions = draft.stretch(from, to);
        draft.finish(format!(
            "SELECT {} AS a, CAST(0 AS bigint) AS b, CAST(0 AS bigint) AS c FROM audit_events e WHERE {conditions} \
             ORDER BY e.ts DESC LIMIT 1",
            self.0.micros("e.ts")
        ))
    }

    /// Removes a gap unless it has changed.
    pub(super) fn remove_gap(self, [first, last, version]: [i64; 3]) -> Statement {
        self.write([first, last, version], |[first, last, version]| {
            format!(
                "DELETE FROM audit_rollup_gaps \
                 WHERE first_minute = {first} AND last_minute = {last} AND version = {version}"
            )
        })
    }

    /// Adds a gap, or increases the version of an existing one.
    pub(super) fn add_gap(self, first: i64, last: i64) -> Statement {
        self.write([first, last], |[first, last]| {
            format!(
                "INSERT INTO audit_rollup_gaps (first_minute, last_minute, version) VALUES ({first}, {last}, 1) \
                 ON CONFLICT (first_minute, last_minute) DO UPDATE SET version = audit_rollup_gaps.version + 1"
            )
        })
    }

    /// Removes a part unless it has changed.
    pub(super) fn remove_part(self, [minute, part, events]: [i64; 3]) -> Statement {
        self.write([minute, part, events], |[minute, part, events]| {
            format!("DELETE FROM audit_rollups WHERE minute = {minute} AND part = {part} AND events = {events}")
        })
    }

    /// Writes a new part, or replaces a stored one. Changes no row when the stored one is gone.
    pub(in crate::store) fn put_part(self, row: &Part) -> Statement {
        let mut draft = Draft::new(self.0);
        let [minute, part, first_ts, last_ts, events] =
            [row.minute, row.part, row.first_ts, row.last_ts, row.events].map(|number| draft.hold(Bind::Int(number)));
        let cells = draft.hold(Bind::Bytes(row.cells.clone()));
        draft.finish(if row.stored {
            format!(
                "UPDATE audit_rollups SET first_ts = {first_ts}, last_ts = {last_ts}, events = {events}, \
                 cells = {cells} WHERE minute = {minute} AND part = {part}"
            )
        } else {
            format!(
                "INSERT INTO audit_rollups (minute, part, first_ts, last_ts, events, cells) \
                 VALUES ({minute}, {part}, {first_ts}, {last_ts}, {events}, {cells})"
            )
        })
    }

    /// Removes copies of hours.
    pub(super) fn remove_hours(self, from: i64, to: i64) -> Statement {
        self.write([from, to], |[from, to]| {
            format!("DELETE FROM audit_rollup_hours WHERE hour >= {from} AND hour < {to}")
        })
    }

    /// Writes the copy of an hour.
    pub(super) fn put_hour(self, [hour, parts, events]: [i64; 3], cells: Vec<u8>) -> Statement {
        let mut draft = Draft::new(self.0);
        let [hour, parts, events] = [hour, parts, events].map(|number| draft.hold(Bind::Int(number)));
        let cells = draft.hold(Bind::Bytes(cells));
        draft.finish(format!(
            "INSERT INTO audit_rollup_hours (hour, parts, events, cells) VALUES ({hour}, {parts}, {events}, {cells}) \
             ON CONFLICT (hour) DO UPDATE SET parts = excluded.parts, events = excluded.events, cells = excluded.cells"
        ))
    }
}

impl Draft {
    /// Returns the conditions of a time range in microseconds.
    fn stretch(&mut self, from: i64, to: i64) -> String {
        let mut conditions: Vec<String> = self.dialect.unless_abandoned("e").into_iter().collect();
        conditions.push(format!("e.ts >= {}", self.hold(Bind::Time(from))));
        conditions.push(format!("e.ts < {}", self.hold(Bind::Time(to))));
        conditions.join(" AND ")
    }
}

/// Returns the start of a minute in microseconds.
pub(super) const fn start_of(minute: i64) -> i64 {
    minute.saturating_mul(MINUTE)
}
