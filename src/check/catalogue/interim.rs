//! Group 6: expectations and interim answers.

use crate::check::{
    declaration::{Check, Exchange, Judgement},
    probe::{Probe, Request, Script, Step},
    verdict::Verdict,
};

pub(super) const CHECKS: &[Check] = &[
    Check::request("6.1", "Expect: 100-continue forwarded, removed", "RFC 9110, section 10.1.1", || {
        vec![post("whole at once").field("Expect", "100-continue").body("hello").done()]
    }),
    Check::response("6.2", "gateway says 100 by itself", "RFC 9110, section 10.1.1", || {
        let late = Script::steps(vec![Step::Pause(400), Step::Read, send(OK)]);
        let head =
            "POST {{path}}/a HTTP/1.1\r\nHost: {{host}}\r\n{{own}}Expect: 100-continue\r\nContent-Length: 5\r\n\r\n";
        vec![Probe::raw("body after 700 ms", head).piece(700, "hello").script(late)]
    })
    .alone()
    .judged(continues),
    Check::request("6.5", "unknown expectation", "RFC 9110, section 10.1.1", || {
        vec![Probe::get("Expect: x-marked", "/a").field("Expect", "x-marked").done()]
    }),
    Check::response("6.6", "103 forwarded with its fields", "RFC 8297, section 2", || {
        let early = "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n";
        let script = Script::steps(vec![Step::Read, send(early), Step::Pause(500), send(OK)]);
        vec![Probe::get("one 103", "/a").script(script).done()]
    })
    .judged(early_hints),
    Check::response("6.7", "several interim answers", "RFC 9110, section 15.2", || {
        let three = "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>; rel=a\r\n\r\nHTTP/1.1 103 Early Hints\r\n\
                     Link: </b>; rel=b\r\n\r\n";
        vec![
            Probe::get("three", "/a").script(Script::steps(vec![Step::Read, send(three), send(OK)])).done(),
            Probe::get("102 alone", "/a")
                .script(Script::steps(vec![Step::Read, send("HTTP/1.1 102 Processing\r\n\r\n"), send(OK)]))
                .done(),
        ]
    })
    .owns(&["interim-"]),
    Check::response("6.8", "interim answers to HTTP/1.0 clients", "RFC 9110, section 15.2", || {
        let script =
            Script::steps(vec![Step::Read, send("HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=a\r\n\r\n"), send(OK)]);
        vec![Probe::get("HTTP/1.0", "/a").start("GET {{path}}/a HTTP/1.0").script(script).done()]
    })
    .alone()
    .judged(|exchanges, judgement| {
        if exchanges.iter().any(|exchange| exchange.got().is_some_and(|got| !got.interim.is_empty())) {
            judgement.forbidden("interim-to-1.0", "sends an interim answer to a client of HTTP/1.0");
        }
    }),
    Check::response("6.9", "101 that was not asked for", "RFC 9110, section 15.2.2", || {
        let script = Script::raw("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\nbytes")
            .then([Step::Close]);
        vec![Probe::get("101", "/a").script(script).done().wait(3_000)]
    })
    .alone()
    .judged(|exchanges, judgement| {
        for exchange in exchanges {
            if exchange.status() == 101 {
                judgement.forbidden("passed-on", "passes on a 101 that the client did not ask for");
            } else {
                judgement.duty("stopped", "", format!("answers {} to a 101 that the client did not ask for", exchange.status()));
            }
        }
    }),
];

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nok\n";

fn send(text: &str) -> Step {
    Step::Send(text.as_bytes().to_vec())
}

fn post(name: &'static str) -> Request {
    Probe::request(name, "POST", "/a")
}

fn continues(exchanges: &[Exchange], judgement: &mut Judgement) {
    for exchange in exchanges {
        let Some(got) = exchange.got() else { continue };
        let Some(first) = got.interim.iter().find(|interim| interim.status == 100) else {
            if exchange.arrived().is_some() {
                judgement.say(Verdict::Change, "continue-lost", "", "gives the client no 100");
            }
            continue;
        };
        // The upstream says 100 at 400 ms.
        if first.at_ms < 250 {
            judgement.policy("own-continue", "says 100 by itself, before the upstream does");
        }
    }
}

fn early_hints(exchanges: &[Exchange], judgement: &mut Judgement) {
    for exchange in exchanges {
        let Some(got) = exchange.got() else { continue };
        if let Some(hint) = got.interim.first()
            && got.times.head_ms.saturating_sub(hint.at_ms) < 120
        {
            judgement.change("held", "holds 103 back until the final answer");
        }
    }
}
