//! Facts about a request below HTTP, collected by its connection while the request runs.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::{Duration, Instant},
};

use bytes::Bytes;

use super::{ChunkRecord, ConnectionFacts, Departure, Ended, EndedBy, Fields, FrameLog};

/// Maximum number of bytes that are kept from where the framing of a body is broken.
const BROKEN_MAX: usize = 256;

/// How the end of a request body is marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyFraming {
    /// HTTP/1, without a body.
    None,
    /// HTTP/1, `Content-Length`.
    Length(u64),
    /// HTTP/1, `Transfer-Encoding: chunked`.
    Chunked,
    /// HTTP/2 frames.
    H2,
}

/// Facts about one request and its exchange. Its connection and its exchange share them.
#[derive(Debug)]
pub struct RequestFacts {
    /// Connection that it arrived on.
    pub connection: Rc<ConnectionFacts>,
    /// Number of the request on its connection, from 1.
    pub number: u32,
    /// HTTP/2 stream.
    pub stream: Option<u32>,
    /// Frames of its HTTP/2 connection.
    pub frames: Option<Rc<FrameLog>>,
    /// Framing of the body.
    pub framing: BodyFraming,
    /// Time when the head was complete. All times are counted from it.
    pub head_at: Instant,
    /// Time from the first byte of the head to its last; `None` on HTTP/2, where it is not known.
    pub head_took: Option<Duration>,
    /// Time for which the connection was idle before the head's first byte.
    pub idle: Option<Duration>,
    departure: Cell<Option<Departure>>,
    ended: Cell<Option<Ended>>,
    continued: Cell<Option<Duration>>,
    body_first: Cell<Option<Duration>>,
    body_last: Cell<Option<Duration>>,
    body_bytes: Cell<u64>,
    chunks: RefCell<Option<Rc<RefCell<ChunkRecord>>>>,
    /// Trailers of HTTP/2. Those of a chunked body are in its record.
    trailers: RefCell<Fields>,
    /// Bytes at which the framing of the body breaks a rule.
    broken: RefCell<Bytes>,
}

impl RequestFacts {
    /// Creates the facts of a request whose head was complete at `head_at`.
    #[must_use]
    pub fn new(connection: Rc<ConnectionFacts>, number: u32, framing: BodyFraming, head_at: Instant) -> Self {
        Self {
            connection,
            number,
            stream: None,
            frames: None,
            framing,
            head_at,
            head_took: None,
            idle: None,
            departure: Cell::default(),
            ended: Cell::default(),
            continued: Cell::default(),
            body_first: Cell::default(),
            body_last: Cell::default(),
            body_bytes: Cell::default(),
            chunks: RefCell::default(),
            trailers: RefCell::default(),
            broken: RefCell::default(),
        }
    }

    /// Stores how the client left.
    pub fn tell(&self, departure: Departure) {
        self.departure.set(Some(departure));
    }

    /// Returns how the client left; `None` while it is connected.
    #[must_use]
    pub fn told(&self) -> Option<Departure> {
        self.departure.get()
    }

    /// Stores how the exchange ended, where neither its status nor the client's departure tells.
    pub fn end(&self, ended: Ended) {
        self.ended.set(Some(ended));
    }

    /// Returns the stored end of the exchange.
    #[must_use]
    pub fn stored_end(&self) -> Option<Ended> {
        self.ended.get()
    }

    /// Returns the stored end of the exchange, or else how the client's departure ended it; `None` without either.
    #[must_use]
    pub fn ended(&self) -> Option<Ended> {
        self.ended.get().or_else(|| self.told().map(Departure::ended))
    }

    /// Notes that 100 (Continue) is sent now.
    pub fn continued(&self) {
        self.continued.set(Some(self.head_at.elapsed()));
    }

    /// Returns when 100 (Continue) was sent.
    #[must_use]
    pub fn continued_after(&self) -> Option<Duration> {
        self.continued.get()
    }

    /// Notes that bytes of the body arrive now. `with_head`: they arrived together with the head.
    pub fn body_arrives(&self, with_head: bool) {
        let after = if with_head { Duration::ZERO } else { self.head_at.elapsed() };
        if self.body_first.get().is_none() {
            self.body_first.set(Some(after));
        }
        self.body_last.set(Some(after));
    }

    /// Returns when the first and the last bytes of the body arrived.
    #[must_use]
    pub fn body_after(&self) -> Option<(Duration, Duration)> {
        self.body_first.get().zip(self.body_last.get())
    }

    /// Counts bytes of a body with a length.
    pub fn count_body(&self, bytes: usize) {
        self.body_bytes.set(self.body_bytes.get() + bytes as u64);
    }

    /// Returns the number of bytes of the body that were taken from an HTTP/1 connection, including their framing.
    #[must_use]
    pub fn body_bytes(&self) -> u64 {
        self.body_bytes.get() + self.chunks.borrow().as_ref().map_or(0, |record| record.borrow().taken as u64)
    }

    /// Stores the record of a chunked body, which its decoder goes on to fill.
    pub fn chunked(&self, record: Rc<RefCell<ChunkRecord>>) {
        self.chunks.replace(Some(record));
    }

    /// Stores a copy of the first bytes at which the framing of the body breaks a rule.
    pub fn broken(&self, bytes: &[u8]) {
        self.broken.replace(Bytes::copy_from_slice(&bytes[..bytes.len().min(BROKEN_MAX)]));
    }

    /// Returns the first bytes at which the framing of the body breaks a rule; empty when it does not.
    #[must_use]
    pub fn broken_bytes(&self) -> Bytes {
        self.broken.borrow().clone()
    }

    /// Stores the trailers of HTTP/2.
    pub fn trailed(&self, trailers: Fields) {
        self.trailers.replace(trailers);
    }

    /// Calls `read` with the framing of a chunked body, if it is one, and the trailers.
    pub fn with_body<T>(&self, read: impl FnOnce(Option<&ChunkRecord>, &Fields) -> T) -> T {
        match &*self.chunks.borrow() {
            Some(record) => {
                let record = record.borrow();
                read(Some(&record), &record.trailers)
            }
            None => read(None, &self.trailers.borrow()),
        }
    }
}

impl Departure {
    /// Returns how it ends the exchange.
    #[must_use]
    pub fn ended(self) -> Ended {
        match self {
            Self::Closed => EndedBy::ClientFin.into(),
            Self::Reset => EndedBy::ClientReset.into(),
            Self::Stalled => EndedBy::Timeout.into(),
            Self::Stream(reason) => Ended { by: EndedBy::ClientReset, code: Some(reason.into()) },
            Self::Malformed => Ended { by: EndedBy::ServerReset, code: Some(h2::Reason::PROTOCOL_ERROR.into()) },
        }
    }
}
