//! Signals: SIGINT and SIGTERM stop the server, SIGHUP reloads the certificate.

use std::io;

use actix_rt::signal::unix::{Signal, SignalKind, signal};

use crate::http::Certificates;

/// Handled signals.
pub(super) struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
}

impl Signals {
    /// Installs the handlers.
    ///
    /// # Errors
    /// When the system refuses.
    pub(super) fn watch() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    /// Waits for the next stop signal and returns its name. Handles certificate reloads in the meantime.
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

/// Reloads the certificate. It may block on two small files, because the thread that handles signals serves no
/// requests.
fn reload(certificates: Option<&Certificates>) {
    match certificates.map(Certificates::reload) {
        None => log::info!(signal = "SIGHUP"; "nothing to reload; TLS is off"),
        Some(Ok(())) => log::info!(signal = "SIGHUP"; "certificate reloaded"),
        Some(Err(error)) => {
            log::error!(signal = "SIGHUP", error:% = error; "certificate not reloaded; the old one stays in use");
        }
    }
}
