//! One connection that writes, a few that read. All work is done on the pool for blocking work.

//! One connection that writes, a few that read. All work is done on the pool for blocking work.

use std::sync::{Arc, Mutex, PoisonError};

use actors::store::StoreError;
use diesel::{
    SqliteConnection,
    result::{DatabaseErrorKind, Error, QueryResult},
};
use tokio::sync::Semaphore;

use super::open::{Place, Purpose};

/// Questions that are answered at a time. Each takes a core while it is; others wait.
const READERS: u32 = 4;

/// The connections to one database.
pub(super) struct Connections {
    place: Place,
    write: Lane,
    /// Unused by a database in memory, which has one connection and no other.
    read: Lane,
}

/// Connections for one purpose that have nothing to do, and leave to use so many at a time.
struct Lane {
    idle: Mutex<Vec<SqliteConnection>>,
    leave: Arc<Semaphore>,
}

impl Lane {
    fn new(idle: Vec<SqliteConnection>, most: u32) -> Self {
        Self { idle: Mutex::new(idle), leave: Arc::new(Semaphore::new(most as usize)) }
    }

    fn take(&self) -> Option<SqliteConnection> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn put(&self, connection: SqliteConnection) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
    }

    /// Gives no more leave, waits for those who have it, and ends the connections.
    async fn close(&self, most: u32) {
        // It is closed already, or all have come back.
        let all = self.leave.acquire_many(most).await;
        self.leave.close();
        drop(all);
        let idle = std::mem::take(&mut *self.idle.lock().unwrap_or_else(PoisonError::into_inner));
        // The last one to end writes the log into the file.
        let _ = tokio::task::spawn_blocking(|| drop(idle)).await;
    }
}

impl Connections {
    pub(super) fn new(place: Place, writer: SqliteConnection) -> Self {
        Self { place, write: Lane::new(vec![writer], 1), read: Lane::new(Vec::new(), READERS) }
    }

    /// Does `work` on the connection that writes, one after another. What has begun is done to its end, even when the
    /// caller leaves.
    pub(super) async fn write<T: Send + 'static>(
        self: Arc<Self>,
        work: impl FnOnce(&mut SqliteConnection) -> QueryResult<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.run(Purpose::Write, work).await
    }

    /// Does `work` on a connection that reads.
    pub(super) async fn read<T: Send + 'static>(
        self: Arc<Self>,
        work: impl FnOnce(&mut SqliteConnection) -> QueryResult<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let purpose = if matches!(self.place, Place::Memory) { Purpose::Write } else { Purpose::Read };
        self.run(purpose, work).await
    }

    /// Ends all connections after the work in hand.
    pub(super) async fn close(&self) {
        self.read.close(READERS).await;
        self.write.close(1).await;
    }

    async fn run<T: Send + 'static>(
        self: Arc<Self>,
        purpose: Purpose,
        work: impl FnOnce(&mut SqliteConnection) -> QueryResult<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let leave = Arc::clone(&self.lane(purpose).leave).acquire_owned().await;
        let leave = leave.map_err(|_| StoreError::Unavailable("the store is closed".to_owned()))?;
        let done = tokio::task::spawn_blocking(move || {
            let done = self.work(purpose, work);
            drop(leave);
            done
        });
        done.await.unwrap_or_else(|error| Err(StoreError::Unavailable(error.to_string())))
    }

    fn work<T>(
        &self,
        purpose: Purpose,
        work: impl FnOnce(&mut SqliteConnection) -> QueryResult<T>,
    ) -> Result<T, StoreError> {
        let lane = self.lane(purpose);
        let mut connection = match lane.take() {
            Some(connection) => connection,
            None => self.place.connect(purpose).map_err(|error| StoreError::Unavailable(error.to_string()))?,
        };
        let done = work(&mut connection).map_err(|error| judge(&error));
        // After a failure of the database, a fresh connection owes nothing to it: no transaction half undone. (In memory,
        // the connection is all there is.)
        if !matches!(done, Err(StoreError::Unavailable(_))) || matches!(self.place, Place::Memory) {
            lane.put(connection);
        }
        done
    }

    fn lane(&self, purpose: Purpose) -> &Lane {
        match purpose {
            Purpose::Write => &self.write,
            Purpose::Read => &self.read,
        }
    }
}

/// Tells what is wrong with a row from what is wrong with the database: full, busy, read-only, torn, gone.
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
