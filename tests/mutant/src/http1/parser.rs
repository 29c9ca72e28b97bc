//! Cuts a stream of HTTP/1 messages into events that together are exactly the bytes that came.

use super::head::Head;

/// A head or a line longer than this is passed on as raw bytes.
const LONGEST: usize = 4 * 1024 * 1024;

/// A part of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// A whole head.
    Head(Head),
    /// The line before the data of a chunk.
    Chunk(Vec<u8>),
    /// Body bytes, as many as have come.
    Data(Vec<u8>),
    /// The line end after the data of a chunk.
    ChunkEnd(Vec<u8>),
    /// The line of the last chunk.
    Last(Vec<u8>),
    /// The trailer section with its empty line.
    Trailers(Vec<u8>),
    /// The message is complete.
    End,
    /// Bytes that are no HTTP, or of a tunnel.
    Raw(Vec<u8>),
    /// The sender has closed its side.
    Closed,
}

impl Event {
    /// Appends the bytes of the event as they came.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Head(head) => head.write(out),
            Self::Chunk(bytes)
            | Self::Data(bytes)
            | Self::ChunkEnd(bytes)
            | Self::Last(bytes)
            | Self::Trailers(bytes)
            | Self::Raw(bytes) => out.extend_from_slice(bytes),
            Self::End | Self::Closed => {}
        }
    }
}

/// How the end of a body is found (RFC 9112, section 6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// No body.
    None,
    /// This many bytes.
    Length(u64),
    /// Chunks.
    Chunked,
    /// Everything until the sender closes.
    UntilClose,
    /// No HTTP any more.
    Tunnel,
}

impl Framing {
    /// Framing of a request.
    pub(crate) fn of_request(head: &Head) -> Self {
        Self::announced(head).unwrap_or(Self::None)
    }

    /// Framing of the response to a request with this method.
    pub(crate) fn of_response(head: &Head, method: &[u8]) -> Self {
        match head.status() {
            101 => Self::Tunnel,
            200..=299 if method == b"CONNECT" => Self::Tunnel,
            100..=199 | 204 | 304 => Self::None,
            _ if method == b"HEAD" => Self::None,
            _ => Self::announced(head).unwrap_or(Self::UntilClose),
        }
    }

    fn announced(head: &Head) -> Option<Self> {
        if let Some(coding) = head.get("Transfer-Encoding") {
            let chunked = coding.to_ascii_lowercase().ends_with(b"chunked");
            return Some(if chunked { Self::Chunked } else { Self::UntilClose });
        }
        let length = std::str::from_utf8(head.get("Content-Length")?).ok()?;
        length.parse().ok().map(Self::Length)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Head,
    Framing,
    Length(u64),
    ChunkLine,
    ChunkData(u64),
    ChunkEnd,
    Trailers,
    UntilClose,
    End,
    Raw,
}

/// Parser of one direction of a connection. Lossless: the events of `next` and `close` are the bytes of `feed`.
#[derive(Debug)]
pub(crate) struct Parser {
    buffer: Vec<u8>,
    state: State,
}

impl Parser {
    /// Begins before a head.
    pub(crate) fn new() -> Self {
        Self { buffer: Vec::new(), state: State::Head }
    }

    /// Takes bytes that came.
    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// Says how the body of the last head ends. To be called after each `Event::Head`.
    pub(crate) fn body(&mut self, framing: Framing) {
        self.state = match framing {
            Framing::None | Framing::Length(0) => State::End,
            Framing::Length(length) => State::Length(length),
            Framing::Chunked => State::ChunkLine,
            Framing::UntilClose => State::UntilClose,
            Framing::Tunnel => State::Raw,
        };
    }

    /// Passes everything that follows as raw bytes.
    pub(crate) fn tunnel(&mut self) {
        self.state = State::Raw;
    }

    /// Says whether the next byte begins a message.
    pub(crate) fn between(&self) -> bool {
        self.state == State::Head && self.buffer.is_empty()
    }

    /// Says whether a head has begun and isn't complete.
    pub(crate) fn in_head(&self) -> bool {
        self.state == State::Head && !self.buffer.is_empty()
    }

    /// Says whether a chunked body has begun.
    pub(crate) fn in_chunks(&self) -> bool {
        matches!(self.state, State::ChunkLine | State::ChunkData(_) | State::ChunkEnd | State::Trailers)
    }

    /// Says whether the body ends with the connection.
    pub(crate) fn until_close(&self) -> bool {
        self.state == State::UntilClose
    }

    /// Bytes of an announced body that have not come.
    pub(crate) fn missing(&self) -> u64 {
        match self.state {
            State::Length(left) => left,
            _ => 0,
        }
    }

    /// Returns the next event, or `None` when more bytes are needed.
    pub(crate) fn next(&mut self) -> Option<Event> {
        match self.state {
            State::Head => {
                let Some(length) = head_length(&self.buffer) else {
                    return self.too_long();
                };
                self.state = State::Framing;
                let raw = self.take(length);
                Some(Event::Head(Head::parse(&raw)))
            }
            State::Framing => None,
            State::Length(left) => {
                let data = self.data(left)?;
                let left = left - data.len() as u64;
                self.state = if left == 0 { State::End } else { State::Length(left) };
                Some(Event::Data(data))
            }
            State::ChunkLine => {
                let Some(line) = self.line() else { return self.too_long() };
                match chunk_size(&line) {
                    Some(0) => {
                        self.state = State::Trailers;
                        Some(Event::Last(line))
                    }
                    Some(size) => {
                        self.state = State::ChunkData(size);
                        Some(Event::Chunk(line))
                    }
                    None => {
                        self.state = State::Raw;
                        Some(Event::Raw(line))
                    }
                }
            }
            State::ChunkData(left) => {
                let data = self.data(left)?;
                let left = left - data.len() as u64;
                self.state = if left == 0 { State::ChunkEnd } else { State::ChunkData(left) };
                Some(Event::Data(data))
            }
            State::ChunkEnd => {
                let line = self.line()?;
                let good = line.trim_ascii().is_empty();
                self.state = if good { State::ChunkLine } else { State::Raw };
                Some(if good { Event::ChunkEnd(line) } else { Event::Raw(line) })
            }
            State::Trailers => {
                let Some(length) = trailer_length(&self.buffer) else { return self.too_long() };
                self.state = State::End;
                Some(Event::Trailers(self.take(length)))
            }
            State::End => {
                self.state = State::Head;
                Some(Event::End)
            }
            State::UntilClose if !self.buffer.is_empty() => Some(Event::Data(std::mem::take(&mut self.buffer))),
            State::Raw if !self.buffer.is_empty() => Some(Event::Raw(std::mem::take(&mut self.buffer))),
            State::UntilClose | State::Raw => None,
        }
    }

    /// Returns what is left when the sender has closed its side.
    pub(crate) fn close(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        if !self.buffer.is_empty() {
            events.push(Event::Raw(std::mem::take(&mut self.buffer)));
        }
        if self.state == State::UntilClose {
            events.push(Event::End);
        }
        self.state = State::Raw;
        events.push(Event::Closed);
        events
    }

    fn too_long(&mut self) -> Option<Event> {
        if self.buffer.len() <= LONGEST {
            return None;
        }
        self.state = State::Raw;
        Some(Event::Raw(std::mem::take(&mut self.buffer)))
    }

    fn data(&mut self, most: u64) -> Option<Vec<u8>> {
        let length = usize::try_from(most).unwrap_or(usize::MAX).min(self.buffer.len());
        (length > 0).then(|| self.take(length))
    }

    fn line(&mut self) -> Option<Vec<u8>> {
        let end = self.buffer.iter().position(|byte| *byte == b'\n')?;
        Some(self.take(end + 1))
    }

    fn take(&mut self, length: usize) -> Vec<u8> {
        let rest = self.buffer.split_off(length);
        std::mem::replace(&mut self.buffer, rest)
    }
}

fn chunk_size(line: &[u8]) -> Option<u64> {
    let digits = line.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
    let text = std::str::from_utf8(digits).ok()?;
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    plain.then(|| u64::from_str_radix(text, 16).ok()).flatten()
}

/// Length of a head with its empty line; empty lines before it belong to it.
fn head_length(buffer: &[u8]) -> Option<usize> {
    let mut at = 0;
    let mut begun = false;
    for line in buffer.split_inclusive(|byte| *byte == b'\n') {
        at += line.len();
        if !line.ends_with(b"\n") {
            return None;
        }
        let empty = matches!(line, b"\r\n" | b"\n");
        if empty && begun {
            return Some(at);
        }
        begun |= !empty;
    }
    None
}

/// Length of a trailer section with its empty line.
fn trailer_length(buffer: &[u8]) -> Option<usize> {
    let mut at = 0;
    for line in buffer.split_inclusive(|byte| *byte == b'\n') {
        at += line.len();
        if matches!(line, b"\r\n" | b"\n") {
            return Some(at);
        }
    }
    None
}
