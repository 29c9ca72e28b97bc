//! The audit trail on PostgreSQL with the real binary: failures of the database don't affect clients, and every request
//! is accounted for.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use rustix::process::Signal;
use serde_json::json;

use crate::support::{Connection, Server, audit::Trail, postgres::Cluster};

/// Clients that send requests until told to stop; returns the number of responses each got.
struct Load {
    stop: Arc<AtomicBool>,
    clients: Vec<thread::JoinHandle<u64>>,
}

impl Load {
    fn start(server: &Server, clients: usize) -> Self {
        let (stop, address) = (Arc::new(AtomicBool::new(false)), server.address());
        let client = || {
            let stop = Arc::clone(&stop);
            thread::spawn(move || {
                let mut connection = Connection::open(address);
                let mut answered = 0;
                while !stop.load(Ordering::Relaxed) {
                    assert_eq!(connection.try_get("/v1/fixed/hello"), Some(200), "no request fails");
                    answered += 1;
                }
                answered
            })
        };
        let clients = (0..clients).map(|_| client()).collect();
        Self { stop, clients }
    }

    fn stop(self) -> u64 {
        self.stop.store(true, Ordering::Relaxed);
        self.clients.into_iter().map(|client| client.join().unwrap()).sum()
    }
}

fn start(cluster: &Cluster, audit: &str) -> (Server, Trail) {
    Trail::start_on(&cluster.url(), audit)
}

fn metric(server: &Server, name: &str) -> u64 {
    let metrics = server.get("/metrics");
    let line = metrics.text().lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')).unwrap();
    line.parse().unwrap()
}

fn written(server: &Server) -> u64 {
    metric(server, "api_test_audit_written_total")
}

/// Waits until the queue is empty, then compares rows and drops with the answered requests.
fn account(server: &Server, cluster: &Cluster, answered: u64) -> u64 {
    until("the queue is empty", || metric(server, "api_test_audit_queue_depth") == 0);
    let rows: u64 = cluster.sql("SELECT count(*) FROM audit_events").parse().unwrap();
    let dropped = metric(server, "api_test_audit_dropped_total");
    assert_eq!(rows + dropped, answered, "rows {rows}, dropped {dropped}");
    assert_eq!(written(server), rows);
    dropped
}

fn until(what: &str, holds: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !holds() {
        assert!(Instant::now() < deadline, "{what}");
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_frozen_database_is_not_felt_and_everything_is_accounted_for() {
    let cluster = Cluster::start();
    let (server, _) = start(&cluster, "buffer_size: 1000");
    let load = Load::start(&server, 4);
    until("rows are written", || written(&server) > 500);
    cluster.freeze();
    // A batch is interrupted with unknown outcome, and the queue is full.
    server.wait_for_line(|line| line.contains("audit store unavailable") && line.contains("no answer within 5 s"));
    server.wait_for_line(|line| line.contains("audit buffer full; dropping events"));
    let before = written(&server);
    assert_eq!(metric(&server, "api_test_audit_queue_depth"), 1000, "exactly the places that there are");
    cluster.thaw();
    until("writing goes on by itself", || written(&server) > before);
    let answered = load.stop();
    let dropped = account(&server, &cluster, answered);
    assert!(dropped > 0, "the freeze was long enough to matter");
    let first = server.wait_for_line(|line| line.contains("audit buffer full; dropping events"));
    assert!(first.contains("\"dropped_total\":1}") || first.contains("\"dropped_total\":1,"), "{first}");
    let logged = server.log().iter().filter(|line| line.contains("audit buffer full")).count() as u64;
    assert_eq!(logged, dropped.div_ceil(1000), "the first, and each thousandth after it");
    server.wait_for_line(|line| line.contains("audit buffer has room again"));
    server.wait_for_line(|line| line.contains("audit store is back"));
}

#[test]
fn a_killed_database_is_not_felt_and_everything_is_accounted_for() {
    let mut cluster = Cluster::start();
    let (server, _) = start(&cluster, "");
    let load = Load::start(&server, 4);
    until("rows are written", || written(&server) > 500);
    cluster.kill();
    server.wait_for_line(|line| line.contains("audit store unavailable"));
    cluster.run();
    let before = written(&server);
    until("writing goes on by itself", || written(&server) > before);
    let answered = load.stop();
    account(&server, &cluster, answered);
}

#[test]
fn a_stop_under_load_writes_every_answered_request() {
    let cluster = Cluster::start();
    // More places than requests: a full queue drops events, as it should, and a busy machine may write slowly.
    let (mut server, _) = start(&cluster, "buffer_size: 100000");
    let address = server.address();
    let clients: Vec<_> = (0..8)
        .map(|_| {
            thread::spawn(move || {
                let (mut connection, mut answered) = (Connection::open(address), 0_u64);
                while connection.try_get("/v1/fixed/hello") == Some(200) {
                    answered += 1;
                }
                answered
            })
        })
        .collect();
    until("rows are written", || written(&server) > 500);
    server.signal(Signal::TERM);
    assert_eq!(server.wait().code(), Some(0));
    let answered: u64 = clients.into_iter().map(|client| client.join().unwrap()).sum();
    assert_eq!(cluster.sql("SELECT count(*) FROM audit_events"), answered.to_string());
}

#[test]
fn replicas_start_at_once_and_see_what_the_other_writes() {
    let cluster = Cluster::start();
    let url = cluster.url();
    let starts: Vec<_> = (0..2)
        .map(|_| {
            let url = url.clone();
            thread::spawn(move || Trail::start_on(&url, ""))
        })
        .collect();
    let replicas: Vec<_> = starts.into_iter().map(|start| start.join().unwrap()).collect();
    let [(one, _), (_, other)] = &replicas[..] else { panic!("two were started") };
    let mut tail = other.tail("");
    let listening = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'";
    until("both replicas listen", || cluster.sql(listening) == "2");
    one.get_with("/v1/fixed/across", "X-Request-Id: across\r\n");
    let event = tail.event();
    assert_eq!((&event["request_id"], &event["path"]), (&json!("across"), &json!("/v1/fixed/across")));
    assert_eq!(other.event("request_id=across")["id"], event["id"]);
    assert_ne!(event["instance"], json!(""));
}

#[test]
fn odd_bytes_are_stored_escaped() {
    let cluster = Cluster::start();
    let (server, trail) = start(&cluster, "");
    let mut raw = server.connect();
    raw.send(
        b"POST /v1/echo?x=%00%FF HTTP/1.1\r\nHost: a\r\nX-Raw: \xff\xc3\xa9\r\nContent-Length: 3\r\n\r\n\x00\xff\n",
    );
    assert_eq!(raw.receive().status, 200);
    let event = trail.event("path=/v1/echo");
    let payload = &event["payload"];
    assert_eq!(payload["request_headers"]["X-Raw"], json!(["\\xff\u{e9}"]));
    assert_eq!(payload["request_query"], json!({"x": ["\\x00\\xff"]}));
    assert_eq!((&payload["request_body"], &payload["request_body_encoding"]), (&json!("AP8K"), &json!("base64")));
    let long = format!("/v1/fixed/{}", "a%00b%FF".repeat(1000));
    assert_eq!(server.get(&long).status, 200);
    assert_eq!(trail.event("path=/v1/fixed/")["path"], long.as_str());
}

#[test]
fn a_database_that_is_not_there_stops_the_boot() {
    let output = crate::support::refused(
        "server: {address: '127.0.0.1:0'}\nauth: {allow_anonymous: true}\n\
         database: {url: 'postgres://nobody:secret-word@127.0.0.1:1/none'}\naudit: {enabled: true}\n",
    );
    assert!(output.contains("database.url"), "{output}");
    assert!(!output.contains("secret-word"), "{output}");
}

#[test]
fn the_portal_masks_the_password_in_each_form_and_its_dashboard_works() {
    const SECRET: &str = "db-s3cret-0123";
    const KEY: &str = "X-API-Key: key-alpha-0123456789\r\n";
    let cluster = Cluster::start();
    let port = cluster.port();
    for (given, shown) in [
        (
            format!("postgres://postgres:{SECRET}@127.0.0.1:{port}/postgres?sslmode=disable"),
            format!("postgres://postgres:***@127.0.0.1:{port}/postgres?sslmode=disable"),
        ),
        (
            format!("postgresql://postgres@127.0.0.1:{port}/postgres?password={SECRET}&sslmode=disable"),
            format!("postgresql://postgres@127.0.0.1:{port}/postgres?password=***&sslmode=disable"),
        ),
        (
            format!("host=127.0.0.1 port={port} user=postgres password={SECRET} dbname=postgres sslmode=disable"),
            format!("host=127.0.0.1 port={port} user=postgres password=*** dbname=postgres sslmode=disable"),
        ),
    ] {
        let (server, trail) = Trail::start_on(&given, "");
        let before = trail.total();
        server.get("/v1/fixed/hello");
        until("the event is written", || trail.total() > before);
        for target in ["server", "config"] {
            let answer = server.get_with(&format!("/api/v1/portal/{target}"), KEY);
            assert!(!answer.text().contains(SECRET), "{given}");
            assert_eq!(answer.json()["config"]["database"]["url"], json!(shown));
        }
        let dashboard = server.get_with("/api/v1/portal/dashboard?range=15m", KEY);
        assert_eq!(dashboard.status, 200, "{}", dashboard.text());
        let dashboard = dashboard.json();
        assert_eq!(dashboard["status_classes"][1], json!({"class": "2xx", "count": before + 1}));
        assert_eq!(dashboard["recent"].as_array().map(Vec::len), usize::try_from(before + 1).ok());
    }
}
