//! One client's connection and the upstream's that belongs to it, as both pumps see them.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use tokio::sync::{Notify, mpsc};
use tokio::time::Instant;

use crate::fault::Answer;
use crate::http1::Head;
use crate::shared::{Shared, lock};
use crate::socket::{Socket, Stop};

/// A request that has no complete response yet.
#[derive(Debug)]
pub(crate) struct Asked {
    /// Its head, as the client sent it.
    pub(crate) head: Head,
    /// Its method, as it was forwarded.
    pub(crate) method: Vec<u8>,
    /// When its head had come.
    pub(crate) since: Instant,
    /// Its bytes as forwarded, when the conduct needs them.
    pub(crate) sent: Vec<u8>,
    /// Says whether it was forwarded to its end.
    pub(crate) complete: bool,
    /// Attempts after the first.
    pub(crate) attempts: u32,
}

/// A switch that both pumps see.
#[derive(Debug, Default)]
pub(crate) struct Switch(AtomicBool);

impl Switch {
    pub(crate) fn set(&self, on: bool) {
        self.0.store(on, Ordering::SeqCst);
    }

    pub(crate) fn is(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

/// The state of one connection.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) client: Socket,
    pub(crate) client_ip: String,
    pub(crate) shared: Arc<Shared>,
    upstream: Mutex<Option<Socket>>,
    generation: AtomicU64,
    flight: Mutex<VecDeque<Asked>>,
    /// Bytes that came before the client's first request, from a kept connection.
    pub(crate) leftover: Mutex<Vec<u8>>,
    /// Wakes the response pump: a request came, or the upstream is another one.
    pub(crate) changed: Notify,
    /// Wakes the request pump: a response began or ended.
    pub(crate) landed: Notify,
    /// The connection speaks HTTP no more.
    pub(crate) tunnel: Switch,
    /// The response to the first request in flight has begun.
    pub(crate) begun: Switch,
    /// The upstream has said 100, or answered.
    pub(crate) continued: Switch,
    /// What the client still sends is dropped.
    pub(crate) discards: Switch,
    /// The client has closed its sending side.
    pub(crate) client_done: Switch,
    ahead: Option<mpsc::UnboundedSender<Vec<u8>>>,
}

impl Connection {
    pub(crate) fn new(
        client: Socket,
        upstream: Socket,
        shared: Arc<Shared>,
        ahead: Option<mpsc::UnboundedSender<Vec<u8>>>,
    ) -> Self {
        let client_ip = client.peer().rsplit_once(':').map(|(ip, _)| ip.to_owned()).unwrap_or_default();
        Self {
            client,
            client_ip,
            shared,
            upstream: Mutex::new(Some(upstream)),
            generation: AtomicU64::new(0),
            flight: Mutex::default(),
            leftover: Mutex::default(),
            changed: Notify::new(),
            landed: Notify::new(),
            tunnel: Switch::default(),
            begun: Switch::default(),
            continued: Switch::default(),
            discards: Switch::default(),
            client_done: Switch::default(),
            ahead,
        }
    }

    /// The upstream's connection, and a number that changes with it.
    pub(crate) fn upstream(&self) -> (Option<Socket>, u64) {
        let upstream = lock(&self.upstream);
        (upstream.clone(), self.generation.load(Ordering::SeqCst))
    }

    /// Replaces the upstream's connection; the old one is closed.
    pub(crate) fn set_upstream(&self, socket: Option<Socket>) {
        let mut upstream = lock(&self.upstream);
        *upstream = socket;
        self.generation.fetch_add(1, Ordering::SeqCst);
        self.changed.notify_one();
    }

    /// Works on the requests in flight, oldest first.
    pub(crate) fn flight<T>(&self, with: impl FnOnce(&mut VecDeque<Asked>) -> T) -> T {
        with(&mut lock(&self.flight))
    }

    /// Says whether no request waits for its response.
    pub(crate) fn is_idle(&self) -> bool {
        self.flight(|flight| flight.is_empty())
    }

    /// Head of the request that is answered now; an empty one when none is.
    pub(crate) fn asked(&self) -> Head {
        self.flight(|flight| flight.front().map(|asked| asked.head.clone())).unwrap_or_else(|| Head::parse(b""))
    }

    /// Waits until no response is due.
    pub(crate) async fn idle(&self) {
        while !self.is_idle() {
            self.landed.notified().await;
        }
    }

    /// Sends bytes to the upstream, as part of the last request in flight.
    pub(crate) async fn to_upstream(&self, bytes: &[u8]) -> Result<(), Stop> {
        if bytes.is_empty() {
            return Ok(());
        }
        if self.shared.conduct.records() {
            self.flight(|flight| {
                if let Some(asked) = flight.back_mut() {
                    asked.sent.extend_from_slice(bytes);
                }
            });
        }
        let (Some(upstream), _) = self.upstream() else { return Ok(()) };
        let forgiving = self.shared.conduct.replaces_upstream() || self.shared.conduct.gone_is_502;
        let hides = self.shared.conduct.hides_leaving;
        tokio::select! {
            written = upstream.write(bytes) => match written {
                // The response pump learns of it and decides.
                Err(_) if forgiving => Ok(()),
                written => written.map_err(|_| Stop::Reset),
            },
            () = self.client.broken(), if !hides => Err(Stop::Reset),
        }
    }

    /// Sends bytes to the client.
    pub(crate) async fn to_client(&self, bytes: &[u8]) -> Result<(), Stop> {
        if bytes.is_empty() {
            return Ok(());
        }
        if let Some(ahead) = &self.ahead {
            return ahead.send(bytes.to_vec()).map_err(|_| Stop::Reset);
        }
        let (upstream, _) = self.upstream();
        let watched = !self.shared.conduct.replaces_upstream();
        let broken = async {
            match &upstream {
                Some(upstream) if watched => upstream.broken().await,
                _ => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            written = self.client.write(bytes) => match written {
                Err(_) if self.shared.conduct.hides_leaving => Ok(()),
                written => written.map_err(|_| Stop::Reset),
            },
            () = broken => Err(Stop::Reset),
        }
    }

    /// Ends the direction to the client.
    pub(crate) fn finish_client(&self) {
        match &self.ahead {
            // An empty piece is the end.
            Some(ahead) => drop(ahead.send(Vec::new())),
            None => self.client.finish(),
        }
    }

    /// Ends the direction to the upstream.
    pub(crate) fn finish_upstream(&self) {
        if let (Some(upstream), _) = self.upstream() {
            upstream.finish();
        }
    }

    /// Gives an answer of our own to a request with this method.
    pub(crate) async fn give(&self, answer: &Answer, method: &[u8]) -> Result<(), Stop> {
        let mut bytes = &*answer.bytes;
        if method == b"HEAD"
            && let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n")
        {
            bytes = bytes.get(..end + 4).unwrap_or_default();
        }
        self.to_client(bytes).await?;
        if answer.close {
            self.discards.set(true);
            self.finish_client();
        }
        Ok(())
    }
}
