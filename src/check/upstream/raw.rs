//! An upstream in this process: reads any bytes, answers exact bytes, keeps what arrived.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::AsyncWriteExt as _,
    net::{TcpListener, TcpStream},
    sync::{Notify, Semaphore},
    task::JoinHandle,
    time::{Instant, sleep, timeout},
};

use super::{Arrival, Upstream, UpstreamError};
use crate::check::{
    head,
    inlet::Inlet,
    message::{Ended, Framing, Message},
    probe::{Script, Step},
};

/// Begin of the id that marks a probe, anywhere in a request's head.
pub(crate) const MARK: &str = "probe-";
/// Letters and digits of an id after the mark: `ffffff-nnnn`.
const ID_LENGTH: usize = 11;
/// Most connections at a time; further ones wait to be accepted.
const CONNECTIONS: usize = 2_048;
/// Longest silence of a connection between two requests.
const IDLE: Duration = Duration::from_secs(75);
/// Longest wait for a request body: longer than what the checks of timeouts wait.
const BODY: Duration = Duration::from_secs(180);
/// Most arrivals kept for each probe.
const ARRIVALS: usize = 1_000;
/// Longest wait for an exchange to settle.
const SETTLE: Duration = Duration::from_millis(1_500);

#[derive(Default)]
struct State {
    scripts: HashMap<String, Script>,
    arrivals: HashMap<String, Vec<Arrival>>,
}

struct Shared {
    state: Mutex<State>,
    changed: Notify,
    began: Instant,
    connections: AtomicU64,
}

/// The upstream of `--listen`.
pub(crate) struct RawUpstream {
    shared: Arc<Shared>,
    address: SocketAddr,
    accepting: JoinHandle<()>,
}

impl RawUpstream {
    /// Opens the listener.
    ///
    /// # Errors
    /// When the address can't be bound.
    pub(crate) async fn listen(address: SocketAddr) -> std::io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            state: Mutex::default(),
            changed: Notify::new(),
            began: Instant::now(),
            connections: AtomicU64::new(0),
        });
        let accepting = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Ok(Self { shared, address, accepting })
    }

    /// Address it listens on.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for RawUpstream {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Upstream for RawUpstream {
    async fn register(&self, id: &str, script: Script) -> Result<(), UpstreamError> {
        self.shared.with(|state| state.scripts.insert(id.to_owned(), script));
        Ok(())
    }

    async fn collect(&self, id: &str) -> Result<Vec<Arrival>, UpstreamError> {
        let settled = async {
            loop {
                let changed = self.shared.changed.notified();
                let open = self.shared.with(|state| {
                    state.arrivals.get(id).is_some_and(|list| list.iter().any(|arrival| !arrival.settled))
                });
                if !open {
                    return;
                }
                changed.await;
            }
        };
        // What has not settled is returned as it is.
        let _ = timeout(SETTLE, settled).await;
        Ok(self.shared.with(|state| {
            state.scripts.remove(id);
            state.arrivals.remove(id).unwrap_or_default()
        }))
    }
}

impl Shared {
    fn with<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn change(&self, id: &str, attempt: usize, change: impl FnOnce(&mut Arrival)) {
        self.with(|state| {
            if let Some(arrival) = state.arrivals.get_mut(id).and_then(|list| list.get_mut(attempt - 1)) {
                change(arrival);
            }
        });
        self.changed.notify_waiters();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        match listener.accept().await {
            Ok((socket, _)) => {
                let shared = Arc::clone(&shared);
                tokio::spawn(async move {
                    let _place = place;
                    serve(socket, &shared).await;
                });
            }
            // Out of descriptors, or the peer has left: the next one may work.
            Err(_) => sleep(Duration::from_millis(20)).await,
        }
    }
}

async fn serve(socket: TcpStream, shared: &Shared) {
    let connection = shared.connections.fetch_add(1, Ordering::Relaxed) + 1;
    // A client without Nagle's algorithm sees each piece by itself.
    let _ = socket.set_nodelay(true);
    let mut inlet = Inlet::new(socket, IDLE);
    let mut on_connection = 0;
    loop {
        inlet.limit(IDLE);
        let Ok(request) = inlet.request_head().await else { return };
        on_connection += 1;
        let Some(id) = probe_id(&request.raw_head) else {
            let mut request = request;
            inlet.body(&mut request).await;
            if request.ended != Ended::Complete || inlet.stream_mut().write_all(&filled(UNKNOWN, "")).await.is_err() {
                return;
            }
            continue;
        };
        let (attempt, steps) = shared.with(|state| {
            let list = state.arrivals.entry(id.clone()).or_default();
            let attempt = list.len() + 1;
            if list.len() < ARRIVALS {
                list.push(Arrival {
                    attempt,
                    connection,
                    on_connection,
                    at_ms: shared.now(),
                    arrived: request.clone(),
                    answered: None,
                    sent: Vec::new(),
                    settled: false,
                    left_early: false,
                });
            }
            let script = state.scripts.get(&id).cloned().unwrap_or_else(Script::plain);
            let last = script.attempts.len().saturating_sub(1);
            (attempt, script.attempts.get((attempt - 1).min(last)).cloned().unwrap_or_default())
        });
        let mut answer = Answer { id: &id, attempt, shared, request, read: false, sent: Vec::new() };
        let goes_on = answer.run(&mut inlet, steps).await;
        answer.settle();
        if !goes_on {
            return;
        }
    }
}

/// Answer to requests that belong to no probe: health checks, other users.
const UNKNOWN: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 9\r\n\r\napi-test\n";

struct Answer<'s> {
    id: &'s str,
    attempt: usize,
    shared: &'s Shared,
    request: Message,
    read: bool,
    sent: Vec<u8>,
}

impl Answer<'_> {
    /// Does the steps; returns whether the connection goes on.
    async fn run(&mut self, inlet: &mut Inlet<TcpStream>, steps: Vec<Step>) -> bool {
        for step in steps {
            let works = match step {
                Step::Read => self.read(inlet).await,
                Step::Send(bytes) => self.send(inlet, &filled(&bytes, self.id)).await,
                Step::Pause(milliseconds) => {
                    sleep(Duration::from_millis(milliseconds)).await;
                    true
                }
                Step::HalfClose => inlet.stream_mut().shutdown().await.is_ok(),
                Step::Close => return false,
                Step::Reset => {
                    let _ = socket2::SockRef::from(&*inlet.stream_mut()).set_linger(Some(Duration::ZERO));
                    return false;
                }
            };
            if !works {
                self.shared.change(self.id, self.attempt, |arrival| arrival.left_early = true);
                return false;
            }
        }
        self.read || self.read(inlet).await
    }

    async fn read(&mut self, inlet: &mut Inlet<TcpStream>) -> bool {
        if self.read {
            return true;
        }
        self.read = true;
        if self.request.tokens("expect").iter().any(|token| token == "100-continue")
            && !self.send(inlet, b"HTTP/1.1 100 Continue\r\n\r\n").await
        {
            return false;
        }
        inlet.limit(BODY);
        inlet.body(&mut self.request).await;
        let request = self.request.clone();
        let complete = request.ended == Ended::Complete;
        self.shared.change(self.id, self.attempt, |arrival| arrival.arrived = request);
        complete
    }

    async fn send(&mut self, inlet: &mut Inlet<TcpStream>, bytes: &[u8]) -> bool {
        self.sent.extend_from_slice(bytes);
        inlet.stream_mut().write_all(bytes).await.is_ok()
    }

    fn settle(&self) {
        let answered = if self.sent.is_empty() { None } else { Some(answered(&self.sent, self.request.method())) };
        let sent = self.sent.clone();
        self.shared.change(self.id, self.attempt, |arrival| {
            arrival.answered = answered;
            arrival.sent = sent;
            arrival.settled = true;
        });
    }
}

/// Reads an answer back from its bytes.
fn answered(bytes: &[u8], method: &[u8]) -> Message {
    let mut inlet = Inlet::new(bytes, IDLE);
    // All bytes are there: the future is ready at its first poll.
    let mut future = std::pin::pin!(inlet.response(method));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match future.as_mut().poll(&mut context) {
        std::task::Poll::Ready(message) => message,
        std::task::Poll::Pending => {
            let mut message = head::read(bytes, false);
            message.framing = Framing::None;
            message
        }
    }
}

fn filled(bytes: &[u8], id: &str) -> Vec<u8> {
    crate::check::probe::Marks { id: id.to_owned(), ..Default::default() }.fill(bytes)
}

/// Finds the id of a probe in a head, in any case.
pub(crate) fn probe_id(head: &[u8]) -> Option<String> {
    let mark = MARK.as_bytes();
    head.windows(mark.len() + ID_LENGTH).find_map(|window| {
        let (begin, rest) = window.split_at(mark.len());
        let fits = begin.eq_ignore_ascii_case(mark)
            && rest.iter().enumerate().all(
                |(at, byte)| {
                    if at == 6 { *byte == b'-' } else { byte.is_ascii_alphanumeric() }
                },
            );
        fits.then(|| String::from_utf8_lossy(window).to_ascii_lowercase())
    })
}
