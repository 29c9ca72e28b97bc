//! Record of an actor over all restarts: its state, counters and last error, and its shutdown.

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

/// Maximum number of characters kept of an error.
const ERROR_LENGTH_MAX: usize = 500;
/// Maximum wait for an aborted actor: its thread may be busy, or gone.
const ABORT_MAX: Duration = Duration::from_millis(500);

/// Phase of an actor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActorPhase {
    /// Handling messages.
    Running,
    /// Crashed; restarts after a pause.
    Restarting,
    /// The mailbox is closed, and some messages are not done.
    Stopping,
    /// Ended.
    Stopped,
}

impl ActorPhase {
    /// Returns the name in responses.
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
    /// Time of the error.
    pub at: DateTime<Utc>,
    /// Error message, at most 500 characters, without secrets.
    pub message: String,
}

/// State of an actor.
#[derive(Clone, Debug, PartialEq)]
pub struct ActorState {
    /// Name in logs, metrics and answers.
    pub name: &'static str,
    /// Number among actors of the same name, from 1.
    pub instance: usize,
    /// Phase.
    pub phase: ActorPhase,
    /// State of the mailbox.
    pub mailbox: MailboxState,
    /// Number of restarts.
    pub restarts: u64,
    /// Last error: a panic, or one reported by the actor itself.
    pub last_error: Option<Arc<ActorError>>,
    /// The actor's own counters, by name.
    pub counts: Vec<(&'static str, u64)>,
}

impl ActorState {
    /// Returns one of the actor's own counters; 0 when it has none with that name.
    #[must_use]
    pub fn count(&self, name: &str) -> u64 {
        self.counts.iter().find(|(counted, _)| *counted == name).map_or(0, |(_, count)| *count)
    }
}

/// An actor's own counters, in addition to those of its mailbox. They survive restarts.
pub trait Counts: Send + Sync + 'static {
    /// Returns the counters, always with the same names in the same order.
    fn counts(&self) -> Vec<(&'static str, u64)>;
}

/// For actors without counters of their own.
impl Counts for () {
    fn counts(&self) -> Vec<(&'static str, u64)> {
        Vec::new()
    }
}

/// Result of stopping an actor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stopped {
    /// False when it did not end, because its thread did not run it.
    pub ended: bool,
    /// Number of messages not done in time.
    pub left: usize,
}

/// Record of an actor, shared by its supervisor, the registry and observers.
pub(super) struct ActorRecord {
    pub(super) name: &'static str,
    pub(super) instance: usize,
    pub(super) places: Arc<Places>,
    counts: Arc<dyn Counts>,
    restarts: AtomicU64,
    last_error: ArcSwapOption<ActorError>,
    phase: watch::Sender<ActorPhase>,
    abort: OnceLock<AbortHandle>,
    /// True when the log has reported how it ended.
    told: AtomicBool,
    /// Totals of a stopped actor that this one replaced in the registry.
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

    /// Returns the state; usable from any thread.
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

    /// Returns true when the log has already reported how it ended, and marks it as reported.
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

    /// Counts a crash. Returns the number of restarts, including the coming one.
    pub(super) fn count_restart(&self) -> u64 {
        self.restarts.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub(super) fn failed(&self, message: &str) {
        let message = message.chars().take(ERROR_LENGTH_MAX).collect();
        self.last_error.store(Some(Arc::new(ActorError { at: Utc::now(), message })));
    }

    /// Refuses further messages, handles those with a place within `limit`, and ends the actor. If it crashes in the
    /// meantime, it is restarted and continues. Usable from any thread.
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

/// Gives access to the state of an actor from any thread.
#[derive(Clone)]
pub struct Observer(pub(super) Arc<ActorRecord>);

impl Observer {
    /// Returns the state.
    #[must_use]
    pub fn observe(&self) -> ActorState {
        self.0.observe()
    }
}

/// Services of the supervisor for an actor: keeps errors, and runs tasks whose panics do not end the actor.
#[derive(Clone)]
pub struct Scope(pub(super) Arc<ActorRecord>);

impl Scope {
    /// Keeps an error as the actor's last one. `message` must not contain secrets.
    pub fn failed(&self, message: &str) {
        self.0.failed(message);
    }

    /// Keeps the error of a result as the actor's last one, and returns the result.
    ///
    /// # Errors
    /// The error of `result`.
    pub fn noted<T, E: std::fmt::Display>(&self, result: Result<T, E>) -> Result<T, E> {
        result.inspect_err(|error| self.failed(&error.to_string()))
    }

    /// Runs a task on this thread, apart from the actor: a panic in it ends only the task, and is kept as the actor's
    /// last error. A crash of the actor does not end the task.
    pub fn spawn(&self, task: impl Future<Output = ()> + 'static) {
        let record = Arc::clone(&self.0);
        actix_rt::spawn(async move {
            if let Err(panic) = AssertUnwindSafe(task).catch_unwind().await {
                record.failed(&panic_text(&*panic));
            }
        });
    }
}

/// Returns the message of a panic.
pub(super) fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("panic: {}", text.unwrap_or("no text"))
}
