//! Supervision by factory: the supervisor owns what makes an actor, and the mailbox it reads. When an actor dies, the
//! next one reads on.
//!
//! An actor takes its messages from the [`Lease`] that its factory is given, for example by `ctx.add_stream(lease)`. The
//! lease tells the supervisor how a life ended: by reading a closed mailbox to its end (done), or in any other way, a
//! panic above all (died: counted, logged, and followed by a new life). The message that was in hand when an actor died is
//! dropped, so that its reply channel tells its sender.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use actix::Actor;
use futures_util::Stream;
use serde::Serialize;
use tokio::{sync::oneshot, task::JoinHandle, time::Instant};

use super::mailbox::{Inbox, Mailbox, MailboxState, mailbox};

/// A life at least this long starts the back-off anew.
const LONG_LIFE: Duration = Duration::from_secs(1);
/// Pause before the second restart in a row; doubled for each that follows. The first comes at once.
const PAUSE_LEAST: Duration = Duration::from_millis(1);
/// Longest pause before a restart.
const PAUSE_MOST: Duration = Duration::from_secs(1);

/// What an actor says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ActorState {
    /// Name in logs and metrics.
    pub name: &'static str,
    /// Its mailbox.
    pub mailbox: MailboxState,
    /// Messages that were taken out of the mailbox.
    pub handled: u64,
    /// Lives after the first.
    pub restarts: u64,
}

/// How draining ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drained {
    /// Messages that nobody took in time.
    pub left: usize,
}

#[derive(Default)]
struct Counts {
    handled: AtomicU64,
    restarts: AtomicU64,
}

/// The right to read a mailbox for one life of an actor.
pub struct Lease<M> {
    inbox: Inbox<M>,
    counts: Arc<Counts>,
    done: bool,
    /// Gone with the lease: that is how the supervisor learns of the end.
    end: Option<oneshot::Sender<Ending>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// The mailbox was closed and read to its end.
    Done,
    Died,
}

impl<M> Lease<M> {
    /// The next message; `None` when the mailbox is closed and empty.
    pub async fn recv(&mut self) -> Option<M> {
        std::future::poll_fn(|cx| self.poll_recv(cx)).await
    }

    /// Fills a batch as [`Inbox::fill`] does. The batch should live outside the actor: it is then still there when the
    /// actor dies over it.
    pub async fn fill(&mut self, batch: &mut Vec<M>, max: usize, window: Duration) {
        let before = batch.len();
        self.inbox.fill(batch, max, window).await;
        self.counts.handled.fetch_add((batch.len() - before) as u64, Ordering::Relaxed);
        self.done = batch.is_empty();
    }

    /// Places taken now.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.inbox.depth()
    }

    /// Places.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.inbox.capacity()
    }

    /// Gives back the places of messages that were read by [`Lease::fill`] and are done with.
    pub fn release(&mut self, places: usize) {
        self.inbox.release(places);
    }

    fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<M>> {
        let polled = self.inbox.poll_recv(cx);
        match &polled {
            Poll::Ready(Some(_)) => {
                self.counts.handled.fetch_add(1, Ordering::Relaxed);
            }
            Poll::Ready(None) => self.done = true,
            Poll::Pending => {}
        }
        polled
    }
}

impl<M> Stream for Lease<M> {
    type Item = M;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<M>> {
        self.poll_recv(cx)
    }
}

impl<M> Drop for Lease<M> {
    fn drop(&mut self) {
        if let Some(end) = self.end.take() {
            // Nobody listens when the supervisor itself is gone.
            let _ = end.send(if self.done { Ending::Done } else { Ending::Died });
        }
    }
}

/// A supervised actor: its mailbox, its counts, and its end.
pub struct Supervised<M> {
    name: &'static str,
    mailbox: Mailbox<M>,
    counts: Arc<Counts>,
    supervisor: Option<JoinHandle<()>>,
}

impl<M: 'static> Supervised<M> {
    /// Starts an actor with a mailbox of `capacity` places on the current arbiter. `factory` is called for each life.
    pub fn start<A>(name: &'static str, capacity: usize, factory: impl FnMut(Lease<M>) -> A + 'static) -> Self
    where
        A: Actor<Context = actix::Context<A>>,
    {
        let (mailbox, inbox) = mailbox(capacity);
        let counts = Arc::new(Counts::default());
        let supervisor = actix_rt::spawn(supervise(name, inbox, Arc::clone(&counts), factory));
        Self { name, mailbox, counts, supervisor: Some(supervisor) }
    }

    /// Where messages are sent.
    #[must_use]
    pub const fn mailbox(&self) -> &Mailbox<M> {
        &self.mailbox
    }

    /// Reads the actor's state; possible from any thread.
    #[must_use]
    pub fn observer(&self) -> Observer<M> {
        Observer { name: self.name, mailbox: self.mailbox.clone(), counts: Arc::clone(&self.counts) }
    }

    /// Takes nothing any more, lets the actor handle what waits, and ends with it. An actor that dies on the way is
    /// restarted and goes on.
    pub async fn stop(mut self, limit: Duration) -> Drained {
        self.mailbox.close();
        if let Some(supervisor) = &mut self.supervisor
            && tokio::time::timeout(limit, &mut *supervisor).await.is_err()
        {
            supervisor.abort();
        }
        Drained { left: self.mailbox.depth() }
    }
}

/// Reads the state of an actor.
pub struct Observer<M> {
    name: &'static str,
    mailbox: Mailbox<M>,
    counts: Arc<Counts>,
}

impl<M> Observer<M> {
    /// What the actor says of itself.
    #[must_use]
    pub fn observe(&self) -> ActorState {
        ActorState {
            name: self.name,
            mailbox: self.mailbox.observe(),
            handled: self.counts.handled.load(Ordering::Relaxed),
            restarts: self.counts.restarts.load(Ordering::Relaxed),
        }
    }
}

impl<M> Clone for Observer<M> {
    fn clone(&self) -> Self {
        Self { name: self.name, mailbox: self.mailbox.clone(), counts: Arc::clone(&self.counts) }
    }
}

async fn supervise<M, A>(
    name: &'static str,
    inbox: Inbox<M>,
    counts: Arc<Counts>,
    mut factory: impl FnMut(Lease<M>) -> A,
) where
    A: Actor<Context = actix::Context<A>>,
{
    let mut pause = Duration::ZERO;
    loop {
        let (end, ended) = oneshot::channel();
        let born = Instant::now();
        let lease = Lease { inbox: inbox.again(), counts: Arc::clone(&counts), done: false, end: Some(end) };
        factory(lease).start();
        if ended.await == Ok(Ending::Done) {
            return;
        }
        let restarts = counts.restarts.fetch_add(1, Ordering::Relaxed) + 1;
        pause = if born.elapsed() >= LONG_LIFE { Duration::ZERO } else { pause };
        log::warn!(actor = name, restarts = restarts, pause_ms = pause.as_millis() as u64; "actor died; restarting it");
        if !pause.is_zero() {
            tokio::time::sleep(pause).await;
        }
        pause = (pause * 2).clamp(PAUSE_LEAST, PAUSE_MOST);
    }
}

#[cfg(test)]
mod tests;
