//! Rules of the HTTP surface of which the recorded vectors show but one side.

use crate::support::{Server, anonymous};

#[test]
fn cursors_may_be_wrapped_into_lines_and_hold_spare_bits() {
    let server = Server::start(&anonymous(""));
    let mut connection = server.connect();
    for path in ["/v1/pagination/cursor", "/v1/page/mixed"] {
        // All of them are 12: `MTI` as it is given out, with line ends in it, and with an unused bit set.
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
    let mut connection = server.connect();
    for host in ["a b", "a/b", "a?b", "a#b", "<a>", "a\"b", "user@a", "\u{e9}.test", "a\\b", "a|b"] {
        connection.send(format!("GET /v1/page/link HTTP/1.1\r\nHost: {host}\r\n\r\n").as_bytes());
        let response = connection.receive();
        assert_eq!((response.status, response.text()), (400, "{\"error\":\"malformed Host header\"}\n"), "{host}");
        assert!(response.header("x-request-id").is_some());
    }
    assert_eq!(connection.get("/healthz").status, 200, "the connection is kept");
}
