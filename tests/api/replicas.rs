//! Several replicas on one PostgreSQL, behind the HAProxy of `deploy/haproxy`: the cost of a replica's crash, and a
//! rolling restart without any. Shared keys, sessions and the live tail are tested elsewhere (`database_keys`,
//! `portal_sessions`, `postgres`).

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use rustix::process::Signal;

use crate::support::{
    ALL_GROUPS, Connection, Server,
    haproxy::Haproxy,
    postgres::{Database, free_port},
};

/// Number of concurrent clients.
const CLIENTS: u64 = 8;

/// Replica that listens on `port`. The queue of its sink has room for everything that a test sends, so a drop is a bug.
fn replica(database: &Database, port: u16) -> Server {
    Server::start(&format!(
        "server: {{address: '127.0.0.1:{port}', workers: 1, shutdown: {{pre_shutdown_delay: 1h, grace_period: 60s}}}}\n\
         auth: {{allow_anonymous: true}}\n\
         database: {{url: '{}'}}\n\
         audit: {{enabled: true, buffer_size: 100000}}\n{ALL_GROUPS}",
        database.url()
    ))
}

fn until(what: &str, holds: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !holds() {
        assert!(Instant::now() < deadline, "{what}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// Returns the sum of a metric over all label sets that contain `label`.
fn metric(server: &Server, name: &str, label: &str) -> u64 {
    let metrics = server.get("/metrics");
    let lines = metrics.text().lines().filter(|line| line.starts_with(name) && line.contains(label));
    lines.map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap()).sum()
}

fn answered(server: &Server) -> u64 {
    metric(server, "api_test_http_requests_total{", "route=\"fixed\"")
}

fn dropped(server: &Server) -> u64 {
    metric(server, "api_test_audit_dropped_total ", "")
}

/// Returns the number of recorded events of the replica on `port`.
fn rows_of(database: &Database, port: u16) -> u64 {
    let query = format!("SELECT count(*) FROM audit_events WHERE route_name = 'fixed' AND instance LIKE '%:{port}'");
    database.sql(&query).parse().unwrap()
}

/// Results of one client.
#[derive(Default)]
struct Seen {
    answered: u64,
    failed: u64,
    /// Ids of the answered requests that were sent after the mark.
    marked: Vec<String>,
}

/// Clients that send requests through the proxy until told to stop, each with its own ids.
struct Load {
    stop: Arc<AtomicBool>,
    mark: Arc<AtomicBool>,
    answered: Arc<AtomicU64>,
    clients: Vec<thread::JoinHandle<Seen>>,
}

impl Load {
    fn start(address: SocketAddr) -> Self {
        let (stop, mark) = (Arc::<AtomicBool>::default(), Arc::<AtomicBool>::default());
        let answered = Arc::<AtomicU64>::default();
        let client = |number| {
            let (stop, mark, answered) = (Arc::clone(&stop), Arc::clone(&mark), Arc::clone(&answered));
            thread::spawn(move || call(address, number, &stop, &mark, &answered))
        };
        let clients = (0..CLIENTS).map(client).collect();
        Self { stop, mark, answered, clients }
    }

    /// Waits until `more` requests have been answered from now on.
    fn wait_for(&self, more: u64) {
        let wanted = self.answered.load(Ordering::Relaxed) + more;
        until("requests are answered", || self.answered.load(Ordering::Relaxed) >= wanted);
    }

    fn stop(self) -> Vec<Seen> {
        self.stop.store(true, Ordering::Relaxed);
        self.clients.into_iter().map(|client| client.join().unwrap()).collect()
    }
}

fn call(address: SocketAddr, client: u64, stop: &AtomicBool, mark: &AtomicBool, answered: &AtomicU64) -> Seen {
    let (mut connection, mut seen) = (Connection::open(address), Seen::default());
    for number in 0_u64.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let id = format!("client-{client}-{number}");
        let marked = mark.load(Ordering::Relaxed);
        if connection.try_get_with("/v1/fixed/hello", &format!("X-Request-Id: {id}\r\n")) == Some(200) {
            seen.answered += 1;
            answered.fetch_add(1, Ordering::Relaxed);
            if marked {
                seen.marked.push(id);
            }
        } else {
            seen.failed += 1;
            connection = Connection::open(address);
        }
        // Slow enough for a busy machine to write.
        thread::sleep(Duration::from_millis(3));
    }
    seen
}

#[test]
fn a_replica_that_is_killed_costs_what_was_in_flight_on_it_and_nothing_else() {
    let database = Database::empty();
    let (mut one, two) = (replica(&database, 0), replica(&database, 0));
    let haproxy = Haproxy::before(one.address(), two.address());
    let load = Load::start(haproxy.address);
    until("both serve", || answered(&one) > 200 && answered(&two) > 200);

    one.signal(Signal::KILL);
    one.wait();
    load.mark.store(true, Ordering::Relaxed);
    load.wait_for(1000);
    haproxy.wait_until("one", false);
    let seen = load.stop();

    let failed: Vec<u64> = seen.iter().map(|client| client.failed).collect();
    assert!(failed.iter().all(|failed| *failed <= 1), "each client has one request in flight: {failed:?}");
    let survivors = two.address().port();
    until("all is written", || metric(&two, "api_test_audit_queue_depth ", "") == 0);
    let (rows, drops) = (rows_of(&database, survivors), dropped(&two));
    assert_eq!((rows + drops, drops), (answered(&two), 0), "every answered request of the survivor, {rows} on record");
    // Requests sent after the crash are recorded, each once.
    let marked: Vec<&str> = seen.iter().flat_map(|client| &client.marked).map(String::as_str).collect();
    assert!(marked.len() as u64 >= 1000 - CLIENTS, "{}", marked.len());
    let recorded = database.sql(&format!("SELECT request_id FROM audit_events WHERE instance LIKE '%:{survivors}'"));
    let mut times = HashMap::<&str, usize>::new();
    recorded.lines().for_each(|id| *times.entry(id).or_default() += 1);
    let odd: Vec<_> = marked.iter().filter(|id| times.get(*id) != Some(&1)).collect();
    assert!(odd.is_empty(), "not on record once: {odd:?}");
    // Events written by the crashed replica are there and can be read from the other.
    assert!(rows_of(&database, one.address().port()) > 0);
}

#[test]
fn a_rolling_restart_loses_nothing_at_all() {
    let database = Database::empty();
    let ports = [free_port(), free_port()];
    let mut replicas = ports.map(|port| replica(&database, port));
    let haproxy = Haproxy::before(replicas[0].address(), replicas[1].address());
    let load = Load::start(haproxy.address);
    load.wait_for(500);
    for (index, name) in ["one", "two"].into_iter().enumerate() {
        // A stream that outlasts this replica, if this replica serves it.
        let streams: Vec<_> = (0..2)
            .map(|_| {
                thread::spawn({
                    let address = haproxy.address;
                    move || stream(address)
                })
            })
            .collect();
        load.wait_for(50);
        replicas[index].signal(Signal::TERM);
        haproxy.wait_until(name, false);
        load.wait_for(50);
        // No more requests arrive, so skip the rest of pre_shutdown_delay.
        replicas[index].signal(Signal::TERM);
        assert_eq!(replicas[index].wait().code(), Some(0));
        let end = replicas[index].wait_for_line(|line| line.contains("audit-sink") && line.contains("actor stopped"));
        assert!(end.contains("\"left\":0"), "{end}");
        for stream in streams {
            assert_eq!(stream.join().unwrap(), 20, "a stream that had begun is not cut off");
        }
        replicas[index] = replica(&database, ports[index]);
        haproxy.wait_until(name, true);
        load.wait_for(500);
    }
    let seen = load.stop();
    assert_eq!(seen.iter().map(|client| client.failed).sum::<u64>(), 0);
    let answered: u64 = seen.iter().map(|client| client.answered).sum();
    let rows = || ports.map(|port| rows_of(&database, port)).iter().sum::<u64>();
    until("all is written", || replicas.iter().all(|one| metric(one, "api_test_audit_queue_depth ", "") == 0));
    assert_eq!((rows(), replicas.iter().map(dropped).sum::<u64>()), (answered, 0), "each answer is on record");
}

/// Number of lines of a stream of two seconds.
fn stream(address: SocketAddr) -> usize {
    let mut connection = Connection::open(address);
    let answer = connection.get("/v1/streaming/ndjson?count=20&delay_ms=100");
    assert_eq!(answer.status, 200);
    answer.text().lines().count()
}

#[test]
fn the_proxy_of_the_example_changes_nothing_that_a_test_would_find() {
    let database = Database::empty();
    let (one, two) = (replica(&database, 0), replica(&database, 0));
    let haproxy = Haproxy::before(one.address(), two.address());
    for target in ["/v1/security/big-headers", "/v1/fixed/a%2Fb?x=%00", "/v1/sized?bytes=3000000", "/v1/status/503"] {
        let (through, direct) = (Connection::open(haproxy.address).get(target), one.get(target));
        assert_eq!((through.status, through.body == direct.body), (direct.status, true), "{target}");
        for (name, value) in &direct.headers {
            if !matches!(name.as_str(), "date" | "x-request-id" | "connection") {
                assert_eq!(through.header(name), Some(value.as_str()), "{target}");
            }
        }
    }
    let mut long = Connection::open(haproxy.address);
    // Almost `server.max_header_bytes` and `server.max_header_fields`.
    let fields: String = (0..980).map(|number| format!("X-Long-{number}: {}\r\n", "a".repeat(240))).collect();
    let headers = format!("{fields}X-Request-Id: kept\r\n");
    let answer = long.request("GET", "/v1/fixed/hello", &headers, b"");
    assert_eq!((answer.status, answer.header("x-request-id")), (200, Some("kept")));
    long.start("GET", "/v1/streaming/sse?count=3&delay_ms=300", "", b"");
    assert_eq!(long.head().0, 200);
    let sizes: Vec<usize> = std::iter::from_fn(|| long.chunk()).map(|chunk| chunk.len()).collect();
    assert_eq!(sizes.len(), 3, "each item as it comes");
}

#[test]
fn old_events_are_removed_once_whoever_does_it() {
    const OLD: u64 = 12_000;
    let database = Database::empty();
    // Creates the tables, and one event to copy.
    let mut first = replica(&database, 0);
    assert_eq!(first.get("/v1/fixed/hello").status, 200);
    until("the event is written", || rows_of(&database, first.address().port()) == 1);
    first.signal(Signal::TERM);
    first.wait_for_line(|line| line.contains("draining"));
    first.signal(Signal::TERM);
    first.wait();
    // Whole days, and part of the day seven days ago.
    database.sql(&format!(
        "SELECT audit_make_day((now() AT TIME ZONE 'UTC')::date - days) FROM unnest(ARRAY[7, 8, 9, 20, 21]) AS days;
         INSERT INTO audit_events
         SELECT (jsonb_populate_record(event, jsonb_build_object(
             'ts', now() - interval '7 days' - days * interval '1 day' - number * interval '1 millisecond',
             'id', gen_random_uuid()))).*
         FROM audit_events AS event, unnest(ARRAY[0, 1, 13]) AS days, generate_series(1, {}) AS number",
        OLD / 3
    ));
    let starts: Vec<_> = thread::scope(|scope| {
        let start = || scope.spawn(|| replica(&database, 0));
        [start(), start()].map(|start| start.join().unwrap()).into()
    });
    let removed = || starts.iter().map(|one| metric(one, "api_test_audit_removed_total ", "")).sum::<u64>();
    until("old events are removed", || removed() >= OLD);
    let left =
        database.sql("SELECT count(*), count(*) FILTER (WHERE ts < now() - interval '7 days') FROM audit_events");
    assert_eq!((left.as_str(), removed()), ("1|0", OLD), "each counted by the one that removed it");
    let counted = database.sql("SELECT sum(events) FROM audit_counts");
    assert_eq!(counted, "1", "and the totals know");
}
