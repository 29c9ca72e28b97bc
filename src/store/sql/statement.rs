//! SQL text with its bound values.

use chrono::{DateTime, Utc};
use diesel::{
    backend::Backend,
    pg::Pg,
    query_builder::{BoxedSqlQuery, SqlQuery},
    sql_query,
    sql_types::{BigInt, Binary, Bool, Double, Jsonb, Text, Timestamptz, Uuid as SqlUuid},
    sqlite::Sqlite,
};
use serde_json::Value;
use uuid::Uuid;

use crate::config::Dialect;

/// Value bound to a placeholder.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::store) enum Bind {
    Text(String),
    Int(i64),
    Float(f64),
    Bool(bool),
    /// Microseconds of the Unix epoch.
    Time(i64),
    Id(Uuid),
    Json(Value),
    Bytes(Vec<u8>),
}

/// A query, ready to run.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::store) struct Statement {
    pub(in crate::store) text: String,
    pub(in crate::store) binds: Vec<Bind>,
}

/// Database that accepts our values.
pub(in crate::store) trait Binds: Backend + Sized {
    /// Binds one more value.
    fn bind(query: BoxedSqlQuery<'static, Self, SqlQuery>, bind: Bind) -> BoxedSqlQuery<'static, Self, SqlQuery>;
}

impl Binds for Pg {
    fn bind(query: BoxedSqlQuery<'static, Self, SqlQuery>, bind: Bind) -> BoxedSqlQuery<'static, Self, SqlQuery> {
        match bind {
            Bind::Text(text) => query.bind::<Text, _>(text),
            Bind::Int(int) => query.bind::<BigInt, _>(int),
            Bind::Float(float) => query.bind::<Double, _>(float),
            Bind::Bool(bool) => query.bind::<Bool, _>(bool),
            Bind::Time(micros) => query.bind::<Timestamptz, _>(time(micros)),
            Bind::Id(id) => query.bind::<SqlUuid, _>(id),
            Bind::Json(value) => query.bind::<Jsonb, _>(value),
            Bind::Bytes(bytes) => query.bind::<Binary, _>(bytes),
        }
    }
}

impl Binds for Sqlite {
    fn bind(query: BoxedSqlQuery<'static, Self, SqlQuery>, bind: Bind) -> BoxedSqlQuery<'static, Self, SqlQuery> {
        match bind {
            Bind::Text(text) => query.bind::<Text, _>(text),
            Bind::Int(int) | Bind::Time(int) => query.bind::<BigInt, _>(int),
            Bind::Float(float) => query.bind::<Double, _>(float),
            Bind::Bool(bool) => query.bind::<Bool, _>(bool),
            Bind::Id(id) => query.bind::<Binary, _>(id.into_bytes().to_vec()),
            Bind::Json(value) => query.bind::<Text, _>(value.to_string()),
            Bind::Bytes(bytes) => query.bind::<Binary, _>(bytes),
        }
    }
}

impl Statement {
    /// Converts the statement to a diesel query.
    pub(in crate::store) fn query<DB: Binds>(self) -> BoxedSqlQuery<'static, DB, SqlQuery> {
        self.binds.into_iter().fold(sql_query(self.text).into_boxed(), DB::bind)
    }
}

/// First microsecond of the year 1.
const FIRST: i64 = -62_135_596_800_000_000;
/// Last microsecond of the year 9999.
const LAST: i64 = 253_402_300_799_999_999;

/// Converts microseconds to a time, limited to the years that RFC 3339 can express: a cursor may contain any number.
pub(super) fn time(micros: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(micros.clamp(FIRST, LAST)).unwrap_or_default()
}

/// Query under construction.
pub(in crate::store) struct Draft {
    pub(in crate::store) dialect: Dialect,
    binds: Vec<Bind>,
}

impl Draft {
    pub(in crate::store) fn new(dialect: Dialect) -> Self {
        Self { dialect, binds: Vec::new() }
    }

    /// Binds a value and returns its placeholder, which may be used more than once.
    pub(in crate::store) fn hold(&mut self, bind: Bind) -> String {
        self.binds.push(bind);
        self.dialect.placeholder(self.binds.len())
    }

    pub(in crate::store) fn finish(self, text: String) -> Statement {
        Statement { text, binds: self.binds }
    }
}
