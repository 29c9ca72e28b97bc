//! How an exchange or a connection ended.

/// How an exchange ended: a request and its response. Connections end in the same ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndedBy {
    /// The response was sent completely. On a connection: it ended while it was idle.
    Complete,
    /// The client closed its sending side (FIN, on TLS also `close_notify`).
    ClientFin,
    /// The client reset the connection (RST), or on HTTP/2 the stream.
    ClientReset,
    /// The server closed the connection before the exchange was complete.
    ServerClose,
    /// The server reset the connection, or on HTTP/2 the stream.
    ServerReset,
    /// A limit of time was reached.
    Timeout,
    /// The server stopped.
    Shutdown,
}

impl EndedBy {
    /// All ways.
    pub const ALL: [Self; 7] = [
        Self::Complete,
        Self::ClientFin,
        Self::ClientReset,
        Self::ServerClose,
        Self::ServerReset,
        Self::Timeout,
        Self::Shutdown,
    ];

    /// Returns the name in rows, filters and bodies.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::ClientFin => "client_fin",
            Self::ClientReset => "client_reset",
            Self::ServerClose => "server_close",
            Self::ServerReset => "server_reset",
            Self::Timeout => "timeout",
            Self::Shutdown => "shutdown",
        }
    }
}

/// The end of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// How it ended.
    pub by: EndedBy,
    /// Error code of the RST_STREAM that ended it (RFC 9113, section 7).
    pub code: Option<u32>,
}

impl From<EndedBy> for Ended {
    fn from(by: EndedBy) -> Self {
        Self { by, code: None }
    }
}
