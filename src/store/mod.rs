//! Databases: one store for each, which keeps the audit trail, keys and sessions.
//!
//! | module | contents |
//! |---|---|
//! | [`columns`] | columns of the audit tables |
//! | [`sql`] | queries as SQL text and values in both dialects, and the rows of their results |
//! | [`rollup`] | counts per minute, from which statistics are computed |
//! | [`postgres`] | the store that replicas share |
//! | [`sqlite`] | the embedded store |
//! | [`opening`] | migrates a schema, and refuses one that is newer than the binary |
//!
//! [`actors::audit::AuditStore`] specifies what a store must do. One conformance suite (`conformance`) tests it for
//! each of them.

mod columns;
#[cfg(test)]
mod conformance;
mod opening;
pub mod postgres;
mod rollup;
mod sql;
pub mod sqlite;

use std::sync::Arc;

pub use opening::OpenError;

use actors::{
    audit::{AuditStore, ConnectionStore},
    keys::KeyStore,
    sessions::SessionStore,
    store::SecretStore,
};

use crate::config::{DatabaseConfig, Dialect};

/// A database, as one interface per kind of data.
#[derive(Clone)]
pub struct Stores {
    /// The audit trail.
    pub audit: Arc<dyn AuditStore>,
    /// Connections of the audit trail.
    pub connections: Arc<dyn ConnectionStore>,
    /// API keys.
    pub keys: Arc<dyn KeyStore>,
    /// Sessions of the portal.
    pub sessions: Arc<dyn SessionStore>,
    /// Secrets that the server generates.
    pub secrets: Arc<dyn SecretStore>,
}

impl Stores {
    fn of<S: AuditStore + ConnectionStore + KeyStore + SessionStore + SecretStore>(store: S) -> Self {
        let store = Arc::new(store);
        Self {
            audit: Arc::clone(&store) as _,
            connections: Arc::clone(&store) as _,
            keys: Arc::clone(&store) as _,
            sessions: Arc::clone(&store) as _,
            secrets: store,
        }
    }
}

/// Opens the configured database and migrates its schema.
///
/// # Errors
/// [`OpenError`], whose text is meant for the author of the configuration.
pub async fn open(config: &DatabaseConfig) -> Result<Stores, OpenError> {
    let url = config.url.as_ref().ok_or(OpenError::Missing)?;
    match url.dialect() {
        Dialect::Sqlite => {
            let path = url.sqlite_path().ok_or(OpenError::Missing)?;
            sqlite::Sqlite::open(path).await.map(Stores::of)
        }
        Dialect::Postgres => postgres::Postgres::open(config, url.expose()).await.map(Stores::of),
    }
}
