//! Running requests during shutdown: counted, cut off after the grace period, and always recorded.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use actix_rt::{Arbiter, ArbiterHandle};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::telemetry::metrics::Metrics;

/// Maximum time for cut-off requests to be answered and recorded.
const CUT_MAX: Duration = Duration::from_secs(1);
/// Polling interval while requests are running.
const LOOK: Duration = Duration::from_millis(5);

/// Running requests of all worker threads. Clones share everything.
#[derive(Clone)]
pub(super) struct Running {
    cut: CancellationToken,
    workers: Arc<Mutex<Vec<ArbiterHandle>>>,
    metrics: Metrics,
}

impl Running {
    pub(super) fn new(metrics: Metrics) -> Self {
        Self { cut: CancellationToken::new(), workers: Arc::default(), metrics }
    }

    /// Registers the calling worker thread. Returns the signal that tells its requests to end. Each thread has its own,
    /// so that they share no lock.
    pub(super) fn join(&self) -> CancellationToken {
        if let Some(worker) = Arbiter::try_current() {
            self.workers().push(worker);
        }
        self.cut.child_token()
    }

    /// Ends all requests: those without a response get 503, streaming ones are cut off. Requests whose clients don't
    /// read are dropped with their threads. Afterwards no request is running and all are recorded.
    pub(super) async fn end(&self) {
        self.cut.cancel();
        if self.none_within(CUT_MAX).await {
            return;
        }
        log::warn!(requests = self.metrics.running(); "requests don't end; ending their connections");
        for worker in self.workers().drain(..) {
            worker.stop();
        }
        if !self.none_within(CUT_MAX).await {
            log::error!(requests = self.metrics.running(); "requests are not recorded: their threads don't end");
        }
    }

    async fn none_within(&self, limit: Duration) -> bool {
        let deadline = Instant::now() + limit;
        while self.metrics.running() > 0 {
            if Instant::now() >= deadline {
                return false;
            }
            tokio::time::sleep(LOOK).await;
        }
        true
    }

    /// Locked only at boot and shutdown.
    fn workers(&self) -> std::sync::MutexGuard<'_, Vec<ArbiterHandle>> {
        self.workers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
