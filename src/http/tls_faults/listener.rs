//! The ports of the faults.

use std::{io, net::TcpListener, sync::Arc, time::Duration};

use rustls::ServerConfig;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use super::{
    super::{handshake, tcp::Tcp},
    answer::answer,
    canned,
    certificates::{FaultCertificates, MakeError},
    fault::Fault,
};
use crate::{
    request::{ConnectionFacts, TlsFacts},
    side_thread::{Serve, SideThread},
    telemetry::metrics::Metrics,
    wire::peer::peer_text,
};

/// Longest time for which a handshake that goes no further is kept open.
pub(super) const HOLD_MAX: Duration = Duration::from_secs(10 * 60);
/// Most bytes that are looked at once.
const PIECE: usize = 4096;

/// Running ports.
pub struct TlsFaults(SideThread);

impl TlsFaults {
    /// Starts accepting on one listener for each of [`Fault::ALL`]. `wait_max` is the longest time for a handshake, and
    /// for a request after it.
    ///
    /// # Errors
    /// When a certificate can't be made, or the thread can't be started.
    pub fn start(
        listeners: Vec<TcpListener>,
        certificates: &FaultCertificates,
        wait_max: Duration,
        metrics: Metrics,
    ) -> Result<Self, StartError> {
        let configs = Fault::ALL.map(|fault| certificates.server_config(fault).map(|config| (fault, config)));
        let ports = Ports { configs: configs.into_iter().collect::<Result<_, _>>()?, wait_max, metrics };
        Ok(Self(SideThread::start("tls-faults", listeners, ports)?))
    }

    /// Closes the ports and ends all connections.
    pub async fn stop(self) {
        self.0.stop().await;
    }
}

/// Error at the start of the ports.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A certificate can't be made.
    #[error(transparent)]
    Certificate(#[from] MakeError),
    /// The thread can't be started.
    #[error("thread: {0}")]
    Thread(#[from] io::Error),
}

struct Ports {
    configs: Vec<(Fault, Arc<ServerConfig>)>,
    wait_max: Duration,
    metrics: Metrics,
}

/// What a client has made of a fault.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    /// `accepted`, `refused` or `too-many`.
    pub(super) word: &'static str,
    /// How it refused the fault.
    pub(super) message: String,
}

impl Serve for Ports {
    async fn connection(&self, listener: usize, io: TcpStream, stop: CancellationToken) {
        let Some((fault, config)) = self.configs.get(listener) else { return };
        let mut facts = ConnectionFacts::new(io.peer_addr().ok(), io.local_addr().ok());
        let tls = facts.tls.insert(Box::default());
        let meeting = meet(*fault, Arc::clone(config), Tcp::new(io), self.wait_max, tls);
        let outcome = tokio::select! {
            outcome = meeting => outcome,
            () = stop.cancelled() => Outcome { word: "refused", message: "the server stopped".to_owned() },
        };
        self.tell(*fault, &facts, &outcome);
    }

    fn too_many(&self) {
        self.metrics.record_tls_fault("", "too-many");
    }
}

impl Ports {
    fn tell(&self, fault: Fault, facts: &ConnectionFacts, outcome: &Outcome) {
        self.metrics.record_tls_fault(fault.name(), outcome.word);
        log::info!(
            fault = fault.name(), outcome = outcome.word, error = outcome.message.as_str(),
            remote_addr = facts.peer().map_or_else(String::new, peer_text);
            "tls fault"
        );
    }
}

/// Confronts a client with a fault.
pub(super) async fn meet(
    fault: Fault,
    config: Arc<ServerConfig>,
    io: Tcp,
    wait_max: Duration,
    facts: &mut TlsFacts,
) -> Outcome {
    let refused = |message: String| Outcome { word: "refused", message };
    match fault {
        Fault::Stops => refused(hold(io, &canned::half_server_hello(rand::random()), wait_max).await),
        Fault::OldVersion => refused(hold(io, &canned::old_server_hello(rand::random()), wait_max).await),
        _ => match handshake::accept(io, config, wait_max, facts).await {
            Err(lost) => refused(lost.message.unwrap_or_else(|| "the client left without a byte".to_owned())),
            Ok(mut io) => {
                // Some clients, such as curl, compare names only after the handshake. A request tells.
                let message = match timeout(wait_max, answer(fault, &mut io)).await {
                    Ok(Ok(true)) => return Outcome { word: "accepted", message: String::new() },
                    Ok(Ok(false)) => "the client left after the handshake, without a request",
                    Ok(Err(_)) => "the connection broke after the handshake",
                    Err(_) => "the client sent no request within server.read_header_timeout",
                };
                refused(message.to_owned())
            }
        },
    }
}

/// Answers the first bytes of a client, and waits until it leaves. Returns how it did.
async fn hold(mut io: Tcp, bytes: &[u8], wait_max: Duration) -> String {
    match timeout(wait_max, io.look(PIECE)).await {
        Err(_) => return "the client sent nothing within server.read_header_timeout".to_owned(),
        Ok(Err(error)) => return format!("the connection broke: {error}"),
        Ok(Ok(0)) => return "the client left without a byte".to_owned(),
        Ok(Ok(first)) => io.skip(first),
    }
    if let Err(error) = io.write_all(bytes).await {
        return format!("the connection broke: {error}");
    }
    let waiting = async {
        let mut piece = [0; PIECE];
        let mut first = None;
        loop {
            match io.read(&mut piece).await {
                Ok(0) => return left(first.as_deref()),
                Ok(read) => first = first.or_else(|| Some(piece[..read].to_vec())),
                Err(_) => return format!("{}, with a reset", left(first.as_deref())),
            }
        }
    };
    timeout(HOLD_MAX, waiting).await.unwrap_or_else(|_| "the client waited for 10 minutes".to_owned())
}

/// Tells how a client left whose next bytes after its hello were `first`.
fn left(first: Option<&[u8]>) -> String {
    match first {
        // A record of an alert: type, version, length, level, description (RFC 8446, section 6).
        Some([21, _, _, 0, 2, _, alert, ..]) => format!("the client sent alert {alert} and left"),
        Some(_) => "the client went on with the handshake, and left".to_owned(),
        None => "the client left".to_owned(),
    }
}
