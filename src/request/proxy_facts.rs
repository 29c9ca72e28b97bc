//! What a proxy in front of the server says of its client.

use std::net::SocketAddr;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};

use crate::wire::peer::peer_text;

/// Contents of a PROXY header (HAProxy's "The PROXY protocol", versions 1 and 2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProxyFacts {
    /// 1 or 2.
    pub version: u8,
    /// Whether the proxy speaks for itself (LOCAL), as for a health check. Then its addresses don't count.
    pub is_local: bool,
    /// Transport between client and proxy: `tcp4`, `tcp6`, `udp4`, `udp6`, `unix`, `unix-datagram` or `unknown`.
    pub transport: &'static str,
    /// Address of the client.
    pub source: Option<SocketAddr>,
    /// Address that the client connected to.
    pub destination: Option<SocketAddr>,
    /// Paths of the client's and the proxy's socket, for `unix` and `unix-datagram`.
    pub paths: Option<Box<[Vec<u8>; 2]>>,
    /// Further facts of version 2, in order; at most [`TLVS_MAX`](Self::TLVS_MAX).
    pub tlvs: Vec<Tlv>,
    /// Number of all further facts, including those that are not kept.
    pub tlv_count: usize,
    /// Bytes of the header.
    pub bytes: usize,
}

/// Further fact of a PROXY header, version 2: type, length, value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tlv {
    /// Type.
    pub kind: u8,
    /// First bytes of the value, at most [`ProxyFacts::TLV_BYTES_MAX`].
    pub value: Vec<u8>,
    /// Length of the value.
    pub length: usize,
}

impl ProxyFacts {
    /// Maximum number of further facts that are kept.
    pub const TLVS_MAX: usize = 32;
    /// Maximum number of bytes kept of each.
    pub const TLV_BYTES_MAX: usize = 256;

    /// Returns the facts as they go on record. Absent facts are left out.
    #[must_use]
    pub fn json(&self) -> Value {
        let mut facts = Map::new();
        facts.insert("version".to_owned(), self.version.into());
        facts.insert("command".to_owned(), if self.is_local { "local" } else { "proxy" }.into());
        facts.insert("transport".to_owned(), self.transport.into());
        for (name, address) in [("source", self.source), ("destination", self.destination)] {
            if let Some(address) = address {
                facts.insert(name.to_owned(), peer_text(address).into());
            }
        }
        if let Some(paths) = &self.paths {
            let [source, destination] = &**paths;
            facts.insert("source".to_owned(), text(source));
            facts.insert("destination".to_owned(), text(destination));
        }
        if !self.tlvs.is_empty() {
            facts.insert("tlvs".to_owned(), self.tlvs.iter().map(Tlv::json).collect());
        }
        if self.tlv_count > self.tlvs.len() {
            facts.insert("tlv_count".to_owned(), self.tlv_count.into());
        }
        facts.insert("bytes".to_owned(), self.bytes.into());
        Value::Object(facts)
    }
}

impl Tlv {
    /// Returns the name of its type; `None` for one that is not assigned.
    #[must_use]
    pub const fn name(&self) -> Option<&'static str> {
        Some(match self.kind {
            0x01 => "alpn",
            0x02 => "authority",
            0x03 => "crc32c",
            0x04 => "noop",
            0x05 => "unique_id",
            SSL => "ssl",
            0x30 => "netns",
            0xea => "aws",
            0xee => "azure",
            _ => return None,
        })
    }

    fn json(&self) -> Value {
        let mut fact = Map::new();
        fact.insert("type".to_owned(), self.kind.into());
        if let Some(name) = self.name() {
            fact.insert("name".to_owned(), name.into());
        }
        let ssl = if self.kind == SSL { self.ssl() } else { None };
        fact.insert("value".to_owned(), ssl.unwrap_or_else(|| text(&self.value)));
        if self.length > self.value.len() {
            fact.insert("length".to_owned(), self.length.into());
        }
        Value::Object(fact)
    }
}

/// Type of what a proxy says of TLS between the client and itself (section 2.2.6).
const SSL: u8 = 0x20;

impl Tlv {
    /// Takes the value of [`SSL`] apart; `None` when it is malformed or not kept whole.
    fn ssl(&self) -> Option<Value> {
        let ([client, verify @ ..], mut rest) = self.value.split_first_chunk::<5>()?;
        let mut facts = Map::new();
        facts.insert("client".to_owned(), (*client).into());
        facts.insert("verify".to_owned(), u32::from_be_bytes(*verify).into());
        while !rest.is_empty() {
            let ([kind, high, low], after) = rest.split_first_chunk::<3>()?;
            let (value, after) = after.split_at_checked(usize::from(u16::from_be_bytes([*high, *low])))?;
            let name = match kind {
                0x21 => "version".to_owned(),
                0x22 => "common_name".to_owned(),
                0x23 => "cipher".to_owned(),
                0x24 => "signature_algorithm".to_owned(),
                0x25 => "key_algorithm".to_owned(),
                other => other.to_string(),
            };
            facts.insert(name, text(value));
            rest = after;
        }
        Some(Value::Object(facts))
    }
}

/// Bytes as text where they are printable, and otherwise as `{"base64": …}`.
fn text(bytes: &[u8]) -> Value {
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.chars().any(char::is_control) => text.into(),
        _ => json!({"base64": STANDARD.encode(bytes)}),
    }
}
