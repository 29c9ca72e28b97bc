//! One request and its response, from the head to the last byte: its access log line, metrics and audit record, also
//! when the client leaves early.

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
        header::{self, HeaderName, HeaderValue},
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
    endpoints::{RequestBody, Table, delivery::Head},
    request::{Arrived, Departure, Ended, EndedBy, RequestFacts, RequestHead, Target},
    telemetry::metrics::{Label, WorkerMetrics},
};

/// Category of exchanges that were cut off because the server stopped.
pub(super) const SHUTDOWN: &str = "shutdown";
/// Recorded message of a response that was cut off because the server stopped.
pub(super) const STOPPED: &str = "the server stopped before its answer was complete";

/// State of one request and its response. It is logged, counted and recorded exactly once, on drop. The status is that
/// of [`Exchange::end`]. Without that call, the client has left, or the server stopped.
pub struct Exchange {
    /// Head of the request.
    pub head: RequestHead,
    /// Target of the request.
    pub target: Target,
    /// Origin of a request that the server sends itself.
    pub origin: Option<Rc<Origin>>,
    peer: Option<SocketAddr>,
    /// Value of `X-Request-Id`.
    pub request_id: HeaderValue,
    /// The head as logged, when parts of it have to be masked.
    masked: Option<Box<MaskedHead>>,
    /// Label of the request in metrics.
    pub label: Cell<Label>,
    /// Identity of the caller, once known.
    pub identity: Option<Arc<Identity>>,
    /// Body of the request, once it is being read.
    pub body: RequestBody,
    /// Error message for the audit trail.
    pub message: Option<Text>,
    /// Error category, where the status does not suffice.
    pub category: Option<&'static str>,
    /// Rule that the request breaks.
    pub rule: Option<&'static str>,
    /// Set when the request is recorded.
    pub capture: Option<Box<Capture>>,
    table: Arc<Table>,
    metrics: Rc<WorkerMetrics>,
    /// Cancelled when the server stops and cuts off running exchanges.
    pub(super) cut: Rc<CancellationToken>,
    started: Instant,
    status: u16,
    bytes: u64,
    /// Duration of the exchange, once it has ended.
    took: Option<Duration>,
    /// Whether the body of the response could not be sent completely.
    is_cut: bool,
    /// Facts below HTTP; `None` for a request that the server sends itself.
    pub(super) facts: Option<Rc<RequestFacts>>,
}

impl Exchange {
    /// Begins an exchange, and its time measurement.
    #[must_use]
    pub fn begin(
        request: &HttpRequest,
        table: Arc<Table>,
        metrics: Rc<WorkerMetrics>,
        recorder: Option<&Arc<Recorder>>,
        cut: Rc<CancellationToken>,
    ) -> Self {
        metrics.in_flight.inc();
        let Arrived { head, target, facts } = Arrived::of(request);
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
            rule: None,
            capture,
            table,
            metrics,
            cut,
            started: facts.as_ref().map_or_else(Instant::now, |facts| facts.head_at),
            status: CLIENT_CLOSED,
            bytes: 0,
            took: None,
            is_cut: false,
            facts,
        }
    }

    /// Masks credentials in the logged parts of the head.
    pub fn mask(&mut self, finder: &Finder) {
        self.masked = MaskedHead::of(finder, &self.head, &self.target, self.request_id.to_str().unwrap_or_default());
    }

    /// Counts and captures response body bytes that were sent.
    pub fn sent(&mut self, chunk: &Bytes) {
        self.bytes += chunk.len() as u64;
        if let Some(capture) = &mut self.capture {
            capture.body.pass(chunk);
        }
    }

    /// Counts and captures the sent part of a response body that is in memory.
    pub fn sent_whole(&mut self, body: &Bytes) {
        self.bytes += body.len() as u64;
        if let Some(capture) = &mut self.capture {
            capture.body.pass_whole(body);
        }
    }

    /// Stores why the body could not be sent completely. `category` names the kind of failure where the status does
    /// not.
    pub fn failed(&mut self, message: String, category: Option<&'static str>) {
        self.message = Some(message.into());
        self.category = category;
        self.is_cut = true;
    }

    /// Ends the exchange with `status`. Request body bytes that arrive before the drop still go on record.
    pub fn end(&mut self, status: u16) {
        self.status = status;
        self.took = Some(self.started.elapsed());
    }

    fn write_down(&mut self) {
        let took = self.took.unwrap_or_else(|| self.started.elapsed());
        self.metrics.record(&self.table, self.label.get(), self.head.method(), self.status, took);
        self.access_line(took).log();
        if let Some(capture) = self.capture.take() {
            // This may run during a panic, where a second panic would abort the process.
            if catch_unwind(AssertUnwindSafe(|| self.record(*capture, took))).is_err() {
                let request_id = self.logged_id();
                log::error!(request_id = request_id; "panic; the request is not on record and counts as dropped");
            }
        }
        // Last: when the gauge reaches 0, all exchanges have been logged and recorded.
        self.metrics.in_flight.dec();
    }

    /// Returns the route's name as in metrics and the audit trail; empty without a route.
    pub(super) fn route_name(&self) -> &'static str {
        match self.label.get() {
            Label::Route(index) => self.table.route(index).route.name,
            _ => "",
        }
    }

    /// Returns the request id as logged.
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
            facts: self.facts.as_deref(),
            ended: self.ended(),
            rule: self.rule,
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

    /// Returns how the exchange ended.
    fn ended(&self) -> Ended {
        let ended = self.facts.as_ref().and_then(|facts| facts.ended());
        match self.category {
            Some(SHUTDOWN) => EndedBy::Shutdown.into(),
            // The client got a response, but because a limit of time was reached.
            Some("body_timeout") => EndedBy::Timeout.into(),
            _ if self.took.is_some() && !self.is_cut => {
                // A delivery may end in its own way.
                let stored = self.facts.as_ref().and_then(|facts| facts.stored_end());
                stored.unwrap_or(EndedBy::Complete.into())
            }
            _ => match ended {
                Some(ended) => ended,
                None if !self.is_cut => EndedBy::ClientFin.into(),
                None if self.head.version() == Version::HTTP_2 => {
                    Ended { by: EndedBy::ServerReset, code: Some(h2::Reason::INTERNAL_ERROR.into()) }
                }
                None => EndedBy::ServerClose.into(),
            },
        }
    }

    /// Captures the response head as sent.
    pub fn answered(&mut self, head: &AnswerHead, version: Version) {
        let Some(capture) = &mut self.capture else { return };
        let framing = Framing::of(head.size, version).field();
        let framing = framing.as_ref().map(|(name, value)| (name, value));
        let date = header::DATE;
        let fields = head.fields.iter().chain(framing).chain([(&date, &head.date)]);
        capture.answered(fields, self.started.elapsed());
    }

    /// Captures the head of a delivery, with this framing.
    pub(super) fn answered_as_told(&mut self, own: &AnswerHead, told: &Head, framing: Framing) {
        let Some(capture) = &mut self.capture else { return };
        let told_fields = told.fields.iter().filter_map(|field| {
            Some((HeaderName::from_bytes(field.name()).ok()?, HeaderValue::from_bytes(field.value()).ok()?))
        });
        let own_fields = own.own_beside(told).map(|(name, value)| (name.clone(), value.clone()));
        let has_date = told.own_fields && !told.fields.iter().any(|field| field.is("date"));
        let date = has_date.then(|| (header::DATE, own.date.clone()));
        let fields: Vec<_> = told_fields.chain(own_fields).chain(framing.field()).chain(date).collect();
        capture.answered(fields.iter().map(|(name, value)| (name, value)), self.started.elapsed());
    }

    /// Returns the place where a handler stores what is recorded if the client leaves; `None` when the request is not
    /// recorded.
    #[must_use]
    pub fn parting(&self) -> Option<Parting> {
        self.capture.as_ref().map(|capture| capture.parting.clone())
    }

    /// Returns the final status; [`CLIENT_CLOSED`] when there was none.
    #[must_use]
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// Returns the number of response body bytes sent.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        if self.took.is_none() {
            if self.cut.is_cancelled() {
                // The response was not complete when the grace period ended.
                self.status = StatusCode::SERVICE_UNAVAILABLE.as_u16();
                self.failed(STOPPED.to_owned(), Some(SHUTDOWN));
            } else {
                let told = self.facts.as_ref().and_then(|facts| facts.told());
                let departure = told.unwrap_or(Departure::Closed);
                self.message = Some(Text::Borrowed(departure.message()));
                self.category = departure.category();
            }
        }
        self.write_down();
    }
}
