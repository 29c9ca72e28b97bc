//! Request smuggling matrix: the outcome of inputs that implementations interpret differently.
//!
//! An outcome lists the requests with their bodies in brackets, `close` after the last one of a connection, `...` when
//! more bytes are needed, and a broken rule with its byte offset in the head or body.

use super::{LIMITS, understood};

/// A case: the request after `POST / HTTP/1.1` and `Host: a`, and the outcome after `POST /`.
type Case = (&'static [u8], &'static str);

/// A whole connection and its outcome.
const LINES: &[Case] = &[
    // The request line.
    (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET /"),
    (b"\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET /"),
    (b"\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "bad-request-line@2"),
    (b"\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "bare-lf@0"),
    (b"\rGET / HTTP/1.1\r\nHost: a\r\n\r\n", "bare-cr@0"),
    (b" GET / HTTP/1.1\r\nHost: a\r\n\r\n", "bad-request-line@0"),
    (b"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", "bad-request-line@4"),
    (b"GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", "bad-method@3"),
    (b"GET /\tHTTP/1.1\r\nHost: a\r\n\r\n", "bad-target@5"),
    (b"GET /  HTTP/1.1\r\nHost: a\r\n\r\n", "bad-request-line@6"),
    (b"GET / HTTP/1.1 \r\nHost: a\r\n\r\n", "bad-request-line@14"),
    (b"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", "bad-request-line@7"),
    (b"GET / HTTP/1.1\nHost: a\r\n\r\n", "bare-lf@14"),
    (b"GET / HTTP/1.1\rHost: a\r\n\r\n", "bare-cr@14"),
    (b"GET /\r\nHost: a\r\n\r\n", "bad-request-line@5"),
    (b"GET\r\n\r\n", "bad-request-line@3"),
    (b"GET / \r\n\r\n", "bad-request-line@6"),
    (b"GE\xc3\xa9 / HTTP/1.1\r\nHost: a\r\n\r\n", "bad-method@2"),
    (b"\x16\x03\x01\x02\x00\x01", "bad-method@0"),
    (b"get / HTTP/1.1\r\nHost: a\r\n\r\n", "get /"),
    (b"!*+-.^_`|~ / HTTP/1.1\r\nHost: a\r\n\r\n", "!*+-.^_`|~ /"),
    (b"A#$%&'B / HTTP/1.1\r\nHost: a\r\n\r\n", "unsupported-method@0"),
    (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "bad-target@4"),
    // Versions.
    (b"GET / http/1.1\r\nHost: a\r\n\r\n", "bad-version@6"),
    (b"GET / HTTP/1.10\r\nHost: a\r\n\r\n", "bad-version@14"),
    (b"GET / HTTP/1\r\nHost: a\r\n\r\n", "bad-version@12"),
    (b"GET / HTTP/1,1\r\nHost: a\r\n\r\n", "bad-version@12"),
    (b"GET / HTTP /1.1\r\nHost: a\r\n\r\n", "bad-version@10"),
    (b"GET / HTTP/1.2\r\nHost: a\r\n\r\n", "GET /"),
    (b"GET / HTTP/1.0\r\n\r\nGET /b HTTP/1.0\r\n\r\n", "GET / close"),
    (b"GET / HTTP/0.9\r\nHost: a\r\n\r\n", "unsupported-version@6"),
    (b"GET / HTTP/2.0\r\nHost: a\r\n\r\n", "unsupported-version@6"),
    (b"GET / HTTP/9.9\r\nHost: a\r\n\r\n", "unsupported-version@6"),
    // Targets.
    (b"GET /\xc3\xa9?\"<>#^`{|}\\ HTTP/1.1\r\nHost: a\r\n\r\n", "GET /\u{e9}?\"<>#^`{|}\\"),
    (b"GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n", "GET /%zz"),
    (b"GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n", "bad-target@5"),
    (b"GET /\x7f HTTP/1.1\r\nHost: a\r\n\r\n", "bad-target@5"),
    (b"GET /a\rb HTTP/1.1\r\nHost: a\r\n\r\n", "bare-cr@6"),
    (b"GET a HTTP/1.1\r\nHost: a\r\n\r\n", "bad-target@4"),
    (b"GET ?a HTTP/1.1\r\nHost: a\r\n\r\n", "bad-target@4"),
    (b"GET * HTTP/1.1\r\nHost: a\r\n\r\n", "bad-target@4"),
    (b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "OPTIONS *"),
    (b"OPTIONS *a HTTP/1.1\r\nHost: a\r\n\r\n", "bad-target@8"),
    (b"CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", "CONNECT a:443"),
    (b"CONNECT [::1]:443 HTTP/1.1\r\nHost: a\r\n\r\n", "CONNECT [::1]:443"),
    (b"CONNECT a HTTP/1.1\r\nHost: a\r\n\r\n", "bad-target@8"),
    (b"CONNECT a: HTTP/1.1\r\nHost: a\r\n\r\n", "bad-target@8"),
    (b"CONNECT a:0 HTTP/1.1\r\nHost: a\r\n\r\n", "bad-target@8"),
    (b"CONNECT a:65536 HTTP/1.1\r\nHost: a\r\n\r\n", "bad-target@8"),
    (b"CONNECT u@a:1 HTTP/1.1\r\nHost: a\r\n\r\n", "bad-target@8"),
    (b"CONNECT /a HTTP/1.1\r\nHost: a\r\n\r\n", "bad-target@8"),
    (b"GET a:443 HTTP/1.1\r\nHost: a\r\n\r\n", "bad-target@4"),
    (b"GET http://b/c HTTP/1.1\r\nHost: a\r\n\r\n", "GET http://b/c"),
    (b"GET http://b HTTP/1.1\r\nHost: a\r\n\r\n", "GET http://b"),
    (b"GET http://u:p@b:1?c HTTP/1.1\r\nHost: a\r\n\r\n", "GET http://u:p@b:1?c"),
    (b"GET ws://b/ HTTP/1.1\r\nHost: a\r\n\r\n", "GET ws://b/"),
    (b"GET http://b/c HTTP/1.1\r\n\r\n", "missing-host@25"),
    (b"GET http:///c HTTP/1.1\r\nHost: a\r\n\r\n", "bad-target@4"),
    (b"GET http://:80/c HTTP/1.1\r\nHost: a\r\n\r\n", "bad-target@4"),
    (b"GET http://b\\c HTTP/1.1\r\nHost: a\r\n\r\n", "bad-target@4"),
    (b"GET http:/b HTTP/1.1\r\nHost: a\r\n\r\n", "bad-target@4"),
    // Host.
    (b"GET / HTTP/1.1\r\n\r\n", "missing-host@16"),
    (b"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", "several-hosts@25"),
    (b"GET / HTTP/1.0\r\nHost: a\r\nhost: b\r\n\r\n", "several-hosts@25"),
    (b"GET / HTTP/1.1\r\nHost:\r\n\r\n", "GET /"),
    (b"GET / HTTP/1.1\r\nhOsT:a:80\r\n\r\n", "GET /"),
    (b"GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", "GET /"),
    (b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", "bad-host@22"),
    (b"GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", "bad-host@22"),
    (b"GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", "bad-host@22"),
    (b"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", "bad-host@22"),
    (b"GET / HTTP/1.1\r\nHost: a:b\r\n\r\n", "bad-host@22"),
    (b"GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", "bad-host@22"),
    (b"GET / HTTP/1.1\r\nHost: []\r\n\r\n", "bad-host@22"),
    (b"GET / HTTP/1.1\r\nHost: a%2Db\r\n\r\n", "GET /"),
    (b"GET / HTTP/1.1\r\nHost: a%2\r\n\r\n", "bad-host@22"),
    (b"GET / HTTP/1.1\r\nHost: a\xc3\xa9\r\n\r\n", "bad-host@22"),
    // The connection.
    (b"GET / HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n\r\nGET /", "GET / close"),
    (b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /", "GET / ..."),
    (b"GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\nGET /", "GET / close"),
    (b"GET / HTTP/1.1\r\nHost: a\r\nConnection: closed\r\n\r\n", "GET /"),
    (b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n", "GET / upgrade"),
    (b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\n\r\n", "GET /"),
    (b"GET / HTTP/1.0\r\nConnection: upgrade, keep-alive\r\nUpgrade: h2c\r\n\r\n", "GET /"),
    (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n", "GET / GET /b"),
    (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n\r\n", "GET / ..."),
    (b"POST / HTTP/1.0\r\nContent-Length: 2\r\n\r\nabcd", "POST / [ab] close"),
    (b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "transfer-coding-in-1.0@17"),
    (b"POST / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n", "POST / close"),
];

const FIELDS: &[Case] = &[
    // Field lines.
    (b"A: b\r\n\r\n", ""),
    (b"A:b\r\n\r\n", ""),
    (b"A: \t b \t\r\n\r\n", ""),
    (b"A: \xff\xc3\xa9\r\n\r\n", ""),
    (b"a_b.c!#: d\r\n\r\n", ""),
    (b"A : b\r\n\r\n", "space-before-colon@27"),
    (b"A\t: b\r\n\r\n", "space-before-colon@27"),
    (b"A b: c\r\n\r\n", "bad-field-name@27"),
    (b": b\r\n\r\n", "bad-field-name@26"),
    (b"A\r\n\r\n", "bad-field-name@27"),
    (b"A\n\r\n", "bare-lf@27"),
    (b"A(: b\r\n\r\n", "bad-field-name@27"),
    (b"\xc3\xa9: b\r\n\r\n", "bad-field-name@26"),
    (b"A\0: b\r\n\r\n", "bad-field-name@27"),
    (b"A: b\n\r\n", "bare-lf@30"),
    (b"A: b\r\n\n", "bare-lf@32"),
    (b"A: b\rB: c\r\n\r\n", "bare-cr@30"),
    (b"A: b\r\r\n\r\n", "bare-cr@30"),
    (b"\r\r\n", "bare-cr@26"),
    (b"A: b\0\r\n\r\n", "control-in-field@30"),
    (b"A: b\x7f\r\n\r\n", "control-in-field@30"),
    (b"A: \x0bb\r\n\r\n", "control-in-field@29"),
    (b"A: b\r\n c\r\n\r\n", "line-folding@32"),
    (b"A: b\r\n\tc\r\n\r\n", "line-folding@32"),
    (b" A: b\r\n\r\n", "line-folding@26"),
    (b"A: b\r\n \r\n\r\n", "line-folding@32"),
    // Lengths.
    (b"Content-Length: 5\r\n\r\nhello", "[hello]"),
    (b"Content-Length: 5\r\n\r\nhelloGET /b HTTP/1.1\r\nHost: a\r\n\r\n", "[hello] GET /b"),
    (b"content-LENGTH:\t005 \r\n\r\nhello", "[hello]"),
    (b"Content-Length: 0\r\n\r\n", "[]"),
    (b"Content-Length: 5\r\n\r\nhell", "[hell ..."),
    (b"Content-Length: +5\r\n\r\nhello", "bad-content-length@42"),
    (b"Content-Length: -5\r\n\r\nhello", "bad-content-length@42"),
    (b"Content-Length: 0x5\r\n\r\nhello", "bad-content-length@43"),
    (b"Content-Length: 5 5\r\n\r\nhello", "bad-content-length@43"),
    (b"Content-Length: 5.0\r\n\r\nhello", "bad-content-length@43"),
    (b"Content-Length: 5e0\r\n\r\nhello", "bad-content-length@43"),
    (b"Content-Length: \xd9\xa5\r\n\r\nhello", "bad-content-length@42"),
    (b"Content-Length:\r\n\r\n", "bad-content-length@41"),
    (b"Content-Length: 18446744073709551615\r\n\r\n", "[ ..."),
    (b"Content-Length: 18446744073709551616\r\n\r\n", "bad-content-length@42"),
    (b"Content-Length: 5, 5\r\n\r\nhello", "conflicting-content-lengths@43"),
    (b"Content-Length: 5,6\r\n\r\nhello", "conflicting-content-lengths@43"),
    (b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", "conflicting-content-lengths@45"),
    (b"Content-Length: 5\r\ncontent-length: 6\r\n\r\nhello", "conflicting-content-lengths@45"),
    (b"Content-Length : 5\r\n\r\nhello", "space-before-colon@40"),
    (b"Content-Length\0: 5\r\n\r\nhello", "bad-field-name@40"),
    (b"Content_Length: 5\r\n\r\n", ""),
    (b"Content-Length:\r\n 5\r\n\r\nhello", "bad-content-length@41"),
    (b"Content-Length: 5\r\n 6\r\n\r\nhello", "line-folding@45"),
    // Both.
    (b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "length-and-chunked@45"),
    (b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", "length-and-chunked@54"),
    (b"Content-Length: 5\r\nTransfer-Encoding: identity\r\n\r\nhello", "length-and-chunked@45"),
    (b"Content-Length: 5\r\nTransfer-Encoding:\r\n\r\nhello", "length-and-chunked@45"),
    (b"Content-Length: x\r\nTransfer-Encoding: chunked\r\n\r\n", "bad-content-length@42"),
    // Transfer codings.
    (b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n", "[hello] GET /b"),
    (b"tRANSFER-eNCODING:\tChunKED \r\n\r\n0\r\n\r\n", "[]"),
    (b"Transfer-Encoding: chunked,\r\n\r\n0\r\n\r\n", "[]"),
    (b"Transfer-Encoding: ,chunked\r\n\r\n0\r\n\r\n", "[]"),
    (b"Transfer-Encoding:\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "[]"),
    (b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", "chunked-not-last@54"),
    (b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "chunked-not-last@73"),
    (b"Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n", "chunked-not-last@73"),
    (b"Transfer-Encoding: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "unknown-transfer-coding@45"),
    (b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "unknown-transfer-coding@45"),
    (b"Transfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n", "unknown-transfer-coding@45"),
    (b"Transfer-Encoding: x;a=\",chunked\r\n\r\n0\r\n\r\n", "unknown-transfer-coding@45"),
    (b"Transfer-Encoding: gzip\r\n\r\n", "chunked-not-last@45"),
    (b"Transfer-Encoding: identity\r\n\r\n", "chunked-not-last@45"),
    (b"Transfer-Encoding: xchunked\r\n\r\n", "chunked-not-last@45"),
    (b"Transfer-Encoding: \"chunked\"\r\n\r\n", "chunked-not-last@45"),
    (b"Transfer-Encoding: chunked;a=b\r\n\r\n", "chunked-not-last@45"),
    (b"Transfer-Encoding: chunked x\r\n\r\n", "chunked-not-last@45"),
    (b"Transfer-Encoding: chunked, gzip\r\n\r\n", "chunked-not-last@54"),
    (b"Transfer-Encoding:\r\n\r\n", "chunked-not-last@26"),
    (b"Transfer-Encoding: \x0bchunked\r\n\r\n", "control-in-field@45"),
    (b"Transfer-Encoding: chunked\xff\r\n\r\n", "chunked-not-last@45"),
    (b"Transfer-Encoding : chunked\r\n\r\n", "space-before-colon@43"),
    (b"Transfer-Encoding:\r\n chunked\r\n\r\n", "line-folding@46"),
    (b"Transfer-Encoding: chun\r\n ked\r\n\r\n", "line-folding@51"),
    (b"Transfer_Encoding: chunked\r\n\r\n", ""),
    (b"X: y\rTransfer-Encoding: chunked\r\n\r\n", "bare-cr@30"),
    (b"X: y\nTransfer-Encoding: chunked\r\n\r\n", "bare-lf@30"),
    // Expectations.
    (b"Expect: 100-Continue\r\nContent-Length: 2\r\n\r\nab", "expects [ab]"),
    (b"Expect:\r\n\r\n", ""),
    (b"Expect: 200-ok\r\n\r\n", "expects-other"),
    (b"Expect: 100-continue, x\r\n\r\n", "expects expects-other"),
];

/// A chunked body, and the outcome inside the brackets.
const CHUNKS: &[Case] = &[
    (b"5\r\nhello\r\n0\r\n\r\n", "hello]"),
    (b"2\r\nhe\r\n03\r\nllo\r\n000\r\n\r\n", "hello]"),
    (b"a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n", "01234567890123456789]"),
    (b"5\r\nhello\r\n", "hello ..."),
    (b"5\r\nhello\r\n0\r\n", "hello ..."),
    (b"\r\nhello\r\n0\r\n\r\n", "bad-chunk-size@0"),
    (b"-5\r\nhello\r\n0\r\n\r\n", "bad-chunk-size@0"),
    (b"+5\r\nhello\r\n0\r\n\r\n", "bad-chunk-size@0"),
    (b" 5\r\nhello\r\n0\r\n\r\n", "bad-chunk-size@0"),
    (b"0x5\r\nhello\r\n0\r\n\r\n", "bad-chunk-size@1"),
    (b"5g\r\nhello\r\n0\r\n\r\n", "bad-chunk-size@1"),
    (b"5 \r\nhello\r\n0\r\n\r\n", "bad-chunk-size@2"),
    (b"5_0\r\nhello\r\n0\r\n\r\n", "bad-chunk-size@1"),
    (b"0000000000000005\r\nhello\r\n0\r\n\r\n", "hello]"),
    (b"00000000000000005\r\nhello\r\n0\r\n\r\n", "bad-chunk-size@16"),
    (b"ffffffffffffffff\r\nhello", "hello ..."),
    (b"10000000000000005\r\nhello\r\n0\r\n\r\n", "bad-chunk-size@16"),
    (b"5\nhello\r\n0\r\n\r\n", "bare-lf@1"),
    (b"5\rhello\r\n0\r\n\r\n", "bare-cr@1"),
    (b"5\r\nhello\n0\r\n\r\n", "hello bare-lf@8"),
    (b"5\r\nhello\r0\r\n\r\n", "hello bare-cr@8"),
    (b"5\r\nhello0\r\n\r\n", "hello bad-chunk-end@8"),
    (b"5\r\nhello!\r\n0\r\n\r\n", "hello bad-chunk-end@8"),
    (b"5\r\nhell\r\n0\r\n\r\n", "hell\r bare-lf@8"),
    (b"5\r\nhello\r\n\r\n0\r\n\r\n", "hello bad-chunk-size@10"),
    // Extensions.
    (b"5;a\r\nhello\r\n0;b=c\r\n\r\n", "hello]"),
    (b"5;a=\"b;c\\\"\r\nhello\r\n0\r\n\r\n", "hello]"),
    (b"5 \t;\ta = b\r\nhello\r\n0\r\n\r\n", "hello]"),
    (b"5;\r\nhello\r\n0\r\n\r\n", "hello]"),
    (b"5;\xff\r\nhello\r\n0\r\n\r\n", "hello]"),
    (b"5 a\r\nhello\r\n0\r\n\r\n", "bad-chunk-size@2"),
    (b"5;a\nhello\r\n0\r\n\r\n", "bare-lf@3"),
    (b"5;a\n\r\nhello\r\n0\r\n\r\n", "bare-lf@3"),
    (b"5;a\rb\r\nhello\r\n0\r\n\r\n", "bare-cr@3"),
    (b"5;\0\r\nhello\r\n0\r\n\r\n", "bad-chunk-extension@2"),
    // Trailers.
    (b"0\r\nX: 1\r\nx: 2\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n", "; X=1; x=2] GET /b"),
    (b"0\r\nContent-Length: 3\r\nHost: b\r\n\r\n", "; Content-Length=3; Host=b]"),
    (b"0\r\nX : 1\r\n\r\n", "bad-trailer@4"),
    (b"0\r\nX\r\n\r\n", "bad-trailer@4"),
    (b"0\r\nX: \0\r\n\r\n", "bad-trailer@6"),
    (b"0\r\nX: 1\r\n 2\r\n\r\n", "bad-trailer@9"),
    (b"0\r\nX: 1\n\r\n", "bare-lf@7"),
    (b"0\r\nX: 1\r\n\n", "bare-lf@9"),
    (b"0\r\n\n", "bare-lf@3"),
    (b"0\n\n", "bare-lf@1"),
    (b"0\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n", "bad-trailer@6"),
];

/// All cases as whole connections with their outcomes.
pub(super) fn cases() -> impl Iterator<Item = (Vec<u8>, String)> {
    let lines = LINES.iter().map(|(bytes, outcome)| (bytes.to_vec(), (*outcome).to_owned()));
    let fields = FIELDS.iter().map(|(bytes, outcome)| {
        let is_refused = outcome.contains('@') && !outcome.starts_with('[');
        let outcome = if is_refused { (*outcome).to_owned() } else { format!("POST / {outcome}").trim().to_owned() };
        ([b"POST / HTTP/1.1\r\nHost: a\r\n\x20".trim_ascii_end(), b"\r\n", bytes].concat(), outcome)
    });
    let chunks = CHUNKS.iter().map(|(bytes, outcome)| {
        let head = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
        ([head, *bytes].concat(), format!("POST / [{outcome}"))
    });
    lines.chain(fields).chain(chunks)
}

#[test]
fn each_case_of_the_matrix_has_one_outcome() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for (bytes, outcome) in cases() {
        count += 1;
        let understood = understood(&bytes, usize::MAX, LIMITS);
        if understood.replace("[ ", "[") != outcome.replace("[ ", "[") {
            wrong.push(format!("{}\n  expected   {outcome}\n  understood {understood}", bytes.escape_ascii()));
        }
    }
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
}
