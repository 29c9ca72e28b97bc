//! Hop-by-hop and forwarding fields (groups 4, 9).

use crate::fault::{Answer, Commit, Fault};
use crate::http1::Head;

pub(super) const FAULTS: &[Fault] = &[
    Fault::request("connection-close-added", &["4.1"], "Asks the upstream to close after each response.", |head, _| {
        head.set("Connection", "close");
    })
    .also(&["17.1"]),
    Fault::request(
        "connection-dropped",
        &["4.1"],
        "Removes `Connection` from requests that don't upgrade.",
        |head, _| {
            if !head.has("Upgrade") {
                head.remove("Connection");
            }
        },
    ),
    Fault::request(
        "named-fields-removed",
        &["4.2"],
        "Removes the fields named in `Connection`, `X-` ones only.",
        |head, _| {
            remove_named(head, |name| name.starts_with("x-") && !name.starts_with("x-forwarded"));
        },
    ),
    Fault::request(
        "named-credentials-removed",
        &["4.3"],
        "Removes `Authorization` when `Connection` names it.",
        |head, _| {
            remove_named(head, |name| name == "authorization");
        },
    ),
    Fault::request("keep-alive-dropped", &["4.4"], "Removes `Keep-Alive` and `Proxy-Connection`.", |head, _| {
        head.keep(|line| !line.is("Keep-Alive") && !line.is("Proxy-Connection"));
    }),
    Fault::request("te-dropped", &["4.5"], "Removes `TE`.", |head, _| head.remove("TE")),
    Fault::request("upgrade-h2c-dropped", &["4.6"], "Removes `Upgrade: h2c`.", |head, _| {
        if head.says("Upgrade", "h2c") {
            head.keep(|line| !line.is("Upgrade") && !line.is("HTTP2-Settings"));
        }
    }),
    Fault::request("via-added", &["4.7"], "Adds `Via: 1.1 mutant` to requests.", |head, _| {
        head.add("Via", "1.1 mutant");
    }),
    Fault::request("via-removed", &["4.7"], "Removes `Via` of requests.", |head, _| head.remove("Via")),
    Fault::response("via-response", &["4.7", "11.1"], "Adds `Via: 1.1 mutant` to responses.", |head, _| {
        head.add("Via", "1.1 mutant");
    }),
    Fault::request("max-forwards-counted", &["4.8"], "Counts `Max-Forwards` down.", |head, _| {
        head.edit("Max-Forwards", |value| {
            let number: u32 = std::str::from_utf8(value).ok()?.parse().ok()?;
            number.checked_sub(1).map(|less| less.to_string().into_bytes())
        });
    }),
    Fault::request("proxy-authorization-dropped", &["4.9"], "Removes `Proxy-Authorization`.", |head, _| {
        head.remove("Proxy-Authorization");
    }),
    Fault::new(
        "trace-answered",
        &["4.10"],
        "Answers TRACE itself with the whole request.",
        Commit::Answer(|head, _| {
            let echo = String::from_utf8_lossy(&head.bytes()).into_owned();
            (head.method() == b"TRACE").then(|| Answer::new("200 OK", "Content-Type: message/http\r\n", &echo))
        }),
    ),
    Fault::response(
        "connection-of-upstream-dropped",
        &["4.11"],
        "Removes `Keep-Alive` and `Proxy-Authenticate` of responses.",
        |head, _| {
            head.keep(|line| !line.is("Keep-Alive") && !line.is("Proxy-Authenticate"));
        },
    ),
    Fault::request("forwarded-for-added", &["9.1"], "Adds `X-Forwarded-For` when there is none.", |head, about| {
        if !head.has("X-Forwarded-For") {
            head.add("X-Forwarded-For", about.client);
        }
    })
    .also(&["3.15"]),
    Fault::request(
        "forwarded-for-appended",
        &["9.1"],
        "Appends the client to an `X-Forwarded-For` that came.",
        |head, about| {
            head.edit("X-Forwarded-For", |value| Some([value, b", ", about.client.as_bytes()].concat()));
        },
    ),
    Fault::request("forwarded-for-replaced", &["9.1"], "Replaces an `X-Forwarded-For` that came.", |head, about| {
        head.replace("X-Forwarded-For", about.client);
    }),
    Fault::request("forwarded-proto-set", &["9.2"], "Sets `X-Forwarded-Proto: https`.", |head, _| {
        head.set("X-Forwarded-Proto", "https");
    })
    .also(&["3.15"]),
    Fault::request("forwarded-host-set", &["9.3"], "Sets `X-Forwarded-Host` and `X-Forwarded-Port`.", |head, _| {
        let host = head.text("Host");
        head.set("X-Forwarded-Host", host.split(':').next().unwrap_or_default());
        head.set("X-Forwarded-Port", host.split(':').nth(1).unwrap_or("80"));
    })
    .also(&["3.15"]),
    Fault::request("forwarded-prefix-dropped", &["9.3"], "Removes `X-Forwarded-Prefix`.", |head, _| {
        head.remove("X-Forwarded-Prefix");
    }),
    Fault::request("forwarded-added", &["9.4"], "Adds `Forwarded` with the client's address.", |head, about| {
        head.add("Forwarded", format!("for={};proto=http", about.client));
    })
    .also(&["3.15"]),
    Fault::request("forwarded-dropped", &["9.4"], "Removes `Forwarded`.", |head, _| head.remove("Forwarded")),
    Fault::request("real-ip-set", &["9.5"], "Sets `X-Real-IP`.", |head, about| {
        head.set("X-Real-IP", about.client);
    })
    .also(&["3.15", "3.24"]),
    Fault::response("hop-fields-added", &["4.11", "11.1"], "Adds `Keep-Alive: timeout=5` to responses.", |head, _| {
        head.add("Keep-Alive", "timeout=5");
    }),
];

fn remove_named(head: &mut Head, which: fn(&str) -> bool) {
    let named = head.text("Connection").to_ascii_lowercase();
    for name in named.split(',').map(str::trim).filter(|name| which(name)) {
        head.remove(name);
    }
}
