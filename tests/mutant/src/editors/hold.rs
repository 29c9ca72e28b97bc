//! Holding back what should flow.

use super::{Which, is_interim};
use crate::editor::{Editor, Out};
use crate::http1::{Event, Head};

/// Until when a message is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Until {
    /// Until it is complete.
    End,
    /// Until so many bytes are held.
    Bytes(usize),
}

/// Holds the bytes of a message back; nothing else is changed.
#[derive(Debug)]
pub(crate) struct Hold {
    which: Which,
    until: Until,
    active: bool,
    with_head: bool,
    held: Vec<u8>,
}

impl Hold {
    /// Holds the head and the body.
    pub(crate) fn whole(which: Which, until: Until) -> Self {
        Self { which, until, active: false, with_head: true, held: Vec::new() }
    }

    /// Passes the head at once, holds the body.
    pub(crate) fn body(which: Which, until: Until) -> Self {
        Self { with_head: false, ..Self::whole(which, until) }
    }
}

impl Editor for Hold {
    fn on(&mut self, event: Event, asked: &Head, out: &mut Out) {
        let ends = matches!(event, Event::End | Event::Closed);
        if let Event::Head(head) = &event {
            self.active = !is_interim(head) && (self.which)(head, asked);
            if !self.with_head {
                return out.pass(&event);
            }
        }
        if !self.active {
            return out.pass(&event);
        }
        event.write(&mut self.held);
        let full = matches!(self.until, Until::Bytes(most) if self.held.len() >= most);
        if ends || full {
            out.send(std::mem::take(&mut self.held));
        }
    }
}
