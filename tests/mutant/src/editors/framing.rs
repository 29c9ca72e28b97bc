//! Changes of framing: what is sent stays, how its end is found does not.

use super::{Which, is_interim};
use crate::editor::{Editor, Out};
use crate::http1::{Event, Head};

fn length(head: &Head) -> u64 {
    head.text("Content-Length").parse().unwrap_or_default()
}

/// Sends a body with a length in chunks.
#[derive(Debug)]
pub(crate) struct Chunked {
    which: Which,
    active: bool,
}

impl Chunked {
    pub(crate) fn new(which: Which) -> Self {
        Self { which, active: false }
    }
}

impl Editor for Chunked {
    fn on(&mut self, event: Event, asked: &Head, out: &mut Out) {
        match event {
            Event::Head(mut head) if !is_interim(&head) => {
                self.active = length(&head) > 0 && asked.method() != b"HEAD" && (self.which)(&head, asked);
                if self.active {
                    for line in head.fields.iter_mut().filter(|line| line.is("Content-Length")) {
                        line.text = b"Transfer-Encoding: chunked".to_vec();
                    }
                }
                out.send(head.bytes());
            }
            Event::Data(data) if self.active => out.chunk(&data),
            Event::End if self.active => {
                self.active = false;
                out.send("0\r\n\r\n");
            }
            event => out.pass(&event),
        }
    }
}

/// Sends a chunked body with its length, after holding it until its end.
#[derive(Debug, Default)]
pub(crate) struct Counted {
    held: Option<(Head, Vec<u8>)>,
}

impl Editor for Counted {
    fn on(&mut self, event: Event, asked: &Head, out: &mut Out) {
        match (event, &mut self.held) {
            (Event::Head(head), _)
                if !is_interim(&head) && head.says("Transfer-Encoding", "chunked") && asked.method() != b"HEAD" =>
            {
                self.held = Some((head, Vec::new()));
            }
            (Event::Data(data), Some((_, body))) => body.extend(data),
            (Event::Chunk(_) | Event::ChunkEnd(_) | Event::Last(_) | Event::Trailers(_), Some(_)) => {}
            (Event::End, Some((head, body))) => {
                let length = format!("Content-Length: {}", body.len());
                for line in head.fields.iter_mut().filter(|line| line.is("Transfer-Encoding")) {
                    line.text = length.clone().into_bytes();
                }
                head.remove("Trailer");
                out.send(head.bytes());
                out.send(&*body);
                self.held = None;
            }
            (event, _) => out.pass(&event),
        }
    }
}

/// Sends a chunked or counted response without framing: its end is the end of the connection.
#[derive(Debug, Default)]
pub(crate) struct Unchunked {
    active: bool,
}

impl Editor for Unchunked {
    fn on(&mut self, event: Event, asked: &Head, out: &mut Out) {
        match event {
            Event::Head(mut head) if !is_interim(&head) => {
                self.active = head.says("Transfer-Encoding", "chunked") && asked.method() != b"HEAD";
                if self.active {
                    head.remove("Transfer-Encoding");
                    head.set("Connection", "close");
                }
                out.send(head.bytes());
            }
            Event::Chunk(_) | Event::ChunkEnd(_) | Event::Last(_) | Event::Trailers(_) if self.active => {}
            Event::End if self.active => out.close = true,
            event => out.pass(&event),
        }
    }
}

/// Cuts chunks into smaller ones.
#[derive(Debug)]
pub(crate) struct Smaller {
    most: usize,
    in_chunk: bool,
}

impl Smaller {
    pub(crate) fn new(most: usize) -> Self {
        Self { most, in_chunk: false }
    }
}

impl Editor for Smaller {
    fn on(&mut self, event: Event, _: &Head, out: &mut Out) {
        match event {
            Event::Chunk(_) => self.in_chunk = true,
            Event::Data(data) if self.in_chunk => data.chunks(self.most).for_each(|piece| out.chunk(piece)),
            Event::ChunkEnd(_) => self.in_chunk = false,
            event => out.pass(&event),
        }
    }
}

/// Joins two chunks into one.
#[derive(Debug, Default)]
pub(crate) struct JoinChunks {
    held: Vec<u8>,
    chunked: bool,
    odd: bool,
}

impl Editor for JoinChunks {
    fn on(&mut self, event: Event, _: &Head, out: &mut Out) {
        match event {
            Event::Chunk(_) => self.chunked = true,
            Event::Data(data) if self.chunked => self.held.extend(data),
            Event::ChunkEnd(_) => {
                self.odd = !self.odd;
                if !self.odd {
                    out.chunk(&std::mem::take(&mut self.held));
                }
            }
            Event::Last(line) => {
                out.chunk(&std::mem::take(&mut self.held));
                out.send(line);
            }
            Event::End => (self.chunked, self.odd) = (false, false),
            event => out.pass(&event),
        }
    }
}

/// Drops chunk extensions.
#[derive(Debug)]
pub(crate) struct NoExtensions;

impl Editor for NoExtensions {
    fn on(&mut self, event: Event, _: &Head, out: &mut Out) {
        match event {
            Event::Chunk(line) | Event::Last(line) => {
                let size = line.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
                out.send(size);
                out.send("\r\n");
            }
            event => out.pass(&event),
        }
    }
}
