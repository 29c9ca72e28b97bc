//! The table: every fault, declared once, in the order of the taxonomy.

mod bodies;
mod caching;
mod coding;
mod conduct;
mod credentials;
mod edit;
mod expectations;
mod grpc;
mod hop;
mod http2;
mod query;
mod request_fields;
mod request_framing;
mod response_fields;
mod response_framing;
mod smuggling;
mod status;
mod streaming;
mod target;
mod tracing;
mod websocket;

use crate::fault::{Commit, Fault};

/// Every group's faults.
const GROUPS: &[&[Fault]] = &[
    target::FAULTS,
    query::FAULTS,
    request_fields::FAULTS,
    hop::FAULTS,
    request_framing::FAULTS,
    bodies::FAULTS,
    expectations::FAULTS,
    credentials::FAULTS,
    status::FAULTS,
    response_fields::FAULTS,
    response_framing::FAULTS,
    coding::FAULTS,
    streaming::FAULTS,
    conduct::FAULTS,
    caching::FAULTS,
    tracing::FAULTS,
    http2::FAULTS,
    websocket::FAULTS,
    grpc::FAULTS,
    smuggling::FAULTS,
];

/// No fault, though every message is taken apart and put together again: what the tests prove the machinery with.
pub static PARSED: Fault = Fault::new("parsed", &[], "Changes nothing.", Commit::Nothing);

/// All faults.
pub fn faults() -> impl Iterator<Item = &'static Fault> {
    GROUPS.iter().flat_map(|group| group.iter())
}

/// The fault with this id.
#[must_use]
pub fn fault(id: &str) -> Option<&'static Fault> {
    faults().find(|fault| fault.id == id)
}
