//! Signals: SIGINT and SIGTERM stop the server, SIGHUP reads the certificate again.

use std::io;

use actix_rt::signal::unix::{Signal, SignalKind, signal};

use crate::http::Certificates;

/// The signals that the server watches.
pub(super) struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
}

impl Signals {
    /// Starts watching.
    ///
    /// # Errors
    /// When the system refuses to.
    pub(super) fn watch() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    /// Waits for the next signal that stops, and names it. Certificates are read again while it waits.
    pub(super) async fn stop(&mut self, certificates: Option<&Certificates>) -> &'static str {
        loop {
            tokio::select! {
                _ = self.interrupt.recv() => return "SIGINT",
                _ = self.terminate.recv() => return "SIGTERM",
                _ = self.hangup.recv() => reload(certificates),
            }
        }
    }
}

/// Reads two small files; the thread that watches signals serves no requests.
fn reload(certificates: Option<&Certificates>) {
    match certificates.map(Certificates::reload) {
        None => log::info!(signal = "SIGHUP"; "nothing to reload; TLS is off"),
        Some(Ok(())) => log::info!(signal = "SIGHUP"; "certificate reloaded"),
        Some(Err(error)) => {
            log::error!(signal = "SIGHUP", error:% = error; "certificate not reloaded; the old one stays in use");
        }
    }
}
