//! Group 4: hop-by-hop fields.

use crate::check::{
    declaration::{Check, Exchange, Judgement},
    message::text,
    probe::{Probe, Script},
    verdict::Verdict,
};

pub(super) const CHECKS: &[Check] = &[
    Check::request("4.1", "Connection forwarded", "RFC 9110, section 7.6.1", || {
        vec![
            Probe::get("Connection: x-marked", "/a").field("Connection", "keep-alive, X-Marked").done(),
            Probe::get("Connection: close", "/a").field("Connection", "close").done(),
        ]
    })
    .alone()
    .judged(connection),
    Check::request("4.2", "fields named in Connection removed", "RFC 9110, section 7.6.1", || {
        vec![
            Probe::get("named", "/a")
                .field("Connection", "X-Marked")
                .field("X-Marked", "1")
                .field("X-Other", "1")
                .done(),
            Probe::get("odd case", "/a").field("Connection", "keep-alive,x-MARKED").field("X-Marked", "1").done(),
        ]
    })
    .alone()
    .judged(named),
    Check::request("4.3", "end-to-end fields stripped by abuse of Connection", "RFC 9110, section 7.6.1", || {
        let abuse = "X-Forwarded-For, X-Forwarded-Proto, X-Forwarded-Host, X-Real-IP, X-Request-Id, Forwarded";
        vec![Probe::get("plain", "/a").done(), Probe::get("abuse", "/a").field("Connection", abuse).done()]
    })
    .alone()
    .judged(stripped),
    Check::request("4.4", "Keep-Alive, Proxy-Connection forwarded", "RFC 9110, section 7.6.1", || {
        vec![
            Probe::get("both", "/a")
                .field("Connection", "keep-alive")
                .field("Keep-Alive", "timeout=5")
                .field("Proxy-Connection", "keep-alive")
                .done(),
        ]
    })
    .alone()
    .judged(|exchanges, judgement| {
        forwarded(exchanges, judgement, &["keep-alive", "proxy-connection"]);
    }),
    Check::request("4.5", "TE forwarded", "RFC 9110, section 10.1.4", || {
        vec![Probe::get("TE", "/a").field("Connection", "TE").field("TE", "trailers, gzip;q=0.5").done()]
    })
    .alone()
    .judged(|exchanges, judgement| {
        for exchange in exchanges {
            if let Some(te) = exchange.arrived().and_then(|arrived| arrived.value("te")) {
                let verdict = if te.eq_ignore_ascii_case(b"trailers") { Verdict::Policy } else { Verdict::Forbidden };
                judgement.say(verdict, "te-forwarded", "", format!("passes `TE: {}` on", text(te)));
            } else if exchange.arrived().is_some() {
                judgement.duty("te-removed", "", "removes `TE`");
            }
        }
    }),
    Check::request("4.6", "Upgrade leaked (h2c)", "RFC 9110, section 7.8", || {
        vec![
            Probe::get("h2c", "/a")
                .field("Connection", "Upgrade, HTTP2-Settings")
                .field("Upgrade", "h2c")
                .field("HTTP2-Settings", "AAMAAABkAAQCAAAAAAIAAAAA")
                .done(),
        ]
    })
    .alone()
    .judged(|exchanges, judgement| {
        if exchanges.iter().any(|exchange| exchange.arrived().is_some_and(|arrived| arrived.has("upgrade"))) {
            judgement.change("h2c-forwarded", "passes `Upgrade: h2c` on");
        } else if exchanges.iter().any(|exchange| exchange.arrived().is_some()) {
            judgement.duty("upgrade-removed", "", "removes `Upgrade: h2c`");
        }
    }),
    Check::request("4.7", "Via added, name and version right", "RFC 9110, section 7.6.3", || {
        vec![
            Probe::get("with Via", "/a").field("Via", "1.0 first, 1.1 second (comment)").done(),
            Probe::get("without", "/a").done(),
        ]
    })
    .alone()
    .judged(via),
    Check::request("4.8", "Max-Forwards counted down", "RFC 9110, section 7.6.2", || {
        vec![
            Probe::request("OPTIONS with 1", "OPTIONS", "/a").field("Max-Forwards", "1").done(),
            Probe::request("OPTIONS with 0", "OPTIONS", "/a").field("Max-Forwards", "0").done(),
        ]
    })
    .alone()
    .judges_refusals()
    .judged(max_forwards),
    Check::request("4.9", "Proxy-Authorization passed on", "RFC 9110, section 11.7.2", || {
        vec![Probe::get("Proxy-Authorization", "/a").field("Proxy-Authorization", "Basic bWFya2Vk").done()]
    })
    .alone()
    .judged(|exchanges, judgement| {
        if exchanges.iter().any(|exchange| exchange.arrived().is_some_and(|arrived| arrived.has("proxy-authorization")))
        {
            judgement.policy("passed-on", "passes `Proxy-Authorization` on");
        } else if exchanges.iter().any(|exchange| exchange.arrived().is_some()) {
            judgement.duty("removed", "", "removes `Proxy-Authorization`");
        }
    }),
    Check::request("4.10", "TRACE reflected with credentials", "RFC 9110, section 9.3.8", || {
        vec![
            Probe::request("TRACE", "TRACE", "/a")
                .field("Authorization", "Basic bWFya2Vk")
                .field("Cookie", "marked=1")
                .field("Max-Forwards", "0")
                .done(),
        ]
    })
    .alone()
    .judges_refusals()
    .judged(|exchanges, judgement| {
        for exchange in exchanges {
            let reflected = exchange.arrivals.is_empty()
                && exchange.got().is_some_and(|got| crate::check::probe::find(&got.body, b"bWFya2Vk").is_some());
            if reflected {
                judgement.forbidden("reflected", "answers TRACE itself, with `Authorization` and `Cookie`");
            } else if !exchange.arrivals.is_empty() {
                judgement.policy("passed-on", "passes TRACE with `Max-Forwards: 0` on");
            }
        }
    }),
    Check::response(
        "4.11",
        "connection fields of the upstream passed to the client",
        "RFC 9110, section 7.6.1",
        || {
            let fields = [
                ("Connection", "X-Marked"),
                ("X-Marked", "1"),
                ("Keep-Alive", "timeout=77"),
                ("Proxy-Connection", "keep-alive"),
                ("Upgrade", "h2c"),
            ];
            vec![Probe::get("connection fields", "/a").script(Script::answer("200 OK", &fields, b"ok\n")).done()]
        },
    )
    .alone()
    .judged(|exchanges, judgement| {
        for exchange in exchanges {
            let Some(got) = exchange.got().filter(|got| got.status() == 200) else { continue };
            if got.has("x-marked") {
                judgement.forbidden("named-field-kept", "passes a field that `Connection` of the answer names");
            }
            for (name, value) in [("keep-alive", "timeout=77"), ("proxy-connection", "keep-alive"), ("upgrade", "h2c")]
            {
                if got.value(name) == Some(value.as_bytes()) {
                    judgement.say(
                        Verdict::Change,
                        "passed-on",
                        name,
                        format!("passes `{name}` of the upstream to the client"),
                    );
                } else {
                    judgement.duty("removed", name, format!("removes `{name}` of the upstream"));
                }
            }
        }
    }),
];

fn connection(exchanges: &[Exchange], judgement: &mut Judgement) {
    for exchange in exchanges {
        let Some(arrived) = exchange.arrived() else { continue };
        if arrived.tokens("connection").iter().any(|token| token == "x-marked") {
            judgement.forbidden("connection-forwarded", "passes the client's `Connection` on");
        } else {
            let own = arrived.value("connection").map_or("none".to_owned(), text);
            judgement.duty("own-connection", &own, format!("sends its own `Connection`: {own}"));
        }
    }
}

fn named(exchanges: &[Exchange], judgement: &mut Judgement) {
    for exchange in exchanges {
        if exchange.arrived().is_some_and(|arrived| arrived.has("x-marked")) {
            let text = format!("passes on a field that `Connection` names ({})", exchange.probe);
            judgement.say(Verdict::Forbidden, "named-field-kept", exchange.probe, text);
        } else if exchange.arrived().is_some() {
            judgement.duty("named-field-removed", exchange.probe, "removes the fields that `Connection` names");
        }
    }
}

fn stripped(exchanges: &[Exchange], judgement: &mut Judgement) {
    let [plain, abuse] = exchanges else { return };
    let (Some(plain), Some(abuse)) = (plain.arrived(), abuse.arrived()) else { return };
    for name in ["x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-real-ip", "x-request-id", "forwarded"] {
        if plain.has(name) && !abuse.has(name) {
            judgement.say(
                Verdict::Change,
                "own-field-stripped",
                name,
                format!("lets `Connection: {name}` remove its own `{name}`"),
            );
        }
    }
}

fn forwarded(exchanges: &[Exchange], judgement: &mut Judgement, names: &[&str]) {
    for exchange in exchanges {
        let Some(arrived) = exchange.arrived() else { continue };
        for name in names {
            if arrived.has(name) {
                judgement.say(Verdict::Forbidden, "forwarded", name, format!("passes `{name}` on"));
            } else {
                judgement.duty("removed", name, format!("removes `{name}`"));
            }
        }
    }
}

fn via(exchanges: &[Exchange], judgement: &mut Judgement) {
    let Some(arrived) = exchanges.first().and_then(Exchange::arrived) else { return };
    let members = arrived.values("via").join(&b", "[..]);
    let members = text(&members);
    match members.strip_prefix("1.0 first, 1.1 second (comment)") {
        Some("") => judgement.forbidden("via-missing", "adds no `Via` to requests"),
        Some(rest) => {
            let own = rest.trim_start_matches([',', ' ']);
            let version = own.split(' ').next().unwrap_or_default().trim_start_matches("HTTP/");
            if !matches!(version, "1.1" | "1.0" | "2" | "2.0" | "3") {
                judgement.forbidden("via-malformed", format!("adds `Via: {own}`, which begins with no version"));
            }
        }
        None => judgement.change("via-changed", format!("changes `Via` to `{members}`")),
    }
}

fn max_forwards(exchanges: &[Exchange], judgement: &mut Judgement) {
    for exchange in exchanges {
        let Some(arrived) = exchange.arrived() else { continue };
        let value = arrived.value("max-forwards").map(text);
        match (exchange.probe, value.as_deref()) {
            ("OPTIONS with 0", _) => judgement.forbidden("zero-forwarded", "passes OPTIONS with `Max-Forwards: 0` on"),
            (_, Some("0")) => judgement.duty("counted", "", "counts `Max-Forwards` down"),
            (_, Some("1")) => judgement.forbidden("not-counted", "does not count `Max-Forwards` down"),
            (_, None) => judgement.change("removed", "removes `Max-Forwards`"),
            _ => {}
        }
    }
}
