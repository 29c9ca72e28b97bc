//! Outcome of a request.

use std::time::Duration;

use actix_web::{HttpRequest, http::header::HeaderValue};
use actors::{Identity, audit::Text};

use super::Kept;

/// Status recorded for a request whose client closed the connection before the response was complete. Never sent.
pub const CLIENT_CLOSED: u16 = 499;

/// Outcome of a request.
pub struct Ending<'e> {
    /// Request head.
    pub request: &'e HttpRequest,
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
