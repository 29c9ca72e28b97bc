//! The object `connection` of the wire document.

use chrono::SecondsFormat;
use serde::Serialize;
use serde_json::Value;

use super::{super::facts::timestamp, shown::millis};
use crate::{
    request::{ProxyFacts, RequestFacts, TlsFacts},
    wire::peer::peer_text,
};

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
}

impl Connection {
    /// Describes the connection of a request.
    pub(super) fn new(facts: &RequestFacts) -> Self {
        let connection = &*facts.connection;
        Self {
            peer: connection.socket_peer.map(peer_text),
            local_port: connection.local.map(|local| local.port()),
            opened: timestamp(connection.opened).to_rfc3339_opts(SecondsFormat::Micros, true),
            idle_ms: facts.idle.map(millis),
            tls: connection.tls.as_deref().map(TlsFacts::json),
            proxy: connection.proxy.as_deref().map(ProxyFacts::json),
            stream: facts.stream,
        }
    }
}
