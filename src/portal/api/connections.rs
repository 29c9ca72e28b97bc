//! Connections that have ended, and single ones with the events of their requests.

use std::{borrow::Cow, sync::Arc};

use actix_web::http::{Method, StatusCode};
use actors::audit::{Connection, ConnectionFilter, Cursor, Filter, JsonText, Page, PeerFilter};
use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use super::{
    PortalApi, PortalCell,
    body_text::body_text,
    events::{CURSOR, LIMIT, id_of},
    filters::{ENDS, field},
    on,
    params::{Field, ParamKind, ParsedQuery},
    render::{self, EntryView},
    shapes,
};
use crate::endpoints::{Answer, Call, Fault, Outcome, Route, Text, answer::JSON};

/// Protocols of connections.
const PROTOCOLS: &[&str] = &["http/1", "http/2", "tap", "none"];
/// Maximum number of events that are shown with a connection.
const EVENTS_MAX: u32 = 1000;

static FILTERS: [Field; 5] = [
    field("from", ParamKind::Time, "Connections opened at or after this time (RFC 3339).", "2026-01-31T12:00:00Z"),
    field("to", ParamKind::Time, "Connections opened before this time (RFC 3339).", "2026-01-31T13:00:00Z"),
    field("remote_addr", ParamKind::Text, "Address of the peer, with or without port.", "127.0.0.1"),
    field("protocol", ParamKind::Word(PROTOCOLS), "What was spoken on the connection.", "http/1"),
    field("ended_by", ParamKind::Word(ENDS), "How the connection ended.", "client_fin"),
];
const ID: Text = Text::path("id", "Id of the connection.", "019a8d10-0000-7000-8000-000000000001");

/// Declares the route of the list.
pub(super) fn list(api: &Arc<PortalCell>) -> Route {
    let route = on(api, Method::GET, "audit_connections", "/api/v1/portal/audit/connections", page)
        .about("Matching connections that have ended, the latest opened first, with the total count.")
        .takes(&LIMIT)
        .takes(&CURSOR);
    FILTERS.iter().fold(route, |route, field| route.takes(field)).answers::<shapes::ConnectionsPage>(
        "200",
        "A page of connections.",
        json!({"connections": [shapes::connection_example()], "total": 1, "limit": 50}),
    )
}

/// Declares the route of a single connection.
pub(super) fn one(api: &Arc<PortalCell>) -> Route {
    let mut example = shapes::connection_example();
    example["events"] = json!([shapes::event_example()]);
    on(api, Method::GET, "audit_connection", "/api/v1/portal/audit/connections/{id}", connection)
        .about("One connection with the events of its requests, at most 1000. It is recorded when it ends.")
        .takes(&ID)
        .answers::<shapes::AuditConnectionRecord>("200", "The connection.", example)
        .answers::<shapes::Refusal>(
            "404",
            "Connection not found.",
            json!({"error": "no such connection", "code": "connection_not_found"}),
        )
}

async fn page(api: Arc<PortalApi>, call: Call, asked: ParsedQuery) -> Outcome {
    let reader = api.audit()?;
    let filter = filter(&asked)?;
    let limit = u32::try_from(LIMIT.count(&call.query())?).unwrap_or_default();
    let after = match asked.text(&CURSOR) {
        Some(text) => Some(Cursor::decode(text).ok_or_else(|| Fault::bad_request("cursor is malformed"))?),
        None => None,
    };
    let store = Arc::clone(&reader.connections);
    let body = reader
        .ask("connections", move |_| async move {
            // One more than requested tells whether there is a next page.
            let page = Page { after, offset: 0, limit: limit + 1 };
            let (rows, total) = tokio::try_join!(store.connections(&filter, page), store.count(&filter))?;
            let more = rows.len() > limit as usize;
            let rows = &rows[..rows.len().min(limit as usize)];
            // Rows may have been written between the two queries.
            let total = total.max(rows.len() as u64);
            let next_cursor = rows.last().filter(|_| more).map(|last| Cursor::after_connection(last).encode());
            let connections: Vec<_> = rows.iter().map(ConnectionView::of).collect();
            Ok(render::line(&ConnectionsView { connections, total, limit, next_cursor }))
        })
        .await?;
    Ok(Answer::bytes(StatusCode::OK, JSON, body))
}

fn filter(asked: &ParsedQuery) -> Result<ConnectionFilter, Fault> {
    let (from, to) = asked.span()?;
    Ok(ConnectionFilter {
        from,
        to,
        remote_addr: asked.one("remote_addr").map(PeerFilter::parse),
        protocol: asked.word("protocol", PROTOCOLS)?.map(str::to_owned),
        ended_by: asked.word("ended_by", ENDS)?.map(str::to_owned),
    })
}

async fn connection(api: Arc<PortalApi>, call: Call, _: ParsedQuery) -> Outcome {
    let reader = api.audit()?;
    let id = id_of(&call)?;
    let connections = Arc::clone(&reader.connections);
    let body = reader
        .ask("connection", move |store| async move {
            let Some(connection) = connections.get(id).await? else { return Ok(None) };
            // Requests begin after the connection was opened.
            let filter = Filter { from: Some(connection.opened), connection: Some(id), ..Filter::default() };
            let page = Page { after: None, offset: 0, limit: EVENTS_MAX };
            let mut entries = store.events(&filter, page).await?;
            entries.sort_by_key(|entry| {
                let number = entry.facts.as_ref().and_then(|facts| facts.request_on_connection);
                (number, entry.event.timestamp, entry.event.id)
            });
            let events = entries.iter().map(EntryView::of).collect();
            Ok(Some(render::line(&RecordView { connection: ConnectionView::of(&connection), events })))
        })
        .await?;
    body.map(|body| Answer::bytes(StatusCode::OK, JSON, body))
        .ok_or_else(|| Fault::new(StatusCode::NOT_FOUND, "no such connection").code("connection_not_found"))
}

#[derive(Serialize)]
struct ConnectionsView<'c> {
    connections: Vec<ConnectionView<'c>>,
    total: u64,
    limit: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

#[derive(Serialize)]
struct RecordView<'c> {
    #[serde(flatten)]
    connection: ConnectionView<'c>,
    events: Vec<EntryView<'c>>,
}

#[derive(Serialize)]
struct ConnectionView<'c> {
    id: Uuid,
    opened: String,
    closed: String,
    remote_addr: &'c str,
    local_port: u32,
    protocol: &'c str,
    tls: &'c Option<JsonText>,
    proxy: &'c Option<JsonText>,
    bytes_in: u64,
    bytes_out: u64,
    requests: u64,
    first_bytes: Cow<'c, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_bytes_encoding: Option<&'static str>,
    ended_by: &'c str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_message: Option<&'c str>,
    instance: &'c str,
}

impl<'c> ConnectionView<'c> {
    fn of(connection: &'c Connection) -> Self {
        let time = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Micros, true);
        let (first_bytes, first_bytes_encoding) = body_text(&connection.first_bytes, false);
        Self {
            id: connection.id,
            opened: time(connection.opened),
            closed: time(connection.closed),
            remote_addr: &connection.remote_addr,
            local_port: connection.local_port,
            protocol: &connection.protocol,
            tls: &connection.tls,
            proxy: &connection.proxy,
            bytes_in: connection.bytes_in,
            bytes_out: connection.bytes_out,
            requests: connection.requests,
            first_bytes,
            first_bytes_encoding,
            ended_by: &connection.ended_by,
            error_message: connection.error_message.as_deref(),
            instance: &connection.instance,
        }
    }
}
