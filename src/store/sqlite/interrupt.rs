//! Interruption of abandoned queries.
//!
//! `sqlite3_interrupt` and progress handlers need unsafe code. So each query over many rows calls an SQL function of
//! ours at one row in 1024 ([`Dialect::unless_abandoned`](crate::config::Dialect)). The function fails once the query
//! is abandoned, which ends the query.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use diesel::{
    SqliteConnection,
    result::QueryResult,
    serialize::{self, IsNull, Output, ToSql},
    sql_types::Bool,
    sqlite::Sqlite,
};

diesel::define_sql_function! {
    /// Returns true while the caller is waiting, otherwise an error.
    fn still_wanted() -> Bool;
}

/// Connection whose queries end when they are abandoned.
pub(super) struct Guarded {
    connection: SqliteConnection,
    /// Flag of the running query: set when it is abandoned.
    abandoned: Arc<Mutex<Arc<AtomicBool>>>,
}

impl Guarded {
    pub(super) fn new(connection: SqliteConnection) -> QueryResult<Self> {
        let abandoned = Arc::<Mutex<Arc<AtomicBool>>>::default();
        let asked = Arc::clone(&abandoned);
        still_wanted_utils::register_nondeterministic_impl(&connection, move || {
            StillWanted(!asked.lock().unwrap_or_else(PoisonError::into_inner).load(Ordering::Relaxed))
        })?;
        Ok(Self { connection, abandoned })
    }

    /// Returns the connection, for work that must end when `abandoned` is set.
    pub(super) fn until(&mut self, abandoned: Arc<AtomicBool>) -> &mut SqliteConnection {
        *self.abandoned.lock().unwrap_or_else(PoisonError::into_inner) = abandoned;
        &mut self.connection
    }
}

/// Result of the function: false becomes an error of the query.
#[derive(Debug)]
struct StillWanted(bool);

impl ToSql<Bool, Sqlite> for StillWanted {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        if !self.0 {
            return Err("interrupted: the caller has gone".into());
        }
        out.set_value(1);
        Ok(IsNull::No)
    }
}

/// Held by the caller while it waits; dropping it abandons the query.
#[derive(Default)]
pub(super) struct WorkGuard(Arc<AtomicBool>);

impl WorkGuard {
    pub(super) fn abandoned(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.0)
    }
}

impl Drop for WorkGuard {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
