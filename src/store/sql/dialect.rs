//! What the databases say differently.

use actors::audit::Dimension;

use crate::config::Dialect;

impl Dialect {
    /// Stands for the value of that number, from 1.
    pub(super) fn placeholder(self, number: usize) -> String {
        match self {
            Self::Postgres => format!("${number}"),
            Self::Sqlite => format!("?{number}"),
        }
    }

    /// True when the text in `column` contains `text`; nothing in it has a meaning of its own.
    pub(super) fn holds(self, column: &str, text: &str) -> String {
        match self {
            Self::Postgres => format!("strpos({column}, {text}) > 0"),
            Self::Sqlite => format!("instr({column}, {text}) > 0"),
        }
    }

    /// True when the request id is `text`, so that the index on it is used.
    pub(super) fn is_request_id(self, text: &str) -> String {
        match self {
            Self::Postgres => format!("(left(e.request_id, 64) = left({text}, 64) AND e.request_id = {text})"),
            Self::Sqlite => format!("e.request_id = {text}"),
        }
    }

    /// True when the database has statistics and an index of headers, so that a question about them is best begun there.
    pub(super) fn knows_headers(self) -> bool {
        self == Self::Postgres
    }

    /// A condition that is true as long as somebody waits for the answer and else ends the query, for databases that
    /// can't be told to end one. It comes first, so that it is asked of rows that the other conditions leave out. Looks
    /// at one row in 1024: the function behind it costs more than the row.
    pub(in crate::store) fn unless_abandoned(self, table: &str) -> Option<String> {
        match self {
            Self::Postgres => None,
            Self::Sqlite => Some(format!("({table}.rowid & 1023 OR still_wanted())")),
        }
    }

    /// A time as microseconds of the Unix epoch.
    pub(in crate::store) fn micros(self, time: &str) -> String {
        match self {
            Self::Postgres => format!("(extract(epoch FROM {time}) * 1000000)::bigint"),
            Self::Sqlite => time.to_owned(),
        }
    }

    /// An id as 16 bytes.
    pub(super) fn id(self, column: &str) -> String {
        match self {
            Self::Postgres => format!("uuid_send({column})"),
            Self::Sqlite => column.to_owned(),
        }
    }

    /// JSON as text.
    pub(super) fn json(self, column: &str) -> String {
        match self {
            Self::Postgres => format!("{column}::text"),
            Self::Sqlite => column.to_owned(),
        }
    }

    /// A text that is ordered by its bytes.
    pub(super) fn bytewise(self, text: &str) -> String {
        match self {
            Self::Postgres => format!("{text} COLLATE \"C\""),
            Self::Sqlite => text.to_owned(),
        }
    }

    /// An inner join that is read from the left. SQLite takes its order from the text; PostgreSQL finds its own.
    pub(super) fn join(self) -> &'static str {
        match self {
            Self::Postgres => "JOIN",
            Self::Sqlite => "CROSS JOIN",
        }
    }

    /// Start of the bucket of `seconds` that `e.ts` is in, as a time of the database.
    pub(super) fn bucket(self, seconds: u32) -> String {
        match self {
            Self::Postgres => format!("date_bin('{seconds} seconds'::interval, e.ts, to_timestamp(0))"),
            Self::Sqlite => {
                let width = u64::from(seconds) * 1_000_000;
                // The remainder of a time before the epoch is negative.
                format!("e.ts - (e.ts % {width} + {width}) % {width}")
            }
        }
    }

    /// Milliseconds from `end` until the event ended.
    pub(super) fn ended_after(self, end: &str) -> String {
        match self {
            Self::Postgres => format!("(extract(epoch FROM e.ts - {end})::float8 * 1000 + e.duration_ms)"),
            Self::Sqlite => format!("((e.ts - {end}) / 1000.0 + e.duration_ms)"),
        }
    }

    /// What counts all events there are, as `count`.
    pub(super) fn count_all(self) -> &'static str {
        match self {
            // Kept by triggers: counting ten million rows would take seconds.
            Self::Postgres => "SELECT coalesce(sum(events), 0)::bigint AS count FROM audit_counts",
            Self::Sqlite => "SELECT count(*) AS count FROM audit_events",
        }
    }

    /// Totals and percentiles over the events that `from` (from FROM to WHERE) tells.
    pub(super) fn stats(self, from: &str) -> String {
        match self {
            Self::Postgres => format!(
                "SELECT total, errors, coalesce(p[1], 0) AS p50, coalesce(p[2], 0) AS p95, coalesce(p[3], 0) AS p99 \
                 FROM (SELECT count(*) AS total, count(*) FILTER (WHERE NOT e.success) AS errors, \
                 percentile_cont(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY e.duration_ms) AS p {from}) s"
            ),
            // One sort; its rows are then read by their places. MATERIALIZED keeps SQLite from dropping the order.
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

/// The value that a breakdown groups by, as text; empty where there is none.
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
