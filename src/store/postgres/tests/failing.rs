//! Failures: the server is killed, frozen or restarted, or the connection is cut at the worst moment.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use actors::{
    Registry,
    audit::{AuditSink, AuditStore, Filter, Hub, Record, SinkEnd, SinkObserver, SinkSettings, SinkStores},
    store::StoreError,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use super::{
    super::Postgres,
    cluster::Cluster,
    samples::{batch, open, poisoned},
};

/// Maximum wait for something that must happen by itself.
const SOON: Duration = Duration::from_secs(30);

/// Starts a server of the test's own, with a store in it.
async fn fresh() -> (Cluster, Postgres) {
    let cluster = Cluster::start();
    let store = open(&cluster.url()).await;
    (cluster, store)
}

async fn sink_over<S: AuditStore + actors::audit::ConnectionStore>(
    store: Arc<S>,
) -> (AuditSink, SinkObserver, SinkEnd) {
    let stores = SinkStores { events: Arc::clone(&store) as _, connections: store };
    let settings = SinkSettings { places: 4096, bytes_max: 1 << 28, written: Box::new(|_, _| {}) };
    AuditSink::start(&Registry::default(), stores, Hub::default(), settings).await.unwrap()
}

async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let waiting = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(SOON, waiting).await.unwrap_or_else(|_| panic!("{what}"));
}

/// Counts rows instead of reading counters, and checks that the counters agree.
async fn rows(cluster: &Cluster, store: &Postgres) -> u64 {
    let rows: u64 = cluster.sql("SELECT count(*) FROM audit_events").parse().unwrap();
    assert_eq!(store.count(&Filter::default()).await.unwrap(), rows, "audit_counts");
    assert_eq!(cluster.sql("SELECT count(*) FROM audit_payloads").parse::<u64>().unwrap(), rows, "audit_payloads");
    rows
}

#[actix_rt::test]
async fn only_the_poisoned_rows_of_a_batch_are_lost() {
    let (cluster, store) = fresh().await;
    let store = Arc::new(store);
    let (sink, observer, end) = sink_over(Arc::clone(&store)).await;
    for (number, record) in batch(300).into_iter().enumerate() {
        sink.record(0, || record);
        if number % 100 == 50 {
            sink.record(0, poisoned);
        }
    }
    until("written", || observer.observe().events.depth == 0).await;
    let state = observer.observe().events;
    assert_eq!((state.written, state.refused, state.dropped), (300, 3, 3));
    assert_eq!(rows(&cluster, &store).await, 300);
    assert_eq!(end.stop(SOON).await.left, 0);
}

#[actix_rt::test]
async fn a_killed_backend_costs_nothing() {
    let (cluster, store) = fresh().await;
    let store = Arc::new(store);
    let (sink, observer, end) = sink_over(Arc::clone(&store)).await;
    for round in 0..5 {
        batch(200).into_iter().for_each(|record| sink.record(0, || record));
        cluster.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND (query ILIKE '%copy%' OR query = 'COMMIT')");
        until("written", || observer.observe().events.written == (round + 1) * 200).await;
    }
    assert_eq!(rows(&cluster, &store).await, 1000);
    assert_eq!(observer.observe().events.dropped, 0);
    end.stop(SOON).await;
}

#[actix_rt::test]
async fn writing_goes_on_after_the_server_was_killed_and_started_again() {
    let (mut cluster, store) = fresh().await;
    let store = Arc::new(store);
    let (sink, observer, end) = sink_over(Arc::clone(&store)).await;
    batch(100).into_iter().for_each(|record| sink.record(0, || record));
    until("written", || observer.observe().events.written == 100).await;
    cluster.kill();
    batch(700).into_iter().for_each(|record| sink.record(0, || record));
    until("tried", || observer.observe().events.retries > 1).await;
    cluster.run();
    until("written", || observer.observe().events.written == 800).await;
    assert_eq!(rows(&cluster, &store).await, 800);
    end.stop(SOON).await;
}

#[actix_rt::test]
async fn a_frozen_server_is_written_to_exactly_once() {
    let (cluster, store) = fresh().await;
    let store = Arc::new(store);
    let (sink, observer, end) = sink_over(Arc::clone(&store)).await;
    batch(100).into_iter().for_each(|record| sink.record(0, || record));
    until("written", || observer.observe().events.written == 100).await;
    cluster.freeze();
    batch(1200).into_iter().for_each(|record| sink.record(0, || record));
    until("cut", || observer.observe().events.retries > 0).await;
    let asked = tokio::time::timeout(Duration::from_secs(1), store.count(&Filter::default())).await;
    assert!(asked.is_err(), "a frozen server does not answer");
    cluster.thaw();
    until("written", || observer.observe().events.written == 1300).await;
    assert_eq!(rows(&cluster, &store).await, 1300);
    end.stop(SOON).await;
}

/// Proxy between a client and the server that cuts the client off after it has sent COMMIT: the server receives it, but
/// its response is lost.
struct Cutter {
    port: u16,
    armed: Arc<AtomicBool>,
    cuts: Arc<AtomicU64>,
}

impl Cutter {
    async fn before(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (armed, cuts) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let (of_lines, counted) = (Arc::clone(&armed), Arc::clone(&cuts));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(hand_on(client, server, Arc::clone(&of_lines), Arc::clone(&counted)));
            }
        });
        Self { port, armed, cuts }
    }
}

async fn hand_on(client: TcpStream, server: u16, armed: Arc<AtomicBool>, cuts: Arc<AtomicU64>) {
    let Ok(server) = TcpStream::connect(("127.0.0.1", server)).await else { return };
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let back = tokio::spawn(async move { tokio::io::copy(&mut from_server, &mut to_client).await });
    let mut bytes = vec![0; 1 << 16];
    while let Ok(size @ 1..) = from_client.read(&mut bytes).await {
        let commits = bytes[..size].windows(6).any(|word| word == b"COMMIT");
        let cut = commits && armed.swap(false, Ordering::SeqCst);
        if cut {
            // Before the COMMIT is forwarded, so that the response is lost.
            back.abort();
        }
        if to_server.write_all(&bytes[..size]).await.is_err() {
            return;
        }
        if cut {
            cuts.fetch_add(1, Ordering::SeqCst);
            // Long enough for the server to commit; then both connections are dropped.
            tokio::time::sleep(Duration::from_millis(300)).await;
            return;
        }
    }
}

#[actix_rt::test]
async fn a_commit_whose_answer_is_lost_is_neither_lost_nor_done_twice() {
    let cluster = Cluster::start();
    let cutter = Cutter::before(cluster.port()).await;
    let through = format!("postgres://postgres@127.0.0.1:{}/postgres?sslmode=disable", cutter.port);
    let store = Arc::new(open(&through).await);
    let (sink, observer, end) = sink_over(Arc::clone(&store)).await;
    for round in 1..=4 {
        cutter.armed.store(true, Ordering::SeqCst);
        batch(50).into_iter().for_each(|record| sink.record(0, || record));
        until("written", || observer.observe().events.written == round * 50).await;
        assert_eq!(cutter.cuts.load(Ordering::SeqCst), round);
    }
    assert_eq!(rows(&cluster, &store).await, 200);
    let state = observer.observe().events;
    assert_eq!((state.dropped, state.refused), (0, 0));
    assert!(state.retries >= 4);
    end.stop(SOON).await;
}

#[actix_rt::test]
async fn a_write_that_is_given_up_midway_leaves_nothing_behind() {
    let (cluster, store) = fresh().await;
    store.append(&batch(1), false).await.unwrap();
    cluster.freeze();
    let records: Vec<Arc<Record>> = batch(400);
    let cut = tokio::time::timeout(Duration::from_millis(300), store.append(&records, false)).await;
    assert!(cut.is_err());
    cluster.thaw();
    // The server may or may not have committed. After a second attempt, every row must be there once.
    store.append(&records, true).await.unwrap();
    assert_eq!(rows(&cluster, &store).await, 401);
}

#[actix_rt::test]
async fn a_server_that_is_not_there_is_unavailable() {
    let (mut cluster, store) = fresh().await;
    cluster.kill();
    assert!(matches!(store.append(&batch(1), false).await, Err(StoreError::Unavailable(_))));
    assert!(matches!(store.count(&Filter::default()).await, Err(StoreError::Unavailable(_))));
}
