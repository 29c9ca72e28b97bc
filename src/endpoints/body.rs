//! Request body: read within limits, counted, and never left half unread.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};

use actix_web::{dev::Payload, error::PayloadError, http::StatusCode};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;

use super::Fault;
use crate::audit::Kept;

/// Timeout between two pieces of a body, after which the request gets 408.
const PAUSE_MAX: Duration = Duration::from_secs(30);

/// Request body. Clones share one position.
#[derive(Clone)]
pub struct RequestBody {
    state: Option<Rc<State>>,
}

struct State {
    /// Empty while the body is being read.
    payload: RefCell<Option<Payload>>,
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

    /// Wraps a body of the HTTP library. At most `max_bytes` of it are read. `kept` records what passes.
    #[must_use]
    pub fn new(payload: Payload, max_bytes: u64, kept: Option<Kept>) -> Self {
        if matches!(payload, Payload::None) {
            return Self::none();
        }
        let payload = RefCell::new(Some(payload));
        let state = State { payload, received: Cell::new(0), max_bytes, kept: RefCell::new(kept) };
        Self { state: Some(Rc::new(state)) }
    }

    /// Returns the number of bytes received so far, without transfer coding.
    #[must_use]
    pub fn received(&self) -> u64 {
        self.state.as_ref().map_or(0, |state| state.received.get())
    }

    /// Takes the bytes kept for the record. A second call returns none.
    #[must_use]
    pub fn take_kept(&self) -> Kept {
        self.state.as_ref().and_then(|state| state.kept.take()).unwrap_or_default()
    }

    /// Reads to the end and returns the first `keep` bytes.
    ///
    /// # Errors
    /// 413 when the body is larger than `server.max_body_bytes`, 408 when no byte arrived for 30 s, 400 when it ended
    /// early or its framing is invalid.
    pub async fn read(&self, keep: usize) -> Result<Bytes, Fault> {
        let Some(state) = &self.state else { return Ok(Bytes::new()) };
        let Some(mut payload) = state.payload.borrow_mut().take() else { return Ok(Bytes::new()) };
        let mut kept = BytesMut::new();
        while let Some(piece) = next_piece(&mut payload).await? {
            let received = state.received.get() + piece.len() as u64;
            state.received.set(received);
            if let Some(kept) = &mut *state.kept.borrow_mut() {
                kept.pass(&piece);
            }
            if received > state.max_bytes {
                return Err(too_large(state.max_bytes));
            }
            let take = piece.len().min(keep.saturating_sub(kept.len()));
            kept.extend_from_slice(&piece[..take]);
        }
        Ok(kept.freeze())
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

async fn next_piece(payload: &mut Payload) -> Result<Option<Bytes>, Fault> {
    let piece = match futures_util::poll!(payload.next()) {
        std::task::Poll::Ready(piece) => piece,
        // Only a body that has not arrived yet needs a timer.
        std::task::Poll::Pending => actix_rt::time::timeout(PAUSE_MAX, payload.next())
            .await
            .map_err(|_| Fault::new(StatusCode::REQUEST_TIMEOUT, "request body stalled: no byte arrived for 30 s"))?,
    };
    piece.transpose().map_err(|error| match error {
        PayloadError::Incomplete(_) => Fault::bad_request("request body ended early"),
        _ => Fault::bad_request("request body is malformed"),
    })
}

/// Error for a body that is (or declares to be) larger than `max_bytes`.
#[must_use]
pub fn too_large(max_bytes: u64) -> Fault {
    Fault::new(StatusCode::PAYLOAD_TOO_LARGE, format!("request body exceeds max {max_bytes} bytes"))
}
