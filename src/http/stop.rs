//! Stop signal of a worker thread.

use std::{cell::Cell, future::Future, rc::Rc};

use tokio::sync::{Notify, futures::Notified};

/// Stop signal for the connections of a worker thread.
#[derive(Default)]
pub(super) struct Stop {
    stopping: Cell<bool>,
    told: Notify,
}

impl Stop {
    /// Creates a stop signal that is given once `signal` is ready.
    pub(super) fn on(signal: impl Future<Output = ()> + 'static) -> Rc<Self> {
        let stop = Rc::new(Self::default());
        let told = Rc::clone(&stop);
        actix_rt::spawn(async move {
            signal.await;
            told.stopping.set(true);
            told.told.notify_waiters();
        });
        stop
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.get()
    }

    /// Returns a future that is ready when the server begins to stop.
    pub(super) fn told(&self) -> Notified<'_> {
        self.told.notified()
    }
}
