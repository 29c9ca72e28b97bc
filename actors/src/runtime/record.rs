//! The record of one actor over all of its lives: its state, its counts, its last error, and the way to end it.

use std::{
    any::Any,
    panic::AssertUnwindSafe,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use arc_swap::ArcSwapOption;
use chrono::{DateTime, Utc};
use futures_util::FutureExt as _;
use tokio::{sync::watch, task::AbortHandle, time::timeout};

use super::places::{MailboxState, Places};

/// Most characters of an error that are kept.
const ERROR_LENGTH_MAX: usize = 500;
/// Longest wait for an actor that was aborted: its thread may be busy, or gone.
const ABORT_MAX: Duration = Duration::from_millis(500);

/// Phase of an actor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActorPhase {
    /// It reads its mailbox.
    Running,
    /// It died, and its next life begins after a pause.
    Restarting,
    /// Its mailbox is closed, and some of its messages are not done.
    Stopping,
    /// It has ended.
    Stopped,
}

impl ActorPhase {
    /// The name in answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Restarting => "restarting",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
        }
    }
}

/// An error of an actor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActorError {
    /// When it happened.
    pub at: DateTime<Utc>,
    /// The error's text; at most 500 characters, no secrets.
    pub message: String,
}

/// State of an actor at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct ActorState {
    /// Name in logs, metrics and answers.
    pub name: &'static str,
    /// Tells actors of one name apart; counted from 1.
    pub instance: usize,
    /// Its phase.
    pub phase: ActorPhase,
    /// Its mailbox.
    pub mailbox: MailboxState,
    /// Lives after the first.
    pub restarts: u64,
    /// The last error: of a panic, or reported by the actor itself.
    pub last_error: Option<Arc<ActorError>>,
    /// Counts of its own, by name.
    pub counts: Vec<(&'static str, u64)>,
}

impl ActorState {
    /// A count of its own; 0 when it has none of that name.
    #[must_use]
    pub fn count(&self, name: &str) -> u64 {
        self.counts.iter().find(|(counted, _)| *counted == name).map_or(0, |(_, count)| *count)
    }
}

/// Counts that an actor keeps beside those of its mailbox. They outlive its lives.
pub trait Counts: Send + Sync + 'static {
    /// Reads them, always the same names in the same order.
    fn counts(&self) -> Vec<(&'static str, u64)>;
}

/// An actor without counts of its own.
impl Counts for () {
    fn counts(&self) -> Vec<(&'static str, u64)> {
        Vec::new()
    }
}

/// How an actor ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stopped {
    /// False when it did not end, because its thread never came to it.
    pub ended: bool,
    /// Messages that were not done in time.
    pub left: usize,
}

/// The record of one actor, shared by its supervisor, the registry and observers.
pub(super) struct ActorRecord {
    pub(super) name: &'static str,
    pub(super) instance: usize,
    pub(super) places: Arc<Places>,
    counts: Arc<dyn Counts>,
    restarts: AtomicU64,
    last_error: ArcSwapOption<ActorError>,
    phase: watch::Sender<ActorPhase>,
    abort: OnceLock<AbortHandle>,
    /// True once the log says how it ended.
    told: AtomicBool,
    /// Totals of a stopped actor whose place in the registry this one took.
    carried: Option<ActorState>,
}

impl ActorRecord {
    pub(super) fn new(
        (name, instance): (&'static str, usize),
        places: Arc<Places>,
        counts: Arc<dyn Counts>,
        carried: Option<ActorState>,
    ) -> Self {
        Self {
            name,
            instance,
            places,
            counts,
            restarts: AtomicU64::new(0),
            last_error: ArcSwapOption::empty(),
            phase: watch::Sender::new(ActorPhase::Running),
            abort: OnceLock::new(),
            told: AtomicBool::new(false),
            carried,
        }
    }

    /// Reads everything; from any thread.
    pub(super) fn observe(&self) -> ActorState {
        let mut state = ActorState {
            name: self.name,
            instance: self.instance,
            phase: self.phase(),
            mailbox: self.places.observe(),
            restarts: self.restarts.load(Ordering::Relaxed),
            last_error: self.last_error.load_full(),
            counts: self.counts.counts(),
        };
        if let Some(carried) = &self.carried {
            state.mailbox.received += carried.mailbox.handled + carried.mailbox.refused;
            state.mailbox.handled += carried.mailbox.handled;
            state.mailbox.refused += carried.mailbox.refused;
            state.restarts += carried.restarts;
            state.last_error = state.last_error.or_else(|| carried.last_error.clone());
            for ((_, count), (_, before)) in state.counts.iter_mut().zip(&carried.counts) {
                *count += before;
            }
        }
        state
    }

    fn phase(&self) -> ActorPhase {
        match *self.phase.borrow() {
            ActorPhase::Running if self.places.is_closed() => ActorPhase::Stopping,
            phase => phase,
        }
    }

    pub(super) fn has_stopped(&self) -> bool {
        *self.phase.borrow() == ActorPhase::Stopped
    }

    /// True when the log says already how it ended; from now on it does.
    pub(super) fn was_told(&self) -> bool {
        self.told.swap(true, Ordering::Relaxed)
    }

    pub(super) fn set_phase(&self, phase: ActorPhase) {
        self.phase.send_replace(phase);
    }

    pub(super) fn abort_with(&self, handle: AbortHandle) {
        // Set once, at the start.
        let _ = self.abort.set(handle);
    }

    /// Counts a death; gives the number of restarts so far, the one to come included.
    pub(super) fn count_restart(&self) -> u64 {
        self.restarts.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub(super) fn failed(&self, message: &str) {
        let message = message.chars().take(ERROR_LENGTH_MAX).collect();
        self.last_error.store(Some(Arc::new(ActorError { at: Utc::now(), message })));
    }

    /// Refuses messages from now on, lets those that have a place be handled within `limit`, and ends the actor. One that
    /// dies on the way is restarted and goes on. From any thread.
    pub(super) async fn stop(&self, limit: Duration) -> Stopped {
        self.places.close();
        let mut phase = self.phase.subscribe();
        let mut ended = async || phase.wait_for(|phase| *phase == ActorPhase::Stopped).await.is_ok();
        if let Ok(ended) = timeout(limit, ended()).await {
            return Stopped { ended, left: self.places.left() };
        }
        let left = self.places.depth();
        if let Some(abort) = self.abort.get() {
            abort.abort();
        }
        Stopped { ended: timeout(ABORT_MAX, ended()).await.unwrap_or(false), left }
    }
}

/// Reads the state of an actor from any thread.
#[derive(Clone)]
pub struct Observer(pub(super) Arc<ActorRecord>);

impl Observer {
    /// Reads the state.
    #[must_use]
    pub fn observe(&self) -> ActorState {
        self.0.observe()
    }
}

/// Services of the supervisor for one life: keeps errors, and runs tasks whose panics do not end the actor.
#[derive(Clone)]
pub struct Scope(pub(super) Arc<ActorRecord>);

impl Scope {
    /// Keeps an error as the actor's last one. `message` holds no secret.
    pub fn failed(&self, message: &str) {
        self.0.failed(message);
    }

    /// Keeps the error of a result as the actor's last one, and passes the result on.
    ///
    /// # Errors
    /// Those of `result`.
    pub fn noted<T, E: std::fmt::Display>(&self, result: Result<T, E>) -> Result<T, E> {
        result.inspect_err(|error| self.failed(&error.to_string()))
    }

    /// Runs a task on this thread, apart from the actor: a panic in it ends this task alone, and is kept as the actor's
    /// last error; a death of the actor does not end it.
    pub fn spawn(&self, task: impl Future<Output = ()> + 'static) {
        let record = Arc::clone(&self.0);
        actix_rt::spawn(async move {
            if let Err(panic) = AssertUnwindSafe(task).catch_unwind().await {
                record.failed(&panic_text(&*panic));
            }
        });
    }
}

/// The text of a panic.
pub(super) fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("panic: {}", text.unwrap_or("no text"))
}
