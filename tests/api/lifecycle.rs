//! Readiness, drain and signals.

use std::{net::TcpListener, process::Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::support::{ALL_GROUPS, Server, anonymous, audit::Trail, command, postgres::Cluster};

fn draining(delay: &str, grace: &str) -> String {
    format!(
        "server: {{address: '127.0.0.1:0', shutdown: {{pre_shutdown_delay: {delay}, grace_period: {grace}}}}}\n\
         auth: {{allow_anonymous: true}}\n{ALL_GROUPS}"
    )
}

#[test]
fn a_signal_turns_readiness_off_first_and_still_serves() {
    let mut server = Server::start(&draining("60s", "5s"));
    assert_eq!(server.get("/readyz").status, 200);
    server.signal(Signal::TERM);
    server.wait_for_line(|line| line.contains("draining"));
    assert_eq!(server.get("/readyz").status, 503);
    assert_eq!(server.get("/healthz").status, 200);
    assert_eq!(server.get("/v1/fixed/a").status, 200);
    server.signal(Signal::TERM);
    assert_eq!(server.wait().code(), Some(0), "a second signal skips the wait");
}

#[test]
fn what_runs_is_finished() {
    let mut server = Server::start(&draining("0s", "60s"));
    let mut connection = server.connect();
    connection.start("GET", "/v1/slow?ms=6000", "", b"");
    let mut streaming = server.connect();
    streaming.start("GET", "/v1/streaming/ndjson?count=10&delay_ms=600", "", b"");
    streaming.head();
    streaming.chunk().unwrap();
    // A request that is not read yet is not running.
    server.wait_for_running(2);
    server.signal(Signal::INT);
    assert_eq!(connection.receive().status, 200);
    let mut left = 0;
    while streaming.chunk().is_some() {
        left += 1;
    }
    assert_eq!(left, 9);
    assert_eq!(server.wait().code(), Some(0));
    server.wait_for_line(|line| line.contains("\"stopped\""));
}

#[test]
fn a_third_signal_ends_it_at_once() {
    let mut server = Server::start(&draining("60s", "60s"));
    let mut connection = server.connect();
    connection.start("GET", "/v1/slow?ms=60000", "", b"");
    server.wait_for_running(1);
    server.signal(Signal::TERM);
    server.wait_for_line(|line| line.contains("draining"));
    server.signal(Signal::TERM);
    server.wait_for_line(|line| line.contains("stopping"));
    assert!(server.is_running(), "a request still runs");
    server.signal(Signal::TERM);
    assert_eq!(server.wait().code(), Some(1));
}

#[test]
fn what_outlasts_the_grace_period_is_cut_and_on_record() {
    let (mut server, trail) = recording("0s", "1s", "sqlite:audit.sqlite");
    let mut waiting = server.connect();
    waiting.start("GET", "/v1/slow?ms=60000", "X-Request-Id: waits\r\n", b"");
    let mut streaming = server.connect();
    streaming.start("GET", "/v1/streaming/ndjson?count=1000&delay_ms=5000", "X-Request-Id: streams\r\n", b"");
    streaming.head();
    streaming.chunk().unwrap();
    let mut uploading = server.connect();
    uploading.start("POST", "/v1/echo", "X-Request-Id: uploads\r\nContent-Length: 1000\r\n", b"");
    uploading.send(b"half a body");
    // More than the socket buffers hold, and no one reads it.
    let mut silent = server.connect();
    silent.start("GET", "/v1/sized?bytes=33554432", "X-Request-Id: takes-nothing\r\n", b"");
    server.wait_for_running(4);
    server.signal(Signal::TERM);
    for mut connection in [waiting, uploading] {
        let answer = connection.receive();
        assert_eq!((answer.status, answer.text()), (503, "{\"error\":\"the server is stopping\"}\n"));
        assert_eq!(answer.header("connection"), Some("close"));
    }
    assert!(streaming.is_cut(), "no last chunk");
    assert_eq!(server.wait().code(), Some(0));
    assert_eq!(account(&server), (4, 4, 0));
    let record = trail.record_in_file(&server);
    for id in ["waits", "streams", "uploads", "takes-nothing"] {
        let event = record.iter().find(|event| event["request_id"] == id).unwrap();
        assert_eq!((&event["status"], &event["success"]), (&json!(503), &json!(false)), "{id}");
        assert_eq!(event["error_category"], "shutdown", "{id}");
    }
    drop(silent);
}

#[test]
fn a_second_signal_cuts_what_runs_and_it_is_on_record() {
    let (mut server, trail) = recording("0s", "1h", "sqlite:audit.sqlite");
    let mut waiting = server.connect();
    waiting.start("GET", "/v1/slow?ms=60000", "", b"");
    server.wait_for_running(1);
    server.signal(Signal::TERM);
    server.wait_for_line(|line| line.contains("stopping; waiting for running requests"));
    assert!(server.is_running());
    server.signal(Signal::INT);
    assert_eq!(waiting.receive().status, 503);
    assert_eq!(server.wait().code(), Some(0));
    server.wait_for_line(|line| line.contains("second signal; not waiting any longer"));
    assert_eq!(account(&server), (1, 1, 0));
    assert_eq!(trail.record_in_file(&server)[0]["error_category"], "shutdown");
}

#[test]
fn a_stop_without_a_store_counts_what_is_lost() {
    let mut cluster = Cluster::start();
    let (mut server, _) = recording("0s", "2s", &cluster.url());
    let mut connection = server.connect();
    for _ in 0..10 {
        connection.get("/v1/fixed/a");
    }
    server.wait_for_metric("api_test_audit_written_total", 10);
    cluster.kill();
    for _ in 0..30 {
        connection.get("/v1/fixed/b");
    }
    server.signal(Signal::TERM);
    assert_eq!(server.wait().code(), Some(0));
    assert_eq!(account(&server), (40, 10, 30));
    cluster.run();
    assert_eq!(cluster.sql("SELECT count(*) FROM audit_events"), "10");
}

fn recording(delay: &str, grace: &str, database: &str) -> (Server, Trail) {
    let server = Server::start(&format!(
        "{}database: {{url: '{database}'}}\naudit: {{enabled: true}}\n\
         api_keys: {{file: [{{name: devkey, key: key-alpha-0123456789}}]}}\n",
        draining(delay, grace)
    ));
    let trail = Trail::of(&server);
    (server, trail)
}

/// Returns the numbers of received, written and dropped events that the sink reports at its end, and checks that none
/// is unaccounted for.
fn account(server: &Server) -> (u64, u64, u64) {
    let line = server.wait_for_line(|line| line.contains("audit-sink") && line.contains("actor stopped"));
    let line: Value = serde_json::from_str(&line).unwrap();
    let [received, written, dropped] = ["received", "written", "dropped"].map(|key| line[key].as_u64().unwrap());
    assert_eq!(received, written + dropped, "{line}");
    (received, written, dropped)
}

#[test]
fn a_signal_while_it_starts_ends_it() {
    // A database that accepts connections and never responds.
    let database = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgres://u@{}/d?sslmode=disable", database.local_addr().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("api-test.yaml");
    std::fs::write(&file, anonymous(&format!("audit: {{enabled: true}}\ndatabase: {{url: '{url}'}}\n"))).unwrap();
    let child = command().arg("--config").arg(&file).stderr(Stdio::piped()).spawn().unwrap();
    let _silent = database.accept().unwrap();
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    let output = child.wait_with_output().unwrap();
    let log = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{log}");
    assert!(log.contains("stopped while starting"), "{log}");
}
