//! What has arrived on a connection, and the body of the request in hand.
//!
//! The connection reads; whoever wants the body takes it from here. So the connection also notices a client that leaves
//! while nobody reads, and it knows when the body is first asked for.

use std::{
    cell::RefCell,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Waker},
};

use actix_web::error::PayloadError;
use bytes::{Bytes, BytesMut};
use futures_util::Stream;

use super::{
    chunked::{Decoder, Piece},
    framing::Framing,
    parse::{Limits, Parsed, Scan, parse},
    rule::{Refusal, Rule},
};
use crate::request::RequestHead;

/// A head, and what it means for its connection.
pub(super) struct Heard {
    pub(super) head: RequestHead,
    pub(super) framing: Framing,
    /// The client lets the connection stay.
    pub(super) keep_alive: bool,
    /// The client waits for 100.
    pub(super) expects_continue: bool,
    /// The client expects something that nobody knows.
    pub(super) expects_other: bool,
}

/// Shared by a connection and the bodies of its requests.
#[derive(Clone, Default)]
pub(super) struct Inbound(Rc<RefCell<State>>);

#[derive(Default)]
struct State {
    /// What was read and is not taken yet.
    read: BytesMut,
    body: Body,
    /// Requests so far: the body of an earlier one gets nothing.
    request: u64,
    /// Set while the body is waited for.
    wanted: Option<Waker>,
    /// The client waits for 100 before it sends the body (RFC 9110, section 10.1.1).
    expects: bool,
    /// It is to be sent now.
    asked: bool,
    /// Nothing more comes.
    ended: bool,
}

/// The rest of the body of the request in hand.
#[derive(Default)]
enum Body {
    #[default]
    Whole,
    Length(u64),
    Chunked(Box<Decoder>),
    Broken(Refusal),
}

impl State {
    /// Takes the next piece of the body.
    fn next(&mut self) -> Result<Piece, Refusal> {
        let step = match &mut self.body {
            Body::Whole => return Ok(Piece::End),
            Body::Broken(refusal) => return Err(*refusal),
            Body::Length(_) if self.read.is_empty() => Ok(Piece::More),
            Body::Length(left) => {
                let take = usize::try_from(*left).map_or(self.read.len(), |left| left.min(self.read.len()));
                *left -= take as u64;
                let piece = self.read.split_to(take).freeze();
                if *left == 0 {
                    self.body = Body::Whole;
                }
                return Ok(Piece::Data(piece));
            }
            Body::Chunked(decoder) => decoder.step(&mut self.read),
        };
        match step {
            Ok(Piece::More) if self.ended => self.fail(Rule::IncompleteBody),
            Ok(Piece::End) => self.body = Body::Whole,
            Err(refusal) => self.body = Body::Broken(refusal),
            Ok(_) => {}
        }
        match &self.body {
            Body::Broken(refusal) => Err(*refusal),
            _ => step,
        }
    }

    fn fail(&mut self, rule: Rule) {
        self.body = Body::Broken(Refusal::new(rule, 0));
    }
}

impl Inbound {
    /// Adds bytes that were read.
    pub(super) fn add(&self, bytes: &[u8]) {
        self.0.borrow_mut().read.extend_from_slice(bytes);
    }

    /// Bytes that nobody has taken yet.
    pub(super) fn len(&self) -> usize {
        self.0.borrow().read.len()
    }

    /// The first bytes that nobody has taken yet, at most `most`.
    pub(super) fn first(&self, most: usize) -> Bytes {
        let state = self.0.borrow();
        Bytes::copy_from_slice(&state.read[..state.read.len().min(most)])
    }

    /// Tells whether what is there and `start` are the same as far as they go, and whether all of `start` is there.
    pub(super) fn starts_like(&self, start: &[u8]) -> (bool, bool) {
        let read = &self.0.borrow().read;
        let common = read.len().min(start.len());
        (common > 0 && read[..common] == start[..common], common == start.len())
    }

    /// Reads a head, when all of it is there.
    pub(super) fn parse(&self, scan: &mut Scan, limits: &Limits) -> Result<Option<Heard>, Refusal> {
        let state = &mut *self.0.borrow_mut();
        let Some(parsed) = parse(&state.read, scan, limits)? else { return Ok(None) };
        let Parsed { framing, keep_alive, expects_continue, expects_other, .. } = parsed;
        let head = parsed.take_head(&mut state.read);
        Ok(Some(Heard { head, framing, keep_alive, expects_continue, expects_other }))
    }

    /// Begins the body of the next request.
    pub(super) fn begin(&self, framing: Framing, expects: bool, limits: &Limits) -> BodyStream {
        let state = &mut *self.0.borrow_mut();
        state.body = match framing {
            Framing::None | Framing::Length(0) => Body::Whole,
            Framing::Length(length) => Body::Length(length),
            Framing::Chunked => Body::Chunked(Box::new(Decoder::new(*limits))),
        };
        state.request += 1;
        state.wanted = None;
        state.expects = expects;
        state.asked = false;
        BodyStream { inbound: self.clone(), request: state.request }
    }

    /// True when all of the body has been taken.
    pub(super) fn is_whole(&self) -> bool {
        matches!(self.0.borrow().body, Body::Whole)
    }

    /// True when the body is waited for.
    pub(super) fn is_wanted(&self) -> bool {
        self.0.borrow().wanted.is_some()
    }

    /// True once when 100 is to be sent.
    pub(super) fn take_asked(&self) -> bool {
        std::mem::take(&mut self.0.borrow_mut().asked)
    }

    /// Wakes who waits for the body, unless that is the task of `cx`, which looks again anyway.
    pub(super) fn wake(&self, cx: &Context<'_>) {
        let waker = self.0.borrow_mut().wanted.take();
        if let Some(waker) = waker.filter(|waker| !waker.will_wake(cx.waker())) {
            waker.wake();
        }
    }

    /// Nothing more comes: a body that is not whole is incomplete.
    pub(super) fn end(&self) {
        self.0.borrow_mut().ended = true;
    }

    /// Refuses the rest of the body.
    pub(super) fn fail(&self, rule: Rule) {
        self.0.borrow_mut().fail(rule);
    }

    /// Takes what is there of the body. True when that was the rest of it. What follows a broken one is dropped.
    pub(super) fn drain(&self, mut take: impl FnMut(&Bytes)) -> bool {
        loop {
            // The piece is handed on without the state being held.
            let next = self.0.borrow_mut().next();
            match next {
                Ok(Piece::Data(piece)) => take(&piece),
                Ok(Piece::End) => return true,
                Ok(Piece::More) => return false,
                Err(_) => {
                    self.clear();
                    return false;
                }
            }
        }
    }

    /// Drops what was read.
    pub(super) fn clear(&self) {
        self.0.borrow_mut().read.clear();
    }

    /// Gives the buffer back while nothing is in it.
    pub(super) fn rest(&self) {
        let read = &mut self.0.borrow_mut().read;
        if read.is_empty() {
            *read = BytesMut::new();
        }
    }
}

/// The body of one request.
pub(super) struct BodyStream {
    inbound: Inbound,
    request: u64,
}

impl Stream for BodyStream {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let state = &mut *self.inbound.0.borrow_mut();
        if state.request != self.request {
            return Poll::Ready(Some(Err(PayloadError::Incomplete(None))));
        }
        match state.next() {
            Ok(Piece::Data(piece)) => Poll::Ready(Some(Ok(piece))),
            Ok(Piece::End) => Poll::Ready(None),
            Ok(Piece::More) => {
                state.asked |= std::mem::take(&mut state.expects);
                match &mut state.wanted {
                    Some(waker) => waker.clone_from(cx.waker()),
                    None => state.wanted = Some(cx.waker().clone()),
                }
                Poll::Pending
            }
            Err(refusal) => Poll::Ready(Some(Err(refusal.into_payload_error()))),
        }
    }
}
