//! Steps of a delivery.

use std::time::Duration;

use actix_web::http::Version;
use bytes::Bytes;

use super::field::{FieldLine, is_text};
use crate::fault::Fault;

/// Connection-specific fields, which HTTP/2 forbids (RFC 9113, section 8.2.2).
pub(crate) const OF_CONNECTIONS: [&str; 5] =
    ["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"];

/// One step of an answer. Steps are executed in order. A delivery that ends without [`Step::End`] finishes the body and
/// ends with [`End::Default`].
pub enum Step {
    /// Sends 100 (Continue), whether or not the client expects it. HTTP/1.0 clients get none.
    Continue,
    /// Sends no 100 (Continue) when the body is read. Without this step it is sent at the first read of the body, if
    /// the client expects it.
    WithholdContinue,
    /// Sends an interim response (RFC 9110, section 15.2). HTTP/1.0 clients get none.
    Interim(Interim),
    /// Sends the head of the final response. It shares a write with the body if that follows at once.
    Head(Head),
    /// Sends a piece of the body in a write of its own: exactly one chunk if the body is chunked. After a HEAD request
    /// and for statuses without a body (1xx, 204, 304), nothing is sent.
    Piece {
        /// Bytes of the piece. An empty piece is skipped.
        data: Bytes,
        /// Text after the size of the chunk, from the semicolon on (RFC 9112, section 7.1.1). Usually empty.
        extension: Bytes,
    },
    /// Ends the body: the last chunk, END_STREAM on HTTP/2, nothing otherwise.
    Finish,
    /// Ends the body with trailers. A chunked body and HTTP/2 have them (RFC 9110, section 6.5). HTTP/1.0 clients get
    /// none.
    Trailers(Vec<FieldLine>),
    /// Writes bytes as they are. HTTP/1 only.
    Raw(Bytes),
    /// Waits. What was sent before leaves first.
    Pause(Duration),
    /// Does nothing. The word goes on record with its time, as other steps do.
    Note(&'static str),
    /// Ends the answer.
    End(End),
    /// Answers with an error instead. After a head was sent, the answer is cut off.
    Fault(Box<Fault>),
}

/// An interim response.
#[derive(Clone)]
pub struct Interim {
    /// Status, 100 to 199.
    pub status: u16,
    /// Reason phrase; `None` for the usual one. HTTP/2 has none.
    pub reason: Option<Bytes>,
    /// Fields in order, names as given; in lower case on HTTP/2.
    pub fields: Vec<FieldLine>,
}

/// The head of a final response.
#[derive(Clone)]
pub struct Head {
    /// Status, 100 to 999.
    pub status: u16,
    /// Reason phrase; `None` for the usual one. HTTP/2 has none.
    pub reason: Option<Bytes>,
    /// Fields in order, names as given; in lower case on HTTP/2.
    pub fields: Vec<FieldLine>,
    /// How the end of the body is marked.
    pub framing: Framing,
    /// Whether the server adds its own fields after `fields`: request id, CORS, `Connection`, and `Date`. It leaves out
    /// those that are among `fields`. The framing field does not count as one.
    pub own_fields: bool,
    /// Whether the handler reads the request's body after the head. Otherwise what has not arrived by then is dropped,
    /// and the head says `Connection: close`.
    pub reads_on: bool,
}

/// How the end of a body is marked (RFC 9112, section 6). HTTP/2 marks the end itself, and only has the length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// Neither field. Bytes of a body are sent all the same.
    None,
    /// `Content-Length` with this value, which the body may belie.
    Length(u64),
    /// `Transfer-Encoding: chunked`. For HTTP/1.0 clients like [`Framing::Close`].
    Chunked,
    /// The end of the connection.
    Close,
}

/// How an exchange ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Keeps the connection if the client can tell where the body ends, the request has been read to its end, and the
    /// fields of the head do not say `Connection: close`.
    Default,
    /// Like [`End::Default`], but also when the fields say `Connection: close`, or the framing leaves the client
    /// waiting for the end of the connection.
    Keep,
    /// Closes the connection, without [`Step::Finish`]. On HTTP/2, GOAWAY is sent; an unfinished answer ends with the
    /// connection, a finished one before it.
    Close,
    /// Closes the sending side alone, and reads on until the client closes. HTTP/1 only.
    HalfClose,
    /// Resets the connection (RST), on HTTP/2 with all of its streams.
    Reset,
    /// Resets the stream with this error code (RFC 9113, section 7). HTTP/2 only.
    ResetStream(u32),
    /// Finishes the body and sends GOAWAY with this error code and the last stream that was accepted. With NO_ERROR,
    /// running streams end first. HTTP/2 only.
    GoAway(u32),
}

impl Step {
    /// Creates a piece without a chunk extension.
    #[must_use]
    pub fn piece(data: impl Into<Bytes>) -> Self {
        Self::Piece { data: data.into(), extension: Bytes::new() }
    }

    /// Returns what `version` can't do of this step; `None` when it can do all of it.
    #[must_use]
    pub fn unsupported(&self, version: Version) -> Option<&'static str> {
        let is_http2 = version == Version::HTTP_2;
        match self {
            Self::Raw(_) if is_http2 => Some("raw bytes over HTTP/2"),
            Self::Piece { extension, .. } if is_http2 && !extension.is_empty() => Some("a chunk extension over HTTP/2"),
            Self::Interim(Interim { fields, .. }) | Self::Head(Head { fields, .. }) | Self::Trailers(fields)
                if is_http2 && fields.iter().any(is_of_connection) =>
            {
                Some("a connection-specific field over HTTP/2")
            }
            Self::End(End::HalfClose) if is_http2 => Some("a half-close over HTTP/2"),
            Self::End(End::ResetStream(_)) if !is_http2 => Some("RST_STREAM over HTTP/1"),
            Self::End(End::GoAway(_)) if !is_http2 => Some("GOAWAY over HTTP/1"),
            _ => None,
        }
    }

    /// Returns what is out of bounds in this step, whatever the protocol; `None` when nothing is.
    #[must_use]
    pub fn out_of_bounds(&self) -> Option<&'static str> {
        let reason_is_text = |reason: &Option<Bytes>| reason.as_deref().is_none_or(is_text);
        match self {
            Self::Interim(Interim { status, .. }) if !(100..200).contains(status) => {
                Some("an interim status outside 100 to 199")
            }
            Self::Head(Head { status, .. }) if !(100..1000).contains(status) => Some("a status outside 100 to 999"),
            Self::Interim(Interim { reason, .. }) | Self::Head(Head { reason, .. }) if !reason_is_text(reason) => {
                Some("a control character in a reason phrase")
            }
            Self::Piece { extension, .. } if !is_text(extension) => Some("a control character in a chunk extension"),
            _ => None,
        }
    }

    /// Returns the number of bytes in a piece or in raw bytes; 0 for other steps.
    pub(crate) fn size(&self) -> usize {
        match self {
            Self::Piece { data, .. } | Self::Raw(data) => data.len(),
            _ => 0,
        }
    }

    /// Returns the word for this step in the record.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Continue => "continue",
            Self::WithholdContinue => "withhold_continue",
            Self::Interim(_) => "interim",
            Self::Head(_) => "head",
            Self::Piece { .. } => "body",
            Self::Finish => "finish",
            Self::Trailers(_) => "trailers",
            Self::Raw(_) => "raw",
            Self::Pause(_) => "pause",
            Self::Note(word) => word,
            Self::End(end) => end.word(),
            Self::Fault(_) => "fault",
        }
    }
}

impl End {
    const fn word(self) -> &'static str {
        match self {
            Self::Default => "end",
            Self::Keep => "keep",
            Self::Close => "close",
            Self::HalfClose => "half_close",
            Self::Reset => "reset",
            Self::ResetStream(_) => "h2_reset",
            Self::GoAway(_) => "goaway",
        }
    }
}

impl Head {
    /// Creates a head without fields: a chunked body, and the server's own fields.
    #[must_use]
    pub const fn new(status: u16) -> Self {
        Self { status, reason: None, fields: Vec::new(), framing: Framing::Chunked, own_fields: true, reads_on: false }
    }

    /// Returns true when the fields say `Connection: close`.
    #[must_use]
    pub fn says_close(&self) -> bool {
        let says_close = |value: &[u8]| value.split(|byte| *byte == b',').any(|member| is_close(member.trim_ascii()));
        self.fields.iter().any(|field| field.is("connection") && says_close(field.value()))
    }
}

fn is_close(member: &[u8]) -> bool {
    member.eq_ignore_ascii_case(b"close")
}

/// Returns true for a field that HTTP/2 forbids: a connection-specific one, or `TE` with anything but `trailers`.
fn is_of_connection(field: &FieldLine) -> bool {
    OF_CONNECTIONS.iter().any(|name| field.is(name)) || field.is("te") && field.value() != b"trailers"
}
