//! What runs when the server stops: it is counted, cut when its time is over, and written down whatever happens.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use actix_rt::{Arbiter, ArbiterHandle};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::telemetry::metrics::Metrics;

/// Longest time for requests that were cut to be answered and written down.
const CUT_MAX: Duration = Duration::from_secs(1);
/// Pause between two looks at what still runs.
const LOOK: Duration = Duration::from_millis(5);

/// The requests that run on all worker threads. Clones share everything.
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

    /// Joins the worker thread that calls this. Gives what tells its requests to end: one for each thread, so that
    /// threads that serve requests share no lock.
    pub(super) fn join(&self) -> CancellationToken {
        if let Some(worker) = Arbiter::try_current() {
            self.workers().push(worker);
        }
        self.cut.child_token()
    }

    /// Ends all requests: those without an answer get 503, those that stream are cut. Those whose clients don't read are
    /// dropped with their threads. After it nothing runs, and all that ran is written down.
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
            log::error!(requests = self.metrics.running(); "requests are not on record: their threads don't end");
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

    /// Only boot and shutdown take this lock.
    fn workers(&self) -> std::sync::MutexGuard<'_, Vec<ArbiterHandle>> {
        self.workers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
