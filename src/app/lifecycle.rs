//! Serving and draining. However the server ends, running requests are recorded.

use std::time::{Duration, Instant};

use actors::registrar;
use anyhow::Context as _;

use super::{Application, signals::Signals};
use crate::telemetry;

/// Time for the audit sink to write waiting events, even when running requests have used up the grace period.
const DRAIN_LEAST: Duration = Duration::from_secs(1);
/// Maximum wait for actors to handle their remaining messages.
const ACTORS_STOP_MAX: Duration = Duration::from_secs(2);

impl Application {
    /// Serves until a signal, then drains: `/readyz` reports it, after `pre_shutdown_delay` no more connections are
    /// accepted, and running requests have `grace_period` to finish before they are cut off. A second signal skips the
    /// wait, a third ends the process at once. A server that ends by itself is drained too.
    ///
    /// # Errors
    /// When the server ends by itself.
    pub(super) async fn run_until_stopped(self, signals: Signals) -> anyhow::Result<()> {
        let Self { config, server, readiness, certificates, running, tap, tls_faults, trail, backing, .. } = self;
        let shutdown = &config.server.shutdown;
        let mut stop = Stop { signals, seen: 0 };
        let handle = server.handle();
        let mut server = actix_rt::spawn(server);
        let asked = tokio::select! {
            ended = &mut server => Err(by_itself(ended)),
            signal = stop.signals.stop(certificates.as_deref()) => Ok(signal),
        };
        readiness.drain();
        let actors = backing.actors.clone();
        // Cancels a registration attempt in progress.
        actors.stop(registrar::NAME, Duration::ZERO).await;
        let began = Instant::now();
        let (outcome, stopping) = match asked {
            Ok(signal) => {
                stop.seen = 1;
                log::info!(signal = signal, pre_shutdown_delay_ms = millis(shutdown.pre_shutdown_delay); "draining");
                tokio::select! {
                    () = actix_rt::time::sleep(shutdown.pre_shutdown_delay) => {}
                    () = stop.second() => {}
                }
                let stopping = Instant::now();
                log::info!(grace_period_ms = millis(shutdown.grace_period); "stopping; waiting for running requests");
                let ending = async {
                    handle.stop(true).await;
                    (&mut server).await.context("the server's task")?.context("the server")
                };
                let ended = tokio::select! {
                    ended = ending => ended,
                    () = actix_rt::time::sleep(shutdown.grace_period) => Ok(()),
                    () = stop.second() => Ok(()),
                };
                (ended, stopping)
            }
            Err(error) => {
                log::error!(error:% = format!("{error:#}"); "stopping; running requests are cut off");
                (Err(error), began)
            }
        };
        let drained = async {
            running.end().await;
            if let Some(tap) = tap {
                tap.stop().await;
            }
            if let Some(tls_faults) = tls_faults {
                tls_faults.stop().await;
            }
            if let Some(trail) = trail {
                let left = shutdown.grace_period.saturating_sub(stopping.elapsed()).max(DRAIN_LEAST);
                trail.stop(left).await;
            }
        };
        tokio::select! {
            () = drained => {}
            () = stop.third() => {}
        }
        actors.stop_all(ACTORS_STOP_MAX).await;
        backing.close().await;
        log::info!("stopped");
        outcome
    }
}

/// Number of signals since the server was asked to stop, including the first.
struct Stop {
    signals: Signals,
    seen: u32,
}

impl Stop {
    /// Waits for the second signal. The third ends the process.
    async fn second(&mut self) {
        loop {
            let signal = self.signals.stop(None).await;
            self.seen += 1;
            if self.seen > 2 {
                end_at_once(signal);
            }
            if self.seen == 2 {
                log::info!(signal = signal; "second signal; not waiting any longer");
                return;
            }
        }
    }

    /// Waits for the third signal, which ends the process.
    async fn third(&mut self) {
        loop {
            self.second().await;
        }
    }
}

fn by_itself(ended: Result<std::io::Result<()>, tokio::task::JoinError>) -> anyhow::Error {
    match ended {
        Ok(Ok(())) => anyhow::anyhow!("the server ended by itself"),
        Ok(Err(error)) => anyhow::Error::new(error).context("the server ended by itself"),
        Err(error) => anyhow::Error::new(error).context("the server ended by itself"),
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
