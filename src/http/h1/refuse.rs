//! Responses to malformed requests, with the broken rule and its position.

use std::{io, sync::Arc};

use actix_web::{
    body::BodySize,
    error::PayloadError,
    http::{
        StatusCode,
        header::{self, HeaderValue},
    },
};
use bytes::Bytes;

use super::{
    super::{
        date, fault, request_id,
        respond::{AnswerFields, AnswerHead},
    },
    rule::{Refusal, Rule},
};
use crate::{
    audit::{Recorder, Refused, Seen},
    endpoints::{BodyFault, BrokenRule, answer},
    http::OwnFields,
    request::{EndedBy, RequestFacts},
    telemetry::{Http2Metrics, metrics::Metrics},
};

/// Response to a malformed request.
pub(in crate::http) struct RefusalAnswer {
    refusal: Refusal,
    id: HeaderValue,
    message: String,
    /// Head of the response.
    pub(in crate::http) head: AnswerHead,
    /// Body of the response.
    pub(in crate::http) body: Bytes,
}

/// Renders, counts, logs and records refusals.
#[derive(Clone)]
pub(in crate::http) struct Refusals {
    metrics: Metrics,
    recorder: Option<Arc<Recorder>>,
    own: OwnFields,
}

impl Refusals {
    /// Creates a handler of refusals that counts in `metrics` and records with `recorder`.
    #[must_use]
    pub(in crate::http) fn new(metrics: Metrics, recorder: Option<Arc<Recorder>>, own: OwnFields) -> Self {
        Self { metrics, recorder, own }
    }

    /// Returns the recorder; `None` when nothing is recorded.
    pub(in crate::http) fn recorder(&self) -> Option<Arc<Recorder>> {
        self.recorder.clone()
    }

    /// Returns the metrics of HTTP/2 streams and connections that end with an error code.
    pub(in crate::http) fn http2_metrics(&self) -> Http2Metrics {
        self.metrics.http2()
    }

    /// Counts and logs `refusal`, and returns the response.
    pub(in crate::http) fn answer(&self, refusal: Refusal) -> RefusalAnswer {
        let Refusal { rule, at } = refusal;
        let (status, id, message) = (rule.status(), request_id::new(), refusal.message());
        let request_id = id.to_str().unwrap_or_default();
        self.metrics.record_malformed(status);
        log::info!(status = status, rule = rule.name(), at = at, request_id = request_id; "malformed request refused");
        let body = Bytes::from(fault::refusal_line(&message, rule.name()));
        let mut fields = AnswerFields::of_route(vec![(header::CONTENT_TYPE, answer::JSON)]);
        self.own.add(&mut fields, &id);
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
        let size = BodySize::Sized(body.len() as u64);
        let head = AnswerHead { status, fields, size, date: date::now(), closes: true };
        RefusalAnswer { refusal, id, message, head, body }
    }

    /// Records a refusal. `seen` is the request, as far as it is known; `head` the head of the response on HTTP/1.
    pub(in crate::http) fn record(&self, answer: &RefusalAnswer, seen: Seen<'_>, facts: &RequestFacts, head: &[u8]) {
        let Some(recorder) = &self.recorder else { return };
        let RefusalAnswer { refusal, id, message, body, .. } = answer;
        let rule = refusal.rule;
        recorder.refused(&Refused {
            seen,
            status: rule.status(),
            message,
            rule: rule.name(),
            at: rule.has_place().then_some(refusal.at),
            category: rule.category(),
            request_id: id.to_str().unwrap_or_default(),
            facts,
            ended: refusal.ended_by(),
            response_head: Bytes::copy_from_slice(head),
            bytes_out: body.len() as u64,
        });
    }
}

impl Refusal {
    /// Returns the message for the client.
    #[must_use]
    pub fn message(self) -> String {
        let sentence = self.rule.sentence();
        if !self.rule.has_place() {
            format!("malformed request: {sentence}")
        } else {
            format!("malformed request: {sentence}, byte {}", self.at)
        }
    }

    /// Returns how the exchange and the connection end.
    pub(in crate::http) fn ended_by(self) -> EndedBy {
        match self.rule {
            Rule::HeadTimeout => EndedBy::Timeout,
            // Nothing more of the request is read.
            _ => EndedBy::ServerClose,
        }
    }

    /// Converts the refusal to the error that a reader of the body gets.
    pub(in crate::http) fn into_payload_error(self) -> PayloadError {
        let rule = BrokenRule { name: self.rule.name(), category: self.rule.category() };
        let fault = BodyFault { status: self.rule.status(), message: self.message(), rule };
        PayloadError::Io(io::Error::other(fault))
    }
}

impl Rule {
    /// Returns the category for the audit trail. Each timeout has its own.
    #[must_use]
    pub const fn category(self) -> &'static str {
        match self {
            Self::HeadTimeout => "head_timeout",
            Self::BodyTimeout => "body_timeout",
            _ => "malformed",
        }
    }
}
