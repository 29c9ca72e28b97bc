//! What a run tells its executor to do: plain acts, one after the other.

use std::time::Duration;

use bytes::Bytes;

use super::step::End;

/// Name and value of a field, as sent.
pub type FieldBytes = (Bytes, Bytes);

/// One act. What comes to the executor is checked: it can be done over the version of HTTP at hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Reads the body of the request.
    Read(Reading),
    /// Sends 100 Continue.
    Continue,
    /// Sends an interim response.
    Interim(PlannedInterim),
    /// Waits. Zero lets other tasks run.
    Pause(Duration),
    /// Sends the head.
    Head(PlannedHead),
    /// Sends a piece of the body: a chunk or a DATA frame of its own. Never empty.
    Piece(Bytes),
    /// Sends the body of the request back, piece by piece as it arrives, with a pause between pieces.
    Echo(Duration),
    /// Ends the body with trailers.
    Trailers(Vec<FieldBytes>),
    /// Sends bytes as they are.
    Raw(Bytes),
    /// Ends the exchange. The last act.
    End {
        /// How the exchange ends; `None` to keep the connection if the client can tell where the response ends.
        how: Option<End>,
        /// True when what is missing of the response, such as the last chunk, is sent before.
        complete: bool,
    },
}

/// How the body of the request is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Bytes to read; 0 to read nothing at all, `None` to read to the end.
    pub bytes: Option<u64>,
    /// Bytes per second; as fast as they come when `None`.
    pub rate: Option<u32>,
    /// Whether a client that expects 100 Continue gets one first.
    pub sends_continue: bool,
}

/// An interim response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedInterim {
    /// Status, 100 to 199.
    pub status: u16,
    /// Reason phrase; the usual one when `None`.
    pub reason: Option<Bytes>,
    /// Fields, in order.
    pub fields: Vec<FieldBytes>,
}

/// The head of a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedHead {
    /// Status, 100 to 999.
    pub status: u16,
    /// Reason phrase; the usual one when `None`.
    pub reason: Option<Bytes>,
    /// Fields, in order, names as told.
    pub fields: Vec<FieldBytes>,
    /// How the end of the body is marked.
    pub framing: PlannedFraming,
    /// Whether the body of the request is read after the head.
    pub reads_on: bool,
    /// Whether the server adds fields of its own.
    pub own_fields: bool,
}

/// How the end of a body is marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlannedFraming {
    /// Not at all.
    None,
    /// `Content-Length` with this value, whatever follows.
    Length(u64),
    /// `Transfer-Encoding: chunked`; HTTP/1.0 clients get the end of the connection.
    Chunked,
    /// The end of the connection.
    Close,
}

/// Reason why a script can't answer a request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refusal(pub String);
