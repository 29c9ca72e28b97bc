//! Connections on HTTP/1: requests one after the other, clients that leave, limits of time and number.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::{ALL_GROUPS, Connection, Server, anonymous, audit::Trail};

fn with(server: &str) -> Server {
    Server::start(&format!(
        "server: {{address: '127.0.0.1:0', {server}}}\nauth: {{allow_anonymous: true}}\n{ALL_GROUPS}"
    ))
}

#[test]
fn requests_that_are_sent_ahead_are_answered_in_order() {
    let server = Server::start(&anonymous(""));
    let mut connection = server.connect();
    let mut all = Vec::new();
    for n in 0..50 {
        let (method, body) = if n % 3 == 0 { ("POST", "abc") } else { ("GET", "") };
        let length = body.len();
        let path = if n % 3 == 0 { "/v1/echo".to_owned() } else { format!("/v1/fixed/{n}") };
        all.extend_from_slice(
            format!(
                "{method} {path} HTTP/1.1\r\nHost: a\r\nX-Request-Id: n{n}\r\nContent-Length: {length}\r\n\r\n{body}"
            )
            .as_bytes(),
        );
    }
    all.extend_from_slice(b"HEAD /v1/fixed/a HTTP/1.1\r\nHost: a\r\n\r\nGET /v1/fixed/b HTTP/1.0\r\n\r\n");
    connection.send(&all);
    for n in 0..50 {
        let answer = connection.receive();
        assert_eq!((answer.status, answer.header("x-request-id")), (200, Some(&*format!("n{n}"))));
        if n % 3 != 0 {
            assert_eq!(answer.json()["key"], n.to_string());
        }
    }
    assert!(!connection.receive_for("HEAD").header("content-length").unwrap().is_empty());
    assert_eq!(connection.receive().json()["key"], "b");
    assert!(connection.is_closed(), "HTTP/1.0 without keep-alive");
}

#[test]
fn http_1_0_stays_when_it_asks_for_it() {
    let server = Server::start(&anonymous(""));
    let mut connection = server.connect();
    for _ in 0..2 {
        connection.send(b"GET /v1/fixed/a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
        let head = connection.raw_head();
        assert!(head.starts_with("HTTP/1.0 200 OK\r\n") && head.contains("\r\nConnection: keep-alive\r\n"), "{head}");
        let length = head.split_once("Content-Length: ").unwrap().1.split_once('\r').unwrap().0.to_owned();
        connection.rest("GET", (200, vec![("content-length".to_owned(), length)]));
    }
    connection.send(b"GET /v1/streaming/ndjson?count=2 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    let (status, headers) = connection.head();
    assert!(!headers.iter().any(|(name, _)| name == "transfer-encoding"), "{headers:?}");
    assert_eq!(connection.rest("GET", (status, headers)).body.iter().filter(|byte| **byte == b'\n').count(), 2);
}

#[test]
fn a_connection_ends_after_as_many_requests_as_it_may_have() {
    let server = with("max_requests_per_connection: 3");
    let mut connection = server.connect();
    for n in 1..=3 {
        let closes = connection.get("/v1/fixed/a").header("connection") == Some("close");
        assert_eq!(closes, n == 3, "{n}");
    }
    assert!(connection.is_closed());
}

#[test]
fn a_connection_that_asks_nothing_is_closed_without_a_word() {
    let server = with("keep_alive: 300ms, read_header_timeout: 300ms");
    let mut silent = server.connect();
    assert!(silent.is_closed());
    let mut idle = server.connect();
    idle.get("/v1/fixed/a");
    assert!(idle.is_closed());
    let mut slow = server.connect();
    slow.send(b"GET /v1/fixed/a HTTP/1.1\r\n");
    let answer = slow.receive();
    assert_eq!((answer.status, answer.json()["rule"].as_str()), (408, Some("head-timeout")));
    assert!(slow.is_closed());
}

#[test]
fn a_client_that_closes_its_side_is_gone_unless_it_shall_be_answered() {
    let slow = b"GET /v1/slow?ms=700 HTTP/1.1\r\nHost: a\r\nX-Request-Id: half\r\n\r\n";
    let gone = with("half_close: gone");
    let mut connection = gone.connect();
    connection.send(slow);
    connection.finish_sending();
    assert!(connection.is_closed(), "no answer");
    assert_eq!(gone.wait_for_access("half")["status"], 499);

    let answered = with("half_close: answer");
    let mut connection = answered.connect();
    // The one that is sent ahead as well.
    connection.send(&[slow.as_slice(), b"GET /v1/fixed/a HTTP/1.1\r\nHost: a\r\n\r\n"].concat());
    connection.finish_sending();
    assert_eq!(connection.receive().json()["requested_ms"], 700);
    assert_eq!(connection.receive().json()["key"], "a");
    assert!(connection.is_closed());
    assert_eq!(answered.wait_for_access("half")["status"], 200);
}

#[test]
fn a_reset_is_told_from_a_close() {
    let (server, trail) = Trail::start("");
    let leave = |id: &str, how: fn(Connection)| {
        let mut connection = server.connect();
        connection.start("GET", "/v1/slow?ms=30000", &format!("X-Request-Id: {id}\r\n"), b"");
        server.wait_for_running(1);
        how(connection);
        trail.event(&format!("request_id={id}"))
    };
    let closed = leave("closed", drop);
    assert_eq!((&closed["status"], &closed["error_category"]), (&json!(499), &json!("client_closed")));
    let reset = leave("reset", Connection::reset);
    assert_eq!((&reset["status"], &reset["error_category"]), (&json!(499), &json!("client_reset")));
}

#[test]
fn a_reset_ends_a_request_also_where_a_close_does_not() {
    let server = with("half_close: answer");
    let mut connection = server.connect();
    connection.start("GET", "/v1/slow?ms=30000", "X-Request-Id: reset\r\n", b"");
    server.wait_for_running(1);
    connection.reset();
    assert_eq!(server.wait_for_access("reset")["status"], 499);
}

#[test]
fn a_client_that_does_not_read_is_given_up_and_what_it_took_is_on_record() {
    let (server, trail) = Trail::start_closed("server.write_timeout=300ms");
    let mut connection = server.connect();
    let headers = "X-API-Key: key-alpha-0123456789\r\nX-Request-Id: silent\r\n";
    connection.start("GET", "/v1/sized?bytes=33554432", headers, b"");
    let begun = Instant::now();
    let event = trail.event("request_id=silent");
    assert!(begun.elapsed() < Duration::from_secs(30));
    assert_eq!((&event["status"], &event["error_category"]), (&json!(499), &json!("write_timeout")));
    let taken = event["bytes_out"].as_u64().unwrap();
    assert!(0 < taken && taken < 33_554_432, "{taken}");
}

#[test]
fn a_pipelined_flood_waits_in_the_socket() {
    let server = with("write_timeout: 1h");
    let mut connection = server.connect();
    connection.start("GET", "/v1/slow?ms=2000", "", b"");
    let before = server.resident_kib();
    // 38 MB of requests.
    let request = b"GET /v1/fixed/a HTTP/1.1\r\nHost: a\r\n\r\n".repeat(1_000_000);
    let mut flooding = connection.try_clone();
    let sender = std::thread::spawn(move || flooding.send(&request));
    assert_eq!(connection.receive().status, 200);
    let grown = server.resident_kib().saturating_sub(before);
    assert!(grown < 10_000, "{grown} KiB");
    for _ in 0..1000 {
        assert_eq!(connection.receive().status, 200);
    }
    connection.finish_sending();
    sender.join().unwrap();
}

#[test]
fn idle_connections_keep_no_buffer_of_their_last_request() {
    let server = Server::start(&anonymous(""));
    let connections: Vec<_> = (0..500)
        .map(|_| {
            let mut connection = server.connect();
            connection.request("POST", "/v1/echo", "", &[b'a'; 60_000]);
            connection
        })
        .collect();
    let before = server.resident_kib();
    // 60 KB each would be 30 MB.
    assert!(before < 60_000, "{before} KiB for {}", connections.len());
}
