//! One reader of the live tail: catches up with what it missed, then follows the hub.

use std::{collections::HashSet, convert::Infallible, sync::Arc, time::Duration};

use actors::audit::{AuditStore, Event, Filter, Hub, News};
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
    render,
};

const OPEN: &[u8] = b": stream open\n\n";
const ALIVE: &[u8] = b": still here\n\n";

/// Pause after which a comment shows that the stream is alive.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Bytes after which a chunk is sent, even if more events wait.
const CHUNK: usize = 32 * 1024;
/// Events that are read from the store at once, with their headers.
const READ_AT_ONCE: usize = 200;
/// Missed events that are few enough to go live behind them.
const FEW: usize = 400;
/// How far back a resumption looks behind the end of the named event: events are not written in the order of ends.
const SLACK: TimeDelta = TimeDelta::seconds(10);
/// Slack from one page to the next, for ends are compared as the store has them.
const OVERLAP: TimeDelta = TimeDelta::milliseconds(1);
/// Longest that a request is taken to last, when the store is asked for what ended since.
const LOOKBACK: Duration = Duration::from_secs(600);
/// Events that the store is asked for in one go when it is asked for what ended since.
const PAGE: u32 = 500;

/// Why a stream ended.
pub(super) enum Ended {
    /// The client has left.
    Client,
    /// Nothing is announced any more.
    Hub,
    /// The store can't be read. The client comes back and names what it saw last.
    Store(QuestionError),
}

impl From<QuestionError> for Ended {
    fn from(error: QuestionError) -> Self {
        Self::Store(error)
    }
}

/// One reader.
pub(super) struct Tail {
    store: Arc<dyn AuditStore>,
    hub: Hub,
    filter: Filter,
    pipe: Sender<Bytes>,
    seen: Seen,
}

impl Tail {
    /// Makes a reader whose chunks go into `pipe`.
    pub(super) fn new(store: Arc<dyn AuditStore>, hub: Hub, filter: Filter, pipe: Sender<Bytes>) -> Self {
        Self { store, hub, filter, pipe, seen: Seen::default() }
    }

    /// Follows from now on, or from behind the event `last`.
    pub(super) async fn follow(mut self, last: Option<Uuid>) -> Ended {
        match self.run(last).await {
            Ok(never) => match never {},
            Err(ended) => ended,
        }
    }

    async fn run(&mut self, last: Option<Uuid>) -> Result<Infallible, Ended> {
        let mut heartbeat = interval_at(Instant::now() + HEARTBEAT, HEARTBEAT);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // All that is announced from here on is told.
        let mut position = self.hub.position();
        self.send(OPEN.to_vec()).await?;
        if let Some(id) = last {
            match self.hub.position_behind(id) {
                Some(behind) => position = behind,
                None => self.read_since(id, &mut heartbeat).await?,
            }
        }
        let mut live = self.catch_up(position, &mut heartbeat).await?;
        // What was announced while the store was read may have been told already.
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

    /// Renders what was received, and what else waits.
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
                    let told = *overlap > 0 && self.seen.has(event.event.id);
                    *overlap = overlap.saturating_sub(1);
                    if !told && self.filter.matches(&event) {
                        append_event(&mut chunk, &event.event);
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

    /// Tells what was announced from `position` on, until so little is left that the hub can be followed.
    async fn catch_up(&mut self, mut position: u64, heartbeat: &mut Interval) -> Result<Receiver<News>, Ended> {
        loop {
            let resumed = self.hub.resume(position);
            position = resumed.position;
            // With many to read, what is live would be missed meanwhile: the next round begins where this one did.
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
                    append_event(&mut chunk, &live.event);
                }
                self.send(chunk).await?;
                self.keep_alive(heartbeat).await?;
            }
            if let Some(live) = live {
                return Ok(live);
            }
        }
    }

    /// Tells what ended since the event `id`, as far as the store knows.
    async fn read_since(&mut self, id: Uuid, heartbeat: &mut Interval) -> Result<(), Ended> {
        let Some(last) = in_time(self.store.live(&[id])).await?.pop() else {
            return self.send(b": the event named last is not stored any more; going on from now\n\n".to_vec()).await;
        };
        self.seen.add(id);
        let mut since = end(&last.event) - SLACK;
        let mut limit = PAGE;
        loop {
            let events = in_time(self.store.ended_since(&self.filter, since, LOOKBACK, limit)).await?;
            let full = events.len() >= limit as usize;
            let fresh: Vec<&Event> = events.iter().filter(|event| self.seen.add(event.id)).collect();
            let mut chunk = Vec::new();
            for event in &fresh {
                append_event(&mut chunk, event);
            }
            // Ends that are all the same would give the same page again.
            limit = if fresh.is_empty() { limit.saturating_mul(2) } else { PAGE };
            if let Some(last) = events.last() {
                since = since.max(end(last) - OVERLAP);
            }
            self.send(chunk).await?;
            self.keep_alive(heartbeat).await?;
            if !full {
                return Ok(());
            }
        }
    }

    /// Sends the comment when it is due.
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

/// When an event ended.
fn end(event: &Event) -> DateTime<Utc> {
    let micros = (event.duration_ms * 1000.0).clamp(0.0, 1e15) as i64;
    event.timestamp + TimeDelta::microseconds(micros)
}

fn append_event(chunk: &mut Vec<u8>, event: &Event) {
    chunk.reserve(render::USUAL_EVENT);
    chunk.extend_from_slice(b"id: ");
    chunk.extend_from_slice(event.id.hyphenated().encode_lower(&mut Uuid::encode_buffer()).as_bytes());
    chunk.extend_from_slice(b"\nevent: audit\ndata: ");
    render::append(chunk, event);
    chunk.extend_from_slice(b"\n\n");
}

fn append_lagged(chunk: &mut Vec<u8>, missed: u64) {
    chunk.extend_from_slice(format!("event: lagged\ndata: {{\"missed\":{missed}}}\n\n").as_bytes());
}

/// The ids that were told from the store, the latest of them: more than the hub remembers, and no more than twice that.
#[derive(Default)]
struct Seen {
    latest: HashSet<Uuid>,
    before: HashSet<Uuid>,
}

impl Seen {
    /// Ids in one of the two sets.
    const MOST: usize = 40_000;

    /// Remembers an id; false when it was there.
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
