//! The databases: one store for each, which keeps the audit trail, keys and sessions.
//!
//! | module | what it is |
//! |---|---|
//! | [`columns`] | the columns of the audit tables |
//! | [`sql`] | the questions as SQL text and values, for both dialects, and the rows that come back |
//! | [`rollup`] | counts by the minute, from which figures are answered |
//! | [`postgres`] | the store that replicas share |
//! | [`sqlite`] | the embedded store |
//! | [`migrations`] | brings a schema up, and refuses one that is newer than the binary |
//!
//! What a store has to do is said by [`actors::audit::AuditStore`]; whether it does is said by one suite of tests that
//! runs over each of them (`conformance`).

mod columns;
#[cfg(test)]
mod conformance;
mod migrations;
mod open_error;
pub mod postgres;
mod rollup;
mod sql;
pub mod sqlite;

use std::sync::Arc;

pub use open_error::OpenError;

use actors::{audit::AuditStore, keys::KeyStore, sessions::SessionStore, store::SecretStore};

use crate::config::{DatabaseConfig, Dialect};

/// One database, by what it keeps.
#[derive(Clone)]
pub struct Stores {
    /// The audit trail.
    pub audit: Arc<dyn AuditStore>,
    /// API keys.
    pub keys: Arc<dyn KeyStore>,
    /// Sessions of the portal.
    pub sessions: Arc<dyn SessionStore>,
    /// Secrets that the server makes for itself.
    pub secrets: Arc<dyn SecretStore>,
}

impl Stores {
    fn of<S: AuditStore + KeyStore + SessionStore + SecretStore>(store: S) -> Self {
        let store = Arc::new(store);
        Self {
            audit: Arc::clone(&store) as _,
            keys: Arc::clone(&store) as _,
            sessions: Arc::clone(&store) as _,
            secrets: store,
        }
    }
}

/// Opens the database that is configured, and brings its schema up.
///
/// # Errors
/// [`OpenError`], whose text is for the person who wrote the configuration.
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
