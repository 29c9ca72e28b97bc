//! The key keeper: an actor that holds the public keys of an issuer and fetches them anew.
//!
//! Readers take the keys from a snapshot, from any thread and without asking the actor. It is asked only about a key that
//! the snapshot does not hold: one fetch then answers all who wait, and after it no unknown key causes another one for
//! [`UNKNOWN_PAUSE`]. A fetch that was under way already may have begun before the key was there, so it answers only those
//! whose key it brought. Beside that, keys are fetched when they are as old as their time to live; when that fails, the old
//! ones serve for [`GRACE`] more, while it is tried again every [`RETRY`].
//!
//! Capacity: [`PLACES`] questions that were not read yet; those that wait for a fetch are bounded by the places of the
//! authenticators that ask. When full: the question is answered as "can't be said". When it dies: those who wait are
//! answered so too; the keys, their age and the pause between fetches outlive it.

use std::{
    cell::Cell,
    future::Future,
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use actix::{Actor, ActorFutureExt as _, AsyncContext as _, Context, SpawnHandle, StreamHandler, WrapFuture as _};
use arc_swap::ArcSwap;
use serde::Serialize;
use tokio::{sync::oneshot, time::Instant};

use crate::runtime::{ActorState, Lease, Observer, Supervised};

/// How long keys serve beyond their time to live when they can't be fetched.
pub const GRACE: Duration = Duration::from_secs(5 * 60);
/// Least time between two fetches that unknown keys cause.
pub const UNKNOWN_PAUSE: Duration = Duration::from_secs(10);
/// Pause after a fetch that failed.
pub const RETRY: Duration = Duration::from_secs(10);

const NAME: &str = "jwks";
/// Questions that may wait to be read.
const PLACES: usize = 1024;

/// Where keys come from.
pub trait KeySource: 'static {
    /// A set of keys.
    type Keys: Send + Sync + 'static;

    /// Fetches the keys as they are now. `held` are those that were fetched last: what is in both keeps its identity.
    fn fetch(&self, held: Arc<Self::Keys>) -> Fetching<Self::Keys>;

    /// True when `keys` holds a key of that id.
    fn holds(keys: &Self::Keys, key_id: &str) -> bool;

    /// Told when `held` may not be used any more: `successors` are the keys that may, if any.
    fn retire(held: &Self::Keys, successors: Option<&Self::Keys>);
}

/// Keys on their way; the error is for the log.
pub type Fetching<K> = Pin<Box<dyn Future<Output = Result<K, String>>>>;

/// What came of asking for a key that the snapshot did not hold.
pub enum Asked<K> {
    /// These keys are the newest there are. They may hold it or not.
    Newest(Arc<K>),
    /// The newest keys can't be had now.
    Unavailable,
}

/// What the key keeper says of itself.
#[derive(Clone, Debug, Serialize)]
pub struct JwksState {
    /// The actor.
    pub actor: ActorState,
    /// Fetches that brought keys, the first one at boot not counted.
    pub refreshed: u64,
    /// Fetches that failed.
    pub failed: u64,
}

struct Held<K> {
    keys: Arc<K>,
    /// When they are to be fetched anew.
    due: Instant,
}

/// What outlives the actor.
struct Shared<K> {
    held: ArcSwap<Held<K>>,
    /// When an unknown key last caused a fetch, and whether that brought keys.
    unknown: Mutex<Option<(Instant, bool)>>,
    refreshed: AtomicU64,
    failed: AtomicU64,
}

struct Question<K> {
    key_id: String,
    reply: oneshot::Sender<Asked<K>>,
}

/// Readers hold this; from any thread.
pub struct Keys<K> {
    shared: Arc<Shared<K>>,
    mailbox: crate::runtime::Mailbox<Question<K>>,
}

impl<K> Clone for Keys<K> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), mailbox: self.mailbox.clone() }
    }
}

impl<K: Send + Sync + 'static> Keys<K> {
    /// The keys, unless they are too old to be used.
    #[must_use]
    pub fn current(&self) -> Option<Arc<K>> {
        let held = self.shared.held.load();
        (Instant::now() < held.due + GRACE).then(|| Arc::clone(&held.keys))
    }

    /// True while the keys are young enough to be used.
    #[must_use]
    pub fn are_usable(&self) -> bool {
        Instant::now() < self.shared.held.load().due + GRACE
    }

    /// Asks for the newest keys, because [`Keys::current`] does not hold `key_id`.
    pub async fn ask(&self, key_id: &str) -> Asked<K> {
        let (reply, answer) = oneshot::channel();
        if self.mailbox.try_send(Question { key_id: key_id.to_owned(), reply }).is_err() {
            return Asked::Unavailable;
        }
        answer.await.unwrap_or(Asked::Unavailable)
    }
}

/// A supervised key keeper.
pub struct Jwks<K> {
    supervised: Supervised<Question<K>>,
    shared: Arc<Shared<K>>,
}

/// Reads the state of a key keeper from any thread.
pub struct JwksObserver<K> {
    actor: Observer<Question<K>>,
    shared: Arc<Shared<K>>,
}

impl<K: Send + Sync + 'static> Jwks<K> {
    /// Starts the actor on the current arbiter with the keys that were fetched just now. `time_to_live` is their age when
    /// they are fetched anew.
    #[must_use]
    pub fn start<S: KeySource<Keys = K>>(source: S, keys: K, time_to_live: Duration) -> Self {
        let held = Held { keys: Arc::new(keys), due: Instant::now() + time_to_live };
        let shared = Arc::new(Shared {
            held: ArcSwap::from_pointee(held),
            unknown: Mutex::new(None),
            refreshed: AtomicU64::new(0),
            failed: AtomicU64::new(0),
        });
        let (source, for_lives) = (Arc::new(source), Arc::clone(&shared));
        let supervised = Supervised::start(NAME, PLACES, move |lease| Life {
            lease: Cell::new(Some(lease)),
            source: Arc::clone(&source),
            shared: Arc::clone(&for_lives),
            time_to_live,
            waiting: Vec::new(),
            fetching: None,
            clock: None,
        });
        Self { supervised, shared }
    }

    /// For readers.
    #[must_use]
    pub fn keys(&self) -> Keys<K> {
        Keys { shared: Arc::clone(&self.shared), mailbox: self.supervised.mailbox().clone() }
    }

    /// Reads the state from any thread.
    #[must_use]
    pub fn observer(&self) -> JwksObserver<K> {
        JwksObserver { actor: self.supervised.observer(), shared: Arc::clone(&self.shared) }
    }

    /// Ends; who still waits is answered as "can't be said".
    pub async fn stop(self, limit: Duration) {
        self.supervised.stop(limit).await;
    }
}

impl<K> Clone for JwksObserver<K> {
    fn clone(&self) -> Self {
        Self { actor: self.actor.clone(), shared: Arc::clone(&self.shared) }
    }
}

impl<K> JwksObserver<K> {
    /// What the key keeper says of itself.
    #[must_use]
    pub fn observe(&self) -> JwksState {
        JwksState {
            actor: self.actor.observe(),
            refreshed: self.shared.refreshed.load(Ordering::Relaxed),
            failed: self.shared.failed.load(Ordering::Relaxed),
        }
    }
}

/// Why a fetch is in progress.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cause {
    Age,
    UnknownKey,
}

/// One life of the actor.
struct Life<S: KeySource> {
    /// Read from the start on.
    lease: Cell<Option<Lease<Question<S::Keys>>>>,
    source: Arc<S>,
    shared: Arc<Shared<S::Keys>>,
    time_to_live: Duration,
    waiting: Vec<Question<S::Keys>>,
    fetching: Option<Cause>,
    clock: Option<SpawnHandle>,
}

impl<S: KeySource> Actor for Life<S> {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        if let Some(lease) = self.lease.take() {
            ctx.add_stream(lease);
        }
        self.wait_until(self.shared.held.load().due, ctx);
    }
}

impl<S: KeySource> StreamHandler<Question<S::Keys>> for Life<S> {
    fn handle(&mut self, question: Question<S::Keys>, ctx: &mut Self::Context) {
        self.consider(question, ctx);
    }
}

impl<S: KeySource> Life<S> {
    /// Answers at once what can be, else lets it wait for a fetch.
    fn consider(&mut self, question: Question<S::Keys>, ctx: &mut Context<Self>) {
        let keys = Arc::clone(&self.shared.held.load().keys);
        // A fetch that ended since the question was sent may have brought it.
        if self.fetching.is_none() && S::holds(&keys, &question.key_id) {
            // Nobody waits when the client has gone; so it is with all replies.
            let _ = question.reply.send(Asked::Newest(keys));
            return;
        }
        if self.fetching.is_none() {
            match *self.unknown() {
                Some((at, true)) if at.elapsed() < UNKNOWN_PAUSE => {
                    let _ = question.reply.send(Asked::Newest(keys));
                    return;
                }
                Some((at, false)) if at.elapsed() < UNKNOWN_PAUSE => {
                    let _ = question.reply.send(Asked::Unavailable);
                    return;
                }
                _ => {}
            }
            self.fetch(Cause::UnknownKey, ctx);
        }
        self.waiting.push(question);
    }

    fn unknown(&self) -> std::sync::MutexGuard<'_, Option<(Instant, bool)>> {
        self.shared.unknown.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait_until(&mut self, due: Instant, ctx: &mut Context<Self>) {
        if let Some(clock) = self.clock.take() {
            ctx.cancel_future(clock);
        }
        let wait = due.saturating_duration_since(Instant::now());
        self.clock = Some(ctx.run_later(wait, |life, ctx| {
            life.clock = None;
            life.fetch(Cause::Age, ctx);
        }));
    }

    fn fetch(&mut self, cause: Cause, ctx: &mut Context<Self>) {
        if self.fetching.is_some() {
            return;
        }
        self.fetching = Some(cause);
        if cause == Cause::UnknownKey {
            // Taken as failed until it is known better: so it counts when the actor dies over it.
            *self.unknown() = Some((Instant::now(), false));
        }
        let fetching = self.source.fetch(Arc::clone(&self.shared.held.load().keys));
        ctx.spawn(fetching.into_actor(self).map(|fetched, life, ctx| life.fetched(fetched, ctx)));
    }

    fn fetched(&mut self, fetched: Result<S::Keys, String>, ctx: &mut Context<Self>) {
        let cause = self.fetching.take();
        let brought = fetched.is_ok();
        if cause == Some(Cause::UnknownKey) {
            *self.unknown() = Some((Instant::now(), brought));
        }
        match fetched {
            Ok(keys) => {
                self.shared.refreshed.fetch_add(1, Ordering::Relaxed);
                log::info!(actor = NAME, unknown_key = cause == Some(Cause::UnknownKey); "oidc: keys fetched");
                self.hold(keys, ctx);
            }
            Err(error) => {
                self.shared.failed.fetch_add(1, Ordering::Relaxed);
                log::warn!(actor = NAME, error = error.as_str(); "oidc: keys can't be fetched");
                self.keep_on(ctx);
            }
        }
        let keys = Arc::clone(&self.shared.held.load().keys);
        for question in std::mem::take(&mut self.waiting) {
            if brought && cause == Some(Cause::Age) && !S::holds(&keys, &question.key_id) {
                self.consider(question, ctx);
                continue;
            }
            let _ = question.reply.send(if brought { Asked::Newest(Arc::clone(&keys)) } else { Asked::Unavailable });
        }
    }

    fn hold(&mut self, keys: S::Keys, ctx: &mut Context<Self>) {
        let held = Held { keys: Arc::new(keys), due: Instant::now() + self.time_to_live };
        let due = held.due;
        let newest = Arc::clone(&held.keys);
        let former = self.shared.held.swap(Arc::new(held));
        S::retire(&former.keys, Some(&newest));
        self.wait_until(due, ctx);
    }

    /// After a failure: goes on with what is held, as long as that may be used.
    fn keep_on(&mut self, ctx: &mut Context<Self>) {
        let held = self.shared.held.load_full();
        let now = Instant::now();
        if now >= held.due + GRACE {
            S::retire(&held.keys, None);
        }
        if now >= held.due {
            self.wait_until(now + RETRY, ctx);
        }
    }
}

#[cfg(test)]
mod tests;
