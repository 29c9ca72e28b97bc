//! Framing of requests (group 5).

use crate::conduct::{Conduct, FAITHFUL};
use crate::editor::{Editor, Out};
use crate::editors::{Chunked, Counted, Deal, Hold, JoinChunks, NoExtensions, Smaller, Trailers, Until, every};
use crate::fault::{Answer, Commit, Fault};
use crate::http1::{Event, Head};

pub(super) const FAULTS: &[Fault] = &[
    Fault::new(
        "request-chunked",
        &["5.1"],
        "Sends request bodies with a length in chunks.",
        Commit::Request(|| Box::new(Chunked::new(every))),
    ),
    Fault::new(
        "request-counted",
        &["5.2"],
        "Holds chunked request bodies and sends them with a length.",
        Commit::Request(|| Box::new(Counted::default())),
    )
    .also(&["5.9", "5.10", "5.11", "5.12"]),
    Fault::request(
        "request-length-zero",
        &["5.3"],
        "Adds `Content-Length: 0` to requests without a body.",
        |head, _| {
            if !head.has("Content-Length") && !head.has("Transfer-Encoding") {
                head.add("Content-Length", "0");
            }
        },
    )
    .also(&["3.15"]),
    Fault::new(
        "request-body-of-get-dropped",
        &["5.8"],
        "Drops the bodies of GET, HEAD and OPTIONS.",
        Commit::Request(|| Box::new(NoBody { which: &[b"GET", b"HEAD", b"OPTIONS"], active: false })),
    ),
    Fault::new(
        "request-body-of-delete-dropped",
        &["5.8"],
        "Drops the bodies of DELETE.",
        Commit::Request(|| Box::new(NoBody { which: &[b"DELETE"], active: false })),
    ),
    Fault::new(
        "request-chunks-cut",
        &["5.9"],
        "Cuts the chunks of requests into chunks of at most 3 bytes.",
        Commit::Request(|| Box::new(Smaller::new(3))),
    )
    .also(&["5.10"]),
    Fault::new(
        "request-chunks-joined",
        &["5.9"],
        "Joins two chunks of a request into one.",
        Commit::Request(|| Box::new(JoinChunks::default())),
    )
    .also(&["5.10", "5.12"]),
    Fault::new(
        "request-extensions-dropped",
        &["5.10"],
        "Drops the chunk extensions of requests.",
        Commit::Request(|| Box::new(NoExtensions)),
    ),
    Fault::new(
        "request-trailers-dropped",
        &["5.11"],
        "Drops the trailers of requests.",
        Commit::Request(|| Box::new(Trailers::new(Deal::Drop))),
    ),
    Fault::new(
        "request-trailers-merged",
        &["5.11"],
        "Turns announced trailers of requests into fields of the head.",
        Commit::Request(|| Box::new(Trailers::new(Deal::Merge))),
    )
    .also(&["5.12", "3.15"]),
    Fault::new(
        "request-trailers-unannounced-dropped",
        &["5.11"],
        "Drops trailers of requests that `Trailer` doesn't announce.",
        Commit::Request(|| Box::new(Trailers::new(Deal::Announced))),
    ),
    Fault::new(
        "request-held",
        &["5.12"],
        "Sends a request only when its body is complete.",
        Commit::Request(|| Box::new(Hold::whole(every, Until::End))),
    )
    .also(&["5.14", "5.15", "6.3", "14.8"]),
    Fault::new(
        "request-held-bytes",
        &["5.12"],
        "Holds request bodies until 4,096 bytes or the end.",
        Commit::Request(|| Box::new(Hold::body(every, Until::Bytes(4096)))),
    )
    .also(&["5.14", "14.8"]),
    Fault::new(
        "request-body-limit",
        &["5.13"],
        "Answers 413 to bodies of more than 65,536 bytes.",
        Commit::Conduct(Conduct { body_limit: Some(65_536), ..FAITHFUL }),
    ),
    Fault::new(
        "request-length-required",
        &["5.13", "5.2"],
        "Answers 411 to chunked requests.",
        Commit::Answer(|head, _| {
            head.has("Transfer-Encoding").then(|| Answer::last("411 Length Required", "", "length required\n"))
        }),
    ),
    Fault::new(
        "early-answer-lost",
        &["5.14"],
        "Answers 502 when the upstream answers before it has the whole request.",
        Commit::Conduct(Conduct { early_is_502: true, ..FAITHFUL }),
    )
    .also(&["6.3", "14.8"]),
    Fault::new(
        "request-stopped-at-answer",
        &["5.14", "6.3"],
        "Stops forwarding a request once the upstream has answered.",
        Commit::Conduct(Conduct { stops_at_answer: true, ..FAITHFUL }),
    )
    .also(&["14.8"]),
    Fault::new(
        "request-filled-up",
        &["5.15"],
        "Fills up the body of a client that left half-way.",
        Commit::Conduct(Conduct { fills_up: true, ..FAITHFUL }),
    )
    .also(&["5.16", "14.6", "14.7"]),
    Fault::new(
        "leaving-hidden",
        &["14.6", "5.16"],
        "Doesn't tell the upstream that the client has left.",
        Commit::Conduct(Conduct { hides_leaving: true, ..FAITHFUL }),
    )
    .also(&["5.15", "14.7"]),
];

/// Drops the bodies of requests with one of these methods.
#[derive(Debug)]
struct NoBody {
    which: &'static [&'static [u8]],
    active: bool,
}

impl Editor for NoBody {
    fn on(&mut self, event: Event, _: &Head, out: &mut Out) {
        match event {
            Event::Head(mut head) => {
                self.active = self.which.contains(&head.method());
                if self.active {
                    head.keep(|line| !line.is("Content-Length") && !line.is("Transfer-Encoding"));
                }
                out.send(head.bytes());
            }
            Event::Raw(bytes) => out.send(bytes),
            event if !self.active => out.pass(&event),
            _ => {}
        }
    }
}
