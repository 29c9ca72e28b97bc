//! What a fault is: its declaration and what it does to messages and connections.

use crate::cache::Rules;
use crate::conduct::Conduct;
use crate::editor::Editor;
use crate::h2::{Change, OnBlock, OnFrame, Side};
use crate::http1::Head;

/// Which way the change goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the client to the upstream.
    Request,
    /// From the upstream to the client.
    Response,
    /// Both ways: tunnels, streams, connections.
    Both,
}

impl Direction {
    /// The word used in lists.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Response => "response",
            Self::Both => "both",
        }
    }
}

/// What a mutation may know beside the message.
#[derive(Debug)]
pub(crate) struct About<'a> {
    /// IP address of the client.
    pub(crate) client: &'a str,
    /// Address and port of the upstream.
    pub(crate) upstream: &'a str,
    /// Number of the request in the life of the proxy, from 1.
    pub(crate) number: u64,
}

/// An answer that the proxy gives by itself.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    /// All bytes of the response.
    pub(crate) bytes: Vec<u8>,
    /// Says whether the connection ends with it.
    pub(crate) close: bool,
}

impl Answer {
    /// Makes an answer with a text; the connection stays.
    pub(crate) fn new(status: &str, fields: &str, body: &str) -> Self {
        let length = body.len();
        let bytes = format!("HTTP/1.1 {status}\r\n{fields}Content-Length: {length}\r\n\r\n{body}").into_bytes();
        Self { bytes, close: false }
    }

    /// Makes an answer after which the connection is closed.
    pub(crate) fn last(status: &str, fields: &str, body: &str) -> Self {
        Self { close: true, ..Self::new(status, &format!("{fields}Connection: close\r\n"), body) }
    }
}

/// How a fault is committed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Commit {
    /// Nothing is changed, though every message is taken apart and put together again.
    Nothing,
    /// Edits the head of each HTTP/1 request.
    RequestHead(fn(&mut Head, &About<'_>)),
    /// Edits the head of each final HTTP/1 response; the second head is the request's, as the client sent it.
    ResponseHead(fn(&mut Head, &Head)),
    /// Edits requests, bodies included.
    Request(fn() -> Box<dyn Editor>),
    /// Edits responses, bodies included.
    Response(fn() -> Box<dyn Editor>),
    /// Edits the request's head and the response that belongs to it.
    Exchange(fn(&mut Head, &About<'_>), fn() -> Box<dyn Editor>),
    /// Answers some requests itself.
    Answer(fn(&Head, &About<'_>) -> Option<Answer>),
    /// Treats connections, time and attempts differently.
    Conduct(Conduct),
    /// Stores and reuses answers.
    Cache(Rules),
    /// Changes frames or fields of HTTP/2.
    Http2(Change),
}

/// A named fault: one thing that the proxy does to calls.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    /// Stable name of the fault, for `--fault`.
    pub id: &'static str,
    /// Numbers of the taxonomy's behaviours that it commits. A check that is right names at least one of them.
    pub behaviours: &'static [&'static str],
    /// Behaviours that come with it and may be named too, without being wrong.
    pub also: &'static [&'static str],
    /// Which way the change goes.
    pub direction: Direction,
    /// The fault in one sentence.
    pub says: &'static str,
    /// Says whether it is of a kind that could harm others on a shared gateway.
    pub intrusive: bool,
    pub(crate) commit: Commit,
}

impl Fault {
    /// Declares a fault; the direction follows from how it is committed and can be set by `both`.
    pub(crate) const fn new(
        id: &'static str,
        behaviours: &'static [&'static str],
        says: &'static str,
        commit: Commit,
    ) -> Self {
        let direction = match commit {
            Commit::ResponseHead(_) | Commit::Response(_) | Commit::Cache(_) => Direction::Response,
            _ => Direction::Request,
        };
        Self { id, behaviours, also: &[], direction, says, intrusive: false, commit }
    }

    /// Declares a change of each request's head.
    pub(crate) const fn request(
        id: &'static str,
        behaviours: &'static [&'static str],
        says: &'static str,
        edit: fn(&mut Head, &About<'_>),
    ) -> Self {
        Self::new(id, behaviours, says, Commit::RequestHead(edit))
    }

    /// Declares a change of each final response's head.
    pub(crate) const fn response(
        id: &'static str,
        behaviours: &'static [&'static str],
        says: &'static str,
        edit: fn(&mut Head, &Head),
    ) -> Self {
        Self::new(id, behaviours, says, Commit::ResponseHead(edit))
    }

    /// Declares a change of the field blocks that one side sends on HTTP/2.
    pub(crate) const fn blocks(
        id: &'static str,
        behaviours: &'static [&'static str],
        says: &'static str,
        from: Side,
        edit: OnBlock,
    ) -> Self {
        let fault = Self::new(id, behaviours, says, Commit::Http2(Change { blocks: Some((from, edit)), frames: None }));
        match from {
            Side::Client => fault.towards(Direction::Request),
            Side::Upstream => fault.towards(Direction::Response),
        }
    }

    /// Declares a change of HTTP/2 frames.
    pub(crate) const fn frames(
        id: &'static str,
        behaviours: &'static [&'static str],
        says: &'static str,
        change: OnFrame,
    ) -> Self {
        Self::new(id, behaviours, says, Commit::Http2(Change { blocks: None, frames: Some(change) }))
    }

    /// Names behaviours that come with the fault.
    pub(crate) const fn also(mut self, also: &'static [&'static str]) -> Self {
        self.also = also;
        self
    }

    /// Marks the fault as one that could harm others.
    pub(crate) const fn intrusive(mut self) -> Self {
        self.intrusive = true;
        self
    }

    /// Sets the direction.
    pub(crate) const fn towards(mut self, direction: Direction) -> Self {
        self.direction = direction;
        self
    }
}
