#![allow(clippy::unwrap_used, clippy::panic)]

use std::{collections::VecDeque, sync::Mutex};

use chrono::DateTime;
use uuid::Uuid;

use super::*;
use crate::{
    audit::{Connection, ConnectionFilter, Page, Record, test_store::unused_by_writers},
    runtime::{ActorPhase, ActorState},
    store::Pending,
};

/// Reaction of a store to one call to remove events.
#[derive(Clone, Copy)]
enum Does {
    Removes(u64),
    Fails,
    Panics,
    Hangs,
    Takes(Duration),
}

/// Scripted store that then has nothing to remove. Only the housekeeper's calls are implemented.
#[derive(Default)]
struct Told {
    script: Mutex<VecDeque<Does>>,
    rounds: AtomicU64,
    chunks: AtomicU64,
    /// Chunks of connections that are left to remove.
    connections: AtomicU64,
}

impl AuditStore for Told {
    fn name(&self) -> &'static str {
        "told"
    }

    fn roll_up(&self, _: DateTime<Utc>) -> Pending<'_, bool> {
        Box::pin(std::future::ready(Ok(false)))
    }

    fn prepare_days(&self, _: DateTime<Utc>, _: u32) -> Pending<'_, ()> {
        self.rounds.fetch_add(1, Ordering::SeqCst);
        Box::pin(async { Ok(()) })
    }

    fn delete_before(&self, _: DateTime<Utc>, _: u32) -> Pending<'_, u64> {
        self.chunks.fetch_add(1, Ordering::SeqCst);
        let does = self.script.lock().unwrap().pop_front().unwrap_or(Does::Removes(0));
        Box::pin(async move {
            match does {
                Does::Removes(events) => Ok(events),
                Does::Fails => Err(StoreError::Unavailable("as told".into())),
                Does::Panics => panic!("as told"),
                Does::Hangs => std::future::pending().await,
                Does::Takes(time) => {
                    tokio::time::sleep(time).await;
                    Ok(5)
                }
            }
        })
    }

    fn append<'a>(&'a self, _: &'a [Arc<Record>], _: bool) -> Pending<'a, ()> {
        unreachable!()
    }

    unused_by_writers!();
}

impl ConnectionStore for Told {
    fn name(&self) -> &'static str {
        "told"
    }

    fn append<'a>(&'a self, _: &'a [Arc<Connection>]) -> Pending<'a, ()> {
        unreachable!()
    }

    fn connections<'a>(&'a self, _: &'a ConnectionFilter, _: Page) -> Pending<'a, Vec<Connection>> {
        unreachable!()
    }

    fn count<'a>(&'a self, _: &'a ConnectionFilter) -> Pending<'a, u64> {
        unreachable!()
    }

    fn get(&self, _: Uuid) -> Pending<'_, Option<Connection>> {
        unreachable!()
    }

    fn delete_before(&self, _: DateTime<Utc>, _: u32) -> Pending<'_, u64> {
        let left = self.connections.load(Ordering::SeqCst);
        self.connections.store(left.saturating_sub(1), Ordering::SeqCst);
        Box::pin(std::future::ready(Ok(left.min(1))))
    }
}

const HOUR: Duration = Duration::from_secs(3600);

/// Runs a test in paused time, with a housekeeper whose rounds are an hour apart over a scripted store.
fn with<F: Future<Output = ()>>(script: &[Does], test: impl FnOnce(Arc<Told>, Registry) -> F) {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    actix_rt::System::with_tokio_rt(runtime).block_on(async {
        let store = Arc::new(Told { script: Mutex::new(script.iter().copied().collect()), ..Told::default() });
        let registry = Registry::default();
        let schedule = Schedule { retention: TimeDelta::days(30), every: HOUR };
        HousekeeperActor::start(&registry, Arc::clone(&store) as _, Arc::clone(&store) as _, schedule);
        test(store, registry).await;
    });
}

fn state(registry: &Registry) -> ActorState {
    registry.observe().remove(0)
}

fn rounds(store: &Told) -> u64 {
    store.rounds.load(Ordering::SeqCst)
}

#[test]
fn it_goes_round_at_its_start_and_every_hour_until_nothing_is_left() {
    with(&[Does::Removes(5000), Does::Removes(7)], async |store, registry| {
        store.connections.store(3, Ordering::SeqCst);
        tokio::time::sleep(HOUR / 2).await;
        assert_eq!((rounds(&store), store.chunks.load(Ordering::SeqCst)), (1, 3));
        assert_eq!((state(&registry).count("removed"), state(&registry).mailbox.depth), (5007, 0));
        assert_eq!(store.connections.load(Ordering::SeqCst), 0);
        tokio::time::sleep(HOUR).await;
        assert_eq!(rounds(&store), 2);
    });
}

#[test]
fn a_tick_that_finds_it_busy_is_refused_and_the_next_one_is_not() {
    let slow = [Does::Takes(Duration::from_secs(50)); 100];
    with(&slow, async |store, registry| {
        tokio::time::sleep(HOUR + Duration::from_secs(1)).await;
        let busy = state(&registry).mailbox;
        assert_eq!((busy.depth, busy.capacity, busy.refused, busy.handled), (1, 1, 1, 0));
        tokio::time::sleep(HOUR * 2).await;
        let state = state(&registry);
        assert_eq!((rounds(&store), state.mailbox.depth, state.restarts), (3, 0, 0));
    });
}

#[test]
fn a_round_that_fails_is_tried_again_after_a_minute() {
    with(&[Does::Fails], async |store, registry| {
        tokio::time::sleep(RETRY - Duration::from_secs(1)).await;
        assert_eq!((rounds(&store), state(&registry).mailbox.depth), (1, 0));
        assert!(state(&registry).last_error.unwrap().message.contains("as told"));
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert_eq!(rounds(&store), 2);
    });
}

#[test]
fn a_store_that_hangs_does_not_end_the_retention() {
    with(&[Does::Hangs], async |store, registry| {
        tokio::time::sleep(STORE_LIMIT + RETRY + Duration::from_secs(1)).await;
        assert_eq!(rounds(&store), 2);
        assert!(state(&registry).last_error.unwrap().message.contains("no answer within"));
    });
}

#[test]
fn a_crash_is_followed_by_a_round() {
    with(&[Does::Removes(3), Does::Panics], async |store, registry| {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let state = state(&registry);
        assert_eq!((rounds(&store), state.restarts, state.count("removed"), state.mailbox.depth), (2, 1, 3, 0));
    });
}

#[test]
fn a_stop_lets_the_chunk_in_progress_end_and_begins_no_other() {
    let slow = [Does::Takes(Duration::from_secs(1)); 100];
    with(&slow, async |store, registry| {
        tokio::time::sleep(Duration::from_millis(500)).await;
        registry.stop(HousekeeperActor::NAME, Duration::from_secs(10)).await;
        let state = state(&registry);
        assert_eq!((store.chunks.load(Ordering::SeqCst), state.count("removed")), (1, 5));
        assert_eq!((state.phase, state.mailbox.handled), (ActorPhase::Stopped, 1));
    });
}
