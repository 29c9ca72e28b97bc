//! Queries for connections that have ended, and their rows.

use actors::audit::{Connection, ConnectionFilter, Page};
use diesel::{
    QueryableByName,
    sql_types::{BigInt, Binary},
};
use uuid::Uuid;

use super::{
    conditions::micros_up,
    queries::{Queries, millis},
    record_rows::{Read, held_or_null, id, sql_or_null},
    statement::{Bind, Draft, Statement, time},
};
use crate::store::columns;

impl Queries {
    /// Newest first. Rows: [`ConnectionRow`].
    pub(in crate::store) fn connections(self, filter: &ConnectionFilter, page: Page) -> Statement {
        let mut draft = Draft::new(self.dialect());
        let mut conditions = draft.connection_conditions(filter);
        if let Some(after) = page.after {
            let (opened, id) = (draft.hold(Bind::Time(after.micros)), draft.hold(Bind::Id(after.id)));
            conditions.push(format!("(c.opened, c.id) < ({opened}, {id})"));
        }
        let filter = if conditions.is_empty() { String::new() } else { format!("WHERE {}", conditions.join(" AND ")) };
        draft.finish(format!(
            "SELECT {} FROM audit_connections c {filter} ORDER BY c.opened DESC, c.id DESC LIMIT {} OFFSET {}",
            self.connection_columns(),
            page.limit,
            page.offset.min(i64::MAX as u64)
        ))
    }

    /// Row, if any: [`ConnectionRow`]. `None` when no connection can have the id.
    pub(in crate::store) fn connection(self, id: Uuid) -> Option<Statement> {
        let mut draft = Draft::new(self.dialect());
        // The id contains the millisecond, and thereby the day and the position in the index.
        let millis = millis(id)?;
        let from = draft.hold(Bind::Time(millis * 1000));
        let to = draft.hold(Bind::Time((millis + 1) * 1000));
        let id = draft.hold(Bind::Id(id));
        Some(draft.finish(format!(
            "SELECT {} FROM audit_connections c WHERE c.opened >= {from} AND c.opened < {to} AND c.id = {id}",
            self.connection_columns()
        )))
    }

    /// Row: [`super::CountRow`].
    pub(in crate::store) fn count_connections(self, filter: &ConnectionFilter) -> Statement {
        let mut draft = Draft::new(self.dialect());
        let conditions = draft.connection_conditions(filter);
        let filter = if conditions.is_empty() { String::new() } else { format!(" WHERE {}", conditions.join(" AND ")) };
        draft.finish(format!("SELECT count(*) AS count FROM audit_connections c{filter}"))
    }

    fn connection_columns(self) -> String {
        let micros = |column: &str| self.dialect().micros(column);
        let mut text = format!(
            "{} AS id, {} AS opened, {} AS closed",
            self.dialect().id("c.id"),
            micros("c.opened"),
            micros("c.closed")
        );
        self.add_columns(&mut text, "c", columns::CONNECTION);
        text
    }
}

impl Draft {
    fn connection_conditions(&mut self, filter: &ConnectionFilter) -> Vec<String> {
        let mut all: Vec<String> = self.dialect.unless_abandoned("c").into_iter().collect();
        if let Some(from) = filter.from {
            all.push(format!("c.opened >= {}", self.hold(Bind::Time(micros_up(from)))));
        }
        if let Some(to) = filter.to {
            all.push(format!("c.opened < {}", self.hold(Bind::Time(micros_up(to)))));
        }
        for (column, wanted) in [("c.protocol", &filter.protocol), ("c.ended_by", &filter.ended_by)] {
            let Some(wanted) = wanted else { continue };
            all.push(self.with_text(wanted, |_, text| format!("{column} = {text}")));
        }
        if let Some(peer) = &filter.remote_addr {
            all.push(self.peer("c.remote_addr", peer));
        }
        all
    }
}

macro_rules! connection_row {
    ($($(#[doc = $about:literal])* $name:ident: $kind:ident,)*) => {
        /// Connection. Times are in microseconds of the Unix epoch.
        #[derive(QueryableByName)]
        pub(in crate::store) struct ConnectionRow {
            #[diesel(sql_type = Binary)]
            id: Vec<u8>,
            #[diesel(sql_type = BigInt)]
            opened: i64,
            #[diesel(sql_type = BigInt)]
            closed: i64,
            $(#[diesel(sql_type = sql_or_null::$kind)]
            $name: held_or_null::$kind,)*
        }

        impl From<ConnectionRow> for Connection {
            fn from(row: ConnectionRow) -> Self {
                Self {
                    id: id(&row.id),
                    opened: time(row.opened),
                    closed: time(row.closed),
                    $($name: Read::read(row.$name),)*
                }
            }
        }
    };
}

actors::connection_columns!(connection_row);
