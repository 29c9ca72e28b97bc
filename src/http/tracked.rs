//! A response that is being sent: its head, and a body that counts sent bytes, catches panics of its stream, and knows
//! whether it was sent completely.

use std::{
    cell::RefCell,
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context, Poll, ready},
};

use actix_web::{
    Error, ResponseError,
    body::{BodySize, BoxBody, MessageBody},
    dev::ServiceResponse,
    http::StatusCode,
};
use bytes::Bytes;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use super::{
    exchange::{Exchange, SHUTDOWN, STOPPED},
    respond::AnswerHead,
};
use crate::endpoints::{
    Body,
    answer::{Chunks, CutShort},
};

/// A response with its head, its body and its exchange, which ends with it.
pub struct Tracked {
    head: AnswerHead,
    exchange: Exchange,
    is_for_head: bool,
    /// Ready when the server stops and a streaming body has to end.
    cut: Option<Pin<Box<WaitForCancellationFutureOwned>>>,
    /// Whether the body is one chunk in memory.
    whole: bool,
    source: Source,
}

enum Source {
    /// Nothing to send: no body, or a response to HEAD.
    Nothing,
    Bytes(Bytes),
    Chunks(Chunks),
    /// Body from another service of the application.
    Foreign(Pin<Box<BoxBody>>),
}

/// Body of a response, before it is tracked.
pub(super) enum ReplyBody {
    /// Body from a handler of the route table.
    Own(Body),
    /// Body from the application behind the frontend.
    OfApp(BoxBody),
}

/// Reason why a body could not be sent completely.
#[derive(Debug, thiserror::Error)]
pub(super) enum BodyError {
    /// The stream panicked. The connection is closed so that the client sees an incomplete body.
    #[error("response body panicked")]
    Panicked,
    /// The stream ended early.
    #[error(transparent)]
    CutShort(#[from] CutShort),
    /// The server is stopping, and the grace period is over.
    #[error("{STOPPED}")]
    Stopped,
    /// The body of another service failed.
    #[error("response body failed: {0}")]
    Failed(Box<dyn std::error::Error>),
}

impl ReplyBody {
    /// Returns the size to announce in a response with `status`.
    pub(super) fn size(&self, status: StatusCode) -> BodySize {
        match self {
            _ if matches!(status.as_u16(), 204 | 304) => BodySize::None,
            Self::Own(Body::Empty) => BodySize::Sized(0),
            Self::Own(Body::Bytes(bytes)) => BodySize::Sized(bytes.len() as u64),
            Self::Own(Body::Stream(_, Some(length))) => BodySize::Sized(*length),
            Self::Own(Body::Stream(_, None)) => BodySize::Stream,
            Self::OfApp(body) => body.size(),
        }
    }
}

impl Tracked {
    /// Creates a tracked response. For HEAD, the size is announced, but no body is sent.
    pub(super) fn new(exchange: Exchange, head: AnswerHead, body: ReplyBody, is_for_head: bool) -> Self {
        let source = match body {
            _ if is_for_head || matches!(head.size, BodySize::None) => Source::Nothing,
            ReplyBody::Own(Body::Empty) => Source::Nothing,
            ReplyBody::Own(Body::Bytes(bytes)) => Source::Bytes(bytes),
            ReplyBody::Own(Body::Stream(chunks, _)) => Source::Chunks(chunks),
            ReplyBody::OfApp(body) => Source::Foreign(Box::pin(body)),
        };
        let whole = matches!(source, Source::Bytes(_));
        let streams = matches!(source, Source::Chunks(_) | Source::Foreign(_));
        let cut = streams.then(|| Box::pin(CancellationToken::clone(&exchange.cut).cancelled_owned()));
        Self { head, exchange, is_for_head, cut, whole, source }
    }

    /// Extracts the response from the application's result. `None` means that there is none and that the exchange has
    /// ended.
    pub(super) fn of(returned: Result<ServiceResponse<Self>, Error>) -> Option<Self> {
        match returned {
            Ok(response) => Some(response.into_parts().1.into_body()),
            Err(error) => error.as_error::<WithoutRequest>().and_then(WithoutRequest::take),
        }
    }

    /// Returns the head.
    pub(super) fn head(&self) -> &AnswerHead {
        &self.head
    }

    /// Returns true for a response to HEAD, whose body is announced but not sent.
    pub(super) fn is_for_head(&self) -> bool {
        self.is_for_head
    }

    /// Returns the next piece of the body. An error ends the body and the exchange.
    pub(super) fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, BodyError>>> {
        let polled = ready!(self.poll_source(cx));
        if let Some(Err(error)) = &polled {
            self.source = Source::Nothing;
            self.cut = None;
            let (status, category) = match error {
                BodyError::Stopped => (StatusCode::SERVICE_UNAVAILABLE, Some(SHUTDOWN)),
                BodyError::Panicked => (StatusCode::INTERNAL_SERVER_ERROR, Some("panic")),
                BodyError::CutShort(_) | BodyError::Failed(_) => (StatusCode::INTERNAL_SERVER_ERROR, None),
            };
            self.exchange.failed(error.to_string(), category);
            self.exchange.end(status.as_u16());
        }
        Poll::Ready(polled)
    }

    fn poll_source(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, BodyError>>> {
        if let Some(cut) = &mut self.cut
            && cut.as_mut().poll(cx).is_ready()
        {
            return Poll::Ready(Some(Err(BodyError::Stopped)));
        }
        let source = &mut self.source;
        // Panics of the stream are caught here.
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

    /// Counts and captures response body bytes that were sent.
    pub(super) fn taken(&mut self, piece: &Bytes) {
        if piece.is_empty() {
            return;
        }
        if self.whole {
            self.exchange.sent_whole(piece);
        } else {
            self.exchange.sent(piece);
        }
    }

    /// Records request body bytes that the handler has not read.
    pub(super) fn arrived(&self, piece: &Bytes) {
        self.exchange.body.pass(piece);
    }

    /// Ends the exchange: the response was sent completely.
    pub(super) fn sent(&mut self) {
        self.exchange.end(self.head.status.as_u16());
    }
}

/// Error that carries a response to the connection when its request is gone.
pub(super) struct WithoutRequest(RefCell<Option<Box<Tracked>>>);

impl WithoutRequest {
    /// Wraps a response.
    pub(super) fn new(answer: Tracked) -> Self {
        Self(RefCell::new(Some(Box::new(answer))))
    }

    /// Takes out the response; `None` when it has been taken before.
    pub(super) fn take(&self) -> Option<Tracked> {
        self.0.take().map(|answer| *answer)
    }
}

impl fmt::Debug for WithoutRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WithoutRequest")
    }
}

impl fmt::Display for WithoutRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("answered without its request")
    }
}

/// Never rendered: the connection takes out the response first.
impl ResponseError for WithoutRequest {}

/// For requests that the server sends itself. A returned piece counts as sent.
impl MessageBody for Tracked {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        self.head.size
    }

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let this = self.get_mut();
        Poll::Ready(match ready!(this.poll_piece(cx)) {
            Some(Ok(piece)) => {
                this.taken(&piece);
                if matches!(this.head.size, BodySize::Sized(length) if length == this.exchange.bytes()) {
                    this.sent();
                }
                Some(Ok(piece))
            }
            Some(Err(error)) => Some(Err(Box::new(error))),
            None => {
                this.sent();
                None
            }
        })
    }
}
