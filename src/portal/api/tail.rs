//! Reader of the live tail: catches up with missed events, then follows the hub.

use std::{collections::HashSet, convert::Infallible, sync::Arc, time::Duration};

use actors::audit::{AuditStore, Entry, Event, Filter, Hub, News};
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::FutureExt as _;
use tokio::{
    sync::{
        broadcast::{
            Receiver,
            error::{RecvError, TryRecvError},
        },
        mpsc::Sender,
    },
    time::{Instant, Interval, MissedTickBehavior, interval_at},
};
use uuid::Uuid;

use super::{
    reader::{QuestionError, in_time},
    render::{self, EntryView},
};

const OPEN: &[u8] = b": stream open\n\n";
const ALIVE: &[u8] = b": still here\n\n";

/// Idle time after which a comment shows that the stream is alive.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Bytes after which a chunk is sent, even when more events are waiting.
const CHUNK: usize = 32 * 1024;
/// Number of events read from the store at once, with their headers.
const READ_AT_ONCE: usize = 200;
/// Maximum number of missed events with which the reader goes live.
const FEW: usize = 400;
/// Margin before the end of the named event when resuming, because events are not written in the order of their ends.
const SLACK: TimeDelta = TimeDelta::seconds(10);
/// Overlap between pages, because ends are compared in the precision of the store.
const OVERLAP: TimeDelta = TimeDelta::milliseconds(1);
/// Assumed maximum duration of a request when the store is queried for events that ended since.
const LOOKBACK: Duration = Duration::from_secs(600);
/// Events per query of the store for events that ended since.
const PAGE: u32 = 500;

/// Reason why a stream ended.
pub(super) enum Ended {
    /// The client closed the connection.
    Client,
    /// The hub was closed.
    Hub,
    /// The store can't be read. The client reconnects and names the last event it received.
    Store(QuestionError),
}

impl From<QuestionError> for Ended {
    fn from(error: QuestionError) -> Self {
        Self::Store(error)
    }
}

/// Reader of the live tail.
pub(super) struct Tail {
    store: Arc<dyn AuditStore>,
    hub: Hub,
    filter: Filter,
    pipe: Sender<Bytes>,
    seen: Seen,
}

impl Tail {
    /// Creates a reader that sends its chunks to `pipe`.
    pub(super) fn new(store: Arc<dyn AuditStore>, hub: Hub, filter: Filter, pipe: Sender<Bytes>) -> Self {
        Self { store, hub, filter, pipe, seen: Seen::default() }
    }

    /// Follows from now on, or from after the event `last`.
    pub(super) async fn follow(mut self, last: Option<Uuid>) -> Ended {
        match self.run(last).await {
            Ok(never) => match never {},
            Err(ended) => ended,
        }
    }

    async fn run(&mut self, last: Option<Uuid>) -> Result<Infallible, Ended> {
        let mut heartbeat = interval_at(Instant::now() + HEARTBEAT, HEARTBEAT);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // Everything announced from here on is sent.
        let mut position = self.hub.position();
        self.send(OPEN.to_vec()).await?;
        if let Some(id) = last {
            match self.hub.position_behind(id) {
                Some(behind) => position = behind,
                None => self.read_since(id, &mut heartbeat).await?,
            }
        }
        let mut live = self.catch_up(position, &mut heartbeat).await?;
        // Events announced while the store was being read may have been sent already.
        let mut overlap = live.len();
        loop {
            tokio::select! {
                received = live.recv() => {
                    let chunk = self.gather(received, &mut live, &mut overlap)?;
                    self.send(chunk).await?;
                }
                _ = heartbeat.tick() => self.send(ALIVE.to_vec()).await?,
            }
        }
    }

    /// Renders the received event, and others that are waiting.
    fn gather(
        &self,
        received: Result<News, RecvError>,
        live: &mut Receiver<News>,
        overlap: &mut usize,
    ) -> Result<Vec<u8>, Ended> {
        let mut chunk = Vec::new();
        let mut next = Some(received);
        while let Some(received) = next.take() {
            match received {
                Ok(News::Written(event)) => {
                    let told = *overlap > 0 && self.seen.has(event.entry.event.id);
                    *overlap = overlap.saturating_sub(1);
                    if !told && self.filter.matches(&event) {
                        append_event(&mut chunk, &event.entry);
                    }
                }
                Ok(News::Lost(lost)) => {
                    *overlap = overlap.saturating_sub(1);
                    append_lagged(&mut chunk, lost);
                }
                Err(RecvError::Lagged(missed)) => {
                    *overlap = overlap.saturating_sub(usize::try_from(missed).unwrap_or(usize::MAX));
                    append_lagged(&mut chunk, missed);
                }
                Err(RecvError::Closed) => return Err(Ended::Hub),
            }
            if chunk.len() < CHUNK {
                next = match live.try_recv() {
                    Ok(news) => Some(Ok(news)),
                    Err(TryRecvError::Lagged(missed)) => Some(Err(RecvError::Lagged(missed))),
                    Err(TryRecvError::Empty | TryRecvError::Closed) => None,
                };
            }
        }
        Ok(chunk)
    }

    /// Sends the events announced from `position` on, until few enough are left to follow the hub.
    async fn catch_up(&mut self, mut position: u64, heartbeat: &mut Interval) -> Result<Receiver<News>, Ended> {
        loop {
            let resumed = self.hub.resume(position);
            position = resumed.position;
            // With many events to read, live ones would be missed in the meantime: the next round continues from this
            // position.
            let live = (resumed.ids.len() <= FEW).then_some(resumed.live);
            if resumed.missed > 0 {
                let mut chunk = Vec::new();
                append_lagged(&mut chunk, resumed.missed);
                self.send(chunk).await?;
            }
            for ids in resumed.ids.chunks(READ_AT_ONCE) {
                let ids: Vec<Uuid> = ids.iter().copied().filter(|id| !self.seen.has(*id)).collect();
                let events = in_time(self.store.live(&ids)).await?;
                let mut chunk = Vec::new();
                for live in events.iter().filter(|live| self.filter.matches(live)) {
                    append_event(&mut chunk, &live.entry);
                }
                self.send(chunk).await?;
                self.keep_alive(heartbeat).await?;
            }
            if let Some(live) = live {
                return Ok(live);
            }
        }
    }

    /// Sends the events that ended since the event `id`, as far as the store has them.
    async fn read_since(&mut self, id: Uuid, heartbeat: &mut Interval) -> Result<(), Ended> {
        let Some(last) = in_time(self.store.live(&[id])).await?.pop() else {
            return self.send(b": the last event is no longer stored; resuming from now\n\n".to_vec()).await;
        };
        self.seen.add(id);
        let mut since = end(&last.entry.event) - SLACK;
        let mut limit = PAGE;
        loop {
            let entries = in_time(self.store.ended_since(&self.filter, since, LOOKBACK, limit)).await?;
            let full = entries.len() >= limit as usize;
            let fresh: Vec<&Entry> = entries.iter().filter(|entry| self.seen.add(entry.event.id)).collect();
            let mut chunk = Vec::new();
            for entry in &fresh {
                append_event(&mut chunk, entry);
            }
            // If all ends are equal, the same page would be read again.
            limit = if fresh.is_empty() { limit.saturating_mul(2) } else { PAGE };
            if let Some(last) = entries.last() {
                since = since.max(end(&last.event) - OVERLAP);
            }
            self.send(chunk).await?;
            self.keep_alive(heartbeat).await?;
            if !full {
                return Ok(());
            }
        }
    }

    /// Sends the heartbeat when it is due.
    async fn keep_alive(&self, heartbeat: &mut Interval) -> Result<(), Ended> {
        if heartbeat.tick().now_or_never().is_some() {
            self.send(ALIVE.to_vec()).await?;
        }
        Ok(())
    }

    async fn send(&self, chunk: Vec<u8>) -> Result<(), Ended> {
        if chunk.is_empty() {
            return Ok(());
        }
        self.pipe.send(chunk.into()).await.map_err(|_| Ended::Client)
    }
}

/// Returns the time at which an event ended.
fn end(event: &Event) -> DateTime<Utc> {
    let micros = (event.duration_ms * 1000.0).clamp(0.0, 1e15) as i64;
    event.timestamp + TimeDelta::microseconds(micros)
}

fn append_event(chunk: &mut Vec<u8>, entry: &Entry) {
    chunk.reserve(render::USUAL_EVENT);
    chunk.extend_from_slice(b"id: ");
    chunk.extend_from_slice(entry.event.id.hyphenated().encode_lower(&mut Uuid::encode_buffer()).as_bytes());
    chunk.extend_from_slice(b"\nevent: audit\ndata: ");
    render::append(chunk, &EntryView::of(entry));
    chunk.extend_from_slice(b"\n\n");
}

fn append_lagged(chunk: &mut Vec<u8>, missed: u64) {
    chunk.extend_from_slice(format!("event: lagged\ndata: {{\"missed\":{missed}}}\n\n").as_bytes());
}

/// Ids of the latest events that were sent from the store: more than the hub remembers, and at most twice that.
#[derive(Default)]
struct Seen {
    latest: HashSet<Uuid>,
    before: HashSet<Uuid>,
}

impl Seen {
    /// Maximum number of ids in each of the two sets.
    const MOST: usize = 40_000;

    /// Remembers an id. Returns false when it was known.
    fn add(&mut self, id: Uuid) -> bool {
        if self.has(id) {
            return false;
        }
        if self.latest.len() == Self::MOST {
            self.before = std::mem::take(&mut self.latest);
        }
        self.latest.insert(id)
    }

    fn has(&self, id: Uuid) -> bool {
        self.latest.contains(&id) || self.before.contains(&id)
    }
}
