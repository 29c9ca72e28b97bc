//! The PROXY protocol: what a proxy in front of the server says of its client, before TLS and HTTP (HAProxy's
//! `doc/proxy-protocol.txt`).

mod crc32c;
mod header;
mod receive;
mod start;
mod v1;
mod v2;

pub use receive::ProxyRules;
pub(super) use receive::receive;

#[cfg(test)]
mod tests;
