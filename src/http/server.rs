//! Connects sockets, HTTP and the application: accept → (TLS) → protocol → HTTP → frontend.

use std::{io, net::TcpListener, rc::Rc, sync::Arc, time::Duration};

use actix_http::Request;
use actix_rt::net::TcpStream;
use actix_server::Server;
use actix_service::{Service, ServiceFactory, fn_factory, fn_service, map_config};
use actix_web::{
    App, Error,
    dev::{AppConfig, ServiceResponse},
    web::{self, ServiceConfig},
};
use bytes::Bytes;

use super::{
    AppPaths, Certificates, OwnFields, ProxyRules,
    connection_log::ConnectionLog,
    frontend::{self, AroundApp, Frontend},
    h1::{
        ConnectionSettings,
        connection::{Connection, End},
        refuse::Refusals,
        worker::Worker,
    },
    h2, handshake,
    lost::{Losses, Lost},
    proxy,
    socket::Socket,
    stop::Stop,
    tcp::Tcp,
    tracked::Tracked,
};
use crate::{audit::Recorder, request::ConnectionFacts, telemetry::metrics::Metrics};

/// Settings of the server.
pub struct Settings {
    /// Number of worker threads.
    pub workers: usize,
    /// Limits of each connection.
    pub connection: ConnectionSettings,
    /// Paths that the application behind the frontend may serve.
    pub app_paths: AppPaths,
    /// Fields added to every response.
    pub own_fields: OwnFields,
    /// Longest time for running requests to end when the server stops.
    pub grace_period: Duration,
    /// Rules for PROXY headers; set when they are received.
    pub proxy: Option<Arc<ProxyRules>>,
    /// Certificates; set when connections are encrypted.
    pub certificates: Option<Arc<Certificates>>,
    /// Metrics that count refused requests and HTTP/2 errors.
    pub metrics: Metrics,
    /// Set when requests are recorded.
    pub recorder: Option<Arc<Recorder>>,
}

/// Starts accepting connections. `make` and `pages` are called once on each worker thread. `pages` mounts the services
/// that are not in the route table.
///
/// # Errors
/// When the listener can't be registered.
pub fn start<F, P>(listener: TcpListener, settings: &Settings, make: F, pages: P) -> io::Result<Server>
where
    F: Fn() -> Rc<Frontend> + Send + Clone + 'static,
    P: Fn(&mut ServiceConfig) + Send + Clone + 'static,
{
    let refusals = Refusals::new(settings.metrics.clone(), settings.recorder.clone(), settings.own_fields);
    let losses = Losses::new(settings.metrics.clone(), settings.recorder.clone());
    let (certificates, proxy) = (settings.certificates.clone(), settings.proxy.clone());
    let (connection, app_paths) = (settings.connection, settings.app_paths.clone());
    let builder = Server::build()
        .workers(settings.workers)
        .disable_signals()
        // Longer than the grace period, after which running requests are cut off.
        .shutdown_timeout(settings.grace_period.as_secs().saturating_add(60));
    let stopping = builder.graceful_shutdown_signal();
    let server = builder.listen("http", listener, move || {
        let app = App::new()
            .configure(&pages)
            .default_service(web::route().to(frontend::no_such_endpoint))
            .wrap(AroundApp(make()));
        let app = map_config(app, |()| AppConfig::default());
        let (refusals, losses, stopping) = (refusals.clone(), losses.clone(), stopping.clone());
        let (app_paths, certificates, proxy) = (app_paths.clone(), certificates.clone(), proxy.clone());
        // Called once on each worker thread.
        fn_factory(move || {
            let app = app.new_service(());
            let (refusals, losses, stopping) = (refusals.clone(), losses.clone(), stopping.clone());
            let (app_paths, certificates, proxy) = (app_paths.clone(), certificates.clone(), proxy.clone());
            async move {
                let app = app.await?;
                let stop = Stop::on(async move { stopping.notified().await });
                let worker = Rc::new(Worker { app, app_paths, settings: connection, refusals, stop });
                let entrance = Rc::new(Entrance { proxy, certificates, losses, worker });
                Ok::<_, ()>(fn_service(move |io: TcpStream| serve(io, Rc::clone(&entrance))))
            }
        })
    })?;
    Ok(server.run())
}

/// Way of a connection from its socket to HTTP.
struct Entrance<S> {
    proxy: Option<Arc<ProxyRules>>,
    certificates: Option<Arc<Certificates>>,
    losses: Losses,
    worker: Rc<Worker<S>>,
}

/// Serves a connection until it ends.
async fn serve<S>(io: TcpStream, entrance: Rc<Entrance<S>>) -> io::Result<()>
where
    S: Service<Request, Response = ServiceResponse<Tracked>, Error = Error> + 'static,
{
    let mut facts = ConnectionFacts::new(io.peer_addr().ok(), io.local_addr().ok());
    io.set_nodelay(true)?;
    let socket = match entrance.enter(Tcp::new(io), &mut facts).await {
        Ok(socket) => socket,
        Err(lost) => {
            entrance.losses.tell(&facts, &lost);
            return Ok(());
        }
    };
    let is_http2 = facts.tls.as_ref().is_some_and(|tls| tls.alpn.as_deref() == Some("h2"));
    let worker = Rc::clone(&entrance.worker);
    let log = ConnectionLog::new(Rc::new(facts), worker.refusals.recorder(), Rc::clone(&worker.stop));
    let end = if is_http2 {
        End::Http2(socket, Bytes::new())
    } else {
        Connection::new(Rc::clone(&worker), socket, Rc::clone(&log)).serve().await
    };
    if let End::Http2(socket, first) = end {
        // Boxed, so that connections on HTTP/1 need no room for it.
        Box::pin(h2::connection::serve(worker, socket, first, log)).await;
    }
    Ok(())
}

impl<S> Entrance<S> {
    /// Does everything that comes before HTTP.
    async fn enter(&self, mut io: Tcp, facts: &mut ConnectionFacts) -> Result<Socket, Lost> {
        let limit = self.worker.settings.read_header_timeout;
        if let Some(rules) = &self.proxy {
            // Boxed, so that it needs no room afterwards.
            facts.proxy = Box::pin(proxy::receive(&mut io, rules, facts.socket_peer, limit)).await?;
        }
        let Some(certificates) = &self.certificates else { return Ok(Socket::Plain(io)) };
        let tls = facts.tls.insert(Box::default());
        let accepted = Box::pin(handshake::accept(io, certificates.current(), limit, tls)).await?;
        Ok(Socket::Tls(accepted))
    }
}
