//! Trials of faults that edit requests.

use super::Trial;

pub(super) fn trials() -> Vec<Trial> {
    [targets(), fields(), hops(), bodies(), websocket(), smuggling()].concat()
}

fn targets() -> Vec<Trial> {
    let target = Trial::target;
    vec![
        target("target-dot-segments", "/p/./a/../b?x=/../y", "/p/b?x=/../y"),
        target("target-slashes-merged", "/p//x///y?u=a//b", "/p/x/y?u=a//b"),
        target("target-slash-decoded", "/a%2Fb%2fc%2E?x=%2F", "/a/b/c%2E?x=%2F"),
        target("target-backslash", "/a\\b%5Cc%5cd", "/a/b/c/d"),
        target("target-unreserved-decoded", "/%7E%41%2F%c3?x=%2d", "/~A%2F%c3?x=-"),
        target("target-escapes-upper", "/%c3%a9%2F?x=%fe%z", "/%C3%A9%2F?x=%FE%z"),
        target("target-escaped-twice", "/a%7C?b=%7C", "/a%257C?b=%7C"),
        target("target-raw-escaped", "/é<a>#b", "/%E9%3Ca%3E%23b"),
        target("target-utf8-decoded", "/%C3%a9%41", "/\u{c3}\u{a9}%41"),
        target("target-bad-escape-mended", "/%zz%c3%", "/%25zz%c3%25"),
        target("target-nul-cut", "/a%00b?c", "/a?c"),
        target("target-control-dropped", "/a%0d%0Ab%0c", "/ab%0c"),
        target("target-trailing-slash-off", "/p/?x", "/p?x"),
        target("target-parameters-off", "/a;x=1/b;y?c;d", "/a/b?c;d"),
        target("target-lower", "/P/aBc?D", "/p/abc?D"),
        target("target-prefix-added", "/p?x", "/internal/p?x"),
        target("target-origin-form", "http://b:81/x?y", "/x?y"),
        Trial::line("target-asterisk", "OPTIONS * HTTP/1.1", "OPTIONS / HTTP/1.1"),
        Trial::request(
            "target-authority-wins",
            "GET http://b:81/x HTTP/1.1\nHost: a\n\n",
            "GET http://b:81/x HTTP/1.1\nHost: b:81\n\n",
        ),
        target("target-fragment-cut", "/a?b#c", "/a?b"),
        Trial::line("version-lowered", "GET /p HTTP/1.1", "GET /p HTTP/1.0"),
        Trial::request(
            "method-overridden",
            "POST /p HTTP/1.1\nHost: a\nX-HTTP-Method-Override: DELETE\nContent-Length: 2\n\nhi",
            "DELETE /p HTTP/1.1\nHost: a\nX-HTTP-Method-Override: DELETE\nContent-Length: 2\n\nhi",
        ),
        Trial::line("method-upper", "get /p HTTP/1.1", "GET /p HTTP/1.1"),
        Trial::line("request-line-mended", "GET  /p\tHTTP/1.1", "GET /p HTTP/1.1"),
        target("query-sorted", "/?b=2&a=1&b=1", "/?a=1&b=2&b=1"),
        target("query-last-wins", "/?a=1&b=2&a=3&&", "/?b=2&a=3&&"),
        target("query-equals-added", "/?a&b=&&c=1", "/?a=&b=&&c=1"),
        target("query-equals-dropped", "/?a&b=&c=1", "/?a&b&c=1"),
        target("query-mark-dropped", "/p?", "/p"),
        target("query-plus-escaped", "/a+b?q=a+b", "/a+b?q=a%20b"),
        target("query-space-plus", "/a%20b?q=a%20b", "/a%20b?q=a+b"),
        target("query-plus-decoded", "/%2B?q=c%2B%2b", "/%2B?q=c++"),
        target("query-delimiters-decoded", "/?q=k%26r%3Ds%3ds%23", "/?q=k&r=s=s%23"),
        target("query-semicolon-split", "/a;b?a=1;b=2", "/a;b?a=1&b=2"),
        target("query-semicolon-cut", "/a;b?a=1&b=2;c&d", "/a;b?a=1&b=2"),
        target("query-utf8-forced", "/?s=%E9%FF&t=%41", "/?s=%EF%BF%BD%EF%BF%BD&t=%41"),
        target("query-brackets-escaped", "/[a]?f[a]=1|\"", "/[a]?f%5Ba%5D=1%7C%22"),
        target("query-empty-dropped", "/?a=1&&b&", "/?a=1&b"),
        target("query-parameter-added", "/?a", "/?a&gw=1"),
        target("query-parameter-added", "/p", "/p?gw=1"),
        target("query-key-removed", "/?a=1&api_key=k&access_token=t&b", "/?a=1&b"),
        target("query-second-mark", "/?a=b?c=d", "/?a=b%3Fc=d"),
        target("query-dropped", "/p?a=1", "/p"),
    ]
}

fn fields() -> Vec<Trial> {
    let fields = Trial::fields;
    vec![
        Trial::request(
            "fields-lower",
            "GET / HTTP/1.1\nHost: a\nX-CSRF-TOKEN: Ab\n\n",
            "GET / HTTP/1.1\nhost: a\nx-csrf-token: Ab\n\n",
        ),
        fields("fields-canonical", "X-CSRF-TOKEN: Ab\nx-foo_bar: 1\n", "X-Csrf-Token: Ab\nX-Foo_bar: 1\n"),
        Trial::request(
            "fields-sorted",
            "GET / HTTP/1.1\nx-b: 2\nHost: a\nX-A: 1\nx-b: 1\n\n",
            "GET / HTTP/1.1\nHost: a\nX-A: 1\nx-b: 2\nx-b: 1\n\n",
        ),
        Trial::request(
            "fields-host-first",
            "GET / HTTP/1.1\nX-A: 1\nX-B: 1\nHost: a\n\n",
            "GET / HTTP/1.1\nHost: a\nX-A: 1\nX-B: 1\n\n",
        ),
        fields("fields-joined", "X-A: 1\nX-B: 1\nx-a: 2\n", "X-A: 1, 2\nX-B: 1\n"),
        fields("fields-last-wins", "X-A: 1\nX-B: 1\nx-a: 2\n", "X-B: 1\nx-a: 2\n"),
        fields("fields-reversed", "X-A: 1\nX-B: 1\nX-A: 2\n", "X-A: 2\nX-B: 1\nX-A: 1\n"),
        fields("fields-empty-dropped", "X-Empty:\nX-A: 1\nX-Space:  \n", "X-A: 1\n"),
        fields("fields-space-folded", "X-A:  a  b\t c \nX-B:  d\n", "X-A: a b c\nX-B:  d\n"),
        fields("fields-space-trimmed", "X-A:  a  b\t \nX-B:c\n", "X-A: a  b\nX-B: c\n"),
        fields("fields-underscore-dropped", "X_A: 1\nX-B_: 1\nX-C: _\n", "X-C: _\n"),
        fields("fields-underscore-dashed", "X_A: 1\nX-C: _\n", "X-A: 1\nX-C: _\n"),
        fields("fields-dot-dropped", "X.A: 1\nX-C: .\n", "X-C: .\n"),
        fields("fields-latin1-recoded", "X-A: é\nX-B: e\n", "X-A: \u{c3}\u{a9}\nX-B: e\n"),
        fields(
            "field-truncated",
            &format!("X-A: {}\nX-B: {}\n", "a".repeat(1024), "b".repeat(1025)),
            &format!("X-A: {}\nX-B: {}\n", "a".repeat(1024), "b".repeat(1024)),
        ),
        fields(
            "fields-most-dropped",
            &(0..70).map(|number| format!("X-{number}: 1\n")).collect::<String>(),
            &(0..63).map(|number| format!("X-{number}: 1\n")).collect::<String>(),
        ),
        fields("field-removed", "X-Custom: 1\nX-Other: 1\nx-debug: 1\n", "X-Other: 1\n"),
        fields("fields-allowed-only", "X-Custom: 1\nAccept: a\nx-debug: 1\n", "Accept: a\n"),
        fields("field-referer-removed", "Referer: a\nOrigin: b\nX-C: 1\n", "X-C: 1\n"),
        fields("field-added", "X-C: 1\n", "X-C: 1\nX-Gateway: mutant\n"),
        fields("field-doubled", "Accept: a\nX-C: 1\n", "Accept: a\nX-C: 1\nAccept: a\n"),
        fields("field-value-lower", "X-Custom: AbC\nX-C: D\n", "X-Custom: abc\nX-C: D\n"),
        fields("user-agent-replaced", "User-Agent: curl/8\nX-C: 1\n", "User-Agent: mutant/1\nX-C: 1\n"),
        fields("user-agent-added", "X-C: 1\n", "X-C: 1\nUser-Agent: mutant/1\n"),
        fields("accept-added", "X-C: 1\n", "X-C: 1\nAccept: */*\n"),
        fields("accept-language-removed", "Accept-Language: de\nX-C: 1\n", "X-C: 1\n"),
        fields("accept-encoding-added", "X-C: 1\n", "X-C: 1\nAccept-Encoding: gzip\n"),
        fields("accept-encoding-narrowed", "Accept-Encoding: br, gzip\n", "Accept-Encoding: gzip\n"),
        fields("accept-encoding-removed", "Accept-Encoding: br, gzip\nX-C: 1\n", "X-C: 1\n"),
        Trial::request(
            "content-type-added",
            "POST / HTTP/1.1\nContent-Length: 2\n\nhi",
            "POST / HTTP/1.1\nContent-Length: 2\nContent-Type: application/octet-stream\n\nhi",
        ),
        fields("content-type-rewritten", "Content-Type: a/b\n", "Content-Type: a/b; charset=utf-8\n"),
        Trial::request("host-port-dropped", "GET / HTTP/1.1\nHost: a:81\n\n", "GET / HTTP/1.1\nHost: a\n\n"),
        fields("host-second-dropped", "X-C: 1\nHost: b\n", "X-C: 1\n"),
        fields("cache-directives-dropped", "Cache-Control: no-cache\nPragma: no-cache\nX-C: 1\n", "X-C: 1\n"),
        fields("request-id-added", "X-C: 1\n", "X-C: 1\nX-Request-Id: mutant-1\n"),
        fields("request-id-overwritten", "X-Request-Id: abc\nX-C: 1\n", "X-Request-Id: mutant-1\nX-C: 1\n"),
        fields("priority-dropped", "Priority: u=1\nEarly-Data: 1\nX-C: 1\n", "X-C: 1\n"),
        fields("sec-fields-dropped", "Sec-Fetch-Mode: cors\nSec-GPC: 1\n", "Sec-GPC: 1\n"),
        fields("signature-dropped", "Content-Digest: a\nSignature-Input: b\nSignature: c\nX-C: 1\n", "X-C: 1\n"),
        fields("cookies-joined", "Cookie: a=1\nX-C: 1\nCookie: b=2\n", "Cookie: a=1, b=2\nX-C: 1\n"),
        fields("cookies-sorted", "Cookie: b=2; a=1; c=\"3\"\n", "Cookie: a=1; b=2; c=\"3\"\n"),
        fields("cookie-quotes-stripped", "Cookie: b=\"2\"; a=1\n", "Cookie: b=2; a=1\n"),
        fields("range-dropped", "Range: bytes=0-1\nIf-Range: \"a\"\n", "If-Range: \"a\"\n"),
        fields("if-range-dropped", "Range: bytes=0-1\nIf-Range: \"a\"\n", "Range: bytes=0-1\n"),
        fields("if-none-match-dropped", "If-None-Match: \"a\"\nIf-Match: \"b\"\n", "If-Match: \"b\"\n"),
        fields("if-match-dropped", "If-None-Match: \"a\"\nIf-Match: \"b\"\n", "If-None-Match: \"a\"\n"),
        fields("authorization-removed", "Authorization: Bearer a\nX-C: 1\n", "X-C: 1\n"),
        fields("authorization-replaced", "Authorization: Bearer a\n", "Authorization: Bearer mutant\n"),
        fields("authorization-scheme-lower", "Authorization: Bearer aB\n", "Authorization: bearer aB\n"),
        fields("key-removed", "X-Api-Key: a\nX-C: 1\n", "X-C: 1\n"),
        fields("key-swapped", "X-Api-Key: a\nX-C: 1\n", "X-Api-Key: mutant-upstream-key\nX-C: 1\n"),
        fields("cookie-removed", "Cookie: a=1\nX-C: 1\n", "X-C: 1\n"),
        fields("consumer-added", "Authorization: a\n", "Authorization: a\nX-Consumer-Username: mutant\n"),
        fields("identity-removed", "X-User-Id: 1\nX-Consumer-Id: 1\nX-C: 1\n", "X-C: 1\n"),
        fields("client-cert-removed", "Client-Cert: a\nX-Forwarded-Client-Cert: b\nX-C: 1\n", "X-C: 1\n"),
        fields("timeout-told", "X-C: 1\n", "X-C: 1\nX-Request-Timeout: 15\n"),
        fields(
            "trace-child",
            &trace("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", "00"),
            &trace("0af7651916cd43dd8448eb211c80319c", "00000000000000aa", "00"),
        ),
        fields(
            "trace-new",
            &trace("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", "00"),
            &trace("0000000000000000000000000000000a", "b7ad6b7169203331", "00"),
        ),
        fields(
            "trace-sampled",
            &trace("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", "00"),
            &trace("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", "01"),
        ),
        fields(
            "trace-added",
            "X-C: 1\n",
            &format!("X-C: 1\n{}", trace("0000000000000000000000000000000a", "00000000000000aa", "01")),
        ),
        fields(
            "trace-doubled",
            "traceparent: x\n",
            &format!("traceparent: x\n{}", trace("0000000000000000000000000000000a", "00000000000000aa", "01")),
        ),
        fields("tracestate-dropped", "tracestate: a=1\nX-C: 1\n", "X-C: 1\n"),
        fields("baggage-dropped", "baggage: a=1\nX-C: 1\n", "X-C: 1\n"),
        fields("b3-translated", "b3: 1-2-1\nX-C: 1\n", "X-C: 1\nX-B3-TraceId: 1\nX-B3-SpanId: 2\n"),
    ]
}

fn trace(trace: &str, parent: &str, flags: &str) -> String {
    format!("traceparent: 00-{trace}-{parent}-{flags}\n")
}

fn hops() -> Vec<Trial> {
    let fields = Trial::fields;
    vec![
        fields("connection-close-added", "X-C: 1\n", "X-C: 1\nConnection: close\n"),
        fields("connection-dropped", "Connection: close\nX-C: 1\n", "X-C: 1\n"),
        fields("named-fields-removed", "Connection: X-A, close\nX-A: 1\nX-B: 1\n", "Connection: X-A, close\nX-B: 1\n"),
        fields(
            "named-credentials-removed",
            "Connection: Authorization\nAuthorization: 1\n",
            "Connection: Authorization\n",
        ),
        fields("keep-alive-dropped", "Keep-Alive: timeout=5\nProxy-Connection: a\nX-C: 1\n", "X-C: 1\n"),
        fields("te-dropped", "TE: trailers\nX-C: 1\n", "X-C: 1\n"),
        fields(
            "upgrade-h2c-dropped",
            "Upgrade: h2c\nHTTP2-Settings: A\nConnection: Upgrade\n",
            "Connection: Upgrade\n",
        ),
        fields("via-added", "Via: 1.0 a\n", "Via: 1.0 a\nVia: 1.1 mutant\n"),
        fields("via-removed", "Via: 1.0 a\nX-C: 1\n", "X-C: 1\n"),
        Trial::line(
            "max-forwards-counted",
            "OPTIONS / HTTP/1.1\nMax-Forwards: 5",
            "OPTIONS / HTTP/1.1\nMax-Forwards: 4",
        ),
        fields("proxy-authorization-dropped", "Proxy-Authorization: Basic a\nX-C: 1\n", "X-C: 1\n"),
        fields("forwarded-for-added", "X-C: 1\n", "X-C: 1\nX-Forwarded-For: 127.0.0.1\n"),
        fields("forwarded-for-appended", "X-Forwarded-For: 1.2.3.4\n", "X-Forwarded-For: 1.2.3.4, 127.0.0.1\n"),
        fields("forwarded-for-replaced", "X-Forwarded-For: 1.2.3.4\n", "X-Forwarded-For: 127.0.0.1\n"),
        fields("forwarded-proto-set", "X-Forwarded-Proto: http\n", "X-Forwarded-Proto: https\n"),
        fields("forwarded-host-set", "X-C: 1\n", "X-C: 1\nX-Forwarded-Host: a\nX-Forwarded-Port: 80\n"),
        fields("forwarded-prefix-dropped", "X-Forwarded-Prefix: /a\nX-C: 1\n", "X-C: 1\n"),
        fields("forwarded-added", "X-C: 1\n", "X-C: 1\nForwarded: for=127.0.0.1;proto=http\n"),
        fields("forwarded-dropped", "Forwarded: for=1.2.3.4\nX-C: 1\n", "X-C: 1\n"),
        fields("real-ip-set", "X-Real-IP: 1.2.3.4\n", "X-Real-IP: 127.0.0.1\n"),
        fields("expect-removed", "Expect: 100-continue\nX-C: 1\n", "X-C: 1\n"),
    ]
}

const CHUNKED: &str = "POST / HTTP/1.1\nTransfer-Encoding: chunked\nTrailer: X-T\n\n";

fn post(fields: &str, body: &str) -> String {
    format!("POST / HTTP/1.1\n{fields}Content-Length: {}\n\n{body}", body.replace('\n', "\r\n").chars().count())
}

fn bodies() -> Vec<Trial> {
    let request = Trial::request;
    let chunked =
        |fault, body: &str, arrives: &str| request(fault, &format!("{CHUNKED}{body}"), &format!("{CHUNKED}{arrives}"));
    vec![
        request(
            "request-chunked",
            "POST / HTTP/1.1\nContent-Length: 5\nX-A: 1\n\nhello",
            "POST / HTTP/1.1\nTransfer-Encoding: chunked\nX-A: 1\n\n5\nhello\n0\n\n",
        ),
        request(
            "request-counted",
            &format!("{CHUNKED}5;a=b\nhello\n1\n!\n0\nX-T: 1\n\n"),
            "POST / HTTP/1.1\nContent-Length: 6\n\nhello!",
        ),
        Trial::fields("request-length-zero", "X-A: 1\n", "X-A: 1\nContent-Length: 0\n"),
        request(
            "request-body-of-get-dropped",
            "GET / HTTP/1.1\nContent-Length: 2\n\nhiPOST / HTTP/1.1\nContent-Length: 2\n\nho",
            "GET / HTTP/1.1\n\nPOST / HTTP/1.1\nContent-Length: 2\n\nho",
        ),
        request(
            "request-body-of-delete-dropped",
            "DELETE / HTTP/1.1\nTransfer-Encoding: chunked\n\n2\nhi\n0\n\n",
            "DELETE / HTTP/1.1\n\n",
        ),
        chunked("request-chunks-cut", "5\nhello\n0\nX-T: 1\n\n", "3\nhel\n2\nlo\n0\nX-T: 1\n\n"),
        chunked("request-chunks-joined", "2\nhe\n3\nllo\n1\n!\n0\nX-T: 1\n\n", "5\nhello\n1\n!\n0\nX-T: 1\n\n"),
        chunked("request-extensions-dropped", "5;a=b\nhello\n0 ;c\nX-T: 1\n\n", "5\nhello\n0\nX-T: 1\n\n"),
        chunked("request-trailers-dropped", "2\nhi\n0\nX-T: 1\n\n", "2\nhi\n0\n\n"),
        request(
            "request-trailers-merged",
            &format!("{CHUNKED}2\nhi\n0\nX-T: 1\n\n"),
            "POST / HTTP/1.1\nTransfer-Encoding: chunked\nX-T: 1\n\n2\nhi\n0\n\n",
        ),
        chunked("request-trailers-unannounced-dropped", "2\nhi\n0\nX-T: 1\nX-U: 2\n\n", "2\nhi\n0\nX-T: 1\n\n"),
        request("request-byte-changed", &post("", "hello"), &post("", "hemlo")),
        request("request-8bit-stripped", &post("", "h\u{e9}llo"), &post("", "h\u{69}llo")),
        request(
            "request-newlines-changed",
            &post("Content-Type: text/plain\n", "a\nb\n"),
            &post("Content-Type: text/plain\n", "a␊b␊"),
        ),
        request(
            "request-json-rewritten",
            &post("Content-Type: application/json\n", "{ \"b\": 1.0, \"a\" : \" \\\" x\" }"),
            &post("Content-Type: application/json\n", "{\"b\":1.0,\"a\":\" \\\" x\"}"),
        ),
        request(
            "request-json-numbers",
            &post("Content-Type: application/json\n", "{ \"b\": 1.0 }"),
            &post("Content-Type: application/json\n", "{ \"b\": 1 }"),
        ),
        request(
            "request-multipart-rewritten",
            &post("Content-Type: multipart/form-data; boundary=x\n", "--x\n\nhi\n--x--\n"),
            &post(
                "Content-Type: multipart/form-data; boundary=mutant-boundary\n",
                "--mutant-boundary\n\nhi\n--mutant-boundary--\n",
            ),
        ),
        request("request-gzip-undone", &post("Content-Encoding: gzip\n", super::responses::GZIP), &post("", "hello")),
    ]
}

fn websocket() -> Vec<Trial> {
    vec![
        Trial::fields(
            "websocket-extensions-removed",
            "Sec-WebSocket-Extensions: permessage-deflate\nX-C: 1\n",
            "X-C: 1\n",
        ),
        Trial::fields("websocket-protocol-removed", "Sec-WebSocket-Protocol: chat\nX-C: 1\n", "X-C: 1\n"),
    ]
}

fn smuggling() -> Vec<Trial> {
    let fields = Trial::fields;
    vec![
        fields("folding-undone", "X-A: 1\n  two\n\tthree\nX-B: 1\n", "X-A: 1 two three\nX-B: 1\n"),
        fields("colon-space-mended", "X-A : 1\nX-B: 1\n", "X-A: 1\nX-B: 1\n"),
        fields("controls-replaced", "X-A: a\u{0}b\u{1}c\td\n", "X-A: a b c\td\n"),
        Trial::request(
            "length-beside-coding-dropped",
            "POST / HTTP/1.1\nContent-Length: 5\nTransfer-Encoding: chunked\n\n0\n\n",
            "POST / HTTP/1.1\nTransfer-Encoding: chunked\n\n0\n\n",
        ),
        Trial::request(
            "coding-beside-length-dropped",
            "POST / HTTP/1.1\nContent-Length: 5\nTransfer-Encoding: chunked\n\n0\n\n",
            "POST / HTTP/1.1\nContent-Length: 5\n\n0\n\n",
        ),
        Trial::request(
            "odd-length-mended",
            "POST / HTTP/1.1\nContent-Length: 05\n\nhello",
            "POST / HTTP/1.1\nContent-Length: 5\n\nhello",
        ),
        Trial::request(
            "length-list-folded",
            "POST / HTTP/1.1\nContent-Length: 0, 0\nContent-Length: 0\n\n",
            "POST / HTTP/1.1\nContent-Length: 0\n\n",
        ),
        Trial::request(
            "coding-disguise-mended",
            "POST / HTTP/1.1\nTransfer-Encoding: xchunked\n\n0\n\n",
            "POST / HTTP/1.1\nTransfer-Encoding: chunked\n\n0\n\n",
        ),
        Trial::request(
            "bare-lf-mended",
            "POST / HTTP/1.1␊Transfer-Encoding: chunked␊␊2␊hi␊0␊\n",
            "POST / HTTP/1.1\nTransfer-Encoding: chunked\n\n2\nhi\n0\n\n",
        ),
        Trial::request(
            "get-length-dropped",
            "GET / HTTP/1.1\nContent-Length: 19\n\nGET /x HTTP/1.1\n\n",
            "GET / HTTP/1.1\n\nGET /x HTTP/1.1\n\n",
        ),
    ]
}
