//! Changes that need the whole body: it is held until its end, and sent with the framing it had.

use super::{Which, is_interim};
use crate::editor::{Editor, Out};
use crate::http1::{Event, Head};

/// Holds the messages it is for, changes head and body, and sends them counted or in one chunk.
#[derive(Debug)]
pub(crate) struct Whole {
    which: Which,
    change: fn(&mut Head, &mut Vec<u8>),
    /// Writes the length that the body had before the change.
    keeps_length: bool,
    held: Option<(Head, Vec<u8>, Vec<u8>)>,
    chunked: bool,
}

impl Whole {
    pub(crate) fn new(which: Which, change: fn(&mut Head, &mut Vec<u8>)) -> Self {
        Self { which, change, keeps_length: false, held: None, chunked: false }
    }

    /// Leaves `Content-Length` as it was.
    pub(crate) fn with_old_length(self) -> Self {
        Self { keeps_length: true, ..self }
    }
}

impl Editor for Whole {
    fn on(&mut self, event: Event, asked: &Head, out: &mut Out) {
        let ends = matches!(event, Event::End | Event::Closed);
        match (event, &mut self.held) {
            (Event::Head(head), _)
                if !is_interim(&head)
                    && !matches!(head.status(), 101 | 204 | 304)
                    && asked.method() != b"HEAD"
                    && (self.which)(&head, asked) =>
            {
                self.chunked = head.says("Transfer-Encoding", "chunked");
                self.held = Some((head, Vec::new(), Vec::new()));
            }
            (Event::Data(data), Some((_, body, _))) => body.extend(data),
            (Event::Trailers(raw), Some((_, _, trailers))) => *trailers = raw,
            (Event::Chunk(_) | Event::ChunkEnd(_) | Event::Last(_), Some(_)) => {}
            (_, Some((head, body, trailers))) if ends => {
                if !body.is_empty() {
                    (self.change)(head, body);
                }
                if head.has("Content-Length") && !self.keeps_length {
                    head.replace("Content-Length", body.len().to_string());
                }
                out.send(head.bytes());
                if self.chunked {
                    out.chunk(body);
                    out.send("0\r\n");
                    out.send(&*trailers);
                } else {
                    out.send(&*body);
                }
                self.held = None;
            }
            (event, _) => out.pass(&event),
        }
    }
}
