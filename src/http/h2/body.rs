//! The body of a request on HTTP/2.

use std::{
    cell::RefCell,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
    time::Duration,
};

use actix_web::error::PayloadError;
use bytes::Bytes;
use futures_util::Stream;
use h2::RecvStream;

use crate::http::{
    deadline::Deadline,
    h1::{Refusal, Rule},
};

/// The rest of a request's body. Shared by its stream and its handler.
#[derive(Clone)]
pub(super) struct Inbound(Rc<RefCell<State>>);

struct State {
    stream: RecvStream,
    limit: Duration,
    deadline: Deadline,
    /// The client waits for 100 before it sends the body (RFC 9110, section 10.1.1).
    expects: bool,
    /// It is to be sent now.
    asked: bool,
    /// It did not come in time: nothing more is read.
    late: bool,
    /// It breaks the rules, so that its stream was reset: it does not have the length that was announced.
    malformed: bool,
}

impl State {
    /// The next piece. The client may send as much again.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, h2::Error>>> {
        let polled = self.stream.poll_data(cx);
        if let Poll::Ready(Some(Ok(piece))) = &polled {
            // It fails only for more than has arrived.
            let _ = self.stream.flow_control().release_capacity(piece.len());
        }
        self.malformed |= matches!(&polled, Poll::Ready(Some(Err(error))) if error.is_library());
        polled
    }
}

impl Inbound {
    /// Begins to receive a body, of which two pieces may be `limit` apart.
    pub(super) fn new(stream: RecvStream, limit: Duration, expects: bool) -> Self {
        let deadline = Deadline::default();
        let state = State { stream, limit, deadline, expects, asked: false, late: false, malformed: false };
        Self(Rc::new(RefCell::new(state)))
    }

    /// True, once, when 100 is to be sent.
    pub(super) fn take_asked(&self) -> bool {
        std::mem::take(&mut self.0.borrow_mut().asked)
    }

    /// True when what was read of it breaks the rules.
    pub(super) fn is_malformed(&self) -> bool {
        self.0.borrow().malformed
    }

    /// The next piece for who does not need it. Nothing comes after `None`.
    pub(super) fn poll_rest(&self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let polled = self.0.borrow_mut().poll(cx);
        polled.map(|piece| piece.and_then(Result::ok))
    }
}

impl Stream for Inbound {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let state = &mut *self.0.borrow_mut();
        if !state.late {
            match state.poll(cx) {
                Poll::Ready(Some(Ok(piece))) => {
                    state.deadline.clear();
                    return Poll::Ready(Some(Ok(piece)));
                }
                Poll::Ready(None) => return Poll::Ready(None),
                // Its stream was reset: by the client, or because the body does not have its announced length.
                Poll::Ready(Some(Err(_))) => return Poll::Ready(Some(Err(PayloadError::Incomplete(None)))),
                Poll::Pending => {}
            }
            state.asked |= std::mem::take(&mut state.expects);
            state.deadline.begin(state.limit);
            if state.deadline.poll(cx).is_pending() {
                return Poll::Pending;
            }
            state.late = true;
        }
        Poll::Ready(Some(Err(Refusal::new(Rule::BodyTimeout, 0).into_payload_error())))
    }
}
