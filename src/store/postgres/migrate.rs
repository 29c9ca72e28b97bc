//! Migrates the schema, one process at a time.

use diesel::connection::SimpleConnection as _;
use diesel_async::{AsyncPgConnection, async_connection_wrapper::AsyncConnectionWrapper};
use diesel_migrations::{EmbeddedMigrations, embed_migrations};

use super::connect::Connector;
use crate::store::{OpenError, opening::bring_up};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Waits for a migrating replica, at most a minute. The lock ends with its connection.
const LOCK: &str = "SET lock_timeout = '60s'; SELECT pg_advisory_lock(7382054461237090); SET lock_timeout = 0";

/// Runs the pending migrations and returns their number.
pub(super) async fn migrate(connector: &Connector) -> Result<usize, OpenError> {
    let (client, connection) = connector.connect().await.map_err(|error| OpenError::Unavailable(error.to_string()))?;
    let connection = AsyncPgConnection::try_from_client_and_connection(client, connection)
        .await
        .map_err(|error| OpenError::Unavailable(error.to_string()))?;
    // Migrations block, and the runtime may have a single thread.
    let migrating = tokio::task::spawn_blocking(move || {
        let mut connection: AsyncConnectionWrapper<AsyncPgConnection> = connection.into();
        connection.batch_execute(LOCK).map_err(|error| OpenError::Migration(error.to_string()))?;
        bring_up(&mut connection, MIGRATIONS)
    });
    migrating.await.map_err(|error| OpenError::Migration(error.to_string()))?
}
