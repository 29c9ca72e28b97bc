//! The proxy of the truth: faithful without a fault, and with one doing what its sentence says and only that.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod connections;
mod faithful;
mod http2;
mod retries;
mod stored;
mod streams;
mod support;
mod table;
mod trials;
