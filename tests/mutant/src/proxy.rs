//! The listening proxy.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::connection::Connection;
use crate::fault::{Answer, Commit, Fault};
use crate::shared::{Shared, lock};
use crate::socket::{PIECE, Socket, Stop};
use crate::{h2, relay, requests, responses};

/// A running proxy. It stops when dropped.
#[derive(Debug)]
pub struct Mutant {
    address: SocketAddr,
    tasks: Vec<JoinHandle<()>>,
}

/// How a proxy is started.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Where it listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where it connects to.
    pub upstream: SocketAddr,
    /// The one fault; none: the proxy is faithful.
    pub fault: Option<&'static Fault>,
    /// The unit of time of faults that wait, such as timeouts. Usually 1 s.
    pub unit: Duration,
}

impl Mutant {
    /// Starts a proxy on the current tokio runtime.
    ///
    /// # Errors
    /// The address can't be listened on.
    pub async fn start(settings: Settings) -> io::Result<Self> {
        let listener = TcpListener::bind(settings.listen).await?;
        let address = listener.local_addr()?;
        let mut tasks = Vec::new();
        let shared = settings.fault.map(|fault| Arc::new(Shared::new(settings.upstream, fault, settings.unit)));
        if let Some(shared) = shared.clone().filter(|shared| shared.conduct.probes) {
            tasks.push(tokio::spawn(probe(shared)));
        }
        tasks.push(tokio::spawn(accept(listener, settings.upstream, shared)));
        Ok(Self { address, tasks })
    }

    /// Address that the proxy listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Mutant {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

async fn accept(listener: TcpListener, upstream: SocketAddr, shared: Option<Arc<Shared>>) {
    let mut connections = tokio::task::JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((client, _)) => {
                    let shared = shared.clone();
                    connections.spawn(serve(client, upstream, shared));
                }
                // Out of descriptors: those that are open will end.
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve(client: TcpStream, upstream: SocketAddr, shared: Option<Arc<Shared>>) {
    let client = Socket::new(client);
    match shared {
        Some(shared) => {
            shared.open.fetch_add(1, Ordering::SeqCst);
            mutate(client, &shared).await;
            shared.open.fetch_sub(1, Ordering::SeqCst);
        }
        None => match Socket::connect(upstream).await {
            Ok(upstream) => relay::relay(&client, &upstream).await,
            Err(_) => client.reset(),
        },
    }
}

async fn mutate(client: Socket, shared: &Arc<Shared>) {
    let conduct = &shared.conduct;
    if conduct.most.is_some_and(|most| shared.open.load(Ordering::SeqCst) > most) {
        return refuse(&client, "503 Service Unavailable", "too many connections\n").await;
    }
    let kept = if conduct.pool { shared.take_kept() } else { None };
    let (upstream, leftover) = match kept {
        Some(kept) => (Ok(kept.socket), kept.leftover),
        None => (Socket::connect(shared.upstream).await, Vec::new()),
    };
    let Ok(upstream) = upstream else {
        if conduct.gone_is_502 {
            return refuse(&client, "502 Bad Gateway", "upstream refused the connection\n").await;
        }
        return client.reset();
    };
    if conduct.preface {
        let line = format!("PROXY TCP4 {} 127.0.0.1 40000 80\r\n", client.peer().split(':').next().unwrap_or_default());
        if upstream.write(line.as_bytes()).await.is_err() {
            return client.reset();
        }
    }
    if let Commit::Http2(change) = shared.fault.commit {
        return framed(&client, &upstream, change).await;
    }
    // It is held for as long as the client's connection lasts.
    let _extra = if conduct.extra { Socket::connect(shared.upstream).await.ok() } else { None };
    let (ahead, pieces) = if conduct.reads_ahead {
        let (ahead, pieces) = mpsc::unbounded_channel();
        (Some(ahead), Some(pieces))
    } else {
        (None, None)
    };
    let connection = Connection::new(client.clone(), upstream, Arc::clone(shared), ahead);
    *lock(&connection.leftover) = leftover;
    let stop = tokio::try_join!(requests::pump(&connection), responses::pump(&connection), deliver(&client, pieces));
    match stop {
        Err(Stop::Reset) => {
            client.reset();
            if let (Some(upstream), _) = connection.upstream() {
                upstream.reset();
            }
        }
        Ok(_) | Err(Stop::Close) => responses::keep(&connection),
    }
}

/// Serves a connection with a fault of HTTP/2: one that speaks HTTP/1 passes.
async fn framed(client: &Socket, upstream: &Socket, change: h2::Change) {
    let mut buffer = vec![0; PIECE];
    let Ok(length) = client.read(&mut buffer).await else { return upstream.reset() };
    let sent = buffer.get(..length).unwrap_or_default();
    let speaks = sent.starts_with(b"PRI ");
    let passed = if speaks {
        h2::relay(client, upstream, change, sent).await
    } else {
        upstream.write(sent).await.map_err(|_| Stop::Reset)
    };
    if passed.is_err() {
        client.reset();
        upstream.reset();
    } else if !speaks {
        relay::relay(client, upstream).await;
    }
}

/// Writes pieces that were read ahead.
async fn deliver(client: &Socket, pieces: Option<mpsc::UnboundedReceiver<Vec<u8>>>) -> Result<(), Stop> {
    let Some(mut pieces) = pieces else { return Ok(()) };
    while let Some(piece) = pieces.recv().await {
        if piece.is_empty() {
            client.finish();
            return Ok(());
        }
        client.write(&piece).await.map_err(|_| Stop::Reset)?;
    }
    Ok(())
}

async fn refuse(client: &Socket, status: &str, text: &str) {
    let mut buffer = vec![0; PIECE];
    if client.read(&mut buffer).await.is_err() || client.write(&Answer::last(status, "", text).bytes).await.is_err() {
        return;
    }
    client.finish();
    while client.read(&mut buffer).await.is_ok_and(|length| length > 0) {}
}

/// Asks the upstream for its health, every unit.
async fn probe(shared: Arc<Shared>) {
    let mut buffer = vec![0; PIECE];
    loop {
        if let Ok(upstream) = Socket::connect(shared.upstream).await {
            let request =
                "GET /healthz HTTP/1.1\r\nHost: upstream\r\nUser-Agent: mutant-health\r\nConnection: close\r\n\r\n";
            if upstream.write(request.as_bytes()).await.is_ok() {
                let read = async { while upstream.read(&mut buffer).await.is_ok_and(|length| length > 0) {} };
                let _ = tokio::time::timeout(shared.unit, read).await;
            }
        }
        tokio::time::sleep(shared.unit).await;
    }
}
