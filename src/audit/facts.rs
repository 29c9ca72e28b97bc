//! Facts about a request that its capture does not collect itself: where an internal request comes from, how a request
//! ended, and the id and the time of its event.

use std::{
    cell::Cell,
    net::SocketAddr,
    rc::Rc,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use actix_web::{HttpMessage as _, HttpRequest, http::header::HeaderValue};
use actors::{
    Identity,
    audit::{Source, Text},
};
use chrono::{DateTime, Utc};
use uuid::{NoContext, Timestamp, Uuid};

use super::Kept;
use crate::request::{Ended, RequestFacts, RequestHead, Target};

/// Origin of an internal request. It is kept in the request's extensions, where no client can put anything.
#[derive(Debug)]
pub struct Origin {
    /// Identity of the sender. Used when the request carries no API key of its own.
    pub identity: Arc<Identity>,
    /// Part of the portal that sends it.
    pub source: Source,
    /// Portal session of the sender.
    pub session_id: Option<String>,
    /// Event whose request is replayed.
    pub replayed_from: Option<Uuid>,
    /// Id of the request's event, set once the request was recorded (or dropped by a full queue).
    pub event_id: Cell<Option<Uuid>>,
}

impl Origin {
    /// Returns the origin of an internal request; `None` for an external one.
    #[must_use]
    pub fn of(request: &HttpRequest) -> Option<Rc<Self>> {
        request.extensions().get::<Rc<Self>>().map(Rc::clone)
    }
}

/// Status recorded for a request whose client closed the connection before the response was complete. Never sent.
pub const CLIENT_CLOSED: u16 = 499;

/// Outcome of a request.
pub struct Ending<'e> {
    /// Facts below HTTP; `None` for an internal request.
    pub facts: Option<&'e RequestFacts>,
    /// How the exchange ended.
    pub ended: Ended,
    /// Rule that the request breaks.
    pub rule: Option<&'static str>,
    /// Request head.
    pub head: &'e RequestHead,
    /// Request target.
    pub target: &'e Target,
    /// Address of the client.
    pub peer: Option<SocketAddr>,
    /// Present for an internal request.
    pub origin: Option<&'e Origin>,
    /// Value of `X-Request-Id`.
    pub request_id: &'e HeaderValue,
    /// Caller, if the request got as far as authentication.
    pub identity: Option<&'e Identity>,
    /// Name and group of the route; `None` when no route matched.
    pub route: Option<(&'static str, &'static str)>,
    /// Final status.
    pub status: u16,
    /// Time from the complete request head to the end.
    pub took: Duration,
    /// Bytes of the response body that were handed to the connection.
    pub bytes_out: u64,
    /// Request body as far as it arrived.
    pub body: Kept,
    /// Error message that the client got.
    pub message: Option<Text>,
    /// Category of the failure, where the status does not tell.
    pub category: Option<&'static str>,
}

/// Category of the failure that a status stands for, when nothing more specific is known.
pub(super) const fn category(status: u16) -> Option<&'static str> {
    match status {
        ..400 => None,
        400 => Some("bad_request"),
        401 => Some("unauthorized"),
        404 => Some("not_found"),
        405 => Some("method_not_allowed"),
        408 => Some("timeout"),
        413 | 431 => Some("too_large"),
        CLIENT_CLOSED => Some("client_closed"),
        503 => Some("unavailable"),
        500.. => Some("server_error"),
        _ => Some("client_error"),
    }
}

/// Current time since the Unix epoch.
pub(super) fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// Creates a UUID version 7 with the time `arrived`, so that the partition's day can be read from the id.
pub(super) fn id(arrived: Duration) -> Uuid {
    Uuid::new_v7(Timestamp::from_unix(NoContext, arrived.as_secs(), arrived.subsec_nanos()))
}

/// Converts to a timestamp as events have it, in whole microseconds.
pub(super) fn timestamp(arrived: Duration) -> DateTime<Utc> {
    let micros = i64::try_from(arrived.as_micros()).unwrap_or_default();
    DateTime::from_timestamp_micros(micros).unwrap_or_default()
}
