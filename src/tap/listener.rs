//! The tap's listener.

use std::{
    io,
    net::TcpListener,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

use super::served::{Answering, Served, serve};
use crate::{
    audit::{Recorder, Tapped},
    config::TapAfter,
    request::{ConnectionFacts, EndedBy},
    side_thread::{Serve, SideThread},
    telemetry::metrics::Metrics,
    wire::peer::peer_text,
};

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
    /// Set when connections are recorded.
    pub recorder: Option<Arc<Recorder>>,
}

/// A running tap.
pub struct Tap(SideThread);

impl Tap {
    /// Starts accepting, on a thread of its own.
    ///
    /// # Errors
    /// When the thread or its runtime can't be started.
    pub fn start(listener: TcpListener, settings: TapSettings) -> io::Result<Self> {
        let TapSettings { after, answer, wait_max, write_max, metrics, recorder } = settings;
        let answering = Answering { after, answer, wait_max, write_max };
        SideThread::start("tap", vec![listener], Shared { answering, metrics, recorder }).map(Self)
    }

    /// Closes the listener and ends all connections. Afterwards, all are recorded.
    pub async fn stop(self) {
        self.0.stop().await;
    }
}

struct Shared {
    answering: Answering,
    metrics: Metrics,
    recorder: Option<Arc<Recorder>>,
}

impl Serve for Shared {
    async fn connection(&self, _: usize, io: TcpStream, stop: CancellationToken) {
        let facts = ConnectionFacts::new(io.peer_addr().ok(), io.local_addr().ok());
        let began = Instant::now();
        let served = serve(io, &self.answering, &stop).await;
        if let Some(recorder) = &self.recorder {
            let arrivals: Vec<_> = served.seen.arrivals.iter().map(|arrival| (arrival.at, arrival.bytes)).collect();
            recorder.tapped(&Tapped {
                facts: &facts,
                first: &served.seen.first,
                arrivals: &arrivals,
                arrival_count: served.seen.arrival_count,
                bytes_in: served.seen.total,
                answer: self.answering.answer.get(..served.sent).unwrap_or_default(),
                answered: served.answered,
                took: began.elapsed(),
                ended_by: served.ended_by,
                message: served.message,
            });
        }
        self.tell(&facts, &served);
    }

    fn too_many(&self) {
        self.metrics.record_failed_connection("tap", EndedBy::ServerClose.as_str());
    }
}

impl Shared {
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
