//! Trailers: dropped, merged into the head, invented, changed.

use super::is_interim;
use crate::editor::{Editor, Out};
use crate::http1::{Event, Head, Line};

/// What is done to trailers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deal {
    /// They are dropped.
    Drop,
    /// They become fields of the head; the message is held until they have come.
    Merge,
    /// One is added.
    Invent,
    /// Those that `Trailer` doesn't announce are dropped.
    Announced,
}

/// Editor of the trailers of chunked messages.
#[derive(Debug)]
pub(crate) struct Trailers {
    deal: Deal,
    announced: String,
    held: Option<(Head, Vec<u8>)>,
}

impl Trailers {
    pub(crate) fn new(deal: Deal) -> Self {
        Self { deal, announced: String::new(), held: None }
    }
}

impl Editor for Trailers {
    fn on(&mut self, event: Event, asked: &Head, out: &mut Out) {
        let chunked = |head: &Head| head.says("Transfer-Encoding", "chunked") && asked.method() != b"HEAD";
        match event {
            Event::Head(head) if !is_interim(&head) => {
                self.announced = head.text("Trailer").to_ascii_lowercase();
                if self.deal == Deal::Merge && chunked(&head) && head.has("Trailer") {
                    self.held = Some((head, Vec::new()));
                } else {
                    out.send(head.bytes());
                }
            }
            Event::Trailers(raw) => {
                let mut lines = crate::http1::lines(&raw);
                match self.deal {
                    Deal::Drop => lines.retain(|line| line.text.is_empty()),
                    Deal::Announced => {
                        let announced = |line: &Line| {
                            let name = String::from_utf8_lossy(line.name()).to_ascii_lowercase();
                            self.announced.split(',').any(|word| word.trim() == name)
                        };
                        lines.retain(|line| line.text.is_empty() || announced(line));
                    }
                    Deal::Invent => lines.insert(0, Line::new("X-Checksum: 0")),
                    Deal::Merge => {}
                }
                if let Some((mut head, body)) = self.held.take() {
                    head.remove("Trailer");
                    head.fields.extend(lines.iter().filter(|line| !line.text.is_empty()).cloned());
                    out.send(head.bytes());
                    out.send(body);
                    lines.retain(|line| line.text.is_empty());
                }
                for line in lines {
                    out.send(line.text);
                    out.send(line.end);
                }
            }
            event => match &mut self.held {
                Some((head, body)) if event == Event::Closed => {
                    out.send(head.bytes());
                    out.send(std::mem::take(body));
                    self.held = None;
                }
                Some((_, body)) => event.write(body),
                None => out.pass(&event),
            },
        }
    }
}
