//! Tells the requests on an HTTP/2 connection that their client is gone.
//!
//! The HTTP library serves each stream in a task of its own, which lives on when the connection has ended: a handler that
//! waits would go on waiting for nobody. A stream that is reset while its connection stays is noticed with the first
//! byte of the answer only, for the library does not tell before.

use tokio::sync::watch;

/// Held by the connection: what is told is that it was dropped.
pub(super) struct Here(watch::Sender<()>);

/// Held by the requests on it.
#[derive(Clone)]
pub(super) struct Gone(watch::Receiver<()>);

impl Here {
    pub(super) fn new() -> Self {
        Self(watch::Sender::new(()))
    }

    pub(super) fn gone(&self) -> Gone {
        Gone(self.0.subscribe())
    }
}

impl Gone {
    /// Waits for the end of the connection.
    pub(super) async fn wait(mut self) {
        // Nothing is ever sent: it ends when the sender is dropped.
        while self.0.changed().await.is_ok() {}
    }
}
