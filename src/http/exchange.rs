//! One request and its response, from head to last byte: the access line, the metrics, and the ending of a client
//! that left.

use std::{cell::Cell, rc::Rc, sync::Arc, time::Instant};

use actix_web::{HttpRequest, http::header::HeaderValue};
use actors::Identity;

use super::access;
use crate::{
    endpoints::{RouteIndex, Table},
    telemetry::metrics::WorkerMetrics,
};

/// Status of a request whose client left before the answer was complete. Never sent.
pub const CLIENT_CLOSED: u16 = 499;

/// Which label a request has in metrics: bounded, never a raw path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Label {
    /// A route of the table.
    Route(RouteIndex),
    /// The portal's pages.
    Portal,
    /// A CORS preflight.
    Preflight,
    /// No route.
    Unmatched,
}

/// What is known of one request. Whichever way it ends, it is written down exactly once: by [`Exchange::end`], or
/// when it is dropped before (the client left).
pub struct Exchange {
    /// The request's head.
    pub request: HttpRequest,
    /// Value of `X-Request-Id`.
    pub request_id: HeaderValue,
    /// Label for metrics.
    pub label: Cell<Label>,
    /// Who asked, once known.
    pub identity: Option<Arc<Identity>>,
    table: Arc<Table>,
    metrics: Rc<WorkerMetrics>,
    started: Instant,
    status: u16,
    bytes: u64,
    ended: bool,
}

impl Exchange {
    /// Starts the clock.
    #[must_use]
    pub fn begin(request: HttpRequest, request_id: HeaderValue, table: Arc<Table>, metrics: Rc<WorkerMetrics>) -> Self {
        metrics.in_flight.inc();
        Self {
            request,
            request_id,
            label: Cell::new(Label::Unmatched),
            identity: None,
            table,
            metrics,
            started: Instant::now(),
            status: CLIENT_CLOSED,
            bytes: 0,
            ended: false,
        }
    }

    /// Counts body bytes handed to the connection.
    pub fn sent(&mut self, bytes: usize) {
        self.bytes += bytes as u64;
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
        self.metrics.in_flight.dec();
        self.metrics.record(&self.table, self.label.get(), self.request.method(), self.status, took);
        access::log(self, took);
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
        self.write_down();
    }
}
