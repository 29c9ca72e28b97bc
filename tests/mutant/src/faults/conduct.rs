//! Timeouts, retries, connections, limits of rate, health probes (groups 9.6, 15, 16, 17, 27, 28).

use crate::conduct::{Conduct, FAITHFUL, RETRY, Retry, When};
use crate::fault::{Commit, Direction, Fault};

/// Declares a fault of conduct.
const fn conduct(id: &'static str, behaviours: &'static [&'static str], says: &'static str, conduct: Conduct) -> Fault {
    Fault::new(id, behaviours, says, Commit::Conduct(conduct))
}

/// Declares a retry.
const fn retry(id: &'static str, behaviours: &'static [&'static str], says: &'static str, retry: Retry) -> Fault {
    conduct(id, behaviours, says, Conduct { retry: Some(retry), ..FAITHFUL })
}

pub(super) const FAULTS: &[Fault] = &[
    conduct("preface", &["9.6"], "Sends a PROXY protocol line to the upstream.", Conduct { preface: true, ..FAITHFUL }),
    conduct(
        "timeout-first-byte",
        &["15.2"],
        "Answers 504 when the upstream has not begun to answer within a unit.",
        Conduct { first_byte: Some(1), ..FAITHFUL },
    )
    .towards(Direction::Response)
    .also(&["15.3", "15.4", "15.9", "6.2", "6.4", "6.7"]),
    conduct(
        "timeout-total",
        &["15.3"],
        "Cuts a response two units after the request, though bytes flow.",
        Conduct { total: Some(2), ..FAITHFUL },
    )
    .towards(Direction::Response)
    .also(&["15.2", "15.4", "15.5", "15.9", "14.1", "14.2", "14.5"]),
    conduct(
        "timeout-between",
        &["15.4"],
        "Cuts a response when a unit passes without a byte.",
        Conduct { between: Some(1), ..FAITHFUL },
    )
    .towards(Direction::Response)
    .also(&["15.3", "15.5", "15.9"]),
    conduct(
        "timeout-looks-whole",
        &["15.5"],
        "Ends a chunked response properly when a unit passes without a byte.",
        Conduct { between: Some(1), looks_whole: true, ..FAITHFUL },
    )
    .towards(Direction::Response)
    .also(&["15.3", "15.4", "15.9", "12.6"]),
    conduct(
        "timeout-untold",
        &["15.9"],
        "Answers 504 after a unit without an answer, and lets the upstream work on.",
        Conduct { first_byte: Some(1), untold: true, ..FAITHFUL },
    )
    .also(&["15.2", "15.3", "15.4", "6.2", "6.4", "6.7"]),
    conduct(
        "timeout-write",
        &["15.6"],
        "Answers 504 when the upstream doesn't read the request for a unit.",
        Conduct { write_within: Some(1), ..FAITHFUL },
    ),
    conduct(
        "timeout-head",
        &["15.7"],
        "Answers 408 when a request head is not complete within a unit.",
        Conduct { head_within: Some(1), ..FAITHFUL },
    ),
    Fault::request("timeout-told", &["15.8"], "Adds `X-Request-Timeout: 15` to requests.", |head, _| {
        head.add("X-Request-Timeout", "15");
    })
    .also(&["3.15"]),
    retry("retry-status", &["16.1"], "Sends safe requests up to twice more when they get 503.", RETRY).also(&["16.7"]),
    retry(
        "retry-status-spaced",
        &["16.1"],
        "Sends safe requests up to four times more when they get 503, with 0.2 units between.",
        Retry { times: 4, spacing: 2, ..RETRY },
    )
    .also(&["16.7", "16.8"]),
    retry(
        "retry-gone",
        &["16.2"],
        "Sends safe requests again when the upstream ends the connection without an answer.",
        Retry { when: When::Gone, times: 1, ..RETRY },
    )
    .also(&["18.1", "12.8"]),
    retry(
        "retry-late",
        &["16.3"],
        "Sends safe requests again when they aren't answered within a unit, then answers 504.",
        Retry { when: When::Late, times: 1, ..RETRY },
    )
    .also(&["15.2", "15.3", "15.4", "15.9", "6.7"]),
    retry(
        "retry-unsafe",
        &["16.4"],
        "Sends POST and PATCH again when they get 503.",
        Retry { unsafe_ones: true, times: 1, ..RETRY },
    )
    .also(&["16.1", "16.7", "16.8"]),
    retry(
        "retry-unsafe-gone",
        &["16.4", "16.2"],
        "Sends POST and PATCH again when the upstream ends the connection without an answer.",
        Retry { unsafe_ones: true, times: 1, when: When::Gone, ..RETRY },
    )
    .also(&["18.1", "12.8"]),
    retry(
        "retry-without-body",
        &["16.5"],
        "Sends POST and PATCH again without their body when they get 503.",
        Retry { unsafe_ones: true, times: 1, without_body: true, ..RETRY },
    )
    .also(&["16.1", "16.4", "16.7", "16.8"]),
    retry(
        "retry-broken",
        &["16.6"],
        "Sends safe requests again though part of the answer was passed.",
        Retry { when: When::Broken, times: 1, ..RETRY },
    )
    .also(&["12.4", "12.6", "12.8"]),
    retry(
        "retry-marked",
        &["16.7"],
        "Sends safe requests again when they get 503, with the number of the attempt in `X-Attempt`.",
        Retry { times: 1, marked: true, ..RETRY },
    )
    .also(&["16.1"]),
    conduct("mirrored", &["16.9"], "Sends every request a second time.", Conduct { mirrors: true, ..FAITHFUL }),
    conduct(
        "circuit",
        &["16.10", "28.2"],
        "Answers 503 for a unit after five responses with 5xx in a row.",
        Conduct { circuit: Some(5), ..FAITHFUL },
    ),
    conduct(
        "connection-each",
        &["17.1"],
        "Opens a new upstream connection for each request.",
        Conduct { each_its_own: true, ..FAITHFUL },
    )
    .also(&["17.6"]),
    conduct(
        "connection-shared",
        &["17.2"],
        "Uses an upstream connection again for other clients.",
        Conduct { pool: true, ..FAITHFUL },
    )
    .towards(Direction::Both)
    .also(&["17.3", "14.6", "14.7"]),
    conduct(
        "connection-stale",
        &["17.4"],
        "Uses a kept upstream connection without looking whether it was closed.",
        Conduct { pool: true, stale: true, ..FAITHFUL },
    )
    .towards(Direction::Both)
    .also(&["17.2", "17.3", "14.6", "14.7"]),
    conduct(
        "upstream-idle-closed",
        &["17.3"],
        "Closes the upstream's connection when it is idle for a unit, and opens another one when it needs one.",
        Conduct { upstream_idle: Some(1), ..FAITHFUL },
    )
    .also(&["17.1", "17.5"]),
    conduct(
        "client-idle-closed",
        &["17.3"],
        "Closes a client's connection that is idle for a unit.",
        Conduct { client_idle: Some(1), ..FAITHFUL },
    )
    .towards(Direction::Response),
    conduct(
        "close-ignored",
        &["17.5"],
        "Keeps the client's connection when the upstream closes its own.",
        Conduct { keeps_client: true, ..FAITHFUL },
    )
    .towards(Direction::Response)
    .also(&["4.11", "12.2"]),
    conduct(
        "pipelining-serialised",
        &["17.6"],
        "Forwards a request only after the previous response.",
        Conduct { one_at_a_time: true, ..FAITHFUL },
    ),
    conduct(
        "pipelining-dropped",
        &["17.6"],
        "Forgets requests that are sent ahead.",
        Conduct { drops_ahead: true, ..FAITHFUL },
    ),
    conduct(
        "connection-extra",
        &["17.7"],
        "Opens one more connection without a request for each client.",
        Conduct { extra: true, ..FAITHFUL },
    ),
    conduct(
        "connections-most",
        &["17.8"],
        "Answers 503 to clients while four connections are open.",
        Conduct { most: Some(4), ..FAITHFUL },
    ),
    conduct(
        "pool-poisoned",
        &["17.9", "12.5"],
        "Gives bytes that come after a response to whoever gets the connection next.",
        Conduct { pool: true, leftovers: true, ..FAITHFUL },
    )
    .towards(Direction::Both)
    .intrusive()
    .also(&["17.2", "17.3", "14.6", "14.7", "18.3", "12.10"]),
    conduct(
        "rate-limited",
        &["27.1"],
        "Answers 429 with `Retry-After: 1` after 20 requests within a unit.",
        Conduct { rate: Some(20), ..FAITHFUL },
    )
    .towards(Direction::Response)
    .also(&["27.2"]),
    conduct(
        "health-probed",
        &["28.1"],
        "Asks the upstream for `/healthz` every unit.",
        Conduct { probes: true, ..FAITHFUL },
    )
    .also(&["17.7"]),
];
