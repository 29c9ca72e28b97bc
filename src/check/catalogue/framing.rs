//! Group 5: request framing and body.

use super::path::limit;
use crate::check::{
    declaration::{Check, Exchange, Judgement},
    message::{Ended, Framing},
    probe::{Probe, Request, Script, Step},
    verdict::Verdict,
};

pub(super) const CHECKS: &[Check] = &[
    Check::request("5.1", "Content-Length turned into chunked", "RFC 9112, section 6.1", || {
        vec![
            post("POST").body("hello").done(),
            Probe::request("PUT", "PUT", "/a").body("hello").done(),
            Probe::request("PATCH", "PATCH", "/a").body("hello").done(),
            post("64 KiB").body(vec![b'x'; 65_536]).done(),
        ]
    }),
    Check::request("5.2", "chunked turned into Content-Length", "RFC 9112, section 6.1", || {
        vec![post("chunked").chunked(&[b"hello"], &[]).done(), post("empty chunked").chunked(&[], &[]).done()]
    }),
    Check::request("5.3", "Content-Length: 0 added to bodiless requests", "RFC 9110, section 8.6", || {
        vec![
            Probe::get("GET", "/a").done(),
            Probe::request("HEAD", "HEAD", "/a").done(),
            Probe::request("DELETE", "DELETE", "/a").done(),
            Probe::request("OPTIONS", "OPTIONS", "/a").done(),
            post("POST with length 0").body("").done(),
        ]
    }),
    Check::request("5.4", "body bytes changed", "RFC 9110, section 7.7", || {
        let all: Vec<u8> = (0..=255).collect();
        vec![
            post("all bytes").field("Content-Type", "application/octet-stream").body(all).done(),
            post("text").field("Content-Type", "text/plain").body("a\r\nb\n\tc \n").done(),
            post("form").field("Content-Type", "application/x-www-form-urlencoded").body("b=1&a=%20+&c").done(),
            post("XML").field("Content-Type", "application/xml").body("<?xml version='1.0'?>\n<a  b='1'><c/></a>").done(),
        ]
    }),
    Check::request("5.5", "JSON re-serialised", "RFC 8259, section 4", || {
        let odd = r#"{ "b":1.0,"a" : 9007199254740993, "a":2,"e":"\u00e9\/","n":1e2 ,"x":[ ] }"#;
        vec![post("odd JSON").field("Content-Type", "application/json").body(odd).done()]
    }),
    Check::request("5.6", "multipart re-encoded", "RFC 7578, section 4", || {
        let body = "--oDd\r\nContent-Disposition: form-data; name=\"b\"\r\n\r\n1\r\n--oDd\r\ncontent-disposition: form-data; \
                    name=\"a\"; filename=\"\u{e9} x.txt\"\r\nContent-Type: text/plain\r\n\r\nhello\r\n--oDd--\r\n";
        vec![post("two parts").field("Content-Type", "multipart/form-data; boundary=oDd").body(body).done()]
    }),
    Check::request("5.7", "request content coding undone or refused", "RFC 9110, section 8.4", || {
        vec![
            post("gzip").field("Content-Encoding", "gzip").field("Content-Type", "text/plain").body(GZIP).done(),
            post("unknown coding").field("Content-Encoding", "x-marked").body("abc").done(),
        ]
    }),
    Check::request("5.8", "body of GET, HEAD, DELETE, OPTIONS dropped", "RFC 9110, section 9.3.1", || {
        vec![
            Probe::get("GET", "/a").body("0123456789").done(),
            Probe::request("HEAD", "HEAD", "/a").body("0123456789").done(),
            Probe::request("DELETE", "DELETE", "/a").body("0123456789").done(),
            Probe::request("OPTIONS", "OPTIONS", "/a").body("0123456789").done(),
            Probe::get("chunked GET", "/a").chunked(&[b"0123456789"], &[]).done(),
        ]
    }),
    Check::request("5.9", "chunk sizes and pauses kept", "RFC 9112, section 7.1", || {
        vec![post("three chunks").chunked(&[b"a", b"bcd", b"efghij"], &[]).done()]
    }),
    Check::request("5.10", "chunk extensions forwarded", "RFC 9112, section 7.1.1", || {
        let bytes = "POST {{path}}/a HTTP/1.1\r\nHost: {{host}}\r\n{{own}}Transfer-Encoding: chunked\r\n\r\n\
                     5;a=b\r\nhello\r\n0;last\r\n\r\n";
        vec![Probe::raw("extensions", bytes)]
    }),
    Check::request("5.11", "request trailers forwarded, dropped, merged into the head", "RFC 9110, section 6.5.1", || {
        vec![
            post("announced")
                .field("Trailer", "X-Sum, X-Other")
                .field("TE", "trailers")
                .chunked(&[b"hello"], &[("X-Sum", "1"), ("X-Other", "2")])
                .done(),
            post("unannounced").chunked(&[b"hello"], &[("X-Unannounced", "1")]).done(),
        ]
    }),
    Check::request("5.12", "request body held back until complete", "(buffering)", || {
        let head = "POST {{path}}/a HTTP/1.1\r\nHost: {{host}}\r\n{{own}}Content-Length: 9\r\n\r\n";
        vec![Probe::raw("three pieces", head).piece(150, "abc").piece(300, "def").piece(300, "ghi")]
    })
    .judged(held),
    Check::threshold(
        "5.13",
        "largest body",
        "RFC 9110, section 15.5.14",
        (65_536, 8_388_608),
        |size| {
            let mut probe = post("large body").body(vec![b'x'; usize::try_from(size).unwrap_or(0)]).done();
            probe.wait_ms = 10_000;
            probe
        },
        |found, judgement| limit(found, judgement, "largest body", "body bytes"),
    ),
    Check::request("5.14", "answer before the body was read", "RFC 9110, section 7.5", || {
        let early = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 3\r\nConnection: close\r\n\r\nno\n";
        let script = Script::steps(vec![Step::Send(early.to_vec()), Step::Pause(200), Step::Close]);
        let head = "POST {{path}}/a HTTP/1.1\r\nHost: {{host}}\r\n{{own}}Content-Length: 131072\r\n\r\n";
        let half = [head.as_bytes(), &[b'x'; 65_536]].concat();
        vec![
            post("early 403").script(script.clone()).body(vec![b'x'; 262_144]).done(),
            Probe::raw("early 403 at half", half).piece(500, vec![b'x'; 65_536]).script(script),
        ]
    })
    .alone()
    .judged(early),
    Check::request("5.15", "client that stops half-way", "RFC 9112, section 8", || {
        let head = "POST {{path}}/a HTTP/1.1\r\nHost: {{host}}\r\n{{own}}Content-Length: 100\r\n\r\n0123456789";
        let chunked = "POST {{path}}/a HTTP/1.1\r\nHost: {{host}}\r\n{{own}}Transfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\n";
        vec![Probe::raw("half of a length", head).piece(200, "").leaving(), Probe::raw("no last chunk", chunked).piece(200, "").leaving()]
    })
    .alone()
    .judges_refusals()
    .judged(stopped),
];

/// `hello` in gzip.
const GZIP: &[u8] =
    &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 3, 0xcb, 0x48, 0xcd, 0xc9, 0xc9, 7, 0, 0x86, 0xa6, 0x10, 0x36, 5, 0, 0, 0];

fn post(name: &'static str) -> Request {
    Probe::request(name, "POST", "/a")
}

fn held(exchanges: &[Exchange], judgement: &mut Judgement) {
    for exchange in exchanges {
        let Some(arrived) = exchange.arrived() else { continue };
        let first = arrived.times.body_first_ms.unwrap_or(arrived.times.end_ms);
        let spread = arrived.times.end_ms.saturating_sub(first);
        // The client takes 750 ms for its body.
        if spread < 250 {
            judgement.policy("held", "holds the request back until its body is complete");
        }
    }
}

fn early(exchanges: &[Exchange], judgement: &mut Judgement) {
    for exchange in exchanges {
        match exchange.status() {
            403 | 0 if exchange.arrivals.is_empty() => {}
            403 => {}
            0 => judgement.change("answer-lost", "closes without the upstream's early answer"),
            other => {
                judgement.change("answer-replaced", format!("answers {other} in place of the upstream's early 403"));
            }
        }
    }
}

fn stopped(exchanges: &[Exchange], judgement: &mut Judgement) {
    for exchange in exchanges {
        let Some(arrived) = exchange.arrived() else { continue };
        let ended = arrived.ended == Ended::Complete;
        let length = matches!(arrived.framing, Framing::Length(_) | Framing::Chunked | Framing::None);
        if ended && length {
            let text = format!("completes a request whose client stopped half-way ({})", exchange.probe);
            judgement.say(Verdict::Forbidden, "completed", exchange.probe, text);
        }
    }
}
