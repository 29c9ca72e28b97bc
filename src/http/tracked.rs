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
    fault,
    respond::{AnswerHead, Framing},
    rule::Rule,
};
use crate::{
    audit::{RecordedFraming, ResponseRecord, Written},
    endpoints::{
        Answer, Body, Fault, RequestBody,
        answer::{Chunks, CutShort},
        delivery::{Delivery, Head, Interim, Step},
    },
};

/// Recorded status of an answer without a head.
const NO_HEAD: u16 = 0;

/// A response with its head, its body and its exchange, which ends with it.
pub struct Tracked {
    head: AnswerHead,
    exchange: Exchange,
    is_for_head: bool,
    /// False for a delivery that has sent no head.
    is_headed: bool,
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
    /// Steps that send the whole answer.
    Steps(Delivery),
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

impl BodyError {
    /// Returns the error to send if nothing has been sent.
    pub(super) fn fault(&self) -> Fault {
        match self {
            Self::Stopped => fault::stopping(),
            Self::Panicked | Self::CutShort(_) | Self::Failed(_) => fault::internal(),
        }
    }

    /// Returns the category of the failure, where its status does not name it.
    pub(super) const fn category(&self) -> Option<&'static str> {
        match self {
            Self::Stopped => Some(SHUTDOWN),
            Self::Panicked => Some("panic"),
            Self::CutShort(_) | Self::Failed(_) => None,
        }
    }
}

impl ReplyBody {
    /// Returns the size to announce in a response with `status`.
    pub(super) fn size(&self, status: StatusCode) -> BodySize {
        match self {
            _ if matches!(status.as_u16(), 204 | 304) => BodySize::None,
            Self::Own(Body::Empty) => BodySize::Sized(0),
            Self::Own(Body::Bytes(bytes)) => BodySize::Sized(bytes.len() as u64),
            Self::Own(Body::Stream(_, Some(length))) => BodySize::Sized(*length),
            Self::Own(Body::Stream(_, None) | Body::Delivery(_)) => BodySize::Stream,
            Self::OfApp(body) => body.size(),
        }
    }
}

impl Tracked {
    /// Creates a tracked response. For HEAD, the size is announced, but no body is sent.
    pub(super) fn new(exchange: Exchange, head: AnswerHead, body: ReplyBody, is_for_head: bool) -> Self {
        let (source, whole) = source(body, head.size, is_for_head);
        let streams = matches!(source, Source::Chunks(_) | Source::Foreign(_) | Source::Steps(_));
        let cut = streams.then(|| Box::pin(CancellationToken::clone(&exchange.cut).cancelled_owned()));
        let is_headed = !matches!(source, Source::Steps(_));
        Self { head, exchange, is_for_head, is_headed, cut, whole, source }
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

    /// Returns true when steps send the whole answer. Its head then only has the server's own fields.
    pub(super) const fn is_delivery(&self) -> bool {
        matches!(self.source, Source::Steps(_))
    }

    /// Returns the record of the response below HTTP; `None` when the request is not recorded.
    pub(super) fn record(&mut self) -> Option<&mut ResponseRecord> {
        self.exchange.capture.as_mut().map(|capture| &mut capture.response)
    }

    /// Notes a head as it is sent on HTTP/1.
    pub(super) fn record_head(&mut self, head: &[u8], framing: Framing) {
        if let Some(record) = self.record() {
            record.head = Bytes::copy_from_slice(head);
            record.framing = Some(RecordedFraming::Http1(framing));
        }
    }

    /// Notes what the socket took.
    pub(super) fn record_written(&mut self, written: Written) {
        if let Some(record) = self.record() {
            record.written = written;
        }
    }

    /// Returns the next step of a delivery.
    pub(super) fn poll_step(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Step, BodyError>>> {
        if let Poll::Ready(stopped) = self.poll_stopped(cx) {
            return Poll::Ready(Some(Err(stopped)));
        }
        let Source::Steps(steps) = &mut self.source else { return Poll::Ready(None) };
        // Panics of the handler are caught here.
        let polled = catch_unwind(AssertUnwindSafe(|| steps.poll_step(cx)));
        let polled =
            polled.map_or(Poll::Ready(Some(Err(BodyError::Panicked))), |polled| polled.map(|step| step.map(Ok)));
        if let Poll::Ready(Some(Ok(step))) = &polled
            && let Some(record) = self.record()
        {
            record.step(step.word(), step.size());
            match step {
                Step::Interim(interim) => record.interim(interim),
                Step::Continue => record.interim(&Interim { status: 100, reason: None, fields: Vec::new() }),
                Step::Trailers(trailers) => record.trailed(trailers),
                _ => {}
            }
        }
        polled
    }

    /// Notes the head of a delivery: it is about to be sent, with this framing.
    pub(super) fn headed(&mut self, told: &Head, framing: Framing) {
        self.is_headed = true;
        self.head.status = StatusCode::from_u16(told.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        self.exchange.answered_as_told(&self.head, told, framing);
    }

    /// Replaces the steps of a delivery by an error. Nothing but interim responses has been sent.
    pub(super) fn replace(&mut self, fault: Fault, category: Option<&'static str>) {
        self.exchange.category = category;
        let Answer { status, headers, body } = render(&mut self.exchange, fault);
        let body = ReplyBody::Own(body);
        self.head.status = status;
        self.head.fields.put_first(headers);
        self.head.size = body.size(status);
        self.exchange.answered(&self.head, self.exchange.head.version());
        self.cut = None;
        (self.source, self.whole) = source(body, self.head.size, self.is_for_head);
    }

    /// Returns the next piece of the body. An error ends the body and the exchange.
    pub(super) fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, BodyError>>> {
        let polled = ready!(self.poll_source(cx));
        if let Some(Err(error)) = &polled {
            self.fail(error);
        }
        Poll::Ready(polled)
    }

    /// Ends the body and the exchange with an error.
    pub(super) fn fail(&mut self, error: &BodyError) {
        self.source = Source::Nothing;
        self.cut = None;
        self.exchange.failed(error.to_string(), error.category());
        self.exchange.end(error.fault().status.as_u16());
    }

    /// Returns ready when the server stops and cuts the answer off.
    pub(super) fn poll_stopped(&mut self, cx: &mut Context<'_>) -> Poll<BodyError> {
        match &mut self.cut {
            Some(cut) => cut.as_mut().poll(cx).map(|()| BodyError::Stopped),
            None => Poll::Pending,
        }
    }

    fn poll_source(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, BodyError>>> {
        if let Poll::Ready(stopped) = self.poll_stopped(cx) {
            return Poll::Ready(Some(Err(stopped)));
        }
        let source = &mut self.source;
        // Panics of the stream are caught here.
        let polled = catch_unwind(AssertUnwindSafe(|| match source {
            Source::Nothing | Source::Steps(_) => Poll::Ready(None),
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

    /// Returns the request's body. The handler may have read a part of it, or all.
    pub(super) fn request_body(&self) -> RequestBody {
        self.exchange.body.clone()
    }

    /// Ends the exchange: the response was sent completely. Without a head its status is recorded as 0.
    pub(super) fn sent(&mut self) {
        self.exchange.end(if self.is_headed { self.head.status.as_u16() } else { NO_HEAD });
    }

    /// Ends the exchange of a delivery that was refused after its head.
    pub(super) fn cut_off(&mut self, fault: Fault) {
        let status = fault.status.as_u16();
        self.exchange.failed(fault.message.into_owned(), fault.rule.map(|rule| rule.category));
        self.exchange.end(status);
    }
}

/// Renders an error as the response of an exchange.
pub(super) fn render(exchange: &mut Exchange, fault: Fault) -> Answer {
    exchange.message = Some(fault.message.clone());
    exchange.category = exchange.category.or(fault.rule.map(|rule| rule.category));
    let too_large = fault.status == StatusCode::PAYLOAD_TOO_LARGE;
    exchange.rule = fault.rule.map(|rule| rule.name).or(too_large.then(|| Rule::BodyTooLarge.name()));
    fault::render(fault, &exchange.head, exchange.target.path())
}

/// Returns what is to be sent of a body, and whether it is one chunk in memory.
fn source(body: ReplyBody, size: BodySize, is_for_head: bool) -> (Source, bool) {
    let source = match body {
        ReplyBody::Own(Body::Delivery(steps)) => Source::Steps(steps),
        _ if is_for_head || matches!(size, BodySize::None) => Source::Nothing,
        ReplyBody::Own(Body::Empty) => Source::Nothing,
        ReplyBody::Own(Body::Bytes(bytes)) => Source::Bytes(bytes),
        ReplyBody::Own(Body::Stream(chunks, _)) => Source::Chunks(chunks),
        ReplyBody::OfApp(body) => Source::Foreign(Box::pin(body)),
    };
    let whole = matches!(source, Source::Bytes(_));
    (source, whole)
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
