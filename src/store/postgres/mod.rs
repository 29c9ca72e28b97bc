//! The store on PostgreSQL 14 or later.
//!
//! | module | contents |
//! |---|---|
//! | [`dsn`], [`tls`] | parsing of `database.url`, and trust in the server's certificate |
//! | [`connect`] | dedicated connections |
//! | [`pool`] | connections for reading |
//! | [`migrate`] | migrates the schema |
//! | [`append`], [`copy`] | writing batches by COPY |
//! | [`closed_connections`] | connections of the audit trail |
//! | [`days`] | partitions, one per UTC day |
//! | [`retention`] | drops old days, creates coming ones |
//! | [`rollups`] | statistics from counts per minute |
//! | [`keys`] | keys and sessions |
//! | [`secrets`] | secrets that the server generates |
//! | [`notice`], [`watch`] | notifications between replicas |
//! | [`errors`] | errors of the data, and errors of the database |
//!
//! An appended batch is on disk (`synchronous_commit` is the database's setting, `on` by default). A pooler between
//! server and database must not switch connections between transactions: prepared statements, LISTEN and advisory locks
//! belong to a session.

mod append;
mod closed_connections;
mod connect;
mod copy;
mod days;
mod dsn;
mod errors;
mod keys;
mod migrate;
mod notice;
mod pool;
mod retention;
mod rollups;
mod secrets;
mod tls;
mod watch;

#[cfg(test)]
mod tests;

use std::{collections::HashMap, sync::Arc, time::Duration};

use actors::{
    audit::{
        AuditStore, Bucket, Connection, ConnectionFilter, ConnectionStore, Dimension, Entry, Filter, Group, Live,
        Overview, Page, Record, Stats,
    },
    store::{Pending, StoreError, Watch},
};
use chrono::{DateTime, Utc};
use diesel::{QueryableByName, pg::Pg};
use diesel_async::RunQueryDsl as _;
use uuid::Uuid;

use self::{
    append::Writer,
    closed_connections::ConnectionWriter,
    connect::Connector,
    days::Days,
    notice::Token,
    pool::{Purpose, Readers},
};
use super::{
    OpenError,
    rollup::{Answer, Question, overview_singly},
    sql::{BucketRow, ConnectionRow, CountRow, EntryRow, GroupRow, LiveRow, Queries, RecordRow, Statement},
};
use crate::config::{DatabaseConfig, Dialect};

const QUERIES: Queries = Queries::new(Dialect::Postgres);

/// Store in a PostgreSQL database, which several replicas may share.
pub struct Postgres {
    connector: Connector,
    /// Connections for queries of the audit trail.
    analysis: Readers,
    /// Connections for look-ups of keys and sessions.
    identity: Readers,
    writer: Writer,
    closed_connections: ConnectionWriter,
    days: Days,
    token: Token,
}

impl Postgres {
    /// Connects to the database at `url` and migrates its schema. Must be called within a runtime.
    ///
    /// # Errors
    /// [`OpenError`] when the database can't be reached, refuses the connection, or was migrated by a newer binary.
    pub async fn open(config: &DatabaseConfig, url: &str) -> Result<Self, OpenError> {
        let connector = Connector::new(url)?;
        let ran = migrate::migrate(&connector).await?;
        log::info!(store = "postgres", migrations = ran; "database migrated");
        let analysis = Readers::new(&connector, config, Purpose::Analysis)?;
        let identity = Readers::new(&connector, config, Purpose::Identity)?;
        Ok(Self {
            connector,
            analysis,
            identity,
            writer: Writer::default(),
            closed_connections: ConnectionWriter::default(),
            days: Days::default(),
            token: Token::random(),
        })
    }

    /// Returns all rows of a query.
    async fn rows<R, T>(&self, statement: Statement) -> Result<Vec<T>, StoreError>
    where
        R: QueryableByName<Pg> + Into<T> + Send + 'static,
    {
        let load = async |connection: &mut _| statement.query::<Pg>().load::<R>(connection).await;
        Ok(self.analysis.ask(load).await?.into_iter().map(Into::into).collect())
    }

    /// Queries the rollups; `None` when the rows must be read instead.
    async fn figure(&self, question: Question, filter: &Filter) -> Result<Option<Answer>, StoreError> {
        let filter = filter.clone();
        let ask = async move |connection: &mut _| rollups::answer(connection, question, &filter).await;
        self.analysis.ask(ask).await
    }

    /// Returns the single row of a query.
    async fn row<R, T>(&self, statement: Statement) -> Result<T, StoreError>
    where
        R: QueryableByName<Pg> + Into<T> + Send + 'static,
    {
        let load = async |connection: &mut _| statement.query::<Pg>().get_result::<R>(connection).await;
        self.analysis.ask(load).await.map(Into::into)
    }
}

impl AuditStore for Postgres {
    fn name(&self) -> &'static str {
        "postgres"
    }

    fn append<'a>(&'a self, batch: &'a [Arc<Record>], again: bool) -> Pending<'a, ()> {
        Box::pin(self.writer.append(&self.connector, &self.days, self.token, batch, again))
    }

    fn events<'a>(&'a self, filter: &'a Filter, page: Page) -> Pending<'a, Vec<Entry>> {
        Box::pin(self.rows::<EntryRow, _>(QUERIES.events(filter, page)))
    }

    fn records<'a>(&'a self, filter: &'a Filter, page: Page, bytes_max: u64) -> Pending<'a, Vec<Record>> {
        Box::pin(self.rows::<RecordRow, _>(QUERIES.records(filter, page, bytes_max)))
    }

    fn count<'a>(&'a self, filter: &'a Filter) -> Pending<'a, u64> {
        Box::pin(async move {
            // Counters have the number of all events.
            if !filter.is_all()
                && let Some(answer) = self.figure(Question::Count, filter).await?
            {
                return Ok(answer.count());
            }
            self.row::<CountRow, _>(QUERIES.count(filter)).await
        })
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
        Box::pin(async move {
            match self.figure(Question::Timeseries(bucket_seconds), filter).await? {
                Some(answer) => Ok(answer.buckets()),
                None => self.rows::<BucketRow, _>(QUERIES.timeseries(filter, bucket_seconds)).await,
            }
        })
    }

    fn breakdown<'a>(&'a self, filter: &'a Filter, dimension: Dimension, top: u32) -> Pending<'a, Vec<Group>> {
        Box::pin(async move {
            match self.figure(Question::Breakdown(dimension), filter).await? {
                Some(answer) => Ok(answer.groups(top)),
                None => self.rows::<GroupRow, _>(QUERIES.breakdown(filter, dimension, top)).await,
            }
        })
    }

    fn stats<'a>(&'a self, filter: &'a Filter) -> Pending<'a, Stats> {
        let filter = filter.clone();
        let ask = async move |connection: &mut _| rollups::stats(connection, &filter).await;
        Box::pin(self.analysis.ask(ask))
    }

    fn overview<'a>(&'a self, filter: &'a Filter, bucket_seconds: u32, top: u32) -> Pending<'a, Overview> {
        let wanted = filter.clone();
        let ask = async move |connection: &mut _| rollups::overview(connection, &wanted, bucket_seconds, top).await;
        Box::pin(async move {
            match self.analysis.ask(ask).await? {
                Some(overview) => Ok(overview),
                None => overview_singly(self, filter, bucket_seconds, top).await,
            }
        })
    }

    fn delete_before(&self, cutoff: DateTime<Utc>, chunk: u32) -> Pending<'_, u64> {
        Box::pin(retention::delete_before(&self.connector, cutoff, chunk))
    }

    fn roll_up(&self, now: DateTime<Utc>) -> Pending<'_, bool> {
        let now = now.timestamp_micros();
        let work = async move |connection: &mut _| rollups::roll_up(connection, now).await;
        Box::pin(self.analysis.ask(work))
    }

    fn prepare_days(&self, today: DateTime<Utc>, days: u32) -> Pending<'_, ()> {
        Box::pin(retention::prepare(&self.connector, today, days))
    }

    fn watch(&self, tell: Arc<dyn Fn(Vec<Uuid>) + Send + Sync>) -> Option<Watch> {
        Some(Box::pin(watch::watch(self.connector.clone(), self.token, tell)))
    }

    fn close(&self) -> Pending<'_, ()> {
        Box::pin(async move {
            self.writer.close().await;
            self.closed_connections.close().await;
            self.analysis.close();
            self.identity.close();
            Ok(())
        })
    }
}

impl ConnectionStore for Postgres {
    fn name(&self) -> &'static str {
        "postgres"
    }

    fn append<'a>(&'a self, batch: &'a [Arc<Connection>]) -> Pending<'a, ()> {
        Box::pin(self.closed_connections.append(&self.connector, &self.days, batch))
    }

    fn connections<'a>(&'a self, filter: &'a ConnectionFilter, page: Page) -> Pending<'a, Vec<Connection>> {
        Box::pin(self.rows::<ConnectionRow, _>(QUERIES.connections(filter, page)))
    }

    fn count<'a>(&'a self, filter: &'a ConnectionFilter) -> Pending<'a, u64> {
        Box::pin(self.row::<CountRow, _>(QUERIES.count_connections(filter)))
    }

    fn get(&self, id: Uuid) -> Pending<'_, Option<Connection>> {
        Box::pin(async move {
            let Some(statement) = QUERIES.connection(id) else { return Ok(None) };
            Ok(self.rows::<ConnectionRow, Connection>(statement).await?.into_iter().next())
        })
    }

    fn delete_before(&self, cutoff: DateTime<Utc>, chunk: u32) -> Pending<'_, u64> {
        Box::pin(retention::delete_connections_before(&self.connector, cutoff, chunk))
    }
}
