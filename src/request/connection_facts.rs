//! What is known of the connection that a request arrived on.

use std::{
    net::SocketAddr,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use uuid::{NoContext, Timestamp, Uuid};

use super::{ProxyFacts, TlsFacts};

/// Facts of a connection that don't change after its TLS handshake. Its requests share them.
#[derive(Clone, Debug)]
pub struct ConnectionFacts {
    /// UUID version 7 with the time of `opened`.
    pub id: Uuid,
    /// Time when the connection was accepted, since the Unix epoch.
    pub opened: Duration,
    /// Address of the other end of the socket: a proxy's, where there is one. `None` when the socket was already
    /// disconnected.
    pub socket_peer: Option<SocketAddr>,
    /// Local address of the socket.
    pub local: Option<SocketAddr>,
    /// Facts of TLS; `None` on a plain connection.
    pub tls: Option<Box<TlsFacts>>,
    /// Facts of the PROXY header; `None` without one.
    pub proxy: Option<Box<ProxyFacts>>,
}

impl ConnectionFacts {
    /// Creates the facts of a connection that was accepted just now.
    #[must_use]
    pub fn new(socket_peer: Option<SocketAddr>, local: Option<SocketAddr>) -> Self {
        let opened = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let id = Uuid::new_v7(Timestamp::from_unix(NoContext, opened.as_secs(), opened.subsec_nanos()));
        Self { id, opened, socket_peer, local, tls: None, proxy: None }
    }

    /// Returns the address of the client: the source in the PROXY header, or else the other end of the socket.
    #[must_use]
    pub fn peer(&self) -> Option<SocketAddr> {
        self.proxy.as_ref().and_then(|proxy| proxy.source).or(self.socket_peer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::Tlv;

    fn proxied(source: Option<SocketAddr>) -> ConnectionFacts {
        let proxy = ProxyFacts {
            version: 2,
            is_local: source.is_none(),
            transport: "tcp4",
            source,
            destination: None,
            paths: None,
            tlvs: vec![
                Tlv { kind: 2, value: b"a.example".to_vec(), length: 9 },
                Tlv { kind: 9, value: vec![0], length: 2 },
            ],
            tlv_count: 3,
            bytes: 40,
        };
        let mut facts = ConnectionFacts::new("[::1]:7".parse().ok(), None);
        facts.proxy = Some(Box::new(proxy));
        facts
    }

    #[test]
    fn the_client_is_the_source_of_the_proxy_header_where_it_has_one() {
        let client = "192.0.2.1:5".parse().ok();
        assert_eq!(proxied(client).peer(), client);
        assert_eq!(proxied(None).peer(), "[::1]:7".parse().ok());
        assert_eq!(ConnectionFacts::new(client, None).peer(), client);
    }

    #[test]
    fn the_id_has_the_time_of_opening() {
        let facts = ConnectionFacts::new(None, None);
        let (seconds, nanos) = facts.id.get_timestamp().map(|time| time.to_unix()).unwrap_or_default();
        assert_eq!((seconds, nanos / 1_000_000), (facts.opened.as_secs(), facts.opened.subsec_millis()));
    }

    #[test]
    fn facts_of_the_header_go_on_record_as_text_or_bytes() {
        let json = proxied("192.0.2.1:5".parse().ok()).proxy.map(|proxy| proxy.json().to_string());
        let wanted = r#"{"version":2,"command":"proxy","transport":"tcp4","source":"192.0.2.1:5","tlvs":[{"type":2,"name":"authority","value":"a.example"},{"type":9,"value":{"base64":"AA=="},"length":2}],"tlv_count":3,"bytes":40}"#;
        assert_eq!(json.as_deref(), Some(wanted));
    }
}
