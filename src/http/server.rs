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
use rustls::ServerConfig;
use tokio_rustls::TlsAcceptor;

use super::{
    AppPaths, OwnFields,
    frontend::{self, AroundApp, Frontend},
    h1::{
        ConnectionSettings,
        connection::{Connection, End},
        refuse::Refusals,
        worker::{Stop, Worker},
    },
    h2,
    socket::Socket,
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
    /// TLS configuration; set when connections are encrypted.
    pub tls: Option<Arc<ServerConfig>>,
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
    let acceptor = settings.tls.clone().map(TlsAcceptor::from);
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
        let (refusals, acceptor, stopping) = (refusals.clone(), acceptor.clone(), stopping.clone());
        let app_paths = app_paths.clone();
        // Called once on each worker thread.
        fn_factory(move || {
            let app = app.new_service(());
            let (refusals, acceptor, stopping) = (refusals.clone(), acceptor.clone(), stopping.clone());
            let app_paths = app_paths.clone();
            async move {
                let app = app.await?;
                let stop = Stop::on(async move { stopping.notified().await });
                let worker = Rc::new(Worker { app, app_paths, settings: connection, refusals, stop });
                Ok::<_, ()>(fn_service(move |io: TcpStream| serve(io, acceptor.clone(), Rc::clone(&worker))))
            }
        })
    })?;
    Ok(server.run())
}

/// Serves a connection until it ends.
async fn serve<S>(io: TcpStream, acceptor: Option<TlsAcceptor>, worker: Rc<Worker<S>>) -> io::Result<()>
where
    S: Service<Request, Response = ServiceResponse<Tracked>, Error = Error> + 'static,
{
    let facts = Rc::new(ConnectionFacts::new(io.peer_addr().ok(), io.local_addr().ok()));
    io.set_nodelay(true)?;
    let end = match acceptor {
        None => Connection::new(Rc::clone(&worker), Socket::Plain(io), Rc::clone(&facts)).serve().await,
        Some(acceptor) => {
            let limit = worker.settings.read_header_timeout;
            // The timeout covers the whole TLS handshake.
            let io = actix_rt::time::timeout(limit, acceptor.accept(io))
                .await
                .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
            let is_http2 = io.get_ref().1.alpn_protocol() == Some(b"h2");
            let socket = Socket::Tls(Box::new(io));
            if is_http2 {
                End::Http2(socket, Bytes::new())
            } else {
                Connection::new(Rc::clone(&worker), socket, Rc::clone(&facts)).serve().await
            }
        }
    };
    if let End::Http2(socket, first) = end {
        h2::connection::serve(worker, socket, first, facts).await;
    }
    Ok(())
}
