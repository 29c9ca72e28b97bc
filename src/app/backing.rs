//! Services that the server depends on: the database, the OpenID provider, and the actors for keys and sessions.

use std::{sync::Arc, time::Duration};

use actors::{KeyActor, KeyClient, Registry, SessionActor, SessionClient, sessions::MemorySessions};
use anyhow::Context as _;
use tokio::runtime::{Builder, Handle, Runtime};

use crate::{
    auth::{
        Bcrypt, DatabaseKeys, Judges,
        oidc::{OidcTokens, Provider},
        session::Guard,
    },
    config::Config,
    portal::login::{Flow, Login},
    store::{self, Stores},
};

/// Number of threads that query the database, so that the cost of queries does not affect other requests.
const READERS: usize = 2;
/// Maximum wait for closing the database's connections.
const CLOSE_MAX: Duration = Duration::from_secs(2);

/// Services that must exist before the first request. Empty for a server that needs none.
#[derive(Default)]
pub struct Backing {
    pub(super) database: Option<Database>,
    pub(super) provider: Option<Provider>,
    pub(super) keys: Option<KeyClient>,
    pub(super) sessions: Option<SessionClient>,
    /// Registry of all actors of the server, including those of other parts.
    pub(super) actors: Registry,
}

/// Open database, with the threads of its connections.
pub(super) struct Database {
    pub(super) stores: Stores,
    handle: Handle,
    _runtime: Guarded,
}

impl Database {
    async fn open(config: &Config) -> anyhow::Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(READERS)
            .thread_name("database")
            .enable_all()
            .build()
            .context("threads that read the database")?;
        let handle = runtime.handle().clone();
        let runtime = Guarded(Some(runtime));
        let settings = config.database.clone();
        let stores = handle.spawn(async move { store::open(&settings).await }).await??;
        log::info!(store = stores.audit.name(); "database opened");
        Ok(Self { stores, handle, _runtime: runtime })
    }

    /// Returns the runtime of the connections.
    pub(super) fn runtime(&self) -> Handle {
        self.handle.clone()
    }

    /// Runs a task on the threads of the connections.
    pub(super) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.handle.spawn(task);
    }

    async fn close(&self) {
        match actix_rt::time::timeout(CLOSE_MAX, self.stores.audit.close()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => log::warn!(error:% = error; "database did not close cleanly"),
            Err(_) => log::warn!("database did not close in time"),
        }
    }
}

/// Runtime that shuts down in the background wherever it is dropped.
struct Guarded(Option<Runtime>);

impl Drop for Guarded {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

impl Backing {
    /// Opens and starts the services that the configuration asks for.
    ///
    /// # Errors
    /// When the database can't be opened, or the provider is not the configured one.
    pub async fn start(config: &Config) -> anyhow::Result<Self> {
        let with_database = config.database.url.is_some()
            && (config.audit.enabled || config.api_keys.db.enabled || config.portal.enabled);
        let actors = Registry::default();
        let database = if with_database { Some(Database::open(config).await?) } else { None };
        let provider = if config.oidc.enabled { Some(Provider::connect(&actors, &config.oidc).await?) } else { None };
        let stores = database.as_ref().map(|database| &database.stores);
        let keys = stores
            .filter(|_| config.api_keys.db.enabled)
            .map(|stores| KeyActor::start(&actors, Arc::clone(&stores.keys), Bcrypt::prover()));
        let sessions = config.portal.enabled.then(|| {
            let in_memory = || Arc::<MemorySessions>::default() as _;
            SessionActor::start(&actors, stores.map_or_else(in_memory, |stores| Arc::clone(&stores.sessions)))
        });
        Ok(Self { database, provider, keys, sessions, actors })
    }

    /// Returns the judges of credentials that need these services.
    pub(super) fn judges(&self, config: &Config) -> Judges {
        Judges {
            keys: self.keys.clone().map(DatabaseKeys::new),
            oidc: self.provider.as_ref().map(|provider| OidcTokens::new(&config.oidc, provider.jwks.clone())),
        }
    }

    /// Returns the sign-in to the portal; `None` when the portal is off.
    ///
    /// # Errors
    /// When the provider can't be used for sign-in.
    pub(super) fn login(&self, config: &Config) -> anyhow::Result<Option<Login>> {
        let Some(sessions) = self.sessions.clone() else { return Ok(None) };
        let flow = match &self.provider {
            Some(provider) => Some(Flow::new(config, provider)?),
            None => None,
        };
        let guard = Guard::new(config, sessions.clone());
        Ok(Some(Login::new(config, guard, sessions, flow)))
    }

    /// Closes the database's connections.
    pub(super) async fn close(self) {
        if let Some(database) = self.database {
            database.close().await;
        }
    }
}
