//! Appends and removes.

use std::sync::Arc;

use actors::audit::{Event, JsonText, Payload, Record};
use chrono::{DateTime, Utc};
use diesel::{
    Insertable, QueryableByName, RunQueryDsl as _, SqliteConnection, connection::SimpleConnection as _, insert_into,
    result::QueryResult, sql_query, sql_types::BigInt,
};

/// Pages that are given back to the file system at a time: 4 MiB.
const SHRINK_PAGES: u32 = 1024;

mod schema {
    diesel::table! {
        audit_events (id) {
            ts -> BigInt,
            id -> Binary,
            duration_ms -> Double,
            first_byte_ms -> Nullable<Double>,
            request_id -> Text,
            session_id -> Nullable<Text>,
            user_subject -> Nullable<Text>,
            user_email -> Nullable<Text>,
            auth_type -> Nullable<Text>,
            api_key_name -> Nullable<Text>,
            method -> Text,
            path -> Text,
            target -> Text,
            host -> Text,
            http_version -> Text,
            route_name -> Nullable<Text>,
            endpoint_group -> Nullable<Text>,
            status -> Integer,
            bytes_in -> BigInt,
            bytes_out -> BigInt,
            success -> Bool,
            error_message -> Nullable<Text>,
            error_category -> Nullable<Text>,
            remote_addr -> Text,
            user_agent -> Nullable<Text>,
            source -> Text,
            instance -> Text,
            client_id -> Nullable<Text>,
            fingerprints -> Nullable<Text>,
        }
    }

    diesel::table! {
        audit_payloads (event_id) {
            captured_at -> BigInt,
            event_id -> Binary,
            request_headers -> Nullable<Text>,
            request_query -> Nullable<Text>,
            request_content_type -> Nullable<Text>,
            request_body -> Binary,
            request_size -> BigInt,
            request_truncated -> Bool,
            request_remote_addr -> Text,
            response_headers -> Nullable<Text>,
            response_content_type -> Nullable<Text>,
            response_body -> Binary,
            response_size -> BigInt,
            response_truncated -> Bool,
            replayed_from -> Nullable<Binary>,
            masked -> Nullable<SmallInt>,
        }
    }
}

use schema::{audit_events, audit_payloads};

// `None` is written as NULL rather than left out, so that one prepared statement serves all rows.
#[derive(Insertable)]
#[diesel(table_name = audit_events, treat_none_as_default_value = false)]
struct NewEvent<'r> {
    ts: i64,
    id: &'r [u8],
    duration_ms: f64,
    first_byte_ms: Option<f64>,
    request_id: &'r str,
    session_id: Option<&'r str>,
    user_subject: Option<&'r str>,
    user_email: Option<&'r str>,
    auth_type: Option<&'r str>,
    api_key_name: Option<&'r str>,
    method: &'r str,
    path: &'r str,
    target: &'r str,
    host: &'r str,
    http_version: &'r str,
    route_name: Option<&'r str>,
    endpoint_group: Option<&'r str>,
    status: i32,
    bytes_in: i64,
    bytes_out: i64,
    success: bool,
    error_message: Option<&'r str>,
    error_category: Option<&'r str>,
    remote_addr: &'r str,
    user_agent: Option<&'r str>,
    source: &'r str,
    instance: &'r str,
    client_id: Option<&'r str>,
    fingerprints: Option<&'r str>,
}

#[derive(Insertable)]
#[diesel(table_name = audit_payloads, treat_none_as_default_value = false)]
struct NewPayload<'r> {
    captured_at: i64,
    event_id: &'r [u8],
    request_headers: Option<&'r str>,
    request_query: Option<&'r str>,
    request_content_type: Option<&'r str>,
    request_body: &'r [u8],
    request_size: i64,
    request_truncated: bool,
    request_remote_addr: &'r str,
    response_headers: Option<&'r str>,
    response_content_type: Option<&'r str>,
    response_body: &'r [u8],
    response_size: i64,
    response_truncated: bool,
    replayed_from: Option<&'r [u8]>,
    masked: Option<i16>,
}

impl<'r> From<&'r Event> for NewEvent<'r> {
    fn from(event: &'r Event) -> Self {
        Self {
            ts: event.timestamp.timestamp_micros(),
            id: event.id.as_bytes(),
            duration_ms: event.duration_ms,
            first_byte_ms: event.first_byte_ms,
            request_id: &event.request_id,
            session_id: event.session_id.as_deref(),
            user_subject: event.user_subject.as_deref(),
            user_email: event.user_email.as_deref(),
            auth_type: event.auth_type.as_deref(),
            api_key_name: event.api_key_name.as_deref(),
            method: &event.method,
            path: &event.path,
            target: &event.target,
            host: &event.host,
            http_version: &event.http_version,
            route_name: event.route_name.as_deref(),
            endpoint_group: event.endpoint_group.as_deref(),
            status: event.status.into(),
            bytes_in: signed(event.bytes_in),
            bytes_out: signed(event.bytes_out),
            success: event.success,
            error_message: event.error_message.as_deref(),
            error_category: event.error_category.as_deref(),
            remote_addr: &event.remote_addr,
            user_agent: event.user_agent.as_deref(),
            source: event.source.as_str(),
            instance: &event.instance,
            client_id: event.client_id.as_deref(),
            fingerprints: event.fingerprints.as_text(),
        }
    }
}

impl<'r> NewPayload<'r> {
    fn of(event: &'r Event, payload: &'r Payload) -> Self {
        Self {
            captured_at: event.timestamp.timestamp_micros(),
            event_id: event.id.as_bytes(),
            request_headers: payload.request_headers.as_ref().map(JsonText::as_str),
            request_query: payload.request_query.as_ref().map(JsonText::as_str),
            request_content_type: payload.request_content_type.as_deref(),
            request_body: &payload.request_body,
            request_size: signed(payload.request_size),
            request_truncated: payload.request_truncated,
            request_remote_addr: &payload.request_remote_addr,
            response_headers: payload.response_headers.as_ref().map(JsonText::as_str),
            response_content_type: payload.response_content_type.as_deref(),
            response_body: &payload.response_body,
            response_size: signed(payload.response_size),
            response_truncated: payload.response_truncated,
            replayed_from: payload.replayed_from.as_ref().map(|id| id.as_bytes().as_slice()),
            masked: Some(payload.masked.bits().into()),
        }
    }
}

fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Writes a batch: all of it or nothing. With `again`, rows that are there are passed over.
pub(super) fn append(connection: &mut SqliteConnection, batch: &[Arc<Record>], again: bool) -> QueryResult<()> {
    // Not diesel's transaction: when the disk is full SQLite has rolled back already, and the complaint about the second
    // roll-back would be all that is told.
    connection.batch_execute("BEGIN IMMEDIATE")?;
    let done = insert(connection, batch, again).and_then(|()| connection.batch_execute("COMMIT"));
    if done.is_err() {
        let _ = connection.batch_execute("ROLLBACK");
    }
    done
}

fn insert(connection: &mut SqliteConnection, batch: &[Arc<Record>], again: bool) -> QueryResult<()> {
    for record in batch {
        let event = insert_into(audit_events::table).values(NewEvent::from(&record.event));
        if again {
            event.on_conflict(audit_events::id).do_nothing().execute(connection)?;
        } else {
            event.execute(connection)?;
        }
        let Some(payload) = &record.payload else { continue };
        let payload = insert_into(audit_payloads::table).values(NewPayload::of(&record.event, payload));
        if again {
            payload.on_conflict(audit_payloads::event_id).do_nothing().execute(connection)?;
        } else {
            payload.execute(connection)?;
        }
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

/// Removes up to `chunk` events that began before `cutoff`, the oldest first; their payloads go with them.
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

/// Gives some space back while more than a quarter of the file is free. Less than that is kept: events to come fill it.
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
