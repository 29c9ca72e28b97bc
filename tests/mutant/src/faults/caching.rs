//! Caching (group 19): each fault stores or reuses what it must not, and nothing else.

use crate::cache::{Reuse, Rules, plain_key};
use crate::fault::{Commit, Fault};
use crate::http1::Head;

const fn cache(
    id: &'static str,
    behaviours: &'static [&'static str],
    says: &'static str,
    stores: fn(&Head, &Head) -> bool,
) -> Fault {
    Fault::new(id, behaviours, says, Commit::Cache(Rules { key: plain_key, stores, reuse: Reuse::Always }))
}

const fn keyed(
    id: &'static str,
    behaviours: &'static [&'static str],
    says: &'static str,
    key: fn(&Head) -> Option<Vec<u8>>,
) -> Fault {
    Fault::new(id, behaviours, says, Commit::Cache(Rules { key, stores: fresh, reuse: Reuse::Always }))
}

pub(super) const FAULTS: &[Fault] = &[
    cache("cached-without-freshness", &["19.1"], "Reuses 200 without `Cache-Control` and `Expires`.", |_, response| {
        response.status() == 200 && !response.has("Cache-Control") && !response.has("Expires") && plain(response)
    }),
    cache("cached-for-ever", &["19.2"], "Reuses answers with `max-age` for ever, without `Age`.", fresh),
    cache("cached-expired", &["19.2"], "Reuses answers with `max-age=0` or an `Expires` of 0.", |_, response| {
        response.says("Cache-Control", "max-age=0") || response.get("Expires") == Some(b"0")
    }),
    cache("cached-no-store", &["19.3"], "Reuses answers with `no-store`.", |_, response| {
        response.says("Cache-Control", "no-store")
    }),
    cache("cached-private", &["19.3"], "Reuses answers with `private`.", |_, response| {
        response.says("Cache-Control", "private")
    })
    .also(&["19.6"]),
    cache("cached-no-cache", &["19.3"], "Reuses answers with `no-cache`, unasked.", |_, response| {
        response.says("Cache-Control", "no-cache")
    }),
    keyed("key-without-query", &["19.4"], "Leaves the query out of the key of its cache.", |head| {
        (head.method() == b"GET" && head.query().is_some())
            .then(|| [head.text("Host").as_bytes(), head.path()].concat())
    })
    .also(&["19.2"]),
    keyed("key-without-host", &["19.4"], "Leaves the host out of the key of its cache.", |head| {
        (head.method() == b"GET").then(|| head.target().to_vec())
    })
    .also(&["19.2"]),
    keyed("key-without-case", &["19.4"], "Ignores the case of the path in the key of its cache.", |head| {
        (head.method() == b"GET").then(|| head.target().to_ascii_lowercase())
    })
    .also(&["19.2"]),
    cache("vary-ignored", &["19.5"], "Reuses answers with `max-age` and `Vary` for all.", |_, response| {
        response.has("Vary")
            && response.says("Cache-Control", "max-age=")
            && !response.says("Cache-Control", "max-age=0")
    })
    .also(&["19.2"]),
    cache(
        "authorized-shared",
        &["19.6"],
        "Reuses answers to requests with `Authorization` for all.",
        |asked, response| asked.has("Authorization") && response.says("Cache-Control", "max-age="),
    )
    .also(&["19.2"])
    .intrusive(),
    cache("set-cookie-shared", &["19.6"], "Reuses answers with `Set-Cookie` for all.", |_, response| {
        response.has("Set-Cookie") && response.status() == 200
    })
    .also(&["19.1", "19.2"])
    .intrusive(),
    Fault::new(
        "not-modified-itself",
        &["19.7", "22.4"],
        "Answers `If-None-Match` itself with 304, without the stored fields.",
        Commit::Cache(Rules {
            key: plain_key,
            stores: |_, response| response.status() == 200 && response.has("ETag"),
            reuse: Reuse::NotModified,
        }),
    )
    .also(&["22.5", "19.1", "19.2"]),
    Fault::new(
        "stale-on-error",
        &["19.8"],
        "Gives the last 200 in place of a 5xx.",
        Commit::Cache(Rules { key: plain_key, stores: |_, response| response.status() == 200, reuse: Reuse::OnError }),
    )
    .also(&["10.1", "10.4", "16.1"]),
    Fault::new(
        "calls-joined",
        &["19.10"],
        "Gives the answer of a GET to others that ask the same meanwhile.",
        Commit::Cache(Rules {
            key: plain_key,
            stores: |_, response| response.status() == 200,
            reuse: Reuse::Meanwhile,
        }),
    )
    .also(&["17.8"]),
    keyed(
        "poisoned-by-forwarded-host",
        &["19.11"],
        "Reuses answers whatever `X-Forwarded-Host` they were made for.",
        |head| (head.method() == b"GET").then(|| head.target().to_vec()),
    )
    .also(&["19.2", "19.4"])
    .intrusive(),
];

fn fresh(_: &Head, response: &Head) -> bool {
    response.says("Cache-Control", "max-age=") && !response.says("Cache-Control", "max-age=0") && plain(response)
}

/// Says whether nothing but freshness is special about a response.
fn plain(response: &Head) -> bool {
    let special = ["no-store", "private", "no-cache", "must-revalidate"];
    !response.has("Vary")
        && !response.has("Set-Cookie")
        && !special.iter().any(|directive| response.says("Cache-Control", directive))
}
