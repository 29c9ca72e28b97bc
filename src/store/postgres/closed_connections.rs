//! Connections that have ended.

use std::{collections::HashSet, sync::Arc};

use actors::{
    audit::{Connection, JsonText, Text},
    store::StoreError,
};
use bytes::Bytes;
use chrono::{DateTime, NaiveDate, Utc};
use tokio::sync::Mutex;
use tokio_postgres::{Error, Statement, types::ToSql};
use uuid::Uuid;

use super::{
    connect::{Connector, Link},
    days::{self, Days},
    errors::{classify, describe, lacks_partition},
};
use crate::store::columns::{self, ColumnKind};

/// Attempts of one append when a partition is dropped concurrently.
const ATTEMPTS: u32 = 3;

/// Connection to the database of its own, kept between batches, so that events never wait for it.
#[derive(Default)]
pub(super) struct ConnectionWriter {
    kept: Mutex<WriterState>,
}

#[derive(Default)]
struct WriterState {
    line: Option<Line>,
    closed: bool,
}

/// Connection with its prepared statement.
struct Line {
    link: Link,
    insert: Statement,
}

impl Line {
    async fn open(connector: &Connector) -> Result<Self, StoreError> {
        let link = connector.link().await?;
        let insert = link.client.prepare(&insert()).await;
        let insert = insert.map_err(|error| StoreError::Unavailable(describe(&error)))?;
        Ok(Self { link, insert })
    }
}

impl ConnectionWriter {
    /// Writes a batch, see [`actors::audit::ConnectionStore::append`].
    pub(super) async fn append(
        &self,
        connector: &Connector,
        days: &Days,
        batch: &[Arc<Connection>],
    ) -> Result<(), StoreError> {
        let mut kept = self.kept.lock().await;
        if kept.closed {
            return Err(StoreError::Unavailable("closed".to_owned()));
        }
        let needed: HashSet<NaiveDate> = batch.iter().map(|row| days::of(row.opened)).collect::<Result<_, _>>()?;
        let mut last = None;
        for _ in 0..ATTEMPTS {
            // Dropped, and so closed, after an error or when the caller gives up.
            let line = match kept.line.take().filter(|line| !line.link.client.is_closed()) {
                Some(line) => line,
                None => Line::open(connector).await?,
            };
            match write(&line, days, &needed, batch).await {
                Ok(()) => {
                    kept.line = Some(line);
                    return Ok(());
                }
                Err(error) if lacks_partition(&error) => {
                    days.forget();
                    last = Some(error);
                }
                Err(error) => return Err(classify(&error)),
            }
        }
        // A partition that keeps vanishing is not the fault of a row.
        let reason = last.map_or_else(String::new, |error| describe(&error));
        Err(StoreError::Unavailable(reason))
    }

    /// Closes the connection for good.
    pub(super) async fn close(&self) {
        *self.kept.lock().await = WriterState { line: None, closed: true };
    }
}

/// Returns the statement that inserts rows from arrays, one for each column.
fn insert() -> String {
    let mut types = vec!["uuid", "timestamptz", "timestamptz"];
    let mut selected = "id, opened, closed".to_owned();
    for column in columns::CONNECTION {
        let (array, cast) = match column.kind {
            ColumnKind::Size => ("bigint", ""),
            ColumnKind::Count => ("integer", ""),
            ColumnKind::Body => ("bytea", ""),
            ColumnKind::OptionalJson => ("text", "::json"),
            _ => ("text", ""),
        };
        types.push(array);
        selected += &format!(", {}{cast}", column.name);
    }
    let arrays: Vec<String> = (1..).zip(&types).map(|(number, name)| format!("${number}::{name}[]")).collect();
    let names = columns::of_connection();
    format!(
        "INSERT INTO audit_connections ({names}) SELECT {selected} FROM unnest({}) AS rows ({names}) \
         ON CONFLICT (opened, id) DO NOTHING",
        arrays.join(", ")
    )
}

async fn write(line: &Line, days: &Days, needed: &HashSet<NaiveDate>, batch: &[Arc<Connection>]) -> Result<(), Error> {
    let client = &line.link.client;
    for day in needed {
        days.ensure(client, *day).await?;
    }
    let ids: Vec<Uuid> = batch.iter().map(|row| row.id).collect();
    let opened: Vec<DateTime<Utc>> = batch.iter().map(|row| row.opened).collect();
    let closed: Vec<DateTime<Utc>> = batch.iter().map(|row| row.closed).collect();
    macro_rules! arrays {
        ($($(#[doc = $about:literal])* $name:ident: $kind:ident,)*) => {
            vec![$(Parameter::array(batch.iter().map(|row| &row.$name)),)*]
        };
    }
    let arrays: Vec<Array<'_>> = actors::connection_columns!(arrays);
    let mut parameters: Vec<&(dyn ToSql + Sync)> = vec![&ids, &opened, &closed];
    parameters.extend(arrays.iter().map(|array| &**array as &(dyn ToSql + Sync)));
    client.execute(&line.insert, &parameters).await.map(drop)
}

type Array<'a> = Box<dyn ToSql + Send + Sync + 'a>;

/// Value that is sent in an array of its column.
trait Parameter {
    fn array<'a>(values: impl Iterator<Item = &'a Self>) -> Array<'a>
    where
        Self: 'a;
}

macro_rules! parameters {
    ($($kind:ty => |$value:ident| $sent:expr;)*) => {
        $(impl Parameter for $kind {
            fn array<'a>(values: impl Iterator<Item = &'a Self>) -> Array<'a> {
                Box::new(values.map(|$value| $sent).collect::<Vec<_>>())
            }
        })*
    };
}

parameters! {
    String => |text| text.as_str();
    Text => |text| text.as_ref();
    Option<Text> => |text| text.as_deref();
    Option<JsonText> => |document| document.as_ref().map(JsonText::as_str);
    Bytes => |bytes| &**bytes;
    u32 => |count| i32::try_from(*count).unwrap_or(i32::MAX);
    u64 => |count| i64::try_from(*count).unwrap_or(i64::MAX);
}
