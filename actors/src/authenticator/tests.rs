#![allow(clippy::panic)]

use super::*;
use crate::{runtime::ActorState, secret::Secret};
use futures_util::future::join_all;

/// Step that does what the API key says.
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

struct Setting {
    registry: Registry,
    authenticator: Authenticator,
    gate: Arc<Gate>,
}

impl Setting {
    fn with(capacity: usize) -> Self {
        let obedient = Obedient::default();
        let gate = Arc::clone(&obedient.gate);
        let registry = Registry::default();
        let steps: Arc<[Arc<dyn Step>]> = Arc::new([Arc::new(obedient)]);
        let authenticator = AuthenticatorActor::start(&registry, steps, capacity, LOOK_UP_LIMIT);
        Self { registry, authenticator, gate }
    }

    async fn show(&self, key: &str) -> Result<String, Denied> {
        subject(self.authenticator.identify(showing(key)).await)
    }

    /// Shows a key from a separate task.
    fn show_apart(&self, key: &'static str) -> actix_rt::task::JoinHandle<Result<String, Denied>> {
        let authenticator = self.authenticator.clone();
        actix_rt::spawn(async move { subject(authenticator.identify(showing(key)).await) })
    }

    fn state(&self) -> ActorState {
        self.registry.observe().remove(0)
    }

    async fn until_depth(&self, depth: usize) {
        while self.state().mailbox.depth != depth {
            tokio::task::yield_now().await;
        }
    }
}

fn subject(answer: Answer) -> Result<String, Denied> {
    answer.map(|identity| identity.subject.clone())
}

#[actix_rt::test]
async fn the_first_step_that_finds_a_credential_decides() {
    let steps: Arc<[Arc<dyn Step>]> = Arc::new([Arc::new(Obedient::default()), Arc::new(Anonymous)]);
    let registry = Registry::default();
    let authenticator = AuthenticatorActor::start(&registry, steps, 8, LOOK_UP_LIMIT);
    assert_eq!(subject(authenticator.identify(showing("good")).await), Ok("test".into()));
    assert_eq!(subject(authenticator.identify(showing("bad")).await), Err(Denied::Invalid));
    assert_eq!(subject(authenticator.identify(showing("down")).await), Err(Denied::Unavailable));
    assert_eq!(subject(authenticator.identify(Credentials::default()).await), Ok(String::new()));
    let state = registry.observe().remove(0);
    assert_eq!(["apikey", "invalid", "unavailable", "anonymous"].map(|result| state.count(result)), [1, 1, 1, 1]);
}

#[actix_rt::test]
async fn without_a_credential_somebody_is_missing() {
    let setting = Setting::with(8);
    assert_eq!(subject(setting.authenticator.identify(Credentials::default()).await), Err(Denied::Missing));
}

#[actix_rt::test]
async fn a_full_mailbox_denies_at_once_and_exactly_and_recovers() {
    let setting = Setting::with(4);
    // All are sent before the actor gets to run.
    let answers = join_all((0..10).map(|_| setting.show("good"))).await;
    assert_eq!(answers.iter().filter(|answer| **answer == Err(Denied::Overloaded)).count(), 6);
    assert_eq!(setting.show("good").await, Ok("test".into()));
    let state = setting.state();
    assert_eq!((state.count("overloaded"), state.mailbox.refused, state.mailbox.handled), (6, 6, 5));
    assert_eq!((state.mailbox.depth, state.restarts), (0, 0));
}

#[actix_rt::test]
async fn a_panic_is_the_end_of_one_request_only() {
    let setting = Setting::with(8);
    let answers = join_all(["good", "panic", "good", "panic", "good"].map(|key| setting.show(key))).await;
    let known = answers.iter().filter(|answer| answer.is_ok()).count();
    let crashed = answers.iter().filter(|answer| **answer == Err(Denied::Crashed)).count();
    assert_eq!((known, crashed), (3, 2));
    assert_eq!(setting.state().restarts, 2);
    assert_eq!(setting.show("good").await, Ok("test".into()));
}

#[actix_rt::test]
async fn a_look_up_in_progress_survives_a_crash() {
    let setting = Setting::with(8);
    let slow = setting.show_apart("gate");
    setting.until_depth(1).await;
    assert_eq!(setting.show("panic").await, Err(Denied::Crashed));
    setting.gate.0.add_permits(1);
    assert_eq!(slow.await.ok(), Some(Ok("gate".into())));
    let state = setting.state();
    assert_eq!((state.restarts, state.mailbox.depth), (1, 0));
    assert!(state.last_error.is_some_and(|error| error.message == "panic: as asked"));
}

#[actix_rt::test]
async fn a_panic_in_a_look_up_is_the_end_of_that_look_up() {
    let setting = Setting::with(8);
    assert_eq!(setting.show("panic later").await, Err(Denied::Crashed));
    let state = setting.state();
    assert_eq!((state.restarts, state.mailbox.depth), (0, 0));
    assert!(state.last_error.is_some());
}

#[actix_rt::test]
async fn a_slow_look_up_does_not_hold_up_the_quick_ones() {
    let setting = Setting::with(8);
    let slow = setting.show_apart("gate");
    for _ in 0..20 {
        assert_eq!(setting.show("good").await, Ok("test".into()));
    }
    setting.gate.0.add_permits(1);
    assert_eq!(slow.await.ok(), Some(Ok("gate".into())));
}

#[actix_rt::test]
async fn look_ups_hold_half_of_the_places_and_leave_the_rest_to_the_quick_ones() {
    let setting = Setting::with(8);
    let waiting: Vec<_> = (0..4).map(|_| setting.show_apart("gate")).collect();
    setting.until_depth(4).await;
    assert_eq!(setting.show("gate").await, Err(Denied::Overloaded));
    assert_eq!(setting.show("good").await, Ok("test".into()));
    // They hold places too: four are left.
    let answers = join_all((0..6).map(|_| setting.show("good"))).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 4);
    setting.gate.0.add_permits(4);
    assert!(join_all(waiting).await.into_iter().all(|answer| answer.is_ok_and(|known| known.is_ok())));
    assert_eq!(setting.show("gate").await, Ok("gate".into()));
}

#[actix_rt::test]
async fn a_look_up_has_a_limit() {
    let (registry, steps): (_, Arc<[Arc<dyn Step>]>) = (Registry::default(), Arc::new([Arc::new(Obedient::default())]));
    let authenticator = AuthenticatorActor::start(&registry, steps, 4, Duration::from_millis(20));
    assert_eq!(subject(authenticator.identify(showing("never")).await), Err(Denied::TimedOut));
    assert_eq!(registry.observe()[0].mailbox.depth, 0);
}

#[actix_rt::test]
async fn a_client_that_leaves_frees_its_place() {
    let setting = Setting::with(1);
    let gone = tokio::time::timeout(Duration::from_millis(20), setting.show("never")).await;
    assert!(gone.is_err());
    assert!(tokio::time::timeout(Duration::from_secs(5), setting.until_depth(0)).await.is_ok());
    assert_eq!(setting.show("good").await, Ok("test".into()));
}

#[actix_rt::test]
async fn stopping_answers_what_waits_and_what_is_looked_up() {
    let setting = Setting::with(8);
    let slow = setting.show_apart("gate");
    setting.until_depth(1).await;
    let (reply, quick) = oneshot::channel();
    assert!(setting.authenticator.mailbox.try_send(Authenticate { credentials: showing("good"), reply }).is_ok());
    let gate = Arc::clone(&setting.gate);
    actix_rt::spawn(async move { gate.0.add_permits(1) });
    setting.registry.stop(AuthenticatorActor::NAME, Duration::from_secs(5)).await;
    assert_eq!(quick.await.ok().map(subject), Some(Ok("test".into())));
    assert_eq!(slow.await.ok(), Some(Ok("gate".into())));
    assert_eq!(setting.show("good").await, Err(Denied::Overloaded));
}
