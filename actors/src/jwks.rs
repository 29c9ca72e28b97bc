//! The JWKS actor: holds and refreshes the public keys of an issuer.
//!
//! Readers take the keys from a snapshot, from any thread, without asking the actor. They ask it only about a key that
//! the snapshot lacks: one fetch then answers all waiting callers, and for [`UNKNOWN_PAUSE`] no other unknown key
//! causes another fetch. A fetch that was already in progress may have begun before the key existed, so it answers only
//! callers whose key it brought. Keys are also refreshed when they reach their time to live. If that fails, the old
//! ones are used for [`GRACE`] more, with a retry every [`RETRY`].
//!
//! The actor has 1024 places. A question keeps its place until it is answered, or up to half a second after its caller
//! has gone. When all are taken, a question is answered as unavailable at once. On a crash, callers waiting for a fetch
//! get "unavailable"; the keys, their age and the pause between fetches survive.

use std::{
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
use tokio::{sync::oneshot, time::Instant};

use crate::runtime::{Counts, Delivery, Mailbox, Registry, Scope, Start, Supervised};

/// Time for which keys are used beyond their time to live when they can't be fetched.
pub const GRACE: Duration = Duration::from_secs(5 * 60);
/// Minimum time between two fetches that unknown keys cause.
pub const UNKNOWN_PAUSE: Duration = Duration::from_secs(10);
/// Pause after a failed fetch.
pub const RETRY: Duration = Duration::from_secs(10);

/// Maximum number of open questions.
const PLACES: usize = 1024;
/// Interval at which the places of callers that have gone are freed.
const LEAVERS_EVERY: Duration = Duration::from_millis(500);

/// Source of keys.
pub trait KeySource: 'static {
    /// Set of keys.
    type Keys: Send + Sync + 'static;

    /// Fetches the current keys. `held` are the last fetched ones: keys in both keep their identity.
    fn fetch(&self, held: Arc<Self::Keys>) -> Fetching<Self::Keys>;

    /// Returns true when `keys` contains a key with that id.
    fn holds(keys: &Self::Keys, key_id: &str) -> bool;

    /// Called when `held` must not be used any more. `successors` are the keys that may, if any.
    fn retire(held: &Self::Keys, successors: Option<&Self::Keys>);
}

/// Pending fetch; the error is for the log.
pub type Fetching<K> = Pin<Box<dyn Future<Output = Result<K, String>>>>;

/// Answer to a question about a key that the snapshot lacks.
pub enum JwksAnswer<K> {
    /// The newest keys. They may lack the key too.
    Newest(Arc<K>),
    /// The newest keys are unavailable.
    Unavailable,
}

/// Keys of one fetch.
struct Snapshot<K> {
    keys: Arc<K>,
    /// Time of the next refresh.
    due: Instant,
}

/// State that outlives the actor.
struct JwksState<K> {
    snapshot: ArcSwap<Snapshot<K>>,
    /// Time at which an unknown key last caused a fetch, and whether that succeeded.
    unknown: Mutex<Option<(Instant, bool)>>,
    /// Number of successful fetches, without the first one at boot.
    refreshed: AtomicU64,
    failed: AtomicU64,
}

impl<K: Send + Sync + 'static> Counts for JwksState<K> {
    fn counts(&self) -> Vec<(&'static str, u64)> {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        vec![("ok", read(&self.refreshed)), ("failed", read(&self.failed))]
    }
}

/// Message: ask for the newest keys, because the snapshot lacks this one.
struct AskNewest<K> {
    key_id: String,
    reply: oneshot::Sender<JwksAnswer<K>>,
}

/// Gives access to the keys, and asks the actor for newer ones; from any thread.
pub struct JwksClient<K> {
    shared: Arc<JwksState<K>>,
    mailbox: Mailbox<AskNewest<K>>,
}

impl<K> Clone for JwksClient<K> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), mailbox: self.mailbox.clone() }
    }
}

impl<K: Send + Sync + 'static> JwksClient<K> {
    /// Returns the keys, unless they are too old to be used.
    #[must_use]
    pub fn current(&self) -> Option<Arc<K>> {
        let snapshot = self.shared.snapshot.load();
        (Instant::now() < snapshot.due + GRACE).then(|| Arc::clone(&snapshot.keys))
    }

    /// Returns true while the keys are recent enough to be used.
    #[must_use]
    pub fn are_usable(&self) -> bool {
        Instant::now() < self.shared.snapshot.load().due + GRACE
    }

    /// Asks for the newest keys, because [`JwksClient::current`] lacks `key_id`.
    pub async fn ask(&self, key_id: &str) -> JwksAnswer<K> {
        let (reply, answer) = oneshot::channel();
        if self.mailbox.try_send(AskNewest { key_id: key_id.to_owned(), reply }).is_err() {
            return JwksAnswer::Unavailable;
        }
        answer.await.unwrap_or(JwksAnswer::Unavailable)
    }
}

/// Reason of a fetch.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cause {
    Age,
    UnknownKey,
}

/// One life of the JWKS actor.
pub struct JwksActor<S: KeySource> {
    source: Arc<S>,
    shared: Arc<JwksState<S::Keys>>,
    scope: Scope,
    time_to_live: Duration,
    waiting: Vec<Delivery<AskNewest<S::Keys>>>,
    fetching: Option<Cause>,
    clock: Option<SpawnHandle>,
}

/// Name in logs, metrics and answers.
pub const NAME: &str = "jwks";

impl<S: KeySource> JwksActor<S> {
    /// Starts the actor on the current arbiter with the keys that were just fetched. `time_to_live` is the age at which
    /// they are refreshed.
    #[must_use]
    pub fn start(registry: &Registry, source: S, keys: S::Keys, time_to_live: Duration) -> JwksClient<S::Keys> {
        let snapshot = Snapshot { keys: Arc::new(keys), due: Instant::now() + time_to_live };
        let shared = Arc::new(JwksState {
            snapshot: ArcSwap::from_pointee(snapshot),
            unknown: Mutex::new(None),
            refreshed: AtomicU64::new(0),
            failed: AtomicU64::new(0),
        });
        let (source, for_lives) = (Arc::new(source), Arc::clone(&shared));
        let start = Start { registry, name: NAME, capacity: PLACES, counts: Arc::clone(&shared) as _ };
        let supervised = Supervised::start(start, move |_, scope| Self {
            source: Arc::clone(&source),
            shared: Arc::clone(&for_lives),
            scope,
            time_to_live,
            waiting: Vec::new(),
            fetching: None,
            clock: None,
        });
        JwksClient { shared, mailbox: supervised.mailbox().clone() }
    }
}

impl<S: KeySource> Actor for JwksActor<S> {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.wait_until(self.shared.snapshot.load().due, ctx);
        ctx.run_interval(LEAVERS_EVERY, |actor, _| {
            actor.waiting.retain(|question| !question.message.reply.is_closed());
        });
    }
}

impl<S: KeySource> StreamHandler<Delivery<AskNewest<S::Keys>>> for JwksActor<S> {
    fn handle(&mut self, question: Delivery<AskNewest<S::Keys>>, ctx: &mut Self::Context) {
        self.consider(question, ctx);
    }
}

impl<S: KeySource> JwksActor<S> {
    /// Answers at once if possible, otherwise has the caller wait for a fetch.
    fn consider(&mut self, question: Delivery<AskNewest<S::Keys>>, ctx: &mut Context<Self>) {
        if self.fetching.is_none() {
            let keys = Arc::clone(&self.shared.snapshot.load().keys);
            let last = (*self.unknown()).filter(|(at, _)| at.elapsed() < UNKNOWN_PAUSE);
            // A fetch that ended after the question was sent may have brought the key.
            let answer = if S::holds(&keys, &question.message.key_id) {
                Some(JwksAnswer::Newest(keys))
            } else {
                last.map(|(_, brought)| if brought { JwksAnswer::Newest(keys) } else { JwksAnswer::Unavailable })
            };
            if let Some(answer) = answer {
                question.place.answer(question.message.reply, answer);
                return;
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
        self.clock = Some(ctx.run_later(wait, |actor, ctx| {
            actor.clock = None;
            actor.fetch(Cause::Age, ctx);
        }));
    }

    fn fetch(&mut self, cause: Cause, ctx: &mut Context<Self>) {
        if self.fetching.is_some() {
            return;
        }
        self.fetching = Some(cause);
        if cause == Cause::UnknownKey {
            // Counts as failed until it succeeds, in case the actor crashes meanwhile.
            *self.unknown() = Some((Instant::now(), false));
        }
        let fetching = self.source.fetch(Arc::clone(&self.shared.snapshot.load().keys));
        ctx.spawn(fetching.into_actor(self).map(|fetched, actor, ctx| actor.fetched(fetched, ctx)));
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
                self.scope.failed(&error);
                log::warn!(actor = NAME, error = error.as_str(); "oidc: keys can't be fetched");
                self.keep_on(ctx);
            }
        }
        let keys = Arc::clone(&self.shared.snapshot.load().keys);
        for question in std::mem::take(&mut self.waiting) {
            if brought && cause == Some(Cause::Age) && !S::holds(&keys, &question.message.key_id) {
                self.consider(question, ctx);
                continue;
            }
            let newest = || JwksAnswer::Newest(Arc::clone(&keys));
            let answer = if brought { newest() } else { JwksAnswer::Unavailable };
            question.place.answer(question.message.reply, answer);
        }
    }

    fn hold(&mut self, keys: S::Keys, ctx: &mut Context<Self>) {
        let snapshot = Snapshot { keys: Arc::new(keys), due: Instant::now() + self.time_to_live };
        let due = snapshot.due;
        let newest = Arc::clone(&snapshot.keys);
        let former = self.shared.snapshot.swap(Arc::new(snapshot));
        S::retire(&former.keys, Some(&newest));
        self.wait_until(due, ctx);
    }

    /// After a failure, keeps the current keys as long as they may be used.
    fn keep_on(&mut self, ctx: &mut Context<Self>) {
        let held = self.shared.snapshot.load_full();
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
