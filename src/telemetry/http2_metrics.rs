//! Metrics of HTTP/2: frames that end streams and connections.

use prometheus::{IntCounterVec, Opts, Registry};

/// Counts of frames that end streams and connections.
#[derive(Clone, Debug)]
pub struct Http2Metrics {
    resets: IntCounterVec,
    goaways: IntCounterVec,
}

/// Sender of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender {
    /// The client.
    Client,
    /// The server, or its library, as protection against a client.
    Server,
}

impl Sender {
    const fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
        }
    }
}

impl Http2Metrics {
    /// Registers the metrics.
    ///
    /// # Errors
    /// When two metrics share a name: a defect of the program, found at boot.
    pub(super) fn new(registry: &Registry) -> prometheus::Result<Self> {
        let resets = IntCounterVec::new(
            Opts::new("api_test_http2_resets_total", "Streams on HTTP/2 that were reset, by sender and error code"),
            &["sender", "code"],
        )?;
        let goaways = IntCounterVec::new(
            Opts::new(
                "api_test_http2_goaways_total",
                "GOAWAY frames, by sender and error code: ENHANCE_YOUR_CALM from the server is a flood that it refused",
            ),
            &["sender", "code"],
        )?;
        registry.register(Box::new(resets.clone()))?;
        registry.register(Box::new(goaways.clone()))?;
        Ok(Self { resets, goaways })
    }

    /// Counts a stream that `sender` reset with `code`.
    pub fn stream_reset(&self, sender: Sender, code: u32) {
        self.resets.with_label_values(&[sender.name(), code_name(code)]).inc();
    }

    /// Counts a GOAWAY of `sender` with `code`.
    pub fn goaway(&self, sender: Sender, code: u32) {
        self.goaways.with_label_values(&[sender.name(), code_name(code)]).inc();
    }
}

/// Names of the error codes (RFC 9113, section 7).
const fn code_name(code: u32) -> &'static str {
    match code {
        0 => "NO_ERROR",
        1 => "PROTOCOL_ERROR",
        2 => "INTERNAL_ERROR",
        3 => "FLOW_CONTROL_ERROR",
        4 => "SETTINGS_TIMEOUT",
        5 => "STREAM_CLOSED",
        6 => "FRAME_SIZE_ERROR",
        7 => "REFUSED_STREAM",
        8 => "CANCEL",
        9 => "COMPRESSION_ERROR",
        10 => "CONNECT_ERROR",
        11 => "ENHANCE_YOUR_CALM",
        12 => "INADEQUATE_SECURITY",
        13 => "HTTP_1_1_REQUIRED",
        _ => "unknown",
    }
}
