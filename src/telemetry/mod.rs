//! Logs and metrics.

mod audit_metrics;
mod copied;
mod identity_metrics;
pub mod label;
pub mod log;
pub mod logfmt;
pub mod metrics;
mod pipe;
mod process;
