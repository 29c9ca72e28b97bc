//! The registrar: an actor that registers the server with a gateway once, and retries while that may help.
//!
//! Its only message is an attempt, which it sends to itself at the start and after each pause. The mailbox has one
//! place, held by the attempt in progress. A stop cancels attempt and pause at once. After a crash, the restarted actor
//! tries again unless the outcome is final; the number of attempts and the outcome survive.

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

/// Pause after the first failed attempt; doubled after each.
const PAUSE_LEAST: Duration = Duration::from_millis(500);
/// Maximum pause of the back-off.
const PAUSE_MOST: Duration = Duration::from_secs(60);
/// Maximum pause requested by the gateway that is honoured.
const ASKED_MOST: Duration = Duration::from_secs(300);

/// Result of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tried {
    /// Registered.
    Registered,
    /// Failed, but a retry may succeed.
    Later {
        /// Reason for the log, without secrets.
        why: String,
        /// Pause requested by the gateway, at most five minutes.
        after: Option<Duration>,
    },
    /// Failed, and a retry would not help.
    Refused {
        /// Reason for the log, without secrets.
        why: String,
    },
}

/// Pending attempt.
pub type Trying = Pin<Box<dyn Future<Output = Tried>>>;

/// Gateway to register with.
pub trait RegistrationTarget: 'static {
    /// Makes one attempt. It has its own timeout, and is cancelled when the future is dropped.
    fn register(&self) -> Trying;

    /// Returns a name for the log, without secrets.
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

/// Message: make an attempt.
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
    /// Starts the actor on the current arbiter. The first attempt begins at once.
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
        // Refused when an attempt is already waiting, which is fine.
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
                    "registration refused; not retrying until the next start");
            }
            Tried::Later { why, after } => {
                self.scope.failed(&why);
                let pause = pause(tries, after);
                log::warn!(url = name, tries = tries, error = why.as_str(),
                    retry_in_ms = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX);
                    "registration failed; retrying");
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
        // Counted in advance, so that an attempt that crashes the actor counts and lengthens the pause.
        let tries = self.progress.tries.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        let trying = self.target.register().into_actor(self);
        ctx.spawn(trying.map(move |tried, actor, ctx| {
            drop(place);
            actor.tried(tried, tries, ctx);
        }));
    }
}

/// Returns the pause after a number of attempts: exponential back-off, or the pause that the gateway requested if
/// longer. It is lengthened randomly by up to a half, so that replicas don't retry in step and none retries too early.
fn pause(tries: u32, asked: Option<Duration>) -> Duration {
    let own = PAUSE_LEAST.saturating_mul(1 << tries.saturating_sub(1).min(16)).min(PAUSE_MOST);
    let pause = own.max(asked.unwrap_or_default().min(ASKED_MOST));
    pause + pause.mul_f64(rand::random::<f64>() / 2.0)
}

#[cfg(test)]
mod tests;
