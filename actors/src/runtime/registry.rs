//! Registry of the actors: filled by [`super::Supervised`] at each start, read by metrics, logs, the portal and
//! shutdown.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use arc_swap::ArcSwap;
use futures_util::future::join_all;

use super::{
    places::Places,
    record::{ActorRecord, ActorState, Counts},
};

/// All actors of a server, in the order of their start. Clones share the list. Reading takes no lock.
#[derive(Clone, Default)]
pub struct Registry {
    records: Arc<ArcSwap<Vec<Arc<ActorRecord>>>>,
    /// Held while an actor is added.
    entering: Arc<Mutex<()>>,
}

impl Registry {
    /// Adds an actor. It replaces a stopped one of the same name, if there is one, and continues its totals. So the
    /// list does not grow with each restarted worker thread, and totals never decrease.
    pub(super) fn enter(&self, name: &'static str, places: Arc<Places>, counts: Arc<dyn Counts>) -> Arc<ActorRecord> {
        log::info!(actor = name, mailbox_capacity = places.capacity(); "actor started");
        let _entering = self.entering.lock().unwrap_or_else(PoisonError::into_inner);
        let mut records = Vec::clone(&self.records.load());
        let of_name = |record: &&Arc<ActorRecord>| record.name == name;
        let stopped = records.iter().position(|record| of_name(&record) && record.has_stopped());
        let instance = stopped.map_or(records.iter().filter(of_name).count() + 1, |at| records[at].instance);
        let carried = stopped.map(|at| records.remove(at).observe());
        let record = Arc::new(ActorRecord::new((name, instance), places, counts, carried));
        records.insert(stopped.unwrap_or(records.len()), Arc::clone(&record));
        self.records.store(Arc::new(records));
        record
    }

    /// Returns the state of all actors, in the order of their start.
    #[must_use]
    pub fn observe(&self) -> Vec<ActorState> {
        self.records.load().iter().map(|record| record.observe()).collect()
    }

    /// Stops all actors of that name at the same time, each within `limit`, and logs the results.
    pub async fn stop(&self, name: &str, limit: Duration) {
        self.stop_those(|record| record.name == name, limit).await;
    }

    /// Stops all running actors at the same time, each within `limit`, and logs the results.
    pub async fn stop_all(&self, limit: Duration) {
        self.stop_those(|_| true, limit).await;
    }

    async fn stop_those(&self, which: impl Fn(&ActorRecord) -> bool, limit: Duration) {
        let records = self.records.load_full();
        join_all(records.iter().filter(|record| which(record)).map(|record| stop(record, limit))).await;
    }
}

async fn stop(record: &ActorRecord, limit: Duration) {
    let stopped = record.stop(limit).await;
    if record.was_told() {
        return;
    }
    let (actor, handled, left) = (record.name, record.observe().mailbox.handled, stopped.left);
    if !stopped.ended {
        log::warn!(actor = actor, handled = handled, left = left; "actor did not stop in time");
    } else if left > 0 {
        log::warn!(actor = actor, handled = handled, left = left; "actor stopped with messages left");
    } else {
        log::info!(actor = actor, handled = handled; "actor stopped");
    }
}

#[cfg(test)]
mod tests;
