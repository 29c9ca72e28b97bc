//! Queries in SQLite's dialect, and their rows.

use diesel::{QueryableByName, RunQueryDsl as _, SqliteConnection, result::QueryResult, sqlite::Sqlite as Backend};

use crate::{
    config::Dialect,
    store::sql::{Queries, Statement},
};

/// Builds all queries of this store.
pub(super) const QUERIES: Queries = Queries::new(Dialect::Sqlite);

/// Returns all rows of a query.
pub(super) fn rows<R, T>(statement: Statement, connection: &mut SqliteConnection) -> QueryResult<Vec<T>>
where
    R: QueryableByName<Backend> + Into<T> + 'static,
{
    let rows = statement.query().load::<R>(connection)?;
    Ok(rows.into_iter().map(Into::into).collect())
}
