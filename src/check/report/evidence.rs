//! Evidence: the bytes of the four messages of the exchanges behind a finding, secrets masked.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};

use crate::check::{declaration::Exchange, probe::find, runner::Outcome};

/// Most bytes that are kept of one message.
const KEPT: usize = 16 * 1024;

/// Exchanges of each check.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Evidence {
    /// By the check's id; `ground` holds the plain calls.
    pub checks: BTreeMap<String, Vec<Shown>>,
}

/// One exchange.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Shown {
    /// Name of the probe.
    pub probe: String,
    /// Bytes that were sent.
    pub sent: Octets,
    /// Requests that arrived, one for each attempt: head and body without its framing.
    pub arrived: Vec<Octets>,
    /// When and on which connection each of them arrived.
    pub attempts: Vec<Attempt>,
    /// Answers, as they were sent.
    pub answered: Vec<Octets>,
    /// Bytes that came back.
    pub got: Octets,
    /// How the exchange ended for the client.
    pub ended: String,
    /// Milliseconds it took.
    pub took_ms: u64,
}

/// Facts of an arrival.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Attempt {
    /// Milliseconds since the upstream began to listen.
    pub at_ms: u64,
    /// Number of the connection.
    pub connection: u64,
    /// Number of the request on it.
    pub request_on_connection: u64,
}

/// Bytes: text, or base64 where they are no UTF-8.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Octets {
    /// UTF-8.
    Text(String),
    /// Anything else.
    Base64 {
        /// The bytes.
        base64: String,
    },
}

impl Octets {
    fn new(bytes: &[u8], secrets: &[Vec<u8>]) -> Self {
        let mut bytes = bytes[..bytes.len().min(KEPT)].to_vec();
        for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
            while let Some(at) = find(&bytes, secret) {
                bytes.splice(at..at + secret.len(), *b"[redacted]");
            }
        }
        match String::from_utf8(bytes) {
            Ok(text) => Self::Text(text),
            Err(error) => Self::Base64 { base64: STANDARD.encode(error.as_bytes()) },
        }
    }

    /// The bytes.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Text(text) => text.clone().into_bytes(),
            Self::Base64 { base64 } => STANDARD.decode(base64).unwrap_or_default(),
        }
    }
}

impl Shown {
    fn new(exchange: &Exchange, secrets: &[Vec<u8>]) -> Self {
        let octets = |bytes: &[u8]| Octets::new(bytes, secrets);
        Self {
            probe: exchange.probe.to_owned(),
            sent: octets(&exchange.sent_bytes),
            arrived: exchange
                .arrivals
                .iter()
                .map(|arrival| octets(&[arrival.arrived.raw_head.as_slice(), &arrival.arrived.body].concat()))
                .collect(),
            attempts: exchange
                .arrivals
                .iter()
                .map(|arrival| Attempt {
                    at_ms: arrival.at_ms,
                    connection: arrival.connection,
                    request_on_connection: arrival.on_connection,
                })
                .collect(),
            answered: exchange.arrivals.iter().map(|arrival| octets(&arrival.sent)).collect(),
            got: octets(&exchange.received.raw),
            ended: ended(exchange),
            took_ms: exchange.received.took_ms,
        }
    }
}

/// Says how an exchange ended for the client.
fn ended(exchange: &Exchange) -> String {
    let mut said = exchange.received.responses.last().map(|last| last.ended.to_string()).unwrap_or_default();
    if let Some(sending) = &exchange.received.sending {
        said.push_str(&format!(", sending: {sending}"));
    }
    if exchange.received.closed {
        said.push_str(", closed by the gateway");
    }
    said
}

impl Evidence {
    /// Collects the evidence of a run. `secrets` are values that must not be shown.
    pub(crate) fn new(ground: &[Exchange], outcomes: &[Outcome], secrets: &[Vec<u8>]) -> Self {
        let show = |list: &[Exchange]| list.iter().map(|exchange| Shown::new(exchange, secrets)).collect::<Vec<_>>();
        let mut checks: BTreeMap<String, Vec<Shown>> = BTreeMap::new();
        checks.insert("ground".to_owned(), show(ground));
        for outcome in outcomes {
            checks.insert(outcome.id.to_owned(), show(&outcome.exchanges));
        }
        Self { checks }
    }
}
