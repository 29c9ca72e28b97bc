//! Checks of several groups that look at connections and attempts: 8.3, 9.6, 14.3, 15.8, 16.7, 16.10, 17.1, 17.2, 22.3, 26.6, 26.7.

use crate::check::{
    declaration::{Check, Exchange, Judgement},
    message::text,
    probe::{Probe, Script, Step},
    verdict::Verdict,
};

pub(super) const CHECKS: &[Check] = &[
    Check::request("8.3", "identity given on as fields", "(policy)", || {
        vec![Probe::get("with a credential", "/a").field("Authorization", "Bearer marked").done()]
    }),
    Check::request("9.6", "PROXY protocol to the upstream", "HAProxy PROXY protocol, section 2.1", plain).judged(|exchanges, judgement| {
        if exchanges.iter().any(|exchange| exchange.arrived().is_some_and(|arrived| arrived.method() == b"PROXY")) {
            judgement.policy("proxy-header", "begins connections to the upstream with a PROXY header");
        }
    }),
    Check::response("14.3", "held until N bytes or T milliseconds", "(buffering)", || {
        vec![pieces("pieces of 1 byte", 1), pieces("pieces of 100 bytes", 100), pieces("pieces of 4 KiB", 4_096)]
    })
    .alone()
    .judged(held),
    Check::request("15.8", "timeout told to the upstream", "(convention)", plain),
    Check::request("16.7", "attempt marked, same request id", "(convention)", || {
        let busy = Script::answer("503 Service Unavailable", &[("Retry-After", "0")], b"busy\n");
        let reset = Script::steps(vec![Step::Read, Step::Reset]);
        vec![
            Probe::get("503", "/a").script(Script::plain().after(busy)).done(),
            Probe::get("reset", "/a").script(Script::plain().after(reset)).done(),
        ]
    })
    .alone()
    .judged(marked),
    Check::request("16.10", "circuit opens", "(policy)", || {
        let fails = Probe::get("failure", "/a").script(Script::answer("500 Internal Server Error", &[], b"fails\n")).done();
        let mut probes = vec![fails; 8];
        probes.push(Probe::get("call after 8 failures", "/a").done());
        probes
    })
    .alone()
    .intrusive()
    .judges_refusals()
    .judged(|exchanges, judgement| {
        if let Some(last) = exchanges.last()
            && last.arrivals.is_empty()
        {
            judgement.policy("circuit-open", format!("answers {} itself after 8 failures in a row", last.status()));
        }
    }),
    Check::request("17.1", "upstream connections reused", "RFC 9112, section 9.3", || vec![four()])
        .alone()
        .judged(|exchanges, judgement| {
            for exchange in exchanges.iter().filter(|exchange| exchange.arrivals.len() > 2) {
                if exchange.arrivals.iter().all(|arrival| arrival.on_connection == 1) {
                    judgement.policy("connection-each", "opens a connection to the upstream for each call");
                }
            }
        }),
    Check::request("17.2", "one upstream connection shared by several clients", "RFC 9112, section 9.3", || {
        (0..4).map(|_| Probe::get("one call on a connection of its own", "/a").done()).collect()
    })
    .alone()
    .judged(|exchanges, judgement| {
        if exchanges.iter().any(|exchange| exchange.arrivals.iter().any(|arrival| arrival.on_connection > 1)) {
            judgement.policy("shared", "sends calls of several clients on one connection to the upstream");
        }
    }),
    Check::response("22.3", "ranges of compressed bodies", "RFC 9110, section 14.1.2", || {
        ["application/json", "text/html", "text/plain"]
            .into_iter()
            .map(|kind| {
                let body = "compressible text, again and again. ".repeat(100);
                let range = format!("bytes 0-{}/100000", body.len() - 1);
                let fields = [("Content-Type", kind), ("Content-Range", range.as_str())];
                let script = Script::answer("206 Partial Content", &fields, body.as_bytes());
                Probe::get("range", "/a").field("Range", "bytes=0-3599").field("Accept-Encoding", "gzip").script(script).done()
            })
            .collect()
    })
    .owns(&["body-", "field-", "framing-"]),
    Check::request("26.6", "bytes behind a bodiless verb", "RFC 9112, section 6.3", || {
        // The id has 17 characters: the request in the body has 45 bytes.
        let bytes = "GET {{path}}/a HTTP/1.1\r\nHost: {{host}}\r\n{{own}}Content-Length: 45\r\n\r\nGET /{{id}} HTTP/1.1\r\nHost: ab\r\n\r\n";
        vec![Probe::raw("request in the body of a GET", bytes)]
    })
    .alone()
    .intrusive()
    .judges_refusals()
    .judged(|exchanges, judgement| {
        for exchange in exchanges {
            if exchange.arrivals.len() > 1 {
                judgement.forbidden("split", "makes a second request of the body of a GET");
            } else if exchange.arrived().is_some_and(|arrived| arrived.body.is_empty()) {
                judgement.change("body-dropped", "drops the body of a GET that holds a request");
            }
        }
    }),
    Check::response("26.7", "response splitting by reflected values", "RFC 9112, section 11.1", || {
        let fields = [("Location", "/x%0d%0aX-Injected:%201"), ("X-Reflected", "a%0d%0aX-Injected: 1")];
        vec![Probe::get("escaped line ends", "/a").script(Script::answer("302 Found", &fields, b"")).done()]
    })
    .owns(&["field-added"])
    .judged(|exchanges, judgement| {
        if exchanges.iter().any(|exchange| exchange.got().is_some_and(|got| got.has("x-injected"))) {
            judgement.forbidden("split", "decodes `%0d%0a` of a response field into a line end");
        }
    }),
];

fn plain() -> Vec<Probe> {
    vec![Probe::get("plain", "/a").done(), Probe::request("POST", "POST", "/a").body("x").done()]
}

/// Four calls on one client connection, 80 ms apart.
fn four() -> Probe {
    let one = "GET {{path}}/a HTTP/1.1\r\nHost: {{host}}\r\n{{own}}\r\n";
    Probe::raw("four calls", one).piece(80, one).piece(80, one).piece(80, one).responses(4)
}

/// Four pieces, 150 ms apart.
fn pieces(name: &'static str, size: usize) -> Probe {
    let head =
        b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    let mut steps = vec![Step::Read, Step::Send(head), Step::Pause(50)];
    for _ in 0..4 {
        let chunk = [format!("{size:x}\r\n").as_bytes(), &vec![b'x'; size], b"\r\n"].concat();
        steps.extend([Step::Send(chunk), Step::Pause(150)]);
    }
    steps.push(Step::Send(b"0\r\n\r\n".to_vec()));
    Probe::get(name, "/a").script(Script::steps(steps)).done()
}

fn held(exchanges: &[Exchange], judgement: &mut Judgement) {
    for exchange in exchanges {
        let Some(got) = exchange.got().filter(|got| got.status() == 200) else { continue };
        // The upstream takes 600 ms from the first piece to the end.
        let spread = got.times.body_first_ms.map_or(0, |first| got.times.end_ms.saturating_sub(first));
        if spread < 200 {
            judgement.say(
                Verdict::Policy,
                "held",
                exchange.probe,
                format!("holds {} back until the end of the answer", exchange.probe),
            );
        }
    }
}

/// Fields by which later attempts differ from the first.
fn marked(exchanges: &[Exchange], judgement: &mut Judgement) {
    if exchanges.iter().all(|exchange| exchange.arrivals.len() < 2) {
        judgement.not_applicable("nothing is sent again");
    }
    for exchange in exchanges {
        let Some(first) = exchange.arrived() else { continue };
        for arrival in exchange.arrivals.iter().skip(1) {
            for field in &arrival.arrived.fields {
                if first.values(&field.key()) != arrival.arrived.values(&field.key()) {
                    let name = field.key();
                    let said = format!("sends another attempt with another `{}`", text(&field.name));
                    judgement.say(Verdict::Policy, "attempt-marked", &name, said);
                }
            }
        }
    }
}
