//! From the first request to the last: serve, then drain.

use std::time::{Duration, Instant};

use actors::registrar;

use super::{Application, signals::Signals};
use crate::telemetry;

/// Time for the audit sink to write what waits, even when running requests have used up the grace period.
const DRAIN_LEAST: Duration = Duration::from_secs(1);
/// Longest wait for actors to finish the messages that they have.
const ACTORS_STOP_MAX: Duration = Duration::from_secs(2);

impl Application {
    /// Serves until a signal, then drains: `/readyz` says so, after `pre_shutdown_delay` nothing more is accepted, and
    /// what runs may end within `grace_period`. A second signal skips the wait, a third ends the process at once.
    ///
    /// # Errors
    /// When the server ends by itself.
    pub(super) async fn run_until_stopped(self, mut signals: Signals) -> anyhow::Result<()> {
        let shutdown = &self.config.server.shutdown;
        let handle = self.server.handle();
        let mut server = actix_rt::spawn(self.server);
        let signal = tokio::select! {
            ended = &mut server => {
                ended??;
                anyhow::bail!("the server ended by itself");
            }
            signal = signals.stop(self.certificates.as_deref()) => signal,
        };
        self.readiness.drain();
        let actors = self.backing.actors.clone();
        // A try in progress is given up.
        actors.stop(registrar::NAME, Duration::ZERO).await;
        log::info!(signal = signal, pre_shutdown_delay_ms = millis(shutdown.pre_shutdown_delay); "draining");
        tokio::select! {
            () = actix_rt::time::sleep(shutdown.pre_shutdown_delay) => {}
            signal = signals.stop(None) => log::info!(signal = signal; "second signal; not waiting any longer"),
        }
        log::info!(grace_period_ms = millis(shutdown.grace_period); "stopping; what runs may end");
        let stopping = Instant::now();
        tokio::select! {
            () = handle.stop(true) => {}
            signal = signals.stop(None) => end_at_once(signal),
        }
        tokio::select! {
            ended = &mut server => ended??,
            signal = signals.stop(None) => end_at_once(signal),
        }
        if let Some(trail) = self.trail {
            let left = shutdown.grace_period.saturating_sub(stopping.elapsed()).max(DRAIN_LEAST);
            tokio::select! {
                () = trail.stop(left) => {}
                signal = signals.stop(None) => end_at_once(signal),
            }
        }
        actors.stop_all(ACTORS_STOP_MAX).await;
        self.backing.close().await;
        log::info!("stopped");
        Ok(())
    }
}

fn end_at_once(signal: &'static str) {
    log::warn!(signal = signal; "signal while stopping; ending at once");
    telemetry::log::flush();
    std::process::exit(1);
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
