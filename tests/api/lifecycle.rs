//! Readiness, drain and signals.

use std::{net::TcpListener, process::Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::support::{ALL_GROUPS, Server, anonymous, command};

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
    // A request that is not read yet does not run.
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
fn who_outlasts_the_grace_period_is_cut_off() {
    let mut server = Server::start(&draining("0s", "1s"));
    let mut connection = server.connect();
    connection.start("GET", "/v1/slow?ms=60000", "", b"");
    server.wait_for_running(1);
    server.signal(Signal::TERM);
    assert_eq!(server.wait().code(), Some(0));
}

#[test]
fn a_signal_while_it_starts_ends_it() {
    // A database that accepts and says nothing.
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
