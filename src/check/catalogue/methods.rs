//! Groups 7 to 9: method semantics, identity and credentials, forwarding fields.

use crate::check::{
    declaration::{Check, Exchange, Judgement},
    message::{short, text},
    probe::{Probe, Script, find},
    verdict::Verdict,
};

pub(super) const CHECKS: &[Check] = &[
    Check::response("7.1", "Content-Length of HEAD answers", "RFC 9110, section 9.3.2", || {
        let answer = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 4711\r\n\r\n";
        vec![Probe::request("HEAD", "HEAD", "/a").script(Script::raw(answer)).done()]
    })
    .judged(|exchanges, judgement| {
        for exchange in exchanges {
            let (Some(answered), Some(got)) = (exchange.answered(), exchange.got()) else { continue };
            if let Some(value) = got.value("content-length")
                && Some(value) != answered.value("content-length")
            {
                judgement.forbidden(
                    "wrong-length",
                    format!("answers HEAD with `Content-Length: {}` in place of 4711", text(value)),
                );
            }
        }
    }),
    Check::request("7.2", "HEAD sent as GET", "RFC 9110, section 9.3.2", || {
        vec![Probe::request("HEAD", "HEAD", "/a").done()]
    }),
    Check::request("7.3", "OPTIONS answered by the gateway", "RFC 9110, section 9.3.7", || {
        vec![Probe::request("OPTIONS", "OPTIONS", "/a").done()]
    }),
    Check::request("7.4", "CONNECT", "RFC 9110, section 9.3.6", || {
        vec![Probe::raw("CONNECT", "CONNECT localhost:1 HTTP/1.1\r\nHost: localhost:1\r\n{{own}}\r\n")]
    })
    .alone()
    .judges_refusals()
    .judged(|exchanges, judgement| {
        for exchange in exchanges {
            if !exchange.arrivals.is_empty() {
                judgement.policy("passed-on", "passes CONNECT on as a request");
            } else if (200..300).contains(&exchange.status()) {
                judgement.policy("tunnel", "answers CONNECT with success by itself");
            }
        }
    }),
    Check::request("7.5", "WebDAV and new verbs", "RFC 9110, section 16.1", || {
        vec![
            Probe::request("PROPFIND", "PROPFIND", "/a").field("Depth", "1").done(),
            Probe::request("MKCOL", "MKCOL", "/a").done(),
            Probe::request("REPORT", "REPORT", "/a").body("<x/>").done(),
            Probe::request("QUERY", "QUERY", "/a").field("Content-Type", "text/plain").body("q").done(),
            Probe::request("PURGE", "PURGE", "/a").done(),
        ]
    }),
    Check::request("8.1", "Authorization passed, removed, replaced", "RFC 9110, section 11.6.2", || {
        vec![
            Probe::get("Basic", "/a").field("Authorization", "Basic bWFya2VkOm1hcmtlZA==").done(),
            Probe::get("Bearer", "/a").field("Authorization", "Bearer marked.marked.marked").done(),
            Probe::get("odd case", "/a").field("Authorization", "bEaReR marked").done(),
        ]
    }),
    Check::request("8.2", "API key removed from header, query, cookie", "(policy)", || {
        vec![
            Probe::get("header", "/a")
                .field("X-Api-Key", "marked")
                .field("Apikey", "marked")
                .field("Api-Key", "marked")
                .done(),
            Probe::get("cookie", "/a").field("Cookie", "api_key=marked; session=marked").done(),
        ]
    }),
    Check::request("8.5", "client certificate given on", "RFC 9440, section 2", || {
        vec![
            Probe::get("forged", "/a")
                .field("Client-Cert", ":bWFya2Vk:")
                .field("X-Forwarded-Client-Cert", "Hash=marked")
                .field("X-SSL-Client-Verify", "SUCCESS")
                .field("X-SSL-Client-S-DN", "CN=marked")
                .done(),
        ]
    })
    .alone()
    .judged(|exchanges, judgement| {
        for exchange in exchanges {
            let Some(arrived) = exchange.arrived() else { continue };
            let names = ["Client-Cert", "X-Forwarded-Client-Cert", "X-SSL-Client-Verify", "X-SSL-Client-S-DN"];
            let kept: Vec<&str> = names
                .into_iter()
                .filter(|name| {
                    arrived.value(name).is_some_and(|value| {
                        find(value, b"marked").is_some() || value == b"SUCCESS" || value == b":bWFya2Vk:"
                    })
                })
                .collect();
            if !kept.is_empty() {
                judgement
                    .policy("forged-kept", format!("passes on certificate fields from outside: {}", kept.join(", ")));
            }
            let gone: Vec<&str> = names.into_iter().filter(|name| !kept.contains(name)).collect();
            if !gone.is_empty() {
                judgement.duty(
                    "forged-removed",
                    "",
                    format!("removes or replaces certificate fields: {}", gone.join(", ")),
                );
            }
        }
    }),
    Check::response("8.7", "WWW-Authenticate of the upstream kept", "RFC 9110, section 11.6.1", || {
        let fields = [
            ("WWW-Authenticate", "Basic realm=\"a b\""),
            ("WWW-Authenticate", "Bearer realm=\"x\", error=\"invalid_token\""),
            ("Content-Type", "text/plain"),
        ];
        vec![Probe::get("two challenges", "/a").script(Script::answer("401 Unauthorized", &fields, b"no\n")).done()]
    }),
    Check::request("9.1", "X-Forwarded-For appended, replaced, trusted", "RFC 7239, section 5.2", || {
        forwarding("X-Forwarded-For", "192.0.2.1, 192.0.2.2")
    })
    .judged(|exchanges, judgement| trusted(exchanges, judgement, "x-forwarded-for", "192.0.2.1")),
    Check::request("9.2", "X-Forwarded-Proto", "(convention)", || forwarding("X-Forwarded-Proto", "https"))
        .judged(|exchanges, judgement| trusted(exchanges, judgement, "x-forwarded-proto", "https")),
    Check::request("9.3", "X-Forwarded-Host, -Port, -Prefix", "(convention)", || {
        vec![
            Probe::get("forged", "/a")
                .field("X-Forwarded-Host", "forged.example")
                .field("X-Forwarded-Port", "4711")
                .field("X-Forwarded-Prefix", "/forged")
                .done(),
        ]
    })
    .judged(|exchanges, judgement| {
        trusted(exchanges, judgement, "x-forwarded-host", "forged.example");
        trusted(exchanges, judgement, "x-forwarded-port", "4711");
        trusted(exchanges, judgement, "x-forwarded-prefix", "/forged");
    }),
    Check::request("9.4", "Forwarded", "RFC 7239, section 4", || {
        forwarding("Forwarded", "for=192.0.2.1;proto=https;by=\"[2001:db8::1]:4711\"")
    })
    .judged(|exchanges, judgement| trusted(exchanges, judgement, "forwarded", "192.0.2.1")),
    Check::request("9.5", "X-Real-IP and relatives", "(convention)", || {
        vec![
            Probe::get("forged", "/a")
                .field("X-Real-IP", "192.0.2.1")
                .field("X-Client-IP", "192.0.2.1")
                .field("True-Client-IP", "192.0.2.1")
                .field("CF-Connecting-IP", "192.0.2.1")
                .done(),
        ]
    })
    .judged(|exchanges, judgement| {
        for name in ["x-real-ip", "x-client-ip", "true-client-ip", "cf-connecting-ip"] {
            trusted(exchanges, judgement, name, "192.0.2.1");
        }
    }),
];

fn forwarding(name: &str, value: &str) -> Vec<Probe> {
    vec![Probe::get("none", "/a").done(), Probe::get("forged", "/a").field(name, value).done()]
}

/// Says when a forged value arrives.
fn trusted(exchanges: &[Exchange], judgement: &mut Judgement, name: &str, forged: &str) {
    for exchange in exchanges.iter().filter(|exchange| exchange.probe == "forged") {
        let Some(arrived) = exchange.arrived() else { continue };
        let values = arrived.values(name).join(&b", "[..]);
        if find(&values, forged.as_bytes()).is_some() {
            let text =
                format!("passes a forged `{name}` on: `{}`", short(&values, 100).replace("127.0.0.1", "(client)"));
            judgement.say(Verdict::Policy, "forged-kept", name, text);
        }
    }
}
