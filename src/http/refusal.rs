//! Answers to what never became a request: the same statuses as the HTTP library's, with our headers and body.

use std::{net::SocketAddr, sync::Arc, time::SystemTime};

use actix_web::http::header::HeaderValue;
use bytes::Bytes;

use super::{cors, fault, request_id};
use crate::{
    audit::{Recorder, Refused},
    telemetry::metrics::Metrics,
    wire::reason_phrase,
};

/// Renders refusals, and writes them down.
pub(super) struct Refusals {
    metrics: Metrics,
    recorder: Option<Arc<Recorder>>,
    cors: Vec<u8>,
}

impl Refusals {
    /// Counts refusals in `metrics`, and hands those of requests that are recorded to `recorder`.
    #[must_use]
    pub(super) fn new(metrics: Metrics, recorder: Option<Arc<Recorder>>) -> Self {
        Self { metrics, recorder, cors: cors::lines() }
    }

    /// Makes the whole answer, with `status`, to a request of which verb and target are known as far as `seen`, and writes
    /// it down.
    #[must_use]
    pub(super) fn refuse(&self, status: u16, seen: &[u8], peer: Option<SocketAddr>) -> Bytes {
        let id = request_id::new();
        if let Some(recorder) = &self.recorder {
            let message = message(status);
            let bytes_out = fault::error_line(message).len() as u64;
            let request_id = id.to_str().unwrap_or_default();
            recorder.refused(&Refused { seen, status, message, request_id, peer, bytes_out });
        }
        self.answer(status, &id)
    }

    /// Makes the whole answer for `status` to a request that is written down elsewhere.
    #[must_use]
    pub(super) fn render(&self, status: u16) -> Bytes {
        self.answer(status, &request_id::new())
    }

    fn answer(&self, status: u16, id: &HeaderValue) -> Bytes {
        let id = id.to_str().unwrap_or_default();
        self.metrics.record_malformed(status);
        log::info!(status = status, request_id = id; "request refused before it could be read");
        let body = fault::error_line(message(status));
        let mut answer = format!(
            "HTTP/1.1 {status} {}\r\ncontent-length: {}\r\ncontent-type: application/json\r\nconnection: close\r\n\
             date: {}\r\nx-request-id: {id}\r\n",
            reason_phrase(status),
            body.len(),
            httpdate::fmt_http_date(SystemTime::now()),
        )
        .into_bytes();
        answer.extend_from_slice(&self.cors);
        answer.extend_from_slice(b"\r\n");
        answer.extend_from_slice(&body);
        answer.into()
    }
}

const fn message(status: u16) -> &'static str {
    match status {
        408 => "request head did not arrive in time",
        431 => "request head exceeds 128 KiB or 96 headers",
        400..=499 => "malformed request: its request line, a header or its framing breaks HTTP (RFC 9112)",
        _ => "internal error",
    }
}
