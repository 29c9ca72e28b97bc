//! Trials of faults that answer requests themselves.

use super::Trial;

pub(super) fn trials() -> Vec<Trial> {
    let own = Trial::own;
    let get = |target: &str, fields: &str| format!("GET {target} HTTP/1.1\nHost: a\n{fields}\n");
    let verb = |verb: &str, fields: &str| format!("{verb} /p HTTP/1.1\nHost: a\n{fields}\n");
    let many: String = (0..100).map(|number| format!("X-{number}: 1\n")).collect();
    vec![
        own("target-bad-escape-refused", &get("/%zz", ""), &last("400 Bad Request", "", "bad escape␊")),
        own(
            "target-trailing-slash-redirect",
            &get("/p/", ""),
            "HTTP/1.1 301 Moved Permanently\nLocation: /p\nContent-Length: 0\n\n",
        ),
        own("target-limit", &get(&"/".repeat(4097), ""), &last("414 URI Too Long", "", "too long␊")),
        own("method-unknown-refused", &verb("BREW", ""), &last("501 Not Implemented", "", "unknown method␊")),
        own(
            "version-odd-refused",
            "GET / HTTP/1.2\nHost: a\n\n",
            &last("505 HTTP Version Not Supported", "", "bad version␊"),
        ),
        own(
            "webdav-refused",
            &verb("PROPFIND", ""),
            &last("405 Method Not Allowed", "Allow: GET, HEAD, POST\n", "not allowed␊"),
        ),
        own(
            "options-answered",
            &verb("OPTIONS", ""),
            "HTTP/1.1 200 OK\nAllow: GET, HEAD, POST, OPTIONS\nContent-Length: 0\n\n",
        ),
        own("connect-refused", "CONNECT a:1 HTTP/1.1\nHost: a\n\n", &last("405 Method Not Allowed", "", "no tunnels␊")),
        own("fields-8bit-refused", &get("/", "X-A: é\n"), &last("400 Bad Request", "", "bad field value␊")),
        own(
            "field-limit",
            &get("/", &format!("X-A: {}\n", "a".repeat(8190))),
            &last("431 Request Header Fields Too Large", "", "field too large␊"),
        ),
        own("fields-most", &get("/", &many), &last("431 Request Header Fields Too Large", "", "too many␊")),
        own(
            "trace-answered",
            &verb("TRACE", "Authorization: x\n"),
            "HTTP/1.1 200 OK\nContent-Type: message/http\nContent-Length: 48\n\nTRACE /p HTTP/1.1\nHost: a\nAuthorization: x\n\n",
        ),
        own(
            "request-length-required",
            "POST / HTTP/1.1\nTransfer-Encoding: chunked\n\n0\n\n",
            &last("411 Length Required", "", "length required␊"),
        ),
        own(
            "expectation-refused",
            &get("/", "Expect: foo\n"),
            &last("417 Expectation Failed", "", "unknown expectation␊"),
        ),
        own(
            "unauthorized",
            &get("/", "Authorization: Basic x\n"),
            "HTTP/1.1 401 Unauthorized\nWWW-Authenticate: Bearer\nContent-Length: 3\n\nno␊",
        ),
        own(
            "preflight-answered",
            &verb("OPTIONS", "Origin: b\nAccess-Control-Request-Method: PUT\n"),
            "HTTP/1.1 200 OK\nAccess-Control-Allow-Origin: *\nAccess-Control-Allow-Methods: GET, POST\nContent-Length: 0\n\n",
        ),
        own(
            "forbidden-without-cors",
            &get("/", "Origin: https://evil.example\n"),
            "HTTP/1.1 403 Forbidden\nContent-Type: text/html\nContent-Length: 25\n\n<h1>403</h1>mutant 1.2.3␊",
        ),
        own(
            "request-body-limit",
            &format!("POST / HTTP/1.1\nContent-Length: 65537\n\n{}", "a".repeat(65_537)),
            &last("413 Content Too Large", "", "too large␊"),
        ),
    ]
}

fn last(status: &str, fields: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\n{fields}Connection: close\nContent-Length: {}\n\n{body}", body.chars().count())
}
