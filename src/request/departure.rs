//! How a client leaves before it has its whole answer.

use std::{cell::Cell, rc::Rc};

use h2::Reason;

/// How a client left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Departure {
    /// It closed its sending side (FIN).
    Closed,
    /// It reset the connection (RST).
    Reset,
    /// It took no byte of its answer for `server.write_timeout`.
    Stalled,
    /// It reset the stream with that code, while its connection stays (RFC 9113, section 6.4).
    Stream(Reason),
    /// What it sent on a stream breaks HTTP/2, so that the stream was reset.
    Malformed,
}

/// Texts for each code that RFC 9113, section 7 knows.
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
    /// Category on record, where the status does not tell.
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

    /// Message on record.
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

/// Tells the requests on a connection how their client left. Shared by both.
#[derive(Clone, Debug, Default)]
pub struct Departures(Rc<Cell<Option<Departure>>>);

impl Departures {
    /// Tells it to whoever asks from now on.
    pub fn tell(&self, departure: Departure) {
        self.0.set(Some(departure));
    }

    /// How the client left; `None` while it is there.
    #[must_use]
    pub fn told(&self) -> Option<Departure> {
        self.0.get()
    }
}
