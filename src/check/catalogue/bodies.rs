//! Groups 13 and 14: body and content coding, streaming.

use crate::check::{
    declaration::{Check, Exchange, Judgement},
    message::Ended,
    probe::{Probe, Script, Step},
    verdict::Verdict,
};

pub(super) const CHECKS: &[Check] = &[
    Check::response("13.1", "body bytes changed", "RFC 9110, section 7.7", || {
        let all: Vec<u8> = (0..=255).cycle().take(5_000).collect();
        vec![
            get("JSON", typed("application/json", br#"{ "b":1.0,"a" : 9007199254740993, "e":"\u00e9\/" }"#)),
            get(
                "HTML",
                typed("text/html; charset=iso-8859-1", b"<html><head><title>\xE9</title></head><body>x</body></html>"),
            ),
            get("binary", typed("application/octet-stream", &all)),
            get("text with CRLF", typed("text/plain", b"a\r\nb\nc\r\n")),
            get("script", typed("application/javascript", b"var a = 1;  // x\n")),
        ]
    }),
    Check::response("13.2", "compressed by the gateway", "RFC 9110, section 8.4.1", || {
        let large = "compressible text, again and again. ".repeat(400);
        let probe = |name, coding: &str, kind: &str| {
            Probe::get(name, "/a").field("Accept-Encoding", coding).script(typed(kind, large.as_bytes())).done()
        };
        vec![
            probe("gzip, text", "gzip", "text/plain"),
            probe("gzip, HTML", "gzip", "text/html"),
            probe("gzip, JSON", "gzip", "application/json"),
            probe("br", "br", "text/html"),
            probe("zstd", "zstd", "text/html"),
        ]
    }),
    Check::response("13.3", "decompressed by the gateway", "RFC 9110, section 8.4", || {
        let fields = [("Content-Type", "text/plain"), ("Content-Encoding", "gzip")];
        vec![
            get("not asked for", Script::answer("200 OK", &fields, GZIP)),
            Probe::get("asked for", "/a")
                .field("Accept-Encoding", "gzip")
                .script(Script::answer("200 OK", &fields, GZIP))
                .done(),
        ]
    }),
    Check::response("13.4", "compressed twice, or coding that does not fit the bytes", "RFC 9110, section 8.4", || {
        let fields = [("Content-Type", "text/plain"), ("Content-Encoding", "gzip")];
        vec![
            Probe::get("false gzip", "/a")
                .field("Accept-Encoding", "gzip")
                .script(Script::answer("200 OK", &fields, b"no gzip at all\n"))
                .done(),
        ]
    }),
    Check::response("13.5", "no-transform obeyed", "RFC 9110, section 7.7", || {
        ["text/html", "text/plain", "application/json"]
            .into_iter()
            .map(|kind| {
                let body = format!("[\"{}\"]", "compressible text, again and again. ".repeat(400));
                let script = Script::answer(
                    "200 OK",
                    &[("Content-Type", kind), ("Cache-Control", "no-transform")],
                    body.as_bytes(),
                );
                Probe::get("no-transform", "/a").field("Accept-Encoding", "gzip").script(script).done()
            })
            .collect()
    })
    .alone()
    .judged(|exchanges, judgement| {
        for exchange in exchanges {
            let (Some(answered), Some(got)) = (exchange.answered(), exchange.got()) else { continue };
            if got.status() == 200 && (got.body != answered.body || got.has("content-encoding")) {
                judgement.forbidden("transformed", "changes a body in spite of `no-transform`");
            }
        }
    }),
    Check::response("13.6", "ETag weakened, removed, given a suffix", "RFC 9110, section 8.8.3.3", || {
        let large = "compressible text, again and again. ".repeat(400);
        let with = |name, tag| {
            Probe::get(name, "/a")
                .field("Accept-Encoding", "gzip")
                .script(Script::answer("200 OK", &[("Content-Type", "text/html"), ("ETag", tag)], large.as_bytes()))
                .done()
        };
        vec![
            with("strong", "\"abc\""),
            with("weak", "W/\"abc\""),
            get("without compression", Script::answer("200 OK", &[("ETag", "\"x y\"")], b"ok\n")),
        ]
    }),
    Check::response("13.7", "Vary added, merged, lost", "RFC 9110, section 12.5.5", || {
        vec![
            Probe::get("Vary", "/a")
                .field("Accept-Encoding", "gzip")
                .script(Script::answer(
                    "200 OK",
                    &[("Vary", "X-Marked, Accept-Language"), ("Content-Type", "text/html")],
                    b"ok\n",
                ))
                .done(),
        ]
    }),
    Check::response("13.8", "Content-Length right after a change", "RFC 9110, section 8.6", || {
        let large = "compressible text, again and again. ".repeat(400);
        let script = typed("text/html", large.as_bytes());
        vec![
            Probe::get("compressible", "/a").field("Accept-Encoding", "gzip").script(script).done(),
            get("JSON with white space", typed("application/json", b"{ \"a\": 1 }  \n\n")),
            get("HTML with white space", typed("text/html", b"<p>  a   b </p> \n\n")),
        ]
    })
    .alone()
    .judged(|exchanges, judgement| {
        for exchange in exchanges {
            if exchange.got().is_some_and(|got| got.status() == 200 && got.ended != Ended::Complete)
                || !exchange.received.extra.is_empty()
            {
                judgement.forbidden("wrong-length", "sends another number of bytes than it announces");
            }
        }
    }),
    Check::response("13.9", "digest of the content no longer right", "RFC 9530, section 2", || {
        let fields = [
            ("Content-Type", "application/json"),
            ("Content-Digest", "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:"),
        ];
        vec![
            Probe::get("digest", "/a")
                .field("Accept-Encoding", "gzip")
                .script(Script::answer("200 OK", &fields, b"{\"hello\": \"world\"}"))
                .done(),
        ]
    }),
    Check::response("14.1", "events passed one by one (SSE)", "WHATWG HTML, section 9.2", || {
        vec![stream("events", "text/event-stream", "", true)]
    })
    .judged(one_by_one),
    Check::response("14.2", "chunks passed one by one, other types", "RFC 9112, section 7.1", || {
        vec![
            stream("plain text", "text/plain", "", false),
            stream("NDJSON", "application/x-ndjson", "", false),
            stream("bytes", "application/octet-stream", "", false),
        ]
    })
    .judged(one_by_one),
    Check::response("14.4", "fields that switch buffering obeyed", "(convention)", || {
        vec![stream("X-Accel-Buffering: no", "text/plain", "X-Accel-Buffering: no\r\n", false)]
    })
    .judged(one_by_one),
    Check::request("14.6", "client that leaves: is the upstream told", "RFC 9112, section 9.6", || {
        let mut steps = vec![Step::Read, Step::Send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec())];
        for _ in 0..12 {
            steps.push(Step::Send([&b"400\r\n"[..], &[b'x'; 1_024], b"\r\n"].concat()));
            steps.push(Step::Pause(100));
        }
        let head = "GET {{path}}/a HTTP/1.1\r\nHost: {{host}}\r\n{{own}}\r\n";
        vec![Probe::raw("leaves after 200 ms", head).piece(200, "").script(Script::steps(steps)).leaving()]
    })
    .alone()
    .judges_refusals()
    .judged(|exchanges, judgement| {
        for exchange in exchanges {
            if exchange.arrivals.first().is_some_and(|arrival| arrival.settled && !arrival.left_early) {
                judgement.policy("not-told", "does not tell the upstream within 1 s that the client has left");
            }
        }
    }),
    Check::request("14.7", "half-closed client", "RFC 9112, section 9.6", || {
        let script = Script::steps(vec![
            Step::Read,
            Step::Pause(150),
            Step::Send(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n".to_vec()),
        ]);
        vec![Probe::get("half-closed", "/a").script(script).done().half_closed()]
    })
    .alone()
    .judges_refusals()
    .judged(|exchanges, judgement| {
        for exchange in exchanges {
            if exchange.status() != 200 {
                judgement.policy("not-answered", "gives no answer to a client that closed its sending side");
            }
        }
    }),
];

/// `hello` in gzip.
const GZIP: &[u8] =
    &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 3, 0xcb, 0x48, 0xcd, 0xc9, 0xc9, 7, 0, 0x86, 0xa6, 0x10, 0x36, 5, 0, 0, 0];

fn get(name: &'static str, script: Script) -> Probe {
    Probe::get(name, "/a").script(script).done()
}

fn typed(kind: &str, body: &[u8]) -> Script {
    Script::answer("200 OK", &[("Content-Type", kind)], body)
}

/// Three items, 200 ms apart.
fn stream(name: &'static str, kind: &str, fields: &str, events: bool) -> Probe {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\n{fields}Transfer-Encoding: chunked\r\n\r\n");
    let mut steps = vec![Step::Read, Step::Send(head.into_bytes())];
    for number in 1..=3 {
        let item = if events { format!("data: {number}\n\n") } else { format!("item {number}\n") };
        steps.push(Step::Send(format!("{:x}\r\n{item}\r\n", item.len()).into_bytes()));
        steps.push(Step::Pause(200));
    }
    steps.push(Step::Send(b"0\r\n\r\n".to_vec()));
    let accept = if events { "text/event-stream" } else { "*/*" };
    Probe::get(name, "/a").field("Accept", accept).script(Script::steps(steps)).done()
}

/// The upstream takes 600 ms from the first item to the end.
fn one_by_one(exchanges: &[Exchange], judgement: &mut Judgement) {
    for exchange in exchanges {
        let Some(got) = exchange.got().filter(|got| got.status() == 200) else { continue };
        let spread = got.times.body_first_ms.map_or(0, |first| got.times.end_ms.saturating_sub(first));
        if spread < 200 {
            judgement.say(
                Verdict::Policy,
                "held",
                exchange.probe,
                format!("holds the answer back until its end ({})", exchange.probe),
            );
        }
    }
}
