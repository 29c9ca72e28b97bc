//! What all connections of one proxy share.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::cache::Store;
use crate::conduct::{Conduct, FAITHFUL};
use crate::editor::{Editor, Pass};
use crate::fault::{Commit, Fault};
use crate::socket::Socket;

/// Idle upstream connections kept at once.
const POOL: usize = 64;

/// An upstream connection without a request, and bytes that came on it unasked.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) socket: Socket,
    pub(crate) leftover: Vec<u8>,
}

/// Requests that wait for the answer to another one.
type Waiting = Vec<oneshot::Sender<Vec<u8>>>;

/// State of one proxy.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) fault: &'static Fault,
    pub(crate) conduct: Conduct,
    pub(crate) upstream: SocketAddr,
    pub(crate) unit: Duration,
    pub(crate) store: Store,
    pub(crate) requests: AtomicU64,
    pub(crate) open: AtomicUsize,
    pool: Mutex<Vec<Kept>>,
    failures: AtomicU32,
    broken_until: Mutex<Option<Instant>>,
    window: Mutex<Option<(Instant, u32)>>,
    waiting: Mutex<HashMap<Vec<u8>, Waiting>>,
}

/// Locks a mutex; a panic of another holder doesn't matter to plain values.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    pub(crate) fn new(upstream: SocketAddr, fault: &'static Fault, unit: Duration) -> Self {
        let conduct = match fault.commit {
            Commit::Conduct(conduct) => conduct,
            _ => FAITHFUL,
        };
        Self {
            fault,
            conduct,
            upstream,
            unit,
            store: Store::default(),
            requests: AtomicU64::new(0),
            open: AtomicUsize::new(0),
            pool: Mutex::default(),
            failures: AtomicU32::new(0),
            broken_until: Mutex::default(),
            window: Mutex::default(),
            waiting: Mutex::default(),
        }
    }

    /// Editor of the requests of one connection.
    pub(crate) fn request_editor(&self) -> Box<dyn Editor> {
        match self.fault.commit {
            Commit::Request(make) => make(),
            _ => Box::new(Pass),
        }
    }

    /// Editor of the responses of one connection.
    pub(crate) fn response_editor(&self) -> Box<dyn Editor> {
        match self.fault.commit {
            Commit::Response(make) | Commit::Exchange(_, make) => make(),
            _ => Box::new(Pass),
        }
    }

    /// So many units of time.
    pub(crate) fn units(&self, count: u32) -> Duration {
        self.unit * count
    }

    /// Takes an idle upstream connection.
    pub(crate) fn take_kept(&self) -> Option<Kept> {
        let mut pool = lock(&self.pool);
        while let Some(kept) = pool.pop() {
            if self.conduct.stale || kept.socket.is_quiet() {
                return Some(kept);
            }
        }
        None
    }

    /// Keeps an idle upstream connection.
    pub(crate) fn keep(&self, kept: Kept) {
        let mut pool = lock(&self.pool);
        if pool.len() < POOL {
            pool.push(kept);
        }
    }

    /// Counts a response for the circuit breaker.
    pub(crate) fn answered(&self, status: u16) {
        let Some(most) = self.conduct.circuit else { return };
        if status < 500 {
            self.failures.store(0, Ordering::Relaxed);
        } else if self.failures.fetch_add(1, Ordering::Relaxed) + 1 >= most {
            self.failures.store(0, Ordering::Relaxed);
            *lock(&self.broken_until) = Some(Instant::now() + self.unit);
        }
    }

    /// Says whether the circuit is open.
    pub(crate) fn circuit_open(&self) -> bool {
        lock(&self.broken_until).is_some_and(|until| Instant::now() < until)
    }

    /// Counts a request; says whether there were too many within a unit.
    pub(crate) fn too_many(&self, most: u32) -> bool {
        let mut window = lock(&self.window);
        let now = Instant::now();
        match &mut *window {
            Some((since, count)) if now < *since + self.unit => {
                *count += 1;
                *count > most
            }
            other => {
                *other = Some((now, 1));
                false
            }
        }
    }

    /// Joins a request that is under way: returns what to wait for, or `None` for the first.
    pub(crate) fn join(&self, key: &[u8]) -> Option<oneshot::Receiver<Vec<u8>>> {
        let mut waiting = lock(&self.waiting);
        if let Some(others) = waiting.get_mut(key) {
            let (sender, receiver) = oneshot::channel();
            others.push(sender);
            return Some(receiver);
        }
        waiting.insert(key.to_vec(), Vec::new());
        None
    }

    /// Ends a request that others may have joined; without an answer they ask for themselves.
    pub(crate) fn part(&self, key: &[u8], answer: Option<&[u8]>) {
        for sender in lock(&self.waiting).remove(key).unwrap_or_default() {
            if let Some(answer) = answer {
                // One that has left meanwhile needs no answer.
                let _ = sender.send(answer.to_vec());
            }
        }
    }
}
