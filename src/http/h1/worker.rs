//! What the connections of one worker thread share.

use std::{cell::Cell, future::Future, rc::Rc, time::Duration};

use tokio::sync::{Notify, futures::Notified};

use super::{Limits, refuse::Refusals};
use crate::http::AppPaths;

/// Limits of a connection, and choices about it.
#[derive(Clone, Copy, Debug)]
pub struct ConnectionSettings {
    /// Bounds of a head.
    pub head: Limits,
    /// Longest time for the head of a request, and for a TLS handshake.
    pub read_header_timeout: Duration,
    /// Longest pause between two reads of a body that is waited for.
    pub body_timeout: Duration,
    /// Longest time for a client to take a byte of what is sent to it.
    pub write_timeout: Duration,
    /// Longest pause between an answer and the next request.
    pub keep_alive: Duration,
    /// Most requests on one connection; 0 for no limit.
    pub max_requests: u64,
    /// A client that closes its sending side still gets its answer.
    pub answer_half_closed: bool,
    /// An `Expect` that is not `100-continue` is refused with 417.
    pub refuse_unknown_expect: bool,
}

/// The application, the settings, and the sign that the server stops.
pub(in crate::http) struct Worker<S> {
    pub(in crate::http) app: S,
    pub(in crate::http) app_paths: AppPaths,
    pub(in crate::http) settings: ConnectionSettings,
    pub(in crate::http) refusals: Refusals,
    pub(in crate::http) stop: Rc<Stop>,
}

/// Tells the connections of a worker thread that the server stops.
#[derive(Default)]
pub(in crate::http) struct Stop {
    stopping: Cell<bool>,
    told: Notify,
}

impl Stop {
    /// Tells once `signal` is ready.
    pub(in crate::http) fn on(signal: impl Future<Output = ()> + 'static) -> Rc<Self> {
        let stop = Rc::new(Self::default());
        let told = Rc::clone(&stop);
        actix_rt::spawn(async move {
            signal.await;
            told.stopping.set(true);
            told.told.notify_waiters();
        });
        stop
    }

    pub(in crate::http) fn is_stopping(&self) -> bool {
        self.stopping.get()
    }

    /// Ready when the server begins to stop.
    pub(in crate::http) fn told(&self) -> Notified<'_> {
        self.told.notified()
    }
}
