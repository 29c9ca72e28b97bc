//! Puts connections, HTTP and the application together: accept → (TLS) → protocol → HTTP → frontend.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    rc::Rc,
    sync::Arc,
    time::Duration,
};

use actix_http::{HttpService, Protocol, Request};
use actix_rt::net::TcpStream;
use actix_server::{GracefulShutdownSignal, Server};
use actix_service::{Service, ServiceFactory, boxed, fn_factory, fn_service, map_config};
use actix_web::{
    App, Error,
    dev::{AppConfig, ServiceResponse},
    web::{self, ServiceConfig},
};
use bytes::Bytes;
use rustls::ServerConfig;
use tokio_rustls::TlsAcceptor;

use super::{
    OwnFields,
    frontend::{self, AroundApp, Frontend},
    h1::{
        ConnectionSettings,
        connection::{Connection, End},
        refuse::Refusals,
        worker::{Stop, Worker},
    },
    h2::{ForLibrary, Http2Connection},
    socket::Socket,
    tracked::Tracked,
};
use crate::{audit::Recorder, telemetry::metrics::Metrics};

/// Settings of the server.
pub struct Settings {
    /// Worker threads.
    pub workers: usize,
    /// Limits of each connection.
    pub connection: ConnectionSettings,
    /// Fields that every answer gets.
    pub own_fields: OwnFields,
    /// Longest time for running requests to end when the server stops.
    pub grace_period: Duration,
    /// Set when connections are encrypted.
    pub tls: Option<Arc<ServerConfig>>,
    /// Metrics for connections that never became requests.
    pub metrics: Metrics,
    /// Set when requests are recorded.
    pub recorder: Option<Arc<Recorder>>,
}

/// Starts accepting. `make` and `pages` are called once on each worker thread; `pages` mounts what the frontend's own table
/// does not hold.
///
/// # Errors
/// When the listener can't be registered.
pub fn start<F, P>(listener: TcpListener, settings: &Settings, make: F, pages: P) -> io::Result<Server>
where
    F: Fn() -> Rc<Frontend> + Send + Clone + 'static,
    P: Fn(&mut ServiceConfig) + Send + Clone + 'static,
{
    let address = listener.local_addr()?;
    let refusals = Refusals::new(settings.metrics.clone(), settings.recorder.clone(), settings.own_fields);
    let acceptor = settings.tls.clone().map(TlsAcceptor::from);
    let connection = settings.connection;
    let builder = Server::build()
        .workers(settings.workers)
        .disable_signals()
        // Longer than what runs is given: it is cut before that.
        .shutdown_timeout(settings.grace_period.as_secs().saturating_add(60));
    let stopping = builder.graceful_shutdown_signal();
    let server = builder.listen("http", listener, move || {
        let app = App::new()
            .configure(&pages)
            .default_service(web::route().to(frontend::no_such_endpoint))
            .wrap(AroundApp(make()));
        let app = map_config(app, |()| AppConfig::default());
        let (refusals, acceptor, stopping) = (refusals.clone(), acceptor.clone(), stopping.clone());
        // Called once on the thread of each worker.
        fn_factory(move || {
            let app = app.new_service(());
            let (refusals, acceptor, stopping) = (refusals.clone(), acceptor.clone(), stopping.clone());
            async move {
                let app = Rc::new(app.await?);
                let http2 = http2_service(Rc::clone(&app), address, connection.keep_alive, stopping.clone()).await?;
                let stop = Stop::on(async move { stopping.notified().await });
                let worker = Rc::new(Worker { app, settings: connection, refusals, stop });
                Ok::<_, ()>(fn_service(move |io: TcpStream| {
                    serve(io, acceptor.clone(), Rc::clone(&worker), Rc::clone(&http2))
                }))
            }
        })
    })?;
    Ok(server.run())
}

type Http2Service =
    Rc<boxed::BoxService<(Http2Connection, Protocol, Option<SocketAddr>), (), actix_http::error::DispatchError>>;

/// The HTTP library's service for connections on HTTP/2.
async fn http2_service<S>(
    app: Rc<S>,
    address: SocketAddr,
    keep_alive: Duration,
    stopping: GracefulShutdownSignal,
) -> Result<Http2Service, ()>
where
    S: Service<Request, Response = ServiceResponse<Tracked>, Error = Error> + 'static,
{
    let app = fn_factory(move || {
        let app = ForLibrary(Rc::clone(&app));
        async move { Ok::<_, ()>(app) }
    });
    let service = HttpService::build()
        .keep_alive(keep_alive)
        .local_addr(address)
        .on_connect_ext(|connection: &Http2Connection, data| {
            data.insert(connection.gone());
        })
        .graceful_shutdown_signal(move || {
            let stopping = stopping.clone();
            async move { stopping.notified().await }
        })
        .finish(app);
    Ok(Rc::new(boxed::service(service.new_service(()).await?)))
}

/// Serves a connection to its end.
async fn serve<S>(
    io: TcpStream,
    acceptor: Option<TlsAcceptor>,
    worker: Rc<Worker<Rc<S>>>,
    http2: Http2Service,
) -> io::Result<()>
where
    S: Service<Request, Response = ServiceResponse<Tracked>, Error = Error> + 'static,
{
    let peer = io.peer_addr().ok();
    io.set_nodelay(true)?;
    let end = match acceptor {
        None => Connection::new(worker, Socket::Plain(io), peer).serve().await,
        Some(acceptor) => {
            let limit = worker.settings.read_header_timeout;
            // Nothing waits longer than that for the client to say what it speaks.
            let io = actix_rt::time::timeout(limit, acceptor.accept(io))
                .await
                .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
            let is_http2 = io.get_ref().1.alpn_protocol() == Some(b"h2");
            let socket = Socket::Tls(Box::new(io));
            if is_http2 {
                End::Http2(socket, Bytes::new())
            } else {
                Connection::new(worker, socket, peer).serve().await
            }
        }
    };
    if let End::Http2(socket, first) = end {
        // How it ended is in the record of its requests.
        let _ = http2.call((Http2Connection::new(socket, first), Protocol::Http2, peer)).await;
    }
    Ok(())
}
