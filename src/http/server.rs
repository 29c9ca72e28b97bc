//! Puts connections, HTTP and the application together: accept → (TLS) → protocol → HTTP → frontend.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    sync::Arc,
    time::Duration,
};

use actix_http::{HttpService, KeepAlive, Protocol};
use actix_rt::net::TcpStream;
use actix_server::Server;
use actix_service::{ServiceFactoryExt as _, fn_service, map_config};
use actix_web::{
    App,
    dev::AppConfig,
    web::{self, ServiceConfig},
};
use rustls::ServerConfig;
use tokio_rustls::TlsAcceptor;

use super::{
    conn::{Conn, Io},
    frontend::{self, AroundApp, Frontend},
    refusal::Refusals,
};
use crate::{audit::Recorder, telemetry::metrics::Metrics};

/// How long an idle connection is kept.
const KEEP_ALIVE: Duration = Duration::from_secs(75);

/// First bytes of an HTTP/2 connection (RFC 9113, section 3.4), as many as tell it from HTTP/1.
const PREFACE: &[u8] = b"PRI * HTTP/2.0";

/// Pause before a connection that sent a part of [`PREFACE`] is looked at again.
const PREFACE_PAUSE: Duration = Duration::from_millis(2);

/// Settings of the server.
pub struct Settings {
    /// Worker threads.
    pub workers: usize,
    /// Longest time for the head of a request, and for a TLS handshake.
    pub read_header_timeout: Duration,
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
    F: Fn() -> std::rc::Rc<Frontend> + Send + Clone + 'static,
    P: Fn(&mut ServiceConfig) + Send + Clone + 'static,
{
    let address = listener.local_addr()?;
    let refusals = Arc::new(Refusals::new(settings.metrics.clone(), settings.recorder.clone()));
    let acceptor = settings.tls.clone().map(TlsAcceptor::from);
    let head_limit = settings.read_header_timeout;
    let builder = Server::build()
        .workers(settings.workers)
        .disable_signals()
        // Longer than what runs is given: it is cut before that.
        .shutdown_timeout(settings.grace_period.as_secs().saturating_add(60));
    let stopping = builder.graceful_shutdown_signal();
    let server = builder.listen("http", listener, move || {
        let (refusals, acceptor, stopping) = (Arc::clone(&refusals), acceptor.clone(), stopping.clone());
        let app = App::new()
            .configure(&pages)
            .default_service(web::route().to(frontend::no_such_endpoint))
            .wrap(AroundApp(make()));
        let http = HttpService::build()
            .keep_alive(KeepAlive::Timeout(KEEP_ALIVE))
            .client_request_timeout(head_limit)
            // A client that has closed its side is gone: its handler is dropped at once.
            .h1_allow_half_closed(false)
            .local_addr(address)
            .on_connect_ext(|conn: &Conn, data| {
                if let Some(turns) = conn.turns() {
                    data.insert(turns);
                }
                if let Some(gone) = conn.gone() {
                    data.insert(gone);
                }
            })
            .graceful_shutdown_signal(move || {
                let stopping = stopping.clone();
                async move { stopping.notified().await }
            })
            .finish(map_config(app, |()| AppConfig::default()));
        fn_service(move |io: TcpStream| {
            let (refusals, acceptor) = (Arc::clone(&refusals), acceptor.clone());
            async move { accept(io, acceptor, refusals, head_limit).await.map_err(actix_http::error::DispatchError::Io) }
        })
        .and_then(http)
    })?;
    Ok(server.run())
}

/// Makes a connection of a socket: nothing waits longer than `limit` for the client to say what it speaks.
async fn accept(
    io: TcpStream,
    acceptor: Option<TlsAcceptor>,
    refusals: Arc<Refusals>,
    limit: Duration,
) -> io::Result<(Conn, Protocol, Option<SocketAddr>)> {
    let peer = io.peer_addr().ok();
    io.set_nodelay(true)?;
    let (io, http2) = actix_rt::time::timeout(limit, async {
        match acceptor {
            Some(acceptor) => {
                let io = acceptor.accept(io).await?;
                let http2 = io.get_ref().1.alpn_protocol() == Some(b"h2");
                Ok((Io::Tls(Box::new(io)), http2))
            }
            None => {
                let http2 = speaks_http2(&io).await?;
                io::Result::Ok((Io::Plain(io), http2))
            }
        }
    })
    .await
    .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
    Ok(if http2 {
        (Conn::http2(io), Protocol::Http2, peer)
    } else {
        (Conn::http1(io, refusals, peer), Protocol::Http1, peer)
    })
}

/// Looks at the first bytes without taking them.
async fn speaks_http2(io: &TcpStream) -> io::Result<bool> {
    let mut first = [0; PREFACE.len()];
    loop {
        let seen = io.peek(&mut first).await?;
        let undecided = 0 < seen && seen < PREFACE.len() && PREFACE.starts_with(&first[..seen]);
        if !undecided {
            return Ok(first == *PREFACE);
        }
        actix_rt::time::sleep(PREFACE_PAUSE).await;
    }
}
