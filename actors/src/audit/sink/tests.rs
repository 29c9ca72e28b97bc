#![allow(clippy::unwrap_used, clippy::panic)]

use std::sync::{
    Mutex,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::{
    writer::{PAUSE_LEAST, PAUSE_MOST, pause},
    *,
};
use crate::{
    audit::{ConnectionFilter, Event, Page, Payload, test_store::unused_by_writers},
    store::Pending,
};

/// Controllable store. Only `append` is implemented.
#[derive(Default)]
struct Obedient {
    rows: Mutex<Vec<String>>,
    /// Number of events passed to appends, finished or not.
    asked: AtomicU64,
    batches: Mutex<Vec<(usize, bool)>>,
    /// Appends wait for a permit while this is set.
    gate: Option<Semaphore>,
    down: AtomicBool,
    /// The next append writes but reports a failure.
    lies: AtomicBool,
    panics: AtomicU64,
    /// Local ports of the connections.
    connections: Mutex<Vec<u32>>,
    /// Appends of connections wait for a permit while this is set.
    connections_gate: Option<Semaphore>,
}

impl Obedient {
    fn rows(&self) -> Vec<String> {
        self.rows.lock().unwrap().clone()
    }
}

impl AuditStore for Obedient {
    fn name(&self) -> &'static str {
        "obedient"
    }

    fn append<'a>(&'a self, batch: &'a [Arc<Record>], again: bool) -> Pending<'a, ()> {
        Box::pin(async move {
            self.asked.fetch_add(batch.len() as u64, Ordering::SeqCst);
            if let Some(gate) = &self.gate {
                gate.acquire().await.unwrap().forget();
            }
            self.batches.lock().unwrap().push((batch.len(), again));
            let path = |record: &Arc<Record>| record.event.path.clone();
            if self.panics.load(Ordering::SeqCst) > 0 {
                self.panics.fetch_sub(1, Ordering::SeqCst);
                panic!("as asked");
            }
            assert!(!batch.iter().any(|record| path(record) == "/kills"), "as asked");
            if self.down.load(Ordering::SeqCst) {
                return Err(StoreError::Unavailable("down".into()));
            }
            if batch.iter().any(|record| path(record) == "/bad") {
                return Err(StoreError::Data("bad row".into()));
            }
            let mut rows = self.rows.lock().unwrap();
            for record in batch {
                if !again || !rows.contains(&path(record)) {
                    rows.push(path(record));
                }
            }
            if self.lies.swap(false, Ordering::SeqCst) {
                return Err(StoreError::Unavailable("connection lost".into()));
            }
            Ok(())
        })
    }

    unused_by_writers!();

    fn delete_before(&self, _: DateTime<Utc>, _: u32) -> Pending<'_, u64> {
        unreachable!()
    }

    fn roll_up(&self, _: DateTime<Utc>) -> Pending<'_, bool> {
        unreachable!()
    }

    fn prepare_days(&self, _: DateTime<Utc>, _: u32) -> Pending<'_, ()> {
        unreachable!()
    }
}

impl ConnectionStore for Obedient {
    fn name(&self) -> &'static str {
        "obedient"
    }

    fn append<'a>(&'a self, batch: &'a [Arc<Connection>]) -> Pending<'a, ()> {
        Box::pin(async move {
            if let Some(gate) = &self.connections_gate {
                gate.acquire().await.unwrap().forget();
            }
            if self.down.load(Ordering::SeqCst) {
                return Err(StoreError::Unavailable("down".into()));
            }
            if batch.iter().any(|connection| connection.protocol == "bad") {
                return Err(StoreError::Data("bad row".into()));
            }
            let mut connections = self.connections.lock().unwrap();
            connections.extend(batch.iter().map(|connection| connection.local_port));
            Ok(())
        })
    }

    fn connections<'a>(&'a self, _: &'a ConnectionFilter, _: Page) -> Pending<'a, Vec<Connection>> {
        unreachable!()
    }

    fn count<'a>(&'a self, _: &'a ConnectionFilter) -> Pending<'a, u64> {
        unreachable!()
    }

    fn get(&self, _: Uuid) -> Pending<'_, Option<Connection>> {
        unreachable!()
    }

    fn delete_before(&self, _: DateTime<Utc>, _: u32) -> Pending<'_, u64> {
        unreachable!()
    }
}

fn connection(number: u32) -> Connection {
    Connection { local_port: number, ..Connection::new(Uuid::nil(), DateTime::UNIX_EPOCH, DateTime::UNIX_EPOCH) }
}

fn record(path: &str, body: usize) -> Arc<Record> {
    let event = Event {
        duration_ms: 1.0,
        method: "GET".into(),
        path: path.into(),
        target: path.into(),
        http_version: "HTTP/1.1".into(),
        status: 200,
        success: true,
        instance: "test".into(),
        ..Event::new(Uuid::nil(), DateTime::UNIX_EPOCH)
    };
    let payload = Payload { request_body: Bytes::from(vec![0; body]), ..Payload::default() };
    Arc::new(Record { event, payload: Some(payload), wire: None })
}

struct Sink {
    sink: AuditSink,
    observer: SinkObserver,
    end: SinkEnd,
    store: Arc<Obedient>,
}

async fn start(store: Obedient, places: usize, bytes_max: u64) -> Sink {
    let store = Arc::new(store);
    let settings = SinkSettings { places, bytes_max, written: Box::new(|_, _| {}) };
    let stores = SinkStores { events: Arc::clone(&store) as _, connections: Arc::clone(&store) as _ };
    let (sink, observer, end) = AuditSink::start(&Registry::default(), stores, Hub::default(), settings).await.unwrap();
    Sink { sink, observer, end, store }
}

impl Sink {
    fn send(&self, paths: impl IntoIterator<Item = String>) {
        for path in paths {
            self.sink.record(0, || record(&path, 0));
        }
    }

    async fn until(&self, what: impl Fn(&QueueState) -> bool) -> QueueState {
        for _ in 0..2000 {
            let state = self.observer.observe().events;
            if what(&state) {
                return state;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("waited in vain: {:?}", self.observer.observe().events);
    }
}

fn numbered(numbers: std::ops::Range<usize>) -> impl Iterator<Item = String> {
    numbers.map(|number| format!("/{number}"))
}

#[actix_rt::test]
async fn a_stopped_store_leaves_exactly_the_places() {
    let gated = Obedient { gate: Some(Semaphore::new(0)), ..Obedient::default() };
    let sink = start(gated, 4096, u64::MAX).await;
    sink.send(numbered(0..100));
    // Being written, and still counted.
    sink.until(|_| sink.store.asked.load(Ordering::SeqCst) > 0).await;
    sink.send(numbered(100..5000));
    let state = sink.observer.observe().events;
    assert_eq!((state.depth, state.capacity, state.received, state.dropped), (4096, 4096, 5000, 904));
    sink.store.gate.as_ref().unwrap().add_permits(1000);
    let state = sink.until(|state| state.written == 4096).await;
    assert_eq!((state.depth, state.bytes, state.received), (0, 0, state.written + state.dropped));
    assert_eq!(sink.store.rows(), numbered(0..4096).collect::<Vec<_>>());
    assert_eq!(sink.end.stop(Duration::from_secs(5)).await, SinkStopped { written: 0, left: 0, connections_left: 0 });
}

#[actix_rt::test]
async fn counts_never_contradict_each_other() {
    for _ in 0..20 {
        let sink = start(Obedient::default(), 4096, u64::MAX).await;
        sink.send(numbered(0..4096));
        let observer = sink.observer.clone();
        // Everything has been sent: at any moment, as many places are free as events are written.
        let watching = std::thread::spawn(move || {
            loop {
                let state = observer.observe().events;
                assert_eq!(state.written + state.depth as u64, 4096, "{state:?}");
                if state.depth == 0 {
                    return state;
                }
            }
        });
        while !watching.is_finished() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let state = watching.join().unwrap();
        assert_eq!((state.written, state.received, state.bytes), (4096, 4096, 0));
    }
}

#[actix_rt::test]
async fn batches_are_large_under_load() {
    let gated = Obedient { gate: Some(Semaphore::new(0)), ..Obedient::default() };
    let sink = start(gated, 4096, u64::MAX).await;
    sink.send(numbered(0..1));
    // Being written: events sent now go into later batches, however long sending takes.
    sink.until(|_| sink.store.asked.load(Ordering::SeqCst) == 1).await;
    sink.send(numbered(1..2001));
    sink.store.gate.as_ref().unwrap().add_permits(1000);
    sink.until(|state| state.written == 2001).await;
    let batches: Vec<usize> = sink.store.batches.lock().unwrap().iter().map(|(size, _)| *size).collect();
    assert_eq!(batches, [1, 512, 512, 512, 464]);
}

#[actix_rt::test]
async fn bytes_are_bounded_too() {
    let gated = Obedient { gate: Some(Semaphore::new(0)), ..Obedient::default() };
    let sink = start(gated, 4096, 10_000_000).await;
    let fitting = 10_000_000 / record("/large", 1_000_000).weight();
    for _ in 0..fitting {
        sink.sink.record(1_000_000, || record("/large", 1_000_000));
    }
    // A record without room is not even created if its size is announced.
    sink.sink.record(2_000_000, || unreachable!("no room for it"));
    sink.sink.record(0, || record("/larger-than-said", 2_000_000));
    let state = sink.observer.observe().events;
    assert_eq!((state.depth, state.dropped, state.received), (fitting, 2, fitting as u64 + 2));
    assert!(state.last_dropped_at.is_some());
    assert!(state.bytes <= 10_000_000);
    sink.sink.record(10, || record("/small", 10));
    assert_eq!(sink.observer.observe().events.depth, fitting + 1, "there is room for a small one");
    sink.store.gate.as_ref().unwrap().add_permits(1000);
    let state = sink.until(|state| state.depth == 0).await;
    assert_eq!((state.bytes, state.written), (0, fitting as u64 + 1));
}

#[actix_rt::test]
async fn a_record_that_can_not_be_made_is_dropped_and_counted() {
    let sink = start(Obedient::default(), 10, 10_000_000).await;
    let made = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        sink.sink.record(1000, || panic!("as asked"));
    }));
    assert!(made.is_err());
    let state = sink.observer.observe().events;
    assert_eq!((state.received, state.written, state.dropped, state.depth, state.bytes), (1, 0, 1, 0, 0));
}

#[actix_rt::test]
async fn what_is_left_at_the_end_counts_as_dropped() {
    // The store hangs with the first batch.
    let hangs = Obedient { gate: Some(Semaphore::new(0)), ..Obedient::default() };
    let sink = start(hangs, 4096, u64::MAX).await;
    sink.send(numbered(0..1));
    sink.until(|_| sink.store.asked.load(Ordering::SeqCst) == 1).await;
    sink.send(numbered(1..900));
    let Sink { observer, end, store, .. } = sink;
    assert_eq!(end.stop(Duration::from_millis(50)).await, SinkStopped { written: 0, left: 900, connections_left: 0 });
    let state = observer.observe().events;
    assert_eq!((state.received, state.written, state.dropped, state.depth), (900, 0, 900, 0));
    // A store that recovers too late gets nothing more: no caller waits for it.
    while Arc::strong_count(&store) > 1 {
        tokio::task::yield_now().await;
    }
    store.gate.as_ref().unwrap().add_permits(1000);
    assert_eq!((store.rows().len(), observer.observe().events.written), (0, 0));
}

#[actix_rt::test]
async fn what_is_left_counts_as_dropped_when_the_thread_has_died() {
    let hangs = Obedient { gate: Some(Semaphore::new(0)), ..Obedient::default() };
    let sink = start(hangs, 4096, u64::MAX).await;
    sink.send(numbered(0..70));
    sink.until(|_| sink.store.asked.load(Ordering::SeqCst) > 0).await;
    assert!(sink.end.arbiter.stop());
    let Sink { observer, end, .. } = sink;
    assert_eq!(end.stop(Duration::from_secs(60)).await.left, 70);
    let state = observer.observe().events;
    assert_eq!((state.received, state.written, state.dropped), (70, 0, 70));
}

#[actix_rt::test]
async fn a_refused_row_is_lost_alone() {
    let sink = start(Obedient::default(), 4096, u64::MAX).await;
    sink.send(numbered(0..700).chain(["/bad".into()]).chain(numbered(700..1000)).chain(["/bad".into()]));
    let state = sink.until(|state| state.depth == 0).await;
    assert_eq!((state.written, state.dropped, state.refused, state.received), (1000, 2, 2, 1002));
    assert!(state.last_dropped_at.is_some());
    assert_eq!(sink.store.rows(), numbered(0..1000).collect::<Vec<_>>());
}

#[actix_rt::test]
async fn a_store_that_comes_back_gets_everything_in_order() {
    let sink = start(Obedient { down: AtomicBool::new(true), ..Obedient::default() }, 4096, u64::MAX).await;
    sink.send(numbered(0..600));
    sink.until(|state| state.retries >= 2).await;
    sink.store.down.store(false, Ordering::SeqCst);
    let state = sink.until(|state| state.written == 600).await;
    assert_eq!((state.dropped, state.depth), (0, 0));
    assert_eq!(state.last_dropped_at, None);
    assert_eq!(sink.store.rows(), numbered(0..600).collect::<Vec<_>>());
}

#[actix_rt::test]
async fn what_may_have_been_written_is_tried_as_such() {
    let gated = Obedient { gate: Some(Semaphore::new(0)), ..Obedient::default() };
    let sink = start(gated, 100, u64::MAX).await;
    sink.send(numbered(0..1));
    sink.until(|_| sink.store.asked.load(Ordering::SeqCst) == 1).await;
    sink.send(numbered(1..4));
    let gate = sink.store.gate.as_ref().unwrap();
    gate.add_permits(1);
    sink.until(|_| sink.store.asked.load(Ordering::SeqCst) == 4).await;
    sink.store.lies.store(true, Ordering::SeqCst);
    gate.add_permits(1000);
    let state = sink.until(|state| state.written == 4).await;
    assert_eq!((state.retries, sink.store.rows().len()), (1, 4));
    assert_eq!(*sink.store.batches.lock().unwrap(), [(1, false), (3, false), (3, true)]);
    sink.send(numbered(4..5));
    sink.until(|state| state.written == 5).await;
    assert_eq!(sink.store.batches.lock().unwrap()[3], (1, false));
}

#[actix_rt::test]
async fn a_panic_costs_nothing_that_waits() {
    let sink = start(Obedient { panics: AtomicU64::new(3), ..Obedient::default() }, 4096, u64::MAX).await;
    sink.send(numbered(0..1000));
    let state = sink.until(|state| state.written == 1000).await;
    assert_eq!((state.dropped, state.depth, state.actor.restarts), (0, 0, 3));
    assert_eq!(sink.store.rows(), numbered(0..1000).collect::<Vec<_>>());
}

#[actix_rt::test]
async fn a_row_that_kills_the_sink_is_given_up_at_last() {
    let sink = start(Obedient::default(), 4096, u64::MAX).await;
    sink.send(numbered(0..20).chain(["/kills".into()]).chain(numbered(20..50)));
    let state = sink.until(|state| state.depth == 0).await;
    assert_eq!((state.written, state.dropped, state.refused), (50, 1, 1));
    assert_eq!(sink.store.rows(), numbered(0..50).collect::<Vec<_>>());
}

#[actix_rt::test]
async fn the_end_writes_what_waits_within_its_limit() {
    let sink = start(Obedient::default(), 4096, u64::MAX).await;
    sink.send(numbered(0..3000));
    let observer = sink.observer.clone();
    let stopped = sink.end.stop(Duration::from_secs(10)).await;
    assert_eq!(stopped.left, 0);
    assert_eq!(sink.store.rows().len(), 3000);
    sink.sink.record(0, || unreachable!("it takes no more"));
    assert_eq!(observer.observe().events.dropped, 1);

    let stuck = start(Obedient { down: AtomicBool::new(true), ..Obedient::default() }, 100, u64::MAX).await;
    stuck.send(numbered(0..70));
    let observer = stuck.observer.clone();
    assert_eq!(
        stuck.end.stop(Duration::from_millis(300)).await,
        SinkStopped { written: 0, left: 70, connections_left: 0 }
    );
    let state = observer.observe().events;
    assert_eq!((state.received, state.written, state.dropped, state.depth), (70, 0, 70, 0));
}

#[actix_rt::test]
async fn connections_have_a_bounded_queue_of_their_own() {
    let gated =
        Obedient { gate: Some(Semaphore::new(0)), connections_gate: Some(Semaphore::new(0)), ..Obedient::default() };
    let sink = start(gated, 10, u64::MAX).await;
    let places = CONNECTIONS_PLACES as u32;
    (0..places + 7).for_each(|number| sink.sink.record_connection(connection(number)));
    let state = sink.observer.observe().connections;
    assert_eq!((state.depth, state.capacity, state.dropped), (CONNECTIONS_PLACES, CONNECTIONS_PLACES, 7));
    assert!(state.bytes <= CONNECTIONS_BYTES_MAX);
    // All places of events are still free, and events never take the place of a connection.
    sink.send(numbered(0..12));
    let events = sink.observer.observe().events;
    assert_eq!((events.received, events.depth, events.dropped), (12, 10, 2));
    assert_eq!(sink.observer.observe().connections.depth, CONNECTIONS_PLACES);
    sink.store.gate.as_ref().unwrap().add_permits(1000);
    sink.until(|events| events.written == 10).await;
    sink.store.connections_gate.as_ref().unwrap().add_permits(1000);
    let Sink { observer, end, store, .. } = sink;
    assert_eq!(end.stop(Duration::from_secs(10)).await.connections_left, 0);
    assert_eq!(*store.connections.lock().unwrap(), (0..places).collect::<Vec<_>>());
    let state = observer.observe().connections;
    assert_eq!((state.written, state.depth, state.bytes), (u64::from(places), 0, 0));
}

#[actix_rt::test]
async fn connections_are_bounded_by_memory_too() {
    let gated = Obedient { connections_gate: Some(Semaphore::new(0)), ..Obedient::default() };
    let sink = start(gated, 10, u64::MAX).await;
    let large = || Connection { first_bytes: vec![0; 1 << 20].into(), ..connection(1) };
    let fitting = CONNECTIONS_BYTES_MAX as usize / large().weight();
    (0..fitting + 3).for_each(|_| sink.sink.record_connection(large()));
    let state = sink.observer.observe().connections;
    assert_eq!((state.depth, state.dropped), (fitting, 3));
}

#[actix_rt::test]
async fn connections_are_retried_and_a_refused_one_is_lost_alone() {
    let sink = start(Obedient { down: AtomicBool::new(true), ..Obedient::default() }, 10, u64::MAX).await;
    for number in 0..50 {
        let protocol = if number == 20 { "bad" } else { "http/1" };
        sink.sink.record_connection(Connection { protocol: protocol.into(), ..connection(number) });
    }
    let until = async |what: &dyn Fn(&QueueState) -> bool| {
        while !what(&sink.observer.observe().connections) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    until(&|state| state.retries > 0).await;
    sink.store.down.store(false, Ordering::SeqCst);
    until(&|state| state.depth == 0).await;
    let state = sink.observer.observe().connections;
    assert_eq!((state.written, state.dropped, state.refused), (49, 1, 1));
    assert_eq!(*sink.store.connections.lock().unwrap(), (0..50).filter(|port| *port != 20).collect::<Vec<_>>());
}

#[actix_rt::test]
async fn connections_not_written_in_time_count_as_dropped() {
    let hangs = Obedient { connections_gate: Some(Semaphore::new(0)), ..Obedient::default() };
    let sink = start(hangs, 10, u64::MAX).await;
    (0..5).for_each(|number| sink.sink.record_connection(connection(number)));
    sink.send(numbered(0..3));
    let Sink { observer, end, store, .. } = sink;
    let stopped = end.stop(Duration::from_millis(300)).await;
    assert_eq!((stopped.left, stopped.connections_left), (0, 5));
    assert_eq!((observer.observe().connections.dropped, store.rows().len()), (5, 3));
}

#[test]
fn pauses_grow_to_their_bound() {
    for failures in 1..40 {
        let pause = pause(failures);
        assert!((PAUSE_LEAST..=PAUSE_MOST).contains(&pause), "{failures}: {pause:?}");
    }
    assert!(pause(1) <= PAUSE_LEAST * 2);
    assert!(pause(20) >= PAUSE_MOST / 2);
}
