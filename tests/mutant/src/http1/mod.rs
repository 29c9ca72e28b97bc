//! HTTP/1 taken apart without loss: whatever isn't changed is written as it came, byte for byte.

mod head;
mod parser;

pub(crate) use head::{Head, Line, lines};
pub(crate) use parser::{Event, Framing, Parser};
