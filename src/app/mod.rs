//! Composition: the one place that knows all parts. Build, run, drain.

mod announce;
mod lifecycle;
mod signals;

use std::{
    rc::Rc,
    sync::{Arc, Mutex, PoisonError},
};

use actors::{Authenticator, AuthenticatorObserver, AuthenticatorState, Identity, LOOK_UP_LIMIT};
use anyhow::Context as _;

use crate::{
    auth,
    config::{Config, Loaded},
    endpoints::{self, Group, Surroundings, Table},
    http::{
        self, Certificates,
        frontend::{Frontend, Limits},
        server,
    },
    openapi::{self, Document},
    site::{self, Readiness, Site, SiteCell},
    telemetry::metrics::{Metrics, ObserveAuthenticators},
};

/// Requests that may wait for one worker's authenticator.
const AUTHENTICATOR_PLACES: usize = 1024;

/// Runs the server until a signal ends it.
///
/// # Errors
/// When it can't start (a port that is taken, certificates that can't be read, a route table that contradicts itself),
/// or ends by itself.
pub fn run(loaded: Loaded) -> anyhow::Result<()> {
    actix_rt::System::new().block_on(async {
        let application = Application::build(loaded, endpoints::groups())?;
        application.run_until_stopped().await
    })
}

/// Observers of all authenticators, one for each worker thread that has started.
type Authenticators = Arc<Mutex<Vec<AuthenticatorObserver>>>;

/// A server that is accepting.
pub struct Application {
    config: Config,
    server: actix_server::Server,
    readiness: Readiness,
    certificates: Option<Arc<Certificates>>,
    authenticators: Authenticators,
    address: std::net::SocketAddr,
}

impl Application {
    /// Builds the parts and starts accepting. `groups` are all endpoint groups; those that are off are left out.
    ///
    /// # Errors
    /// As [`run`], but for the ending.
    pub fn build(loaded: Loaded, groups: Vec<Group>) -> anyhow::Result<Self> {
        let Loaded { mut config, warnings, .. } = loaded;
        announce::boot(&config, &warnings);
        let listener = http::bind(&config.server.address)
            .with_context(|| format!("can't listen on {}; is the port taken?", config.server.address))?;
        let address = listener.local_addr()?;
        config.server.base_url = config.server.base_url.bound_to(address.port());
        let readiness = Readiness::default();
        let authenticators = Authenticators::default();
        let (table, metrics) = routes(&config, groups, &readiness, &authenticators)?;
        let certificates = certificates(&config)?;
        let settings = server::Settings {
            workers: config.server.workers,
            read_header_timeout: config.server.read_header_timeout,
            grace_period: config.server.shutdown.grace_period,
            tls: certificates.as_ref().map(Certificates::server_config).transpose()?,
            metrics: metrics.clone(),
            portal: config.portal.enabled,
        };
        let frontend = frontend_factory(&config, &table, &metrics, &authenticators);
        let server = server::start(listener, &settings, frontend)?;
        if config.metrics.enabled
            && let Some(own) = &config.metrics.address
        {
            let listener =
                http::bind(own).with_context(|| format!("can't listen on {own} for metrics; is the port taken?"))?;
            log::info!(address:% = listener.local_addr()?; "metrics listening");
            http::metrics_listener::start(listener, metrics, observer(&authenticators))?;
        }
        announce::listening(&config, address);
        Ok(Self { config, server, readiness, certificates, authenticators, address })
    }

    /// Where it listens: the real port when port 0 was asked for.
    #[must_use]
    pub const fn address(&self) -> std::net::SocketAddr {
        self.address
    }
}

/// Builds the route table, the document made from it, and the metrics that are labelled by it.
fn routes(
    config: &Config,
    groups: Vec<Group>,
    readiness: &Readiness,
    authenticators: &Authenticators,
) -> anyhow::Result<(Arc<Table>, Metrics)> {
    let cell = Arc::new(SiteCell::new());
    let groups = groups.into_iter().filter(|group| config.endpoints.is_enabled(group.name)).collect();
    let own_metrics = config.metrics.enabled && config.metrics.address.is_none();
    let site_group = site::optional(site::group(&cell), &cell, own_metrics, config.oidc.enabled);
    let table = Arc::new(Table::build(groups, site_group).context("route table")?);
    let document = Arc::new(Document::build(&table, config).context("OpenAPI document")?);
    let metrics = Metrics::new().context("metrics")?;
    let site = Site {
        readiness: readiness.clone(),
        document,
        root: site::root(&table, config),
        portal: config.portal.enabled,
        metrics: own_metrics.then(|| (metrics.clone(), observer(authenticators))),
        issuer: openapi::issuer(config),
        base_url: config.server.base_url.to_string(),
    };
    anyhow::ensure!(cell.set(site).is_ok(), "the site was built twice");
    Ok((table, metrics))
}

fn certificates(config: &Config) -> anyhow::Result<Option<Arc<Certificates>>> {
    let tls = &config.server.tls;
    if !tls.enabled {
        return Ok(None);
    }
    let certificates = Certificates::load(tls.cert_file.as_ref(), tls.key_file.as_ref()).context("server.tls")?;
    Ok(Some(certificates))
}

/// What makes a worker thread's frontend, its authenticator actor included.
fn frontend_factory(
    config: &Config,
    table: &Arc<Table>,
    metrics: &Metrics,
    authenticators: &Authenticators,
) -> impl Fn() -> Rc<Frontend> + Send + Clone + 'static {
    let chain = auth::chain(config);
    let finder = auth::Finder::new(config);
    let limits = Limits { header_bytes: config.server.max_header_bytes, body_bytes: config.server.max_body_bytes };
    let redact_keys: Vec<String> = config.audit.redact_keys.iter().map(|key| key.to_lowercase()).collect();
    let tls = config.server.tls.enabled;
    let (table, metrics, authenticators) = (Arc::clone(table), metrics.clone(), Arc::clone(authenticators));
    move || {
        let authenticator = Authenticator::start(Arc::clone(&chain), AUTHENTICATOR_PLACES, LOOK_UP_LIMIT);
        lock(&authenticators).push(authenticator.observer());
        log::info!(actor = "authenticator", mailbox_capacity = AUTHENTICATOR_PLACES; "actor started");
        let api_key_header = finder.header().as_str().to_owned();
        Rc::new(Frontend {
            table: Arc::clone(&table),
            authenticator,
            finder: finder.clone(),
            surroundings: Rc::new(Surroundings { redact_keys: redact_keys.clone(), api_key_header, tls }),
            limits,
            metrics: metrics.for_worker(),
            nobody: Arc::new(Identity::anonymous()),
        })
    }
}

/// Only boot, shutdown and `/metrics` take this lock.
fn lock(authenticators: &Authenticators) -> std::sync::MutexGuard<'_, Vec<AuthenticatorObserver>> {
    authenticators.lock().unwrap_or_else(PoisonError::into_inner)
}

fn observe(authenticators: &Authenticators) -> Vec<AuthenticatorState> {
    lock(authenticators).iter().map(AuthenticatorObserver::observe).collect()
}

fn observer(authenticators: &Authenticators) -> ObserveAuthenticators {
    let authenticators = Arc::clone(authenticators);
    Arc::new(move || observe(&authenticators))
}
