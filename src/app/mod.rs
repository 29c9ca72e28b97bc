//! Composition: the only place that knows all parts. Build, run, drain.

mod announce;
mod backing;
mod lifecycle;
mod others;
mod running;
mod signals;
mod trail;

use std::{rc::Rc, sync::Arc};

use actix_web::http::Method;
use actix_web::web::{self, ServiceConfig};
use actors::{Authenticator, AuthenticatorActor, Identity, LOOK_UP_LIMIT, Registry, Step, audit::SinkObserver};
use anyhow::Context as _;

pub use backing::Backing;
use running::Running;
use signals::Signals;
use trail::Trail;

use crate::{
    audit::{Recorder, Redactor},
    auth,
    config::{Address, ClientCertificates, Config, HalfClose, Loaded, ProxyProtocol, UnknownExpect},
    credentials::Finder,
    endpoints::{self, Found, Group, Surroundings, Table},
    http::{
        self, AppPaths, Certificates, ClientAuth, Fault, FaultCertificates, OwnFields, ProxyRules, TlsFaults, TlsFiles,
        frontend::{Frontend, Limits},
        h1::{self, ConnectionSettings},
        loopback::FrontendLoopback,
        server,
    },
    openapi::{self, Document, Subject},
    portal::{
        self,
        api::{AuditReader, PortalApi, PortalCell, ServerInfo, Settings},
        login::Login,
    },
    script::{Attempts, AttemptsInMemory},
    site::{self, Readiness, Site, SiteCell},
    tap::{Tap, TapSettings},
    telemetry::metrics::{Metrics, ObserveActors, Observed},
};

/// Maximum number of requests waiting for the authenticator of one worker.
const AUTHENTICATOR_PLACES: usize = 1024;

/// Parts of a server, apart from its configuration. Tests replace some.
pub struct Parts {
    /// All endpoint groups; disabled ones are left out when mounting.
    pub groups: Vec<Group>,
    /// The inbound chain.
    pub chain: Arc<[Arc<dyn Step>]>,
    /// Maximum number of requests waiting for the authenticator of one worker.
    pub authenticator_places: usize,
    /// Mounts routes outside the route table, in place of the portal's pages.
    pub pages: Option<Pages>,
}

/// Mounts the routes outside the route table. Called once on each worker thread.
pub type Pages = Arc<dyn Fn(&mut ServiceConfig) + Send + Sync>;

impl Parts {
    /// Returns the parts of the real server.
    #[must_use]
    pub fn of(config: &Config, backing: &Backing) -> Self {
        Self {
            groups: endpoints::groups(),
            chain: auth::chain(config, backing.judges(config)),
            authenticator_places: AUTHENTICATOR_PLACES,
            pages: None,
        }
    }
}

/// Runs the server until a signal ends it; `listening` is called once with its address, when it accepts connections.
///
/// # Errors
/// When it can't start (port in use, unreadable certificates, contradictory route table), or ends by itself.
pub fn run(loaded: Loaded, listening: impl FnOnce(std::net::SocketAddr)) -> anyhow::Result<()> {
    actix_rt::System::new().block_on(async {
        // Before anything is opened: process 1 of a container ignores signals that it does not handle.
        let mut signals = Signals::watch()?;
        announce::boot(&loaded.config, &loaded.warnings);
        let starting = async {
            let backing = Backing::start(&loaded.config).await?;
            let parts = Parts::of(&loaded.config, &backing);
            Application::build(loaded, parts, backing).await
        };
        let application = tokio::select! {
            started = starting => started?,
            signal = signals.stop(None) => {
                log::info!(signal = signal; "stopped while starting");
                return Ok(());
            }
        };
        listening(application.address());
        application.run_until_stopped(signals).await
    })
}

/// Server that accepts connections.
pub struct Application {
    config: Config,
    server: actix_server::Server,
    readiness: Readiness,
    certificates: Option<Arc<Certificates>>,
    running: Running,
    tap: Option<Tap>,
    tls_faults: Option<TlsFaults>,
    trail: Option<Trail>,
    backing: Backing,
    address: std::net::SocketAddr,
}

impl Application {
    /// Assembles the parts and starts accepting.
    ///
    /// # Errors
    /// When the server can't start, as for [`run`].
    pub async fn build(loaded: Loaded, parts: Parts, backing: Backing) -> anyhow::Result<Self> {
        let Loaded { mut config, warnings, provenance } = loaded;
        let listener = http::bind(&config.server.address)
            .with_context(|| format!("can't listen on {}; is the port taken?", config.server.address))?;
        let address = listener.local_addr()?;
        config.server.base_url = config.server.base_url.bound_to(address.port());
        let readiness = Readiness::default();
        let metrics = Metrics::new().context("metrics")?;
        let running = Running::new(metrics.clone());
        let database = backing.database.as_ref();
        let instance = instance(address.port());
        let redactor = trail::redactor(&config, database).await?;
        let trail = Trail::start(&config, &metrics, &redactor, instance.clone(), database, &backing.actors).await?;
        let actors = observer(&backing.actors, trail.as_ref());
        let groups = parts.groups.into_iter().filter(|group| config.endpoints.is_enabled(group.name));
        let groups = groups.chain(identity_groups(&config, &backing)).collect();
        let readers = Readers {
            audit: trail.as_ref().map(Trail::reader),
            redactor: Arc::clone(&redactor),
            server: ServerInfo::new(&config, &provenance, &warnings, instance),
            actors: backing.actors.clone(),
        };
        let (table, document) = routes(&config, groups, &readiness, &metrics, &actors, readers)?;
        let certificates = certificates(&config)?;
        let login = backing.login(&config)?;
        if let Some(login) = &login {
            check_callback(&table, login.callback())?;
        }
        let settings = server::Settings {
            workers: config.server.workers,
            connection: connection_settings(&config),
            app_paths: app_paths(login.as_ref()),
            own_fields: own_fields(&config),
            grace_period: config.server.shutdown.grace_period,
            proxy: proxy_rules(&config),
            certificates: certificates.clone(),
            metrics: metrics.clone(),
            recorder: trail.as_ref().map(|trail| Arc::clone(&trail.recorder)),
        };
        let starter = Starter {
            chain: parts.chain,
            places: parts.authenticator_places,
            actors: backing.actors.clone(),
            running: running.clone(),
        };
        let pages = parts.pages.unwrap_or_else(|| pages(login.clone()));
        let pages = move |app: &mut ServiceConfig| pages(app);
        let shared = FrontendParts {
            table: Arc::clone(&table),
            metrics: metrics.clone(),
            redactor,
            recorder: settings.recorder.clone(),
            attempts: Arc::new(AttemptsInMemory::default()),
        };
        let frontend = frontend_factory(&config, starter, shared, login);
        let server = server::start(listener, &settings, frontend, pages)?;
        if config.metrics.enabled
            && let Some(own) = &config.metrics.address
        {
            let listener =
                http::bind(own).with_context(|| format!("can't listen on {own} for metrics; is the port taken?"))?;
            log::info!(address:% = listener.local_addr()?; "metrics listening");
            http::metrics_listener::start(listener, metrics, actors)?;
        }
        let tap = start_tap(&config, &settings)?;
        let tls_faults = start_tls_faults(&config, &settings)?;
        announce::listening(&config, address);
        announce::register(&backing.actors, &config, &document);
        Ok(Self { config, server, readiness, certificates, running, tap, tls_faults, trail, backing, address })
    }

    /// Returns the address it listens on, with the real port when port 0 was configured.
    #[must_use]
    pub const fn address(&self) -> std::net::SocketAddr {
        self.address
    }
}

/// State of the portal's routes.
struct Readers {
    audit: Option<AuditReader>,
    redactor: Arc<Redactor>,
    server: ServerInfo,
    actors: Registry,
}

/// Builds the route table and, from it, the OpenAPI document of the endpoints.
fn routes(
    config: &Config,
    groups: Vec<Group>,
    readiness: &Readiness,
    metrics: &Metrics,
    actors: &ObserveActors,
    readers: Readers,
) -> anyhow::Result<(Arc<Table>, Arc<Document>)> {
    let cell = Arc::new(SiteCell::new());
    let portal_cell = Arc::new(PortalCell::new());
    // The audit trail is readable without the portal's pages, too.
    let api_on = config.portal.enabled || config.audit.enabled;
    let portal_groups = if api_on { portal::api::groups(&portal_cell) } else { Vec::new() };
    let own_metrics = config.metrics.enabled && config.metrics.address.is_none();
    let site_group = site::optional(site::group(&cell), &cell, own_metrics, config.oidc.enabled);
    let all_groups = groups.into_iter().chain([site_group]).chain(portal_groups).collect();
    let table = Arc::new(Table::build(all_groups).context("route table")?);
    let document = Arc::new(Document::build(&table, &Subject::endpoints(config)).context("OpenAPI document")?);
    if api_on {
        let document = Document::build(&table, &Subject::portal(config)).context("OpenAPI document of the portal")?;
        let api = PortalApi {
            audit: readers.audit,
            table: Arc::clone(&table),
            document,
            readiness: readiness.clone(),
            settings: Settings::of(config),
            redactor: readers.redactor,
            server: readers.server,
            actors: readers.actors,
        };
        anyhow::ensure!(portal_cell.set(Arc::new(api)).is_ok(), "the portal's API was built twice");
    }
    let site = Site {
        readiness: readiness.clone(),
        document: Arc::clone(&document),
        root: site::root(&table, config),
        portal: config.portal.enabled,
        metrics: own_metrics.then(|| (metrics.clone(), Arc::clone(actors))),
        issuer: openapi::issuer(config),
        base_url: config.server.base_url.to_string(),
    };
    anyhow::ensure!(cell.set(site).is_ok(), "the site was built twice");
    Ok((table, document))
}

/// Returns the groups for identity and keys.
fn identity_groups(config: &Config, backing: &Backing) -> Vec<Group> {
    let mut groups = Vec::new();
    if config.portal.enabled || config.api_keys.db.enabled {
        groups.push(portal::admin::group(config, backing.keys.clone()));
    }
    if config.portal.enabled {
        groups.extend(portal::login::groups(config));
    }
    groups
}

/// Mounts the portal's pages and sign-in, when the portal is on.
fn pages(login: Option<Login>) -> Pages {
    Arc::new(move |app| {
        if let Some(login) = &login {
            app.configure(portal::login::routes(login));
            app.service(web::scope("/portal").configure(portal::routes));
        }
    })
}

/// Refuses a callback path of the OpenID provider that is one of the server's own routes.
fn check_callback(table: &Table, callback: &str) -> anyhow::Result<()> {
    let name = match table.find(&Method::GET, callback) {
        Found::Route(index, _) | Found::OtherMethods(_, index) => table.route(index).route.name,
        Found::Nothing => return Ok(()),
    };
    anyhow::bail!("portal.oidc_redirect_path is {callback}, the path of the route {name}; expected an unused path");
}

fn certificates(config: &Config) -> anyhow::Result<Option<Arc<Certificates>>> {
    let tls = &config.server.tls;
    if !tls.enabled {
        return Ok(None);
    }
    let client_auth = (tls.client_auth != ClientCertificates::None).then(|| ClientAuth {
        ca_file: tls.client_ca_file.clone().into(),
        is_required: tls.client_auth == ClientCertificates::Required,
    });
    let files =
        TlsFiles { cert_file: tls.cert_file.clone().into(), key_file: tls.key_file.clone().into(), client_auth };
    Ok(Some(Certificates::load(files).context("server.tls")?))
}

/// Opens the ports on which TLS is faulty, when they are enabled.
fn start_tls_faults(config: &Config, settings: &server::Settings) -> anyhow::Result<Option<TlsFaults>> {
    let faults = &config.tls_faults;
    if !faults.enabled {
        return Ok(None);
    }
    let certificates = FaultCertificates::new(&config.server.base_url.host()).context("tls_faults")?;
    let mut listeners = Vec::new();
    for (fault, port) in Fault::ALL.into_iter().zip(faults.first_port..) {
        let address = Address { host: config.server.address.host.clone(), port };
        let listener = http::bind(&address).with_context(|| {
            format!("can't listen on {address} for the TLS fault {}; is the port taken?", fault.name())
        })?;
        log::info!(fault = fault.name(), address:% = listener.local_addr()?; "tls fault listening");
        listeners.push(listener);
    }
    if !faults.ca_file.is_empty() {
        std::fs::write(&faults.ca_file, certificates.authority())
            .with_context(|| format!("tls_faults.ca_file {} can't be written", faults.ca_file))?;
    }
    let wait_max = config.server.read_header_timeout;
    Ok(Some(TlsFaults::start(listeners, &certificates, wait_max, settings.metrics.clone()).context("tls_faults")?))
}

/// Starts the tap, when it has an address.
fn start_tap(config: &Config, settings: &server::Settings) -> anyhow::Result<Option<Tap>> {
    let Some(address) = &config.tap.address else { return Ok(None) };
    let answer = config.tap.answer.read().context("tap.answer")?;
    let listener =
        http::bind(address).with_context(|| format!("can't listen on {address} for the tap; is the port taken?"))?;
    log::info!(address:% = listener.local_addr()?; "tap listening");
    let settings = TapSettings {
        after: config.tap.after,
        answer: answer.into(),
        wait_max: config.server.read_header_timeout,
        write_max: config.server.write_timeout,
        metrics: settings.metrics.clone(),
        recorder: settings.recorder.clone(),
    };
    Ok(Some(Tap::start(listener, settings).context("tap")?))
}

fn proxy_rules(config: &Config) -> Option<Arc<ProxyRules>> {
    let is_required = match config.server.proxy_protocol {
        ProxyProtocol::Off => return None,
        ProxyProtocol::Accept => false,
        ProxyProtocol::Require => true,
    };
    Some(Arc::new(ProxyRules { is_required, sources: config.server.proxy_sources.clone() }))
}

/// Starts the authenticator of each worker.
#[derive(Clone)]
struct Starter {
    chain: Arc<[Arc<dyn Step>]>,
    places: usize,
    actors: Registry,
    running: Running,
}

impl Starter {
    fn start_authenticator(&self) -> Authenticator {
        AuthenticatorActor::start(&self.actors, Arc::clone(&self.chain), self.places, LOOK_UP_LIMIT)
    }
}

/// Parts that the frontends of all worker threads share.
#[derive(Clone)]
struct FrontendParts {
    table: Arc<Table>,
    metrics: Metrics,
    redactor: Arc<Redactor>,
    recorder: Option<Arc<Recorder>>,
    attempts: Arc<dyn Attempts>,
}

/// Factory of a worker thread's frontend, including its authenticator.
fn frontend_factory(
    config: &Config,
    starter: Starter,
    shared: FrontendParts,
    login: Option<Login>,
) -> impl Fn() -> Rc<Frontend> + Send + Clone + 'static {
    let finder = Finder::new(config);
    let limits = Limits { header_bytes: config.server.max_header_bytes, body_bytes: config.server.max_body_bytes };
    let own_fields = own_fields(config);
    let app_paths = app_paths(login.as_ref());
    let tls = config.server.tls.enabled;
    let portal_cookie = config.portal.enabled.then(|| config.portal.cookie_name.clone());
    move || {
        let authenticator = starter.start_authenticator();
        Rc::new_cyclic(|frontend| Frontend {
            table: Arc::clone(&shared.table),
            authenticator,
            finder: finder.clone(),
            surroundings: Rc::new(Surroundings {
                redactor: Arc::clone(&shared.redactor),
                tls,
                loopback: Box::new(FrontendLoopback::to(frontend.clone())),
                attempts: Arc::clone(&shared.attempts),
                portal_cookie: portal_cookie.clone(),
            }),
            limits,
            own_fields,
            metrics: shared.metrics.for_worker(),
            recorder: shared.recorder.clone(),
            guard: login.as_ref().map(|login| login.guard().clone()),
            app_paths: app_paths.clone(),
            nobody: Arc::new(Identity::anonymous()),
            cut: Rc::new(starter.running.join()),
        })
    }
}

fn own_fields(config: &Config) -> OwnFields {
    OwnFields { cors: config.server.cors.is_on(), request_id: config.server.own_fields.is_on() }
}

fn app_paths(login: Option<&Login>) -> AppPaths {
    AppPaths::new(login.map(Login::callback))
}

fn connection_settings(config: &Config) -> ConnectionSettings {
    let server = &config.server;
    ConnectionSettings {
        head: h1::Limits {
            head_bytes: usize::try_from(server.max_header_bytes).unwrap_or(usize::MAX),
            fields: server.max_header_fields,
        },
        read_header_timeout: server.read_header_timeout,
        body_timeout: server.body_timeout,
        write_timeout: server.write_timeout,
        keep_alive: server.keep_alive,
        max_requests: server.max_requests_per_connection,
        answer_half_closed: server.half_close == HalfClose::Answer,
        refuse_unknown_expect: server.unknown_expect == UnknownExpect::Refuse,
    }
}

fn observer(actors: &Registry, trail: Option<&Trail>) -> ObserveActors {
    let (actors, sink) = (actors.clone(), trail.map(Trail::sink));
    Arc::new(move || Observed { actors: actors.observe(), sink: sink.as_ref().map(SinkObserver::observe) })
}

/// Returns the name of this replica in the audit trail: host and port.
fn instance(port: u16) -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let host = host.trim();
    format!("{}:{port}", if host.is_empty() { "localhost" } else { host })
}

#[cfg(test)]
mod tests;
