//! Interim responses: dropped, changed, invented.

use super::is_interim;
use crate::editor::{Editor, Out};
use crate::http1::{Event, Head};

/// Edits each interim response; `false` drops it. The number counts those of one request, from 1.
#[derive(Debug)]
pub(crate) struct Interim {
    edit: fn(&mut Head, u32) -> bool,
    count: u32,
    within: bool,
}

impl Interim {
    pub(crate) fn new(edit: fn(&mut Head, u32) -> bool) -> Self {
        Self { edit, count: 0, within: false }
    }
}

impl Editor for Interim {
    fn on(&mut self, event: Event, _: &Head, out: &mut Out) {
        match event {
            Event::Head(mut head) if is_interim(&head) => {
                self.count += 1;
                self.within = true;
                if (self.edit)(&mut head, self.count) {
                    out.send(head.bytes());
                }
            }
            Event::End if self.within => self.within = false,
            Event::End => self.count = 0,
            event => out.pass(&event),
        }
    }
}

/// Sends an interim response of its own before each final one.
#[derive(Debug)]
pub(crate) struct Early(pub(crate) &'static str);

impl Editor for Early {
    fn on(&mut self, event: Event, _: &Head, out: &mut Out) {
        if matches!(&event, Event::Head(head) if !is_interim(head)) {
            out.send(self.0);
        }
        out.pass(&event);
    }
}
