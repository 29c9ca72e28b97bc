//! The gateway as a target: sends probes through it, and joins what went out with what arrived.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::time::{Instant, sleep_until};

use super::{
    client::{Dial, DialError, Received, Sending, send},
    declaration::Exchange,
    head,
    inlet::Inlet,
    message::{Field, Framing},
    probe::{Marks, Probe},
    upstream::{Upstream, UpstreamError},
};

/// Longest pause that a gateway's `Retry-After` is given, in seconds.
const LONGEST_PAUSE: u64 = 30;
/// Times a probe is sent again after 429.
const AGAIN: u32 = 3;

/// Where probes go: the gateway, or the upstream itself for the control.
pub(crate) struct Target {
    /// Connections to it.
    pub dial: Dial,
    /// Value of `Host`.
    pub host: String,
    /// Path before the probe's segment, without a slash at its end.
    pub prefix: String,
    /// Fields that each request carries: the gateway's credentials.
    pub own: Vec<Field>,
    /// Bound of requests a second.
    pub pace: Pace,
}

/// A failure that ends the run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProbeError {
    /// The target is not reached.
    #[error(transparent)]
    Dial(#[from] DialError),
    /// The upstream failed.
    #[error(transparent)]
    Upstream(#[from] UpstreamError),
}

/// Bounds requests a second.
pub(crate) struct Pace {
    step: Duration,
    next: Mutex<Option<Instant>>,
    /// Number of pauses that the gateway asked for by 429.
    pub pauses: AtomicU32,
}

impl Pace {
    /// At most this many requests a second; 0 is no bound.
    pub(crate) fn new(rate: u32) -> Self {
        let step = if rate == 0 { Duration::ZERO } else { Duration::from_secs(1) / rate };
        Self { step, next: Mutex::new(None), pauses: AtomicU32::new(0) }
    }

    async fn wait(&self) {
        let slot = {
            let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
            let slot = next.unwrap_or_else(Instant::now).max(Instant::now());
            *next = Some(slot + self.step);
            slot
        };
        sleep_until(slot).await;
    }

    fn pause(&self, seconds: u64) {
        self.pauses.fetch_add(1, Ordering::Relaxed);
        let until = Instant::now() + Duration::from_secs(seconds);
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        *next = Some(next.map_or(until, |slot| slot.max(until)));
    }
}

/// Makes the ids of a run.
pub(crate) struct Ids {
    run: String,
    next: AtomicU64,
}

impl Ids {
    /// Begins a run.
    pub(crate) fn new() -> Self {
        Self { run: format!("{:06x}", rand::random::<u32>() & 0xFF_FFFF), next: AtomicU64::new(1) }
    }

    fn next(&self) -> String {
        let mut number = self.next.fetch_add(1, Ordering::Relaxed);
        let mut digits = [b'0'; 4];
        for digit in digits.iter_mut().rev() {
            *digit = b"0123456789abcdefghijklmnopqrstuvwxyz"[(number % 36) as usize];
            number /= 36;
        }
        format!("{}{}-{}", super::upstream::MARK, self.run, String::from_utf8_lossy(&digits))
    }
}

impl Target {
    /// Sends a probe and waits for its outcome. 429 without an arrival is obeyed and the probe sent again.
    ///
    /// # Errors
    /// When the target or the upstream is not reached.
    pub(crate) async fn exchange<U: Upstream>(
        &self,
        probe: &Probe,
        ids: &Ids,
        upstream: &U,
    ) -> Result<Exchange, ProbeError> {
        let mut times = 0;
        loop {
            self.pace.wait().await;
            let exchange = self.once(probe, ids, upstream).await?;
            let limited = exchange.status() == 429 && exchange.arrivals.is_empty();
            if !limited || times == AGAIN {
                return Ok(exchange);
            }
            times += 1;
            let asked = exchange.got().and_then(|got| got.value("retry-after"));
            let seconds =
                asked.and_then(|value| std::str::from_utf8(value).ok()?.parse().ok()).unwrap_or(1_u64 << times);
            self.pace.pause(seconds.min(LONGEST_PAUSE));
        }
    }

    async fn once<U: Upstream>(&self, probe: &Probe, ids: &Ids, upstream: &U) -> Result<Exchange, ProbeError> {
        let id = ids.next();
        let mut own = self.own.clone();
        own.push(Field::new("X-Probe", id.as_str()));
        let marks = Marks { path: format!("{}/{id}", self.prefix), id: id.clone(), host: self.host.clone(), own };
        let pieces: Vec<(u64, Vec<u8>)> =
            probe.pieces.iter().map(|(pause, bytes)| (*pause, marks.fill(bytes))).collect();
        let sent_bytes: Vec<u8> = pieces.iter().flat_map(|(_, bytes)| bytes.iter().copied()).collect();
        upstream.register(&id, probe.script.clone()).await?;
        let sending = Sending {
            pieces,
            method: probe.method.clone(),
            responses: probe.responses,
            half_close: probe.half_close,
            leave: probe.leave,
            wait_ms: probe.wait_ms,
        };
        let received: Received = send(&self.dial, &sending).await?;
        let arrivals = upstream.collect(&id).await?;
        let sent = read_back(&sent_bytes).await;
        Ok(Exchange { probe: probe.name, id, sent_bytes, sent, arrivals, received })
    }
}

/// Reads a request back from its bytes.
async fn read_back(bytes: &[u8]) -> super::message::Message {
    let mut inlet = Inlet::new(bytes, Duration::from_secs(1));
    match inlet.request_head().await {
        Ok(mut message) => {
            inlet.body(&mut message).await;
            message
        }
        Err(_) => {
            let mut message = head::read(bytes, true);
            message.framing = Framing::None;
            message
        }
    }
}
