//! One request and its response, from head to last byte: the access line, the metrics, and the ending of a client
//! that left.

use std::{
    cell::Cell,
    panic::{AssertUnwindSafe, catch_unwind},
    rc::Rc,
    sync::Arc,
    time::{Duration, Instant},
};

use actix_web::{
    HttpRequest,
    body::BodySize,
    http::{
        Method, StatusCode, Uri, Version,
        header::{self, HeaderMap, HeaderValue},
    },
};
use actors::{Identity, audit::Text};
use bytes::Bytes;
use tokio_util::sync::CancellationToken;

use super::{
    access::{AccessLine, MaskedHead},
    date,
    turn::{Turn, Turns},
};
use crate::{
    audit::{CLIENT_CLOSED, Capture, Ending, Parting, Recorder},
    credentials::Finder,
    endpoints::{RequestBody, Table},
    telemetry::{label::Label, metrics::WorkerMetrics},
};

/// Category of what was cut because the server stopped.
pub(super) const SHUTDOWN: &str = "shutdown";
/// What is on record of an answer that was cut because the server stopped.
pub(super) const STOPPED: &str = "the server stopped before its answer was complete";

/// What is known of one request. Whichever way it ends, it is written down exactly once: by [`Exchange::end`], or
/// when it is dropped before (the client left).
pub struct Exchange {
    /// The verb.
    pub method: Method,
    /// The target.
    pub uri: Uri,
    /// The request's head, when the request is recorded. Nobody else may hold on to it: what the application serves
    /// needs it for itself.
    request: Option<HttpRequest>,
    /// Value of `X-Request-Id`.
    pub request_id: HeaderValue,
    /// The head as the log shows it, when it holds a credential outside of its own place.
    masked: Option<Box<MaskedHead>>,
    /// Label for metrics.
    pub label: Cell<Label>,
    /// Who asked, once known.
    pub identity: Option<Arc<Identity>>,
    /// The request's body, once it is being read.
    pub body: RequestBody,
    /// What the client was told that went wrong.
    pub message: Option<Text>,
    /// What went wrong, where the status does not tell.
    pub category: Option<&'static str>,
    /// Set when the request is recorded.
    pub capture: Option<Box<Capture>>,
    table: Arc<Table>,
    metrics: Rc<WorkerMetrics>,
    /// Cancelled when the server stops and what still runs is cut.
    pub(super) cut: Rc<CancellationToken>,
    started: Instant,
    status: u16,
    bytes: u64,
    ended: bool,
    /// Over when the exchange is dropped; `None` where requests don't wait for each other.
    _turn: Option<Turn>,
}

impl Exchange {
    /// Starts the clock.
    #[must_use]
    pub fn begin(
        request: &HttpRequest,
        request_id: HeaderValue,
        table: Arc<Table>,
        metrics: Rc<WorkerMetrics>,
        recorder: Option<&Arc<Recorder>>,
        cut: Rc<CancellationToken>,
    ) -> Self {
        metrics.in_flight.inc();
        let capture = recorder.and_then(|recorder| recorder.begin(request));
        let kept = capture.is_some().then(|| request.clone());
        Self {
            method: request.method().clone(),
            uri: request.uri().clone(),
            request: kept,
            request_id,
            masked: None,
            label: Cell::new(Label::Unmatched),
            identity: None,
            body: RequestBody::none(),
            message: None,
            category: None,
            capture,
            table,
            metrics,
            cut,
            started: Instant::now(),
            status: CLIENT_CLOSED,
            bytes: 0,
            ended: false,
            _turn: request.conn_data::<Turns>().map(Turns::begin),
        }
    }

    /// Masks the request's credentials in what is logged of its head.
    pub fn mask(&mut self, finder: &Finder, request: &HttpRequest) {
        self.masked = MaskedHead::of(finder, request, self.request_id.to_str().unwrap_or_default());
    }

    /// Takes note of body bytes handed to the connection.
    pub fn sent(&mut self, chunk: &Bytes) {
        self.bytes += chunk.len() as u64;
        if let Some(capture) = &mut self.capture {
            capture.body.pass(chunk);
        }
    }

    /// Takes note of a whole body handed to the connection.
    pub fn sent_whole(&mut self, body: &Bytes) {
        self.bytes += body.len() as u64;
        if let Some(capture) = &mut self.capture {
            capture.body.pass_whole(body);
        }
    }

    /// Takes note of why the body could not be sent whole. `category` names the kind of failure where the status does not.
    pub fn failed(&mut self, message: String, category: Option<&'static str>) {
        self.message = Some(message.into());
        self.category = category;
    }

    /// Writes the exchange down.
    pub fn end(&mut self, status: u16) {
        self.status = status;
        self.write_down();
    }

    fn write_down(&mut self) {
        if std::mem::replace(&mut self.ended, true) {
            return;
        }
        let took = self.started.elapsed();
        self.metrics.record(&self.table, self.label.get(), &self.method, self.status, took);
        self.access_line(took).log();
        if let Some(capture) = self.capture.take() {
            // It may end because something else panicked: a second panic would end the process.
            if catch_unwind(AssertUnwindSafe(|| self.record(*capture, took))).is_err() {
                let request_id = self.logged_id();
                log::error!(request_id = request_id; "panic; the request is not on record and counts as dropped");
            }
        }
        // Last: whoever sees that nothing runs sees everything written down.
        self.metrics.in_flight.dec();
    }

    /// Name of the route, as metrics and the audit trail have it; empty when there is none.
    pub(super) fn route_name(&self) -> &'static str {
        match self.label.get() {
            Label::Route(index) => self.table.route(index).route.name,
            _ => "",
        }
    }

    /// The request id as the log shows it.
    pub(super) fn logged_id(&self) -> &str {
        match &self.masked {
            Some(masked) => &masked.request_id,
            None => self.request_id.to_str().unwrap_or_default(),
        }
    }

    fn access_line(&self, took: Duration) -> AccessLine<'_> {
        let identity = self.identity.as_deref();
        AccessLine {
            method: self.method.as_str(),
            uri: &self.uri,
            masked: self.masked.as_deref(),
            status: self.status,
            bytes: self.bytes,
            took,
            request_id: self.logged_id(),
            auth_type: identity.map_or("", |identity| identity.auth_type.as_str()),
            subject: identity.map_or("", |identity| identity.subject.as_str()),
        }
    }

    fn record(&mut self, capture: Capture, took: Duration) {
        let Some(request) = self.request.take() else { return };
        let route = match self.label.get() {
            Label::Route(index) => {
                let mounted = self.table.route(index);
                Some((mounted.route.name, mounted.group))
            }
            _ => None,
        };
        capture.finish(Ending {
            request: &request,
            request_id: &self.request_id,
            identity: self.identity.as_deref(),
            route,
            status: self.status,
            took,
            bytes_out: self.bytes,
            body: self.body.take_kept(),
            message: self.message.take(),
            category: self.category,
        });
    }

    /// Takes note of the answer's head, which is complete but for what the HTTP library adds: the body's framing and the
    /// date. A recorded answer gets its date here, so that the record shows it too.
    pub fn answered(&mut self, headers: &mut HeaderMap, size: BodySize, version: Version) {
        let Some(capture) = &mut self.capture else { return };
        headers.insert(header::DATE, date::now());
        let framing = match size {
            BodySize::None => None,
            BodySize::Sized(length) => Some((header::CONTENT_LENGTH, length.into())),
            BodySize::Stream if version == Version::HTTP_11 => {
                Some((header::TRANSFER_ENCODING, HeaderValue::from_static("chunked")))
            }
            BodySize::Stream => None,
        };
        let framing = framing.as_ref().map(|(name, value)| (name, value));
        capture.answered(headers.iter().chain(framing), self.started.elapsed());
    }

    /// Where a handler leaves what is recorded when its client goes away; `None` when nothing is.
    #[must_use]
    pub fn parting(&self) -> Option<Parting> {
        self.capture.as_ref().map(|capture| capture.parting.clone())
    }

    /// Final status, [`CLIENT_CLOSED`] when there was none.
    #[must_use]
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// Body bytes handed to the connection.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        if !self.ended && self.cut.is_cancelled() {
            // Its client did not take the answer in time.
            self.status = StatusCode::SERVICE_UNAVAILABLE.as_u16();
            self.failed(STOPPED.to_owned(), Some(SHUTDOWN));
        }
        self.write_down();
    }
}
