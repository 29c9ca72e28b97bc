//! The embedded store: one file, one process that writes.
//!
//! | module | what it is |
//! |---|---|
//! | [`connections`] | one connection that writes, some that read, none on a caller's thread |
//! | [`interrupt`] | ends queries that are abandoned |
//! | [`open`] | makes the file, its schema and its connections |
//! | [`write`] | appends and removes |
//! | [`keys`] | keys and sessions |
//! | [`secrets`] | secrets that the server makes for itself |
//!
//! A batch that was appended survives the end of the process however it comes (WAL). When the machine itself loses power,
//! the last batches may be gone while the file stays whole (`synchronous = NORMAL`).

mod connections;
mod interrupt;
mod keys;
mod open;
mod place;
mod secrets;
mod write;

#[cfg(test)]
mod tests;

use std::{collections::HashMap, path::Path, sync::Arc, time::Duration};

use actors::{
    audit::{AuditStore, Bucket, Dimension, Event, Filter, Group, Page, Record, Stats},
    store::{Pending, StoreError, Watch},
};
use chrono::{DateTime, Utc};
use diesel::{QueryableByName, RunQueryDsl as _, sqlite::Sqlite as Backend};
use uuid::Uuid;

use self::connections::Connections;
use super::{
    OpenError,
    sql::{BucketRow, CountRow, EventRow, GroupRow, Queries, RecordRow, Statement, StatsRow},
};
use crate::config::Dialect;

const QUERIES: Queries = Queries::new(Dialect::Sqlite);

/// A store in one file.
pub struct Sqlite {
    connections: Arc<Connections>,
}

impl Sqlite {
    /// Opens the file at `path`, makes it (with its folder) when it is not there, and brings its schema up. `:memory:` is
    /// a store that ends with the value.
    ///
    /// # Errors
    /// [`OpenError`] when the file can't be opened, is no database, or was written by a newer binary.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        let path = path.as_ref().to_owned();
        let opened = tokio::task::spawn_blocking(move || open::open(&path)).await;
        let connections = opened.map_err(|error| OpenError::Unavailable(error.to_string()))??;
        Ok(Self { connections: Arc::new(connections) })
    }

    /// All rows of a query.
    async fn rows<R, T>(&self, statement: Statement) -> Result<Vec<T>, StoreError>
    where
        R: QueryableByName<Backend> + Into<T> + 'static,
        T: Send + 'static,
    {
        let read = Arc::clone(&self.connections).analyse(move |connection| {
            let rows = statement.query().load::<R>(connection)?;
            Ok(rows.into_iter().map(Into::into).collect())
        });
        read.await
    }

    /// The one row of a query.
    async fn row<R, T>(&self, statement: Statement) -> Result<T, StoreError>
    where
        R: QueryableByName<Backend> + Into<T> + 'static,
        T: Send + 'static,
    {
        let read = Arc::clone(&self.connections)
            .analyse(move |connection| statement.query().get_result::<R>(connection).map(Into::into));
        read.await
    }
}

impl AuditStore for Sqlite {
    fn name(&self) -> &'static str {
        "sqlite"
    }

    fn append<'a>(&'a self, batch: &'a [Arc<Record>], again: bool) -> Pending<'a, ()> {
        let batch = batch.to_vec();
        let connections = Arc::clone(&self.connections);
        Box::pin(connections.write(move |connection| write::append(connection, &batch, again)))
    }

    fn events<'a>(&'a self, filter: &'a Filter, page: Page) -> Pending<'a, Vec<Event>> {
        Box::pin(self.rows::<EventRow, _>(QUERIES.events(filter, page)))
    }

    fn records<'a>(&'a self, filter: &'a Filter, page: Page) -> Pending<'a, Vec<Record>> {
        Box::pin(self.rows::<RecordRow, _>(QUERIES.records(filter, page)))
    }

    fn count<'a>(&'a self, filter: &'a Filter) -> Pending<'a, u64> {
        Box::pin(self.row::<CountRow, _>(QUERIES.count(filter)))
    }

    fn get(&self, id: Uuid) -> Pending<'_, Option<Record>> {
        Box::pin(async move {
            let Some(statement) = QUERIES.get(id) else { return Ok(None) };
            Ok(self.rows::<RecordRow, Record>(statement).await?.into_iter().next())
        })
    }

    fn get_many<'a>(&'a self, ids: &'a [Uuid]) -> Pending<'a, Vec<Record>> {
        Box::pin(async move {
            let mut found = HashMap::with_capacity(ids.len());
            for statement in QUERIES.get_many(ids) {
                let records: Vec<Record> = self.rows::<RecordRow, _>(statement).await?;
                found.extend(records.into_iter().map(|record| (record.event.id, record)));
            }
            Ok(ids.iter().filter_map(|id| found.get(id).cloned()).collect())
        })
    }

    fn ended_since<'a>(
        &'a self,
        filter: &'a Filter,
        end: DateTime<Utc>,
        lookback: Duration,
        limit: u32,
    ) -> Pending<'a, Vec<Event>> {
        Box::pin(self.rows::<EventRow, _>(QUERIES.ended_since(filter, end, lookback, limit)))
    }

    fn timeseries<'a>(&'a self, filter: &'a Filter, bucket_seconds: u32) -> Pending<'a, Vec<Bucket>> {
        Box::pin(self.rows::<BucketRow, _>(QUERIES.timeseries(filter, bucket_seconds)))
    }

    fn breakdown<'a>(&'a self, filter: &'a Filter, dimension: Dimension, top: u32) -> Pending<'a, Vec<Group>> {
        Box::pin(self.rows::<GroupRow, _>(QUERIES.breakdown(filter, dimension, top)))
    }

    fn stats<'a>(&'a self, filter: &'a Filter) -> Pending<'a, Stats> {
        Box::pin(self.row::<StatsRow, _>(QUERIES.stats(filter)))
    }

    fn delete_before(&self, cutoff: DateTime<Utc>, chunk: u32) -> Pending<'_, u64> {
        let connections = Arc::clone(&self.connections);
        Box::pin(connections.write(move |connection| write::delete_before(connection, cutoff, chunk)))
    }

    fn prepare_days(&self, _today: DateTime<Utc>, _days: u32) -> Pending<'_, ()> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn watch(&self, _tell: Arc<dyn Fn(Vec<Uuid>) + Send + Sync>) -> Option<Watch> {
        None
    }

    fn close(&self) -> Pending<'_, ()> {
        let connections = Arc::clone(&self.connections);
        Box::pin(async move {
            connections.close().await;
            Ok(())
        })
    }
}
