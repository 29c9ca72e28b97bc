//! The meaning of the first bytes of a connection.

use crate::request::ProxyFacts;

/// What the first bytes of a connection are.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Start {
    /// A header. Its length is [`ProxyFacts::bytes`].
    Header(Box<ProxyFacts>),
    /// No header.
    Other,
    /// Too few bytes to tell.
    Undecided,
    /// The beginning of a header, of which so many bytes are missing at least.
    Incomplete(usize),
    /// A header that breaks the protocol, and how.
    Broken(String),
}
