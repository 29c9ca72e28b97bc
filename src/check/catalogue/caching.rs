//! Group 19: caching. The same call is made twice on one connection, the second 400 ms after the first; the number of
//! arrivals tells whether the second was answered from a cache.

use crate::check::{
    declaration::{Check, Exchange, Judgement},
    probe::{Probe, Script},
    verdict::Verdict,
};

pub(super) const CHECKS: &[Check] = &[
    Check::response("19.1", "answers without freshness reused", "RFC 9111, section 4.2.2", || {
        vec![
            twice("no freshness", "", "", &[]),
            twice("Last-Modified alone", "", "", &[("Last-Modified", "Thu, 31 May 2007 20:35:00 GMT")]),
        ]
    })
    .alone()
    .judged(|exchanges, judgement| reused(exchanges, judgement, Verdict::Policy)),
    Check::response("19.2", "max-age, s-maxage, Expires, Age", "RFC 9111, section 4.2", || {
        vec![
            twice("max-age=60", "", "", &[("Cache-Control", "max-age=60")]),
            twice("max-age=0", "", "", &[("Cache-Control", "max-age=0")]),
            twice("Expires of the past", "", "", &[("Expires", "Thu, 31 May 2007 20:35:00 GMT")]),
            twice("Expires of 0", "", "", &[("Expires", "0")]),
            twice("Age above max-age", "", "", &[("Cache-Control", "max-age=60"), ("Age", "100")]),
            Probe::get("fields", "/a")
                .script(Script::answer(
                    "200 OK",
                    &[
                        ("Cache-Control", "max-age=60, s-maxage=30"),
                        ("Age", "5"),
                        ("Expires", "Fri, 31 Dec 2049 23:59:59 GMT"),
                    ],
                    b"ok\n",
                ))
                .done(),
        ]
    })
    .judged(fresh),
    Check::response("19.3", "no-store, private, no-cache, must-revalidate", "RFC 9111, section 5.2.2", || {
        vec![
            twice("no-store", "", "", &[("Cache-Control", "no-store")]),
            twice("no-store beside max-age", "", "", &[("Cache-Control", "max-age=60, no-store")]),
            twice("private", "", "", &[("Cache-Control", "private, max-age=60")]),
            twice("no-cache", "", "", &[("Cache-Control", "no-cache, max-age=60")]),
        ]
    })
    .alone()
    .judged(|exchanges, judgement| reused(exchanges, judgement, Verdict::Forbidden)),
    Check::response("19.4", "key: query, case, verb", "RFC 9111, section 2", || {
        vec![
            pair("query", ("GET", "/a?x=1", ""), ("GET", "/a?x=2", ""), FRESH),
            pair("case of the path", ("GET", "/a", ""), ("GET", "/A", ""), FRESH),
            pair("verb", ("GET", "/a", ""), ("OPTIONS", "/a", ""), FRESH),
        ]
    })
    .alone()
    .judged(|exchanges, judgement| reused(exchanges, judgement, Verdict::Forbidden)),
    Check::response("19.5", "Vary in the key", "RFC 9111, section 4.1", || {
        let fields = &[("Cache-Control", "max-age=60"), ("Vary", "X-Lang")];
        vec![
            twice("Vary: X-Lang", "X-Lang: de\r\n", "X-Lang: en\r\n", fields),
            twice("Vary: *", "", "", &[("Cache-Control", "max-age=60"), ("Vary", "*")]),
        ]
    })
    .alone()
    .judged(|exchanges, judgement| reused(exchanges, judgement, Verdict::Forbidden)),
    Check::response("19.6", "answers to Authorization, and with Set-Cookie, shared", "RFC 9111, section 3.5", || {
        vec![
            twice(
                "Authorization",
                "Authorization: Basic b25lOm9uZQ==\r\n",
                "Authorization: Basic dHdvOnR3bw==\r\n",
                FRESH,
            ),
            twice("Set-Cookie", "", "", &[("Cache-Control", "max-age=60"), ("Set-Cookie", "a=1")]),
        ]
    })
    .alone()
    .judged(|exchanges, judgement| {
        for exchange in exchanges.iter().filter(|exchange| from_cache(exchange)) {
            if exchange.probe == "Set-Cookie" {
                judgement.policy("cookie-shared", "gives an answer with `Set-Cookie` to a second call");
            } else {
                judgement.forbidden("authorized-shared", "gives the answer to one `Authorization` to another");
            }
        }
    }),
    Check::response("19.7", "validation by the gateway itself", "RFC 9111, section 4.3", || {
        let fields = &[("Cache-Control", "max-age=60"), ("ETag", "\"a\"")];
        vec![twice("If-None-Match", "", "If-None-Match: \"a\"\r\n", fields)]
    })
    .alone()
    .judged(|exchanges, judgement| {
        for exchange in exchanges.iter().filter(|exchange| from_cache(exchange)) {
            if let Some(second) = exchange.received.responses.get(1).filter(|second| second.status() == 304) {
                judgement.policy("answers-304", "answers `If-None-Match` itself from its cache");
                if !second.has("etag") {
                    judgement.forbidden("304-without-etag", "answers 304 without the `ETag` of its stored answer");
                }
            }
        }
    }),
    Check::response("19.8", "stale answers on errors", "RFC 9111, section 4.2.4", || {
        let first = Script::answer("200 OK", &[("Cache-Control", "max-age=0, must-revalidate")], b"first\n");
        let mut probe = twice("must-revalidate", "", "", &[]);
        probe.script = Script::answer("503 Service Unavailable", &[], b"down\n").after(first);
        vec![probe]
    })
    .alone()
    .judged(|exchanges, judgement| {
        for exchange in exchanges {
            if exchange.received.responses.get(1).is_some_and(|second| second.body == b"first\n") {
                judgement.forbidden("stale-on-error", "gives a stale answer in spite of `must-revalidate`");
            }
        }
    }),
    Check::response("19.9", "unsafe verbs invalidate", "RFC 9111, section 4.4", || {
        let get = line("GET", "/a", "");
        let post = line("POST", "/a", "Content-Length: 0\r\n");
        let probe = Probe::raw("GET, POST, GET", get.clone()).piece(400, post).piece(400, get).responses(3);
        vec![probe.script(Script::answer("200 OK", FRESH, b"ok\n"))]
    })
    .alone()
    .judged(|exchanges, judgement| {
        for exchange in exchanges {
            let gets = exchange.arrivals.iter().filter(|arrival| arrival.arrived.method() == b"GET").count();
            if gets == 1 && exchange.received.responses.len() == 3 && exchange.arrivals.len() == 2 {
                judgement.forbidden("not-invalidated", "gives a stored answer after a POST to the same target");
            }
        }
    }),
    Check::response("19.11", "field outside the key reflected (poisoning)", "RFC 9111, section 7.1", || {
        vec![twice("X-Forwarded-Host", "X-Forwarded-Host: poison.example\r\n", "", FRESH)]
    })
    .alone()
    .intrusive()
    .judged(|exchanges, judgement| {
        if exchanges.iter().any(from_cache) {
            judgement
                .policy("outside-the-key", "gives the answer to a call with `X-Forwarded-Host` to a call without it");
        }
    }),
];

const FRESH: &[(&str, &str)] = &[("Cache-Control", "max-age=60")];

fn line(method: &str, path: &str, fields: &str) -> String {
    format!("{method} {{{{path}}}}{path} HTTP/1.1\r\nHost: {{{{host}}}}\r\n{{{{own}}}}{fields}\r\n")
}

/// The same GET twice, with these fields.
fn twice(name: &'static str, one: &str, other: &str, fields: &[(&str, &str)]) -> Probe {
    pair(name, ("GET", "/a", one), ("GET", "/a", other), fields)
}

fn pair(name: &'static str, one: (&str, &str, &str), other: (&str, &str, &str), fields: &[(&str, &str)]) -> Probe {
    // An answer tells by its own number which attempt it is.
    let answer = |number: &str| {
        let mut fields = fields.to_vec();
        fields.push(("X-Attempt", number));
        Script::answer("200 OK", &fields, b"ok\n")
    };
    Probe::raw(name, line(one.0, one.1, one.2))
        .piece(400, line(other.0, other.1, other.2))
        .responses(2)
        .script(answer("2").after(answer("1")))
}

/// Tells whether the second call was answered without an arrival, with the first one's answer.
fn from_cache(exchange: &Exchange) -> bool {
    let second = exchange.received.responses.get(1);
    exchange.arrivals.len() == 1
        && second.is_some_and(|second| second.value("x-attempt") == Some(b"1") || second.status() == 304)
}

fn reused(exchanges: &[Exchange], judgement: &mut Judgement, verdict: Verdict) {
    for exchange in exchanges.iter().filter(|exchange| from_cache(exchange)) {
        judgement.say(
            verdict,
            "reused",
            exchange.probe,
            format!("gives a stored answer to a second call ({})", exchange.probe),
        );
    }
}

fn fresh(exchanges: &[Exchange], judgement: &mut Judgement) {
    for exchange in exchanges.iter().filter(|exchange| from_cache(exchange)) {
        if exchange.probe == "max-age=60" {
            judgement.policy("cached", "keeps answers with `max-age` and gives them to later calls");
            if exchange.received.responses.get(1).is_some_and(|second| !second.has("age")) {
                judgement.forbidden("no-age", "gives a stored answer without `Age`");
            }
        } else {
            let text = format!("gives a stale answer to a second call ({})", exchange.probe);
            judgement.say(Verdict::Forbidden, "stale", exchange.probe, text);
        }
    }
}
