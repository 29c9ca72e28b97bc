//! Requests that break HTTP: one outcome each, the rule named, the connection closed. And requests that are unusual and
//! right, however they are cut.

use serde_json::json;

use crate::support::{Connection, Response, Server, anonymous, audit::Trail};

/// Requests that are refused: the rule, the status, the bytes. `{}` is the start of a request to `/v1/echo` up to its
/// fields, with a `Host`.
const REFUSED: &[(&str, u16, &[u8])] = &[
    // Two lengths, in all ways in which two servers could disagree about where the next request begins.
    ("length-and-chunked", 400, b"{}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG"),
    ("length-and-chunked", 400, b"{}Transfer-Encoding: chunked\r\nContent-Length: 6\r\n\r\n0\r\n\r\nG"),
    ("chunked-not-last", 400, b"{}Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n"),
    ("chunked-not-last", 400, b"{}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n"),
    ("chunked-not-last", 400, b"{}Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n"),
    ("unknown-transfer-coding", 501, b"{}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
    ("chunked-not-last", 400, b"{}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
    ("chunked-not-last", 400, b"{}Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n"),
    ("space-before-colon", 400, b"{}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n"),
    ("line-folding", 400, b"{}Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n"),
    ("line-folding", 400, b"{}X: a\r\n b\r\n\r\n"),
    (
        "transfer-coding-in-1.0",
        400,
        b"POST /v1/echo HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ),
    ("conflicting-content-lengths", 400, b"{}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
    ("conflicting-content-lengths", 400, b"{}Content-Length: 1\r\nContent-Length: 1\r\n\r\na"),
    ("conflicting-content-lengths", 400, b"{}Content-Length: 1, 1\r\n\r\na"),
    ("bad-content-length", 400, b"{}Content-Length: +1\r\n\r\na"),
    ("bad-content-length", 400, b"{}Content-Length: 0x1\r\n\r\na"),
    ("bad-content-length", 400, b"{}Content-Length: 1 1\r\n\r\na"),
    ("bad-content-length", 400, b"{}Content-Length: -1\r\n\r\na"),
    ("bad-content-length", 400, b"{}Content-Length: 18446744073709551616\r\n\r\na"),
    ("bad-content-length", 400, b"{}Content-Length:\r\n\r\na"),
    // Chunks.
    ("bad-chunk-size", 400, b"{}Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n"),
    ("bad-chunk-size", 400, b"{}Transfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n"),
    ("bad-chunk-size", 400, b"{}Transfer-Encoding: chunked\r\n\r\n-3\r\nabc\r\n0\r\n\r\n"),
    ("bad-chunk-size", 400, b"{}Transfer-Encoding: chunked\r\n\r\n00000000000000003\r\nabc\r\n0\r\n\r\n"),
    ("bad-chunk-size", 400, b"{}Transfer-Encoding: chunked\r\n\r\n\r\n"),
    ("bad-chunk-end", 400, b"{}Transfer-Encoding: chunked\r\n\r\n3\r\nabcX\r\n0\r\n\r\n"),
    ("bare-lf", 400, b"{}Transfer-Encoding: chunked\r\n\r\n3\nabc\r\n0\r\n\r\n"),
    ("bare-lf", 400, b"{}Transfer-Encoding: chunked\r\n\r\n3;a=\nb\r\nabc\r\n0\r\n\r\n"),
    ("bare-cr", 400, b"{}Transfer-Encoding: chunked\r\n\r\n3\rabc\r\n0\r\n\r\n"),
    ("bad-trailer", 400, b"{}Transfer-Encoding: chunked\r\n\r\n0\r\nA b\r\n\r\n"),
    // Lines.
    ("bare-lf", 400, b"GET /v1/echo HTTP/1.1\nHost: a\n\n"),
    ("bare-lf", 400, b"{}A: b\nTransfer-Encoding: chunked\r\n\r\n"),
    ("bare-cr", 400, b"{}A: b\rTransfer-Encoding: chunked\r\n\r\n"),
    ("control-in-field", 400, b"{}A: \x00\r\n\r\n"),
    ("control-in-field", 400, b"{}A: \x7f\r\n\r\n"),
    ("bad-field-name", 400, b"{}: b\r\n\r\n"),
    ("bad-field-name", 400, b"{}A B: c\r\n\r\n"),
    ("bad-field-name", 400, b"{}A\r\n\r\n"),
    ("bad-field-name", 400, b"{}\xc3\xa9: c\r\n\r\n"),
    ("bad-request-line", 400, b"GET\r\n\r\n"),
    ("bad-request-line", 400, b"GET /v1/echo\r\n\r\n"),
    ("bad-request-line", 400, b"GET  /v1/echo HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("bad-method", 400, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello over TLS\r\n\r\n"),
    ("bad-method", 400, b"G@T /v1/echo HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("bad-target", 400, b"GET v1/echo HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("bad-version", 400, b"GET /v1/echo HTTP/11\r\nHost: a\r\n\r\n"),
    ("bad-version", 400, b"GET /v1/echo http/1.1\r\nHost: a\r\n\r\n"),
    ("unsupported-version", 505, b"GET /v1/echo HTTP/3.0\r\nHost: a\r\n\r\n"),
    // Hosts.
    ("missing-host", 400, b"GET /v1/echo HTTP/1.1\r\n\r\n"),
    ("several-hosts", 400, b"GET /v1/echo HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"),
    ("bad-host", 400, b"GET /v1/echo HTTP/1.1\r\nHost: a b\r\n\r\n"),
    ("bad-host", 400, b"GET /v1/echo HTTP/1.1\r\nHost: a/b\r\n\r\n"),
];

/// Requests that are unusual and right: what the echo shows of the body.
const ACCEPTED: &[(&str, &[u8])] = &[
    ("abcde", b"{}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"),
    ("abcde", b"{}transfer-encoding:\tCHUNKED \r\n\r\n3;a=b;c=\"d;e\"\r\nabc\r\n0002 ; x\r\nde\r\n00000\r\nX-T: 1\r\nX-T: 2\r\n\r\n"),
    ("abcde", b"{}Content-Length: 005\r\n\r\nabcde"),
    ("", b"{}Content-Length: 0\r\n\r\n"),
    ("", b"{}\r\n"),
    ("", b"\r\n{}\r\n"),
    ("", b"{}X-Empty:\r\nX-8: \xe9\xff\r\nX-Tab: a\tb\r\n\r\n"),
    ("a", b"{}Expect:\r\nContent-Length: 1\r\n\r\na"),
    ("a", b"{}Expect: something-else\r\nContent-Length: 1\r\n\r\na"),
    ("a", b"POST http://api.test/v1/echo HTTP/1.1\r\nHost: api.test\r\nContent-Length: 1\r\n\r\na"),
    ("a", b"POST /v1/echo HTTP/1.2\r\nHost: api.test\r\nContent-Length: 1\r\n\r\na"),
];

const START: &[u8] = b"POST /v1/echo HTTP/1.1\r\nHost: api.test\r\n";

/// The request with its start put in.
fn request(bytes: &[u8]) -> Vec<u8> {
    let at = bytes.windows(2).position(|two| two == b"{}");
    at.map_or_else(|| bytes.to_vec(), |at| [&bytes[..at], START, &bytes[at + 2..]].concat())
}

fn shown(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn send_in_two(server: &Server, bytes: &[u8], cut: usize) -> Connection {
    let mut connection = server.connect();
    connection.send(&bytes[..cut]);
    if cut > 0 && cut < bytes.len() {
        connection.wait_until_read();
    }
    connection.send(&bytes[cut..]);
    connection
}

fn body_of(response: &Response) -> String {
    let echo = response.json();
    echo["body_raw_text"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn what_breaks_http_is_refused_by_rule() {
    let server = Server::start(&anonymous(""));
    for (rule, status, bytes) in REFUSED {
        let bytes = request(bytes);
        let mut connection = server.connect();
        connection.send(&bytes);
        let answer = connection.receive();
        let text = shown(&bytes);
        assert_eq!((answer.status, answer.json()["rule"].as_str()), (*status, Some(*rule)), "{text}");
        assert!(answer.text().starts_with("{\"error\":\"malformed request: "), "{text}: {}", answer.text());
        assert!(answer.text().ends_with(&format!(",\"rule\":\"{rule}\"}}\n")), "{text}: {}", answer.text());
        assert_eq!(answer.header("connection"), Some("close"), "{text}");
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "{text}");
        assert!(answer.header("x-request-id").is_some() && answer.header("date").is_some(), "{text}");
        assert!(connection.is_closed(), "{text}");
    }
    assert_eq!(server.get("/healthz").status, 200);
    assert!(!server.log().iter().any(|line| line.contains("ERROR")), "{:?}", server.log());
}

#[test]
fn what_is_unusual_and_right_is_answered_and_the_connection_stays() {
    let server = Server::start(&anonymous(""));
    let mut connection = server.connect();
    for (body, bytes) in ACCEPTED {
        let bytes = request(bytes);
        connection.send(&bytes);
        let answer = connection.receive();
        assert_eq!((answer.status, body_of(&answer)), (200, (*body).to_owned()), "{}", shown(&bytes));
        assert_eq!(answer.header("connection"), None);
    }
}

#[test]
fn reads_may_be_cut_at_every_byte() {
    let server = Server::start(&anonymous(""));
    for (body, bytes) in [ACCEPTED[1], ACCEPTED[5]] {
        let bytes = request(bytes);
        for cut in 0..=bytes.len() {
            let answer = send_in_two(&server, &bytes, cut).receive();
            assert_eq!((answer.status, body_of(&answer)), (200, body.to_owned()), "cut at {cut}: {}", shown(&bytes));
        }
    }
    for (rule, status, bytes) in [REFUSED[0], REFUSED[9], REFUSED[25], REFUSED[29]] {
        let bytes = request(bytes);
        for cut in 0..bytes.len() {
            let answer = send_in_two_or_refused(&server, &bytes, cut);
            let found = (answer.status, answer.json()["rule"].as_str().map(str::to_owned));
            assert_eq!(found, (status, Some(rule.to_owned())), "cut at {cut}: {}", shown(&bytes));
        }
    }
}

/// Like [`send_in_two`], for what may be refused before its second part: that is not waited for then.
fn send_in_two_or_refused(server: &Server, bytes: &[u8], cut: usize) -> Response {
    let mut connection = server.connect();
    connection.send(&bytes[..cut]);
    connection.send(&bytes[cut..]);
    connection.receive()
}

#[test]
fn a_request_may_come_byte_by_byte() {
    let server = Server::start(&anonymous(""));
    let bytes = request(ACCEPTED[1].1);
    let mut connection = server.connect();
    for byte in &bytes {
        connection.send(&[*byte]);
    }
    assert_eq!(body_of(&connection.receive()), "abcde");
}

#[test]
fn the_place_of_a_breach_is_told() {
    let server = Server::start(&anonymous(""));
    let mut connection = server.connect();
    connection.send(b"GET /v1/echo HTTP/1.1\r\nHost: a\r\nX-Token : b\r\n\r\n");
    assert_eq!(
        connection.receive().text(),
        "{\"error\":\"malformed request: space before the colon of a field name (RFC 9112, section 5.1), byte 39\",\
         \"rule\":\"space-before-colon\"}\n"
    );
}

#[test]
fn limits_of_a_head_have_rules_too() {
    let server = Server::start(&anonymous(""));
    let get = |target: &str, fields: &str| server.get_with(target, fields);
    let fields = |count: usize| (0..count).map(|n| format!("X-{n}: a\r\n")).collect::<String>();
    // `Host` is one of them.
    assert_eq!(get("/v1/headers", &fields(999)).status, 200);
    for (status, rule, target, fields) in [
        (431, "too-many-fields", "/v1/headers".to_owned(), fields(1000)),
        (431, "too-many-fields", "/v1/headers".to_owned(), fields(30_000)),
        (431, "head-too-large", "/v1/headers".to_owned(), format!("X: {}\r\n", "a".repeat(300_000))),
        (431, "head-too-large", "/v1/headers".to_owned(), format!("X: {}\r\n", "a".repeat(1 << 20))),
        (414, "target-too-long", format!("/v1/fixed/{}", "a".repeat(140_000)), String::new()),
    ] {
        let answer = get(&target, &fields);
        assert_eq!((answer.status, answer.json()["rule"].as_str()), (status, Some(rule)));
    }
    assert_eq!(get("/v1/headers", &format!("X: {}\r\n", "a".repeat(200_000))).status, 200);
}

#[test]
fn what_is_refused_is_on_record_with_its_rule() {
    let (server, trail) = Trail::start("");
    for (path, bytes) in [
        ("/v1/fixed/colon", b"GET /v1/fixed/colon?token=secret-0123 HTTP/1.1\r\nHost: a\r\nA : b\r\n\r\n".as_slice()),
        ("/v1/fixed/version", b"GET /v1/fixed/version HTTP/2.5\r\nHost: a\r\n\r\n"),
    ] {
        let mut connection = server.connect();
        connection.send(bytes);
        let answer = connection.receive();
        let event = trail.event(&format!("path={path}"));
        assert_eq!(event["status"], json!(answer.status));
        assert_eq!((&event["error_category"], &event["success"]), (&json!("malformed"), &json!(false)));
        assert_eq!(event["error_message"], answer.json()["error"]);
        assert_eq!(event["request_id"].as_str(), answer.header("x-request-id"));
        let rule = answer.json()["rule"].as_str().unwrap().to_owned();
        server.wait_for_line(|line| line.contains("malformed request refused") && line.contains(&rule));
    }
    let mut connection = server.connect();
    connection.send(b"POST /v1/echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n");
    assert_eq!(connection.receive().json()["rule"], "bad-chunk-size");
    let event = trail.event("path=/v1/echo");
    assert_eq!((&event["error_category"], &event["bytes_in"]), (&json!("malformed"), &json!(3)));
}

#[test]
fn an_expectation_that_nobody_knows_can_be_refused() {
    let server = Server::start_with(&anonymous(""), &[("APITEST__SERVER__UNKNOWN_EXPECT", "417")]);
    let get = |expect: &str| server.get_with("/v1/headers", &format!("Expect: {expect}\r\n"));
    assert_eq!(get("").status, 200);
    let refused = get("something-else");
    assert_eq!((refused.status, refused.json()["rule"].as_str()), (417, Some("unsupported-expectation")));
}
