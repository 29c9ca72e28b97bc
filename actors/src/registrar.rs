//! The registrar: an actor that makes the server known to somebody else, once, and tries again for as long as that may
//! help.
//!
//! Capacity: one place, to which nobody sends; closing the mailbox is what ends the actor, in the middle of a try too.
//! When it dies: the next life goes on trying, unless it is settled already. How it stands and how often it was tried
//! outlive it.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

use actix::{Actor, ActorFutureExt as _, AsyncContext as _, Context, WrapFuture as _};

use crate::runtime::{ActorState, Lease, Observer, Supervised};

const NAME: &str = "registrar";

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
        /// What happened; holds no secret.
        why: String,
        /// The pause that the other side asked for. More than five minutes count as five minutes.
        after: Option<Duration>,
    },
    /// It will not be better by trying again.
    Refused {
        /// What happened; holds no secret.
        why: String,
    },
}

/// A try in progress.
pub type Trying = Pin<Box<dyn Future<Output = Tried>>>;

/// Whom to tell.
pub trait Registry: 'static {
    /// Tells them once. Has a limit of time of its own; it is given up when the future is dropped.
    fn register(&self) -> Trying;

    /// Who they are, for the log; without secrets.
    fn name(&self) -> String;
}

/// What outlives the actor.
#[derive(Default)]
struct Standing {
    settled: AtomicBool,
    tries: AtomicU32,
}

/// A supervised registrar; ends with the value's arbiter.
pub struct Registrar {
    supervised: Supervised<()>,
}

/// Reads the state of a registrar from any thread.
#[derive(Clone)]
pub struct RegistrarObserver {
    actor: Observer<()>,
}

impl Registrar {
    /// Starts the actor on the current arbiter. The first try begins at once.
    #[must_use]
    pub fn start(registry: impl Registry) -> Self {
        let (registry, standing) = (Arc::new(registry), Arc::<Standing>::default());
        let supervised = Supervised::start(NAME, 1, move |lease| Life {
            clerk: Some(Clerk { lease, registry: Arc::clone(&registry), standing: Arc::clone(&standing) }),
        });
        Self { supervised }
    }

    /// Reads the state from any thread.
    #[must_use]
    pub fn observer(&self) -> RegistrarObserver {
        RegistrarObserver { actor: self.supervised.observer() }
    }

    /// Ends at once, and gives up the try in hand. `limit` is for an actor that does not come to its turn.
    pub async fn stop(self, limit: Duration) {
        self.supervised.stop(limit).await;
    }
}

impl RegistrarObserver {
    /// The actor's state.
    #[must_use]
    pub fn observe(&self) -> ActorState {
        self.actor.observe()
    }
}

struct Life<R: Registry> {
    clerk: Option<Clerk<R>>,
}

impl<R: Registry> Actor for Life<R> {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        if let Some(clerk) = self.clerk.take() {
            let life = clerk.work().into_actor(self);
            ctx.spawn(life.map(|(), _, ctx| actix::ActorContext::stop(ctx)));
        }
    }
}

struct Clerk<R> {
    lease: Lease<()>,
    registry: Arc<R>,
    standing: Arc<Standing>,
}

impl<R: Registry> Clerk<R> {
    /// Tries until it is settled, then waits for the mailbox to be closed.
    async fn work(mut self) {
        let (registry, standing) = (Arc::clone(&self.registry), Arc::clone(&self.standing));
        let trying = async {
            if !standing.settled.load(Ordering::Relaxed) {
                settle(&*registry, &standing).await;
                standing.settled.store(true, Ordering::Relaxed);
            }
            std::future::pending::<()>().await;
        };
        let closed = async { while self.lease.recv().await.is_some() {} };
        tokio::select! {
            biased;
            () = closed => {}
            () = trying => {}
        }
    }
}

async fn settle(registry: &impl Registry, standing: &Standing) {
    loop {
        // Before the try: one that kills the actor counts, and lengthens the pauses.
        let tries = standing.tries.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        match registry.register().await {
            Tried::Registered => {
                log::info!(url = registry.name(), tries = tries; "registered with the gateway");
                return;
            }
            Tried::Refused { why } => {
                log::warn!(url = registry.name(), tries = tries, error = why.as_str();
                    "registration refused; not trying again before the next start");
                return;
            }
            Tried::Later { why, after } => {
                let pause = pause(tries, after);
                log::warn!(url = registry.name(), tries = tries, error = why.as_str(),
                    retry_in_ms = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX);
                    "registration failed; trying again");
                tokio::time::sleep(pause).await;
            }
        }
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
