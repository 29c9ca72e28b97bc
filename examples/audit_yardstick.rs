//! Yardsticks of `make bench` for writing the audit trail: the same rows into the same tables, one by one and by COPY.
//!
//! `audit_yardstick URL SECONDS [rows|store|copy]…` migrates the schema, then writes for this many seconds with each
//! named writer (default all) and prints a line for each: `rows rows_per_second=1234.5 slowest_ms=9.1 rows=6172`, with
//! the slowest transaction.
//!
//! - `rows`: inserts event and payload row by row, one transaction each, by prepared statements
//! - `store`: the server's own store, in batches of 512
//! - `copy`: only text COPY of the same batches into both tables in one transaction: the limit of the tables
#![allow(clippy::print_stdout)]

use std::{
    fmt::Write as _,
    sync::Arc,
    time::{Duration, Instant},
};

use actors::audit::{AuditStore as _, Event, JsonText, Payload, Record};
use anyhow::Context as _;
use api_test::{config::DatabaseConfig, store::postgres::Postgres};
use bytes::Bytes;
use chrono::{DateTime, SubsecRound as _, Utc};
use futures_util::SinkExt as _;
use tokio_postgres::{Client, NoTls};
use uuid::{NoContext, Timestamp, Uuid};

const BATCH: usize = 512;

const EVENT: &str = "ts, id, duration_ms, first_byte_ms, request_id, user_subject, auth_type, api_key_name, method, path, \
                     target, host, http_version, route_name, endpoint_group, status, bytes_in, bytes_out, success, \
                     remote_addr, user_agent, source, instance";
const PAYLOAD: &str = "event_id, captured_at, request_headers, request_content_type, request_body, request_size, \
                       request_truncated, request_remote_addr, response_headers, response_content_type, response_body, \
                       response_size, response_truncated";

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().context("audit_yardstick URL SECONDS [rows|store|copy]…")?;
    let seconds: u64 = arguments.next().context("SECONDS is missing")?.parse()?;
    let mut writers: Vec<String> = arguments.collect();
    if writers.is_empty() {
        writers = ["rows", "store", "copy"].map(str::to_owned).to_vec();
    }
    let config = DatabaseConfig {
        url: Some(url.parse().context("not a database URL")?),
        max_open_conns: 4,
        max_idle_conns: 1,
        conn_max_lifetime: Duration::from_secs(3600),
    };
    let store = Postgres::open(&config, &url).await?;
    store.prepare_days(Utc::now(), 1).await?;
    for writer in writers {
        let deadline = Instant::now() + Duration::from_secs(seconds);
        let began = Instant::now();
        let (rows, slowest) = match writer.as_str() {
            "rows" => one_by_one(&connect(&url).await?, deadline).await?,
            "store" => by_store(&store, deadline).await?,
            "copy" => by_copy(&connect(&url).await?, deadline).await?,
            other => anyhow::bail!("unknown writer {other}"),
        };
        let per_second = rows as f64 / began.elapsed().as_secs_f64();
        println!(
            "{writer} rows_per_second={per_second:.1} slowest_ms={:.1} rows={rows}",
            slowest.as_secs_f64() * 1000.0
        );
    }
    Ok(())
}

async fn connect(url: &str) -> anyhow::Result<Client> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    client.batch_execute("SET TIME ZONE 'UTC'").await?;
    Ok(client)
}

async fn one_by_one(client: &Client, deadline: Instant) -> anyhow::Result<(u64, Duration)> {
    let places = |count: usize| (1..=count).map(|place| format!("${place}")).collect::<Vec<_>>().join(", ");
    let event = client.prepare(&format!("INSERT INTO audit_events ({EVENT}) VALUES ({})", places(23))).await?;
    let payload = client.prepare(&format!("INSERT INTO audit_payloads ({PAYLOAD}) VALUES ({})", places(13))).await?;
    let (mut rows, mut slowest) = (0, Duration::ZERO);
    while Instant::now() < deadline {
        let Record { event: e, payload: Some(p), .. } = record(rows) else { continue };
        let json = |text: &Option<JsonText>| -> anyhow::Result<serde_json::Value> {
            Ok(serde_json::from_str(text.as_ref().map_or("null", JsonText::as_str))?)
        };
        let (request_headers, response_headers) = (json(&p.request_headers)?, json(&p.response_headers)?);
        let began = Instant::now();
        client.batch_execute("BEGIN").await?;
        client
            .execute(
                &event,
                &[
                    &e.timestamp,
                    &e.id,
                    &e.duration_ms,
                    &e.first_byte_ms,
                    &e.request_id,
                    &e.user_subject,
                    &e.auth_type.as_deref(),
                    &e.api_key_name,
                    &&*e.method,
                    &e.path,
                    &e.target,
                    &e.host,
                    &&*e.http_version,
                    &e.route_name.as_deref(),
                    &e.endpoint_group.as_deref(),
                    &(e.status as i16),
                    &(e.bytes_in as i64),
                    &(e.bytes_out as i64),
                    &e.success,
                    &e.remote_addr,
                    &e.user_agent,
                    &e.source.as_str(),
                    &&*e.instance,
                ],
            )
            .await?;
        client
            .execute(
                &payload,
                &[
                    &e.id,
                    &e.timestamp,
                    &request_headers,
                    &p.request_content_type,
                    &&p.request_body[..],
                    &(p.request_size as i64),
                    &p.request_truncated,
                    &p.request_remote_addr,
                    &response_headers,
                    &p.response_content_type,
                    &&p.response_body[..],
                    &(p.response_size as i64),
                    &p.response_truncated,
                ],
            )
            .await?;
        client.batch_execute("COMMIT").await?;
        slowest = slowest.max(began.elapsed());
        rows += 1;
    }
    Ok((rows, slowest))
}

async fn by_store(store: &Postgres, deadline: Instant) -> anyhow::Result<(u64, Duration)> {
    let (mut rows, mut slowest) = (0, Duration::ZERO);
    while Instant::now() < deadline {
        let batch: Vec<Arc<Record>> = (0..BATCH as u64).map(|offset| Arc::new(record(rows + offset))).collect();
        let began = Instant::now();
        store.append(&batch, false).await?;
        slowest = slowest.max(began.elapsed());
        rows += BATCH as u64;
    }
    Ok((rows, slowest))
}

async fn by_copy(client: &Client, deadline: Instant) -> anyhow::Result<(u64, Duration)> {
    let into_events = client.prepare(&format!("COPY audit_events ({EVENT}) FROM STDIN")).await?;
    let into_payloads = client.prepare(&format!("COPY audit_payloads ({PAYLOAD}) FROM STDIN")).await?;
    let (mut rows, mut slowest) = (0, Duration::ZERO);
    while Instant::now() < deadline {
        let (mut events, mut payloads) = (String::new(), String::new());
        for offset in 0..BATCH as u64 {
            let record = record(rows + offset);
            event_line(&mut events, &record.event)?;
            payload_line(&mut payloads, &record)?;
        }
        let began = Instant::now();
        client.batch_execute("BEGIN").await?;
        for (statement, lines) in [(&into_events, events), (&into_payloads, payloads)] {
            let sink = client.copy_in(statement).await?;
            tokio::pin!(sink);
            sink.send(Bytes::from(lines)).await?;
            sink.finish().await?;
        }
        client.batch_execute("COMMIT").await?;
        slowest = slowest.max(began.elapsed());
        rows += BATCH as u64;
    }
    Ok((rows, slowest))
}

/// Escapes text for COPY, where only the backslashes of JSON need it.
fn event_line(lines: &mut String, e: &Event) -> std::fmt::Result {
    let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "\\N".to_owned());
    writeln!(
        lines,
        "{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}",
        e.timestamp.to_rfc3339(),
        e.id,
        e.duration_ms,
        e.first_byte_ms.unwrap_or_default(),
        e.request_id,
        text(&e.user_subject),
        e.auth_type.as_deref().unwrap_or("\\N"),
        text(&e.api_key_name),
        e.method,
        e.path,
        e.target,
        e.host,
        e.http_version,
        e.route_name.as_deref().unwrap_or("\\N"),
        e.endpoint_group.as_deref().unwrap_or("\\N"),
        e.status,
        e.bytes_in,
        e.bytes_out,
        e.success,
        e.remote_addr,
        text(&e.user_agent),
        e.source.as_str(),
        e.instance
    )
}

fn payload_line(lines: &mut String, record: &Record) -> std::fmt::Result {
    let (e, Some(p)) = (&record.event, &record.payload) else { return Ok(()) };
    let json = |text: &Option<JsonText>| text.as_ref().map_or("\\N", JsonText::as_str).replace('\\', "\\\\");
    let hex = |bytes: &[u8]| {
        bytes.iter().fold("\\\\x".to_owned(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    };
    writeln!(
        lines,
        "{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}",
        e.id,
        e.timestamp.to_rfc3339(),
        json(&p.request_headers),
        p.request_content_type.as_deref().unwrap_or("\\N"),
        hex(&p.request_body),
        p.request_size,
        p.request_truncated,
        p.request_remote_addr,
        json(&p.response_headers),
        p.response_content_type.as_deref().unwrap_or("\\N"),
        hex(&p.response_body),
        p.response_size,
        p.response_truncated
    )
}

/// Typical request of a gateway: 13 headers, a small body each way.
fn record(number: u64) -> Record {
    let now: DateTime<Utc> = Utc::now().trunc_subsecs(6);
    let seconds = u64::try_from(now.timestamp()).unwrap_or_default();
    let id = Uuid::new_v7(Timestamp::from_unix(NoContext, seconds, now.timestamp_subsec_nanos()));
    let request_id = Uuid::new_v4().simple().to_string();
    let path = format!("/v1/fixed/{}", number % 1000);
    let request_headers = format!(
        r#"{{"Accept":["application/json"],"Accept-Encoding":["gzip, deflate, br"],"Content-Length":["64"],"Content-Type":["application/json"],"Host":["gateway.example.org"],"Traceparent":["00-{request_id}-00f067aa0ba902b7-01"],"User-Agent":["gateway/1.27.3 (linux; amd64)"],"Via":["1.1 gateway"],"X-Api-Key":["[redacted]"],"X-Forwarded-For":["10.0.{}.{}"],"X-Forwarded-Host":["api.example.org"],"X-Forwarded-Proto":["https"],"X-Request-Id":["{request_id}"]}}"#,
        number % 7,
        number % 250
    );
    let response_headers = format!(
        r#"{{"Content-Length":["128"],"Content-Type":["application/json; charset=utf-8"],"Date":["{}"],"Vary":["Origin"],"X-Request-Id":["{request_id}"]}}"#,
        now.to_rfc2822()
    );
    let event = Event {
        duration_ms: 0.25 + (number % 100) as f64 / 100.0,
        first_byte_ms: Some(0.2),
        request_id,
        user_subject: Some(format!("key-{}", number % 20)),
        auth_type: Some("api_key".into()),
        api_key_name: Some(format!("key-{}", number % 20)),
        method: "GET".into(),
        target: path.clone(),
        path,
        host: "gateway.example.org".to_owned(),
        http_version: "HTTP/1.1".into(),
        route_name: Some("fixed".into()),
        endpoint_group: Some("data".into()),
        status: 200,
        bytes_in: 64,
        bytes_out: 128,
        success: true,
        remote_addr: "10.0.0.7:40312".to_owned(),
        user_agent: Some("gateway/1.27.3 (linux; amd64)".to_owned()),
        instance: "bench".into(),
        ..Event::new(id, now)
    };
    let body = |size: usize| Bytes::from(format!("{{\"number\":{number:020},\"text\":\"{}\"}}", "x".repeat(size - 41)));
    let payload = Payload {
        request_headers: Some(JsonText::new(request_headers)),
        request_content_type: Some("application/json".to_owned()),
        request_body: body(64),
        request_size: 64,
        request_remote_addr: "10.0.0.7:40312".to_owned(),
        response_headers: Some(JsonText::new(response_headers)),
        response_content_type: Some("application/json; charset=utf-8".to_owned()),
        response_body: body(128),
        response_size: 128,
        ..Payload::default()
    };
    Record { event, payload: Some(payload), wire: None }
}
