//! Opening a database: the migration of its schema to the version of the binary, and what can go wrong. Migrations only go
//! forward; `down.sql` is for manual use.

use std::collections::HashSet;

use diesel::{backend::Backend, migration::MigrationSource};
use diesel_migrations::MigrationHarness;

/// Reason why a store can't be opened. The text names the key and never the password.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// No database is configured.
    #[error("database.url is not set")]
    Missing,
    /// The database can't be reached or opened.
    #[error("database.url: {0}")]
    Unavailable(String),
    /// The schema was migrated by a newer binary.
    #[error("database.url: the database is newer than this api-test (migration {0}); use a newer binary")]
    Newer(String),
    /// A migration failed.
    #[error("database.url: migrations failed: {0}")]
    Migration(String),
}

impl From<diesel::result::Error> for OpenError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Migration(error.to_string())
    }
}

/// Runs the pending migrations of `source` and returns their number. The caller must hold a lock, because two processes
/// may start at once.
pub(super) fn bring_up<DB: Backend>(
    connection: &mut impl MigrationHarness<DB>,
    source: impl MigrationSource<DB>,
) -> Result<usize, OpenError> {
    let failed = |error: Box<dyn std::error::Error + Send + Sync>| OpenError::Migration(error.to_string());
    let known: HashSet<String> =
        source.migrations().map_err(failed)?.iter().map(|step| step.name().version().to_string()).collect();
    let applied = connection.applied_migrations().map_err(failed)?;
    // Newest first.
    if let Some(unknown) = applied.iter().map(ToString::to_string).find(|version| !known.contains(version)) {
        return Err(OpenError::Newer(unknown));
    }
    Ok(connection.run_pending_migrations(source).map_err(failed)?.len())
}
