//! Stores and records for the tests.

use std::{sync::Arc, time::Duration};

use actors::audit::{Event, JsonText, Payload, Record, Wire};
use chrono::{DateTime, SubsecRound as _, Utc};
use uuid::{NoContext, Timestamp, Uuid};

use super::cluster::Database;
use crate::{config::DatabaseConfig, store::postgres::Postgres};

/// Returns the configuration of a database.
pub(super) fn config(url: &str) -> DatabaseConfig {
    DatabaseConfig {
        url: Some(url.parse().unwrap()),
        max_open_conns: 10,
        max_idle_conns: 2,
        conn_max_lifetime: Duration::from_secs(3600),
    }
}

pub(super) async fn open(url: &str) -> Postgres {
    Postgres::open(&config(url), url).await.unwrap()
}

/// Creates a database with a store in it.
pub(super) async fn fresh() -> (Database, Postgres) {
    let database = Database::empty();
    let store = open(&database.url()).await;
    (database, store)
}

/// Returns a successful event with a payload.
pub(super) fn record_at(timestamp: DateTime<Utc>) -> Record {
    let timestamp = timestamp.trunc_subsecs(6);
    let seconds = u64::try_from(timestamp.timestamp()).unwrap();
    let id = Uuid::new_v7(Timestamp::from_unix(NoContext, seconds, timestamp.timestamp_subsec_nanos()));
    let event = Event {
        duration_ms: 1.5,
        first_byte_ms: Some(0.5),
        request_id: format!("request-{id}"),
        user_subject: Some("ci".to_owned()),
        auth_type: Some("api_key".into()),
        api_key_name: Some("ci".to_owned()),
        client_id: Some("gateway".to_owned()),
        method: "POST".into(),
        path: "/v1/echo".to_owned(),
        target: "/v1/echo?a=1".to_owned(),
        host: "localhost:8080".to_owned(),
        http_version: "HTTP/1.1".into(),
        route_name: Some("echo".into()),
        endpoint_group: Some("echo".into()),
        status: 200,
        bytes_in: 5,
        bytes_out: 5,
        success: true,
        remote_addr: "127.0.0.1:4711".to_owned(),
        user_agent: Some("tests".to_owned()),
        instance: "here".into(),
        ..Event::new(id, timestamp)
    };
    let payload = Payload {
        request_headers: Some(JsonText::new(r#"{"Host":["localhost:8080"]}"#)),
        request_query: Some(JsonText::new(r#"{"a":["1"]}"#)),
        request_content_type: Some("text/plain".to_owned()),
        request_body: "hello".into(),
        request_size: 5,
        request_remote_addr: "127.0.0.1:4711".to_owned(),
        response_headers: Some(JsonText::new(r#"{"Content-Type":["text/plain"]}"#)),
        response_content_type: Some("text/plain".to_owned()),
        response_body: "hello".into(),
        response_size: 5,
        ..Payload::default()
    };
    let wire = Wire {
        connection_id: Some(Uuid::from_u128(1)),
        request_on_connection: Some(1),
        ended_by: "complete".into(),
        request_head: "POST /v1/echo?a=1 HTTP/1.1\r\nHost: localhost:8080\r\n\r\n".into(),
        response_head: "HTTP/1.1 200 OK\r\n\r\n".into(),
        document: Some(JsonText::new(r#"{"request":{"framing":"none"}}"#)),
        ..Wire::default()
    };
    Record { event, payload: Some(payload), wire: Some(wire) }
}

/// Returns `size` records with the current time.
pub(super) fn batch(size: usize) -> Vec<Arc<Record>> {
    (0..size).map(|_| Arc::new(record_at(Utc::now()))).collect()
}

/// Returns a record whose headers PostgreSQL rejects, because they are not JSON.
pub(super) fn poisoned() -> Arc<Record> {
    let mut record = record_at(Utc::now());
    if let Some(payload) = &mut record.payload {
        payload.request_headers = Some(JsonText::new("{\"a\":"));
    }
    Arc::new(record)
}

/// Returns a record whose record below HTTP PostgreSQL rejects.
pub(super) fn poisoned_wire() -> Arc<Record> {
    let mut record = record_at(Utc::now());
    if let Some(wire) = &mut record.wire {
        wire.document = Some(JsonText::new("{\"request\":"));
    }
    Arc::new(record)
}
