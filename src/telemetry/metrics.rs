//! Prometheus metrics. Label values are bounded: route names, standard HTTP methods, statuses.

use std::{
    cell::RefCell,
    collections::{BTreeSet, HashMap},
    rc::Rc,
    sync::Arc,
    time::Duration,
};

use actix_web::http::Method;
use actors::{
    ActorState, AuthenticatorActor,
    audit::{BatchWritten, HousekeeperActor, SinkState},
};
use foldhash::fast::RandomState;
use prometheus::{
    Encoder as _, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts,
    Registry, TextEncoder,
};

use super::{
    actor_metrics::{AuditMetrics, IdentityMetrics, of_name, raise, set, total},
    http2_metrics::Http2Metrics,
    process::Process,
};
use crate::{
    build_info,
    endpoints::{RouteIndex, Table},
};

/// Upper bounds of the latency histogram in seconds.
const LATENCY_BUCKETS: [f64; 15] =
    [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

/// `Content-Type` of the Prometheus text format.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// State of the actors.
#[derive(Default)]
pub struct Observed {
    /// State of all actors, in the order of their start.
    pub actors: Vec<ActorState>,
    /// State of the audit sink, if audit is on.
    pub sink: Option<SinkState>,
}

/// Returns the state of all actors.
pub type ObserveActors = Arc<dyn Fn() -> Observed + Send + Sync>;

/// Label of a request in metrics: bounded, never a raw path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Label {
    /// A route of the table.
    Route(RouteIndex),
    /// The portal's pages.
    Portal,
    /// A CORS preflight.
    Preflight,
    /// No route.
    Unmatched,
}

/// All metrics of the process.
#[derive(Clone)]
pub struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    durations: HistogramVec,
    in_flight: IntGauge,
    auth_results: IntCounterVec,
    actor_restarts: IntCounterVec,
    actor_handled: IntCounterVec,
    actor_refused: IntCounterVec,
    mailbox_depth: IntGaugeVec,
    mailbox_capacity: IntGaugeVec,
    audit: AuditMetrics,
    identity: IdentityMetrics,
    http2: Http2Metrics,
    failed_connections: IntCounterVec,
    tls_faults: IntCounterVec,
}

impl Metrics {
    /// Registers the metrics.
    ///
    /// # Errors
    /// When two metrics share a name, which is a bug.
    pub fn new() -> prometheus::Result<Self> {
        let registry = Registry::new();
        let requests = IntCounterVec::new(
            Opts::new("api_test_http_requests_total", "Requests answered, by route, method and status"),
            &["route", "method", "status"],
        )?;
        let durations = HistogramVec::new(
            HistogramOpts::new(
                "api_test_http_request_duration_seconds",
                "Seconds from the request head to the last byte of the response",
            )
            .buckets(LATENCY_BUCKETS.to_vec()),
            &["route"],
        )?;
        let in_flight = IntGauge::new("api_test_http_requests_in_flight", "Requests in progress")?;
        let auth_results = IntCounterVec::new(
            Opts::new("api_test_authenticator_results_total", "Decisions of the inbound chain, by result"),
            &["result"],
        )?;
        let actor_restarts = IntCounterVec::new(
            Opts::new("api_test_actor_restarts_total", "Actors restarted after a panic"),
            &["actor"],
        )?;
        let actor_handled = IntCounterVec::new(
            Opts::new("api_test_actor_handled_total", "Messages that an actor has handled"),
            &["actor"],
        )?;
        let actor_refused = IntCounterVec::new(
            Opts::new("api_test_actor_refused_total", "Messages refused because an actor's mailbox was full or closed"),
            &["actor"],
        )?;
        let mailbox_depth = IntGaugeVec::new(
            Opts::new("api_test_mailbox_depth", "Messages waiting for an actor or being handled"),
            &["actor"],
        )?;
        let mailbox_capacity =
            IntGaugeVec::new(Opts::new("api_test_mailbox_capacity", "Capacity of an actor's mailbox"), &["actor"])?;
        let build = IntGaugeVec::new(
            Opts::new("api_test_build_info", "Always 1; the labels describe the build"),
            &["version", "commit", "date"],
        )?;
        build.with_label_values(&[build_info::VERSION, build_info::COMMIT, build_info::DATE]).set(1);
        registry.register(Box::new(requests.clone()))?;
        registry.register(Box::new(durations.clone()))?;
        registry.register(Box::new(in_flight.clone()))?;
        registry.register(Box::new(auth_results.clone()))?;
        registry.register(Box::new(actor_restarts.clone()))?;
        registry.register(Box::new(actor_handled.clone()))?;
        registry.register(Box::new(actor_refused.clone()))?;
        registry.register(Box::new(mailbox_depth.clone()))?;
        registry.register(Box::new(mailbox_capacity.clone()))?;
        registry.register(Box::new(build))?;
        registry.register(Box::new(Process::new()?))?;
        let failed_connections = IntCounterVec::new(
            Opts::new(
                "api_test_connections_failed_total",
                "Connections that failed before HTTP or in the tap, by stage (proxy, tls, tap) and how they ended",
            ),
            &["stage", "ended_by"],
        )?;
        registry.register(Box::new(failed_connections.clone()))?;
        let tls_faults = IntCounterVec::new(
            Opts::new("api_test_tls_faults_total", "Connections to the ports with TLS faults, by fault and outcome"),
            &["fault", "outcome"],
        )?;
        registry.register(Box::new(tls_faults.clone()))?;
        let audit = AuditMetrics::register(&registry)?;
        let identity = IdentityMetrics::new(&registry)?;
        let http2 = Http2Metrics::new(&registry)?;
        Ok(Self {
            registry,
            requests,
            durations,
            in_flight,
            auth_results,
            actor_restarts,
            actor_handled,
            actor_refused,
            mailbox_depth,
            mailbox_capacity,
            audit,
            identity,
            http2,
            failed_connections,
            tls_faults,
        })
    }

    /// Returns the callback that the audit sink calls after each write.
    #[must_use]
    pub fn batch_written(&self) -> BatchWritten {
        self.audit.batch_written()
    }

    /// Counts of what ends streams and connections on HTTP/2.
    #[must_use]
    pub fn http2(&self) -> Http2Metrics {
        self.http2.clone()
    }

    /// Counts a request that was refused before it could be read.
    pub fn record_malformed(&self, status: u16) {
        self.requests.with_label_values(&["malformed", "unknown", status.to_string().as_str()]).inc();
    }

    /// Counts a connection that failed in a stage before HTTP.
    pub fn record_failed_connection(&self, stage: &'static str, ended_by: &'static str) {
        self.failed_connections.with_label_values(&[stage, ended_by]).inc();
    }

    /// Counts a connection to a port with a TLS fault.
    pub fn record_tls_fault(&self, fault: &'static str, outcome: &'static str) {
        self.tls_faults.with_label_values(&[fault, outcome]).inc();
    }

    /// Renders all metrics in the Prometheus text format. It reads `/proc`, so it must not run on a thread that serves
    /// requests.
    #[must_use]
    pub fn render(&self, observed: &Observed) -> Vec<u8> {
        self.observe_actors(&observed.actors);
        self.identity.observe(&observed.actors);
        if let Some(sink) = &observed.sink {
            self.audit.observe(sink, total(&observed.actors, HousekeeperActor::NAME, "removed"));
        }
        let mut text = Vec::with_capacity(16 * 1024);
        if let Err(error) = TextEncoder::new().encode(&self.registry.gather(), &mut text) {
            log::error!(error:% = error; "metrics could not be rendered");
        }
        text
    }

    /// Copies the actors' own counters, summed over actors of the same name.
    fn observe_actors(&self, actors: &[ActorState]) {
        let names: BTreeSet<&str> = actors.iter().map(|actor| actor.name).collect();
        for name in names {
            let sum = |count: fn(&ActorState) -> u64| of_name(actors, name).map(count).sum::<u64>();
            let places = |count: fn(&ActorState) -> usize| of_name(actors, name).map(count).sum::<usize>();
            raise(&self.actor_restarts.with_label_values(&[name]), sum(|actor| actor.restarts));
            raise(&self.actor_handled.with_label_values(&[name]), sum(|actor| actor.mailbox.handled));
            raise(&self.actor_refused.with_label_values(&[name]), sum(|actor| actor.mailbox.refused));
            set(&self.mailbox_depth.with_label_values(&[name]), places(|actor| actor.mailbox.depth));
            set(&self.mailbox_capacity.with_label_values(&[name]), places(|actor| actor.mailbox.capacity));
        }
        let results = of_name(actors, AuthenticatorActor::NAME).flat_map(|actor| &actor.counts);
        let results: BTreeSet<&str> = results.map(|(result, _)| *result).collect();
        for result in results {
            let count = total(actors, AuthenticatorActor::NAME, result);
            raise(&self.auth_results.with_label_values(&[result]), count);
        }
    }

    /// Requests being answered.
    #[must_use]
    pub fn running(&self) -> i64 {
        self.in_flight.get()
    }

    /// Returns the metrics of one worker thread.
    #[must_use]
    pub fn for_worker(&self) -> Rc<WorkerMetrics> {
        Rc::new(WorkerMetrics {
            in_flight: self.in_flight.clone(),
            requests: self.requests.clone(),
            durations: self.durations.clone(),
            known: RefCell::default(),
        })
    }
}

/// Count and latency of each label set.
type LabelledMetrics = HashMap<(Label, Verb, u16), (IntCounter, Histogram), RandomState>;

/// Metrics of one worker thread. Each label set is looked up once and cached.
pub struct WorkerMetrics {
    /// Requests being answered.
    pub in_flight: IntGauge,
    requests: IntCounterVec,
    durations: HistogramVec,
    known: RefCell<LabelledMetrics>,
}

impl WorkerMetrics {
    /// Counts a finished exchange.
    pub fn record(&self, table: &Table, label: Label, method: &Method, status: u16, took: Duration) {
        let verb = Verb::of(method);
        let mut known = self.known.borrow_mut();
        let (requests, durations) = known.entry((label, verb, status)).or_insert_with(|| {
            let route = match label {
                Label::Route(index) => table.route(index).route.name,
                Label::Portal => "portal",
                Label::Preflight => "preflight",
                Label::Unmatched => "unmatched",
            };
            let requests = self.requests.with_label_values(&[route, verb.as_str(), status.to_string().as_str()]);
            (requests, self.durations.with_label_values(&[route]))
        });
        requests.inc();
        durations.observe(took.as_secs_f64());
    }
}

/// Returns a method as a label; non-standard ones are `other`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Verb {
    Get,
    Post,
    Put,
    Patch,
    Delete,
    Head,
    Options,
    Other,
}

impl Verb {
    fn of(method: &Method) -> Self {
        match *method {
            Method::GET => Self::Get,
            Method::POST => Self::Post,
            Method::PUT => Self::Put,
            Method::PATCH => Self::Patch,
            Method::DELETE => Self::Delete,
            Method::HEAD => Self::Head,
            Method::OPTIONS => Self::Options,
            _ => Self::Other,
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
            Self::Head => "HEAD",
            Self::Options => "OPTIONS",
            Self::Other => "other",
        }
    }
}
