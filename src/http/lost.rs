//! Connections that end before their first request can be read.

use std::{io, sync::Arc};

use actors::audit::Text;
use bytes::Bytes;

use crate::{
    audit::{ConnectionEnd, Recorder},
    request::{ConnectionFacts, EndedBy},
    telemetry::metrics::Metrics,
    wire::peer::peer_text,
};

/// How a connection ended before HTTP.
#[derive(Debug)]
pub(super) struct Lost {
    /// What was being done.
    pub(super) stage: Stage,
    /// How it ended.
    pub(super) ended_by: EndedBy,
    /// What went wrong; `None` for a client that left without a byte, as health checks of load balancers do.
    pub(super) message: Option<String>,
    /// First bytes of the client, at most [`Lost::FIRST_MAX`].
    pub(super) first: Bytes,
}

/// Step between the accepted socket and HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// The PROXY header.
    Proxy,
    /// The TLS handshake.
    Tls,
}

impl Lost {
    /// Maximum number of first bytes that are kept.
    pub(super) const FIRST_MAX: usize = 256;

    /// Creates the end of a connection whose client was refused.
    pub(super) fn refused(stage: Stage, message: String, seen: &[u8]) -> Self {
        Self { stage, ended_by: EndedBy::ServerClose, message: Some(message), first: first(seen) }
    }

    /// Creates the end of a connection whose client was too slow.
    pub(super) fn timed_out(stage: Stage, seen: &[u8]) -> Self {
        let late = if seen.is_empty() { "the client's first byte" } else { stage.name() };
        let message = format!("{late} took longer than server.read_header_timeout");
        Self { stage, ended_by: EndedBy::Timeout, message: Some(message), first: first(seen) }
    }

    /// Creates the end of a connection whose client sent nothing more.
    pub(super) fn closed(stage: Stage, seen: &[u8]) -> Self {
        let message = format!("the client closed the connection during {}", stage.name());
        Self { stage, ended_by: EndedBy::ClientFin, message: (!seen.is_empty()).then_some(message), first: first(seen) }
    }

    /// Creates the end of a connection whose socket failed.
    pub(super) fn reset(stage: Stage, error: &io::Error, seen: &[u8]) -> Self {
        let message = format!("the connection broke during {}: {error}", stage.name());
        Self {
            stage,
            ended_by: EndedBy::ClientReset,
            message: (!seen.is_empty()).then_some(message),
            first: first(seen),
        }
    }
}

/// Counts, logs and records lost connections.
#[derive(Clone)]
pub(super) struct Losses {
    metrics: Metrics,
    recorder: Option<Arc<Recorder>>,
}

impl Losses {
    pub(super) fn new(metrics: Metrics, recorder: Option<Arc<Recorder>>) -> Self {
        Self { metrics, recorder }
    }

    pub(super) fn tell(&self, facts: &ConnectionFacts, lost: &Lost) {
        let Lost { stage, ended_by, message, first } = lost;
        if let Some(recorder) = &self.recorder {
            let end = ConnectionEnd {
                protocol: "none",
                bytes_in: first.len() as u64,
                bytes_out: 0,
                requests: 0,
                first_bytes: first,
                ended_by: *ended_by,
                error: message.clone().map(Text::Owned),
            };
            recorder.connection_ended(facts, end);
        }
        if let Some(message) = message {
            let ended_by = ended_by.as_str();
            self.metrics.record_failed_connection(stage.label(), ended_by);
            log::info!(
                stage = stage.label(), ended_by = ended_by, error = message.as_str(),
                first_bytes = first.len(), remote_addr = facts.peer().map_or_else(String::new, peer_text);
                "connection failed"
            );
        }
    }
}

impl Stage {
    /// Returns its name in metrics.
    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Proxy => "proxy",
            Self::Tls => "tls",
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Proxy => "the PROXY header",
            Self::Tls => "the TLS handshake",
        }
    }
}

fn first(seen: &[u8]) -> Bytes {
    Bytes::copy_from_slice(&seen[..seen.len().min(Lost::FIRST_MAX)])
}
