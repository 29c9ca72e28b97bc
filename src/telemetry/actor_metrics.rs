//! Metrics copied from the actors' own counts: of the audit trail, and of keys, tokens and sessions.

use std::time::Duration;

use actors::{
    ActorState, KeyActor, SessionActor,
    audit::{BatchWritten, SinkState},
    jwks,
};
use prometheus::{Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, Opts, Registry};

/// Upper bounds of the batch size histogram, in events.
const BATCH_BUCKETS: [f64; 10] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0];
/// Upper bounds of the write histogram in seconds. A write is cancelled after 5 s.
const WRITE_BUCKETS: [f64; 11] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];

/// Metrics of the audit trail.
#[derive(Clone)]
pub(super) struct AuditMetrics {
    received: IntCounter,
    written: IntCounter,
    dropped: IntCounter,
    refused: IntCounter,
    retries: IntCounter,
    removed: IntCounter,
    depth: IntGauge,
    capacity: IntGauge,
    bytes: IntGauge,
    connections_received: IntCounter,
    connections_written: IntCounter,
    connections_dropped: IntCounter,
    connections_depth: IntGauge,
    batch_size: Histogram,
    write_seconds: Histogram,
}

impl AuditMetrics {
    /// Registers the metrics.
    pub(super) fn register(registry: &Registry) -> prometheus::Result<Self> {
        let counter = |name, help| {
            let counter = IntCounter::new(name, help)?;
            registry.register(Box::new(counter.clone()))?;
            prometheus::Result::Ok(counter)
        };
        let gauge = |name, help| {
            let gauge = IntGauge::new(name, help)?;
            registry.register(Box::new(gauge.clone()))?;
            prometheus::Result::Ok(gauge)
        };
        let histogram = |name, help, buckets: &[f64]| {
            let histogram = Histogram::with_opts(HistogramOpts::new(name, help).buckets(buckets.to_vec()))?;
            registry.register(Box::new(histogram.clone()))?;
            prometheus::Result::Ok(histogram)
        };
        Ok(Self {
            received: counter("api_test_audit_received_total", "Events to record, including dropped ones")?,
            written: counter("api_test_audit_written_total", "Events written to the store")?,
            dropped: counter(
                "api_test_audit_dropped_total",
                "Events lost: queue full, shutdown, or refused by the store",
            )?,
            refused: counter("api_test_audit_refused_total", "Dropped events that the store refused")?,
            retries: counter("api_test_audit_retries_total", "Retried writes")?,
            removed: counter("api_test_audit_removed_total", "Events removed by retention of this replica")?,
            depth: gauge("api_test_audit_queue_depth", "Events not yet written")?,
            capacity: gauge("api_test_audit_queue_capacity", "Capacity of the queue in events")?,
            bytes: gauge("api_test_audit_queue_bytes", "Memory of waiting events in bytes")?,
            connections_received: counter(
                "api_test_audit_connections_received_total",
                "Connections to record, including dropped ones",
            )?,
            connections_written: counter(
                "api_test_audit_connections_written_total",
                "Connections written to the store",
            )?,
            connections_dropped: counter(
                "api_test_audit_connections_dropped_total",
                "Connections lost: queue full, shutdown, or refused by the store",
            )?,
            connections_depth: gauge("api_test_audit_connections_queue_depth", "Connections not yet written")?,
            batch_size: histogram("api_test_audit_batch_size", "Events per batch", &BATCH_BUCKETS)?,
            write_seconds: histogram(
                "api_test_audit_write_seconds",
                "Duration of writing a batch in seconds",
                &WRITE_BUCKETS,
            )?,
        })
    }

    /// Returns the callback that the sink calls after each write.
    pub(super) fn batch_written(&self) -> BatchWritten {
        let (batch_size, write_seconds) = (self.batch_size.clone(), self.write_seconds.clone());
        Box::new(move |rows: usize, took: Duration| {
            batch_size.observe(rows as f64);
            write_seconds.observe(took.as_secs_f64());
        })
    }

    /// Copies the actors' own counters.
    pub(super) fn observe(&self, sink: &SinkState, removed: u64) {
        raise(&self.received, sink.events.received);
        raise(&self.written, sink.events.written);
        raise(&self.dropped, sink.events.dropped);
        raise(&self.refused, sink.events.refused);
        raise(&self.retries, sink.events.retries);
        raise(&self.removed, removed);
        set(&self.depth, sink.events.depth);
        set(&self.capacity, sink.events.capacity);
        raise(&self.connections_received, sink.connections.received);
        raise(&self.connections_written, sink.connections.written);
        raise(&self.connections_dropped, sink.connections.dropped);
        set(&self.connections_depth, sink.connections.depth);
        set(&self.bytes, usize::try_from(sink.events.bytes).unwrap_or(usize::MAX));
    }
}

/// Metrics of the actors for keys, tokens and sessions.
#[derive(Clone)]
pub(super) struct IdentityMetrics {
    key_hits: IntCounter,
    key_misses: IntCounter,
    key_queries: IntCounter,
    key_proofs: IntCounter,
    jwks_refreshes: IntCounterVec,
    sessions: IntCounterVec,
}

impl IdentityMetrics {
    pub(super) fn new(registry: &Registry) -> prometheus::Result<Self> {
        let key_hits = IntCounter::new("api_test_key_cache_hits_total", "Look-ups of keys answered by the cache")?;
        let key_misses =
            IntCounter::new("api_test_key_cache_misses_total", "Look-ups of keys that needed the database")?;
        let key_queries =
            IntCounter::new("api_test_key_queries_total", "Database queries for keys, each for many look-ups")?;
        let key_proofs = IntCounter::new("api_test_key_proofs_total", "Keys verified with bcrypt")?;
        let jwks_refreshes = IntCounterVec::new(
            Opts::new("api_test_oidc_jwks_refreshes_total", "Refreshes of the provider's keys, by result"),
            &["result"],
        )?;
        let sessions = IntCounterVec::new(
            Opts::new("api_test_sessions_total", "Portal sessions that began or ended here"),
            &["event"],
        )?;
        // Exported from the start, so that a first failure appears as an increase.
        ["ok", "failed"].iter().for_each(|result| drop(jwks_refreshes.with_label_values(&[*result])));
        ["begun", "ended"].iter().for_each(|event| drop(sessions.with_label_values(&[*event])));
        registry.register(Box::new(key_hits.clone()))?;
        registry.register(Box::new(key_misses.clone()))?;
        registry.register(Box::new(key_queries.clone()))?;
        registry.register(Box::new(key_proofs.clone()))?;
        registry.register(Box::new(jwks_refreshes.clone()))?;
        registry.register(Box::new(sessions.clone()))?;
        Ok(Self { key_hits, key_misses, key_queries, key_proofs, jwks_refreshes, sessions })
    }

    /// Copies the actors' own counters.
    pub(super) fn observe(&self, actors: &[ActorState]) {
        let keys = |count| total(actors, KeyActor::NAME, count);
        raise(&self.key_hits, keys("hits"));
        raise(&self.key_misses, keys("misses"));
        raise(&self.key_queries, keys("queries"));
        raise(&self.key_proofs, keys("proofs"));
        for result in ["ok", "failed"] {
            raise(&self.jwks_refreshes.with_label_values(&[result]), total(actors, jwks::NAME, result));
        }
        for event in ["begun", "ended"] {
            raise(&self.sessions.with_label_values(&[event]), total(actors, SessionActor::NAME, event));
        }
    }
}

/// Increases a counter to a count. Never decreases it.
pub(super) fn raise(counter: &IntCounter, to: u64) {
    counter.inc_by(to.saturating_sub(counter.get()));
}

/// Sets a gauge to a size.
pub(super) fn set(gauge: &IntGauge, to: usize) {
    gauge.set(i64::try_from(to).unwrap_or(i64::MAX));
}

/// Returns the actors with a name.
pub(super) fn of_name<'a>(actors: &'a [ActorState], name: &str) -> impl Iterator<Item = &'a ActorState> {
    actors.iter().filter(move |actor| actor.name == name)
}

/// Sums a count over the actors with a name.
pub(super) fn total(actors: &[ActorState], name: &str, count: &str) -> u64 {
    of_name(actors, name).map(|actor| actor.count(count)).sum()
}
