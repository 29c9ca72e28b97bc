//! Connections that have ended.

use std::sync::Arc;

use actors::{
    audit::{Connection, ConnectionFilter, ConnectionStore, Page},
    store::Pending,
};
use chrono::{DateTime, Utc};
use diesel::{
    ExpressionMethods as _, RunQueryDsl as _, SqliteConnection, connection::SimpleConnection as _, insert_into,
    result::QueryResult, sql_query, sql_types::BigInt,
};
use uuid::Uuid;

use super::{
    Sqlite,
    queries::QUERIES,
    write::{Bound as _, schema::audit_connections},
};
use crate::store::sql::{ConnectionRow, CountRow};

impl ConnectionStore for Sqlite {
    fn name(&self) -> &'static str {
        "sqlite"
    }

    fn append<'a>(&'a self, batch: &'a [Arc<Connection>]) -> Pending<'a, ()> {
        let batch = batch.to_vec();
        Box::pin(Arc::clone(&self.connections).write(move |connection| append(connection, &batch)))
    }

    fn connections<'a>(&'a self, filter: &'a ConnectionFilter, page: Page) -> Pending<'a, Vec<Connection>> {
        Box::pin(self.rows::<ConnectionRow, _>(QUERIES.connections(filter, page)))
    }

    fn count<'a>(&'a self, filter: &'a ConnectionFilter) -> Pending<'a, u64> {
        Box::pin(async move {
            let counts = self.rows::<CountRow, u64>(QUERIES.count_connections(filter)).await?;
            Ok(counts.into_iter().next().unwrap_or_default())
        })
    }

    fn get(&self, id: Uuid) -> Pending<'_, Option<Connection>> {
        Box::pin(async move {
            let Some(statement) = QUERIES.connection(id) else { return Ok(None) };
            Ok(self.rows::<ConnectionRow, Connection>(statement).await?.into_iter().next())
        })
    }

    fn delete_before(&self, cutoff: DateTime<Utc>, chunk: u32) -> Pending<'_, u64> {
        Box::pin(Arc::clone(&self.connections).write(move |connection| {
            let removed = sql_query(
                "DELETE FROM audit_connections WHERE rowid IN \
                 (SELECT rowid FROM audit_connections WHERE opened < ? ORDER BY opened LIMIT ?)",
            );
            let removed = removed.bind::<BigInt, _>(cutoff.timestamp_micros()).bind::<BigInt, _>(i64::from(chunk));
            removed.execute(connection).map(|removed| removed as u64)
        }))
    }
}

/// Writes a batch, all or nothing; see [`super::write::append`] for the transaction.
fn append(connection: &mut SqliteConnection, batch: &[Arc<Connection>]) -> QueryResult<()> {
    connection.batch_execute("BEGIN IMMEDIATE")?;
    let done = batch.iter().try_for_each(|row| insert(connection, row));
    let done = done.and_then(|()| connection.batch_execute("COMMIT"));
    if done.is_err() {
        let _ = connection.batch_execute("ROLLBACK");
    }
    done
}

fn insert(connection: &mut SqliteConnection, row: &Connection) -> QueryResult<()> {
    macro_rules! values {
        ($($(#[doc = $about:literal])* $name:ident: $kind:ident,)*) => {(
            audit_connections::id.eq(row.id.as_bytes().as_slice()),
            audit_connections::opened.eq(row.opened.timestamp_micros()),
            audit_connections::closed.eq(row.closed.timestamp_micros()),
            $(audit_connections::$name.eq(row.$name.bound()),)*
        )};
    }
    let insert = insert_into(audit_connections::table).values(actors::connection_columns!(values));
    insert.on_conflict(audit_connections::id).do_nothing().execute(connection).map(drop)
}
