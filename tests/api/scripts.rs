//! `/v1/answer` and `/v1/script`, over HTTP/1, byte for byte.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
};

use serde_json::json;

use crate::support::{Server, anonymous, audit::Trail, with_credentials};

const ON: (&str, &str) = ("APITEST__ENDPOINTS__ANSWER__ENABLED", "true");

fn server() -> Server {
    Server::start_with(&anonymous(""), &[ON])
}

/// Sends a request and returns all bytes until the server closes, without `Date` and request id, and whether the
/// connection was reset.
fn raw_with(server: &Server, request: &str) -> (String, bool) {
    let mut socket = TcpStream::connect(server.address()).unwrap();
    socket.write_all(request.as_bytes()).unwrap();
    let mut bytes = Vec::new();
    let was_reset = socket.read_to_end(&mut bytes).is_err();
    let text: String = bytes.iter().map(|byte| char::from(*byte)).collect();
    let changing = |line: &&str| !line.starts_with("Date: ") && !line.starts_with("X-Request-Id: ");
    (text.split("\r\n").filter(changing).collect::<Vec<_>>().join("|"), was_reset)
}

fn raw(server: &Server, target: &str) -> String {
    raw_with(server, &format!("GET {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")).0
}

const CORS: &str = "Access-Control-Allow-Origin: *|\
    Access-Control-Allow-Methods: GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS|\
    Access-Control-Allow-Headers: Authorization, Content-Type, X-API-Key, X-Request-Id|\
    Access-Control-Expose-Headers: X-Request-Id|Access-Control-Max-Age: 600|";

#[test]
fn an_answer_is_as_the_url_tells() {
    let server = server();
    let answer = raw(&server, "/v1/answer?status=299&reason=Fine&field=X-cAsE:1&field=x-case:2&body=hi&field=X-8:%e9");
    let head = "HTTP/1.1 299 Fine|X-cAsE: 1|x-case: 2|X-8: \u{e9}|Content-Type: text/plain; charset=utf-8|";
    assert_eq!(answer, format!("{head}{CORS}Connection: close|Content-Length: 2||hi"));
    let answer =
        raw(&server, "/v1/answer?interim=103&interim=102&bytes=5&piece=2&framing=chunked&trailer=X-Sum:1&type=a/b");
    let expected = format!(
        "HTTP/1.1 103 Early Hints||HTTP/1.1 102 Processing||HTTP/1.1 200 OK|Content-Type: a/b|{CORS}Connection: close|\
         Transfer-Encoding: chunked||2|ab|2|cd|1|e|0|X-Sum: 1||"
    );
    assert_eq!(answer, expected);
    let close = raw(&server, "/v1/answer?body=x&framing=close");
    assert!(close.ends_with("||x") && !close.contains("Content-Length"), "{close}");
    let lie = raw(&server, "/v1/answer?body=x&announce=70&end=close");
    assert!(lie.ends_with("Content-Length: 70||x"), "{lie}");
    let cut = raw(&server, "/v1/answer?bytes=50&cut=3&end=close");
    assert!(cut.ends_with("Content-Length: 50||abc"), "{cut}");
    let (cut, was_reset) = raw_with(&server, "GET /v1/answer?bytes=9&cut=0&end=reset HTTP/1.1\r\nHost: a\r\n\r\n");
    assert!(was_reset, "{cut}");
}

#[test]
fn every_verb_and_every_path_is_answered() {
    let server = server();
    let mut connection = server.connect();
    for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW", "PROPFIND", "get"] {
        for path in [
            "/v1/answer",
            "/v1/answer/",
            "/v1/answer//a/../%2F/%zz/",
            "/v1/script/odd-status",
            "/v1/script/odd-status//%zz",
        ] {
            let answer = connection.request(method, &format!("{path}?status=299&body=b"), "", b"");
            let expected = if path.starts_with("/v1/answer") { (299, "b") } else { (799, "status 799\n") };
            assert_eq!((answer.status, answer.text()), expected, "{method} {path}");
        }
    }
    let head = connection.request("HEAD", "/v1/answer?bytes=12", "", b"");
    assert_eq!((head.status, head.header("content-length")), (200, Some("12")));
    assert_eq!(connection.get("/v1/script/none").status, 404);
    assert_eq!(connection.get("/v1/script/%zz").status, 400);
    assert_eq!(connection.get("/v1/answers").status, 404);
}

#[test]
fn the_first_attempts_of_a_call_fail() {
    let server = server();
    let mut connection = server.connect();
    let mut statuses = |query: &str, method: &str| -> Vec<u16> {
        (0..4).map(|_| connection.request(method, &format!("/v1/answer?{query}"), "", b"body").status).collect()
    };
    assert_eq!(statuses("fail=2&key=a", "POST"), [503, 503, 200, 200]);
    assert_eq!(statuses("fail=2&key=b&fail_status=502&status=201", "PUT"), [502, 502, 201, 201]);
    assert_eq!(statuses("fail=2&key=a", "POST"), [200; 4]);
    let mut script =
        |key: &str| connection.request("POST", &format!("/v1/script/bad-gateway-twice?key={key}"), "", b"x");
    let answers: Vec<_> = (0..3).map(|_| script("c")).map(|answer| (answer.status, answer.text().to_owned())).collect();
    let expected = [(502, "attempt 1\n"), (502, "attempt 2\n"), (200, "attempt 3\n")];
    assert_eq!(answers, expected.map(|(status, text)| (status, text.to_owned())));
    assert_eq!(script("d").status, 502);
}

#[test]
fn what_is_wrong_is_told() {
    let server = server();
    let mut connection = server.connect();
    for (query, message) in [
        ("status=99", "status must be an integer in [100, 999]"),
        ("body=a&bytes=2", "only one of body and bytes can be the body"),
        ("field=a%20b:1", "field \"a b\" is no name of a field (RFC 9110, section 5.1)"),
        ("field=a:%0d%0ab", "field must have no line break and no other control character; raw may"),
        ("bytes=5&pause_ms=1", "pause_ms needs piece: it is the pause between two pieces"),
        ("bytes=1000&piece=1&pause_ms=900000", "the steps may wait for 899100000 ms; at most 900000 are allowed"),
        ("framing=chunked&announce=1", "announce needs the framing length; write other fields into fields"),
        ("cut=1&bytes=2&end=keep", "keep needs an answer before it that is not cut; use close or reset"),
    ] {
        let answer = connection.get(&format!("/v1/answer?{query}"));
        assert_eq!((answer.status, answer.json()["error"].as_str()), (400, Some(message)), "{query}");
    }
    let splitting = connection.get("/v1/answer?body={{query.x}}&field=A:{{query.x}}&x=a%0d%0aB:%20c");
    assert_eq!(
        (splitting.header("a"), splitting.header("b"), splitting.text()),
        (Some("a%0D%0AB: c"), None, "a\r\nB: c")
    );
}

#[test]
fn ready_scripts_say_what_they_are_for() {
    let server = server();
    let script = |name: &str| raw(&server, &format!("/v1/script/{name}"));
    let cased = script("case-of-names");
    let fields = "X-cAsE: 1|x-lower: 2|X_Under.score: 3|X-Repeat: a|X-Between: b|x-repeat: c|";
    assert_eq!(cased, format!("HTTP/1.1 200 Fine|{fields}Content-Length: 14||names as told\n"));
    let twice = script("chunked-twice");
    assert_eq!(twice.matches("Transfer-Encoding: chunked").count(), 2, "{twice}");
    assert!(script("cut-length").contains("|Content-Length: 1000||abcdef"));
    let cut = script("cut-chunked");
    assert!(cut.matches("|64|").count() == 5 && !cut.ends_with("0||"), "{cut}");
    assert!(script("two-answers").ends_with("||second\n"));
    assert!(script("two-lengths").contains("|Content-Length: 5|Content-Length: 12||hello, again"));
    assert!(script("bad-chunk").ends_with("|B|good chunk\n|xyz|bad chunk|0||"));
    assert_eq!(script("empty-reply"), "");
    assert!(script("garbage").starts_with('\0'));
    assert!(script("eight-bit-fields").contains("|X-Latin-1: caf\u{e9}|X-UTF-8: cafÃ©|"));
    assert!(script("not-modified").contains("|Content-Length: 1234|"));
    assert!(script("longer-than-announced").contains("|Content-Length: 5||helloHTTP/1.1 200 OK|"));
    assert!(
        script("unasked-101")
            .starts_with("HTTP/1.1 101 Switching Protocols|Connection: upgrade|Upgrade: made-up||HTTP/1.1 200 OK|")
    );
    let mut connection = server.connect();
    let part = connection.request("GET", "/v1/script/ranges", "Range: bytes=26-28\r\n", b"");
    assert_eq!((part.status, part.header("content-range"), part.text()), (206, Some("bytes 26-28/65536"), "abc"));
    let known = connection.request("GET", "/v1/script/strong-etag", "If-None-Match: \"strong-1\"\r\n", b"");
    assert_eq!((known.status, known.body.len()), (304, 0));
    let gzip = connection.get("/v1/script/gzip-unasked");
    assert_eq!((gzip.header("content-encoding"), &gzip.body[..2]), (Some("gzip"), &b"\x1f\x8b"[..]));
}

#[test]
fn the_body_is_read_when_the_script_says_so() {
    let server = server();
    let expecting = "Expect: 100-continue\r\nContent-Length: 5\r\n";
    let mut connection = server.connect();
    connection.start("PUT", "/v1/script/early-413", expecting, b"");
    assert_eq!(connection.head().0, 413);
    let mut connection = server.connect();
    connection.start("PUT", "/v1/answer?early=true", expecting, b"");
    assert_eq!(connection.head().0, 200);
    let mut connection = server.connect();
    connection.start("PUT", "/v1/answer", expecting, b"");
    assert_eq!(connection.head().0, 100);
    connection.send(b"12345");
    assert_eq!(connection.head().0, 200);
    let mut connection = server.connect();
    connection.start("PUT", "/v1/script/never-continue", expecting, b"");
    connection.send(b"12345");
    assert_eq!(connection.head().0, 200);
    let mut connection = server.connect();
    connection.start("POST", "/v1/script/both-directions", "Transfer-Encoding: chunked\r\n", b"");
    let head = connection.head();
    for piece in ["first", "second"] {
        connection.send(format!("{:x}\r\n{piece}\r\n", piece.len()).as_bytes());
        assert_eq!(connection.chunk().unwrap(), piece.as_bytes(), "{head:?}");
    }
    connection.send(b"0\r\n\r\n");
    assert_eq!(connection.chunk(), None);
}

#[test]
fn secrets_are_not_sent_back() {
    let server = Server::start_with(&with_credentials(false), &[ON]);
    let key = "X-API-Key: key-alpha-0123456789\r\nCookie: s=hidden-cookie\r\nX-Open: shown\r\n";
    let mut connection = server.connect();
    let head = connection.request("GET", "/v1/script/what-arrived?a=1&api_key=key-alpha-0123456789&b=%20", key, b"");
    let expected = "GET /v1/script/what-arrived?a=1&api_key=[redacted]&b=%20 HTTP/1.1\r\nHost: api.test\r\n\
                    X-API-Key: [redacted]\r\nCookie: [redacted]\r\nX-Open: shown\r\n\r\n";
    assert_eq!((head.status, head.text()), (200, expected));
    let told = "body={{field.x-api-key}}{{field.cookie}}{{query.api_key}}{{field.x-open}}";
    let answer = connection.request("GET", &format!("/v1/answer?{told}"), key, b"");
    assert_eq!(answer.text(), "[redacted][redacted]shown");
    assert_eq!(connection.request("GET", "/v1/answer", "", b"").status, 401);
}

#[test]
fn answers_beside_the_portal_are_sandboxed() {
    let portal = "portal: {enabled: true, cookie_secret: 0123456789abcdef0123456789abcdef}\n";
    let server = Server::start_with(&anonymous(portal), &[ON]);
    let mut connection = server.connect();
    let html = "/v1/answer?type=text/html&body=%3Cscript%3E&field=Content-Security-Policy:none&field=X-Content-Type-Options:no";
    let answer = connection.get(html);
    let all = |name: &str| -> Vec<_> {
        answer.headers.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str()).collect()
    };
    assert_eq!(
        (all("content-security-policy"), all("x-content-type-options")),
        (vec!["none", "sandbox"], vec!["nosniff"])
    );
    for name in ["case-of-names", "two-lengths"] {
        let target = format!("/v1/script/{name}");
        for browser in ["Sec-Fetch-Mode: navigate", "Upgrade-Insecure-Requests: 1", "Cookie: a=b; api_test_session=x"] {
            let refused = connection.request("GET", &target, &format!("{browser}\r\n"), b"");
            assert_eq!(refused.status, 403, "{name} {browser}");
        }
        let mut other = server.connect();
        assert_eq!(other.request("GET", &target, "Cookie: other=1\r\n", b"").status, 200, "{name}");
    }
    for field in
        ["set-cookie:api_test_session=x", "Set-Cookie:%20api_test_session;Path=/", "Clear-Site-Data:%22cookies%22"]
    {
        let target = format!("/v1/answer?field={field}");
        assert_eq!(connection.request("GET", &target, "Sec-Fetch-Mode: navigate\r\n", b"").status, 403, "{field}");
        assert_eq!(connection.get(&target).status, 200, "{field}");
    }
    let harmless = "/v1/answer?field=Set-Cookie:api_test_session2=x";
    assert_eq!(connection.request("GET", harmless, "Sec-Fetch-Mode: navigate\r\n", b"").status, 200);
    let without = self::server();
    assert_eq!(without.get(html).header("content-security-policy"), Some("none"));
}

#[test]
fn a_scripted_answer_is_on_record() {
    let (server, trail) = Trail::start_closed("endpoints.answer.enabled=true");
    let mut connection = server.connect();
    let key = "X-API-Key: key-alpha-0123456789\r\nX-Request-Id: told\r\n";
    let answer = connection.request("BREW", "/v1/answer/a//b?status=299&bytes=30&piece=10&framing=chunked", key, b"in");
    assert_eq!(answer.status, 299);
    let event = trail.event("request_id=told");
    let of = |name: &str| event[name].clone();
    assert_eq!((of("status"), of("method"), of("route_name")), (json!(299), json!("BREW"), json!("answer_below")));
    assert_eq!((of("bytes_in"), of("bytes_out")), (json!(2), json!(30)));
}

#[test]
fn the_group_is_off_unless_configured() {
    let server = Server::start(&anonymous(""));
    assert_eq!(server.get("/v1/answer").status, 404);
    assert_eq!(server.get("/v1/script/odd-status").status, 404);
    assert!(!server.get("/openapi.json").text().contains("/v1/answer"));
}
