//! Connections: one for writing, some for reading. All work runs on the thread pool for blocking work.
//!
//! Connections for identity (keys, sessions) and for analysis (the audit trail) are separate, so that keys are found at
//! once however many slow queries of the trail run. An abandoned query (the client closed, or it timed out) is
//! interrupted.
//!
//! A database in memory belongs to one connection, and connections that share one (shared cache) wait for each other's
//! statements. So there are two databases: one for identity, one for the trail, where appends wait for queries.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use actors::store::StoreError;
use diesel::{
    SqliteConnection,
    result::{DatabaseErrorKind, Error, QueryResult},
};
use tokio::sync::Semaphore;

use super::{
    interrupt::{Guarded, WorkGuard},
    location::{DatabaseLocation, Purpose},
};

/// Number of concurrent queries of the trail. Each occupies a core; others wait.
const ANALYSES: u32 = 4;
/// Number of concurrent look-ups of keys and sessions. Each takes microseconds.
const LOOK_UPS: u32 = 2;

/// The connections to one store.
pub(super) struct Connections {
    place: DatabaseLocation,
    /// In memory: the trail's only connection.
    write: Lane,
    /// In memory: the only connection to a database of its own.
    identity: Lane,
    /// Unused in memory.
    analysis: Lane,
}

/// Idle connections for one purpose, with a semaphore for their use.
struct Lane {
    idle: Mutex<Vec<Guarded>>,
    leave: Arc<Semaphore>,
    most: u32,
}

impl Lane {
    fn new(idle: Vec<Guarded>, most: u32) -> Self {
        Self { idle: Mutex::new(idle), leave: Arc::new(Semaphore::new(most as usize)), most }
    }

    fn take(&self) -> Option<Guarded> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn put(&self, connection: Guarded) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
    }

    /// Closes the semaphore, waits for current users, and closes the connections.
    async fn close(&self) {
        // Fails when already closed; otherwise all connections have been returned.
        let all = self.leave.acquire_many(self.most).await;
        self.leave.close();
        drop(all);
        let idle = std::mem::take(&mut *self.idle.lock().unwrap_or_else(PoisonError::into_inner));
        // The last connection to close checkpoints the log into the file.
        let _ = tokio::task::spawn_blocking(|| drop(idle)).await;
    }
}

impl Connections {
    /// Connections to a file.
    pub(super) fn to_file(place: DatabaseLocation, writer: Guarded) -> Self {
        Self {
            place,
            write: Lane::new(vec![writer], 1),
            identity: Lane::new(Vec::new(), LOOK_UPS),
            analysis: Lane::new(Vec::new(), ANALYSES),
        }
    }

    /// Returns the connections to databases in memory.
    pub(super) fn in_memory(trail: Guarded, identity: Guarded) -> Self {
        Self {
            place: DatabaseLocation::Memory,
            write: Lane::new(vec![trail], 1),
            identity: Lane::new(vec![identity], 1),
            analysis: Lane::new(Vec::new(), 0),
        }
    }

    /// Runs `work` on the connection that writes the trail, one at a time. Work that has begun is completed even when the
    /// caller is dropped.
    pub(super) async fn write<T: Send + 'static>(
        self: Arc<Self>,
        work: impl FnOnce(&mut SqliteConnection) -> QueryResult<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.run(Purpose::Write, Arc::default(), work).await
    }

    /// Writes keys, sessions or secrets, like [`Connections::write`].
    pub(super) async fn write_identity<T: Send + 'static>(
        self: Arc<Self>,
        work: impl FnOnce(&mut SqliteConnection) -> QueryResult<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.run(Purpose::WriteIdentity, Arc::default(), work).await
    }

    /// Runs a look-up of keys or sessions. Never waits for an analysis.
    pub(super) async fn identify<T: Send + 'static>(
        self: Arc<Self>,
        work: impl FnOnce(&mut SqliteConnection) -> QueryResult<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.run(Purpose::Identity, Arc::default(), work).await
    }

    /// Runs a query of the audit trail. It is interrupted when the returned future is dropped.
    pub(super) async fn analyse<T: Send + 'static>(
        self: Arc<Self>,
        work: impl FnOnce(&mut SqliteConnection) -> QueryResult<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let guard = WorkGuard::default();
        let answer = self.run(Purpose::Analysis, guard.abandoned(), work).await;
        drop(guard);
        answer
    }

    /// Closes all connections after the current work.
    pub(super) async fn close(&self) {
        self.analysis.close().await;
        self.identity.close().await;
        self.write.close().await;
    }

    async fn run<T: Send + 'static>(
        self: Arc<Self>,
        purpose: Purpose,
        abandoned: Arc<AtomicBool>,
        work: impl FnOnce(&mut SqliteConnection) -> QueryResult<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let leave = Arc::clone(&self.lane(purpose).leave).acquire_owned().await;
        let leave = leave.map_err(|_| StoreError::Unavailable("the store is closed".to_owned()))?;
        let done = tokio::task::spawn_blocking(move || {
            if abandoned.load(Ordering::Relaxed) {
                return Err(StoreError::Unavailable("abandoned before it started".to_owned()));
            }
            let done = self.work(purpose, abandoned, work);
            drop(leave);
            done
        });
        done.await.unwrap_or_else(|error| Err(StoreError::Unavailable(error.to_string())))
    }

    /// Runs `work` on this thread until `abandoned` is set.
    pub(super) fn work<T>(
        &self,
        purpose: Purpose,
        abandoned: Arc<AtomicBool>,
        work: impl FnOnce(&mut SqliteConnection) -> QueryResult<T>,
    ) -> Result<T, StoreError> {
        let lane = self.lane(purpose);
        let mut connection = match lane.take() {
            Some(connection) => connection,
            None => self.place.connect(purpose).map_err(|error| StoreError::Unavailable(error.to_string()))?,
        };
        let done = work(connection.until(abandoned)).map_err(|error| judge(&error));
        // After a failure of the database, use a fresh connection without a half-finished transaction. (A database in
        // memory has no other connection.)
        if !matches!(done, Err(StoreError::Unavailable(_))) || matches!(self.place, DatabaseLocation::Memory) {
            lane.put(connection);
        }
        done
    }

    fn lane(&self, purpose: Purpose) -> &Lane {
        match (purpose, &self.place) {
            (Purpose::Write, _)
            | (Purpose::Analysis, DatabaseLocation::Memory)
            | (Purpose::WriteIdentity, DatabaseLocation::File(_)) => &self.write,
            (Purpose::Identity, _) | (Purpose::WriteIdentity, DatabaseLocation::Memory) => &self.identity,
            (Purpose::Analysis, DatabaseLocation::File(_)) => &self.analysis,
        }
    }
}

/// Tells errors of a row from errors of the database: full, busy, read-only, corrupt, missing.
pub(super) fn judge(error: &Error) -> StoreError {
    let text = error.to_string();
    let data = match error {
        Error::DatabaseError(DatabaseErrorKind::Unknown, _) => {
            // SQLITE_TOOBIG and SQLITE_MISMATCH, and values that a strict table refuses.
            text.contains("too big") || text.contains("datatype mismatch") || text.contains("cannot store")
        }
        Error::DatabaseError(kind, _) => matches!(
            kind,
            DatabaseErrorKind::UniqueViolation
                | DatabaseErrorKind::ForeignKeyViolation
                | DatabaseErrorKind::NotNullViolation
                | DatabaseErrorKind::CheckViolation
        ),
        Error::SerializationError(_) | Error::InvalidCString(_) => true,
        _ => false,
    };
    if data { StoreError::Data(text) } else { StoreError::Unavailable(text) }
}
