//! Rollups in PostgreSQL: reads in one snapshot, and the housekeeper's work.

use actors::audit::{Filter, Overview, Stats};
use diesel::{
    pg::Pg,
    result::{DatabaseErrorKind, Error, QueryResult},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _, SimpleAsyncConnection as _};
use futures_util::TryStreamExt as _;

use crate::{
    config::Dialect,
    store::{
        rollup::{self, Answer, CellsRow, Fact, FactRow, NumbersRow, Question, RollupQueries, Rollups, Work},
        sql::{Queries, Statement, StatsRow},
    },
};

pub(super) const ROLLUPS: RollupQueries = RollupQueries(Dialect::Postgres);

const READ: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
const WRITE: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ";

/// Connection in a transaction with a single snapshot.
struct Snapshot<'c>(&'c mut AsyncPgConnection);

impl Rollups for Snapshot<'_> {
    async fn numbers(&mut self, statement: Statement) -> QueryResult<Vec<[i64; 3]>> {
        let rows = statement.query::<Pg>().load::<NumbersRow>(self.0).await?;
        Ok(rows.into_iter().map(Into::into).collect())
    }

    async fn cells(&mut self, statement: Statement) -> QueryResult<Vec<(i64, Vec<u8>)>> {
        let rows = statement.query::<Pg>().load::<CellsRow>(self.0).await?;
        Ok(rows.into_iter().map(Into::into).collect())
    }

    async fn facts(&mut self, statement: Statement, take: &mut (dyn FnMut(Fact) + Send)) -> QueryResult<()> {
        let mut rows = statement.query::<Pg>().load_stream::<FactRow>(self.0).await?;
        while let Some(row) = rows.try_next().await? {
            take(row.into());
        }
        Ok(())
    }

    async fn execute(&mut self, statement: Statement) -> QueryResult<usize> {
        statement.query::<Pg>().execute(self.0).await
    }
}

/// Answers from the rollups; `None` when the rows must be read instead.
pub(super) async fn answer(
    connection: &mut AsyncPgConnection,
    question: Question,
    filter: &Filter,
) -> QueryResult<Option<Answer>> {
    connection.batch_execute(READ).await?;
    let found = Answer::find(&mut Snapshot(connection), ROLLUPS, question, filter).await;
    end(connection, found).await
}

/// Computes totals and percentiles, from the rollups where possible.
pub(super) async fn stats(connection: &mut AsyncPgConnection, filter: &Filter) -> QueryResult<Stats> {
    connection.batch_execute(READ).await?;
    let found = async {
        let answer = Answer::find(&mut Snapshot(connection), ROLLUPS, Question::Stats, filter).await?;
        match answer.map(|answer| (answer.stats(), answer.few())) {
            Some((stats, None)) => Ok(stats),
            Some((_, Some(few))) => stats_of_rows(connection, &few).await,
            None => stats_of_rows(connection, filter).await,
        }
    };
    let found = found.await;
    end(connection, found).await
}

async fn stats_of_rows(connection: &mut AsyncPgConnection, filter: &Filter) -> QueryResult<Stats> {
    let statement = Queries::new(Dialect::Postgres).stats(filter);
    statement.query::<Pg>().get_result::<StatsRow>(connection).await.map(Into::into)
}

/// Computes the figures of a dashboard from the rollups; `None` when the rows must be read instead.
pub(super) async fn overview(
    connection: &mut AsyncPgConnection,
    filter: &Filter,
    bucket_seconds: u32,
    top: u32,
) -> QueryResult<Option<Overview>> {
    connection.batch_execute(READ).await?;
    let found = async {
        let found = rollup::overview(&mut Snapshot(connection), ROLLUPS, filter, bucket_seconds, top).await?;
        let Some((mut overview, few)) = found else { return Ok(None) };
        if let Some(few) = few {
            overview.stats = stats_of_rows(connection, &few).await?;
        }
        Ok(Some(overview))
    };
    let found = found.await;
    end(connection, found).await
}

/// Does a slice of the work, see [`actors::audit::AuditStore::roll_up`].
pub(super) async fn roll_up(connection: &mut AsyncPgConnection, now: i64) -> QueryResult<bool> {
    connection.batch_execute(WRITE).await?;
    let done = async {
        let Some(work) = Work::find(&mut Snapshot(connection), ROLLUPS, now).await? else { return Ok(false) };
        if work.settle(&mut Snapshot(connection), ROLLUPS).await? { Ok(true) } else { Err(Error::RollbackTransaction) }
    };
    let done = done.await;
    match end(connection, done).await {
        // A concurrent write; the next slice sees it.
        Err(Error::RollbackTransaction | Error::DatabaseError(DatabaseErrorKind::SerializationFailure, _)) => Ok(true),
        done => done,
    }
}

/// Ends the transaction.
async fn end<T>(connection: &mut AsyncPgConnection, outcome: QueryResult<T>) -> QueryResult<T> {
    match outcome {
        Ok(answer) => connection.batch_execute("COMMIT").await.map(|()| answer),
        Err(error) => {
            let _ = connection.batch_execute("ROLLBACK").await;
            Err(error)
        }
    }
}
