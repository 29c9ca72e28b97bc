//! Internal requests as handlers see them. The frontend sends them.

use std::{fmt, sync::Arc};

use actix_web::http::{
    Method, StatusCode,
    header::{HeaderName, HeaderValue},
};
use actors::{Identity, audit::Source};
use bytes::Bytes;
use futures_util::future::LocalBoxFuture;
use uuid::Uuid;

use super::Fault;

/// Internal request.
pub struct InnerRequest {
    /// Method.
    pub method: Method,
    /// Path and query in their wire form.
    pub target: String,
    /// Host name, for links to itself.
    pub host: String,
    /// Headers, in order; without `Host`.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The body; empty for none.
    pub body: Bytes,
    /// Identity of the sender. Used when the request carries no credential of its own.
    pub identity: Arc<Identity>,
    /// Recorded source.
    pub source: Source,
    /// Portal session of the sender.
    pub session_id: Option<String>,
    /// Event whose request is replayed.
    pub replayed_from: Option<Uuid>,
    /// Maximum number of body bytes of the response to keep.
    pub keep: usize,
}

/// Response to an internal request.
pub struct InnerAnswer {
    /// Status.
    pub status: StatusCode,
    /// Headers by name, in the order of the names.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The first bytes of the body.
    pub body: Bytes,
    /// True when the body was longer.
    pub truncated: bool,
    /// Id of the request's event in the audit trail.
    pub event_id: Option<Uuid>,
}

/// Sends requests to the server's own frontend, without a socket.
pub trait Loopback: fmt::Debug {
    /// Sends a request and waits for the whole response. When the future is dropped, the request ends like one whose
    /// client closed.
    ///
    /// # Errors
    /// 400 when the target is not a path with query; 500 when this worker has no frontend, which is a bug.
    fn send(&self, request: InnerRequest) -> LocalBoxFuture<'_, Result<InnerAnswer, Fault>>;
}
