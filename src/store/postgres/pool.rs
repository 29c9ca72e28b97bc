//! Connections for reading.
//!
//! `database.max_open_conns` bounds all connections of the process: one writes, two listen, and the pool has the rest, one
//! at least. `max_idle_conns` of them are kept while nobody reads. One that is older than `conn_max_lifetime` is replaced
//! when it is given back or asked for.

use std::time::Duration;

use actors::store::StoreError;
use diesel::ConnectionError;
use diesel_async::{
    AsyncPgConnection, SimpleAsyncConnection as _,
    pooled_connection::{
        AsyncDieselConnectionManager, ManagerConfig,
        deadpool::{Hook, HookError, Object, Pool},
    },
};
use futures_util::FutureExt as _;
use tokio::task::JoinHandle;

use super::connect::Connector;
use crate::{config::DatabaseConfig, store::OpenError};

/// Connections that are not the pool's.
const OTHERS: u32 = 3;
/// Longest time to wait for a connection.
const WAIT_MAX: Duration = Duration::from_secs(5);
/// Longest time for one question. The server is told a little less, so that it is the one that ends it.
const READ_MAX: Duration = Duration::from_secs(35);
/// Compiling a query costs more than any of ours takes. An hour of 200,000 events is sorted within the memory.
const SETUP: &str = "SET statement_timeout = '30s'; SET jit = off; SET work_mem = '32MB'";
/// Time between two looks for idle connections.
const SWEEP: Duration = Duration::from_secs(15);

/// The pool, and the task that lets idle connections go.
pub(super) struct Readers {
    pool: Pool<AsyncPgConnection>,
    sweeper: JoinHandle<()>,
}

impl Readers {
    pub(super) fn new(connector: &Connector, config: &DatabaseConfig) -> Result<Self, OpenError> {
        let connector = connector.clone();
        let mut manager = ManagerConfig::default();
        manager.custom_setup = Box::new(move |_| {
            let connector = connector.clone();
            async move {
                let bad = |error: StoreError| ConnectionError::BadConnection(error.to_string());
                let (client, connection) = connector.connect().await.map_err(bad)?;
                let mut connection = AsyncPgConnection::try_from_client_and_connection(client, connection).await?;
                connection.batch_execute(SETUP).await.map_err(ConnectionError::CouldntSetupConfiguration)?;
                Ok(connection)
            }
            .boxed()
        });
        let lifetime = config.conn_max_lifetime;
        let places = config.max_open_conns.saturating_sub(OTHERS).max(1) as usize;
        // The manager's URL is for its own set-up, which is not used.
        let pool = Pool::builder(AsyncDieselConnectionManager::new_with_config("", manager))
            .max_size(places)
            .pre_recycle(Hook::sync_fn(move |_, metrics| {
                if metrics.age() < lifetime { Ok(()) } else { Err(HookError::message("too old")) }
            }))
            .build()
            .map_err(|error| OpenError::Unavailable(error.to_string()))?;
        let sweeper = tokio::spawn(sweep(pool.clone(), config.max_idle_conns as usize, lifetime));
        Ok(Self { pool, sweeper })
    }

    /// Asks one question on a connection of the pool, within bounds of time.
    pub(super) async fn ask<T>(
        &self,
        question: impl AsyncFnOnce(&mut AsyncPgConnection) -> Result<T, diesel::result::Error>,
    ) -> Result<T, StoreError> {
        let unavailable = |reason: String| StoreError::Unavailable(reason);
        let connection = tokio::time::timeout(WAIT_MAX, self.pool.get())
            .await
            .map_err(|_| unavailable(format!("no connection within {} s", WAIT_MAX.as_secs())))?
            .map_err(|error| unavailable(error.to_string()))?;
        let mut held = Held(Some(connection));
        let Some(connection) = held.0.as_mut() else { return Err(unavailable("no connection".to_owned())) };
        let answer = tokio::time::timeout(READ_MAX, question(connection))
            .await
            .map_err(|_| unavailable(format!("no answer within {} s", READ_MAX.as_secs())))?;
        held.give_back();
        answer.map_err(|error| unavailable(error.to_string()))
    }

    /// Ends all connections.
    pub(super) fn close(&self) {
        self.sweeper.abort();
        self.pool.close();
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        self.close();
    }
}

/// A connection that is not given back in the middle of an answer: who asked may have left.
struct Held(Option<Object<AsyncPgConnection>>);

impl Held {
    fn give_back(mut self) {
        drop(self.0.take());
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(connection) = self.0.take() {
            drop(Object::take(connection));
        }
    }
}

/// Lets go of connections that are too old, or more than may be idle.
async fn sweep(pool: Pool<AsyncPgConnection>, idle_max: usize, lifetime: Duration) {
    loop {
        tokio::time::sleep(SWEEP).await;
        let mut kept = 0;
        pool.retain(|_, metrics| {
            kept += 1;
            kept <= idle_max && metrics.age() < lifetime
        });
    }
}
