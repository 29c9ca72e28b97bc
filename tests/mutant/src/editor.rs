//! Editors: what happens to each part of the messages of one direction.

use crate::http1::{Event, Head};

/// What an editor has decided for one event.
#[derive(Debug, Default)]
pub(crate) struct Out {
    /// Bytes to send.
    pub(crate) bytes: Vec<u8>,
    /// Says whether the sending side ends after them.
    pub(crate) close: bool,
}

impl Out {
    /// Sends the event as it came.
    pub(crate) fn pass(&mut self, event: &Event) {
        event.write(&mut self.bytes);
    }

    /// Sends bytes.
    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.bytes.extend_from_slice(bytes.as_ref());
    }

    /// Sends bytes as one chunk; none at all when there are none.
    pub(crate) fn chunk(&mut self, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.send(format!("{:x}\r\n", bytes.len()));
            self.send(bytes);
            self.send("\r\n");
        }
    }
}

/// Editor of one direction of one connection. It sees each event of the parser and writes what is to leave.
pub(crate) trait Editor: Send {
    /// Takes the next event. `asked` is the head of the request that the message is or answers.
    fn on(&mut self, event: Event, asked: &Head, out: &mut Out);
}

/// Passes everything.
#[derive(Debug)]
pub(crate) struct Pass;

impl Editor for Pass {
    fn on(&mut self, event: Event, _: &Head, out: &mut Out) {
        out.pass(&event);
    }
}
