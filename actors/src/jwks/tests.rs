#![allow(clippy::unwrap_used)]

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicBool, AtomicUsize},
};

use super::*;

type Set = BTreeSet<&'static str>;

/// An issuer whose keys, health and speed the tests choose.
#[derive(Clone, Default)]
struct Issuer {
    keys: Arc<Mutex<Set>>,
    down: Arc<AtomicBool>,
    panics: Arc<AtomicBool>,
    hangs: Arc<AtomicBool>,
    fetches: Arc<AtomicUsize>,
}

impl KeySource for Issuer {
    type Keys = Set;

    fn fetch(&self, _: Arc<Set>) -> Fetching<Set> {
        let issuer = self.clone();
        Box::pin(async move {
            issuer.fetches.fetch_add(1, Ordering::Relaxed);
            let keys = issuer.keys.lock().unwrap().clone();
            tokio::time::sleep(Duration::from_millis(50)).await;
            if issuer.hangs.load(Ordering::Relaxed) {
                std::future::pending::<()>().await;
            }
            assert!(!issuer.panics.load(Ordering::Relaxed), "as asked");
            if issuer.down.load(Ordering::Relaxed) { Err("down".to_owned()) } else { Ok(keys) }
        })
    }

    fn holds(keys: &Set, key_id: &str) -> bool {
        keys.contains(key_id)
    }

    fn retire(_: &Set, _: Option<&Set>) {}
}

impl Issuer {
    fn rotate(&self, key_id: &'static str) {
        *self.keys.lock().unwrap() = Set::from([key_id]);
    }

    fn fetches(&self) -> usize {
        self.fetches.load(Ordering::Relaxed)
    }
}

fn in_paused_time(test: impl Future<Output = ()>) {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    actix_rt::System::with_tokio_rt(runtime).block_on(test);
}

fn found(asked: &JwksAnswer<Set>, key_id: &str) -> Option<bool> {
    match asked {
        JwksAnswer::Newest(keys) => Some(keys.contains(key_id)),
        JwksAnswer::Unavailable => None,
    }
}

fn start(issuer: Issuer, keys: Set) -> (Registry, JwksClient<Set>) {
    let registry = Registry::default();
    let keys = JwksActor::start(&registry, issuer, keys, HOUR);
    (registry, keys)
}

const HOUR: Duration = Duration::from_secs(3600);

#[test]
fn one_fetch_answers_all_who_ask_for_a_new_key() {
    in_paused_time(async {
        let issuer = Issuer::default();
        let (_registry, keys) = start(issuer.clone(), Set::from(["old"]));
        issuer.rotate("new");
        let asked = futures_util::future::join_all((0..500).map(|_| keys.ask("new"))).await;
        assert!(asked.iter().all(|asked| found(asked, "new") == Some(true)));
        assert_eq!(issuer.fetches(), 1);
        assert!(!keys.current().unwrap().contains("old"));
    });
}

#[test]
fn unknown_keys_cause_one_fetch_in_ten_seconds() {
    in_paused_time(async {
        let issuer = Issuer::default();
        issuer.rotate("good");
        let (_registry, keys) = start(issuer.clone(), Set::from(["good"]));
        for _ in 0..100 {
            assert_eq!(found(&keys.ask("junk").await, "junk"), Some(false));
        }
        assert_eq!(issuer.fetches(), 1);
        tokio::time::sleep(UNKNOWN_PAUSE).await;
        keys.ask("junk").await;
        assert_eq!(issuer.fetches(), 2);
    });
}

#[test]
fn keys_that_can_not_be_fetched_serve_five_more_minutes() {
    in_paused_time(async {
        let issuer = Issuer::default();
        issuer.down.store(true, Ordering::Relaxed);
        let (_registry, keys) = start(issuer.clone(), Set::from(["good"]));
        assert_eq!(found(&keys.ask("other").await, "other"), None);
        assert_eq!(found(&keys.ask("other").await, "other"), None);
        assert_eq!(issuer.fetches(), 1);
        tokio::time::sleep(HOUR + GRACE - Duration::from_secs(1)).await;
        assert!(keys.current().is_some_and(|keys| keys.contains("good")));
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert!(keys.current().is_none() && !keys.are_usable());
        issuer.down.store(false, Ordering::Relaxed);
        issuer.rotate("good");
        tokio::time::sleep(RETRY * 2).await;
        assert!(keys.current().is_some(), "it goes on trying");
    });
}

#[test]
fn keys_are_fetched_when_they_are_old() {
    in_paused_time(async {
        let issuer = Issuer::default();
        let (registry, keys) = start(issuer.clone(), Set::from(["old"]));
        issuer.rotate("new");
        tokio::time::sleep(HOUR + Duration::from_secs(1)).await;
        assert!(keys.current().is_some_and(|keys| keys.contains("new")));
        tokio::time::sleep(HOUR).await;
        let state = &registry.observe()[0];
        assert_eq!((issuer.fetches(), state.count("ok"), state.count("failed")), (2, 2, 0));
    });
}

#[test]
fn a_key_that_comes_while_old_keys_are_fetched_anew_is_fetched_for() {
    in_paused_time(async {
        let issuer = Issuer::default();
        issuer.rotate("old");
        let (_registry, keys) = start(issuer.clone(), Set::from(["old"]));
        tokio::time::sleep(HOUR + Duration::from_millis(10)).await;
        assert_eq!(issuer.fetches(), 1, "under way");
        issuer.rotate("new");
        let asked = futures_util::future::join_all((0..500).map(|_| keys.ask("new"))).await;
        assert!(asked.iter().all(|asked| found(asked, "new") == Some(true)));
        assert_eq!(issuer.fetches(), 2);
    });
}

#[test]
fn a_death_over_a_fetch_answers_who_waits_and_keeps_the_keys() {
    in_paused_time(async {
        let issuer = Issuer::default();
        issuer.panics.store(true, Ordering::Relaxed);
        let (registry, keys) = start(issuer.clone(), Set::from(["good"]));
        assert_eq!(found(&keys.ask("new").await, "new"), None);
        issuer.panics.store(false, Ordering::Relaxed);
        issuer.rotate("new");
        assert!(keys.current().is_some_and(|keys| keys.contains("good")));
        assert_eq!(found(&keys.ask("new").await, "new"), None, "the pause holds across lives");
        tokio::time::sleep(UNKNOWN_PAUSE).await;
        assert_eq!(found(&keys.ask("new").await, "new"), Some(true));
        assert_eq!(registry.observe()[0].restarts, 1);
    });
}

#[test]
fn exactly_its_places_are_open_and_the_next_question_is_unavailable() {
    in_paused_time(async {
        let issuer = Issuer::default();
        let (registry, keys) = start(issuer.clone(), Set::from(["old"]));
        issuer.rotate("new");
        let asked = futures_util::future::join_all((0..PLACES).map(|_| keys.ask("new")));
        let refused = async {
            while registry.observe()[0].mailbox.depth < PLACES || issuer.fetches() == 0 {
                tokio::task::yield_now().await;
            }
            assert_eq!(found(&keys.ask("new").await, "new"), None);
        };
        let (asked, ()) = futures_util::future::join(asked, refused).await;
        assert!(asked.iter().all(|asked| found(asked, "new") == Some(true)));
        assert_eq!(found(&keys.ask("new").await, "new"), Some(true), "it recovers without a restart");
        let state = &registry.observe()[0];
        assert_eq!((state.mailbox.depth, state.mailbox.refused, state.restarts), (0, 1, 0));
    });
}

#[test]
fn callers_that_leave_free_their_places() {
    in_paused_time(async {
        let issuer = Issuer { hangs: Arc::new(AtomicBool::new(true)), ..Issuer::default() };
        let (registry, keys) = start(issuer, Set::from(["old"]));
        let left = tokio::time::timeout(Duration::from_millis(100), keys.ask("new")).await;
        assert!(left.is_err());
        assert_eq!(registry.observe()[0].mailbox.depth, 1);
        tokio::time::sleep(LEAVERS_EVERY).await;
        assert_eq!(registry.observe()[0].mailbox.depth, 0);
    });
}
