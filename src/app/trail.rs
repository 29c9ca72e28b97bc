//! Assembly of the audit trail: store, sink, hub and housekeeper.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use actors::{
    Registry,
    audit::{
        AuditSink, AuditStore, ConnectionStore, HousekeeperActor, Hub, QueueState, Schedule, SinkEnd, SinkObserver,
        SinkSettings, SinkState, SinkStopped, SinkStores,
    },
};
use anyhow::Context as _;
use chrono::TimeDelta;

use super::{backing::Database, others};
use crate::{
    audit::{FingerprintKey, KEY_BYTES, Recorder, Redactor},
    config::{AuditConfig, Config},
    portal::api::AuditReader,
    telemetry::metrics::Metrics,
};

/// Interval between rounds of the housekeeper.
const HOUSEKEEPING: Duration = Duration::from_secs(60 * 60);

/// Name under which stores keep the key of the fingerprints.
const FINGERPRINT_KEY: &str = "audit_fingerprint_key";

/// Creates the redactor. With audit on, values have fingerprints, with the configured key or one shared by all replicas
/// of this database.
///
/// # Errors
/// When the database is unavailable.
pub(super) async fn redactor(config: &Config, database: Option<&Database>) -> anyhow::Result<Arc<Redactor>> {
    let key = match database.filter(|_| config.audit.enabled) {
        None => None,
        Some(_) if !config.audit.fingerprint_key.is_empty() => {
            Some(FingerprintKey::new(config.audit.fingerprint_key.expose().as_bytes()))
        }
        Some(database) => {
            let proposed: [u8; KEY_BYTES] = rand::random();
            let kept = database.stores.secrets.agree_on(FINGERPRINT_KEY, proposed.to_vec()).await;
            Some(FingerprintKey::new(&kept.context("key of the fingerprints")?))
        }
    };
    Ok(Arc::new(Redactor::new(config, key)))
}

/// A running audit trail.
pub(super) struct Trail {
    store: Arc<dyn AuditStore>,
    connections: Arc<dyn ConnectionStore>,
    hub: Hub,
    pub(super) recorder: Arc<Recorder>,
    sink: SinkObserver,
    sink_end: SinkEnd,
    runtime: tokio::runtime::Handle,
}

impl Trail {
    /// Starts the actors over the database; `None` when the audit trail is off. `instance` names this replica.
    ///
    /// # Errors
    /// When the actors can't be started.
    pub(super) async fn start(
        config: &Config,
        metrics: &Metrics,
        redactor: &Arc<Redactor>,
        instance: String,
        database: Option<&Database>,
        actors: &Registry,
    ) -> anyhow::Result<Option<Self>> {
        let Some(database) = database.filter(|_| config.audit.enabled) else { return Ok(None) };
        let store = Arc::clone(&database.stores.audit);
        let hub = Hub::default();
        let AuditConfig { buffer_size, buffer_bytes, retention_days, .. } = config.audit;
        let settings = SinkSettings { places: buffer_size, bytes_max: buffer_bytes, written: metrics.batch_written() };
        let connections = Arc::clone(&database.stores.connections);
        let stores = SinkStores { events: Arc::clone(&store), connections: Arc::clone(&connections) };
        let (sink, observer, sink_end) = AuditSink::start(actors, stores, hub.clone(), settings).await?;
        let schedule = Schedule { retention: TimeDelta::days(retention_days.into()), every: HOUSEKEEPING };
        HousekeeperActor::start(actors, Arc::clone(&store), Arc::clone(&connections), schedule);
        let (tell, relay) = others::relay(&store, &hub);
        if let Some(watch) = store.watch(tell) {
            database.spawn(watch);
            database.spawn(relay);
        }
        let recorder = Arc::new(Recorder::new(config, sink, Arc::clone(redactor), instance));
        Ok(Some(Self { store, connections, hub, recorder, sink: observer, sink_end, runtime: database.runtime() }))
    }

    /// Reads the state of the sink from any thread.
    pub(super) fn sink(&self) -> SinkObserver {
        self.sink.clone()
    }

    /// Returns read access to the trail.
    pub(super) fn reader(&self) -> AuditReader {
        let sink = self.sink.clone();
        AuditReader {
            store: Arc::clone(&self.store),
            connections: Arc::clone(&self.connections),
            hub: self.hub.clone(),
            observe: Arc::new(move || sink.observe()),
            runtime: self.runtime.clone(),
        }
    }

    /// Writes waiting events for at most `limit`, then ends the sink.
    pub(super) async fn stop(self, limit: Duration) {
        let began = Instant::now();
        let SinkStopped { left, connections_left, .. } = self.sink_end.stop(limit).await;
        let took_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let SinkState { events, connections } = self.sink.observe();
        for (actor, state, left) in [("audit-sink", events, left), ("audit-connections", connections, connections_left)]
        {
            let QueueState { received, written, dropped, .. } = state;
            if left > 0 {
                log::warn!(actor = actor, received = received, written = written, dropped = dropped, left = left,
                    took_ms = took_ms; "actor stopped; rows were lost because the store did not take them in time");
            } else {
                log::info!(actor = actor, received = received, written = written, dropped = dropped, left = left,
                    took_ms = took_ms; "actor stopped");
            }
        }
    }
}
