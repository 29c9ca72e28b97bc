//! A response on its way out: its head, and a body that counts what leaves, survives a panic in its stream, and knows
//! whether it was sent whole.

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

/// Every response: its head, its body, and the exchange that ends with it.
pub struct Tracked {
    head: AnswerHead,
    exchange: Exchange,
    is_for_head: bool,
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

/// The body of a response, before it is tracked.
pub(super) enum ReplyBody {
    /// Made by a handler of ours.
    Own(Body),
    /// Made by the application behind the frontend.
    OfApp(BoxBody),
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

impl ReplyBody {
    /// The size that a body announces in an answer with `status`.
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
    /// Takes over an answer. For HEAD nothing of its body is sent, but the size is announced.
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

    /// The answer in what the application returned; `None` when there is none, and its exchange has ended.
    pub(super) fn of(returned: Result<ServiceResponse<Self>, Error>) -> Option<Self> {
        match returned {
            Ok(response) => Some(response.into_parts().1.into_body()),
            Err(error) => error.as_error::<WithoutRequest>().and_then(WithoutRequest::take),
        }
    }

    /// The head.
    pub(super) fn head(&self) -> &AnswerHead {
        &self.head
    }

    /// True for the answer to HEAD, whose body is announced and not sent.
    pub(super) fn is_for_head(&self) -> bool {
        self.is_for_head
    }

    /// The next piece of the body. After an error there is no more, and the exchange has ended with it.
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

    /// Takes note of body bytes that the connection took.
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

    /// Takes note of bytes of the request's body that nobody has read.
    pub(super) fn arrived(&self, piece: &Bytes) {
        self.exchange.body.pass(piece);
    }

    /// Takes note that all of it has been sent.
    pub(super) fn sent(&mut self) {
        self.exchange.end(self.head.status.as_u16());
    }
}

/// A response whose request nobody has any more, as the error that brings it to its connection.
pub(super) struct WithoutRequest(RefCell<Option<Box<Tracked>>>);

impl WithoutRequest {
    /// Wraps a response.
    pub(super) fn new(answer: Tracked) -> Self {
        Self(RefCell::new(Some(Box::new(answer))))
    }

    /// The response; `None` when it has been taken.
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

/// It is taken out before anybody would render it.
impl ResponseError for WithoutRequest {}

/// For requests from within. What is handed on counts as taken.
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
