#![allow(clippy::panic)]

use std::sync::atomic::AtomicBool;

use futures_util::future::join_all;
use tokio::sync::Semaphore;

use super::*;
use crate::secret::Secret;

/// Does what the API key says.
#[derive(Default)]
struct Obedient {
    gate: Arc<Gate>,
}

struct Gate(Semaphore);

impl Default for Gate {
    fn default() -> Self {
        Self(Semaphore::new(0))
    }
}

impl Step for Obedient {
    fn name(&self) -> &'static str {
        "obedient"
    }

    fn check(&self, credentials: &Credentials) -> Decision {
        let known = || Decision::Known(Arc::new(Identity::named(AuthType::Apikey, "test")));
        match credentials.api_key.as_ref().map(Secret::expose) {
            None => Decision::NoCredential,
            Some(b"good") => known(),
            Some(b"panic") => panic!("as asked"),
            Some(b"down") => Decision::Unavailable("as asked"),
            Some(b"panic later") => Decision::Later(Box::pin(async { panic!("as asked") })),
            Some(b"never") => Decision::Later(Box::pin(std::future::pending())),
            Some(b"gate") => {
                let gate = Arc::clone(&self.gate);
                Decision::Later(Box::pin(async move {
                    let _permit = gate.0.acquire().await;
                    Decision::Known(Arc::new(Identity::named(AuthType::Apikey, "gate")))
                }))
            }
            Some(_) => Decision::Invalid,
        }
    }
}

struct Anonymous;

impl Step for Anonymous {
    fn name(&self) -> &'static str {
        "anonymous"
    }

    fn check(&self, _: &Credentials) -> Decision {
        Decision::Known(Arc::new(Identity::anonymous()))
    }
}

fn showing(key: &str) -> Credentials {
    Credentials { api_key: Some(Secret::from(key.as_bytes())), bearer: None }
}

fn start(capacity: usize) -> (Authenticator, Arc<Gate>) {
    let obedient = Obedient::default();
    let gate = Arc::clone(&obedient.gate);
    (Authenticator::start(Arc::new([Arc::new(obedient)]), capacity, LOOK_UP_LIMIT), gate)
}

fn subject(answer: Answer) -> Result<String, Denied> {
    answer.map(|identity| identity.subject.clone())
}

fn count(authenticator: &Authenticator, result: &str) -> u64 {
    let results = authenticator.observer().observe().results;
    results.iter().find(|(name, _)| *name == result).map_or(0, |(_, count)| *count)
}

#[actix_rt::test]
async fn the_first_step_that_finds_a_credential_decides() {
    let steps: Arc<[Arc<dyn Step>]> = Arc::new([Arc::new(Obedient::default()), Arc::new(Anonymous)]);
    let authenticator = Authenticator::start(steps, 8, LOOK_UP_LIMIT);
    assert_eq!(subject(authenticator.identify(showing("good")).await), Ok("test".into()));
    assert_eq!(subject(authenticator.identify(showing("bad")).await), Err(Denied::Invalid));
    assert_eq!(subject(authenticator.identify(showing("down")).await), Err(Denied::Unavailable));
    assert_eq!(subject(authenticator.identify(Credentials::default()).await), Ok(String::new()));
    let results = ["apikey", "invalid", "unavailable", "anonymous"].map(|result| count(&authenticator, result));
    assert_eq!(results, [1, 1, 1, 1]);
}

#[actix_rt::test]
async fn without_a_credential_somebody_is_missing() {
    let (authenticator, _) = start(8);
    assert_eq!(subject(authenticator.identify(Credentials::default()).await), Err(Denied::Missing));
}

#[actix_rt::test]
async fn a_full_mailbox_denies_at_once_and_exactly() {
    let (authenticator, _) = start(4);
    // All are sent before the actor gets to run.
    let answers = join_all((0..10).map(|_| authenticator.identify(showing("good")))).await;
    let overloaded = answers.iter().filter(|answer| matches!(answer, Err(Denied::Overloaded))).count();
    assert_eq!(overloaded, 6);
    assert_eq!(count(&authenticator, "overloaded"), 6);
}

#[actix_rt::test]
async fn a_panic_is_the_end_of_one_request_only() {
    let (authenticator, _) = start(8);
    let keys = ["good", "panic", "good", "panic", "good"];
    let answers = join_all(keys.map(|key| authenticator.identify(showing(key)))).await;
    let known = answers.iter().filter(|answer| answer.is_ok()).count();
    let crashed = answers.iter().filter(|answer| matches!(answer, Err(Denied::Crashed))).count();
    assert_eq!((known, crashed), (3, 2));
    assert_eq!(authenticator.observer().observe().actor.restarts, 2);
    assert_eq!(subject(authenticator.identify(showing("good")).await), Ok("test".into()));
}

#[actix_rt::test]
async fn a_panic_in_a_look_up_is_the_end_of_that_look_up() {
    let (authenticator, _) = start(8);
    assert_eq!(subject(authenticator.identify(showing("panic later")).await), Err(Denied::Crashed));
    let state = authenticator.observer().observe();
    assert_eq!((state.actor.restarts, state.in_progress), (0, 0));
}

#[actix_rt::test]
async fn a_slow_look_up_does_not_hold_up_the_quick_ones() {
    let (authenticator, gate) = start(8);
    let slow = actix_rt::spawn({
        let authenticator = authenticator.clone();
        async move { subject(authenticator.identify(showing("gate")).await) }
    });
    for _ in 0..20 {
        assert_eq!(subject(authenticator.identify(showing("good")).await), Ok("test".into()));
    }
    gate.0.add_permits(1);
    assert_eq!(slow.await.ok(), Some(Ok("gate".into())));
}

#[actix_rt::test]
async fn look_ups_hold_half_of_the_places_and_leave_the_rest_to_the_quick_ones() {
    let (authenticator, gate) = start(8);
    let waiting: Vec<_> = (0..4)
        .map(|_| {
            let authenticator = authenticator.clone();
            actix_rt::spawn(async move { authenticator.identify(showing("gate")).await.is_ok() })
        })
        .collect();
    while authenticator.observer().observe().in_progress < 4 {
        tokio::task::yield_now().await;
    }
    assert_eq!(subject(authenticator.identify(showing("gate")).await), Err(Denied::Overloaded));
    assert_eq!(subject(authenticator.identify(showing("good")).await), Ok("test".into()));
    // They hold places all the same: four are left.
    let answers = join_all((0..6).map(|_| authenticator.identify(showing("good")))).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 4);
    gate.0.add_permits(4);
    assert!(join_all(waiting).await.into_iter().all(|answer| answer.is_ok_and(|known| known)));
    assert_eq!(subject(authenticator.identify(showing("gate")).await), Ok("gate".into()));
}

#[actix_rt::test]
async fn a_look_up_has_a_limit() {
    let steps: Arc<[Arc<dyn Step>]> = Arc::new([Arc::new(Obedient::default())]);
    let authenticator = Authenticator::start(steps, 4, Duration::from_millis(20));
    assert_eq!(subject(authenticator.identify(showing("never")).await), Err(Denied::TimedOut));
    assert_eq!(authenticator.observer().observe().in_progress, 0);
}

#[actix_rt::test]
async fn a_client_that_leaves_frees_its_place() {
    let (authenticator, _) = start(1);
    let gone = tokio::time::timeout(Duration::from_millis(20), authenticator.identify(showing("never"))).await;
    assert!(gone.is_err());
    let freed = async {
        while authenticator.observer().observe().in_progress > 0 {
            tokio::task::yield_now().await;
        }
    };
    assert!(tokio::time::timeout(Duration::from_secs(5), freed).await.is_ok());
    assert_eq!(subject(authenticator.identify(showing("good")).await), Ok("test".into()));
}

#[actix_rt::test]
async fn stopping_answers_what_waits() {
    let (authenticator, _) = start(8);
    let handle = authenticator.supervised.mailbox().clone();
    let answered = Arc::new(AtomicBool::new(false));
    let (reply, answer) = oneshot::channel();
    assert!(handle.try_send(Question { credentials: showing("good"), reply }).is_ok());
    let seen = Arc::clone(&answered);
    actix_rt::spawn(async move { seen.store(answer.await.is_ok_and(|answer| answer.is_ok()), Ordering::Relaxed) });
    assert_eq!(authenticator.stop(Duration::from_secs(5)).await, Some(Drained { left: 0 }));
    tokio::task::yield_now().await;
    assert!(answered.load(Ordering::Relaxed));
}
