//! Copies counts that others keep into metrics.

use prometheus::{IntCounter, IntGauge};

/// Raises a counter to a count kept elsewhere. Never lowers it.
pub(super) fn raise(counter: &IntCounter, to: u64) {
    counter.inc_by(to.saturating_sub(counter.get()));
}

/// Sets a gauge to a size kept elsewhere.
pub(super) fn set(gauge: &IntGauge, to: usize) {
    gauge.set(i64::try_from(to).unwrap_or(i64::MAX));
}
