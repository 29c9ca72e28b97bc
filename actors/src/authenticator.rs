//! The authenticator: an actor that identifies callers by their credentials.
//!
//! There is one per worker thread, all over one shared snapshot of the steps. A request keeps its place until it has
//! its answer. Slow look-ups may hold at most half of the places: their backends may hang, and that must not affect
//! requests that can be decided at once. When all places are taken, the request is denied as overloaded. On a crash,
//! the request being handled is denied as crashed; waiting requests and look-ups in progress survive. It keeps no state
//! of its own.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use actix::{Actor, Context, StreamHandler};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use crate::{
    chain::{Credentials, Decision, Denied, Later, Step, decide},
    identity::{AuthType, Identity},
    runtime::{Counts, Delivery, Mailbox, Place, Registry, Scope, Start, Supervised},
};

/// Timeout of a look-up.
pub const LOOK_UP_LIMIT: Duration = Duration::from_secs(5);

type Answer = Result<Arc<Identity>, Denied>;

/// Message: identify the owner of credentials.
struct Authenticate {
    credentials: Credentials,
    reply: oneshot::Sender<Answer>,
}

/// Counters of answers.
#[derive(Default)]
struct AnswerCounts {
    anonymous: AtomicU64,
    apikey: AtomicU64,
    bearer: AtomicU64,
    oauth2: AtomicU64,
    missing: AtomicU64,
    invalid: AtomicU64,
    overloaded: AtomicU64,
    unavailable: AtomicU64,
    timed_out: AtomicU64,
    crashed: AtomicU64,
}

impl AnswerCounts {
    fn of(&self, answer: &Answer) -> &AtomicU64 {
        match answer {
            Ok(identity) => match identity.auth_type {
                AuthType::Anonymous => &self.anonymous,
                AuthType::Apikey => &self.apikey,
                AuthType::Bearer => &self.bearer,
                AuthType::Oauth2 => &self.oauth2,
            },
            Err(Denied::Missing) => &self.missing,
            Err(Denied::Invalid) => &self.invalid,
            Err(Denied::Overloaded) => &self.overloaded,
            Err(Denied::Unavailable) => &self.unavailable,
            Err(Denied::TimedOut) => &self.timed_out,
            Err(Denied::Crashed) => &self.crashed,
        }
    }
}

impl Counts for AnswerCounts {
    fn counts(&self) -> Vec<(&'static str, u64)> {
        [
            ("anonymous", &self.anonymous),
            ("apikey", &self.apikey),
            ("bearer", &self.bearer),
            ("oauth2", &self.oauth2),
            ("missing", &self.missing),
            ("invalid", &self.invalid),
            ("overloaded", &self.overloaded),
            ("unavailable", &self.unavailable),
            ("timed_out", &self.timed_out),
            ("crashed", &self.crashed),
        ]
        .map(|(name, count)| (name, count.load(Ordering::Relaxed)))
        .into()
    }
}

/// Handle of an authenticator.
#[derive(Clone)]
pub struct Authenticator {
    mailbox: Mailbox<Authenticate>,
    counts: Arc<AnswerCounts>,
}

impl Authenticator {
    /// Identifies the owner of credentials.
    ///
    /// # Errors
    /// [`Denied`]; [`Denied::Overloaded`] immediately when all places are taken.
    pub async fn identify(&self, credentials: Credentials) -> Answer {
        let answer = self.ask(credentials).await;
        self.counts.of(&answer).fetch_add(1, Ordering::Relaxed);
        answer
    }

    /// Re-checks accepted credentials during a long response. Not counted as authentication.
    ///
    /// # Errors
    /// Same as [`Authenticator::identify`].
    pub async fn identify_again(&self, credentials: Credentials) -> Answer {
        self.ask(credentials).await
    }

    async fn ask(&self, credentials: Credentials) -> Answer {
        let (reply, answer) = oneshot::channel();
        self.mailbox.try_send(Authenticate { credentials, reply }).map_err(|_| Denied::Overloaded)?;
        answer.await.unwrap_or(Err(Denied::Crashed))
    }
}

/// One life of an authenticator.
pub struct AuthenticatorActor {
    steps: Arc<[Arc<dyn Step>]>,
    scope: Scope,
    /// One permit per concurrent look-up. Outlives the actor, as look-ups do.
    look_ups: Arc<Semaphore>,
    limit: Duration,
}

impl AuthenticatorActor {
    /// Name in logs, metrics and answers.
    pub const NAME: &str = "authenticator";

    /// Starts the actor on the current arbiter, with `capacity` places and `limit` for each look-up.
    #[must_use]
    pub fn start(registry: &Registry, steps: Arc<[Arc<dyn Step>]>, capacity: usize, limit: Duration) -> Authenticator {
        let counts = Arc::<AnswerCounts>::default();
        let start = Start { registry, name: Self::NAME, capacity, counts: Arc::clone(&counts) as _ };
        let look_ups = Arc::new(Semaphore::new(capacity.div_ceil(2)));
        let supervised = Supervised::start(start, move |_, scope| Self {
            steps: Arc::clone(&steps),
            scope,
            look_ups: Arc::clone(&look_ups),
            limit,
        });
        Authenticator { mailbox: supervised.mailbox().clone(), counts }
    }
}

impl Actor for AuthenticatorActor {
    type Context = Context<Self>;
}

impl StreamHandler<Delivery<Authenticate>> for AuthenticatorActor {
    fn handle(&mut self, delivery: Delivery<Authenticate>, _: &mut Self::Context) {
        let Delivery { place, message: Authenticate { credentials, reply } } = delivery;
        match decide(&self.steps, &credentials) {
            Decision::Later(later) => match Arc::clone(&self.look_ups).try_acquire_owned() {
                // A separate task, so that a panic affects only this request.
                Ok(permit) => self.scope.spawn(look_up(later, self.limit, reply, (permit, place))),
                Err(_) => place.answer(reply, Err(Denied::Overloaded)),
            },
            decision => place.answer(reply, settle(decision)),
        }
    }
}

async fn look_up(
    later: Later,
    limit: Duration,
    mut reply: oneshot::Sender<Answer>,
    (permit, place): (OwnedSemaphorePermit, Place),
) {
    let answer = tokio::select! {
        decided = tokio::time::timeout(limit, later) => decided.map_or(Err(Denied::TimedOut), settle),
        // The client has gone, so the result is not needed.
        () = reply.closed() => return,
    };
    drop(permit);
    place.answer(reply, answer);
}

fn settle(decision: Decision) -> Answer {
    match decision {
        Decision::Known(identity) => Ok(identity),
        Decision::Invalid => Err(Denied::Invalid),
        Decision::NoCredential => Err(Denied::Missing),
        Decision::Unavailable(reason) => {
            log::warn!(reason = reason; "credential can't be checked");
            Err(Denied::Unavailable)
        }
        Decision::Later(_) => {
            log::error!("a look-up returned another look-up; a bug of the step");
            Err(Denied::Unavailable)
        }
    }
}

#[cfg(test)]
mod tests;
