//! Logs and metrics.

mod actor_metrics;
mod http2_metrics;
pub mod log;
pub mod logfmt;
pub mod metrics;
mod pipe;
mod process;

pub use http2_metrics::{Http2Metrics, Sender};
