#![allow(clippy::unwrap_used, clippy::panic)]

use std::{collections::VecDeque, sync::Mutex};

use tokio::time::Instant;

use super::*;
use crate::runtime::ActorPhase;

/// Response of the gateway to an attempt.
enum Does {
    Answers(Tried),
    Panics,
    Hangs,
}

/// Scripted gateway that records the time of each attempt.
#[derive(Clone, Default)]
struct Gateway {
    script: Arc<Mutex<VecDeque<Does>>>,
    came: Arc<Mutex<Vec<Instant>>>,
    given_up: Arc<AtomicBool>,
}

impl Gateway {
    fn that(script: impl IntoIterator<Item = Does>) -> Self {
        Self { script: Arc::new(Mutex::new(script.into_iter().collect())), ..Self::default() }
    }

    fn tries(&self) -> usize {
        self.came.lock().unwrap().len()
    }

    /// Returns the pauses between the attempts.
    fn pauses(&self) -> Vec<Duration> {
        self.came.lock().unwrap().windows(2).map(|pair| pair[1] - pair[0]).collect()
    }
}

/// Records that an attempt was cancelled.
struct Given(Arc<AtomicBool>);

impl Drop for Given {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl RegistrationTarget for Gateway {
    fn register(&self) -> Trying {
        self.came.lock().unwrap().push(Instant::now());
        let does = self.script.lock().unwrap().pop_front();
        let given_up = Given(Arc::clone(&self.given_up));
        Box::pin(async move {
            match does {
                Some(Does::Answers(tried)) => tried,
                Some(Does::Panics) => panic!("as told"),
                Some(Does::Hangs) | None => {
                    let _given_up = given_up;
                    std::future::pending().await
                }
            }
        })
    }

    fn name(&self) -> String {
        "http://gateway".to_owned()
    }
}

fn later(after: Option<u64>) -> Does {
    Does::Answers(Tried::Later { why: "down".to_owned(), after: after.map(Duration::from_secs) })
}

fn in_paused_time(test: impl Future<Output = ()>) {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    actix_rt::System::with_tokio_rt(runtime).block_on(test);
}

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn start(gateway: &Gateway) -> Registry {
    let registry = Registry::default();
    RegistrarActor::start(&registry, gateway.clone());
    registry
}

#[test]
fn it_tries_with_growing_pauses_until_it_is_known_and_then_no_more() {
    in_paused_time(async {
        let failures = std::iter::repeat_with(|| later(None)).take(12);
        let gateway = Gateway::that(failures.chain([Does::Answers(Tried::Registered)]));
        let registry = start(&gateway);
        tokio::time::sleep(DAY).await;
        assert_eq!(gateway.tries(), 13);
        for (tries, pause) in gateway.pauses().into_iter().enumerate() {
            let least = (PAUSE_LEAST * (1 << tries)).min(PAUSE_MOST);
            // The runtime's timers are accurate to a millisecond.
            let most = least.mul_f64(1.5) + Duration::from_millis(2);
            assert!((least..=most).contains(&pause), "pause {tries}: {pause:?}");
        }
        registry.stop(NAME, Duration::ZERO).await;
    });
}

#[test]
fn it_goes_on_trying_for_as_long_as_it_may_help() {
    in_paused_time(async {
        let gateway = Gateway::that(std::iter::repeat_with(|| later(None)).take(5000));
        let registry = start(&gateway);
        tokio::time::sleep(DAY).await;
        let tries = gateway.tries();
        assert!((900..1500).contains(&tries), "{tries} in a day, each 60 to 90 s after the one before");
        registry.stop(NAME, Duration::ZERO).await;
    });
}

#[test]
fn a_refusal_is_final() {
    in_paused_time(async {
        let refused = Does::Answers(Tried::Refused { why: "answers 401".to_owned() });
        let gateway = Gateway::that([refused, Does::Answers(Tried::Registered)]);
        let registry = start(&gateway);
        tokio::time::sleep(DAY).await;
        assert_eq!(gateway.tries(), 1);
        registry.stop(NAME, Duration::ZERO).await;
    });
}

#[test]
fn a_pause_that_is_asked_for_is_kept_within_bounds() {
    in_paused_time(async {
        let script = [later(Some(20)), later(Some(0)), later(Some(86_400)), Does::Answers(Tried::Registered)];
        let gateway = Gateway::that(script);
        let registry = start(&gateway);
        tokio::time::sleep(DAY).await;
        let pauses = gateway.pauses();
        let within = |pause: Duration, least: Duration| {
            assert!(pause >= least && pause <= least.mul_f64(1.5) + Duration::from_millis(2), "{pause:?} {least:?}");
        };
        within(pauses[0], Duration::from_secs(20));
        within(pauses[1], PAUSE_LEAST * 2);
        within(pauses[2], ASKED_MOST);
        registry.stop(NAME, Duration::ZERO).await;
    });
}

#[test]
fn a_stop_gives_up_the_try_in_hand_and_a_pause_at_once() {
    in_paused_time(async {
        for does in [Does::Hangs, later(Some(200))] {
            let hangs = matches!(does, Does::Hangs);
            let gateway = Gateway::that([does]);
            let registry = start(&gateway);
            tokio::time::sleep(Duration::from_secs(1)).await;
            let before = Instant::now();
            registry.stop(NAME, Duration::ZERO).await;
            assert_eq!(before.elapsed(), Duration::ZERO, "time that nobody waited for");
            assert_eq!(registry.observe()[0].phase, ActorPhase::Stopped);
            assert_eq!((gateway.tries(), gateway.given_up.load(Ordering::Relaxed)), (1, true), "{hangs}");
        }
    });
}

#[test]
fn a_death_is_followed_by_another_try_and_a_settled_one_by_none() {
    in_paused_time(async {
        let gateway = Gateway::that([Does::Panics, later(None), Does::Answers(Tried::Registered)]);
        let registry = start(&gateway);
        tokio::time::sleep(DAY).await;
        assert_eq!(gateway.tries(), 3);
        assert!(gateway.pauses()[1] >= PAUSE_LEAST * 2, "the try that killed it counts");
        assert_eq!(registry.observe()[0].restarts, 1);
        registry.stop(NAME, Duration::ZERO).await;
        assert_eq!(registry.observe()[0].restarts, 1, "the end is no death");
    });
}

#[test]
fn one_try_is_in_progress_at_a_time() {
    in_paused_time(async {
        let gateway = Gateway::that([Does::Hangs]);
        let registry = start(&gateway);
        tokio::time::sleep(DAY).await;
        let state = registry.observe().remove(0);
        assert_eq!((gateway.tries(), state.mailbox.depth, state.mailbox.capacity), (1, 1, 1));
    });
}
