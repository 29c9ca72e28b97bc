#![allow(clippy::unwrap_used, clippy::panic)]

use std::sync::Mutex;

use futures_util::future::join_all;
use tokio::sync::Semaphore;

use super::*;
use crate::{
    runtime::ActorPhase,
    sessions::{MemorySessions, SessionHash, StoredSession},
    store::{Pending, StoreError},
};

fn hash(number: usize) -> SessionHash {
    let mut hash = [0; 32];
    hash[..8].copy_from_slice(&number.to_le_bytes());
    hash
}

fn start(store: Arc<dyn SessionStore>) -> (Registry, SessionClient) {
    let registry = Registry::default();
    let client = SessionActor::start(&registry, store);
    (registry, client)
}

/// Store that answers one call per permit, and panics on demand.
struct Gated {
    gate: Semaphore,
    panics: Mutex<bool>,
}

impl Gated {
    fn answer<T: Send + 'static>(&self, answer: T) -> Pending<'_, T> {
        Box::pin(async move {
            self.gate.acquire().await.unwrap().forget();
            assert!(!*self.panics.lock().unwrap(), "as asked");
            Ok(answer)
        })
    }
}

impl SessionStore for Gated {
    fn put(&self, _: StoredSession) -> Pending<'_, ()> {
        self.answer(())
    }

    fn get(&self, _: SessionHash) -> Pending<'_, Option<String>> {
        self.answer(Some("held".to_owned()))
    }

    fn replace(&self, _: SessionHash, _: String) -> Pending<'_, bool> {
        self.answer(true)
    }

    fn take(&self, _: SessionHash) -> Pending<'_, Option<String>> {
        self.answer(None)
    }

    fn sweep(&self, _: chrono::DateTime<Utc>) -> Pending<'_, u64> {
        self.answer(0)
    }
}

fn gated() -> (Arc<Gated>, Registry, SessionClient) {
    let store = Arc::new(Gated { gate: Semaphore::new(0), panics: Mutex::new(false) });
    let (registry, client) = start(Arc::clone(&store) as _);
    (store, registry, client)
}

#[actix_rt::test]
async fn a_session_is_kept_exchanged_and_taken_once() {
    let (registry, sessions) = start(Arc::<MemorySessions>::default());
    sessions.put(hash(1), "a".to_owned(), Duration::from_secs(60)).await.unwrap();
    assert_eq!(sessions.get(hash(1)).await.unwrap().as_deref(), Some("a"));
    assert!(sessions.replace(hash(1), "b".to_owned()).await.unwrap());
    assert!(!sessions.replace(hash(2), "b".to_owned()).await.unwrap());
    let taken = join_all((0..50).map(|_| sessions.take(hash(1)))).await;
    assert_eq!(taken.into_iter().filter_map(|taken| taken.unwrap()).collect::<Vec<_>>(), ["b"]);
    assert_eq!(sessions.get(hash(1)).await.unwrap(), None);
    let state = &registry.observe()[0];
    assert_eq!((state.count("begun"), state.count("ended")), (1, 1), "what was not there has not ended");
}

#[actix_rt::test]
async fn a_session_ends_and_is_swept() {
    let store = Arc::<MemorySessions>::default();
    let (_registry, sessions) = start(Arc::clone(&store) as _);
    sessions.put(hash(1), "a".to_owned(), Duration::ZERO).await.unwrap();
    assert_eq!(sessions.get(hash(1)).await.unwrap(), None);
    assert!(!sessions.replace(hash(1), "b".to_owned()).await.unwrap());
    assert_eq!(store.sweep(Utc::now()).await.unwrap(), 1);
}

#[actix_rt::test]
async fn exactly_its_places_are_open_and_the_next_question_is_unavailable() {
    let (store, registry, sessions) = gated();
    let asked = actix_rt::spawn(join_all((0..PLACES).map(|number| {
        let sessions = sessions.clone();
        async move { sessions.get(hash(number)).await }
    })));
    while registry.observe()[0].mailbox.depth < PLACES {
        tokio::task::yield_now().await;
    }
    // All have been read and are in the store, which frees no place.
    tokio::task::yield_now().await;
    for _ in 0..3 {
        let refused = sessions.get(hash(0)).await;
        assert!(matches!(&refused, Err(StoreError::Unavailable(why)) if why.contains("overloaded")), "{refused:?}");
    }
    store.gate.add_permits(PLACES + 1);
    assert!(asked.await.unwrap().into_iter().all(|held| held.unwrap().is_some()));
    assert!(sessions.get(hash(0)).await.unwrap().is_some(), "it recovers without a restart");
    let state = &registry.observe()[0];
    let mailbox = state.mailbox;
    assert_eq!((mailbox.depth, mailbox.refused, mailbox.handled), (0, 3, PLACES as u64 + 1));
    assert_eq!(state.restarts, 0);
}

#[actix_rt::test]
async fn a_panic_ends_its_question_alone_and_is_the_last_error() {
    let (store, registry, sessions) = gated();
    *store.panics.lock().unwrap() = true;
    store.gate.add_permits(1);
    let died = sessions.get(hash(1)).await;
    assert!(matches!(&died, Err(StoreError::Unavailable(why)) if why.contains("crashed")), "{died:?}");
    *store.panics.lock().unwrap() = false;
    store.gate.add_permits(1);
    assert!(sessions.get(hash(1)).await.is_ok());
    let state = &registry.observe()[0];
    assert_eq!((state.restarts, state.mailbox.depth), (0, 0));
    assert_eq!(state.last_error.as_ref().unwrap().message, "panic: as asked");
}

#[test]
fn a_store_that_hangs_is_given_up_and_its_place_is_free_again() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    actix_rt::System::with_tokio_rt(runtime).block_on(async {
        let (_store, registry, sessions) = gated();
        let asked = tokio::time::Instant::now();
        assert!(matches!(sessions.get(hash(1)).await, Err(StoreError::Unavailable(_))));
        assert!(asked.elapsed() < ANSWER_LIMIT + Duration::from_millis(10));
        assert_eq!(registry.observe()[0].mailbox.depth, 0);
    });
}

#[actix_rt::test]
async fn it_has_stopped_only_when_open_questions_are_answered() {
    let (store, registry, sessions) = gated();
    let asked = {
        let sessions = sessions.clone();
        actix_rt::spawn(async move { sessions.get(hash(1)).await })
    };
    while registry.observe()[0].mailbox.depth == 0 {
        tokio::task::yield_now().await;
    }
    let stopping = {
        let registry = registry.clone();
        actix_rt::spawn(async move { registry.stop(SessionActor::NAME, Duration::from_secs(30)).await })
    };
    while registry.observe()[0].phase != ActorPhase::Stopping {
        tokio::task::yield_now().await;
    }
    assert!(matches!(sessions.get(hash(2)).await, Err(StoreError::Unavailable(_))), "nothing new");
    store.gate.add_permits(1);
    stopping.await.unwrap();
    assert!(asked.await.unwrap().is_ok());
    assert_eq!(registry.observe()[0].phase, ActorPhase::Stopped);
}
