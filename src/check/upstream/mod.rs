//! The upstream behind the gateway: told for each probe what to answer, and asked afterwards what arrived.

mod raw;

use std::future::Future;

use super::{message::Message, probe::Script};
pub(crate) use raw::{MARK, RawUpstream};

/// A request that arrived at the upstream.
#[derive(Clone, Debug)]
pub(crate) struct Arrival {
    /// Number among the arrivals of its probe, from 1.
    pub attempt: usize,
    /// Connection it came on; connections are numbered from 1.
    pub connection: u64,
    /// Number of the request on its connection, from 1.
    pub on_connection: u64,
    /// Milliseconds since the upstream began, when the head was complete.
    pub at_ms: u64,
    /// The request.
    pub arrived: Message,
    /// The answer, read back from the bytes that were sent. `None` when nothing was sent.
    pub answered: Option<Message>,
    /// Bytes of the answer, as they were sent.
    pub sent: Vec<u8>,
    /// The upstream's script has come to its end.
    pub settled: bool,
    /// The peer had left before the script ended.
    pub left_early: bool,
}

/// A failure of the upstream itself.
#[derive(Debug, thiserror::Error)]
#[error("the upstream failed: {0}")]
pub(crate) struct UpstreamError(pub String);

/// The upstream, in this process or a running server.
pub(crate) trait Upstream: Sync {
    /// Says how a probe is answered. Unknown probes get [`Script::plain`].
    fn register(&self, id: &str, script: Script) -> impl Future<Output = Result<(), UpstreamError>> + Send;

    /// Returns what arrived of a probe; waits a moment for exchanges that have not ended.
    fn collect(&self, id: &str) -> impl Future<Output = Result<Vec<Arrival>, UpstreamError>> + Send;
}
