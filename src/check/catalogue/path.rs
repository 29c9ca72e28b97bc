//! Group 1: request line and path.

use crate::check::{
    bisect::Threshold,
    declaration::{Check, Exchange, Judgement},
    message::short,
    probe::{Probe, Script},
};

pub(super) const CHECKS: &[Check] = &[
    Check::request("1.1", "dot-segment removal", "RFC 3986, section 6.2.2.3", || {
        vec![
            get("dots inside", "/a/./b/../c"),
            get("dots at the end", "/a/b/."),
            get("escaped dots", "/a/%2e/b/%2E%2e/c"),
        ]
    }),
    Check::request("1.2", "slash merging", "RFC 3986, section 3.3", || vec![get("slashes", "/a//b///c")]),
    Check::request("1.3", "decoding of %2F", "RFC 3986, section 2.2", || {
        vec![get("upper-case escape", "/a%2Fb"), get("lower-case escape", "/a%2fb")]
    }),
    Check::request("1.4", "decoding or re-encoding of %5C and raw \\", "RFC 3986, section 2.2", || {
        vec![get("escaped backslash", "/a%5Cb"), get("raw backslash", "/a\\b")]
    }),
    Check::request("1.5", "decoding of unreserved characters", "RFC 3986, section 6.2.2.2", || {
        vec![get("unreserved escapes", "/%7Ea%41%2Db")]
    }),
    Check::request("1.6", "case of escapes", "RFC 3986, section 6.2.2.1", || {
        vec![get("lower-case escapes", "/%c3%a9x"), get("upper-case escapes", "/%C3%A9x")]
    }),
    Check::request("1.7", "double encoding", "RFC 3986, section 2.4", || {
        vec![get("escaped pipe", "/a%7Cb"), get("escaped percent", "/a%2541b")]
    }),
    Check::request("1.8", "raw 8-bit and delimiter bytes", "RFC 3986, section 2.1", || {
        vec![
            raw_get("raw 8-bit bytes", "/\u{e9}x".as_bytes()),
            raw_get("raw Latin-1 byte", b"/\xE9x"),
            get("escaped 8-bit bytes", "/%C3%A9x"),
            get("raw < and >", "/a<b>c"),
            get("raw \" and ^", "/a\"b^c`d{e}|f"),
        ]
    }),
    Check::request("1.9", "malformed escapes", "RFC 3986, section 2.1", || {
        vec![get("no hex digits", "/a%zzb"), get("lone percent", "/a%b"), get("percent at the end", "/a%")]
    }),
    Check::request("1.10", "encoded controls", "RFC 3986, section 2.1", || {
        vec![
            get("escaped NUL", "/a%00b"),
            get("escaped line ends", "/a%0d%0aX-Injected:%201"),
            get("escaped tab", "/a%09b"),
        ]
    })
    .owns(&["path-changed"])
    .judged(injected),
    Check::request("1.11", "trailing slash", "RFC 3986, section 6.2.3", || {
        vec![get("without a slash", "/a"), get("with a slash", "/a/")]
    }),
    Check::request("1.12", "path parameters", "RFC 3986, section 3.3", || {
        vec![get("one parameter", "/a;x=1/b"), get("at the end", "/a/b;jsessionid=1")]
    }),
    Check::request("1.13", "case folding of the path", "RFC 3986, section 6.2.2.1", || {
        vec![get("mixed case", "/P/aBc")]
    }),
    Check::request("1.14", "prefix stripped, added or replaced", "RFC 9110, section 7.1", || {
        vec![get("plain", "/a/b")]
    }),
    Check::request("1.15", "absolute-form turned into origin-form", "RFC 9112, section 3.2.1", || {
        vec![start("absolute-form", b"GET http://{{host}}{{path}}/a HTTP/1.1")]
    })
    .judged(absolute),
    Check::request("1.16", "asterisk-form", "RFC 9112, section 3.2.4", || {
        vec![start("OPTIONS *", b"OPTIONS * HTTP/1.1")]
    }),
    Check::request("1.17", "absolute-form authority against Host", "RFC 9112, section 3.2.2", || {
        vec![Probe::raw(
            "other authority",
            "GET http://other.example{{path}}/a HTTP/1.1\r\nHost: {{host}}\r\n{{own}}\r\n",
        )]
    })
    .alone()
    .judges_refusals()
    .judged(authority),
    Check::request("1.18", "fragment or user information forwarded", "RFC 9110, section 4.2.5", || {
        vec![get("fragment", "/a#b"), start("user information", b"GET http://u:p@{{host}}{{path}}/a HTTP/1.1")]
    })
    .judged(user_information),
    Check::threshold(
        "1.19",
        "length limit of the target",
        "RFC 9110, section 15.5.15",
        (1_024, 131_072),
        long,
        |found, judgement| {
            limit(found, judgement, "longest target", "path bytes");
        },
    ),
    Check::request("1.20", "HTTP version used to the upstream", "RFC 9110, section 2.5", || {
        vec![get("HTTP/1.1", "/a"), start("HTTP/1.0", b"GET {{path}}/a HTTP/1.0")]
    })
    .judged(version),
    Check::request("1.21", "method changed or overridden", "RFC 9110, section 9.1", || {
        let over = |name, field: &str| Probe::request(name, "POST", "/a").field(field, "DELETE").body("x").into();
        vec![
            Probe::request("PUT", "PUT", "/a").body("x").into(),
            Probe::request("PATCH", "PATCH", "/a").body("x").into(),
            Probe::request("DELETE", "DELETE", "/a").into(),
            over("X-HTTP-Method-Override", "X-HTTP-Method-Override"),
            over("X-Method-Override", "X-Method-Override"),
        ]
    }),
    Check::request("1.22", "unknown, long or lower-case methods", "RFC 9110, section 9.1", || {
        vec![
            Probe::request("BREW", "BREW", "/a").into(),
            Probe::request("lower case", "get", "/a").into(),
            Probe::request("long", "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGH", "/a").into(),
            Probe::request("with signs", "M-SEARCH", "/a").into(),
        ]
    })
    .owns(&["method-changed"]),
    Check::request("1.23", "odd white space or versions in the request line", "RFC 9112, section 3", || {
        vec![
            start("two spaces", b"GET  {{path}}/a HTTP/1.1"),
            start("tab", b"GET\t{{path}}/a\tHTTP/1.1"),
            start("version 1.2", b"GET {{path}}/a HTTP/1.2"),
            start("version 2.0", b"GET {{path}}/a HTTP/2.0"),
            start("lower-case http", b"GET {{path}}/a http/1.1"),
            start("space at the end", b"GET {{path}}/a HTTP/1.1 "),
        ]
    })
    .alone()
    .judges_refusals()
    .judged(request_line),
];

fn get(name: &'static str, path: &str) -> Probe {
    Probe::get(name, path).into()
}

fn raw_get(name: &'static str, path: &[u8]) -> Probe {
    start(name, &[b"GET {{path}}", path, b" HTTP/1.1"].concat())
}

fn start(name: &'static str, line: &[u8]) -> Probe {
    Probe::get(name, "").start(line).into()
}

fn injected(exchanges: &[Exchange], judgement: &mut Judgement) {
    if exchanges.iter().any(|exchange| exchange.arrived().is_some_and(|arrived| arrived.has("x-injected"))) {
        judgement.forbidden("injected", "decodes `%0d%0a` of the path into a field line");
    }
}

fn absolute(exchanges: &[Exchange], judgement: &mut Judgement) {
    for exchange in exchanges {
        if exchange.arrived().is_some_and(|arrived| arrived.target().starts_with(b"http")) {
            judgement.forbidden("absolute-form-kept", "passes absolute-form on to the upstream");
        } else if exchange.arrived().is_some_and(|arrived| arrived.target().starts_with(b"/")) {
            judgement.duty("origin-form", "", "turns absolute-form into origin-form");
        }
    }
}

fn authority(exchanges: &[Exchange], judgement: &mut Judgement) {
    for exchange in exchanges {
        let Some(arrived) = exchange.arrived() else { continue };
        let host = arrived.value("host").map(|host| short(host, 80)).unwrap_or_default();
        let sent = exchange.sent.value("host").map(|host| short(host, 80)).unwrap_or_default();
        if host == "other.example" {
            judgement.duty("authority-wins", "", "sets `Host` to the authority of absolute-form");
            continue;
        }
        if host == sent {
            judgement.forbidden("host-wins", "keeps `Host` where the target names another authority, which has to win");
        }
    }
}

fn user_information(exchanges: &[Exchange], judgement: &mut Judgement) {
    for exchange in exchanges {
        if exchange.arrived().is_some_and(|arrived| crate::check::probe::find(&arrived.raw_head, b"u:p@").is_some()) {
            judgement.change("user-information-kept", "passes user information of the target on");
        }
    }
}

fn version(exchanges: &[Exchange], judgement: &mut Judgement) {
    if let Some(arrived) = exchanges.first().and_then(Exchange::arrived) {
        judgement.number("version to the upstream", arrived.version.to_string());
    }
}

fn request_line(exchanges: &[Exchange], judgement: &mut Judgement) {
    for exchange in exchanges {
        let Some(arrived) = exchange.arrived() else { continue };
        let line = |head: &[u8]| head.split(|byte| *byte == b'\r').next().unwrap_or_default().to_vec();
        let subject = exchange.probe;
        if line(&arrived.raw_head) == line(&exchange.sent_bytes) {
            judgement.say(
                crate::check::verdict::Verdict::Forbidden,
                "passed-on",
                subject,
                format!("passes the bad request line on: {subject}"),
            );
        } else {
            judgement.say(
                crate::check::verdict::Verdict::Change,
                "mended",
                subject,
                format!("mends the bad request line: {subject}"),
            );
        }
    }
}

fn long(size: u64) -> Probe {
    let path = format!("/{}", "a".repeat(usize::try_from(size).unwrap_or(0).saturating_sub(1)));
    Probe::get("long target", &path).script(Script::plain()).into()
}

/// Says a limit as a finding and a number.
pub(super) fn limit(found: &Threshold, judgement: &mut Judgement, name: &'static str, unit: &str) {
    match found {
        Threshold::Above(size) => judgement.number(name, format!("over {size} {unit}")),
        Threshold::Below(size) => {
            judgement.number(name, format!("under {size} {unit}"));
            judgement.policy("limit", format!("refuses {size} {unit} already"));
        }
        Threshold::At { passed, failed, how } => {
            judgement.number(name, format!("{passed} {unit}"));
            judgement.policy("limit", format!("takes {passed} {unit}; at {failed} it {how}"));
        }
        Threshold::Unsteady(_) => {}
    }
}
