//! The place of a database, and how it is connected to.

use std::time::Duration;

use diesel::{Connection as _, ConnectionError, SqliteConnection, connection::SimpleConnection as _};

use super::interrupt::Guarded;

/// How long a statement waits for another process that writes; shorter than a writer waits for its answer.
const BUSY: Duration = Duration::from_secs(4);
/// Name of a database that is kept in memory.
pub(super) const MEMORY: &str = ":memory:";

/// Where the database is, as SQLite is told.
#[derive(Clone, Debug)]
pub(super) enum Place {
    Memory,
    File(String),
}

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    Write,
    /// Look-ups of keys and sessions.
    Identity,
    /// Questions about the audit trail.
    Analysis,
}

impl Place {
    /// Opens one more connection.
    pub(super) fn connect(&self, purpose: Purpose) -> Result<Guarded, ConnectionError> {
        let name = match self {
            Self::Memory => MEMORY,
            Self::File(name) => name,
        };
        let mut connection = SqliteConnection::establish(name)?;
        let own = match purpose {
            // Negative sizes are in KiB. A checkpoint each 16 MiB, and a log that shrinks to 64 MiB after a long reader.
            Purpose::Write => {
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
