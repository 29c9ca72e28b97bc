//! The services that the server depends on: the database, the OpenID provider, and the actors that know keys and sessions.

use std::{sync::Arc, time::Duration};

use actors::{
    KeyKeeper, KeyKeeperObserver, SessionKeeper, SessionKeeperObserver, jwks::JwksObserver, sessions::MemorySessions,
};
use anyhow::Context as _;
use tokio::runtime::{Builder, Handle, Runtime};

use crate::{
    auth::{
        Bcrypt, DatabaseKeys, Judges,
        oidc::{KeySet, OidcTokens, Provider},
        session::Guard,
    },
    config::Config,
    portal::login::{Flow, Login},
    store::{self, Stores},
    telemetry::metrics::IdentityObserved,
};

/// Threads that read the database: what a query costs is not felt by those who are served meanwhile.
const READERS: usize = 2;
/// Longest wait for an actor to end, and for the database's connections.
const CLOSE_MAX: Duration = Duration::from_secs(2);

/// Everything that was there before the first request. Empty for a server that needs none of it.
#[derive(Default)]
pub struct Backing {
    pub(super) database: Option<Database>,
    pub(super) provider: Option<Provider>,
    pub(super) keys: Option<KeyKeeper>,
    pub(super) sessions: Option<SessionKeeper>,
}

/// An open database, and the threads that its connections belong to.
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

    /// The threads that the connections belong to.
    pub(super) fn runtime(&self) -> Handle {
        self.handle.clone()
    }

    /// Runs a task on the threads that the connections belong to.
    pub(super) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.handle.spawn(task);
    }

    async fn close(&self) {
        match actix_rt::time::timeout(CLOSE_MAX, self.stores.audit.close()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => log::warn!(error:% = error; "database did not close well"),
            Err(_) => log::warn!("database did not close in time"),
        }
    }
}

/// A runtime that ends in the background, wherever it is dropped.
struct Guarded(Option<Runtime>);

impl Drop for Guarded {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// Reads the state of the actors from any thread.
#[derive(Clone)]
pub(super) struct BackingObserver {
    jwks: Option<JwksObserver<KeySet>>,
    keys: Option<KeyKeeperObserver>,
    sessions: Option<SessionKeeperObserver>,
}

impl BackingObserver {
    pub(super) fn observe(&self) -> IdentityObserved {
        IdentityObserved {
            keys: self.keys.as_ref().map(KeyKeeperObserver::observe),
            jwks: self.jwks.as_ref().map(JwksObserver::observe),
            sessions: self.sessions.as_ref().map(SessionKeeperObserver::observe),
        }
    }
}

impl Backing {
    /// Opens and starts what the configuration asks for.
    ///
    /// # Errors
    /// When the database can't be opened, or the provider is not the one that is configured.
    pub async fn start(config: &Config) -> anyhow::Result<Self> {
        let with_database = config.database.url.is_some()
            && (config.audit.enabled || config.api_keys.db.enabled || config.portal.enabled);
        let database = if with_database { Some(Database::open(config).await?) } else { None };
        let provider = if config.oidc.enabled { Some(Provider::connect(&config.oidc).await?) } else { None };
        let stores = database.as_ref().map(|database| &database.stores);
        let keys = stores.filter(|_| config.api_keys.db.enabled).map(|stores| {
            log::info!(actor = "key-store"; "actor started");
            KeyKeeper::start(Arc::clone(&stores.keys), Bcrypt::prover())
        });
        let sessions = config.portal.enabled.then(|| {
            log::info!(actor = "session", in_database = stores.is_some(); "actor started");
            let in_memory = || Arc::<MemorySessions>::default() as _;
            SessionKeeper::start(stores.map_or_else(in_memory, |stores| Arc::clone(&stores.sessions)))
        });
        Ok(Self { database, provider, keys, sessions })
    }

    /// Those who judge credentials by it.
    pub(super) fn judges(&self, config: &Config) -> Judges {
        Judges {
            keys: self.keys.as_ref().map(|keeper| DatabaseKeys::new(keeper.keys())),
            oidc: self.provider.as_ref().map(|provider| OidcTokens::new(&config.oidc, provider.jwks.keys())),
        }
    }

    /// What signing in to the portal needs; `None` when the portal is off.
    ///
    /// # Errors
    /// When the provider can't be used for signing in.
    pub(super) fn login(&self, config: &Config) -> anyhow::Result<Option<Login>> {
        let Some(sessions) = self.sessions.as_ref().map(SessionKeeper::sessions) else { return Ok(None) };
        let flow = match &self.provider {
            Some(provider) => Some(Flow::new(config, provider, sessions.clone())?),
            None => None,
        };
        let guard = Guard::new(config, sessions.clone());
        Ok(Some(Login::new(config, guard, sessions, flow)))
    }

    pub(super) fn observer(&self) -> BackingObserver {
        BackingObserver {
            jwks: self.provider.as_ref().map(|provider| provider.jwks.observer()),
            keys: self.keys.as_ref().map(KeyKeeper::observer),
            sessions: self.sessions.as_ref().map(SessionKeeper::observer),
        }
    }

    /// Ends the actors, then the database's connections.
    pub(super) async fn stop(self) {
        if let Some(keys) = self.keys {
            keys.stop(CLOSE_MAX).await;
        }
        if let Some(sessions) = self.sessions {
            sessions.stop(CLOSE_MAX).await;
        }
        if let Some(provider) = self.provider {
            provider.jwks.stop(CLOSE_MAX).await;
        }
        if let Some(database) = self.database {
            database.close().await;
        }
    }
}
