//! Appending and removing.

use std::sync::Arc;

use actors::audit::{Event, Fingerprints, JsonText, Masked, Record, Source, Text, Wire};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use diesel::{
    ExpressionMethods as _, QueryableByName, RunQueryDsl as _, SqliteConnection,
    connection::SimpleConnection as _,
    insert_into,
    result::{Error, QueryResult},
    sql_query,
    sql_types::BigInt,
    sqlite::Sqlite,
};
use uuid::Uuid;

use super::rollups::ROLLUPS;
use crate::store::rollup::Parts;

/// Number of pages returned to the file system at a time: 4 MiB.
const SHRINK_PAGES: u32 = 1024;

/// Tables in diesel's notation.
pub(super) mod schema {
    /// SQL types of the kinds of columns.
    mod sql {
        pub(super) use diesel::sql_types::{BigInt, Binary};
        use diesel::sql_types::{Bool, Double, Integer, Nullable, SmallInt, Text};

        pub(super) type Real = Double;
        pub(super) type OptionalReal = Nullable<Double>;
        pub(super) type Line = Text;
        pub(super) type OptionalLine = Nullable<Text>;
        pub(super) type Word = Text;
        pub(super) type OptionalWord = Nullable<Text>;
        pub(super) type Status = Integer;
        pub(super) type Size = BigInt;
        pub(super) type Flag = Bool;
        pub(super) type Source = Text;
        pub(super) type Fingerprints = Nullable<Text>;
        pub(super) type OptionalJson = Nullable<Text>;
        pub(super) type Body = Binary;
        pub(super) type OptionalId = Nullable<Binary>;
        pub(super) type Masked = Nullable<SmallInt>;
        pub(super) type OptionalCount = Nullable<Integer>;
        pub(super) type Count = Integer;
    }

    macro_rules! events {
        ($($(#[doc = $about:literal])* $name:ident: $kind:ident,)*) => {
            diesel::table! {
                use super::sql::*;

                audit_events (id) {
                    ts -> BigInt,
                    id -> Binary,
                    $($name -> $kind,)*
                }
            }
        };
    }

    macro_rules! payloads {
        ($($(#[doc = $about:literal])* $name:ident: $kind:ident,)*) => {
            diesel::table! {
                use super::sql::*;

                audit_payloads (event_id) {
                    captured_at -> BigInt,
                    event_id -> Binary,
                    $($name -> $kind,)*
                }
            }
        };
    }

    macro_rules! wire {
        (
            facts { $($(#[doc = $about:literal])* $name:ident: $kind:ident,)* }
            rest { $($(#[doc = $about_rest:literal])* $rest:ident: $kind_rest:ident,)* }
        ) => {
            diesel::table! {
                use super::sql::*;

                audit_wire (event_id) {
                    ts -> BigInt,
                    event_id -> Binary,
                    $($name -> $kind,)*
                    $($rest -> $kind_rest,)*
                }
            }
        };
    }

    macro_rules! connections {
        ($($(#[doc = $about:literal])* $name:ident: $kind:ident,)*) => {
            diesel::table! {
                use super::sql::*;

                audit_connections (id) {
                    id -> Binary,
                    opened -> BigInt,
                    closed -> BigInt,
                    $($name -> $kind,)*
                }
            }
        };
    }

    actors::event_columns!(events);
    actors::payload_columns!(payloads);
    actors::wire_columns!(wire);
    actors::connection_columns!(connections);
}

use schema::{audit_events, audit_payloads, audit_wire};

/// Converts a field to a value for SQLite.
pub(super) trait Bound {
    type Value<'v>
    where
        Self: 'v;

    fn bound(&self) -> Self::Value<'_>;
}

macro_rules! bound {
    ($($kind:ty => $value:ty: $bound:expr;)*) => {
        $(impl Bound for $kind {
            type Value<'v> = $value;

            fn bound(&self) -> Self::Value<'_> {
                let bound: fn(&Self) -> Self::Value<'_> = $bound;
                bound(self)
            }
        })*
    };
}

bound! {
    f64 => f64: |number| *number;
    Option<f64> => Option<f64>: |number| *number;
    u16 => i32: |number| (*number).into();
    u64 => i64: |number| signed(*number);
    u32 => i32: |number| i32::try_from(*number).unwrap_or(i32::MAX);
    Option<u32> => Option<i32>: |number| number.map(|number| i32::try_from(number).unwrap_or(i32::MAX));
    bool => bool: |flag| *flag;
    String => &'v str: |text| text;
    Option<String> => Option<&'v str>: |text| text.as_deref();
    Text => &'v str: |text| text;
    Option<Text> => Option<&'v str>: |text| text.as_deref();
    Source => &'v str: |source| source.as_str();
    Fingerprints => Option<&'v str>: |fingerprints| fingerprints.as_text();
    Option<JsonText> => Option<&'v str>: |document| document.as_ref().map(JsonText::as_str);
    Bytes => &'v [u8]: |bytes| bytes;
    Option<Uuid> => Option<&'v [u8]>: |id| id.as_ref().map(|id| id.as_bytes().as_slice());
    Masked => Option<i16>: |masked| Some(masked.bits().into());
}

fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Writes a batch, all or nothing. With `again`, existing rows are skipped. `parts` are this writer's counts, as stored
/// in the database.
pub(super) fn append(
    connection: &mut SqliteConnection,
    parts: &mut Parts,
    batch: &[Arc<Record>],
    again: bool,
) -> QueryResult<()> {
    let mut counted = std::mem::take(parts);
    let mut done = transaction(connection, &mut counted, batch, again);
    if matches!(done, Err(Error::NotFound)) {
        // A part to be replaced is gone, because its minutes were recounted.
        counted = Parts::default();
        done = transaction(connection, &mut counted, batch, again);
    }
    if done.is_ok() {
        *parts = counted;
    }
    done
}

fn transaction(
    connection: &mut SqliteConnection,
    parts: &mut Parts,
    batch: &[Arc<Record>],
    again: bool,
) -> QueryResult<()> {
    // diesel's transaction is not used: when the disk is full SQLite has already rolled back, and the error of the
    // second rollback would hide the cause.
    connection.batch_execute("BEGIN IMMEDIATE")?;
    let done = insert(connection, batch, again)
        .and_then(|written| roll_up(connection, parts, written))
        .and_then(|()| connection.batch_execute("COMMIT"));
    if done.is_err() {
        let _ = connection.batch_execute("ROLLBACK");
    }
    done
}

/// Counts the events in their minutes. [`Error::NotFound`] when a part to be replaced is gone.
fn roll_up(connection: &mut SqliteConnection, parts: &mut Parts, written: Vec<&Event>) -> QueryResult<()> {
    for part in parts.count(written) {
        if ROLLUPS.put_part(&part).query::<Sqlite>().execute(connection)? != 1 {
            return Err(Error::NotFound);
        }
    }
    Ok(())
}

/// Inserts the rows and returns the events that were new.
fn insert<'b>(connection: &mut SqliteConnection, batch: &'b [Arc<Record>], again: bool) -> QueryResult<Vec<&'b Event>> {
    let mut written = Vec::with_capacity(batch.len());
    for record in batch {
        let Record { event, payload, wire } = &**record;
        let (id, at) = (event.id.as_bytes().as_slice(), event.timestamp.timestamp_micros());
        // NULL is written explicitly, so that one prepared statement serves all rows.
        macro_rules! values {
            ($($(#[doc = $about:literal])* $name:ident: $kind:ident,)*) => {(
                audit_events::ts.eq(at),
                audit_events::id.eq(id),
                $(audit_events::$name.eq(event.$name.bound()),)*
            )};
        }
        let row = insert_into(audit_events::table).values(actors::event_columns!(values));
        let rows = if again {
            row.on_conflict(audit_events::id).do_nothing().execute(connection)?
        } else {
            row.execute(connection)?
        };
        if rows > 0 {
            written.push(event);
        }
        if let Some(wire) = wire {
            insert_wire(connection, event, wire, again)?;
        }
        let Some(payload) = payload else { continue };
        macro_rules! values {
            ($($(#[doc = $about:literal])* $name:ident: $kind:ident,)*) => {(
                audit_payloads::captured_at.eq(at),
                audit_payloads::event_id.eq(id),
                $(audit_payloads::$name.eq(payload.$name.bound()),)*
            )};
        }
        let row = insert_into(audit_payloads::table).values(actors::payload_columns!(values));
        if again {
            row.on_conflict(audit_payloads::event_id).do_nothing().execute(connection)?;
        } else {
            row.execute(connection)?;
        }
    }
    Ok(written)
}

fn insert_wire(connection: &mut SqliteConnection, event: &Event, wire: &Wire, again: bool) -> QueryResult<()> {
    macro_rules! values {
        (
            facts { $($(#[doc = $about:literal])* $name:ident: $kind:ident,)* }
            rest { $($(#[doc = $about_rest:literal])* $rest:ident: $kind_rest:ident,)* }
        ) => {(
            audit_wire::ts.eq(event.timestamp.timestamp_micros()),
            audit_wire::event_id.eq(event.id.as_bytes().as_slice()),
            $(audit_wire::$name.eq(wire.$name.bound()),)*
            $(audit_wire::$rest.eq(wire.$rest.bound()),)*
        )};
    }
    let row = insert_into(audit_wire::table).values(actors::wire_columns!(values));
    if again {
        row.on_conflict(audit_wire::event_id).do_nothing().execute(connection)?;
    } else {
        row.execute(connection)?;
    }
    Ok(())
}

#[derive(QueryableByName)]
struct Pages {
    #[diesel(sql_type = BigInt)]
    free: i64,
    #[diesel(sql_type = BigInt)]
    all: i64,
}

/// Removes up to `chunk` events that began before `cutoff`, oldest first, with their payloads.
pub(super) fn delete_before(connection: &mut SqliteConnection, cutoff: DateTime<Utc>, chunk: u32) -> QueryResult<u64> {
    let removed = sql_query(
        "DELETE FROM audit_events WHERE rowid IN (SELECT rowid FROM audit_events WHERE ts < ? ORDER BY ts LIMIT ?)",
    )
    .bind::<BigInt, _>(cutoff.timestamp_micros())
    .bind::<BigInt, _>(i64::from(chunk))
    .execute(connection)?;
    if removed > 0 {
        shrink(connection)?;
    }
    Ok(removed as u64)
}

/// Returns free space to the file system while more than a quarter of the file is free. Less than that is kept for
/// coming events.
fn shrink(connection: &mut SqliteConnection) -> QueryResult<()> {
    let pages: Pages = sql_query(
        "SELECT freelist_count AS free, page_count AS \"all\" FROM pragma_freelist_count(), pragma_page_count()",
    )
    .get_result(connection)?;
    if pages.free > pages.all / 4 {
        connection.batch_execute(&format!("PRAGMA incremental_vacuum({SHRINK_PAGES})"))?;
    }
    Ok(())
}
