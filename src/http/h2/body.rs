//! Request bodies on HTTP/2.

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
use h2::{Reason, RecvStream};

use crate::{
    http::{
        deadline::Deadline,
        h1::{Refusal, Rule},
    },
    request::{Departure, Fields, RequestFacts},
};

/// Unread rest of a request body. The stream and the handler share it.
#[derive(Clone)]
pub(super) struct Inbound(Rc<RefCell<State>>);

struct State {
    stream: RecvStream,
    limit: Duration,
    deadline: Deadline,
    /// The client waits for 100 (Continue) before it sends the body (RFC 9110, section 10.1.1).
    expects: bool,
    /// 100 (Continue) is due.
    asked: bool,
    /// The body timed out, so the handler gets no more of it.
    late: bool,
    /// The stream was reset because the body is malformed: its length differs from `Content-Length`.
    malformed: bool,
    facts: Rc<RequestFacts>,
}

impl State {
    /// Takes the next piece, and lets the client send as many bytes again.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, h2::Error>>> {
        let polled = self.stream.poll_data(cx);
        if let Poll::Ready(Some(Ok(piece))) = &polled {
            // Fails only when more is released than has been received.
            let _ = self.stream.flow_control().release_capacity(piece.len());
            self.facts.body_arrives(false);
        }
        // Trailers come after the last piece.
        if matches!(polled, Poll::Ready(None))
            && let Poll::Ready(Ok(Some(trailers))) = self.stream.poll_trailers(cx)
        {
            let fields = trailers.iter().map(|(name, value)| (name.as_str().as_bytes(), value.as_bytes()));
            self.facts.trailed(Fields::of(fields));
        }
        self.malformed |= matches!(&polled, Poll::Ready(Some(Err(error))) if error.is_library());
        polled
    }
}

impl Inbound {
    /// Begins to receive a body. Reading fails when the next piece takes longer than `limit`.
    pub(super) fn new(stream: RecvStream, limit: Duration, expects: bool, facts: &Rc<RequestFacts>) -> Self {
        let deadline = Deadline::default();
        let facts = Rc::clone(facts);
        let state = State { stream, limit, deadline, expects, asked: false, late: false, malformed: false, facts };
        Self(Rc::new(RefCell::new(state)))
    }

    /// Returns true, once, when 100 (Continue) is due.
    pub(super) fn take_asked(&self) -> bool {
        std::mem::take(&mut self.0.borrow_mut().asked)
    }

    /// Sends no 100 (Continue) when the body is read.
    pub(super) fn withhold_continue(&self) {
        let state = &mut *self.0.borrow_mut();
        (state.expects, state.asked) = (false, false);
    }

    /// Returns true when the body read so far is malformed.
    pub(super) fn is_malformed(&self) -> bool {
        self.0.borrow().malformed
    }

    /// Returns the next piece that the handler has not read. `None` ends the body.
    pub(super) fn poll_rest(&self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let polled = self.0.borrow_mut().poll(cx);
        polled.map(|piece| piece.and_then(Result::ok))
    }
}

impl Inbound {
    /// Returns how the client left, from how its stream ended.
    pub(super) fn departure(&self, reset: Result<Reason, h2::Error>, cx: &mut Context<'_>) -> Departure {
        // An error of the body comes only after all pieces received before it.
        while let Poll::Ready(Some(_)) = self.poll_rest(cx) {}
        match reset {
            _ if self.is_malformed() => Departure::Malformed,
            Ok(reason) => Departure::Stream(reason),
            Err(error) if error.get_io().is_some_and(|io| io.kind() == std::io::ErrorKind::ConnectionReset) => {
                Departure::Reset
            }
            Err(_) => Departure::Closed,
        }
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
                // The stream was reset by the client, or because of a wrong `Content-Length`.
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
