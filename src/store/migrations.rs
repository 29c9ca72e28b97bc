//! Migrates a schema to the version of the binary. Forward only; `down.sql` is for manual use.

use std::collections::HashSet;

use diesel::{backend::Backend, migration::MigrationSource};
use diesel_migrations::MigrationHarness;

use super::OpenError;

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
