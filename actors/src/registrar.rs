//! The registrar: an actor that makes the server known to a gateway, once, and tries again for as long as that may help.
//!
//! Its one message is a try, which it sends to itself: at its start, and after each pause. It has one place, held by the try
//! in progress. A stop gives up the try in progress and a pause at once. After a crash, the next life tries again, unless
//! it is settled already; the number of tries and whether it is settled survive.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

use actix::{Actor, ActorFutureExt as _, AsyncContext as _, Context, StreamHandler, WrapFuture as _};

use crate::runtime::{Counts, Delivery, Mailbox, Registry, Scope, Start, Supervised};

/// Pause after the first try that failed; doubled for each that follows.
const PAUSE_LEAST: Duration = Duration::from_millis(500);
/// Longest pause of our own.
const PAUSE_MOST: Duration = Duration::from_secs(60);
/// Longest pause that the other side may ask for.
const ASKED_MOST: Duration = Duration::from_secs(300);

/// How a try ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tried {
    /// The other side knows us now.
    Registered,
    /// It may be better later.
    Later {
        /// Reason for the log; holds no secret.
        why: String,
        /// The pause that the other side asked for. More than five minutes count as five minutes.
        after: Option<Duration>,
    },
    /// It will not be better by trying again.
    Refused {
        /// Reason for the log; holds no secret.
        why: String,
    },
}

/// A try in progress.
pub type Trying = Pin<Box<dyn Future<Output = Tried>>>;

/// The gateway that is told of this server.
pub trait RegistrationTarget: 'static {
    /// Registers once. Has a limit of time of its own; it is given up when the future is dropped.
    fn register(&self) -> Trying;

    /// Names it, for the log; without secrets.
    fn name(&self) -> String;
}

/// State that outlives the actor.
#[derive(Default)]
struct Progress {
    settled: AtomicBool,
    tries: AtomicU32,
}

impl Counts for Progress {
    fn counts(&self) -> Vec<(&'static str, u64)> {
        vec![("tries", self.tries.load(Ordering::Relaxed).into())]
    }
}

/// The one message of the registrar: tries to register.
struct Try;

/// One life of the registrar.
pub struct RegistrarActor<T: RegistrationTarget> {
    target: Arc<T>,
    progress: Arc<Progress>,
    mailbox: Mailbox<Try>,
    scope: Scope,
}

/// Name in logs, metrics and answers.
pub const NAME: &str = "registrar";

impl<T: RegistrationTarget> RegistrarActor<T> {
    /// Starts the actor on the current arbiter. The first try begins at once.
    pub fn start(registry: &Registry, target: T) {
        let (target, progress) = (Arc::new(target), Arc::<Progress>::default());
        let start = Start { registry, name: NAME, capacity: 1, counts: Arc::clone(&progress) as _ };
        Supervised::start(start, move |mailbox, scope| Self {
            target: Arc::clone(&target),
            progress: Arc::clone(&progress),
            mailbox: mailbox.clone(),
            scope,
        });
    }

    fn send_try(&self) {
        // Refused when a try waits already, which will do.
        let _ = self.mailbox.try_send(Try);
    }

    fn tried(&self, tried: Tried, tries: u32, ctx: &mut Context<Self>) {
        let name = self.target.name();
        match tried {
            Tried::Registered => {
                self.progress.settled.store(true, Ordering::Relaxed);
                log::info!(url = name, tries = tries; "registered with the gateway");
            }
            Tried::Refused { why } => {
                self.progress.settled.store(true, Ordering::Relaxed);
                self.scope.failed(&why);
                log::warn!(url = name, tries = tries, error = why.as_str();
                    "registration refused; not trying again before the next start");
            }
            Tried::Later { why, after } => {
                self.scope.failed(&why);
                let pause = pause(tries, after);
                log::warn!(url = name, tries = tries, error = why.as_str(),
                    retry_in_ms = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX);
                    "registration failed; trying again");
                ctx.run_later(pause, |actor, _| actor.send_try());
            }
        }
    }
}

impl<T: RegistrationTarget> Actor for RegistrarActor<T> {
    type Context = Context<Self>;

    fn started(&mut self, _: &mut Self::Context) {
        if !self.progress.settled.load(Ordering::Relaxed) {
            self.send_try();
        }
    }
}

impl<T: RegistrationTarget> StreamHandler<Delivery<Try>> for RegistrarActor<T> {
    fn handle(&mut self, Delivery { place, .. }: Delivery<Try>, ctx: &mut Self::Context) {
        // Counted before: a try that kills the actor counts, and lengthens the pauses.
        let tries = self.progress.tries.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        let trying = self.target.register().into_actor(self);
        ctx.spawn(trying.map(move |tried, actor, ctx| {
            drop(place);
            actor.tried(tried, tries, ctx);
        }));
    }
}

/// The pause after so many tries: doubled from the least to the longest, or what the other side asked for when that is
/// longer; then lengthened by up to a half, so that replicas don't come all at once and none comes too early.
fn pause(tries: u32, asked: Option<Duration>) -> Duration {
    let own = PAUSE_LEAST.saturating_mul(1 << tries.saturating_sub(1).min(16)).min(PAUSE_MOST);
    let pause = own.max(asked.unwrap_or_default().min(ASKED_MOST));
    pause + pause.mul_f64(rand::random::<f64>() / 2.0)
}

#[cfg(test)]
mod tests;
