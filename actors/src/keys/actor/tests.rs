#![allow(clippy::unwrap_used)]

use std::sync::{
    Mutex,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use chrono::DateTime;
use futures_util::future::join_all;
use uuid::Uuid;

use super::*;
use crate::{
    keys::{AddError, NewKey, memory::FRESH, store::Hear},
    runtime::ActorState,
    store::{Pending, Watch},
};

/// Keys in memory, with counts of calls.
#[derive(Default)]
struct Table {
    keys: Mutex<Vec<StoredKey>>,
    queries: AtomicUsize,
    down: AtomicBool,
    hangs: AtomicBool,
    /// Queries panic.
    panics: AtomicBool,
    hear: Mutex<Option<Hear>>,
    used: Mutex<Vec<Uuid>>,
}

impl Table {
    fn answer<T: Send + 'static>(&self, answer: T) -> Pending<'_, T> {
        let (down, hangs) = (self.down.load(Ordering::Relaxed), self.hangs.load(Ordering::Relaxed));
        Box::pin(async move {
            if hangs {
                std::future::pending::<()>().await;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
            if down { Err(StoreError::Unavailable("down".to_owned())) } else { Ok(answer) }
        })
    }
}

impl KeyStore for Table {
    fn find(&self, handles: Vec<Handle>) -> Pending<'_, Vec<StoredKey>> {
        self.queries.fetch_add(1, Ordering::Relaxed);
        assert!(!self.panics.load(Ordering::Relaxed), "as asked");
        let keys = self.keys.lock().unwrap();
        self.answer(keys.iter().filter(|key| handles.contains(&key.handle)).cloned().collect())
    }

    fn list(&self) -> Pending<'_, Vec<StoredKey>> {
        self.answer(self.keys.lock().unwrap().clone())
    }

    fn add(&self, key: StoredKey) -> Pending<'_, bool> {
        let mut keys = self.keys.lock().unwrap();
        let free = keys.iter().all(|other| other.name != key.name);
        if free {
            keys.push(key);
        }
        self.answer(free)
    }

    fn revoke(&self, name: String) -> Pending<'_, Option<Handle>> {
        let mut keys = self.keys.lock().unwrap();
        let at = keys.iter().position(|key| key.name == name);
        self.answer(at.map(|at| keys.remove(at).handle))
    }

    fn touch(&self, used: Vec<(Uuid, DateTime<Utc>)>) -> Pending<'_, ()> {
        if !self.down.load(Ordering::Relaxed) {
            self.used.lock().unwrap().extend(used.into_iter().map(|(id, _)| id));
        }
        self.answer(())
    }

    fn watch(&self, hear: Hear) -> Option<Watch> {
        *self.hear.lock().unwrap() = Some(hear);
        None
    }
}

/// Callback in the middle of a verification.
type Interruption = Box<dyn FnOnce() + Send>;

/// Prover that hashes by reversing, and counts.
#[derive(Default)]
struct Reversing {
    interruption: Mutex<Option<Interruption>>,
    minted: AtomicUsize,
    proofs: AtomicUsize,
}

impl Prover for Reversing {
    fn mint(&self) -> Secret {
        Secret::from(format!("key-{}", self.minted.fetch_add(1, Ordering::Relaxed)).as_bytes())
    }

    fn handle(&self, key: &[u8]) -> Handle {
        handle(key)
    }

    fn hash(&self, key: &[u8]) -> Result<String, String> {
        Ok(String::from_utf8_lossy(key).chars().rev().collect())
    }

    fn proves(&self, key: &[u8], hash: &str) -> bool {
        self.proofs.fetch_add(1, Ordering::Relaxed);
        if let Some(interruption) = self.interruption.lock().unwrap().take() {
            interruption();
        }
        self.hash(key).is_ok_and(|own| own == hash)
    }
}

fn handle(key: &[u8]) -> Handle {
    let mut handle = [0; 32];
    handle[..key.len()].copy_from_slice(key);
    handle
}

struct Setting {
    table: Arc<Table>,
    prover: Arc<Reversing>,
    registry: Registry,
    keys: KeyClient,
}

impl Setting {
    fn new() -> Self {
        let (table, prover) = (Arc::<Table>::default(), Arc::<Reversing>::default());
        let registry = Registry::default();
        let keys = KeyActor::start(&registry, Arc::clone(&table) as _, Arc::clone(&prover) as _);
        Self { table, prover, registry, keys }
    }

    async fn mint(&self, name: &str, expires_at: Option<DateTime<Utc>>) -> Secret {
        let (name, created_by) = (name.to_owned(), "op".to_owned());
        self.keys.mint(NewKey { name, description: String::new(), created_by, expires_at }).await.unwrap().1
    }

    async fn show(&self, key: &Secret) -> Option<String> {
        let handle = handle(key.expose());
        if let Some(identity) = self.keys.recall(&handle) {
            return Some(identity.subject.clone());
        }
        match self.keys.look_up(handle, key.clone()).await {
            Found::Known(identity) => Some(identity.subject.clone()),
            Found::Nobody => None,
            Found::Unavailable => Some("?".to_owned()),
        }
    }

    fn state(&self) -> ActorState {
        self.registry.observe().remove(0)
    }

    fn costs(&self) -> (usize, usize) {
        (self.table.queries.load(Ordering::Relaxed), self.prover.proofs.load(Ordering::Relaxed))
    }
}

fn run(test: impl Future<Output = ()>) {
    actix_rt::System::new().block_on(test);
}

#[test]
fn a_key_costs_one_query_and_one_proof_however_many_show_it() {
    run(async {
        let setting = Setting::new();
        let key = setting.mint("a", None).await;
        let shown = join_all((0..500).map(|_| setting.show(&key))).await;
        assert!(shown.iter().all(|who| who.as_deref() == Some("a")));
        assert_eq!(setting.show(&key).await.as_deref(), Some("a"));
        assert_eq!(setting.costs(), (1, 1));
        let state = setting.state();
        assert_eq!((state.count("hits"), state.count("misses")), (1, 500));
    });
}

#[test]
fn guesses_share_queries_and_cost_no_proof() {
    run(async {
        let setting = Setting::new();
        let guesses: Vec<Secret> = (0..300).map(|n| Secret::from(format!("guess-{n}").as_bytes())).collect();
        let shown = join_all(guesses.iter().map(|guess| setting.show(guess))).await;
        assert!(shown.iter().all(Option::is_none));
        let (queries, proofs) = setting.costs();
        assert!(queries <= 3 && proofs == 0, "{queries} {proofs}");
    });
}

#[test]
fn a_revoked_key_is_refused_at_once_and_so_it_is_on_other_replicas() {
    run(async {
        let setting = Setting::new();
        let (one, other) = (setting.mint("one", None).await, setting.mint("other", None).await);
        assert!(setting.show(&one).await.is_some() && setting.show(&other).await.is_some());
        assert!(setting.keys.revoke("one".to_owned()).await.unwrap());
        assert!(!setting.keys.revoke("one".to_owned()).await.unwrap());
        assert_eq!(setting.show(&one).await, None);
        setting.table.keys.lock().unwrap().clear();
        assert!(setting.show(&other).await.is_some(), "nobody told");
        let hear = setting.table.hear.lock().unwrap().clone().unwrap();
        hear(KeyNews::Revoked(handle(other.expose())));
        assert_eq!(setting.show(&other).await, None);
    });
}

/// Removes the keys from the table and announces the revocation of one.
fn revocation(setting: &Setting, key: &Secret) -> Interruption {
    let (table, handle) = (Arc::clone(&setting.table), handle(key.expose()));
    Box::new(move || {
        table.keys.lock().unwrap().clear();
        let hear = table.hear.lock().unwrap().clone().unwrap();
        hear(KeyNews::Revoked(handle));
    })
}

#[test]
fn a_row_that_was_read_before_the_revocation_lets_nobody_in() {
    run(async {
        let setting = Setting::new();
        let key = setting.mint("a", None).await;
        let revoked = async {
            while setting.costs().0 == 0 {
                tokio::task::yield_now().await;
            }
            revocation(&setting, &key)();
        };
        let (shown, ()) = futures_util::future::join(setting.show(&key), revoked).await;
        assert_eq!((shown, setting.costs()), (None, (2, 0)));
    });
}

#[test]
fn a_proof_that_a_revocation_overtakes_lets_nobody_in() {
    run(async {
        let setting = Setting::new();
        let key = setting.mint("a", None).await;
        *setting.prover.interruption.lock().unwrap() = Some(revocation(&setting, &key));
        assert_eq!(setting.show(&key).await, None);
        assert_eq!(setting.costs(), (2, 1));
    });
}

#[test]
fn another_key_that_is_revoked_meanwhile_costs_a_query_and_no_proof() {
    run(async {
        let setting = Setting::new();
        let key = setting.mint("a", None).await;
        let hear = setting.table.hear.lock().unwrap().clone().unwrap();
        *setting.prover.interruption.lock().unwrap() = Some(Box::new(move || hear(KeyNews::Revoked([9; 32]))));
        assert_eq!(setting.show(&key).await.as_deref(), Some("a"));
        assert_eq!(setting.show(&key).await.as_deref(), Some("a"));
        assert_eq!(setting.costs(), (2, 1));
        let state = setting.state();
        assert_eq!((state.count("queries"), state.count("proofs")), (2, 1));
    });
}

#[test]
fn a_database_that_hangs_leaves_no_queue_behind() {
    run(async {
        let setting = Setting::new();
        let key = setting.mint("a", None).await;
        setting.table.hangs.store(true, Ordering::Relaxed);
        tokio::time::pause();
        let guesses: Vec<Secret> = (0..3000).map(|n| Secret::from(format!("guess-{n}").as_bytes())).collect();
        let left = |guess| tokio::time::timeout(ANSWER_LIMIT / 2, setting.show(guess));
        assert!(join_all(guesses.iter().map(left)).await.iter().all(Result::is_err));
        assert_eq!(setting.show(&key).await.as_deref(), Some("?"), "the limit of the query that hangs");
        setting.table.hangs.store(false, Ordering::Relaxed);
        assert_eq!(setting.show(&key).await.as_deref(), Some("a"));
        assert!(setting.costs().0 <= 3, "nobody is asked about who has left: {:?}", setting.costs());
    });
}

#[test]
fn debug_shows_nothing_that_finds_or_proves_a_key() {
    run(async {
        let setting = Setting::new();
        setting.mint("a", None).await;
        let shown = format!("{:?}", setting.table.keys.lock().unwrap()[0]);
        assert!(shown.contains("name: \"a\"") && !shown.contains("hash") && !shown.contains("handle"), "{shown}");
    });
}

#[test]
fn times_of_last_use_outlast_a_store_that_is_away() {
    run(async {
        let setting = Setting::new();
        let key = setting.mint("a", None).await;
        setting.show(&key).await;
        setting.table.down.store(true, Ordering::Relaxed);
        tokio::time::pause();
        tokio::time::sleep(TOUCH_EVERY + Duration::from_secs(1)).await;
        setting.table.down.store(false, Ordering::Relaxed);
        let id = setting.keys.list().await.unwrap()[0].id;
        assert!(setting.table.used.lock().unwrap().is_empty());
        tokio::time::sleep(TOUCH_EVERY).await;
        assert_eq!(*setting.table.used.lock().unwrap(), [id], "once");
        setting.show(&key).await;
        setting.show(&key).await;
        tokio::time::sleep(TOUCH_EVERY).await;
        assert_eq!(*setting.table.used.lock().unwrap(), [id, id], "one a batch, however often it was shown");
    });
}

#[test]
fn doubt_asks_the_database_again_but_proves_nothing_again() {
    run(async {
        let setting = Setting::new();
        let key = setting.mint("a", None).await;
        assert!(setting.show(&key).await.is_some());
        let hear = setting.table.hear.lock().unwrap().clone().unwrap();
        hear(KeyNews::Unsure);
        assert!(setting.show(&key).await.is_some());
        assert_eq!(setting.costs(), (2, 1));
    });
}

#[test]
fn memory_lasts_sixty_seconds_and_no_database_is_no_refusal() {
    run(async {
        let setting = Setting::new();
        let key = setting.mint("a", None).await;
        assert!(setting.show(&key).await.is_some());
        setting.table.down.store(true, Ordering::Relaxed);
        assert_eq!(setting.show(&key).await.as_deref(), Some("a"), "remembered");
        tokio::time::pause();
        tokio::time::advance(FRESH).await;
        tokio::time::resume();
        assert_eq!(setting.show(&key).await.as_deref(), Some("?"));
        setting.table.down.store(false, Ordering::Relaxed);
        assert_eq!(setting.show(&key).await.as_deref(), Some("a"));
        assert_eq!(setting.costs().1, 1);
    });
}

#[test]
fn a_key_ends_even_when_it_is_remembered() {
    run(async {
        let setting = Setting::new();
        // A machine may be too busy to show a key before it ends: then one that lives longer.
        for seconds in [2, 4, 8, 16, 32] {
            let end = Utc::now() + chrono::TimeDelta::seconds(seconds);
            let key = setting.mint(&format!("a-{seconds}"), Some(end)).await;
            let shown = setting.show(&key).await.is_some();
            tokio::time::sleep((end - Utc::now()).to_std().unwrap_or_default() + Duration::from_millis(20)).await;
            assert_eq!(setting.show(&key).await, None);
            if shown {
                return;
            }
        }
        panic!("never shown in time");
    });
}

#[test]
fn names_are_unique_and_last_use_is_written_at_the_end() {
    run(async {
        let setting = Setting::new();
        let key = setting.mint("a", None).await;
        let again = NewKey { name: "a".into(), description: String::new(), created_by: "op".into(), expires_at: None };
        assert!(matches!(setting.keys.mint(again).await, Err(AddError::NameTaken)));
        setting.show(&key).await;
        setting.show(&key).await;
        let id = setting.keys.list().await.unwrap()[0].id;
        setting.registry.stop(KeyActor::NAME, Duration::from_secs(1)).await;
        assert_eq!(*setting.table.used.lock().unwrap(), [id]);
    });
}

#[test]
fn exactly_its_places_are_open_and_the_next_question_is_unavailable() {
    run(async {
        let setting = Setting::new();
        let key = setting.mint("a", None).await;
        setting.table.hangs.store(true, Ordering::Relaxed);
        tokio::time::pause();
        // Half are look-ups, half are administration: both use the same places.
        let guesses: Vec<Secret> = (0..PLACES / 2).map(|n| Secret::from(format!("guess-{n}").as_bytes())).collect();
        let looking = join_all(guesses.iter().map(|guess| setting.show(guess)));
        let listing = join_all((0..PLACES / 2).map(|_| setting.keys.list()));
        let refused = async {
            while setting.state().mailbox.depth < PLACES {
                tokio::task::yield_now().await;
            }
            assert_eq!(setting.show(&key).await.as_deref(), Some("?"));
            assert!(
                matches!(setting.keys.list().await, Err(StoreError::Unavailable(why)) if why.contains("overloaded"))
            );
            assert!(setting.keys.revoke("a".to_owned()).await.is_err());
            assert_eq!(setting.state().mailbox.refused, 3);
        };
        let (looked, listed, ()) = futures_util::future::join3(looking, listing, refused).await;
        assert!(looked.iter().all(|found| found.as_deref() == Some("?")) && listed.iter().all(Result::is_err));
        setting.table.hangs.store(false, Ordering::Relaxed);
        assert_eq!(setting.show(&key).await.as_deref(), Some("a"), "it recovers without a restart");
        let state = setting.state();
        assert_eq!((state.mailbox.depth, state.restarts), (0, 0));
        assert!(state.last_error.is_some_and(|error| error.message.contains("no answer within 5 s")));
    });
}

#[test]
fn callers_that_leave_free_their_places() {
    run(async {
        let setting = Setting::new();
        setting.table.hangs.store(true, Ordering::Relaxed);
        tokio::time::pause();
        let guesses: Vec<Secret> = (0..100).map(|n| Secret::from(format!("guess-{n}").as_bytes())).collect();
        let left = |guess| tokio::time::timeout(Duration::from_millis(100), setting.show(guess));
        assert!(join_all(guesses.iter().map(left)).await.iter().all(Result::is_err));
        assert_eq!(setting.state().mailbox.depth, 100);
        tokio::time::sleep(LEAVERS_EVERY).await;
        assert_eq!(setting.state().mailbox.depth, 0);
    });
}

#[test]
fn a_death_answers_callers_of_look_ups_and_keeps_what_was_proved() {
    run(async {
        let setting = Setting::new();
        let (one, other) = (setting.mint("one", None).await, setting.mint("other", None).await);
        assert!(setting.show(&one).await.is_some());
        setting.table.panics.store(true, Ordering::Relaxed);
        assert_eq!(setting.show(&other).await.as_deref(), Some("?"));
        assert_eq!(setting.show(&one).await.as_deref(), Some("one"), "remembered");
        setting.table.panics.store(false, Ordering::Relaxed);
        assert_eq!(setting.show(&other).await.as_deref(), Some("other"));
        let state = setting.state();
        assert_eq!((state.restarts, state.mailbox.depth, state.count("proofs")), (1, 0, 2));
    });
}
