//! Editors of bodies, framing, trailers, interim responses and WebSocket frames.

mod framing;
mod hold;
mod interim;
mod pieces;
mod trailers;
mod websocket;
mod whole;

pub(crate) use framing::{Chunked, Counted, JoinChunks, NoExtensions, Smaller, Unchunked};
pub(crate) use hold::{Hold, Until};
pub(crate) use interim::{Early, Interim};
pub(crate) use pieces::{Body, Cut, CutEnd};
pub(crate) use trailers::{Deal, Trailers};
pub(crate) use websocket::{Frame, Frames};
pub(crate) use whole::Whole;

use crate::http1::Head;

/// Which messages an editor is for: the message's head, and the request's.
pub(crate) type Which = fn(&Head, &Head) -> bool;

/// Every message.
pub(crate) fn every(_: &Head, _: &Head) -> bool {
    true
}

/// Says whether the head is that of an interim response.
pub(crate) fn is_interim(head: &Head) -> bool {
    head.start.text.starts_with(b"HTTP/") && matches!(head.status(), 100 | 102..=199)
}
