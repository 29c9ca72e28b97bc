//! Pools of connections for reading.
//!
//! `database.max_open_conns` bounds all connections of the process: one writes events and one connections, two listen,
//! and the rest read, in two pools, so that keys are found at once however many slow queries of the trail run. A quarter
//! of them (at least one, at most four) is for identity (keys and sessions), the rest (at least one) for analysis.
//! `max_idle_conns` of them are kept while idle. A connection older than `conn_max_lifetime` is replaced when it is
//! returned or requested.
//!
//! An abandoned query (the client closed, or it timed out) is cancelled at the server.

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
use tokio::{runtime::Handle, task::JoinHandle};

use super::connect::Connector;
use crate::{config::DatabaseConfig, store::OpenError};

/// Number of connections outside the pools.
const OTHERS: u32 = 4;
/// Maximum number of connections for identity.
const IDENTITY_MAX: u32 = 4;
/// Timeout of a cancellation.
const CANCEL_MAX: Duration = Duration::from_secs(5);
/// Maximum time to wait for a connection.
const WAIT_MAX: Duration = Duration::from_secs(5);
/// Timeout of one query. The server's own timeout is shorter, so normally the server ends the query.
const READ_MAX: Duration = Duration::from_secs(35);
/// JIT compilation costs more than any of our queries. `work_mem` suffices to sort an hour of 200,000 events.
const SETUP: &str = "SET statement_timeout = '30s'; SET jit = off; SET work_mem = '32MB'";
/// Interval between sweeps of idle connections.
const SWEEP: Duration = Duration::from_secs(15);

/// Purpose of a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Keys and sessions.
    Identity,
    /// The audit trail.
    Analysis,
}

impl Purpose {
    /// Returns the maximum number of open and of idle connections of this pool, out of those configured for both.
    fn share(self, config: &DatabaseConfig) -> (u32, u32) {
        let open = config.max_open_conns.saturating_sub(OTHERS).max(2);
        let identity = (open / 4).clamp(1, IDENTITY_MAX);
        let idle = config.max_idle_conns.div_ceil(2).min(identity);
        match self {
            Self::Identity => (identity, idle),
            Self::Analysis => (open - identity, config.max_idle_conns - idle),
        }
    }
}

/// Pool with the task that closes idle connections.
pub(super) struct Readers {
    pool: Pool<AsyncPgConnection>,
    sweeper: JoinHandle<()>,
    connector: Connector,
    runtime: Handle,
}

impl Readers {
    /// Creates a pool. Must be called within a runtime.
    pub(super) fn new(connector: &Connector, config: &DatabaseConfig, purpose: Purpose) -> Result<Self, OpenError> {
        let own = connector.clone();
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
        let (open_max, idle_max) = purpose.share(config);
        // The URL is only for the manager's own setup, which is not used.
        let pool = Pool::builder(AsyncDieselConnectionManager::new_with_config("", manager))
            .max_size(open_max as usize)
            .pre_recycle(Hook::sync_fn(move |_, metrics| {
                if metrics.age() < lifetime { Ok(()) } else { Err(HookError::message("too old")) }
            }))
            .build()
            .map_err(|error| OpenError::Unavailable(error.to_string()))?;
        let sweeper = tokio::spawn(sweep(pool.clone(), idle_max as usize, lifetime));
        Ok(Self { pool, sweeper, connector: own, runtime: Handle::current() })
    }

    /// Runs one query on a connection of the pool, with timeouts.
    pub(super) async fn ask<T>(
        &self,
        question: impl AsyncFnOnce(&mut AsyncPgConnection) -> Result<T, diesel::result::Error>,
    ) -> Result<T, StoreError> {
        let unavailable = |reason: String| StoreError::Unavailable(reason);
        let connection = tokio::time::timeout(WAIT_MAX, self.pool.get())
            .await
            .map_err(|_| unavailable(format!("no connection within {} s", WAIT_MAX.as_secs())))?
            .map_err(|error| unavailable(error.to_string()))?;
        let mut lent = Lent { connection: Some(connection), readers: self };
        let Some(connection) = lent.connection.as_mut() else { return Err(unavailable("no connection".to_owned())) };
        let answer = tokio::time::timeout(READ_MAX, question(connection))
            .await
            .map_err(|_| unavailable(format!("no answer within {} s", READ_MAX.as_secs())))?;
        lent.give_back();
        answer.map_err(|error| unavailable(error.to_string()))
    }

    /// Closes all connections.
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

/// Connection on loan. When it is dropped during a query (the caller may have gone), it is closed instead of returned,
/// and the server is told to cancel the query, which would run on otherwise.
struct Lent<'r> {
    connection: Option<Object<AsyncPgConnection>>,
    readers: &'r Readers,
}

impl Lent<'_> {
    fn give_back(mut self) {
        drop(self.connection.take());
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else { return };
        let token = connection.cancel_token();
        drop(Object::take(connection));
        let tls = self.readers.connector.tls();
        self.readers.runtime.spawn(async move {
            match tokio::time::timeout(CANCEL_MAX, token.cancel_query(tls)).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => log::debug!(error:% = error; "abandoned query could not be cancelled"),
                Err(_) => log::debug!("abandoned query could not be cancelled in time"),
            }
        });
    }
}

/// Closes connections that are too old, or exceed the number of idle ones.
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
