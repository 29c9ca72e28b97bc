//! Log of a connection: what it has received and sent, and how it ends.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    sync::Arc,
};

use actors::audit::Text;

use crate::{
    audit::{ConnectionEnd, Recorder},
    http::stop::Stop,
    request::{ConnectionFacts, Ended, EndedBy},
};

/// Maximum number of first bytes that are kept until a request is understood.
const FIRST_MAX: usize = 256;

/// Log of one connection, shared by its socket and its driver. Its row is recorded when the last of them is dropped,
/// also by a panic.
pub(super) struct ConnectionLog {
    /// Facts that don't change.
    pub(super) facts: Rc<ConnectionFacts>,
    recorder: Option<Arc<Recorder>>,
    stop: Rc<Stop>,
    protocol: Cell<&'static str>,
    bytes_in: Cell<u64>,
    bytes_out: Cell<u64>,
    requests: Cell<u32>,
    first: RefCell<Vec<u8>>,
    end: RefCell<Option<(EndedBy, Option<Text>)>>,
}

impl ConnectionLog {
    /// Creates the log of a connection on which nothing was received.
    pub(super) fn new(facts: Rc<ConnectionFacts>, recorder: Option<Arc<Recorder>>, stop: Rc<Stop>) -> Rc<Self> {
        Rc::new(Self {
            facts,
            recorder,
            stop,
            protocol: Cell::new("none"),
            bytes_in: Cell::default(),
            bytes_out: Cell::default(),
            requests: Cell::default(),
            first: RefCell::default(),
            end: RefCell::default(),
        })
    }

    /// Counts received bytes.
    pub(super) fn received(&self, bytes: &[u8]) {
        self.bytes_in.set(self.bytes_in.get() + bytes.len() as u64);
        if self.requests.get() == 0 && self.recorder.is_some() {
            let first = &mut *self.first.borrow_mut();
            let left = FIRST_MAX - first.len();
            first.extend_from_slice(&bytes[..bytes.len().min(left)]);
        }
    }

    /// Counts sent bytes.
    pub(super) fn sent(&self, bytes: usize) {
        self.bytes_out.set(self.bytes_out.get() + bytes as u64);
    }

    /// Notes which protocol was understood.
    pub(super) fn speaks(&self, protocol: &'static str) {
        self.protocol.set(protocol);
    }

    /// Notes that request number `number` was understood.
    pub(super) fn understood(&self, number: u32) {
        if self.requests.replace(number) == 0 {
            self.first.take();
        }
    }

    /// Stores how the connection ends. The first call counts.
    pub(super) fn end(&self, by: EndedBy, message: Option<Text>) {
        self.end.borrow_mut().get_or_insert((by, message));
    }

    /// Stores that the connection ends with its last exchange, which ended in this way, if not completely.
    pub(super) fn end_with(&self, exchange: Option<Ended>) {
        match exchange {
            Some(ended) => self.end(ended.by, None),
            None if self.stop.is_stopping() => self.end(EndedBy::Shutdown, None),
            None => self.end(EndedBy::Complete, None),
        }
    }
}

impl Drop for ConnectionLog {
    fn drop(&mut self) {
        let Some(recorder) = &self.recorder else { return };
        let (ended_by, error) = self.end.take().unwrap_or_else(|| match self.stop.is_stopping() {
            true => (EndedBy::Shutdown, None),
            false => (EndedBy::ServerClose, Some(Text::Borrowed("the connection was given up"))),
        });
        let end = ConnectionEnd {
            protocol: self.protocol.get(),
            bytes_in: self.bytes_in.get(),
            bytes_out: self.bytes_out.get(),
            requests: self.requests.get().into(),
            first_bytes: &self.first.borrow(),
            ended_by,
            error,
        };
        recorder.connection_ended(&self.facts, end);
    }
}
