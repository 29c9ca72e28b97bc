//! Connections for reading.
//!
//! `database.max_open_conns` bounds all connections of the process: one writes, two listen, and the rest read, in two pools
//! so that a key is found at once however many slow questions about the trail run: a quarter, one at least and four at most,
//! is for identity (keys and sessions), the others are for analysis, one at least. `max_idle_conns` of them are kept while
//! nobody reads. One that is older than `conn_max_lifetime` is replaced when it is given back or asked for.
//!
//! A question that is abandoned (the client left, or its time is over) is cancelled at the server.

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

/// Connections that belong to no pool.
const OTHERS: u32 = 3;
/// Most connections for identity.
const IDENTITY_MAX: u32 = 4;
/// Longest time for the server to take a cancellation.
const CANCEL_MAX: Duration = Duration::from_secs(5);
/// Longest time to wait for a connection.
const WAIT_MAX: Duration = Duration::from_secs(5);
/// Longest time for one question. The server is told a little less, so that it is the one that ends it.
const READ_MAX: Duration = Duration::from_secs(35);
/// Compiling a query costs more than any of ours takes. An hour of 200,000 events is sorted within the memory.
const SETUP: &str = "SET statement_timeout = '30s'; SET jit = off; SET work_mem = '32MB'";
/// Time between two looks for idle connections.
const SWEEP: Duration = Duration::from_secs(15);

/// What a pool is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Keys and sessions.
    Identity,
    /// The audit trail.
    Analysis,
}

impl Purpose {
    /// Most connections open and most kept idle, of those that the configuration grants to both pools.
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

/// A pool, and the task that lets idle connections go.
pub(super) struct Readers {
    pool: Pool<AsyncPgConnection>,
    sweeper: JoinHandle<()>,
    connector: Connector,
    runtime: Handle,
}

impl Readers {
    /// Makes a pool. Call it within a runtime.
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
        // The manager's URL is for its own set-up, which is not used.
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
        let mut lent = Lent { connection: Some(connection), readers: self };
        let Some(connection) = lent.connection.as_mut() else { return Err(unavailable("no connection".to_owned())) };
        let answer = tokio::time::timeout(READ_MAX, question(connection))
            .await
            .map_err(|_| unavailable(format!("no answer within {} s", READ_MAX.as_secs())))?;
        lent.give_back();
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

/// A connection that is not given back in the middle of an answer, when the caller may have left: it is closed, and the
/// server is told to end the query, which it would else go on with to its end.
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
