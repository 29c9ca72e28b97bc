//! HTTP/2 (RFC 9113) on the `h2` library.
//!
//! | file | what is in it |
//! |---|---|
//! | `connection` | one connection: its streams, its limits, its end |
//! | `stream` | one stream: request, answer, and how it ends |
//! | `body` | the body of a request |
//! | `convert` | the one place where types of `http` 1 meet those of `http` 0.2 |
//! | `frames` | an eye on the frames that pass, for metrics |
//!
//! The library keeps fields in order, but moves repeated ones to the first of their name, and tells nothing of pseudo-fields'
//! order, of bytes of malformed heads, and of heads above 256 KiB. What follows a `#` in `:path` is lost.

mod body;
pub(super) mod connection;
mod convert;
mod frames;
mod stream;
