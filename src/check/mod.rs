//! The gateway check: sends probes through a gateway, and finds out by itself what the gateway does to calls.
//!
//! A probe is exact bytes and a script for the upstream. Four messages come of it: sent, arrived, answered, got. The
//! generic differ compares them in full, and the judge of each check looks at its own question.

mod bisect;
mod catalogue;
pub mod cli;
mod client;
mod declaration;
mod differ;
mod gateway;
mod head;
mod inlet;
mod message;
mod naming;
mod policy;
mod probe;
mod report;
mod runner;
mod taxonomy;
mod upstream;
mod verdict;
mod way;

#[cfg(test)]
mod truth;
