//! How a client leaves before the response is complete.

use h2::Reason;

/// How a client left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Departure {
    /// The client closed its sending side (FIN).
    Closed,
    /// The client reset the connection (RST).
    Reset,
    /// The client accepted no byte of the response for `server.write_timeout`.
    Stalled,
    /// The client reset the stream with this code; the connection stays open (RFC 9113, section 6.4).
    Stream(Reason),
    /// The stream was reset because the request violates HTTP/2.
    Malformed,
}

/// Message for each error code of RFC 9113, section 7.
macro_rules! stream_was_reset {
    ($reason:expr => $($code:ident)*) => {
        match $reason {
            $(Reason::$code => {
                concat!("the client reset the stream (", stringify!($code), ") before the response was complete")
            })*
            _ => "the client reset the stream before the response was complete",
        }
    };
}

impl Departure {
    /// Returns the category for the audit trail; `None` when the status suffices.
    #[must_use]
    pub const fn category(self) -> Option<&'static str> {
        match self {
            Self::Closed => None,
            Self::Reset => Some("client_reset"),
            Self::Stalled => Some("write_timeout"),
            Self::Stream(_) => Some("stream_reset"),
            Self::Malformed => Some("malformed"),
        }
    }

    /// Returns the message for the audit trail.
    #[must_use]
    pub fn message(self) -> &'static str {
        match self {
            Self::Closed => "the client closed the connection before the response was complete",
            Self::Reset => "the client reset the connection before the response was complete",
            Self::Stalled => "the client took no byte of the response within server.write_timeout",
            Self::Stream(reason) => {
                stream_was_reset!(reason => NO_ERROR PROTOCOL_ERROR INTERNAL_ERROR FLOW_CONTROL_ERROR
                SETTINGS_TIMEOUT STREAM_CLOSED FRAME_SIZE_ERROR REFUSED_STREAM CANCEL COMPRESSION_ERROR CONNECT_ERROR
                ENHANCE_YOUR_CALM INADEQUATE_SECURITY HTTP_1_1_REQUIRED)
            }
            Self::Malformed => "the request broke HTTP/2: its stream was reset",
        }
    }
}
