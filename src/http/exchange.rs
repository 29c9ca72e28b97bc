//! One request and its response, from head to last byte: the access line, the metrics, and the ending of a client
//! that left.

use std::{
    cell::Cell,
    net::SocketAddr,
    panic::{AssertUnwindSafe, catch_unwind},
    rc::Rc,
    sync::Arc,
    time::{Duration, Instant},
};

use actix_web::{
    HttpRequest,
    http::{
        StatusCode, Version,
        header::{self, HeaderValue},
    },
};
use actors::{Identity, audit::Text};
use bytes::Bytes;
use tokio_util::sync::CancellationToken;

use super::{
    access::{AccessLine, MaskedHead},
    request_id,
    respond::{AnswerHead, Framing},
};
use crate::{
    audit::{CLIENT_CLOSED, Capture, Ending, Origin, Parting, Recorder},
    credentials::Finder,
    endpoints::{RequestBody, Table},
    request::{Arrived, Departure, Departures, RequestHead, Target},
    telemetry::metrics::{Label, WorkerMetrics},
};

/// Category of what was cut because the server stopped.
pub(super) const SHUTDOWN: &str = "shutdown";
/// What is on record of an answer that was cut because the server stopped.
pub(super) const STOPPED: &str = "the server stopped before its answer was complete";

/// What is known of one request. Whichever way it ends, it is written down exactly once, when it is dropped: as
/// [`Exchange::end`] says, or, without that, as one whose client left.
pub struct Exchange {
    /// The request's head.
    pub head: RequestHead,
    /// Its target.
    pub target: Target,
    /// Set for a request from within.
    pub origin: Option<Rc<Origin>>,
    peer: Option<SocketAddr>,
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
    /// Time it took, once it has ended.
    took: Option<Duration>,
    /// Tells how its client left; `None` where that is not known.
    departures: Option<Departures>,
}

impl Exchange {
    /// Starts the clock.
    #[must_use]
    pub fn begin(
        request: &HttpRequest,
        table: Arc<Table>,
        metrics: Rc<WorkerMetrics>,
        recorder: Option<&Arc<Recorder>>,
        cut: Rc<CancellationToken>,
    ) -> Self {
        metrics.in_flight.inc();
        let Arrived { head, target, departures } = Arrived::of(request);
        let capture = recorder.and_then(|recorder| recorder.begin(target.path()));
        let id = request_id::of(head.get(request_id::NAME));
        Self {
            target,
            head,
            origin: Origin::of(request),
            peer: request.peer_addr(),
            request_id: id,
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
            took: None,
            departures,
        }
    }

    /// Masks the request's credentials in what is logged of its head.
    pub fn mask(&mut self, finder: &Finder) {
        self.masked = MaskedHead::of(finder, &self.head, &self.target, self.request_id.to_str().unwrap_or_default());
    }

    /// Takes note of body bytes that the connection took.
    pub fn sent(&mut self, chunk: &Bytes) {
        self.bytes += chunk.len() as u64;
        if let Some(capture) = &mut self.capture {
            capture.body.pass(chunk);
        }
    }

    /// Takes note of a body in memory, or its beginning, that the connection took.
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

    /// Ends the exchange with `status`. What of the request still arrives goes on record too.
    pub fn end(&mut self, status: u16) {
        self.status = status;
        self.took = Some(self.started.elapsed());
    }

    fn write_down(&mut self) {
        let took = self.took.unwrap_or_else(|| self.started.elapsed());
        self.metrics.record(&self.table, self.label.get(), self.head.method(), self.status, took);
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
            method: self.head.method().as_str(),
            target: &self.target,
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
        let route = match self.label.get() {
            Label::Route(index) => {
                let mounted = self.table.route(index);
                Some((mounted.route.name, mounted.group))
            }
            _ => None,
        };
        capture.finish(Ending {
            head: &self.head,
            target: &self.target,
            peer: self.peer,
            origin: self.origin.as_deref(),
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

    /// Takes note of the answer's head as it leaves.
    pub fn answered(&mut self, head: &AnswerHead, version: Version) {
        let Some(capture) = &mut self.capture else { return };
        let framing = Framing::of(head.size, version).field();
        let framing = framing.as_ref().map(|(name, value)| (name, value));
        let date = header::DATE;
        let fields = head.fields.iter().chain(framing).chain([(&date, &head.date)]);
        capture.answered(fields, self.started.elapsed());
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
        if self.took.is_none() {
            if self.cut.is_cancelled() {
                // Its client did not take the answer in time.
                self.status = StatusCode::SERVICE_UNAVAILABLE.as_u16();
                self.failed(STOPPED.to_owned(), Some(SHUTDOWN));
            } else {
                let departure = self.departures.as_ref().and_then(Departures::told).unwrap_or(Departure::Closed);
                self.message = Some(Text::Borrowed(departure.message()));
                self.category = departure.category();
            }
        }
        self.write_down();
    }
}
