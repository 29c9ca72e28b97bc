//! The model of an HTTP message as it was on the wire: fields in order and case, framing, trailers, how it ended.

use std::fmt;

/// A field as it was written, without the white space around the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    /// Name in the case it had.
    pub name: Vec<u8>,
    /// Value without the white space around it.
    pub value: Vec<u8>,
}

impl Field {
    /// Builds a field.
    pub(crate) fn new(name: impl Into<Vec<u8>>, value: impl Into<Vec<u8>>) -> Self {
        Self { name: name.into(), value: value.into() }
    }

    /// Tells whether the field has this name, in any case.
    pub(crate) fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }

    /// Returns the name in lower case, as text.
    pub(crate) fn key(&self) -> String {
        text(&self.name.to_ascii_lowercase())
    }
}

/// First line of a message, or its pseudo-fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    /// Request line.
    Request {
        /// Method as written.
        method: Vec<u8>,
        /// Target as written.
        target: Vec<u8>,
    },
    /// Status line.
    Response {
        /// Status; 0 when the line held none.
        status: u16,
        /// Reason phrase.
        reason: Vec<u8>,
    },
}

/// Protocol version of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    /// `HTTP/1.0`
    H10,
    /// `HTTP/1.1`
    H11,
    /// HTTP/2
    H2,
    /// Anything else, as written; empty when there was none.
    Other(String),
}

impl fmt::Display for Version {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::H10 => out.write_str("HTTP/1.0"),
            Self::H11 => out.write_str("HTTP/1.1"),
            Self::H2 => out.write_str("HTTP/2"),
            Self::Other(text) => write!(out, "`{text}`"),
        }
    }
}

/// How the end of the body is told (RFC 9112, section 6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// No body can follow.
    None,
    /// `Content-Length`.
    Length(u64),
    /// `Transfer-Encoding: chunked`.
    Chunked,
    /// The end of the connection.
    Close,
    /// Frames of HTTP/2.
    H2,
}

impl fmt::Display for Framing {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => out.write_str("no body"),
            Self::Length(length) => write!(out, "Content-Length {length}"),
            Self::Chunked => out.write_str("chunked"),
            Self::Close => out.write_str("until the connection closes"),
            Self::H2 => out.write_str("HTTP/2 frames"),
        }
    }
}

/// How a message ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// As its framing says.
    Complete,
    /// The peer closed first.
    Closed,
    /// The peer reset the connection, or the stream with this code.
    Reset(Option<u32>),
    /// Nothing came until the deadline.
    Timeout,
    /// More came than is read.
    TooLong,
    /// The framing is broken: where.
    Broken(&'static str),
    /// Another error of the connection.
    Failed(String),
}

impl fmt::Display for Ended {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Complete => out.write_str("complete"),
            Self::Closed => out.write_str("connection closed"),
            Self::Reset(None) => out.write_str("connection reset"),
            Self::Reset(Some(code)) => write!(out, "stream reset with code {code}"),
            Self::Timeout => out.write_str("nothing came until the deadline"),
            Self::TooLong => out.write_str("longer than what is read"),
            Self::Broken(place) => write!(out, "broken {place}"),
            Self::Failed(error) => write!(out, "failed: {error}"),
        }
    }
}

/// An interim response (RFC 9110, section 15.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Interim {
    /// Status, 100 to 199.
    pub status: u16,
    /// Its fields.
    pub fields: Vec<Field>,
    /// Milliseconds since the reading began.
    pub at_ms: u64,
}

/// Moments of a message, in milliseconds since the reading of it began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Times {
    /// First byte of the head.
    pub first_ms: u64,
    /// The head was complete.
    pub head_ms: u64,
    /// First byte of the body.
    pub body_first_ms: Option<u64>,
    /// End of the message.
    pub end_ms: u64,
}

/// A request or a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Message {
    pub start: Start,
    pub version: Version,
    /// Fields in order. On HTTP/2 without pseudo-fields, save `:authority`, which is `Host`.
    pub fields: Vec<Field>,
    pub framing: Framing,
    /// Sizes of the chunks, or of the DATA frames.
    pub chunks: Vec<usize>,
    /// Chunk extensions that were not empty.
    pub extensions: Vec<Vec<u8>>,
    /// Body without framing, up to the bound of the reading.
    pub body: Vec<u8>,
    pub trailers: Vec<Field>,
    /// Interim responses that came before.
    pub interim: Vec<Interim>,
    /// The head as it was, with its empty line; empty on HTTP/2.
    pub raw_head: Vec<u8>,
    /// Oddities of the head, by the names of the server's rules (`bare-lf`, `line-folding`, `space-before-colon`).
    pub oddities: Vec<&'static str>,
    pub times: Times,
    pub ended: Ended,
}

impl Message {
    /// Builds a message with a start line alone.
    pub(crate) fn new(start: Start, version: Version) -> Self {
        Self {
            start,
            version,
            fields: Vec::new(),
            framing: Framing::None,
            chunks: Vec::new(),
            extensions: Vec::new(),
            body: Vec::new(),
            trailers: Vec::new(),
            interim: Vec::new(),
            raw_head: Vec::new(),
            oddities: Vec::new(),
            times: Times::default(),
            ended: Ended::Complete,
        }
    }

    /// Returns the status; 0 for a request.
    pub(crate) fn status(&self) -> u16 {
        match self.start {
            Start::Response { status, .. } => status,
            Start::Request { .. } => 0,
        }
    }

    /// Returns the method; empty for a response.
    pub(crate) fn method(&self) -> &[u8] {
        match &self.start {
            Start::Request { method, .. } => method,
            Start::Response { .. } => b"",
        }
    }

    /// Returns the target; empty for a response.
    pub(crate) fn target(&self) -> &[u8] {
        match &self.start {
            Start::Request { target, .. } => target,
            Start::Response { .. } => b"",
        }
    }

    /// Returns all values of the fields with this name, in order.
    pub(crate) fn values(&self, name: &str) -> Vec<&[u8]> {
        self.fields.iter().filter(|field| field.is(name)).map(|field| field.value.as_slice()).collect()
    }

    /// Returns the first value of this name.
    pub(crate) fn value(&self, name: &str) -> Option<&[u8]> {
        self.fields.iter().find(|field| field.is(name)).map(|field| field.value.as_slice())
    }

    /// Tells whether a field of this name is there.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.value(name).is_some()
    }

    /// Returns the members of all list fields of this name, trimmed and in lower case.
    pub(crate) fn tokens(&self, name: &str) -> Vec<String> {
        let lists = self.values(name);
        lists.iter().flat_map(|value| value.split(|byte| *byte == b',')).map(token).filter(|t| !t.is_empty()).collect()
    }
}

fn token(bytes: &[u8]) -> String {
    text(&bytes.trim_ascii().to_ascii_lowercase())
}

/// Renders bytes as text: UTF-8 stays, controls and other bytes become `\xNN`.
pub(crate) fn text(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for letter in chunk.valid().chars() {
            if letter.is_control() {
                let mut buffer = [0; 4];
                for byte in letter.encode_utf8(&mut buffer).bytes() {
                    out.push_str(&format!("\\x{byte:02X}"));
                }
            } else {
                out.push(letter);
            }
        }
        for byte in chunk.invalid() {
            out.push_str(&format!("\\x{byte:02X}"));
        }
    }
    out
}

/// Renders bytes as text of at most `most` characters, with the number of bytes when it is cut.
pub(crate) fn short(bytes: &[u8], most: usize) -> String {
    let whole = text(bytes);
    if whole.chars().count() <= most {
        return whole;
    }
    let cut: String = whole.chars().take(most).collect();
    format!("{cut}… ({} bytes)", bytes.len())
}
