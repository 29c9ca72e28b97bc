//! The tap's listener, on a thread of its own.

use std::{io, net::TcpListener, sync::Arc, thread, time::Duration};

use bytes::Bytes;
use tokio::{
    net::TcpStream,
    runtime::Builder,
    sync::{Semaphore, oneshot},
    task::JoinSet,
    time::sleep,
};
use tokio_util::sync::CancellationToken;

use super::served::{Answering, Served, serve};
use crate::{
    config::TapAfter,
    request::{ConnectionFacts, EndedBy},
    telemetry::metrics::Metrics,
    wire::peer::peer_text,
};

/// Maximum number of connections at a time. Further ones are closed at once.
pub(super) const CONNECTIONS_MAX: usize = 256;
/// Pause after a connection could not be accepted, such as for want of file descriptors.
const PAUSE: Duration = Duration::from_millis(100);

/// Settings of the tap.
pub struct TapSettings {
    /// When it answers.
    pub after: TapAfter,
    /// The answer; empty for none.
    pub answer: Bytes,
    /// Longest wait for what `after` waits for.
    pub wait_max: Duration,
    /// Longest time in which a client takes nothing of the answer.
    pub write_max: Duration,
    /// Counts connections that fail.
    pub metrics: Metrics,
}

/// A running tap.
pub struct Tap {
    stop: CancellationToken,
    ended: oneshot::Receiver<()>,
}

impl Tap {
    /// Starts accepting.
    ///
    /// # Errors
    /// When the thread or its runtime can't be started.
    pub fn start(listener: TcpListener, settings: TapSettings) -> io::Result<Self> {
        let stop = CancellationToken::new();
        let (done, ended) = oneshot::channel();
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let token = stop.clone();
        thread::Builder::new().name("tap".to_owned()).spawn(move || {
            if let Err(error) = runtime.block_on(accept(listener, settings, token)) {
                log::error!(error:% = error; "the tap ended");
            }
            // Nobody may wait any more.
            let _ = done.send(());
        })?;
        Ok(Self { stop, ended })
    }

    /// Closes the listener and ends all connections. Afterwards, all are recorded.
    pub async fn stop(self) {
        self.stop.cancel();
        let _ = self.ended.await;
    }
}

async fn accept(listener: TcpListener, settings: TapSettings, stop: CancellationToken) -> io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let TapSettings { after, answer, wait_max, write_max, metrics } = settings;
    let answering = Answering { after, answer, wait_max, write_max };
    let shared = Arc::new(Shared { answering, metrics, stop });
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let mut tasks = JoinSet::new();
    loop {
        while tasks.try_join_next().is_some() {}
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = shared.stop.cancelled() => break,
        };
        let io = match accepted {
            Ok((io, _)) => io,
            Err(error) => {
                log::warn!(error:% = error; "the tap could not accept a connection");
                sleep(PAUSE).await;
                continue;
            }
        };
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
            shared.metrics.record_failed_connection("tap", EndedBy::ServerClose.as_str());
            continue;
        };
        let shared = Arc::clone(&shared);
        tasks.spawn(async move {
            shared.connection(io).await;
            drop(place);
        });
    }
    drop(listener);
    while tasks.join_next().await.is_some() {}
    Ok(())
}

struct Shared {
    answering: Answering,
    metrics: Metrics,
    stop: CancellationToken,
}

impl Shared {
    async fn connection(&self, io: TcpStream) {
        let facts = ConnectionFacts::new(io.peer_addr().ok(), io.local_addr().ok());
        // Without it, small answers may wait for an acknowledgement.
        let _ = io.set_nodelay(true);
        let served = serve(io, &self.answering, &self.stop).await;
        self.tell(&facts, &served);
    }

    fn tell(&self, facts: &ConnectionFacts, served: &Served) {
        let Served { seen, ended_by, message, sent, .. } = served;
        let ended_by = ended_by.as_str();
        if message.is_some() {
            self.metrics.record_failed_connection("tap", ended_by);
        }
        log::info!(
            remote_addr = facts.peer().map_or_else(String::new, peer_text), bytes_in = seen.total, bytes_out = *sent,
            ended_by = ended_by, error = message.unwrap_or_default();
            "tap"
        );
    }
}
