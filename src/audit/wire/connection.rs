//! Connections on record: the object `connection` of the wire document, and the row of a connection that has ended.

use actors::audit::{self, JsonText, Text};
use bytes::Bytes;
use chrono::SecondsFormat;
use serde::Serialize;
use serde_json::Value;

use super::{
    super::{
        Recorder,
        facts::{now, timestamp},
        kept::exact,
        masker::Masker,
    },
    frames::{Settings, ShownFrame},
    malformed::Malformed,
    shown::millis,
};
use crate::{
    request::{ConnectionFacts, EndedBy, ProxyFacts, RequestFacts, TlsFacts},
    wire::peer::peer_text,
};

/// Maximum number of frames in one document.
const FRAMES_MAX: usize = 24;

/// The connection of a request.
#[derive(Serialize)]
pub(super) struct Connection {
    /// Other end of the socket.
    #[serde(skip_serializing_if = "Option::is_none")]
    peer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    local_port: Option<u16>,
    /// Time when it was accepted.
    opened: String,
    /// Milliseconds for which it was idle before the head's first byte.
    #[serde(skip_serializing_if = "Option::is_none")]
    idle_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tls: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    proxy: Option<Value>,
    /// HTTP/2 stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    stream: Option<u32>,
    /// Settings of the HTTP/2 client.
    #[serde(skip_serializing_if = "Option::is_none")]
    settings: Option<Settings>,
    /// Newest frames of the stream and of the connection, at most [`FRAMES_MAX`].
    #[serde(skip_serializing_if = "Vec::is_empty")]
    frames: Vec<ShownFrame>,
}

impl Connection {
    /// Describes the connection of a request.
    pub(super) fn new(facts: &RequestFacts) -> Self {
        let settings = facts.frames.as_ref().map(|frames| Settings(frames.settings()));
        let frames = facts.frames.as_ref().map_or_else(Vec::new, |frames| {
            let frames = frames.of_stream(facts.stream.unwrap_or_default(), FRAMES_MAX);
            frames.into_iter().map(|frame| ShownFrame::new(frame, facts.head_at)).collect()
        });
        let idle_ms = facts.idle.map(millis);
        Self { idle_ms, stream: facts.stream, settings, frames, ..Self::of(&facts.connection) }
    }

    /// Describes a connection without regard to a request.
    fn of(connection: &ConnectionFacts) -> Self {
        Self {
            peer: connection.socket_peer.map(peer_text),
            local_port: connection.local.map(|local| local.port()),
            opened: timestamp(connection.opened).to_rfc3339_opts(SecondsFormat::Micros, true),
            idle_ms: None,
            tls: connection.tls.as_deref().map(TlsFacts::json),
            proxy: connection.proxy.as_deref().map(ProxyFacts::json),
            stream: None,
            settings: None,
            frames: Vec::new(),
        }
    }
}

/// Returns the object `connection` of a connection without requests.
pub(in crate::audit) fn connection_json(connection: &ConnectionFacts) -> Value {
    serde_json::to_value(Connection::of(connection)).unwrap_or_default()
}

/// The end of a connection.
pub struct ConnectionEnd<'e> {
    /// `http/1`, `http/2`, or `none` when neither was understood.
    pub protocol: &'static str,
    /// Bytes received, without TLS.
    pub bytes_in: u64,
    /// Bytes sent, without TLS.
    pub bytes_out: u64,
    /// Number of requests that were understood.
    pub requests: u64,
    /// First bytes; empty once a request was understood. Those of HTTP/2 are not recorded.
    pub first_bytes: &'e [u8],
    /// How it ended.
    pub ended_by: EndedBy,
    /// What went wrong, in one sentence.
    pub error: Option<Text>,
}

impl Recorder {
    /// Records a connection that has ended. Never waits.
    pub fn connection_ended(&self, facts: &ConnectionFacts, end: ConnectionEnd<'_>) {
        let json = |value: Value| JsonText::new(value.to_string());
        let row = audit::Connection {
            remote_addr: facts.peer().map_or_else(String::new, peer_text),
            local_port: facts.local.map_or(0, |local| local.port().into()),
            protocol: Text::Borrowed(end.protocol),
            tls: facts.tls.as_deref().map(TlsFacts::json).map(json),
            proxy: facts.proxy.as_deref().map(ProxyFacts::json).map(json),
            bytes_in: end.bytes_in,
            bytes_out: end.bytes_out,
            requests: end.requests,
            first_bytes: self.first_bytes(&end),
            ended_by: Text::Borrowed(end.ended_by.as_str()),
            error_message: end.error,
            instance: self.instance.clone(),
            ..audit::Connection::new(facts.id, timestamp(facts.opened), timestamp(now()))
        };
        self.sink.record_connection(row);
    }

    /// Returns the first bytes with secrets masked; none when headers are not recorded, and none of HTTP/2, whose
    /// compressed fields (RFC 7541) hide secrets from the masking.
    fn first_bytes(&self, end: &ConnectionEnd<'_>) -> Bytes {
        let bytes = end.first_bytes;
        if bytes.is_empty() || !self.headers || end.protocol == "http/2" {
            return Bytes::new();
        }
        let malformed = Malformed::read(bytes);
        let head = malformed.head();
        let masker = Masker::new(&self.redactor, &self.finder, &head, malformed.split().1);
        exact(malformed.masked(&self.redactor, &masker, None).0.into())
    }
}
