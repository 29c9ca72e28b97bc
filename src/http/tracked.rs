//! A response body that counts what leaves, survives a panic in its stream, and knows whether it was sent whole.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context, Poll, ready},
};

use super::exchange::{Exchange, SHUTDOWN, STOPPED};
use crate::endpoints::{
    Body,
    answer::{Chunks, CutShort},
};
use actix_web::{
    body::{BodySize, BoxBody, MessageBody},
    http::StatusCode,
};
use bytes::Bytes;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

/// The body of every response.
pub struct Tracked {
    exchange: Exchange,
    status: u16,
    size: BodySize,
    left: Option<u64>,
    /// Ends a body that streams when the server stops.
    cut: Option<Pin<Box<WaitForCancellationFutureOwned>>>,
    /// True when the body is one chunk that stood in memory.
    whole: bool,
    source: Source,
}

enum Source {
    /// Nothing to send: no body, or the answer to HEAD.
    Nothing,
    Bytes(Bytes),
    Chunks(Chunks),
    /// Body of another service of the application.
    Foreign(Pin<Box<BoxBody>>),
}

/// Why a body could not be sent whole.
#[derive(Debug, thiserror::Error)]
pub(super) enum BodyError {
    /// Its stream panicked. The connection is closed, so that the client sees a cut body and not a whole one.
    #[error("response body panicked")]
    Panicked,
    /// Its stream gave up.
    #[error(transparent)]
    CutShort(#[from] CutShort),
    /// The server stops, and the grace period is over.
    #[error("{STOPPED}")]
    Stopped,
    /// Another service's body failed.
    #[error("response body failed: {0}")]
    Failed(Box<dyn std::error::Error>),
}

/// The size that a body announces.
#[must_use]
pub(super) fn size_of(status: StatusCode, body: &Body) -> BodySize {
    match body {
        Body::Empty if matches!(status.as_u16(), 204 | 304) => BodySize::None,
        Body::Empty => BodySize::Sized(0),
        Body::Bytes(bytes) => BodySize::Sized(bytes.len() as u64),
        Body::Stream(_, Some(length)) => BodySize::Sized(*length),
        Body::Stream(_, None) => BodySize::Stream,
    }
}

impl Tracked {
    /// Takes over the body of an answer. For HEAD nothing is sent, but the size is announced.
    #[must_use]
    pub fn new(exchange: Exchange, status: StatusCode, body: Body, head: bool) -> Self {
        let size = size_of(status, &body);
        let source = match body {
            Body::Empty => Source::Nothing,
            Body::Bytes(bytes) => Source::Bytes(bytes),
            Body::Stream(chunks, _) => Source::Chunks(chunks),
        };
        Self::with(exchange, status, size, source, head)
    }

    /// Takes over the body of a response that another service of the application made.
    #[must_use]
    pub fn foreign(exchange: Exchange, status: StatusCode, body: BoxBody, head: bool) -> Self {
        let size = body.size();
        Self::with(exchange, status, size, Source::Foreign(Box::pin(body)), head)
    }

    fn with(mut exchange: Exchange, status: StatusCode, size: BodySize, source: Source, head: bool) -> Self {
        let source = if head { Source::Nothing } else { source };
        let status = status.as_u16();
        let left = match size {
            BodySize::Sized(length) => Some(length),
            _ => None,
        };
        // The HTTP library never asks a body without bytes.
        if matches!(size, BodySize::None | BodySize::Sized(0)) || matches!(source, Source::Nothing) {
            exchange.end(status);
        }
        let whole = matches!(source, Source::Bytes(_));
        let streams = matches!(source, Source::Chunks(_) | Source::Foreign(_));
        let cut = streams.then(|| Box::pin(CancellationToken::clone(&exchange.cut).cancelled_owned()));
        Self { exchange, status, size, left, cut, whole, source }
    }

    fn poll_source(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, BodyError>>> {
        if let Some(cut) = &mut self.cut
            && cut.as_mut().poll(cx).is_ready()
        {
            return Poll::Ready(Some(Err(BodyError::Stopped)));
        }
        let source = &mut self.source;
        // Whatever panics on the way to the next piece ends here.
        let polled = catch_unwind(AssertUnwindSafe(|| match source {
            Source::Nothing => Poll::Ready(None),
            Source::Bytes(bytes) => {
                let bytes = std::mem::take(bytes);
                Poll::Ready((!bytes.is_empty()).then_some(Ok(bytes)))
            }
            Source::Chunks(chunks) => {
                chunks.as_mut().poll_next(cx).map(|chunk| chunk.map(|chunk| chunk.map_err(BodyError::from)))
            }
            Source::Foreign(body) => {
                body.as_mut().poll_next(cx).map(|chunk| chunk.map(|chunk| chunk.map_err(BodyError::Failed)))
            }
        }));
        polled.unwrap_or(Poll::Ready(Some(Err(BodyError::Panicked))))
    }
}

impl MessageBody for Tracked {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        self.size
    }

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let this = self.get_mut();
        match ready!(this.poll_source(cx)) {
            Some(Ok(chunk)) => {
                if this.whole {
                    this.exchange.sent_whole(&chunk);
                } else {
                    this.exchange.sent(&chunk);
                }
                if let Some(left) = &mut this.left {
                    *left = left.saturating_sub(chunk.len() as u64);
                    if *left == 0 {
                        this.exchange.end(this.status);
                    }
                }
                Poll::Ready(Some(Ok(chunk)))
            }
            Some(Err(error)) => {
                this.source = Source::Nothing;
                this.cut = None;
                let (status, category) = match error {
                    BodyError::Stopped => (StatusCode::SERVICE_UNAVAILABLE, Some(SHUTDOWN)),
                    BodyError::Panicked => (StatusCode::INTERNAL_SERVER_ERROR, Some("panic")),
                    BodyError::CutShort(_) | BodyError::Failed(_) => (StatusCode::INTERNAL_SERVER_ERROR, None),
                };
                this.exchange.failed(error.to_string(), category);
                this.exchange.end(status.as_u16());
                Poll::Ready(Some(Err(Box::new(error))))
            }
            None => {
                this.exchange.end(this.status);
                Poll::Ready(None)
            }
        }
    }
}
