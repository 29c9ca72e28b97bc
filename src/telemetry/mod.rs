//! Logs and metrics.

mod audit_metrics;
mod copied;
mod http2_metrics;
mod identity_metrics;
pub mod label;
pub mod log;
pub mod logfmt;
pub mod metrics;
mod pipe;
mod process;

pub use http2_metrics::{Http2Metrics, Sender};
