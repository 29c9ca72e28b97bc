//! Changes of body bytes as they pass, and bodies that are cut.

use super::{Which, is_interim};
use crate::editor::{Editor, Out};
use crate::http1::{Event, Head};

/// Changes body bytes in place: their number, the framing and the times stay.
#[derive(Debug)]
pub(crate) struct Body {
    which: Which,
    change: fn(usize, &mut u8),
    active: bool,
    at: usize,
}

impl Body {
    /// `change` sees the place of each byte in the body, from 0.
    pub(crate) fn new(which: Which, change: fn(usize, &mut u8)) -> Self {
        Self { which, change, active: false, at: 0 }
    }
}

impl Editor for Body {
    fn on(&mut self, mut event: Event, asked: &Head, out: &mut Out) {
        match &mut event {
            Event::Head(head) => {
                self.active = !is_interim(head) && (self.which)(head, asked);
                self.at = 0;
            }
            Event::Data(data) if self.active => {
                for byte in data {
                    (self.change)(self.at, byte);
                    self.at += 1;
                }
            }
            _ => {}
        }
        out.pass(&event);
    }
}

/// Cuts bodies after so many bytes. Counted bodies get the shorter length, chunked ones a proper end: all looks whole.
#[derive(Debug)]
pub(crate) struct Cut {
    which: Which,
    most: usize,
    active: bool,
    left: usize,
    open: bool,
}

impl Cut {
    pub(crate) fn new(which: Which, most: usize) -> Self {
        Self { which, most, active: false, left: 0, open: false }
    }
}

impl Editor for Cut {
    fn on(&mut self, event: Event, asked: &Head, out: &mut Out) {
        match event {
            Event::Head(mut head) if !is_interim(&head) => {
                self.active = (self.which)(&head, asked);
                self.left = self.most;
                let most = self.most;
                if self.active && asked.method() != b"HEAD" {
                    head.edit("Content-Length", |value| {
                        let length: usize = std::str::from_utf8(value).ok()?.parse().ok()?;
                        (length > most).then(|| most.to_string().into_bytes())
                    });
                }
                out.send(head.bytes());
            }
            Event::Chunk(line) if self.active => {
                let digits = line.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
                let size = std::str::from_utf8(digits).ok().and_then(|text| usize::from_str_radix(text, 16).ok());
                let size = size.unwrap_or_default();
                self.open = self.left > 0;
                if size <= self.left {
                    out.send(line);
                } else if self.open {
                    out.send(format!("{:x}\r\n", self.left));
                }
            }
            Event::ChunkEnd(line) if self.active => {
                if std::mem::take(&mut self.open) {
                    out.send(line);
                }
            }
            Event::Data(data) if self.active => {
                let taken = data.len().min(self.left);
                out.send(data.get(..taken).unwrap_or_default());
                self.left -= taken;
            }
            event => out.pass(&event),
        }
    }
}

/// What becomes of a body that its sender didn't finish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CutEnd {
    /// A chunked one gets the last chunk.
    Ended,
    /// A counted one is filled up with spaces.
    Filled,
}

/// Makes unfinished responses look whole.
#[derive(Debug)]
pub(crate) struct Mend {
    with: CutEnd,
    left: u64,
    chunked: bool,
}

impl CutEnd {
    /// Editor that does so.
    pub(crate) fn editor(self) -> Mend {
        Mend { with: self, left: 0, chunked: false }
    }
}

impl Editor for Mend {
    fn on(&mut self, event: Event, asked: &Head, out: &mut Out) {
        match &event {
            Event::Head(head) if !is_interim(head) && asked.method() != b"HEAD" => {
                self.chunked = head.says("Transfer-Encoding", "chunked");
                self.left = if self.chunked || matches!(head.status(), 101 | 204 | 304) {
                    0
                } else {
                    head.text("Content-Length").parse().unwrap_or_default()
                };
            }
            Event::Data(data) => self.left = self.left.saturating_sub(data.len() as u64),
            Event::End => (self.left, self.chunked) = (0, false),
            Event::Closed if self.with == CutEnd::Ended && self.chunked => out.send("0\r\n\r\n"),
            Event::Closed if self.with == CutEnd::Filled => {
                out.send(vec![b' '; usize::try_from(self.left).unwrap_or_default()]);
            }
            _ => {}
        }
        out.pass(&event);
    }
}
