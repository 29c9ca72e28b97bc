//! The store against a real server, and against one that fails.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../../../../tests/api/support/postgres.rs"]
mod cluster;
mod conformance;
mod days;
mod failing;
mod opening;
mod plans;
mod rolled;
mod samples;
mod slow;
mod writing;
