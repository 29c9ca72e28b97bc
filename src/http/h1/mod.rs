//! HTTP/1, strictly read and exactly written (RFC 9112).
//!
//! | file | what is in it |
//! |---|---|
//! | `connection` | one connection: head, handler, answer, and again; clients that leave |
//! | `answering` | an answer leaves; early answers, refusals, closing |
//! | `inbound` | what has arrived, and the body of the request in hand |
//! | `outbound` | what leaves, in as few writes as there can be |
//! | `request` | a head as the application takes it |
//! | `refuse` | answers to what never became a request |
//! | `worker` | what the connections of one thread share |
//! | `parse`, `request_line`, `field_lines`, `framing`, `chunked`, `classes`, `rule` | heads and chunked bodies, and the rules that refuse |

mod answering;
pub mod chunked;
mod classes;
pub(super) mod connection;
mod field_lines;
pub mod framing;
mod inbound;
mod outbound;
pub mod parse;
pub(super) mod refuse;
pub(super) mod request;
mod request_line;
pub mod rule;
pub(super) mod worker;

pub use framing::Framing;
pub use parse::{Limits, Parsed, Scan, parse};
pub use rule::{Refusal, Rule};
pub use worker::ConnectionSettings;

#[cfg(test)]
mod tests;
