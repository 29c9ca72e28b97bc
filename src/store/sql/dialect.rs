//! Differences between the databases' SQL.

use actors::audit::Dimension;

use crate::config::Dialect;

impl Dialect {
    /// Returns the placeholder of a value, numbered from 1.
    pub(super) fn placeholder(self, number: usize) -> String {
        match self {
            Self::Postgres => format!("${number}"),
            Self::Sqlite => format!("?{number}"),
        }
    }

    /// Returns a condition that the text in `column` contains `text` literally.
    pub(super) fn holds(self, column: &str, text: &str) -> String {
        match self {
            Self::Postgres => format!("strpos({column}, {text}) > 0"),
            Self::Sqlite => format!("instr({column}, {text}) > 0"),
        }
    }

    /// Returns a condition that `column`, whose index has the start of long texts, is `text`.
    pub(super) fn is_long(self, column: &str, text: &str) -> String {
        match self {
            Self::Postgres => format!("(left({column}, 64) = left({text}, 64) AND {column} = {text})"),
            Self::Sqlite => format!("{column} = {text}"),
        }
    }

    /// Returns true when payloads have an index by id alone, which is in the order of milliseconds, and none by time.
    pub(super) fn walks_ids(self) -> bool {
        self == Self::Sqlite
    }

    /// Returns a condition that is true while the caller is waiting and otherwise ends the query, for databases that
    /// can't cancel one. It comes first, so that it is evaluated on rows that other conditions exclude. It checks one
    /// row in 1024, because the function costs more than a row.
    pub(in crate::store) fn unless_abandoned(self, table: &str) -> Option<String> {
        match self {
            Self::Postgres => None,
            Self::Sqlite => Some(format!("({table}.rowid & 1023 OR still_wanted())")),
        }
    }

    /// Converts a time to microseconds of the Unix epoch.
    pub(in crate::store) fn micros(self, time: &str) -> String {
        match self {
            Self::Postgres => format!("(extract(epoch FROM {time}) * 1000000)::bigint"),
            Self::Sqlite => time.to_owned(),
        }
    }

    /// Converts an id to 16 bytes.
    pub(super) fn id(self, column: &str) -> String {
        match self {
            Self::Postgres => format!("uuid_send({column})"),
            Self::Sqlite => column.to_owned(),
        }
    }

    /// Converts JSON to text.
    pub(super) fn json(self, column: &str) -> String {
        match self {
            Self::Postgres => format!("{column}::text"),
            Self::Sqlite => column.to_owned(),
        }
    }

    /// Orders text by its bytes.
    pub(super) fn bytewise(self, text: &str) -> String {
        match self {
            Self::Postgres => format!("{text} COLLATE \"C\""),
            Self::Sqlite => text.to_owned(),
        }
    }

    /// Returns the inner join that is evaluated from the left. SQLite takes the order from the text; PostgreSQL chooses
    /// its own.
    pub(super) fn join(self) -> &'static str {
        match self {
            Self::Postgres => "JOIN",
            Self::Sqlite => "CROSS JOIN",
        }
    }

    /// Returns the start of the bucket of `seconds` that contains `e.ts`, as a time of the database.
    pub(super) fn bucket(self, seconds: u32) -> String {
        match self {
            Self::Postgres => format!("date_bin('{seconds} seconds'::interval, e.ts, to_timestamp(0))"),
            Self::Sqlite => {
                let width = u64::from(seconds) * 1_000_000;
                // The remainder is negative for times before the epoch.
                format!("e.ts - (e.ts % {width} + {width}) % {width}")
            }
        }
    }

    /// Returns the milliseconds from `end` until the event ended.
    pub(super) fn ended_after(self, end: &str) -> String {
        match self {
            Self::Postgres => format!("(extract(epoch FROM e.ts - {end})::float8 * 1000 + e.duration_ms)"),
            Self::Sqlite => format!("((e.ts - {end}) / 1000.0 + e.duration_ms)"),
        }
    }

    /// Returns the query for the number of all events, as `count`.
    pub(super) fn count_all(self) -> &'static str {
        match self {
            // Maintained by triggers, because counting ten million rows would take seconds.
            Self::Postgres => "SELECT coalesce(sum(events), 0)::bigint AS count FROM audit_counts",
            Self::Sqlite => "SELECT count(*) AS count FROM audit_events",
        }
    }

    /// Returns the query for totals and percentiles of the events in `from` (the text from FROM to WHERE).
    pub(super) fn stats(self, from: &str) -> String {
        match self {
            Self::Postgres => format!(
                "SELECT total, errors, coalesce(p[1], 0) AS p50, coalesce(p[2], 0) AS p95, coalesce(p[3], 0) AS p99 \
                 FROM (SELECT count(*) AS total, count(*) FILTER (WHERE NOT e.success) AS errors, \
                 percentile_cont(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY e.duration_ms) AS p {from}) s"
            ),
            // Sorts once and then picks rows by position. MATERIALIZED keeps SQLite from dropping the order.
            Self::Sqlite => {
                let percentile = |p: &str| {
                    format!(
                        "coalesce((SELECT min(d) + (max(d) - min(d)) * ({p} * (total - 1) - CAST({p} * (total - 1) AS INTEGER)) \
                         FROM (SELECT d FROM sorted LIMIT 2 \
                         OFFSET (SELECT CAST({p} * (total - 1) AS INTEGER) FROM totals))), 0.0)"
                    )
                };
                format!(
                    "WITH sorted AS MATERIALIZED (SELECT e.duration_ms AS d, e.success AS s {from} ORDER BY e.duration_ms), \
                     totals AS MATERIALIZED (SELECT count(*) AS total, count(*) FILTER (WHERE NOT s) AS errors FROM sorted) \
                     SELECT total, errors, {} AS p50, {} AS p95, {} AS p99 FROM totals",
                    percentile("0.5"),
                    percentile("0.95"),
                    percentile("0.99")
                )
            }
        }
    }
}

/// Returns the value that a breakdown groups by, as text; empty when there is none.
pub(super) fn key(dimension: Dimension) -> &'static str {
    match dimension {
        Dimension::EndpointGroup => "coalesce(e.endpoint_group, '')",
        Dimension::RouteName => "coalesce(e.route_name, '')",
        Dimension::Status => "CAST(e.status AS text)",
        Dimension::AuthType => "coalesce(e.auth_type, '')",
        Dimension::User => "coalesce(e.user_subject, '')",
        Dimension::Method => "e.method",
        Dimension::Path => "e.path",
        Dimension::Success => "CASE WHEN e.success THEN 'true' ELSE 'false' END",
    }
}
