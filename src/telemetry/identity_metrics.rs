//! Metrics of the actors that know keys, tokens and sessions.

use actors::{ActorState, JwksState, KeyKeeperState, SessionsState};
use prometheus::{IntCounter, IntCounterVec, Opts, Registry};

use super::copied::raise;

/// States of these actors, as far as they run.
#[derive(Clone, Debug, Default)]
pub struct IdentityObserved {
    /// Keeps the keys of the database.
    pub keys: Option<KeyKeeperState>,
    /// Keeps the provider's public keys.
    pub jwks: Option<JwksState>,
    /// Keeps the portal's sessions.
    pub sessions: Option<SessionsState>,
}

impl IdentityObserved {
    /// The actors themselves.
    pub(super) fn actors(&self) -> impl Iterator<Item = &ActorState> {
        let keys = self.keys.iter().map(|state| &state.actor);
        let jwks = self.jwks.iter().map(|state| &state.actor);
        keys.chain(jwks).chain(self.sessions.iter().map(|state| &state.actor))
    }
}

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
        let key_hits =
            IntCounter::new("api_test_key_cache_hits_total", "Keys of the database that were let in by memory")?;
        let key_misses =
            IntCounter::new("api_test_key_cache_misses_total", "Keys for which the database had to be asked")?;
        let key_queries = IntCounter::new(
            "api_test_key_queries_total",
            "Questions to the database about keys, each for many of them",
        )?;
        let key_proofs = IntCounter::new("api_test_key_proofs_total", "Keys that were proved by bcrypt")?;
        let jwks_refreshes = IntCounterVec::new(
            Opts::new(
                "api_test_oidc_jwks_refreshes_total",
                "Fetches of the provider's keys after the first, by result",
            ),
            &["result"],
        )?;
        let sessions = IntCounterVec::new(
            Opts::new("api_test_sessions_total", "Portal sessions and sign-ins that began or ended here"),
            &["event"],
        )?;
        // Shown from the start, so that a first failure is seen as a rise.
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

    pub(super) fn observe(&self, observed: &IdentityObserved) {
        if let Some(keys) = &observed.keys {
            raise(&self.key_hits, keys.hits);
            raise(&self.key_misses, keys.misses);
            raise(&self.key_queries, keys.queries);
            raise(&self.key_proofs, keys.proofs);
        }
        if let Some(jwks) = &observed.jwks {
            raise(&self.jwks_refreshes.with_label_values(&["ok"]), jwks.refreshed);
            raise(&self.jwks_refreshes.with_label_values(&["failed"]), jwks.failed);
        }
        if let Some(sessions) = &observed.sessions {
            raise(&self.sessions.with_label_values(&["begun"]), sessions.begun);
            raise(&self.sessions.with_label_values(&["ended"]), sessions.ended);
        }
    }
}
