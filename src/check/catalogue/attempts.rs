//! Groups 16 to 18: retries, connections, protocol errors of the upstream.

use crate::check::{
    declaration::{Check, Exchange, Judgement},
    message::short,
    probe::{Probe, Script, Step},
    verdict::Verdict,
};

pub(super) const CHECKS: &[Check] = &[
    Check::request("16.1", "retried by status", "RFC 9110, section 9.2.2", || {
        ["500 Internal Server Error", "502 Bad Gateway", "503 Service Unavailable", "504 Gateway Timeout"]
            .into_iter()
            .map(|status| {
                Probe::get(status, "/a").script(Script::plain().after(Script::answer(status, &[], b"fails\n"))).done()
            })
            .collect()
    })
    .alone()
    .judged(repeated),
    Check::request("16.2", "retried on reset before, during and after the request", "RFC 9112, section 9.3.1", || {
        on_used_connections(vec![
            failing("closed before an answer", "GET", vec![Step::Read, Step::Close]),
            failing("reset before an answer", "GET", vec![Step::Read, Step::Reset]),
            failing("reset before the body is read", "GET", vec![Step::Reset]),
        ])
    })
    .alone()
    .judged(repeated),
    Check::request("16.4", "unsafe verbs retried", "RFC 9110, section 9.2.2", || {
        on_used_connections(vec![
            failing("POST, closed", "POST", vec![Step::Read, Step::Close]),
            failing("POST, reset", "POST", vec![Step::Read, Step::Reset]),
            failing("PATCH, reset", "PATCH", vec![Step::Read, Step::Reset]),
            failing(
                "POST, 503",
                "POST",
                vec![Step::Read, Step::Send(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n".to_vec())],
            ),
        ])
    })
    .alone()
    .judged(|exchanges, judgement| {
        for exchange in exchanges {
            let count = exchange.arrivals.len();
            if count > 1 {
                let text = format!("sends {} again though it is not idempotent", exchange.probe);
                judgement.say(Verdict::Forbidden, "repeated", exchange.probe, text);
            }
        }
    }),
    Check::request("16.5", "body whole on the retry", "RFC 9110, section 9.2.2", || {
        let busy = || vec![Step::Read, Step::Send(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n".to_vec())];
        on_used_connections(vec![
            failing("PUT, reset", "PUT", vec![Step::Read, Step::Reset]),
            failing("PUT, 503", "PUT", busy()),
            failing("POST, 503", "POST", busy()),
            failing("PATCH, 503", "PATCH", busy()),
        ])
    })
    .alone()
    .judged(|exchanges, judgement| {
        if exchanges.iter().all(|exchange| exchange.arrivals.len() < 2) {
            judgement.not_applicable("nothing is sent again");
        }
        for exchange in exchanges {
            for arrival in exchange.arrivals.iter().skip(1) {
                if arrival.arrived.body != exchange.sent.body {
                    judgement.forbidden("other-body", format!("sends attempt {} with another body", arrival.attempt));
                }
            }
        }
    }),
    Check::request("16.6", "retried though part of the answer was passed", "RFC 9112, section 9.3.1", || {
        let part = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n0123456789".to_vec();
        on_used_connections(vec![failing(
            "reset in the body",
            "GET",
            vec![Step::Read, Step::Send(part), Step::Pause(50), Step::Reset],
        )])
    })
    .alone()
    .judged(repeated),
    Check::request("16.9", "copies: mirror, hedge", "RFC 9110, section 9.2.2", || {
        vec![Probe::get("GET", "/a").done(), Probe::request("POST", "POST", "/a").body("x").done()]
    })
    .alone()
    .judged(repeated),
    Check::response("17.5", "Connection: close of the upstream obeyed", "RFC 9112, section 9.6", || {
        let close = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 3\r\n\r\nok\n";
        vec![Probe::get("close", "/a").script(Script::raw(close)).done(), Probe::get("next", "/a").done()]
    })
    .alone()
    .judged(|exchanges, judgement| {
        let [first, next] = exchanges else { return };
        let (Some(first), Some(next)) = (first.arrivals.first(), next.arrivals.first()) else { return };
        if first.connection == next.connection {
            judgement.forbidden("reused", "uses an upstream connection again after `Connection: close`");
        }
    }),
    Check::request("17.6", "requests sent ahead (pipelining)", "RFC 9112, section 9.3.2", || {
        let one = "GET {{path}}/a HTTP/1.1\r\nHost: {{host}}\r\n{{own}}\r\n";
        let slow = Script::steps(vec![
            Step::Read,
            Step::Pause(100),
            Step::Send(b"HTTP/1.1 200 OK\r\nX-N: first\r\nContent-Length: 3\r\n\r\nok\n".to_vec()),
        ]);
        let fast = Script::raw("HTTP/1.1 200 OK\r\nX-N: second\r\nContent-Length: 3\r\n\r\nok\n");
        vec![Probe::raw("two at once", one.repeat(2)).script(fast.after(slow)).responses(2)]
    })
    .alone()
    .judged(|exchanges, judgement| {
        for exchange in exchanges {
            let order: Vec<String> = exchange
                .received
                .responses
                .iter()
                .map(|response| response.value("x-n").map(|value| short(value, 20)).unwrap_or_default())
                .collect();
            if exchange.received.responses.iter().filter(|response| response.status() != 0).count() < 2 {
                judgement
                    .change("not-answered", "answers the first of two requests that are sent at once, and no other");
            } else if order.first().map(String::as_str) == Some("second") && exchange.arrivals.len() == 2 {
                judgement.forbidden("out-of-order", "answers two requests that are sent at once in the wrong order");
            }
        }
    }),
    Check::response("18.1", "no answer, then close", "RFC 9110, section 15.6.3", || {
        on_used_connections(vec![
            always("close at once", vec![Step::Close]),
            always("close after the request", vec![Step::Read, Step::Close]),
        ])
    })
    .alone()
    .judged(|exchanges, judgement| {
        for exchange in exchanges.iter().filter(|exchange| exchange.probe != "plain call before") {
            let status = exchange.status();
            judgement.number("upstream that closes without an answer", format!("status {status}"));
            if status != 502 {
                judgement.say(
                    Verdict::Change,
                    "other-status",
                    exchange.probe,
                    format!("answers {status} where 502 is meant ({})", exchange.probe),
                );
            } else {
                judgement.duty("answers-502", exchange.probe, format!("answers 502 ({})", exchange.probe));
            }
            if exchange.arrivals.len() > 1 {
                judgement.policy("repeated", "sends a GET again when no answer comes");
            }
        }
    }),
    Check::response("18.2", "garbage, HTTP/0.9, bad version, bad status line", "RFC 9112, section 4", || {
        let raw =
            |name, bytes: &str| always(name, vec![Step::Read, Step::Send(bytes.as_bytes().to_vec()), Step::Close]);
        vec![
            raw("garbage", "garbage\r\n\r\n"),
            raw("HTTP/0.9", "<html>hello</html>\n"),
            raw("bad version", "HTTP/3.7 200 OK\r\nContent-Length: 3\r\n\r\nok\n"),
            raw("bad status", "HTTP/1.1 2x0 OK\r\nContent-Length: 3\r\n\r\nok\n"),
            raw("no status", "HTTP/1.1\r\nContent-Length: 3\r\n\r\nok\n"),
            raw("status of two digits", "HTTP/1.1 20 OK\r\nContent-Length: 3\r\n\r\nok\n"),
        ]
    })
    .alone()
    .judged(|exchanges, judgement| {
        for exchange in exchanges {
            let status = exchange.status();
            if status != 502 {
                let text = if status == 0 {
                    format!("gives the client no HTTP answer: {}", exchange.probe)
                } else {
                    format!("answers {status} to a broken answer of the upstream: {}", exchange.probe)
                };
                judgement.say(Verdict::Change, "other-status", exchange.probe, text);
            } else {
                judgement.duty(
                    "answers-502",
                    exchange.probe,
                    format!("answers 502 to a broken answer: {}", exchange.probe),
                );
            }
        }
    }),
];

/// Puts a plain call before each probe, so that it finds a pooled connection, and sends all of it twice: gateways send
/// again what failed on a connection that was used before.
fn on_used_connections(probes: Vec<Probe>) -> Vec<Probe> {
    let pairs = probes.into_iter().flat_map(|probe| [Probe::get("plain call before", "/a").done(), probe]);
    let once: Vec<Probe> = pairs.collect();
    [once.clone(), once].concat()
}

/// Fails the first attempt, then works.
fn failing(name: &'static str, method: &str, steps: Vec<Step>) -> Probe {
    let probe = Probe::request(name, method, "/a").script(Script::plain().after(Script::steps(steps)));
    if method == "GET" { probe.done() } else { probe.body("0123456789").done() }
}

/// Fails at each attempt.
fn always(name: &'static str, steps: Vec<Step>) -> Probe {
    Probe::get(name, "/a").script(Script::steps(steps)).done()
}

fn repeated(exchanges: &[Exchange], judgement: &mut Judgement) {
    for exchange in exchanges {
        let count = exchange.arrivals.len();
        if count > 1 {
            let text = format!("sends the request again ({}); the client gets {}", exchange.probe, exchange.status());
            judgement.say(Verdict::Policy, "repeated", exchange.probe, text);
        }
    }
}
