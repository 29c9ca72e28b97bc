//! Rows in the binary format of COPY. The order of columns is that of [`EVENT_COLUMNS`] and [`PAYLOAD_COLUMNS`].

use actors::audit::{Event, JsonText, Payload, Record};
use bytes::{BufMut as _, BytesMut};
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// Columns of an event, as they are written.
pub(super) const EVENT_COLUMNS: &str = "ts, id, duration_ms, first_byte_ms, request_id, session_id, user_subject, \
     user_email, auth_type, api_key_name, method, path, target, host, http_version, route_name, endpoint_group, status, \
     bytes_in, bytes_out, success, error_message, error_category, remote_addr, user_agent, source, instance, client_id, fingerprints";
const EVENT_FIELDS: i16 = 29;

/// Columns of a payload, as they are written.
pub(super) const PAYLOAD_COLUMNS: &str = "event_id, captured_at, request_headers, request_query, \
     request_content_type, request_body, request_size, request_truncated, request_remote_addr, response_headers, \
     response_content_type, response_body, response_size, response_truncated, replayed_from, masked";
const PAYLOAD_FIELDS: i16 = 16;

/// What a stream of rows begins with: signature, no flags, no extension.
const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
const END: i16 = -1;
const NULL: i32 = -1;
/// Version of the binary form of jsonb.
const JSONB: u8 = 1;
/// 2000-01-01, which PostgreSQL counts from, in microseconds of the Unix epoch.
const EPOCH_MICROS: i64 = 946_684_800_000_000;

/// Which rows a stream carries.
#[derive(Clone, Copy)]
pub(super) enum Table {
    Events,
    Payloads,
}

impl Table {
    /// Begins a stream.
    pub(super) fn begin(rows: &mut BytesMut) {
        rows.put_slice(HEADER);
    }

    /// Adds what the record has for this table.
    pub(super) fn add(self, rows: &mut BytesMut, record: &Record) {
        match self {
            Self::Events => event(rows, &record.event),
            Self::Payloads => {
                if let Some(of_record) = &record.payload {
                    payload(rows, &record.event, of_record);
                }
            }
        }
    }

    /// Ends a stream.
    pub(super) fn end(rows: &mut BytesMut) {
        rows.put_i16(END);
    }
}

fn event(rows: &mut BytesMut, event: &Event) {
    rows.put_i16(EVENT_FIELDS);
    time(rows, event.timestamp);
    id(rows, event.id);
    float(rows, event.duration_ms);
    match event.first_byte_ms {
        Some(first_byte_ms) => float(rows, first_byte_ms),
        None => rows.put_i32(NULL),
    }
    text(rows, &event.request_id);
    optional(rows, event.session_id.as_deref());
    optional(rows, event.user_subject.as_deref());
    optional(rows, event.user_email.as_deref());
    optional(rows, event.auth_type.as_deref());
    optional(rows, event.api_key_name.as_deref());
    text(rows, &event.method);
    text(rows, &event.path);
    text(rows, &event.target);
    text(rows, &event.host);
    text(rows, &event.http_version);
    optional(rows, event.route_name.as_deref());
    optional(rows, event.endpoint_group.as_deref());
    rows.put_i32(2);
    rows.put_u16(event.status);
    size(rows, event.bytes_in);
    size(rows, event.bytes_out);
    flag(rows, event.success);
    optional(rows, event.error_message.as_deref());
    optional(rows, event.error_category.as_deref());
    text(rows, &event.remote_addr);
    optional(rows, event.user_agent.as_deref());
    text(rows, event.source.as_str());
    text(rows, &event.instance);
    optional(rows, event.client_id.as_deref());
    optional(rows, event.fingerprints.as_text());
}

fn payload(rows: &mut BytesMut, event: &Event, payload: &Payload) {
    rows.put_i16(PAYLOAD_FIELDS);
    id(rows, event.id);
    time(rows, event.timestamp);
    json(rows, payload.request_headers.as_ref());
    json(rows, payload.request_query.as_ref());
    optional(rows, payload.request_content_type.as_deref());
    field(rows, &payload.request_body);
    size(rows, payload.request_size);
    flag(rows, payload.request_truncated);
    text(rows, &payload.request_remote_addr);
    json(rows, payload.response_headers.as_ref());
    optional(rows, payload.response_content_type.as_deref());
    field(rows, &payload.response_body);
    size(rows, payload.response_size);
    flag(rows, payload.response_truncated);
    match payload.replayed_from {
        Some(original) => id(rows, original),
        None => rows.put_i32(NULL),
    }
    rows.put_i32(2);
    rows.put_i16(payload.masked.bits().into());
}

/// Bytes with their length. A field holds far less than 2 GiB: bodies are captured up to 64 MiB.
fn field(rows: &mut BytesMut, bytes: &[u8]) {
    rows.put_i32(i32::try_from(bytes.len()).unwrap_or(i32::MAX));
    rows.put_slice(bytes);
}

fn text(rows: &mut BytesMut, text: &str) {
    field(rows, text.as_bytes());
}

fn optional(rows: &mut BytesMut, of_text: Option<&str>) {
    match of_text {
        Some(present) => text(rows, present),
        None => rows.put_i32(NULL),
    }
}

fn json(rows: &mut BytesMut, document: Option<&JsonText>) {
    let Some(document) = document else { return rows.put_i32(NULL) };
    let bytes = document.as_str().as_bytes();
    rows.put_i32(i32::try_from(bytes.len() + 1).unwrap_or(i32::MAX));
    rows.put_u8(JSONB);
    rows.put_slice(bytes);
}

fn time(rows: &mut BytesMut, time: DateTime<Utc>) {
    rows.put_i32(8);
    rows.put_i64(time.timestamp_micros() - EPOCH_MICROS);
}

fn id(rows: &mut BytesMut, id: Uuid) {
    field(rows, id.as_bytes());
}

fn float(rows: &mut BytesMut, number: f64) {
    rows.put_i32(8);
    rows.put_f64(number);
}

fn size(rows: &mut BytesMut, size: u64) {
    rows.put_i32(8);
    rows.put_i64(i64::try_from(size).unwrap_or(i64::MAX));
}

fn flag(rows: &mut BytesMut, flag: bool) {
    rows.put_i32(1);
    rows.put_u8(flag.into());
}
