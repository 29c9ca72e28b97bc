//! Rules of the HTTP API of which the recorded vectors show only one side.

use serde_json::json;

use crate::support::{Server, anonymous};

#[test]
fn cursors_may_be_wrapped_into_lines_and_hold_spare_bits() {
    let server = Server::start(&anonymous(""));
    let mut connection = server.connect();
    for path in ["/v1/pagination/cursor", "/v1/page/mixed"] {
        // All of them mean 12: `MTI` as issued, with line ends in it, and with an unused bit set.
        for cursor in ["MTI", "MTI%0D%0A", "M%0ATI", "MTJ"] {
            let response = connection.get(&format!("{path}?cursor={cursor}&limit=1"));
            assert_eq!(response.json()["items"][0]["id"], 12, "{cursor}: {}", response.text());
        }
        for cursor in ["%0A", "MTI=", "MTI%20", "M+", "M/", "MTI!", "M", "MS4w", "IDE", "LTE", "4oKs"] {
            let response = connection.get(&format!("{path}?cursor={cursor}"));
            assert_eq!(response.text(), "{\"error\":\"cursor is malformed\"}\n", "{cursor}");
        }
    }
}

#[test]
fn links_are_made_of_the_host_that_was_asked() {
    let server = Server::start(&anonymous(""));
    let mut connection = server.connect();
    for (target, host, base) in [
        ("/v1/page/odata", "Example.test:8443", "http://Example.test:8443/v1/page/odata"),
        ("/v1/page/odata", "[::1]:80", "http://[::1]:80/v1/page/odata"),
        ("http://other.test:81/v1/page/odata", "example.test", "http://other.test:81/v1/page/odata"),
        ("http://user:secret@other.test/v1/page/odata", "example.test", "http://other.test/v1/page/odata"),
    ] {
        let request = format!("GET {target} HTTP/1.1\r\nHost: {host}\r\nX-Forwarded-Host: evil.test\r\n\r\n");
        connection.send(request.as_bytes());
        let next = format!("{base}?$top=10&$skip=10&total=100");
        assert_eq!(connection.receive().json()["@odata.nextLink"], next.as_str(), "{target}");
    }
}

#[test]
fn a_host_that_names_none_is_refused() {
    let server = Server::start(&anonymous(""));
    for host in ["a b", "a/b", "a?b", "a#b", "<a>", "a\"b", "user@a", "\u{e9}.test", "a\\b", "a|b"] {
        let mut connection = server.connect();
        connection.send(format!("GET /v1/page/link HTTP/1.1\r\nHost: {host}\r\n\r\n").as_bytes());
        let response = connection.receive();
        assert_eq!((response.status, &response.json()["rule"]), (400, &json!("bad-host")), "{host}");
        assert!(response.header("x-request-id").is_some());
    }
}

#[test]
fn requests_sent_ahead_are_answered_one_by_one_and_in_order() {
    let server = Server::start(&anonymous(""));
    let mut connection = server.connect();
    let turns = [
        ("GET", "/v1/fixed/a", "", ""),
        ("HEAD", "/v1/fixed/a", "", ""),
        ("GET", "/v1/streaming/ndjson?count=3&delay_ms=20&seed=a", "", ""),
        ("HEAD", "/v1/export/csv?rows=2", "", ""),
        ("POST", "/v1/echo", "Content-Length: 11\r\n", "GET / HTTP/"),
        ("POST", "/v1/echo", "Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n0\r\n\r\n"),
        ("GET", "/v1/slow?ms=50", "", ""),
        ("GET", "/nope", "Content-Length: 2\r\n", "{}"),
        ("GET", "/v1/fixed/\u{e9}", "", ""),
        ("OPTIONS", "/v1/whoami", "", ""),
        ("GET", "/v1/fixed/z", "Connection: close\r\n", ""),
        ("HEAD", "/v1/fixed/never", "", ""),
    ];
    let ahead: String = turns
        .iter()
        .map(|(method, target, headers, body)| format!("{method} {target} HTTP/1.1\r\nHost: a\r\n{headers}\r\n{body}"))
        .collect();
    // Split at awkward places: within heads, bodies and chunks.
    for piece in ahead.as_bytes().chunks(61) {
        connection.send(piece);
    }
    let (answered, _) = turns.split_at(turns.len() - 1);
    for (index, (method, target, ..)) in answered.iter().enumerate() {
        let response = connection.receive_for(method);
        let last = index == answered.len() - 1;
        assert_eq!(response.header("connection") == Some("close"), last, "{method} {target}");
        match index {
            0 | 8 | 10 => {
                let key = target.trim_start_matches("/v1/fixed/");
                assert_eq!(response.json()["key"], key);
            }
            2 => assert_eq!(response.text().lines().count(), 3),
            4 => assert_eq!(response.json()["body_raw_text"], "GET / HTTP/"),
            5 => assert_eq!(response.json()["body_raw_text"], "abc"),
            6 => assert_eq!(response.json()["requested_ms"], 50),
            7 => assert_eq!(response.status, 404),
            9 => assert_eq!(response.status, 204),
            _ => assert_eq!((response.status, response.body.len()), (200, 0), "{method} {target}"),
        }
    }
    assert!(connection.is_closed_within(std::time::Duration::from_secs(60)), "what follows is not answered");
}

#[test]
fn versions_of_requests_sent_ahead_do_not_mix() {
    let server = Server::start(&anonymous(""));
    let mut connection = server.connect();
    connection.send(
        b"GET /v1/streaming/sse?count=2 HTTP/1.1\r\nHost: a\r\n\r\nGET /v1/streaming/sse?count=2 HTTP/1.0\r\n\r\n",
    );
    let first = connection.receive();
    let second = connection.receive();
    assert_eq!(first.text(), second.text());
    assert_eq!((first.chunks.len(), second.chunks.len()), (2, 0), "the one in chunks, the other to the end");
}

#[test]
fn probes_answer_in_the_recorded_shape() {
    let server = Server::start(&anonymous(""));
    let mut connection = server.connect();
    let big = connection.get("/v1/security/big-headers");
    assert_eq!(big.text(), "{\"header_count\":64,\"header_bytes\":33910}\n");
    let probes = big.headers.iter().filter(|(name, _)| name.starts_with("x-big-probe-"));
    let bytes: usize = probes.map(|(name, value)| name.len() + value.len() + 4).sum();
    assert_eq!(bytes, 33910, "names, values, and 4 bytes a line");
    let redirect = connection.request("POST", "/v1/security/redirect-to?url=https://a.test/?b%3D%3C1%3E", "", b"");
    assert_eq!(redirect.status, 200);
    assert_eq!(redirect.text(), "{\"would_redirect_to\":\"https://a.test/?b=\\u003c1\\u003e\"}\n");
    assert_eq!(redirect.header("x-would-redirect-to"), Some("https://a.test/?b=<1>"));
    assert_eq!(redirect.header("location"), None);
}

#[test]
fn a_malformed_escape_matters_in_path_parameters_alone() {
    let server =
        Server::start(&anonymous("portal: {enabled: true, cookie_secret: 0123456789abcdef0123456789abcdef}\n"));
    let mut connection = server.connect();
    for path in ["/v1/fixed/%zz", "/v1/fixed/a%2", "/v1/status/%", "/v1/fixed/%C3%A9%g0"] {
        let response = connection.get(path);
        assert_eq!((response.status, response.text()), (400, "{\"error\":\"malformed path\"}\n"), "{path}");
    }
    for path in ["/v1/nothing/%zz", "/nope%zz", "/%", "/v1/who%61mi", "/v1/whoami%zz", "/v1/fixed/%zz/b"] {
        let response = connection.get(path);
        assert_eq!((response.status, response.text()), (404, "{\"error\":\"no such endpoint\"}\n"), "{path}");
    }
    assert_ne!(connection.get("/portal/%zz").status, 400, "the pages take it as it is");
    assert_eq!(connection.request("POST", "/v1/fixed/%zz", "", b"").status, 405, "the path is known, the verb is not");
}
