//! Bytes received on a connection, and the body of the current request.
//!
//! The connection reads into this buffer, and the handler takes the body from it. So the connection notices a client
//! that leaves while the handler is not reading, and it knows when the handler first asks for the body.

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
use crate::request::{BodyFraming, RequestFacts, RequestHead};

/// A parsed request head, and what it means for the connection.
pub(super) struct Heard {
    pub(super) head: RequestHead,
    pub(super) framing: Framing,
    /// The client allows a persistent connection.
    pub(super) keep_alive: bool,
    /// The client expects 100 (Continue).
    pub(super) expects_continue: bool,
    /// The client expects something other than 100 (Continue).
    pub(super) expects_other: bool,
}

/// Receive buffer that a connection shares with the bodies of its requests.
#[derive(Clone, Default)]
pub(super) struct Inbound(Rc<RefCell<State>>);

#[derive(Default)]
struct State {
    /// Bytes that were read from the socket and not yet taken.
    read: BytesMut,
    body: Body,
    /// Number of the current request. Bodies of earlier requests get no bytes.
    request: u64,
    /// Waker of the handler that waits for the body.
    wanted: Option<Waker>,
    /// The client waits for 100 (Continue) before it sends the body (RFC 9110, section 10.1.1).
    expects: bool,
    /// 100 (Continue) is due.
    asked: bool,
    /// The client sends nothing more.
    ended: bool,
    /// Facts of the current request, until its body has been taken.
    facts: Option<Rc<RequestFacts>>,
}

/// State of the current request's body.
#[derive(Default)]
enum Body {
    #[default]
    Whole,
    Length(u64),
    Chunked(Box<Decoder>),
    Broken(Refusal),
}

impl From<Framing> for BodyFraming {
    fn from(framing: Framing) -> Self {
        match framing {
            Framing::None => Self::None,
            Framing::Length(length) => Self::Length(length),
            Framing::Chunked => Self::Chunked,
        }
    }
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
                if let Some(facts) = &self.facts {
                    facts.count_body(take);
                }
                let piece = self.read.split_to(take).freeze();
                if *left == 0 {
                    self.whole();
                }
                return Ok(Piece::Data(piece));
            }
            Body::Chunked(decoder) => decoder.step(&mut self.read),
        };
        match step {
            Ok(Piece::More) if self.ended => self.fail(Rule::IncompleteBody),
            Ok(Piece::End) => self.whole(),
            Err(refusal) => {
                if let Some(facts) = &self.facts {
                    facts.broken(&self.read);
                }
                self.body = Body::Broken(refusal);
            }
            Ok(_) => {}
        }
        match &self.body {
            Body::Broken(refusal) => Err(*refusal),
            _ => step,
        }
    }

    fn whole(&mut self) {
        self.body = Body::Whole;
        self.facts = None;
    }

    /// Returns true when bytes that arrive belong to the body.
    fn awaits(&self) -> bool {
        match &self.body {
            Body::Whole | Body::Broken(_) => false,
            Body::Length(left) => (self.read.len() as u64) < *left,
            Body::Chunked(_) => true,
        }
    }

    fn fail(&mut self, rule: Rule) {
        self.body = Body::Broken(Refusal::new(rule, 0));
    }
}

impl Inbound {
    /// Appends bytes that were read from the socket.
    pub(super) fn add(&self, bytes: &[u8]) {
        let state = &mut *self.0.borrow_mut();
        if let Some(facts) = &state.facts
            && !bytes.is_empty()
            && state.awaits()
        {
            facts.body_arrives(false);
        }
        state.read.extend_from_slice(bytes);
    }

    /// Returns the number of buffered bytes.
    pub(super) fn len(&self) -> usize {
        self.0.borrow().read.len()
    }

    /// Copies the first buffered bytes, at most `most`.
    pub(super) fn first(&self, most: usize) -> Bytes {
        let state = self.0.borrow();
        Bytes::copy_from_slice(&state.read[..state.read.len().min(most)])
    }

    /// Returns whether the buffered bytes match `start` so far, and whether there are enough to compare all of it. An
    /// empty buffer does not match.
    pub(super) fn starts_like(&self, start: &[u8]) -> (bool, bool) {
        let read = &self.0.borrow().read;
        let common = read.len().min(start.len());
        (common > 0 && read[..common] == start[..common], common == start.len())
    }

    /// Parses a head. Returns `None` until it is complete.
    pub(super) fn parse(&self, scan: &mut Scan, limits: &Limits) -> Result<Option<Heard>, Refusal> {
        let state = &mut *self.0.borrow_mut();
        let Some(parsed) = parse(&state.read, scan, limits)? else { return Ok(None) };
        let Parsed { framing, keep_alive, expects_continue, expects_other, .. } = parsed;
        let head = parsed.take_head(&mut state.read);
        Ok(Some(Heard { head, framing, keep_alive, expects_continue, expects_other }))
    }

    /// Begins the body of a new request.
    pub(super) fn begin(&self, heard: &Heard, limits: &Limits, facts: &Rc<RequestFacts>) -> BodyStream {
        let state = &mut *self.0.borrow_mut();
        state.body = match heard.framing {
            Framing::None | Framing::Length(0) => Body::Whole,
            Framing::Length(length) => Body::Length(length),
            Framing::Chunked => {
                let decoder = Decoder::new(*limits);
                facts.chunked(Rc::clone(&decoder.record));
                Body::Chunked(Box::new(decoder))
            }
        };
        state.facts = (!matches!(state.body, Body::Whole)).then(|| Rc::clone(facts));
        if state.facts.is_some() && !state.read.is_empty() {
            facts.body_arrives(true);
        }
        state.request += 1;
        state.wanted = None;
        state.expects = heard.expects_continue;
        state.asked = false;
        BodyStream { inbound: self.clone(), request: state.request }
    }

    /// Returns true when all of the body has been taken, or is known to have arrived.
    pub(super) fn is_whole(&self) -> bool {
        let state = self.0.borrow();
        match state.body {
            Body::Whole => true,
            Body::Length(left) => state.read.len() as u64 >= left,
            Body::Chunked(_) | Body::Broken(_) => false,
        }
    }

    /// Returns true when a handler waits for the body.
    pub(super) fn is_wanted(&self) -> bool {
        self.0.borrow().wanted.is_some()
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

    /// Wakes the task that waits for the body, unless it is the current task, which polls again anyway.
    pub(super) fn wake(&self, cx: &Context<'_>) {
        let waker = self.0.borrow_mut().wanted.take();
        if let Some(waker) = waker.filter(|waker| !waker.will_wake(cx.waker())) {
            waker.wake();
        }
    }

    /// Notes that the client sends nothing more. Reading on in an incomplete body then fails.
    pub(super) fn end(&self) {
        self.0.borrow_mut().ended = true;
    }

    /// Fails further reads of the body.
    pub(super) fn fail(&self, rule: Rule) {
        self.0.borrow_mut().fail(rule);
    }

    /// Takes the buffered part of the body. Returns true when the body is complete. After a malformed body, the buffer
    /// is dropped.
    pub(super) fn drain(&self, mut take: impl FnMut(&Bytes)) -> bool {
        loop {
            // The borrow ends before `take` is called.
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

    /// Drops all buffered bytes.
    pub(super) fn clear(&self) {
        self.0.borrow_mut().read.clear();
    }

    /// Frees the buffer when it is empty.
    pub(super) fn rest(&self) {
        let read = &mut self.0.borrow_mut().read;
        if read.is_empty() {
            *read = BytesMut::new();
        }
    }
}

/// Stream of one request's body.
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
