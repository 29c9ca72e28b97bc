#![allow(clippy::unwrap_used)]

use std::sync::atomic::{AtomicU64, Ordering};

use super::*;
use crate::runtime::record::ActorPhase;

#[derive(Default)]
struct Counted(AtomicU64);

impl Counts for Counted {
    fn counts(&self) -> Vec<(&'static str, u64)> {
        vec![("counted", self.0.load(Ordering::Relaxed))]
    }
}

fn enter(registry: &Registry, name: &'static str, counted: u64) -> Arc<ActorRecord> {
    registry.enter(name, Arc::new(Places::new(4)), Arc::new(Counted(AtomicU64::new(counted))))
}

#[test]
fn actors_stand_in_the_order_of_their_start_and_are_counted_by_name() {
    let registry = Registry::default();
    for name in ["a", "b", "a"] {
        enter(&registry, name, 0);
    }
    let entered: Vec<_> = registry.observe().iter().map(|state| (state.name, state.instance)).collect();
    assert_eq!(entered, [("a", 1), ("b", 1), ("a", 2)]);
}

#[test]
fn an_actor_takes_the_place_of_a_stopped_one_and_goes_on_with_its_totals() {
    let registry = Registry::default();
    let (first, second) = (enter(&registry, "a", 5), enter(&registry, "a", 100));
    first.places.take().unwrap().fill();
    first.places.give_back(1);
    first.places.refuse();
    first.count_restart();
    first.failed("lost");
    first.set_phase(ActorPhase::Stopped);
    enter(&registry, "a", 2);
    let states = registry.observe();
    assert_eq!(states.iter().map(|state| state.instance).collect::<Vec<_>>(), [1, 2]);
    let mailbox = states[0].mailbox;
    assert_eq!((mailbox.received, mailbox.handled, mailbox.refused, mailbox.depth), (2, 1, 1, 0));
    assert_eq!((states[0].phase, states[0].restarts, states[0].count("counted")), (ActorPhase::Running, 1, 7));
    assert_eq!(states[0].last_error.as_ref().unwrap().message, "lost");
    assert_eq!(second.observe(), states[1]);
}

#[test]
fn errors_are_kept_short() {
    let registry = Registry::default();
    enter(&registry, "a", 0).failed(&"ä".repeat(10_000));
    assert_eq!(registry.observe()[0].last_error.as_ref().unwrap().message.chars().count(), 500);
}
