//! HTTP/2 (RFC 9113) on the `h2` library.
//!
//! | file | contents |
//! |---|---|
//! | `connection` | one connection: its streams, its limits, its end |
//! | `stream` | one stream: its request, its response, and how it ends |
//! | `delivering` | sending a response step by step |
//! | `control` | wishes of streams for their connection |
//! | `body` | the body of a request |
//! | `convert` | conversion between types of `http` 1 and `http` 0.2 |
//! | `frames` | counts of RST_STREAM and GOAWAY frames |
//!
//! The library keeps fields in order, but moves repeated ones to the first of their name. It does not expose the order
//! of pseudo-fields, the bytes of malformed heads, or heads above 256 KiB. A `#` in `:path` and what follows it is
//! lost.

mod body;
pub(super) mod connection;
mod control;
mod convert;
mod delivering;
mod frames;
mod stream;

#[cfg(test)]
mod tests;
