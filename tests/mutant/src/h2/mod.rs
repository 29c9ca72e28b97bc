//! HTTP/2 as frames. Without a fault of its own a connection passes as bytes; a fault of frames changes frames and leaves
//! the field blocks alone, and only a fault of fields decodes and writes the blocks of its direction.

mod frames;
mod hpack;
mod relay;

pub(crate) use frames::{Frame, GOAWAY, RST_STREAM, SETTINGS};
pub(crate) use hpack::Field;
pub(crate) use relay::{Change, Held, OnBlock, OnFrame, Side, Verdict, relay};
