//! Responses and errors of handlers.

use std::pin::Pin;

use actix_web::http::{
    StatusCode,
    header::{self, HeaderName, HeaderValue},
};
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use serde::Serialize;

use crate::{delivery::Delivery, fault::Fault, wire::json};

/// Outcome of a handler.
pub type Outcome = Result<Answer, Fault>;

/// Chunks of a streamed body, each sent as one HTTP chunk. After an error nothing more is sent, and the connection is
/// closed.
pub type Chunks = Pin<Box<dyn Stream<Item = Result<Bytes, CutShort>>>>;

/// Reason, for the log, why a streamed body was cut off.
#[derive(Debug, thiserror::Error)]
#[error("response body cut short: {0}")]
pub struct CutShort(pub String);

/// `Content-Type` of JSON bodies.
pub const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Body, before it is counted and sent.
pub enum Body {
    /// No body.
    Empty,
    /// Body in memory.
    Bytes(Bytes),
    /// Body generated while it is sent; with its exact length in bytes if known.
    Stream(Chunks, Option<u64>),
    /// Steps that send the whole answer, its head included. Status and headers of the [`Answer`] are not used.
    Delivery(Delivery),
}

/// Response of a handler. The frontend adds request id and CORS headers.
pub struct Answer {
    /// Final status.
    pub status: StatusCode,
    /// Headers, `Content-Type` included.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Body.
    pub body: Body,
}

impl Answer {
    /// Answers 200 with a JSON body that ends with a line feed.
    #[must_use]
    pub fn json(value: &impl Serialize) -> Self {
        Self::json_with(StatusCode::OK, value)
    }

    /// Answers `status` with a JSON body that ends with a line feed.
    #[must_use]
    pub fn json_with(status: StatusCode, value: &impl Serialize) -> Self {
        Self::bytes(status, JSON, json::to_line(value))
    }

    /// Answers `status` with a body held in memory.
    #[must_use]
    pub fn bytes(status: StatusCode, content_type: HeaderValue, body: impl Into<Bytes>) -> Self {
        Self { status, headers: vec![(header::CONTENT_TYPE, content_type)], body: Body::Bytes(body.into()) }
    }

    /// Answers 200 with static text.
    #[must_use]
    pub fn text(body: &'static str) -> Self {
        Self::bytes(StatusCode::OK, HeaderValue::from_static("text/plain; charset=utf-8"), body)
    }

    /// Answers 200 with a streamed body; `length` in bytes when it is known.
    #[must_use]
    pub fn stream(
        content_type: &'static str,
        length: Option<u64>,
        chunks: impl Stream<Item = Bytes> + 'static,
    ) -> Self {
        Self::stream_or_cut(content_type, length, chunks.map(Ok))
    }

    /// Like [`Answer::stream`], for chunks that may fail: the body is then cut off, so that it does not look complete.
    #[must_use]
    pub fn stream_or_cut(
        content_type: &'static str,
        length: Option<u64>,
        chunks: impl Stream<Item = Result<Bytes, CutShort>> + 'static,
    ) -> Self {
        Self {
            status: StatusCode::OK,
            headers: vec![(header::CONTENT_TYPE, HeaderValue::from_static(content_type))],
            body: Body::Stream(Box::pin(chunks), length),
        }
    }

    /// Answers with the steps of `delivery`.
    #[must_use]
    pub const fn deliver(delivery: Delivery) -> Self {
        Self { status: StatusCode::OK, headers: Vec::new(), body: Body::Delivery(delivery) }
    }

    /// Answers `status` without a body.
    #[must_use]
    pub const fn empty(status: StatusCode) -> Self {
        Self { status, headers: Vec::new(), body: Body::Empty }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }
}
