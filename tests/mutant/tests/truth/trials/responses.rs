//! Trials of faults that edit responses.

use super::Trial;

/// `hello` as a gzip member of 25 bytes.
pub(super) const GZIP: &str = "\u{1f}\u{8b}\u{8}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{ff}\u{cb}H\u{cd}\u{c9}\u{c9}\u{7}\u{0}\u{86}\u{a6}\u{10}6\u{5}\u{0}\u{0}\u{0}";

/// The same, compressed once more.
const TWICE: &str = "\u{1f}\u{8b}\u{8}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{ff}\u{93}\u{ef}\u{e6}`\u{0}\u{83}\u{ff}\u{a7}=\u{ce}\u{9e}<\u{c9}\u{ce}\u{d0}\u{b6}L\u{c0}\u{8c}\u{15}\u{c8}\u{7}\u{0}Er1\u{b5}\u{19}\u{0}\u{0}\u{0}";

pub(super) fn trials() -> Vec<Trial> {
    [fields(), status(), framing(), bodies(), streams(), interim(), coding()].concat()
}

fn fields() -> Vec<Trial> {
    let fields = Trial::answer_fields;
    vec![
        fields("via-response", "X-C: 1\n", "X-C: 1\nVia: 1.1 mutant\n"),
        fields("connection-of-upstream-dropped", "Keep-Alive: a\nProxy-Authenticate: b\nX-C: 1\n", "X-C: 1\n"),
        fields("hop-fields-added", "X-C: 1\n", "X-C: 1\nKeep-Alive: timeout=5\n"),
        fields("response-field-added", "X-C: 1\n", "X-C: 1\nX-Gateway: mutant\n"),
        fields(
            "security-fields-added",
            "X-C: 1\n",
            "X-C: 1\nStrict-Transport-Security: max-age=31536000\nX-Frame-Options: DENY\n",
        ),
        fields("upstream-time-added", "X-C: 1\n", "X-C: 1\nX-Upstream-Time: 3\n"),
        fields("response-field-removed", "X-Powered-By: a\nX-Custom: b\nX-C: 1\n", "X-C: 1\n"),
        fields("response-x-fields-removed", "X-Powered-By: a\nServer: b\n", "Server: b\n"),
        fields("set-cookie-joined", "Set-Cookie: a=1\nX-C: 1\nSet-Cookie: b=2\n", "Set-Cookie: a=1, b=2\nX-C: 1\n"),
        fields("link-joined", "Link: <a>\nLink: <b>\nVary: a\nVary: b\n", "Link: <a>, <b>\nVary: a, b\n"),
        fields("response-last-wins", "Link: <a>\nLink: <b>\nVary: a\n", "Link: <b>\nVary: a\n"),
        Trial::answer(
            "response-fields-lower",
            "HTTP/1.1 200 OK\nContent-Length: 0\nX-ABC: D\n\n",
            "HTTP/1.1 200 OK\ncontent-length: 0\nx-abc: D\n\n",
        ),
        fields("response-fields-sorted", "X-B: 1\nX-A: 1\n", "X-A: 1\nX-B: 1\n"),
        fields("date-replaced", "Date: x\nX-C: 1\n", "Date: Thu, 01 Jan 1970 00:00:00 GMT\nX-C: 1\n"),
        fields("date-doubled", "Date: x\nX-C: 1\n", "Date: x\nX-C: 1\nDate: Thu, 01 Jan 1970 00:00:00 GMT\n"),
        fields("server-replaced", "Server: a\nX-C: 1\n", "Server: mutant\nX-C: 1\n"),
        fields("server-removed", "Server: a\nX-C: 1\n", "X-C: 1\n"),
        fields(
            "response-fields-most-dropped",
            &(0..70).map(|number| format!("X-{number}: 1\n")).collect::<String>(),
            &(0..63).map(|number| format!("X-{number}: 1\n")).collect::<String>(),
        ),
        fields("response-8bit-recoded", "X-A: é\nX-B: e\n", "X-A: \u{c3}\u{a9}\nX-B: e\n"),
        fields("response-8bit-dropped", "X-A: é\nX-B: e\n", "X-B: e\n"),
        fields("location-rewritten", "Location: http://a:81/b?c\n", "Location: http://gateway.example/b?c\n"),
        fields("location-relative", "Location: http://a:81/b?c\n", "Location: /b?c\n"),
        fields("location-https", "Location: http://a\nLink: <http://b>\n", "Location: https://a\nLink: <https://b>\n"),
        fields("charset-added", "Content-Type: text/plain\n", "Content-Type: text/plain; charset=utf-8\n"),
        Trial::answer(
            "type-added",
            "HTTP/1.1 200 OK\nContent-Length: 2\n\nhi",
            "HTTP/1.1 200 OK\nContent-Length: 2\nContent-Type: application/octet-stream\n\nhi",
        ),
        fields("response-folding-undone", "X-A: 1\n  two\nX-B: 1\n", "X-A: 1 two\nX-B: 1\n"),
        fields("response-bad-names-dropped", "X-A : 1\nX-B: 1\n", "X-B: 1\n"),
        fields("cookie-path-rewritten", "Set-Cookie: a=1; Path=/x; Secure\n", "Set-Cookie: a=1; Path=/; Secure\n"),
        fields("cookie-domain-rewritten", "Set-Cookie: a=1; Domain=b\n", "Set-Cookie: a=1; Domain=gw.example\n"),
        fields(
            "cookie-secure-added",
            "Set-Cookie: a=1\nSet-Cookie: b=1; Secure\n",
            "Set-Cookie: a=1; Secure\nSet-Cookie: b=1; Secure\n",
        ),
        fields("cookie-samesite-dropped", "Set-Cookie: a=1; SameSite=Lax; Secure\n", "Set-Cookie: a=1; Secure\n"),
        fields("affinity-cookie-added", "X-C: 1\n", "X-C: 1\nSet-Cookie: gw_affinity=1; Path=/\n"),
        fields(
            "rate-fields-added",
            "X-C: 1\n",
            "X-C: 1\nRateLimit-Policy: \"default\";q=100;w=60\nRateLimit: \"default\";r=99;t=60\n",
        ),
        fields("proxy-status-added", "X-C: 1\n", "X-C: 1\nProxy-Status: mutant\nCache-Status: mutant; fwd=miss\n"),
        fields(
            "challenge-replaced",
            "WWW-Authenticate: Basic realm=a\n",
            "WWW-Authenticate: Bearer realm=\"gateway\"\n",
        ),
        fields(
            "challenges-joined",
            "WWW-Authenticate: Basic\nWWW-Authenticate: Bearer\n",
            "WWW-Authenticate: Basic, Bearer\n",
        ),
        Trial::response(
            "cors-doubled",
            "GET / HTTP/1.1\nOrigin: b\n\n",
            "HTTP/1.1 200 OK\nContent-Length: 0\nAccess-Control-Allow-Origin: b\n\n",
            "HTTP/1.1 200 OK\nContent-Length: 0\nAccess-Control-Allow-Origin: b\nAccess-Control-Allow-Origin: *\n\n",
        ),
        fields("cors-overwritten", "Access-Control-Allow-Origin: b\n", "Access-Control-Allow-Origin: *\n"),
        fields("cors-removed", "Access-Control-Allow-Origin: b\nX-C: 1\n", "X-C: 1\n"),
        fields("retry-after-removed", "Retry-After: 5\nX-C: 1\n", "X-C: 1\n"),
        fields("retry-after-rewritten", "Retry-After: 5\nX-C: 1\n", "Retry-After: 120\nX-C: 1\n"),
        fields("content-range-removed", "Content-Range: bytes 0-1/2\nX-C: 1\n", "X-C: 1\n"),
        fields("accept-ranges-removed", "Accept-Ranges: bytes\nX-C: 1\n", "X-C: 1\n"),
        fields("coding-removed", "Content-Encoding: gzip\nX-C: 1\n", "X-C: 1\n"),
        fields(
            "coding-invented",
            "Content-Type: application/json\n",
            "Content-Type: application/json\nContent-Encoding: gzip\n",
        ),
        fields("tag-weakened", "ETag: \"a\"\n", "ETag: W/\"a\"\n"),
        fields("tag-suffixed", "ETag: \"a\"\n", "ETag: \"a-gzip\"\n"),
        fields("tag-removed", "ETag: \"a\"\nX-C: 1\n", "X-C: 1\n"),
        fields("vary-added", "Vary: a\n", "Vary: a\nVary: Accept-Encoding\n"),
        fields("vary-removed", "Vary: a\nX-C: 1\n", "X-C: 1\n"),
        fields("digest-removed", "Content-Digest: a\nRepr-Digest: b\nX-C: 1\n", "X-C: 1\n"),
        fields("websocket-protocol-lost", "Sec-WebSocket-Protocol: chat\nX-C: 1\n", "X-C: 1\n"),
        fields("line-ends-decoded", "Location: /a%0d%0aX-B: 1\n", "Location: /a\nX-B: 1\n"),
    ]
}

fn status() -> Vec<Trial> {
    let status = |fault, from: &str, to: &str| {
        let whole = |status: &str| format!("HTTP/1.1 {status}\nContent-Length: 2\n\nhi");
        Trial::answer(fault, &whole(from), &whole(to))
    };
    let head = |fault, to: &str| {
        let request = "HEAD /p HTTP/1.1\nHost: a\n\n";
        Trial::response(fault, request, "HTTP/1.1 200 OK\nContent-Length: 5\nX-C: 1\n\n", to)
    };
    vec![
        head("head-length-removed", "HTTP/1.1 200 OK\nX-C: 1\n\n"),
        head("head-length-zero", "HTTP/1.1 200 OK\nContent-Length: 0\nX-C: 1\n\n"),
        Trial {
            arrives: "GET /p HTTP/1.1\nHost: a\n\n".into(),
            ..head("head-sent-as-get", "HTTP/1.1 200 OK\nContent-Length: 5\nX-C: 1\n\n")
        },
        status("status-503-as-502", "503 Busy", "502 Bad Gateway"),
        status("status-201-as-200", "201 Created", "200 OK"),
        status("status-404-as-200", "404 Not Found", "200 OK"),
        status("status-unassigned-folded", "599 Odd", "500 Internal Server Error"),
        status("reason-replaced", "200 Fine", "200 OK"),
        status("reason-dropped", "418 Teapot", "418 "),
        status("partial-as-whole", "206 Partial Content", "200 OK"),
        status("range-unsatisfiable-as-404", "416 Range Not Satisfiable", "404 Not Found"),
        Trial::answer(
            "error-page-replaced",
            "HTTP/1.1 500 Oops\nContent-Type: application/json\nContent-Length: 2\n\n{}",
            "HTTP/1.1 500 Oops\nContent-Type: text/html\nContent-Length: 56\n\n<html><body><h1>Something went wrong</h1></body></html>␊",
        ),
        Trial::answer(
            "error-body-dropped",
            "HTTP/1.1 404 Not Found\nContent-Length: 2\n\nhi",
            "HTTP/1.1 404 Not Found\nContent-Length: 0\n\n",
        ),
        Trial::answer(
            "not-modified-without-tag",
            "HTTP/1.1 304 Not Modified\nETag: \"a\"\nX-C: 1\n\n",
            "HTTP/1.1 304 Not Modified\nX-C: 1\n\n",
        ),
        Trial::answer(
            "not-modified-with-length",
            "HTTP/1.1 304 Not Modified\nETag: \"a\"\n\n",
            "HTTP/1.1 304 Not Modified\nETag: \"a\"\nContent-Length: 0\n\n",
        ),
        Trial::response(
            "websocket-refusal-502",
            "GET / HTTP/1.1\nUpgrade: websocket\n\n",
            "HTTP/1.1 403 Forbidden\nContent-Length: 2\n\nno",
            "HTTP/1.1 502 Bad Gateway\nContent-Length: 2\n\nno",
        ),
    ]
}

const CHUNKED: &str = "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\nTrailer: X-T\n\n";

fn framing() -> Vec<Trial> {
    let answer = Trial::answer;
    let chunked =
        |fault, body: &str, gets: &str| answer(fault, &format!("{CHUNKED}{body}"), &format!("{CHUNKED}{gets}"));
    vec![
        answer(
            "response-chunked",
            "HTTP/1.1 200 OK\nContent-Length: 5\nX-A: 1\n\nhello",
            "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\nX-A: 1\n\n5\nhello\n0\n\n",
        ),
        answer(
            "response-counted",
            &format!("{CHUNKED}5;a=b\nhello\n1\n!\n0\nX-T: 1\n\n"),
            "HTTP/1.1 200 OK\nContent-Length: 6\n\nhello!",
        ),
        answer(
            "response-unframed",
            "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n5\nhello\n0\n\n",
            "HTTP/1.1 200 OK\nConnection: close\n\nhello",
        ),
        answer(
            "response-until-close-chunked",
            "HTTP/1.1 200 OK\nX-A: 1\n\nhello",
            "HTTP/1.1 200 OK\nX-A: 1\nTransfer-Encoding: chunked\n\n5\nhello\n0\n\n",
        ),
        answer("response-version-raised", "HTTP/1.0 200 OK\n\nhi", "HTTP/1.1 200 OK\n\nhi"),
        answer("response-version-lowered", "HTTP/1.1 200 OK\n\nhi", "HTTP/1.0 200 OK\n\nhi"),
        answer(
            "short-body-filled",
            "HTTP/1.1 200 OK\nContent-Length: 5\n\nhi",
            "HTTP/1.1 200 OK\nContent-Length: 5\n\nhi   ",
        ),
        answer(
            "excess-dropped",
            "HTTP/1.1 200 OK\nContent-Length: 2\n\nhiHTTP/1.1 200 OK\nContent-Length: 2\n\nho",
            "HTTP/1.1 200 OK\nContent-Length: 2\n\nhi",
        ),
        answer(
            "excess-dropped",
            "HTTP/1.1 200 OK\nContent-Length: 2\n\nhiho",
            "HTTP/1.1 200 OK\nContent-Length: 2\n\nhi",
        ),
        chunked("chunk-end-invented", "5\nhello\n", "5\nhello\n0\n\n"),
        chunked("response-chunk-lines-mended", "5;a␊hello\n0 \nX-T: 1\n\n", "5\nhello\n0\nX-T: 1\n\n"),
        answer(
            "length-second-dropped",
            "HTTP/1.1 200 OK\nContent-Length: 2\nX-A: 1\nContent-Length: 2\n\nhi",
            "HTTP/1.1 200 OK\nX-A: 1\nContent-Length: 2\n\nhi",
        ),
        answer(
            "length-beside-chunked-dropped",
            "HTTP/1.1 200 OK\nContent-Length: 2\nTransfer-Encoding: chunked\n\n0\n\n",
            "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n0\n\n",
        ),
        answer(
            "chunked-on-204",
            "HTTP/1.1 204 No Content\nX-A: 1\n\n",
            "HTTP/1.1 204 No Content\nX-A: 1\nTransfer-Encoding: chunked\n\n",
        ),
        answer(
            "length-on-204",
            "HTTP/1.1 204 No Content\nX-A: 1\n\n",
            "HTTP/1.1 204 No Content\nX-A: 1\nContent-Length: 0\n\n",
        ),
        answer(
            "response-length-removed",
            "HTTP/1.1 200 OK\nContent-Length: 2\nX-A: 1\n\nhi",
            "HTTP/1.1 200 OK\nX-A: 1\n\nhi",
        ),
        chunked("response-trailers-dropped", "2\nhi\n0\nX-T: 1\n\n", "2\nhi\n0\n\n"),
        chunked("response-trailers-unannounced-dropped", "2\nhi\n0\nX-T: 1\nX-U: 2\n\n", "2\nhi\n0\nX-T: 1\n\n"),
        chunked("response-trailers-invented", "2\nhi\n0\n\n", "2\nhi\n0\nX-Checksum: 0\n\n"),
        answer(
            "response-trailers-merged",
            &format!("{CHUNKED}2\nhi\n0\nX-T: 1\n\n"),
            "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\nX-T: 1\n\n2\nhi\n0\n\n",
        ),
        chunked("response-chunks-cut", "5\nhello\n0\nX-T: 1\n\n", "3\nhel\n2\nlo\n0\nX-T: 1\n\n"),
        chunked("response-chunks-joined", "2\nhe\n3\nllo\n1\n!\n0\n\n", "5\nhello\n1\n!\n0\n\n"),
        answer("response-head-rebuilt", "HTTP/1.1 200 OK\nbad line\n\n", REFUSED_HEAD),
        answer(
            "garbage-as-502",
            "SSH-2.0-x\n\n",
            "HTTP/1.1 502 Bad Gateway\nConnection: close\nContent-Length: 13\n\nbad response␊",
        ),
        answer(
            "gone-as-502",
            "",
            "HTTP/1.1 502 Bad Gateway\nConnection: close\nContent-Length: 31\n\nupstream closed the connection␊",
        ),
        answer(
            "response-head-limit",
            &format!("HTTP/1.1 200 OK\nContent-Length: 0\nX-A: {}\n\n", "a".repeat(8192)),
            "HTTP/1.1 502 Bad Gateway\nConnection: close\nContent-Length: 24\n\nresponse head too large␊",
        ),
        answer(
            "response-cut-whole",
            &format!("HTTP/1.1 200 OK\nContent-Length: 1030\n\n{}", "a".repeat(1030)),
            &format!("HTTP/1.1 200 OK\nContent-Length: 1024\n\n{}", "a".repeat(1024)),
        ),
        chunked(
            "response-cut-whole",
            &format!("400\n{}\n5\nhello\n0\nX-T: 1\n\n", "a".repeat(1024)),
            &format!("400\n{}\n0\nX-T: 1\n\n", "a".repeat(1024)),
        ),
        chunked(
            "response-cut-whole",
            &format!("3ff\n{}\n5\nhello\n0\n\n", "a".repeat(1023)),
            &format!("3ff\n{}\n1\nh\n0\n\n", "a".repeat(1023)),
        ),
    ]
}

const REFUSED_HEAD: &str = "HTTP/1.1 502 Bad Gateway\nConnection: close\nContent-Length: 13\n\nbad response␊";

/// A 200 with fields and a body.
fn ok(fields: &str, body: &str) -> String {
    let length = body.replace('\n', "\r\n").chars().count();
    format!("HTTP/1.1 200 OK\n{fields}Content-Length: {length}\n\n{body}")
}

fn bodies() -> Vec<Trial> {
    let answer = Trial::answer;
    let json = "Content-Type: application/json\n";
    let text = "Content-Type: text/plain\n";
    vec![
        answer("response-byte-changed", &ok("", "hello"), &ok("", "hemlo")),
        answer(
            "response-html-injected",
            &ok("Content-Type: text/html\n", "<body>x</body>"),
            &ok("Content-Type: text/html\n", "<body>x<script src=/gw.js></script></body>"),
        ),
        answer("response-json-rewritten", &ok(json, "{ \"a\" : [1, 2] }"), &ok(json, "{\"a\":[1,2]}")),
        answer("response-bom-added", &ok(json, "{}"), &ok(json, "\u{ef}\u{bb}\u{bf}{}")),
        answer("response-newlines-changed", &ok(text, "a\nb␊"), &ok(text, "a␊b␊")),
        answer("line-feed-appended", &ok(text, "a"), &ok(text, "a␊")),
        answer(
            "length-not-corrected",
            "HTTP/1.1 200 OK\nContent-Type: application/json\nContent-Length: 5\n\n{} ␊ ",
            "HTTP/1.1 200 OK\nContent-Type: application/json\nContent-Length: 5\n\n{}",
        ),
    ]
}

/// What is held differs in time alone; those faults have tests of their own.
fn streams() -> Vec<Trial> {
    Vec::new()
}

fn interim() -> Vec<Trial> {
    let ok = "HTTP/1.1 200 OK\nContent-Length: 0\n\n";
    let answer =
        |fault, interim: &str, gets: &str| Trial::answer(fault, &format!("{interim}{ok}"), &format!("{gets}{ok}"));
    let (proceed, processing) = ("HTTP/1.1 100 Continue\n\n", "HTTP/1.1 102 Processing\n\n");
    let hints = "HTTP/1.1 103 Early Hints\nLink: </a>\n\n";
    vec![
        answer("continue-dropped", &format!("{proceed}{hints}"), hints),
        answer("early-hints-dropped", &format!("{hints}{processing}"), processing),
        answer("early-hints-without-fields", hints, "HTTP/1.1 103 Early Hints\n\n"),
        answer(
            "early-hints-invented",
            processing,
            &format!("{processing}HTTP/1.1 103 Early Hints\nLink: </gw.css>; rel=preload\n\n"),
        ),
        answer("interim-first-only", &format!("{processing}{hints}{hints}"), processing),
        answer("processing-dropped", &format!("{processing}{hints}"), hints),
        Trial::response(
            "upgrade-refused",
            "GET / HTTP/1.1\nUpgrade: websocket\n\n",
            "HTTP/1.1 101 Switching Protocols\nUpgrade: websocket\n\n",
            "HTTP/1.1 502 Bad Gateway\nConnection: close\nContent-Length: 12\n\nno upgrades␊",
        ),
    ]
}

fn coding() -> Vec<Trial> {
    let accepting = "GET / HTTP/1.1\nAccept-Encoding: gzip\n\n";
    let text = "Content-Type: text/plain\n";
    let gzip = |fields: &str| format!("HTTP/1.1 200 OK\n{fields}Content-Length: 25\nContent-Encoding: gzip\n\n{GZIP}");
    let told = "Content-Type: text/plain\nCache-Control: no-transform\n";
    let json = "Content-Type: application/json\n";
    let twice =
        format!("HTTP/1.1 200 OK\n{text}Content-Length: {}\nContent-Encoding: gzip\n\n{TWICE}", TWICE.chars().count());
    vec![
        Trial::response("compressed", accepting, &ok(text, "hello"), &gzip(text)),
        Trial::response("compressed-despite-no-transform", accepting, &ok(told, "hello"), &gzip(told)),
        Trial::answer("compressed-unasked", &ok(json, "hello"), &gzip(json)),
        Trial::answer("decompressed", &gzip(text), &ok(text, "hello")),
        Trial::answer(
            "decompressed-field-left",
            &gzip(text),
            "HTTP/1.1 200 OK\nContent-Type: text/plain\nContent-Length: 5\nContent-Encoding: gzip\n\nhello",
        ),
        Trial::answer("compressed-twice", &gzip(text), &twice),
        Trial::response(
            "range-compressed",
            accepting,
            "HTTP/1.1 206 Partial Content\nContent-Range: bytes 0-4/9\nContent-Length: 5\n\nhello",
            &format!(
                "HTTP/1.1 206 Partial Content\nContent-Range: bytes 0-4/9\nContent-Length: 25\nContent-Encoding: gzip\n\n{GZIP}"
            ),
        ),
    ]
}
