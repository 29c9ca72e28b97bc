//! Supervision by factory: the supervisor owns the factory of an actor and its mailbox. After a crash, a new actor
//! continues with the mailbox.
//!
//! The supervisor attaches the mailbox to each actor as a stream, so that an actor is an [`actix::StreamHandler`] of
//! [`Delivery`]. An actor that ends while the mailbox is open, usually by a panic, has crashed: this is counted and
//! logged, and a new one is started. The stream ends when the mailbox is closed and every message has returned its
//! place; then the actor stops, and its supervisor with it. A message whose handling crashed is dropped, so that its
//! reply channel notifies its sender.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Duration,
};

use actix::{Actor, Context, StreamHandler};
use futures_util::FutureExt as _;
use tokio::time::Instant;

use super::{
    batch::{Batch, batches},
    mailbox::{Delivery, Inbox, Mailbox, mailbox},
    record::{ActorPhase, ActorRecord, Counts, Observer, Scope, Stopped, panic_text},
    registry::Registry,
};

/// An actor that ran at least this long resets the back-off.
const LONG_LIFE: Duration = Duration::from_secs(1);
/// Pause before the second restart in a row; doubled after each. The first restart is immediate.
const PAUSE_LEAST: Duration = Duration::from_millis(1);
/// Maximum pause before a restart.
const PAUSE_MOST: Duration = Duration::from_secs(1);

/// Name, capacity and counters of an actor to start.
pub struct Start<'r> {
    /// Registry to add it to.
    pub registry: &'r Registry,
    /// Name in logs, metrics and answers.
    pub name: &'static str,
    /// Number of places of its mailbox.
    pub capacity: usize,
    /// Its own counters.
    pub counts: Arc<dyn Counts>,
}

/// Supervised actor.
pub struct Supervised<M> {
    mailbox: Mailbox<M>,
    record: Arc<ActorRecord>,
}

impl<M: 'static> Supervised<M> {
    /// Starts an actor on the current arbiter. `factory` is called for each start and restart, with the mailbox (for
    /// messages that the actor sends to itself) and its [`Scope`].
    pub fn start<A>(start: Start<'_>, mut factory: impl FnMut(&Mailbox<M>, Scope) -> A + 'static) -> Self
    where
        A: Actor<Context = Context<A>> + StreamHandler<Delivery<M>>,
    {
        Self::start_with(start, move |inbox, mailbox, scope| {
            let mut ctx = Context::new();
            A::add_stream(inbox, &mut ctx);
            (factory(mailbox, scope), ctx)
        })
    }

    /// Like [`Supervised::start`], for an actor that handles batches of at most `max` messages, each collected for at
    /// most `window` after its first message.
    pub fn start_batching<A>(
        start: Start<'_>,
        max: usize,
        window: Duration,
        mut factory: impl FnMut(&Mailbox<M>, Scope) -> A + 'static,
    ) -> Self
    where
        A: Actor<Context = Context<A>> + StreamHandler<Batch<M>>,
    {
        Self::start_with(start, move |inbox, mailbox, scope| {
            let mut ctx = Context::new();
            A::add_stream(batches(inbox, max, window), &mut ctx);
            (factory(mailbox, scope), ctx)
        })
    }

    fn start_with<A>(
        start: Start<'_>,
        factory: impl FnMut(Inbox<M>, &Mailbox<M>, Scope) -> (A, Context<A>) + 'static,
    ) -> Self
    where
        A: Actor<Context = Context<A>>,
    {
        let Start { registry, name, capacity, counts } = start;
        let (mailbox, inbox) = mailbox(capacity);
        let record = registry.enter(name, Arc::clone(&mailbox.places), counts);
        let scope = Scope(Arc::clone(&record));
        let end = End { mailbox: mailbox.clone(), record: Arc::clone(&record) };
        let supervisor = actix_rt::spawn(async move {
            // Dropped in reverse order: the end is announced when everything that the actors shared is gone.
            let end = end;
            let mut factory = factory;
            supervise(&end.record, || factory(inbox.again(), &end.mailbox, scope.clone())).await;
        });
        record.abort_with(supervisor.abort_handle());
        Self { mailbox, record }
    }

    /// Returns the mailbox.
    #[must_use]
    pub const fn mailbox(&self) -> &Mailbox<M> {
        &self.mailbox
    }

    /// Returns an observer of the actor's state, usable from any thread.
    #[must_use]
    pub fn observer(&self) -> Observer {
        Observer(Arc::clone(&self.record))
    }

    /// Refuses further messages, handles those with a place within `limit`, and ends the actor. If it crashes in the
    /// meantime, it is restarted and continues. Usable from any thread. The caller must log the result.
    pub async fn stop(&self, limit: Duration) -> Stopped {
        self.record.was_told();
        self.record.stop(limit).await
    }
}

/// Dropped with the supervisor, however it ends: its thread may end first.
struct End<M> {
    mailbox: Mailbox<M>,
    record: Arc<ActorRecord>,
}

impl<M> Drop for End<M> {
    fn drop(&mut self) {
        self.mailbox.close();
        self.mailbox.places.end();
        self.mailbox.drain();
        self.record.set_phase(ActorPhase::Stopped);
    }
}

async fn supervise<A>(record: &ActorRecord, mut factory: impl FnMut() -> (A, Context<A>))
where
    A: Actor<Context = Context<A>>,
{
    let mut pause = Duration::ZERO;
    loop {
        let born = Instant::now();
        record.set_phase(ActorPhase::Running);
        let panic = live(&mut factory).await;
        if panic.is_none() && record.places.is_closed() && record.places.depth() == 0 {
            return;
        }
        let error = panic.unwrap_or_else(|| "it ended although its mailbox was open".to_owned());
        record.failed(&error);
        record.set_phase(ActorPhase::Restarting);
        let restarts = record.count_restart();
        pause = if born.elapsed() >= LONG_LIFE { Duration::ZERO } else { pause };
        log::warn!(actor = record.name, restarts = restarts, pause_ms = pause.as_millis() as u64,
            error = error.as_str(); "actor crashed; restarting it");
        if !pause.is_zero() {
            tokio::time::sleep(pause).await;
        }
        pause = (pause * 2).clamp(PAUSE_LEAST, PAUSE_MOST);
    }
}

/// Runs the actor until it ends. Returns the message of the panic that ended it, if any.
async fn live<A>(factory: &mut impl FnMut() -> (A, Context<A>)) -> Option<String>
where
    A: Actor<Context = Context<A>>,
{
    let (actor, ctx) = match catch_unwind(AssertUnwindSafe(factory)) {
        Ok(made) => made,
        Err(panic) => return Some(panic_text(&*panic)),
    };
    let mut life = Box::pin(ctx.into_future(actor));
    let ended = AssertUnwindSafe(life.as_mut()).catch_unwind().await;
    // actix polls a context once more when it is dropped.
    let dropped = catch_unwind(AssertUnwindSafe(|| drop(life)));
    ended.and(dropped).err().map(|panic| panic_text(&*panic))
}

#[cfg(test)]
mod tests;
