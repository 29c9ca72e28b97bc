//! How a client leaves before it has its whole answer.

use std::{cell::Cell, rc::Rc};

/// How a client left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Departure {
    /// It closed its sending side (FIN).
    Closed,
    /// It reset the connection (RST).
    Reset,
    /// It took no byte of its answer for `server.write_timeout`.
    Stalled,
}

impl Departure {
    /// Category on record, where the status does not tell.
    pub(super) const fn category(self) -> Option<&'static str> {
        match self {
            Self::Closed => None,
            Self::Reset => Some("client_reset"),
            Self::Stalled => Some("write_timeout"),
        }
    }

    /// Message on record.
    pub(super) const fn message(self) -> &'static str {
        match self {
            Self::Closed => "the client closed the connection before the response was complete",
            Self::Reset => "the client reset the connection before the response was complete",
            Self::Stalled => "the client took no byte of the response within server.write_timeout",
        }
    }
}

/// Tells the requests on a connection how their client left. Shared by both.
#[derive(Clone, Debug, Default)]
pub(super) struct Departures(Rc<Cell<Option<Departure>>>);

impl Departures {
    pub(super) fn tell(&self, departure: Departure) {
        self.0.set(Some(departure));
    }

    pub(super) fn told(&self) -> Option<Departure> {
        self.0.get()
    }
}
