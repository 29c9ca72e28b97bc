//! Request body: read within limits, counted, and never left half unread.

use std::{
    cell::{Cell, RefCell},
    future::poll_fn,
    rc::Rc,
    task::Poll,
};

use actix_web::{dev::Payload, error::PayloadError, http::StatusCode};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;

use super::{BrokenRule, Fault};
use crate::audit::Kept;

/// Error of a body reported by its connection, inside [`PayloadError::Io`].
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct BodyFault {
    /// Status of the answer.
    pub status: u16,
    /// What is wrong, and where.
    pub message: String,
    /// The rule that is broken.
    pub rule: BrokenRule,
}

/// Request body. Clones share one position.
#[derive(Clone)]
pub struct RequestBody {
    state: Option<Rc<State>>,
}

struct State {
    /// Empty while the body is being read.
    payload: RefCell<Option<Payload>>,
    /// Rest of a piece of which a part was asked for.
    rest: RefCell<Bytes>,
    received: Cell<u64>,
    max_bytes: u64,
    /// Present when the request is recorded.
    kept: RefCell<Option<Kept>>,
}

impl RequestBody {
    /// Creates an empty body.
    #[must_use]
    pub const fn none() -> Self {
        Self { state: None }
    }

    /// Wraps the body of a request. `max_bytes` bounds what is read of it. `kept` sees what passes.
    #[must_use]
    pub fn new(payload: Payload, max_bytes: u64, kept: Option<Kept>) -> Self {
        if matches!(payload, Payload::None) {
            return Self::none();
        }
        let (payload, rest) = (RefCell::new(Some(payload)), RefCell::default());
        let state = State { payload, rest, received: Cell::new(0), max_bytes, kept: RefCell::new(kept) };
        Self { state: Some(Rc::new(state)) }
    }

    /// Returns the number of bytes received so far, without transfer coding.
    #[must_use]
    pub fn received(&self) -> u64 {
        self.state.as_ref().map_or(0, |state| state.received.get())
    }

    /// Takes note of a piece that nobody reads.
    pub fn pass(&self, piece: &Bytes) {
        if let Some(state) = &self.state {
            state.pass(piece);
        }
    }

    /// Takes the bytes kept for the record. A second call returns none.
    #[must_use]
    pub fn take_kept(&self) -> Kept {
        self.state.as_ref().and_then(|state| state.kept.take()).unwrap_or_default()
    }

    /// Reads the next piece, of 1 to `most` bytes. Returns `None` at the end. When the future is dropped, nothing is
    /// lost.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub async fn piece(&self, most: usize) -> Result<Option<Bytes>, Fault> {
        let Some(state) = &self.state else { return Ok(None) };
        while state.rest.borrow().is_empty() {
            let next = poll_fn(|cx| match &mut *state.payload.borrow_mut() {
                Some(payload) => payload.poll_next_unpin(cx),
                None => Poll::Ready(None),
            });
            let Some(piece) = next.await.transpose().map_err(|error| fault(&error))? else { return Ok(None) };
            if state.pass(&piece) > state.max_bytes {
                return Err(too_large(state.max_bytes));
            }
            state.rest.replace(piece);
        }
        let rest = &mut *state.rest.borrow_mut();
        let size = rest.len().min(most.max(1));
        Ok(Some(rest.split_to(size)))
    }

    /// Reads to the end and returns the first `keep` bytes.
    ///
    /// # Errors
    /// 413 when the body is larger than `server.max_body_bytes`, 408 when no byte came for `server.body_timeout`, 400 when
    /// it ended early or its framing is broken.
    pub async fn read(&self, keep: usize) -> Result<Bytes, Fault> {
        let Some(state) = &self.state else { return Ok(Bytes::new()) };
        let Some(mut payload) = state.payload.borrow_mut().take() else { return Ok(Bytes::new()) };
        let mut reading = Reading::new(state, keep);
        reading.append(&state.rest.take());
        while let Some(piece) = payload.next().await.transpose().map_err(|error| fault(&error))? {
            if reading.take(&piece) > state.max_bytes {
                return Err(too_large(state.max_bytes));
            }
        }
        Ok(reading.finish())
    }
}

/// A body that is being read, for the handler and for the record: what both want stands in memory once.
struct Reading<'s> {
    state: &'s State,
    keep: usize,
    body: BytesMut,
    /// True when the beginning that is recorded is a part of what the handler gets.
    shared: bool,
}

impl<'s> Reading<'s> {
    fn new(state: &'s State, keep: usize) -> Self {
        let begins = state.received.get() == 0;
        let shared = begins && state.kept.borrow().as_ref().is_some_and(|kept| kept.max() <= keep);
        Self { state, keep, body: BytesMut::new(), shared }
    }

    /// Takes the next piece. Returns how much has arrived with it.
    fn take(&mut self, piece: &Bytes) -> u64 {
        let received = if self.shared { self.state.count(piece) } else { self.state.pass(piece) };
        self.append(piece);
        received
    }

    fn append(&mut self, piece: &Bytes) {
        let take = piece.len().min(self.keep - self.body.len());
        self.body.extend_from_slice(&piece[..take]);
    }

    /// Hands what was read to the record, and returns it.
    fn finish(&mut self) -> Bytes {
        let body = std::mem::take(&mut self.body).freeze();
        if std::mem::take(&mut self.shared)
            && let Some(kept) = &mut *self.state.kept.borrow_mut()
        {
            kept.pass_beginning(&body, self.state.received.get() - kept.total());
        }
        body
    }
}

impl Drop for Reading<'_> {
    /// What came of a body that is not read to its end is recorded too.
    fn drop(&mut self) {
        self.finish();
    }
}

impl State {
    /// Takes note of the next piece. Gives how much has arrived with it.
    fn pass(&self, piece: &Bytes) -> u64 {
        let received = self.count(piece);
        if let Some(kept) = &mut *self.kept.borrow_mut() {
            kept.pass(piece);
        }
        received
    }

    fn count(&self, piece: &Bytes) -> u64 {
        let received = self.received.get() + piece.len() as u64;
        self.received.set(received);
        received
    }
}

/// Body that fails after more than `max_bytes`.
#[must_use]
pub fn limited(payload: Payload, max_bytes: u64) -> Payload {
    if matches!(payload, Payload::None) {
        return payload;
    }
    let mut left = max_bytes;
    let limited = payload.map(move |piece| {
        let piece = piece?;
        match left.checked_sub(piece.len() as u64) {
            Some(rest) => {
                left = rest;
                Ok(piece)
            }
            None => Err(PayloadError::Overflow),
        }
    });
    Payload::Stream { payload: Box::pin(limited) }
}

fn fault(error: &PayloadError) -> Fault {
    let told = match error {
        PayloadError::Io(error) => error.get_ref().and_then(|error| error.downcast_ref::<BodyFault>()),
        _ => None,
    };
    match told {
        Some(BodyFault { status, message, rule }) => {
            let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::BAD_REQUEST);
            Fault { rule: Some(*rule), ..Fault::new(status, message.clone()) }
        }
        None if matches!(error, PayloadError::Incomplete(_)) => Fault::bad_request("request body ended early"),
        None => Fault::bad_request("request body is malformed"),
    }
}

/// Error for a body that is (or declares to be) larger than `max_bytes`.
#[must_use]
pub fn too_large(max_bytes: u64) -> Fault {
    Fault::new(StatusCode::PAYLOAD_TOO_LARGE, format!("request body exceeds max {max_bytes} bytes"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use actix_http::BoxedPayloadStream;
    use futures_util::stream;

    use super::*;

    fn body(max_bytes: u64) -> RequestBody {
        let pieces = ["hello ", "", "wide ", "world"].map(|piece| Ok(Bytes::from_static(piece.as_bytes())));
        let payload: BoxedPayloadStream = Box::pin(stream::iter(pieces));
        let payload = Payload::Stream { payload };
        RequestBody::new(payload, max_bytes, Some(Kept::new(100)))
    }

    #[tokio::test]
    async fn pieces_are_as_small_as_asked_for_and_reading_goes_on_behind_them() {
        let whole = body(16);
        for (most, expected) in [(4, "hell"), (4, "o "), (1, "w")] {
            assert_eq!(whole.piece(most).await.unwrap().unwrap(), expected);
        }
        assert_eq!(whole.read(1000).await.unwrap(), "ide world");
        assert_eq!(whole.piece(1).await.unwrap(), None);
        assert_eq!((whole.received(), whole.take_kept().take()), (16, "hello wide world".into()));
        assert_eq!(RequestBody::none().piece(1).await.unwrap(), None);
    }

    #[tokio::test]
    async fn pieces_count_towards_the_limit() {
        let large = body(10);
        assert_eq!(large.piece(100).await.unwrap().unwrap(), "hello ");
        assert_eq!(large.piece(100).await.unwrap_err().status, StatusCode::PAYLOAD_TOO_LARGE);
    }
}
