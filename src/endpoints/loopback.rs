//! Requests from within, as handlers see them. The frontend sends them.

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

/// A request from within.
pub struct InnerRequest {
    /// The verb.
    pub method: Method,
    /// Path and query, as they would arrive.
    pub target: String,
    /// The name by which the server is called, for what links to itself.
    pub host: String,
    /// Headers, in order; without `Host`.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The body; empty for none.
    pub body: Bytes,
    /// Identity of the sender. Used when the request carries no credential of its own.
    pub identity: Arc<Identity>,
    /// Source on record.
    pub source: Source,
    /// Portal session of the sender.
    pub session_id: Option<String>,
    /// The event whose request is sent again.
    pub replayed_from: Option<Uuid>,
    /// Bytes of the answer's body to keep.
    pub keep: usize,
}

/// The answer to a request from within.
pub struct InnerAnswer {
    /// Status.
    pub status: StatusCode,
    /// Headers by name, in the order of the names.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The first bytes of the body.
    pub body: Bytes,
    /// True when there was more of the body.
    pub truncated: bool,
    /// Id of the request's event in the audit trail.
    pub event_id: Option<Uuid>,
}

/// Sends requests to the server's own frontend, without a socket.
pub trait Loopback: fmt::Debug {
    /// Sends a request and waits for the whole answer. Dropped before, the request ends as one whose client left.
    ///
    /// # Errors
    /// 400 when the target is no path and query; 500 when this worker has no frontend, a defect.
    fn send(&self, request: InnerRequest) -> LocalBoxFuture<'_, Result<InnerAnswer, Fault>>;
}
