//! Answers that don't wait for the body, and 100 Continue.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::{Server, anonymous, audit::Trail};

const KEY: &str = "X-API-Key: key-alpha-0123456789\r\n";
const BAD_KEY: &str = "X-API-Key: wrong-key-0123\r\n";
const TEN_MB: usize = 10_000_000;

#[test]
fn a_refusal_does_not_wait_for_an_upload() {
    let (server, trail) = Trail::start_closed("");
    for (id, method, target, key, status) in [
        ("denied", "POST", "/v1/echo", BAD_KEY, 401),
        ("unknown", "POST", "/v1/nothing", KEY, 404),
        ("other-verb", "DELETE", "/v1/whoami", KEY, 405),
    ] {
        let mut connection = server.connect();
        let headers = format!("{key}X-Request-Id: {id}\r\nContent-Length: {TEN_MB}\r\n");
        connection.start(method, target, &headers, b"");
        // Nothing of the body has been sent when the answer comes.
        let answer = connection.receive();
        assert_eq!((answer.status, answer.header("connection")), (status, Some("close")), "{id}");
        connection.send(&[b'x'; 3000]);
        connection.finish_sending();
        assert!(connection.is_closed(), "{id}");
        // What still came is on record.
        let event = trail.event(&format!("request_id={id}"));
        assert_eq!((&event["status"], &event["bytes_in"]), (&json!(status), &json!(3000)), "{id}");
        assert_eq!(event["bytes_out"], json!(answer.body.len()), "{id}");
    }
}

#[test]
fn a_client_that_goes_on_uploading_gets_its_refusal() {
    let (server, trail) = Trail::start_closed("");
    let mut connection = server.connect();
    let headers = format!("{BAD_KEY}X-Request-Id: uploads\r\nContent-Length: {TEN_MB}\r\n");
    connection.start("POST", "/v1/echo", &headers, b"");
    // The server takes 1 MiB of it.
    connection.send(&vec![b'x'; 500_000]);
    assert_eq!(connection.receive().status, 401);
    drop(connection);
    let event = trail.event("request_id=uploads");
    assert_eq!((&event["status"], &event["bytes_in"]), (&json!(401), &json!(500_000)));
}

#[test]
fn an_upload_without_end_is_cut_after_an_early_answer() {
    let (server, trail) = Trail::start_closed("");
    let mut connection = server.connect();
    connection.start("POST", "/v1/echo", "X-Request-Id: endless\r\nTransfer-Encoding: chunked\r\n", b"");
    assert_eq!(connection.receive().status, 401);
    let chunk = [format!("{:x}\r\n", 1 << 16).as_bytes(), &[b'x'; 1 << 16], b"\r\n"].concat();
    let mut sent = 0_u64;
    while connection.try_send(&chunk) {
        sent += 1 << 16;
        assert!(sent < 1 << 30, "it takes all");
    }
    let taken = trail.event("request_id=endless")["bytes_in"].as_u64().unwrap();
    assert!(taken <= 1 << 20, "{taken}");
}

#[test]
fn a_body_that_has_come_with_its_head_keeps_the_connection() {
    let (server, trail) = Trail::start_closed("");
    let mut connection = server.connect();
    let refused = connection.request("POST", "/v1/echo", BAD_KEY, b"what it carried");
    assert_eq!((refused.status, refused.header("connection")), (401, None));
    assert_eq!(connection.request("POST", "/v1/echo", KEY, b"a").status, 200);
    assert_eq!(trail.event("status=401")["payload"]["request_body"], "what it carried");
}

#[test]
fn continue_comes_when_the_body_is_wanted_and_not_before() {
    let (server, _trail) = Trail::start_closed("server.max_body_bytes=1KiB");
    let expect = "Expect: 100-continue\r\n";
    for (method, target, key, length, status) in [
        ("POST", "/v1/echo", BAD_KEY, 5, 401),
        ("POST", "/v1/echo", KEY, 5000, 413),
        ("POST", "/v1/nothing", KEY, 5, 404),
        ("DELETE", "/v1/whoami", KEY, 5, 405),
    ] {
        let mut connection = server.connect();
        connection.start(method, target, &format!("{key}{expect}Content-Length: {length}\r\n"), b"");
        let (found, headers) = connection.head();
        assert_eq!(found, status, "{target}");
        let answer = connection.rest(method, (found, headers));
        assert_eq!(answer.header("connection"), Some("close"), "{target}");
        connection.finish_sending();
        assert!(connection.is_closed());
    }
    let mut connection = server.connect();
    for _ in 0..2 {
        connection.start("POST", "/v1/echo", &format!("{KEY}{expect}Content-Length: 5\r\n"), b"");
        assert_eq!(connection.raw_head(), "HTTP/1.1 100 Continue\r\n\r\n");
        connection.send(b"abcde");
        let answer = connection.receive();
        assert_eq!((answer.status, &answer.json()["body_raw_text"]), (200, &json!("abcde")));
    }
    // A body that is there already needs no invitation.
    connection.start("POST", "/v1/echo", &format!("{KEY}{expect}"), b"abcde");
    assert_eq!(connection.head().0, 200);
}

#[test]
fn http_1_0_gets_no_interim_answer() {
    let server = Server::start(&anonymous(""));
    let mut connection = server.connect();
    connection.send(b"POST /v1/echo HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n");
    connection.wait_until_read();
    connection.send(b"a");
    assert_eq!(connection.head().0, 200);
}

#[test]
fn a_body_that_stalls_or_ends_early_is_refused_by_rule() {
    let server = Server::start_with(&anonymous(""), &[("APITEST__SERVER__BODY_TIMEOUT", "300ms")]);
    let mut stalls = server.connect();
    stalls.start("POST", "/v1/echo", "Content-Length: 10\r\n", b"");
    stalls.send(b"abc");
    let begun = Instant::now();
    let answer = stalls.receive();
    assert_eq!((answer.status, answer.json()["rule"].as_str()), (408, Some("body-timeout")));
    assert_eq!(answer.header("connection"), Some("close"));
    assert!(begun.elapsed() >= Duration::from_millis(250));
    let mut ends = server.connect();
    ends.start("POST", "/v1/echo", "Content-Length: 10\r\n", b"");
    ends.send(b"abc");
    ends.finish_sending();
    let answer = ends.receive();
    assert_eq!((answer.status, answer.json()["rule"].as_str()), (400, Some("incomplete-body")));
}
