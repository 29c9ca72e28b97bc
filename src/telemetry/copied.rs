//! Copying of counts into metrics.

use actors::ActorState;
use prometheus::{IntCounter, IntGauge};

/// Increases a counter to a count. Never decreases it.
pub(super) fn raise(counter: &IntCounter, to: u64) {
    counter.inc_by(to.saturating_sub(counter.get()));
}

/// Sets a gauge to a size.
pub(super) fn set(gauge: &IntGauge, to: usize) {
    gauge.set(i64::try_from(to).unwrap_or(i64::MAX));
}

/// Returns the actors with a name.
pub(super) fn of_name<'a>(actors: &'a [ActorState], name: &str) -> impl Iterator<Item = &'a ActorState> {
    actors.iter().filter(move |actor| actor.name == name)
}

/// Sums a count over the actors with a name.
pub(super) fn total(actors: &[ActorState], name: &str, count: &str) -> u64 {
    of_name(actors, name).map(|actor| actor.count(count)).sum()
}
