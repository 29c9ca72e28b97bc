//! State of a delivery, for every protocol: which steps may follow, and how the body is framed.

use actix_web::http::Version;

use crate::endpoints::{
    Fault,
    delivery::{Framing, Head, Step},
};

/// How far a delivery has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Nothing but interim responses was sent.
    Start,
    /// The head was sent, or raw bytes.
    Open,
    /// The body has ended.
    Finished,
}

/// Progress of a delivery.
pub(super) struct Progress {
    version: Version,
    is_for_head: bool,
    stage: Stage,
    /// Framing of the response; `None` until there is a head.
    framing: Option<Framing>,
    /// The response has no body, whatever the steps say (RFC 9110, section 6.4.1).
    bodiless: bool,
    /// Bytes of the body that were sent.
    sent: u64,
}

impl Progress {
    /// Begins a delivery to a client of `version`, in response to HEAD or to another method.
    pub(super) const fn new(version: Version, is_for_head: bool) -> Self {
        Self { version, is_for_head, stage: Stage::Start, framing: None, bodiless: is_for_head, sent: 0 }
    }

    /// Returns true while the answer can be replaced by an error.
    pub(super) fn is_open_to_faults(&self) -> bool {
        self.stage == Stage::Start
    }

    /// Returns true when an interim response can be sent to the client.
    pub(super) fn has_interim(&self) -> bool {
        self.version >= Version::HTTP_11
    }

    /// Returns true once the body has ended.
    pub(super) fn is_finished(&self) -> bool {
        self.stage == Stage::Finished
    }

    /// Returns true when bytes of the body are sent.
    pub(super) const fn has_body(&self) -> bool {
        !self.bodiless
    }

    /// Returns true when the body is sent in chunks.
    pub(super) fn is_chunked(&self) -> bool {
        self.has_body() && self.framing == Some(Framing::Chunked)
    }

    /// Returns true when the client can tell where the response ends.
    pub(super) fn is_delimited(&self) -> bool {
        match self.framing {
            Some(Framing::Length(_) | Framing::Chunked) => true,
            Some(Framing::None) => self.bodiless,
            Some(Framing::Close) | None => false,
        }
    }

    /// Refuses a step that the protocol, the state of the answer, or its own values rule out.
    pub(super) fn refuse(&self, step: &Step) -> Option<Fault> {
        let problem = step.unsupported(self.version).or_else(|| step.out_of_bounds()).or_else(|| self.misplaced(step));
        problem.map(|problem| Fault::bad_request(format!("this answer can't be sent: {problem}")))
    }

    fn misplaced(&self, step: &Step) -> Option<&'static str> {
        let unchunked = self.framing != Some(Framing::Chunked) && self.version == Version::HTTP_11;
        match (self.stage, step) {
            (Stage::Start, Step::Piece { .. } | Step::Finish | Step::Trailers(_)) => Some("a body before the head"),
            (Stage::Open | Stage::Finished, Step::Continue | Step::Interim(_)) => {
                Some("an interim response after the head")
            }
            (Stage::Open | Stage::Finished, Step::Head(_)) => Some("a second head"),
            (Stage::Finished, Step::Piece { .. } | Step::Trailers(_)) => Some("a body after its end"),
            (Stage::Open, Step::Trailers(_)) if unchunked => Some("trailers without chunked framing"),
            (Stage::Open, Step::Piece { extension, .. }) if unchunked && !extension.is_empty() => {
                Some("a chunk extension without chunked framing")
            }
            _ => None,
        }
    }

    /// Notes the head, and returns its framing for this client.
    pub(super) fn head(&mut self, head: &Head) -> Framing {
        let framing = match head.framing {
            Framing::Chunked if self.version < Version::HTTP_11 => Framing::Close,
            framing => framing,
        };
        self.stage = Stage::Open;
        self.framing = Some(framing);
        self.bodiless = self.is_for_head || matches!(head.status, 100..200 | 204 | 304);
        framing
    }

    /// Notes raw bytes. What follows is sent as it is, unless a head came before.
    pub(super) fn raw(&mut self) {
        if self.stage == Stage::Start {
            self.stage = Stage::Open;
            self.bodiless = false;
        }
    }

    /// Notes a piece of the body.
    pub(super) fn piece(&mut self, size: usize) {
        self.sent += size as u64;
    }

    /// Returns true when the client got all that the head announces.
    pub(super) fn is_complete(&self) -> bool {
        match self.framing {
            _ if self.is_finished() => true,
            _ if self.version == Version::HTTP_2 => false,
            Some(Framing::Length(length)) => self.bodiless || self.sent >= length,
            Some(Framing::Chunked) => self.bodiless,
            Some(Framing::None | Framing::Close) => true,
            None => false,
        }
    }

    /// Notes the end of the body.
    pub(super) fn finish(&mut self) {
        self.stage = Stage::Finished;
    }
}
