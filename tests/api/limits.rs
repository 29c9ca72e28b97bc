//! Heads and bodies that are too large or too slow.

use std::time::Duration;

use crate::support::{ALL_GROUPS, Server};

fn limited() -> Server {
    limited_with("60s")
}

fn limited_with(read_header_timeout: &str) -> Server {
    Server::start(&format!(
        "server: {{address: '127.0.0.1:0', max_header_bytes: 4KiB, max_body_bytes: 1KiB, \
         read_header_timeout: {read_header_timeout}}}\nauth: {{allow_anonymous: true}}\n{ALL_GROUPS}"
    ))
}

#[test]
fn a_body_above_the_limit_is_413_with_or_without_a_length() {
    let server = limited();
    let mut connection = server.connect();
    assert_eq!(connection.request("POST", "/v1/echo", "", &[b'a'; 1024]).status, 200);
    let too_large = connection.request("POST", "/v1/echo", "", &[b'a'; 1025]);
    assert_eq!(too_large.status, 413);
    assert!(too_large.json()["error"].is_string());

    let mut connection = server.connect();
    connection.send(b"POST /v1/echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    connection.send(format!("401\r\n{}\r\n0\r\n\r\n", "a".repeat(0x401)).as_bytes());
    assert_eq!(connection.receive().status, 413);
    assert_eq!(server.get("/healthz").status, 200);
}

#[test]
fn a_head_above_the_limit_is_431() {
    let server = limited();
    let mut connection = server.connect();
    let fits = format!("X-Long: {}\r\n", "a".repeat(3000));
    assert_eq!(connection.request("GET", "/v1/headers", &fits, b"").status, 200);
    for length in [5_000, 60_000, 300_000] {
        let header = format!("X-Long: {}\r\n", "a".repeat(length));
        let mut connection = server.connect();
        connection.start("GET", "/v1/headers", &header, b"");
        let response = connection.receive();
        assert_eq!(response.status, 431, "{length}");
        assert!(response.json()["error"].is_string(), "{length}");
    }
    let many: String = (0..120).map(|number| format!("X-{number}: a\r\n")).collect();
    assert_eq!(server.get_with("/v1/headers", &many).status, 200);
}

#[test]
fn a_head_that_does_not_come_is_408_or_closed() {
    let server = limited_with("1s");
    let mut connection = server.connect();
    connection.send(b"GET /healthz HTTP/1.1\r\nHost:");
    let (status, _) = connection.head();
    assert_eq!(status, 408);

    let mut silent = server.connect();
    assert!(silent.is_closed_within(Duration::from_secs(60)), "a client that says nothing is let go");
}
