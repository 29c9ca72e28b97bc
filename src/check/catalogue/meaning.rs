//! Groups 19 to 22, 29 and 30: caching, cookies, CORS, ranges and conditions, tracing, the gateway's own errors.

use crate::check::{
    declaration::{Check, Exchange, Judgement},
    message::short,
    probe::{Probe, Request, Script},
    verdict::Verdict,
};

pub(super) const CHECKS: &[Check] = &[
    Check::request("20.1", "crumbs of cookies joined", "RFC 9113, section 8.2.3", || {
        vec![Probe::get("two lines", "/a").field("Cookie", "a=1").field("Cookie", "b=2").done()]
    }),
    Check::request("20.2", "order, quotes, odd names kept", "RFC 6265, section 4.2", || {
        vec![
            Probe::get("odd cookies", "/a")
                .field("Cookie", "z=1; a=\"q w\"; a=2; $Version=1; empty=; lone; x[y]={}")
                .done(),
        ]
    }),
    Check::response("20.3", "Set-Cookie folded into one", "RFC 6265, section 3", || {
        let fields = [
            ("Set-Cookie", "a=1; Path=/"),
            ("Set-Cookie", "b=2; Expires=Fri, 31 Dec 2049 23:59:59 GMT"),
            ("Set-Cookie", "c=3"),
        ];
        vec![get("three", Script::answer("200 OK", &fields, b"ok\n"))]
    }),
    Check::response("20.4", "Domain, Path, Secure, SameSite rewritten", "RFC 6265, section 4.1", || {
        let fields = [
            ("Set-Cookie", "a=1; Domain=other.example; Path=/x; Secure; HttpOnly; SameSite=Strict"),
            ("Set-Cookie", "b=\"2\"; path=/Y; secure; samesite=none; Partitioned"), ("Set-Cookie", "c=3; Max-Age=5"),
        ];
        vec![get("attributes", Script::answer("200 OK", &fields, b"ok\n"))]
    }),
    Check::response("20.5", "cookies added", "RFC 6265, section 4.1", || vec![get("no cookie", Script::plain())]),
    Check::request("21.1", "preflight answered by whom", "Fetch, section 3.2", || {
        vec![
            Probe::request("preflight", "OPTIONS", "/a")
                .field("Origin", "https://a.example")
                .field("Access-Control-Request-Method", "PUT")
                .field("Access-Control-Request-Headers", "x-marked")
                .script(Script::answer(
                    "204 No Content",
                    &[("Access-Control-Allow-Origin", "https://marked.example")],
                    b"",
                ))
                .done(),
        ]
    }),
    Check::response("21.2", "CORS fields doubled or overwritten", "Fetch, section 3.2", || {
        let fields = [
            ("Access-Control-Allow-Origin", "https://marked.example"),
            ("Access-Control-Allow-Credentials", "true"),
            ("Access-Control-Expose-Headers", "X-Marked"),
            ("Vary", "Origin"),
        ];
        let origin = |name, script| Probe::get(name, "/a").field("Origin", "https://a.example").script(script).done();
        vec![origin("with own fields", Script::answer("200 OK", &fields, b"ok\n")), origin("without", Script::plain())]
    }),
    Check::request("22.1", "Range, If-Range forwarded", "RFC 9110, section 14.2", || {
        let part =
            Script::answer("206 Partial Content", &[("Content-Range", "bytes 0-4/10"), ("ETag", "\"a\"")], b"01234");
        vec![Probe::get("range", "/a").field("Range", "bytes=0-4").field("If-Range", "\"a\"").script(part).done()]
    }),
    Check::response("22.2", "206, Content-Range, multipart kept; 416", "RFC 9110, section 15.3.7", || {
        let range = |name, value: &str, script| Probe::get(name, "/a").field("Range", value).script(script).done();
        let parts = b"--B\r\nContent-Range: bytes 0-1/10\r\n\r\n01\r\n--B\r\nContent-Range: bytes 8-9/10\r\n\r\n89\r\n--B--\r\n";
        vec![
            range(
                "206",
                "bytes=2-4",
                Script::answer(
                    "206 Partial Content",
                    &[("Content-Range", "bytes 2-4/10"), ("Accept-Ranges", "bytes")],
                    b"234",
                ),
            ),
            range(
                "multipart",
                "bytes=0-1,8-9",
                Script::answer("206 Partial Content", &[("Content-Type", "multipart/byteranges; boundary=B")], parts),
            ),
            range(
                "416",
                "bytes=50-",
                Script::answer("416 Range Not Satisfiable", &[("Content-Range", "bytes */10")], b"no\n"),
            ),
            range(
                "200 to a range",
                "bytes=0-1",
                Script::answer("200 OK", &[("Content-Type", "text/plain")], b"0123456789"),
            ),
        ]
    }),
    Check::request("22.4", "If-None-Match, If-Match, dates forwarded", "RFC 9110, section 13.1", || {
        let date = "Thu, 31 May 2007 20:35:00 GMT";
        vec![
            Probe::get("conditions", "/a")
                .field("If-None-Match", "\"a\", W/\"b\"")
                .field("If-Modified-Since", date)
                .done(),
            Probe::request("lost update", "PUT", "/a")
                .field("If-Match", "\"a\"")
                .field("If-Unmodified-Since", date)
                .body("x")
                .done(),
        ]
    }),
    Check::response("22.5", "304 of the upstream passed, its fields kept", "RFC 9110, section 15.4.5", || {
        let answer = "HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\nCache-Control: max-age=5\r\nVary: X-Marked\r\nContent-Location: /c\r\n\r\n";
        vec![Probe::get("304", "/a").field("If-None-Match", "\"a\"").script(Script::raw(answer)).done()]
    })
    .owns(&["field-", "bodiless-"]),
    Check::request("29.1", "traceparent", "W3C Trace Context, section 3.2", || {
        vec![traced("sent").done(), Probe::get("none", "/a").done()]
    })
    .judged(|exchanges, judgement| {
        for exchange in exchanges {
            if exchange.arrived().is_some_and(|arrived| arrived.values("traceparent").len() > 1) {
                judgement.change("doubled", "sends `traceparent` twice");
            }
        }
    }),
    Check::request("29.2", "tracestate, baggage, b3 kept, translated", "W3C Trace Context, section 3.3", || {
        vec![
            traced("all")
                .field("tracestate", "a=1,b=2")
                .field("baggage", "k=v;p=1,x=y")
                .field("b3", "0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-1")
                .field("X-B3-TraceId", "0af7651916cd43dd8448eb211c80319c")
                .field("X-B3-SpanId", "b7ad6b7169203331")
                .field("X-B3-Sampled", "1")
                .done(),
        ]
    }),
    Check::request("29.3", "sampling flag obeyed", "W3C Trace Context, section 3.2.2.5", || {
        vec![
            Probe::get("not sampled", "/a")
                .field("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00")
                .done(),
        ]
    })
    .owns(&["field-"])
    .judged(|exchanges, judgement| {
        for exchange in exchanges {
            if exchange
                .arrived()
                .and_then(|arrived| arrived.value("traceparent"))
                .is_some_and(|value| value.ends_with(b"-01"))
            {
                judgement.change("flag-set", "sets the sampling flag of a trace that is not sampled");
            }
        }
    }),
    Check::response("30.1", "form of own errors by Accept", "RFC 9110, section 12.5.1", || {
        ["text/html", "application/json", "application/problem+json"]
            .into_iter()
            .map(|accept| {
                Probe::get(accept, "/a")
                    .field("Accept", accept)
                    .script(Script::steps(vec![crate::check::probe::Step::Close]))
                    .done()
            })
            .collect()
    })
    .alone()
    .judged(|exchanges, judgement| {
        for exchange in exchanges {
            let Some(got) = exchange.got().filter(|got| got.status() >= 400) else { continue };
            let kind = got.value("content-type").map_or("none".to_owned(), |kind| short(kind, 60));
            judgement.number(
                match exchange.probe {
                    "text/html" => "own error, HTML asked for",
                    "application/json" => "own error, JSON asked for",
                    _ => "own error, problem details asked for",
                },
                format!("{} as {kind}, {} bytes", got.status(), got.body.len()),
            );
        }
    }),
    Check::response("30.2", "what own errors tell about the inside", "RFC 9110, section 17.12", || {
        vec![get("upstream that closes", Script::steps(vec![crate::check::probe::Step::Close]))]
    })
    .alone()
    .judged(tells),
];

fn get(name: &'static str, script: Script) -> Probe {
    Probe::get(name, "/a").script(script).done()
}

fn traced(name: &'static str) -> Request {
    Probe::get(name, "/a").field("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
}

fn tells(exchanges: &[Exchange], judgement: &mut Judgement) {
    for exchange in exchanges {
        let Some(got) = exchange.got().filter(|got| got.status() >= 400) else { continue };
        let server = got.value("server").map(|server| short(server, 60)).unwrap_or_default();
        if server.bytes().any(|byte| byte.is_ascii_digit()) {
            judgement.say(Verdict::Policy, "version", "server", format!("names its version: `Server: {server}`"));
        }
        let body = String::from_utf8_lossy(&got.body).to_lowercase();
        for word in
            ["127.0.0.1", "upstream", "traceback", "exception", "connection refused", "nginx/", "apache/", "varnish"]
        {
            if body.contains(word) {
                judgement.say(Verdict::Policy, "told", word, format!("says `{word}` in the body of its own error"));
            }
        }
    }
}
