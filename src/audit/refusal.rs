//! Facts of a request that was refused before the application saw it.

use bytes::Bytes;

use crate::request::{EndedBy, RequestFacts, RequestHead};

/// Request that was refused.
pub struct Refused<'r> {
    /// The request, as far as it is known.
    pub seen: Seen<'r>,
    /// Status of the response.
    pub status: u16,
    /// Error message that the client got.
    pub message: &'r str,
    /// Rule that it breaks.
    pub rule: &'static str,
    /// Offset of the byte that breaks it, if a single one does.
    pub at: Option<usize>,
    /// Kind of the rule.
    pub category: &'static str,
    /// Value of `X-Request-Id` in the response.
    pub request_id: &'r str,
    /// Facts below HTTP.
    pub facts: &'r RequestFacts,
    /// How the exchange ended.
    pub ended: EndedBy,
    /// Head of the response on HTTP/1.
    pub response_head: Bytes,
    /// Bytes of the response body.
    pub bytes_out: u64,
}

/// What arrived of a refused request.
pub enum Seen<'r> {
    /// The first bytes on HTTP/1, and how many there were.
    Bytes(&'r [u8], u64),
    /// The head on HTTP/2.
    Head(&'r RequestHead),
}
