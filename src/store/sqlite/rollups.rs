//! Rollups in the file: reads in one transaction, and the housekeeper's work.

use std::{future::ready, sync::Arc};

use actors::store::StoreError;
use chrono::{DateTime, Utc};
use diesel::{
    Connection as _, RunQueryDsl as _, SqliteConnection,
    connection::DefaultLoadingMode,
    result::{Error, QueryResult},
    sqlite::Sqlite as Backend,
};
use futures_util::FutureExt as _;

use super::connections::Connections;
use crate::{
    config::Dialect,
    store::{
        rollup::{CellsRow, Fact, FactRow, NumbersRow, RollupQueries, Rollups, Work},
        sql::Statement,
    },
};

pub(super) const ROLLUPS: RollupQueries = RollupQueries(Dialect::Sqlite);

/// Connection in a transaction.
pub(super) struct Snapshot<'c>(pub(super) &'c mut SqliteConnection);

impl Rollups for Snapshot<'_> {
    fn numbers(&mut self, statement: Statement) -> impl Future<Output = QueryResult<Vec<[i64; 3]>>> + Send {
        let rows = statement.query::<Backend>().load::<NumbersRow>(self.0);
        ready(rows.map(|rows| rows.into_iter().map(Into::into).collect()))
    }

    fn cells(&mut self, statement: Statement) -> impl Future<Output = QueryResult<Vec<(i64, Vec<u8>)>>> + Send {
        let rows = statement.query::<Backend>().load::<CellsRow>(self.0);
        ready(rows.map(|rows| rows.into_iter().map(Into::into).collect()))
    }

    fn facts(
        &mut self,
        statement: Statement,
        take: &mut (dyn FnMut(Fact) + Send),
    ) -> impl Future<Output = QueryResult<()>> + Send {
        let rows = statement.query::<Backend>().load_iter::<FactRow, DefaultLoadingMode>(self.0);
        ready(rows.and_then(|mut rows| rows.try_for_each(|row| row.map(|row| take(row.into())))))
    }

    fn execute(&mut self, statement: Statement) -> impl Future<Output = QueryResult<usize>> + Send {
        ready(statement.query::<Backend>().execute(self.0))
    }
}

/// Returns the result of a future that never waits: each query of this store is synchronous.
pub(super) fn at_once<T>(work: impl Future<Output = QueryResult<T>>) -> QueryResult<T> {
    work.now_or_never().unwrap_or_else(|| Err(Error::QueryBuilderError("a query waits".into())))
}

/// Does a slice of the work, see [`actors::audit::AuditStore::roll_up`]. A reader finds it, so that the writer is not
/// blocked, and it is written only if nothing has changed in the meantime.
pub(super) async fn roll_up(connections: Arc<Connections>, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let now = now.timestamp_micros();
    let find = Arc::clone(&connections).analyse(move |connection| {
        connection.transaction(|connection| at_once(Work::find(&mut Snapshot(connection), ROLLUPS, now)))
    });
    let Some(work) = find.await? else { return Ok(false) };
    let settle = connections.write(move |connection| {
        let settled = connection.immediate_transaction(|connection| {
            let settled = at_once(work.settle(&mut Snapshot(connection), ROLLUPS))?;
            if settled { Ok(()) } else { Err(Error::RollbackTransaction) }
        });
        match settled {
            Err(Error::RollbackTransaction) => Ok(()),
            settled => settled,
        }
    });
    settle.await.map(|()| true)
}
