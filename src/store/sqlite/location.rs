//! Location of a database, and connections to it.

use std::time::Duration;

use diesel::{Connection as _, ConnectionError, SqliteConnection, connection::SimpleConnection as _};

use super::interrupt::Guarded;

/// Time that a statement waits for another writing process. Shorter than the timeout of a write.
const BUSY: Duration = Duration::from_secs(4);
/// Name of a database in memory.
pub(super) const MEMORY: &str = ":memory:";

/// Location of the database.
#[derive(Clone, Debug)]
pub(super) enum DatabaseLocation {
    Memory,
    File(String),
}

/// Purpose of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    Write,
    /// Keys, sessions and secrets that are written.
    WriteIdentity,
    /// Look-ups of keys and sessions.
    Identity,
    /// Queries of the audit trail.
    Analysis,
}

impl DatabaseLocation {
    /// Opens another connection.
    pub(super) fn connect(&self, purpose: Purpose) -> Result<Guarded, ConnectionError> {
        let name = match self {
            Self::Memory => MEMORY,
            Self::File(name) => name,
        };
        let mut connection = SqliteConnection::establish(name)?;
        let own = match purpose {
            // Negative sizes are in KiB. Checkpoint every 16 MiB; the log shrinks to 64 MiB after a long read.
            Purpose::Write | Purpose::WriteIdentity => {
                "PRAGMA cache_size = -8192; PRAGMA wal_autocheckpoint = 4096; PRAGMA journal_size_limit = 67108864;"
            }
            Purpose::Identity => "PRAGMA cache_size = -1024; PRAGMA query_only = ON;",
            Purpose::Analysis => "PRAGMA cache_size = -4096; PRAGMA query_only = ON;",
        };
        let pragmas = format!(
            "PRAGMA busy_timeout = {}; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON; {own}",
            BUSY.as_millis()
        );
        connection.batch_execute(&pragmas).map_err(ConnectionError::CouldntSetupConfiguration)?;
        Guarded::new(connection).map_err(ConnectionError::CouldntSetupConfiguration)
    }
}
