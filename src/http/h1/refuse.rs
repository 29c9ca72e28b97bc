//! Answers to what never became a request: the rule that was broken, and where.

use std::{net::SocketAddr, sync::Arc};

use actix_web::{
    body::BodySize,
    http::{StatusCode, Version, header},
};
use bytes::Bytes;

use super::{
    super::{
        date, fault, request_id,
        respond::{AnswerFields, AnswerHead, Framing},
    },
    rule::{Refusal, Rule},
};
use crate::{
    audit::{Recorder, Refused},
    endpoints::answer,
    http::OwnFields,
    telemetry::metrics::Metrics,
};

/// Renders refusals, counts them and writes them down.
#[derive(Clone)]
pub(in crate::http) struct Refusals {
    metrics: Metrics,
    recorder: Option<Arc<Recorder>>,
    own: OwnFields,
}

impl Refusals {
    /// Counts refusals in `metrics`, and hands those of requests that are recorded to `recorder`.
    #[must_use]
    pub(in crate::http) fn new(metrics: Metrics, recorder: Option<Arc<Recorder>>, own: OwnFields) -> Self {
        Self { metrics, recorder, own }
    }

    /// Writes the answer to `refusal` into `out`; gives its body. `seen` are the first bytes of what was refused.
    pub(super) fn refuse(&self, out: &mut Vec<u8>, refusal: Refusal, seen: &[u8], peer: Option<SocketAddr>) -> Bytes {
        let Refusal { rule, at } = refusal;
        let (status, id, message) = (rule.status(), request_id::new(), refusal.message());
        let request_id = id.to_str().unwrap_or_default();
        self.metrics.record_malformed(status);
        log::info!(status = status, rule = rule.name(), at = at, request_id = request_id; "malformed request refused");
        let body = Bytes::from(fault::refusal_line(&message, rule.name()));
        if let Some(recorder) = &self.recorder {
            let bytes_out = body.len() as u64;
            recorder.refused(&Refused {
                seen,
                status,
                message: &message,
                category: rule.category(),
                request_id,
                peer,
                bytes_out,
            });
        }
        let mut fields = AnswerFields::of_route(vec![(header::CONTENT_TYPE, answer::JSON)]);
        self.own.add(&mut fields, &id);
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
        let size = BodySize::Sized(body.len() as u64);
        let head = AnswerHead { status, fields, size, date: date::now(), closes: true };
        head.write(out, Version::HTTP_11, Framing::of(size, Version::HTTP_11), Some("close"));
        body
    }
}

impl Refusal {
    /// What the client is told.
    #[must_use]
    pub fn message(self) -> String {
        let sentence = self.rule.sentence();
        if !self.rule.has_place() {
            format!("malformed request: {sentence}")
        } else {
            format!("malformed request: {sentence}, byte {}", self.at)
        }
    }
}

impl Rule {
    /// The category of the request on record: limits of time have one each.
    #[must_use]
    pub const fn category(self) -> &'static str {
        match self {
            Self::HeadTimeout => "head_timeout",
            Self::BodyTimeout => "body_timeout",
            _ => "malformed",
        }
    }
}
