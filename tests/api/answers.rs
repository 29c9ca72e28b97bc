//! Answers as they leave: order and names of fields, framing, writes.

use crate::support::{Server, anonymous};

const CORS: &str = "Access-Control-Allow-Origin: *\r\n\
    Access-Control-Allow-Methods: GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS\r\n\
    Access-Control-Allow-Headers: Authorization, Content-Type, X-API-Key, X-Request-Id\r\n\
    Access-Control-Expose-Headers: X-Request-Id\r\n\
    Access-Control-Max-Age: 600\r\n";

fn head_of(server: &Server, request: &str) -> String {
    let mut connection = server.connect();
    connection.send(request.as_bytes());
    without_date(&connection.raw_head())
}

/// The head with the value of its date left out.
fn without_date(head: &str) -> String {
    let (before, date) = head.split_once("\r\nDate: ").unwrap_or_else(|| panic!("no date: {head}"));
    let (date, after) = date.split_once("\r\n").unwrap();
    assert!(date.ends_with(" GMT"), "{head}");
    format!("{before}\r\nDate:\r\n{after}")
}

#[test]
fn fields_leave_in_one_order_with_canonical_names() {
    let answer = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Request-Id: a\r\n";
    for (target, head) in [
        ("/v1/fixed/a", format!("{answer}{CORS}Content-Length: 170\r\nDate:\r\n\r\n")),
        (
            "/v1/streaming/sse?count=1",
            format!(
                "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\nX-Request-Id: a\r\n\
                 {CORS}Transfer-Encoding: chunked\r\nDate:\r\n\r\n"
            ),
        ),
        ("/v1/status/204", format!("HTTP/1.1 204 No Content\r\nX-Request-Id: a\r\n{CORS}Date:\r\n\r\n")),
    ] {
        // Starts and workers differ; answers don't.
        for _ in 0..2 {
            let server = Server::start(&anonymous(""));
            for _ in 0..20 {
                let request = format!("GET {target} HTTP/1.1\r\nHost: a\r\nX-Request-Id: a\r\n\r\n");
                assert_eq!(head_of(&server, &request), head);
            }
        }
    }
}

#[test]
fn fields_of_a_route_leave_in_the_order_in_which_it_set_them() {
    let server = Server::start(&anonymous(""));
    let head = head_of(&server, "GET /v1/security/big-headers HTTP/1.1\r\nHost: a\r\n\r\n");
    let names: Vec<&str> = head.lines().filter_map(|line| line.split_once(": ")).map(|(name, _)| name).collect();
    let probes: Vec<String> = (0..64).map(|n| format!("X-Big-Probe-{n}")).collect();
    assert_eq!(names[0], "Content-Type");
    assert_eq!(names[1..65], probes);
    assert_eq!(names[65], "X-Request-Id");
}

#[test]
fn a_small_answer_is_one_write() {
    let server = Server::start(&anonymous(""));
    let mut connection = server.connect();
    for target in ["/v1/fixed/a", "/v1/sized?bytes=5000", "/v1/status/404"] {
        connection.start("GET", target, "", b"");
        assert_eq!(connection.reads().len(), 1, "{target}");
    }
}

#[test]
fn what_the_server_adds_can_be_switched_off() {
    let request = "GET /v1/status/204 HTTP/1.1\r\nHost: a\r\nX-Request-Id: a\r\n\r\n";
    let bare = "HTTP/1.1 204 No Content\r\nDate:\r\n\r\n";
    let off = [("APITEST__SERVER__CORS", "off"), ("APITEST__SERVER__OWN_FIELDS", "off")];
    let server = Server::start_with(&anonymous(""), &off);
    assert_eq!(head_of(&server, request), bare);
    assert_eq!(head_of(&server, "GET /v1 HTTP/1.1\r\n\r\n").matches("\r\n").count(), 6, "refusals too");
    // A preflight is a request like every other.
    let preflight = "OPTIONS /v1/method/echo HTTP/1.1\r\nHost: a\r\nAccess-Control-Request-Method: GET\r\n\r\n";
    assert!(head_of(&server, preflight).starts_with("HTTP/1.1 200 OK\r\n"));
    let server = Server::start_with(&anonymous(""), &off[..1]);
    assert_eq!(head_of(&server, request), bare.replace("Date:", "X-Request-Id: a\r\nDate:"));
}

#[test]
fn answers_without_a_body_have_none() {
    let server = Server::start(&anonymous(""));
    let mut connection = server.connect();
    for (method, target) in [
        ("HEAD", "/v1/fixed/a"),
        ("HEAD", "/v1/streaming/ndjson"),
        ("GET", "/v1/status/204"),
        ("GET", "/v1/status/304"),
    ] {
        connection.request(method, target, "", b"");
        // Anything more would be taken for the next head.
        assert_eq!(connection.get("/v1/fixed/a").status, 200, "{method} {target}");
    }
}
