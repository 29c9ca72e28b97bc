//! HTTP/1 (RFC 9112), with a strict parser.
//!
//! | file | contents |
//! |---|---|
//! | `connection` | one connection: its requests, and clients that leave |
//! | `answering` | sending responses and refusals, closing |
//! | `delivering` | sending a response step by step |
//! | `inbound` | receive buffer, and the body of the current request |
//! | `outbound` | send buffer, with as few writes as possible |
//! | `request` | conversion of a head to the application's request |
//! | `refuse` | responses to malformed requests |
//! | `worker` | state shared by the connections of one thread |
//! | `parse`, `request_line`, `field_lines`, `framing`, `chunked`, `classes`, `rule` | parser and rules |

mod answering;
pub mod chunked;
mod classes;
pub(super) mod connection;
mod delivering;
mod field_lines;
pub mod framing;
mod inbound;
mod outbound;
pub mod parse;
pub(super) mod refuse;
pub(super) mod request;
mod request_line;
pub(super) mod worker;

pub use super::rule::{self, Refusal, Rule};
pub use framing::Framing;
pub use parse::{Limits, Parsed, Scan, parse};
pub use worker::ConnectionSettings;

#[cfg(test)]
pub(super) mod tests;
