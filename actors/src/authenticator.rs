//! The authenticator: an actor that says who asks.
//!
//! One for each worker thread, over one shared snapshot of the steps. Capacity: the places given at its start, held by a
//! request until it has its answer. Look-ups that take a while may hold half of them: what they ask may hang, and what
//! is decided at once must not suffer by it. When full: the request is denied as overloaded, it does not wait. When it
//! dies: the request in hand is denied as crashed, the ones that wait are judged by the next life. It keeps no state of
//! its own.

use std::{
    cell::Cell,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use actix::{Actor, AsyncContext as _, Context, StreamHandler};
use serde::Serialize;
use tokio::sync::oneshot;

use crate::{
    chain::{Credentials, Decision, Denied, Later, Step, decide},
    identity::{AuthType, Identity},
    runtime::{ActorState, Drained, Lease, Observer, Supervised},
};

/// Longest time that a look-up may take.
pub const LOOK_UP_LIMIT: Duration = Duration::from_secs(5);

const NAME: &str = "authenticator";

type Answer = Result<Arc<Identity>, Denied>;

struct Question {
    credentials: Credentials,
    reply: oneshot::Sender<Answer>,
}

/// Counts of answers, and the look-ups that are in progress.
#[derive(Default)]
struct Counts {
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
    in_progress: AtomicUsize,
}

impl Counts {
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

/// What an authenticator says of itself.
#[derive(Clone, Debug, Serialize)]
pub struct AuthenticatorState {
    /// The actor.
    pub actor: ActorState,
    /// Look-ups in progress.
    pub in_progress: usize,
    /// Answers by result.
    pub results: [(&'static str, u64); 10],
}

/// Callers hold this: it says what can be asked, and what a full mailbox means.
#[derive(Clone)]
pub struct Authenticator {
    supervised: Rc<Supervised<Question>>,
    counts: Arc<Counts>,
}

/// Reads the state of an authenticator from any thread.
#[derive(Clone)]
pub struct AuthenticatorObserver {
    actor: Observer<Question>,
    counts: Arc<Counts>,
}

impl Authenticator {
    /// Starts the actor on the current arbiter, with `capacity` places and `limit` for each look-up.
    #[must_use]
    pub fn start(steps: Arc<[Arc<dyn Step>]>, capacity: usize, limit: Duration) -> Self {
        let counts = Arc::new(Counts::default());
        let for_lives = Arc::clone(&counts);
        let supervised = Supervised::start(NAME, capacity, move |lease| Life {
            lease: Cell::new(Some(lease)),
            steps: Arc::clone(&steps),
            counts: Arc::clone(&for_lives),
            look_ups_most: capacity.div_ceil(2),
            limit,
        });
        Self { supervised: Rc::new(supervised), counts }
    }

    /// Asks who shows these credentials.
    ///
    /// # Errors
    /// [`Denied`]; [`Denied::Overloaded`] at once when all places are taken.
    pub async fn identify(&self, credentials: Credentials) -> Answer {
        let answer = self.ask(credentials).await;
        self.counts.of(&answer).fetch_add(1, Ordering::Relaxed);
        answer
    }

    async fn ask(&self, credentials: Credentials) -> Answer {
        let mailbox = self.supervised.mailbox();
        let in_progress = self.counts.in_progress.load(Ordering::Relaxed);
        if in_progress > 0 && in_progress + mailbox.depth() >= mailbox.capacity() {
            return Err(Denied::Overloaded);
        }
        let (reply, answer) = oneshot::channel();
        mailbox.try_send(Question { credentials, reply }).map_err(|_| Denied::Overloaded)?;
        answer.await.unwrap_or(Err(Denied::Crashed))
    }

    /// Reads the state from any thread.
    #[must_use]
    pub fn observer(&self) -> AuthenticatorObserver {
        AuthenticatorObserver { actor: self.supervised.observer(), counts: Arc::clone(&self.counts) }
    }

    /// Answers what waits, then ends. Other handles are denied as overloaded from then on.
    pub async fn stop(self, limit: Duration) -> Option<Drained> {
        match Rc::try_unwrap(self.supervised) {
            Ok(supervised) => Some(supervised.stop(limit).await),
            Err(shared) => {
                shared.mailbox().close();
                None
            }
        }
    }
}

impl AuthenticatorObserver {
    /// What the authenticator says of itself.
    #[must_use]
    pub fn observe(&self) -> AuthenticatorState {
        let counts = &self.counts;
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        AuthenticatorState {
            actor: self.actor.observe(),
            in_progress: counts.in_progress.load(Ordering::Relaxed),
            results: [
                ("anonymous", read(&counts.anonymous)),
                ("apikey", read(&counts.apikey)),
                ("bearer", read(&counts.bearer)),
                ("oauth2", read(&counts.oauth2)),
                ("missing", read(&counts.missing)),
                ("invalid", read(&counts.invalid)),
                ("overloaded", read(&counts.overloaded)),
                ("unavailable", read(&counts.unavailable)),
                ("timed_out", read(&counts.timed_out)),
                ("crashed", read(&counts.crashed)),
            ],
        }
    }
}

/// One life of the actor.
struct Life {
    /// Read from the start on.
    lease: Cell<Option<Lease<Question>>>,
    steps: Arc<[Arc<dyn Step>]>,
    counts: Arc<Counts>,
    /// Most look-ups in progress.
    look_ups_most: usize,
    limit: Duration,
}

impl Actor for Life {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        if let Some(lease) = self.lease.take() {
            ctx.add_stream(lease);
        }
    }
}

impl StreamHandler<Question> for Life {
    fn handle(&mut self, question: Question, _: &mut Self::Context) {
        let Question { credentials, reply } = question;
        let answer = match decide(&self.steps, &credentials) {
            Decision::Later(_) if self.counts.in_progress.load(Ordering::Relaxed) >= self.look_ups_most => {
                Err(Denied::Overloaded)
            }
            Decision::Later(later) => {
                // A task of its own: what goes wrong in it is the end of this request alone.
                actix_rt::spawn(look_up(later, self.limit, reply, InProgress::new(&self.counts)));
                return;
            }
            decision => settle(decision),
        };
        // Nobody waits when the client has gone.
        let _ = reply.send(answer);
    }
}

/// Holds a place while a look-up is in progress.
struct InProgress(Arc<Counts>);

impl InProgress {
    fn new(counts: &Arc<Counts>) -> Self {
        counts.in_progress.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(counts))
    }
}

impl Drop for InProgress {
    fn drop(&mut self) {
        self.0.in_progress.fetch_sub(1, Ordering::Relaxed);
    }
}

async fn look_up(later: Later, limit: Duration, mut reply: oneshot::Sender<Answer>, place: InProgress) {
    let answer = tokio::select! {
        decided = tokio::time::timeout(limit, later) => decided.map_or(Err(Denied::TimedOut), settle),
        // The client has gone: so is the question.
        () = reply.closed() => return,
    };
    drop(place);
    let _ = reply.send(answer);
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
            log::error!("a look-up ended in another look-up; a defect of the step");
            Err(Denied::Unavailable)
        }
    }
}

#[cfg(test)]
mod tests;
