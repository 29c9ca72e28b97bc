//! The embedded store: one file, one process that writes.
//!
//! | module | contents |
//! |---|---|
//! | [`connections`] | one connection for writing, some for reading, none used on a caller's thread |
//! | [`closed_connections`] | connections of the audit trail |
//! | [`interrupt`] | interruption of abandoned queries |
//! | [`headers`] | pages of filters by header |
//! | [`queries`] | queries in its dialect, and their rows |
//! | [`open`] | creates the file, its schema and its connections |
//! | [`write`] | appending and removing |
//! | [`rollups`] | statistics from counts per minute |
//! | [`keys`] | keys and sessions |
//! | [`secrets`] | secrets that the server generates |
//!
//! An appended batch survives any end of the process (WAL). When the machine loses power, the last batches may be lost,
//! but the file stays consistent (`synchronous = NORMAL`).

mod closed_connections;
mod connections;
mod headers;
mod interrupt;
mod keys;
mod location;
mod open;
mod queries;
mod rollups;
mod secrets;
mod write;

#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use actors::{
    audit::{AuditStore, Bucket, Dimension, Entry, Filter, Group, Live, Overview, Page, Record, Stats},
    store::{Pending, StoreError, Watch},
};
use chrono::{DateTime, Utc};
use diesel::{
    Connection as _, QueryableByName, RunQueryDsl as _, SqliteConnection, result::QueryResult,
    sqlite::Sqlite as Backend,
};
use uuid::Uuid;

use self::{
    connections::Connections,
    queries::{QUERIES, rows},
    rollups::{ROLLUPS, Snapshot, at_once},
};
use super::{
    OpenError,
    rollup::{Answer, Parts, Question, overview, overview_singly},
    sql::{BucketRow, CountRow, EntryRow, GroupRow, LiveRow, RecordRow, Statement, StatsRow},
};

/// Store in a single file.
pub struct Sqlite {
    connections: Arc<Connections>,
    /// Counts of the latest minutes. Locked by the user of the writer connection.
    parts: Arc<Mutex<Parts>>,
}

impl Sqlite {
    /// Opens the file at `path`, creates it (and its folder) if necessary, and migrates its schema. `:memory:` is a
    /// store that ends with the value.
    ///
    /// # Errors
    /// [`OpenError`] when the file can't be opened, is not a database, or was migrated by a newer binary.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        let path = path.as_ref().to_owned();
        let opened = tokio::task::spawn_blocking(move || open::open(&path)).await;
        let connections = opened.map_err(|error| OpenError::Unavailable(error.to_string()))??;
        Ok(Self { connections: Arc::new(connections), parts: Arc::default() })
    }

    /// Returns all rows of a query.
    async fn rows<R, T>(&self, statement: Statement) -> Result<Vec<T>, StoreError>
    where
        R: QueryableByName<Backend> + Into<T> + 'static,
        T: Send + 'static,
    {
        Arc::clone(&self.connections).analyse(move |connection| rows::<R, T>(statement, connection)).await
    }

    /// Queries the rollups, and has `finish` compute the result from them, or from the rows if they can't answer, in
    /// the same snapshot.
    async fn figure<T: Send + 'static>(
        &self,
        question: Question,
        filter: &Filter,
        finish: impl FnOnce(Option<Answer>, &mut SqliteConnection, Filter) -> QueryResult<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let filter = filter.clone();
        self.ask(move |connection| {
            let answer = at_once(Answer::find(&mut Snapshot(connection), ROLLUPS, question, &filter))?;
            finish(answer, connection, filter)
        })
        .await
    }

    /// Asks within one snapshot.
    async fn ask<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&mut SqliteConnection) -> QueryResult<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        Arc::clone(&self.connections).analyse(move |connection| connection.transaction(ask)).await
    }
}

impl AuditStore for Sqlite {
    fn name(&self) -> &'static str {
        "sqlite"
    }

    fn append<'a>(&'a self, batch: &'a [Arc<Record>], again: bool) -> Pending<'a, ()> {
        let batch = batch.to_vec();
        let parts = Arc::clone(&self.parts);
        let connections = Arc::clone(&self.connections);
        Box::pin(connections.write(move |connection| {
            let mut parts = parts.lock().unwrap_or_else(PoisonError::into_inner);
            write::append(connection, &mut parts, &batch, again)
        }))
    }

    fn events<'a>(&'a self, filter: &'a Filter, page: Page) -> Pending<'a, Vec<Entry>> {
        let filter = filter.clone();
        Box::pin(self.ask(move |connection| match headers::events(connection, &filter, page)? {
            Some(events) => Ok(events),
            None => rows::<EntryRow, _>(QUERIES.events(&filter, page), connection),
        }))
    }

    fn records<'a>(&'a self, filter: &'a Filter, page: Page, bytes_max: u64) -> Pending<'a, Vec<Record>> {
        let filter = filter.clone();
        Box::pin(self.ask(move |connection| match headers::records(connection, &filter, page, bytes_max)? {
            Some(records) => Ok(records),
            None => rows::<RecordRow, _>(QUERIES.records(&filter, page, bytes_max), connection),
        }))
    }

    fn count<'a>(&'a self, filter: &'a Filter) -> Pending<'a, u64> {
        Box::pin(self.figure(Question::Count, filter, |answer, connection, filter| match answer {
            Some(answer) => Ok(answer.count()),
            None => QUERIES.count(&filter).query().get_result::<CountRow>(connection).map(Into::into),
        }))
    }

    fn get(&self, id: Uuid) -> Pending<'_, Option<Record>> {
        Box::pin(async move {
            let Some(statement) = QUERIES.get(id) else { return Ok(None) };
            Ok(self.rows::<RecordRow, Record>(statement).await?.into_iter().next())
        })
    }

    fn live<'a>(&'a self, ids: &'a [Uuid]) -> Pending<'a, Vec<Live>> {
        Box::pin(async move {
            let mut found = HashMap::with_capacity(ids.len());
            for statement in QUERIES.live(ids) {
                let events: Vec<Live> = self.rows::<LiveRow, _>(statement).await?;
                found.extend(events.into_iter().map(|live| (live.entry.event.id, live)));
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
    ) -> Pending<'a, Vec<Entry>> {
        Box::pin(self.rows::<EntryRow, _>(QUERIES.ended_since(filter, end, lookback, limit)))
    }

    fn timeseries<'a>(&'a self, filter: &'a Filter, bucket_seconds: u32) -> Pending<'a, Vec<Bucket>> {
        let question = Question::Timeseries(bucket_seconds);
        Box::pin(self.figure(question, filter, move |answer, connection, filter| match answer {
            Some(answer) => Ok(answer.buckets()),
            None => rows::<BucketRow, _>(QUERIES.timeseries(&filter, bucket_seconds), connection),
        }))
    }

    fn breakdown<'a>(&'a self, filter: &'a Filter, dimension: Dimension, top: u32) -> Pending<'a, Vec<Group>> {
        let question = Question::Breakdown(dimension);
        Box::pin(self.figure(question, filter, move |answer, connection, filter| match answer {
            Some(answer) => Ok(answer.groups(top)),
            None => rows::<GroupRow, _>(QUERIES.breakdown(&filter, dimension, top), connection),
        }))
    }

    fn stats<'a>(&'a self, filter: &'a Filter) -> Pending<'a, Stats> {
        Box::pin(self.figure(Question::Stats, filter, |answer, connection, filter| {
            let few = answer.as_ref().map(|answer| (answer.stats(), answer.few()));
            let filter = match few {
                Some((stats, None)) => return Ok(stats),
                Some((_, Some(few))) => few,
                None => filter,
            };
            QUERIES.stats(&filter).query().get_result::<StatsRow>(connection).map(Into::into)
        }))
    }

    fn overview<'a>(&'a self, filter: &'a Filter, bucket_seconds: u32, top: u32) -> Pending<'a, Overview> {
        let wanted = filter.clone();
        let found = self.ask(move |connection| {
            let mut snapshot = Snapshot(connection);
            let found = at_once(overview(&mut snapshot, ROLLUPS, &wanted, bucket_seconds, top))?;
            let Some((mut overview, few)) = found else { return Ok(None) };
            if let Some(few) = few {
                overview.stats = QUERIES.stats(&few).query().get_result::<StatsRow>(connection)?.into();
            }
            Ok(Some(overview))
        });
        Box::pin(async move {
            match found.await? {
                Some(overview) => Ok(overview),
                None => overview_singly(self, filter, bucket_seconds, top).await,
            }
        })
    }

    fn delete_before(&self, cutoff: DateTime<Utc>, chunk: u32) -> Pending<'_, u64> {
        let connections = Arc::clone(&self.connections);
        Box::pin(connections.write(move |connection| write::delete_before(connection, cutoff, chunk)))
    }

    fn roll_up(&self, now: DateTime<Utc>) -> Pending<'_, bool> {
        Box::pin(rollups::roll_up(Arc::clone(&self.connections), now))
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
