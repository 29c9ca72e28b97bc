//! Expectations and interim responses (group 6).

use crate::conduct::{Conduct, FAITHFUL};
use crate::editors::{Early, Interim};
use crate::fault::{Answer, Commit, Fault};
use crate::http1::Framing;

pub(super) const FAULTS: &[Fault] = &[
    Fault::request("expect-removed", &["6.1"], "Removes `Expect`.", |head, _| head.remove("Expect"))
        .also(&["6.3", "6.4", "6.5"]),
    Fault::new(
        "continue-said-early",
        &["6.2"],
        "Says 100 by itself, and drops the upstream's.",
        Commit::Conduct(Conduct { says_continue: true, ..FAITHFUL }),
    )
    .also(&["6.3", "6.4"]),
    Fault::new(
        "continue-dropped",
        &["6.2", "6.7"],
        "Drops the upstream's 100.",
        Commit::Response(|| Box::new(Interim::new(|head, _| head.status() != 100))),
    )
    .also(&["6.4"]),
    Fault::new(
        "continue-awaited",
        &["6.4"],
        "Doesn't forward a body before the upstream has said 100.",
        Commit::Conduct(Conduct { waits_for_continue: true, ..FAITHFUL }),
    )
    .also(&["6.3"]),
    Fault::new(
        "expectation-refused",
        &["6.5"],
        "Answers 417 to expectations other than `100-continue`.",
        Commit::Answer(|head, _| {
            let odd = head.get("Expect").is_some_and(|value| !value.eq_ignore_ascii_case(b"100-continue"));
            odd.then(|| Answer::last("417 Expectation Failed", "", "unknown expectation\n"))
        }),
    ),
    Fault::new(
        "early-hints-dropped",
        &["6.6"],
        "Drops 103 (Early Hints).",
        Commit::Response(|| Box::new(Interim::new(|head, _| head.status() != 103))),
    )
    .also(&["6.7"]),
    Fault::new(
        "early-hints-without-fields",
        &["6.6"],
        "Forwards 103 without its fields.",
        Commit::Response(|| {
            Box::new(Interim::new(|head, _| {
                if head.status() == 103 {
                    head.fields.clear();
                }
                true
            }))
        }),
    ),
    Fault::new(
        "early-hints-invented",
        &["6.6", "6.7"],
        "Sends 103 before each final response.",
        Commit::Response(|| Box::new(Early("HTTP/1.1 103 Early Hints\r\nLink: </gw.css>; rel=preload\r\n\r\n"))),
    )
    .also(&["6.8"]),
    Fault::new(
        "interim-first-only",
        &["6.7"],
        "Forwards the first interim response of each request, and no other.",
        Commit::Response(|| Box::new(Interim::new(|_, count| count == 1))),
    ),
    Fault::new(
        "processing-dropped",
        &["6.7"],
        "Drops 102 (Processing).",
        Commit::Response(|| Box::new(Interim::new(|head, _| head.status() != 102))),
    ),
    Fault::new(
        "upgrade-refused",
        &["6.9", "24.2"],
        "Turns 101 into 502 and closes.",
        Commit::Response(|| Box::new(NoUpgrade)),
    )
    .also(&["4.6", "24.1", "24.3", "24.4", "24.5", "24.6"]),
];

/// Refuses the upstream's 101.
#[derive(Debug)]
struct NoUpgrade;

impl crate::editor::Editor for NoUpgrade {
    fn on(&mut self, event: crate::http1::Event, asked: &crate::http1::Head, out: &mut crate::editor::Out) {
        match event {
            crate::http1::Event::Head(head) if Framing::of_response(&head, asked.method()) == Framing::Tunnel => {
                out.send(Answer::last("502 Bad Gateway", "", "no upgrades\n").bytes);
                out.close = true;
            }
            event => out.pass(&event),
        }
    }
}
