//! Streaming (group 14).

use crate::conduct::{Conduct, FAITHFUL};
use crate::editors::{Hold, Until, every};
use crate::fault::{Commit, Direction, Fault};

pub(super) const FAULTS: &[Fault] = &[
    Fault::new(
        "events-held",
        &["14.1"],
        "Holds event streams until their end.",
        Commit::Response(|| Box::new(Hold::body(|head, _| head.says("Content-Type", "text/event-stream"), Until::End))),
    )
    .also(&["14.3"]),
    Fault::new(
        "response-held",
        &["14.2"],
        "Holds responses that are no event streams until their end.",
        Commit::Response(|| {
            Box::new(Hold::whole(|head, _| !head.says("Content-Type", "text/event-stream"), Until::End))
        }),
    )
    .also(&["14.1", "14.3", "14.5", "14.8", "15.3", "15.4"]),
    Fault::new(
        "response-held-bytes",
        &["14.3"],
        "Holds response bodies until 4,096 bytes or the end.",
        Commit::Response(|| Box::new(Hold::body(every, Until::Bytes(4096)))),
    )
    .also(&["14.1", "14.2", "14.8"]),
    Fault::new(
        "buffered-despite-field",
        &["14.4"],
        "Holds responses that say `X-Accel-Buffering: no`.",
        Commit::Response(|| Box::new(Hold::body(|head, _| head.says("X-Accel-Buffering", "no"), Until::End))),
    )
    .also(&["14.1", "14.2", "14.3"]),
    Fault::new(
        "slow-reader-stored",
        &["14.5"],
        "Reads the response as fast as it comes, whatever the client takes.",
        Commit::Conduct(Conduct { reads_ahead: true, ..FAITHFUL }),
    )
    .towards(Direction::Response),
    Fault::new(
        "half-close-drops",
        &["14.7"],
        "Drops the exchange when the client closes its sending side.",
        Commit::Conduct(Conduct { half_close_drops: true, ..FAITHFUL }),
    )
    .also(&["14.6"]),
    Fault::new(
        "half-duplex",
        &["14.8"],
        "Holds the response until the request is complete.",
        Commit::Conduct(Conduct { half_duplex: true, ..FAITHFUL }),
    )
    .towards(Direction::Both)
    .also(&["5.14", "6.3"]),
];
