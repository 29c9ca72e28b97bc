//! How a request ended.

use std::time::Duration;

use actix_web::{HttpRequest, http::header::HeaderValue};
use actors::{Identity, audit::Text};

use super::Kept;

/// Status on record for a request whose client left before the answer was complete. Never sent.
pub const CLIENT_CLOSED: u16 = 499;

/// How a request ended.
pub struct Ending<'e> {
    /// Its head.
    pub request: &'e HttpRequest,
    /// Value of `X-Request-Id`.
    pub request_id: &'e HeaderValue,
    /// Who asked, if it came to that.
    pub identity: Option<&'e Identity>,
    /// Name and group of the route, if there is one.
    pub route: Option<(&'static str, &'static str)>,
    /// Final status.
    pub status: u16,
    /// From the head to the end.
    pub took: Duration,
    /// Bytes of the answer's body that were handed to the connection.
    pub bytes_out: u64,
    /// The request's body as far as it arrived.
    pub body: Kept,
    /// What the client was told that went wrong.
    pub message: Option<Text>,
    /// What kind of thing went wrong, where the status does not tell.
    pub category: Option<&'static str>,
}

/// The kind of failure that a status stands for, where nothing more is known.
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
