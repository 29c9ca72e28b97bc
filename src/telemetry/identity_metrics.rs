//! Metrics of the actors for keys, tokens and sessions.

use actors::{ActorState, KeyActor, SessionActor, jwks};
use prometheus::{IntCounter, IntCounterVec, Opts, Registry};

use super::copied::{raise, total};

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
