//! HAR 1.2: an archive of HTTP exchanges that browsers' developer tools and most HTTP clients read.
//!
//! Fields that start with `_` are extensions, which the format allows.

use std::borrow::Cow;

use actors::audit::{JsonText, Payload, Record, Source};
use serde::Serialize;
use uuid::Uuid;

use super::{body_text::body_text, render::append};
use crate::{
    build_info,
    wire::{Query, percent, reason_phrase},
};

/// Writes archives.
pub(super) struct Har {
    scheme: &'static str,
}

#[derive(Serialize)]
struct Creator {
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct HarEntry<'r> {
    started_date_time: String,
    /// Sum of the timings in milliseconds.
    time: f64,
    request: Request<'r>,
    response: Response<'r>,
    cache: Cache,
    timings: Timings,
    #[serde(rename = "_id")]
    id: Uuid,
    #[serde(rename = "_request_id")]
    request_id: &'r str,
    #[serde(rename = "_source")]
    source: Source,
    #[serde(rename = "_route_name", skip_serializing_if = "Option::is_none")]
    route_name: Option<&'r str>,
    #[serde(rename = "_error_message", skip_serializing_if = "Option::is_none")]
    error_message: Option<&'r str>,
    #[serde(rename = "_remote_addr")]
    remote_addr: &'r str,
    #[serde(rename = "_replayed_from", skip_serializing_if = "Option::is_none")]
    replayed_from: Option<Uuid>,
}

#[derive(Serialize)]
struct Cache {}

/// Durations in milliseconds; -1 where the server can't know.
#[derive(Serialize)]
struct Timings {
    blocked: f64,
    dns: f64,
    connect: f64,
    send: f64,
    wait: f64,
    receive: f64,
    ssl: f64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Request<'r> {
    method: &'r str,
    url: String,
    http_version: &'r str,
    cookies: [(); 0],
    headers: Vec<Pair>,
    query_string: Vec<Pair>,
    #[serde(skip_serializing_if = "Option::is_none")]
    post_data: Option<PostData<'r>>,
    headers_size: i64,
    body_size: u64,
    #[serde(rename = "_truncated")]
    truncated: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PostData<'r> {
    mime_type: &'r str,
    text: Cow<'r, str>,
    #[serde(rename = "_encoding", skip_serializing_if = "Option::is_none")]
    encoding: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Response<'r> {
    status: u16,
    status_text: &'static str,
    http_version: &'r str,
    cookies: [(); 0],
    headers: Vec<Pair>,
    content: Content<'r>,
    #[serde(rename = "redirectURL")]
    redirect_url: String,
    headers_size: i64,
    body_size: u64,
    #[serde(rename = "_truncated")]
    truncated: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Content<'r> {
    size: u64,
    mime_type: &'r str,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<Cow<'r, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    encoding: Option<&'static str>,
}

#[derive(Serialize)]
struct Pair {
    name: String,
    value: String,
}

impl Har {
    /// Creates a writer. `tls`: the server terminates TLS itself.
    pub(super) const fn new(tls: bool) -> Self {
        Self { scheme: if tls { "https" } else { "http" } }
    }

    /// Writes the part before the entries.
    pub(super) fn begin(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(br#"{"log":{"version":"1.2","creator":"#);
        append(out, &Creator { name: "api-test", version: build_info::VERSION });
        out.extend_from_slice(br#","entries":["#);
    }

    /// Writes the part after the entries.
    pub(super) fn end(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"\n]}}\n");
    }

    /// Writes one entry.
    pub(super) fn append(&self, out: &mut Vec<u8>, record: &Record) {
        append(out, &self.entry(record));
    }

    fn entry<'r>(&self, record: &'r Record) -> HarEntry<'r> {
        let event = &record.event;
        let payload = record.payload.as_ref();
        let time = event.duration_ms.max(0.0);
        let wait = event.first_byte_ms.unwrap_or(time).clamp(0.0, time);
        HarEntry {
            started_date_time: event.timestamp.to_rfc3339_opts(chrono::SecondsFormat::Micros, true),
            time,
            request: self.request(record),
            response: response(record),
            cache: Cache {},
            timings: Timings {
                blocked: -1.0,
                dns: -1.0,
                connect: -1.0,
                send: 0.0,
                wait,
                receive: time - wait,
                ssl: -1.0,
            },
            id: event.id,
            request_id: &event.request_id,
            source: event.source,
            route_name: event.route_name.as_deref(),
            error_message: event.error_message.as_deref(),
            remote_addr: &event.remote_addr,
            replayed_from: payload.and_then(|payload| payload.replayed_from),
        }
    }

    fn request<'r>(&self, record: &'r Record) -> Request<'r> {
        let event = &record.event;
        let payload = record.payload.as_ref();
        let host = if event.host.is_empty() { "localhost" } else { &event.host };
        // A target may be an absolute URL (RFC 9112, section 3.2.2).
        let target = uri(&event.target);
        let url = match target.starts_with('/') {
            true => format!("{}://{host}{target}", self.scheme),
            false if target.contains("://") => target,
            false => format!("{}://{host}/{target}", self.scheme),
        };
        let query = event.target.split_once('?').map_or("", |(_, query)| query);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Request {
            method: &event.method,
            url,
            http_version: &event.http_version,
            cookies: [],
            headers: payload.map_or_else(Vec::new, |payload| pairs(payload.request_headers.as_ref())),
            query_string: Query::parse(query)
                .pairs()
                .map(|(name, value)| Pair { name: text(&name), value: text(&value) })
                .collect(),
            post_data: payload.filter(|payload| !payload.request_body.is_empty()).map(post_data),
            headers_size: -1,
            body_size: event.bytes_in,
            truncated: payload.is_some_and(|payload| payload.request_truncated),
        }
    }
}

/// Escapes characters of a target that a URI can't contain: the brackets of `[redacted]`, and anything that a lax
/// client sent.
fn uri(target: &str) -> String {
    let mut uri = String::with_capacity(target.len() + 8);
    for letter in target.chars() {
        match letter {
            '!' | '$'..='/' | '0'..=';' | '=' | '?'..='Z' | '_' | 'a'..='z' | '~' => uri.push(letter),
            other => uri.push_str(&percent::encode(other.encode_utf8(&mut [0; 4]))),
        }
    }
    uri
}

fn post_data(payload: &Payload) -> PostData<'_> {
    let (text, encoding) = body_text(&payload.request_body, payload.request_truncated);
    PostData { mime_type: payload.request_content_type.as_deref().unwrap_or(UNKNOWN_TYPE), text, encoding }
}

/// Media type of a body without `Content-Type` (RFC 9110, section 8.3).
const UNKNOWN_TYPE: &str = "application/octet-stream";

fn response(record: &Record) -> Response<'_> {
    let event = &record.event;
    let payload = record.payload.as_ref();
    let headers = payload.map_or_else(Vec::new, |payload| pairs(payload.response_headers.as_ref()));
    let body = payload.filter(|payload| !payload.response_body.is_empty());
    let (text, encoding) = match body.map(|payload| body_text(&payload.response_body, payload.response_truncated)) {
        Some((text, encoding)) => (Some(text), encoding),
        None => (None, None),
    };
    let location = headers.iter().find(|pair| pair.name == "Location").map(|pair| pair.value.clone());
    Response {
        status: event.status,
        status_text: match event.status {
            499 => "Client Closed Request",
            status => reason_phrase(status),
        },
        http_version: &event.http_version,
        cookies: [],
        headers,
        content: Content {
            size: event.bytes_out,
            mime_type: payload.and_then(|payload| payload.response_content_type.as_deref()).unwrap_or_default(),
            text,
            encoding,
        },
        redirect_url: location.unwrap_or_default(),
        headers_size: -1,
        body_size: event.bytes_out,
        truncated: payload.is_some_and(|payload| payload.response_truncated),
    }
}

/// Returns recorded headers, one pair for each value.
fn pairs(headers: Option<&JsonText>) -> Vec<Pair> {
    let Some(headers) = headers else { return Vec::new() };
    named(headers)
        .into_iter()
        .flat_map(|(name, values)| values.into_iter().map(move |value| Pair { name: name.clone(), value }))
        .collect()
}

/// Parses recorded name → values; empty when the JSON has another shape.
pub(super) fn named(text: &JsonText) -> Vec<(String, Vec<String>)> {
    let Ok(map) = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(text.as_str()) else {
        return Vec::new();
    };
    let texts = |values: serde_json::Value| match values {
        serde_json::Value::Array(values) => {
            values.into_iter().filter_map(|value| value.as_str().map(str::to_owned)).collect()
        }
        serde_json::Value::String(value) => vec![value],
        _ => Vec::new(),
    };
    map.into_iter().map(|(name, values)| (name, texts(values))).collect()
}
