//! Group 3: request headers.

use super::path::limit;
use crate::check::{
    declaration::{Check, Exchange, Judgement},
    message::{short, text},
    probe::{Probe, Request},
    verdict::Verdict,
};

pub(super) const CHECKS: &[Check] = &[
    Check::request("3.1", "case of field names", "RFC 9110, section 5.1", || {
        vec![get("odd cases").field("X-CSRF-TOKEN", "1").field("x-lower", "2").field("X-mIxEd", "3").done()]
    }),
    Check::request("3.2", "order of different fields", "RFC 9110, section 5.3", || {
        let fields = ["X-D", "X-B", "Accept-Language", "X-C", "X-A", "Accept", "User-Agent", "X-E"];
        let last = "GET {{path}}/a HTTP/1.1\r\nX-A: 1\r\n{{own}}Host: {{host}}\r\nX-B: 2\r\n\r\n";
        vec![
            fields.iter().fold(get("known order"), |probe, name| probe.field(name, "en")).done(),
            Probe::raw("Host not first", last),
        ]
    }),
    Check::request("3.3", "repeated fields joined with commas", "RFC 9110, section 5.2", || {
        vec![get("two lines").field("X-A", "1").field("X-B", "x").field("X-A", "2").done()]
    }),
    Check::request("3.4", "order of repeated fields", "RFC 9110, section 5.3", || {
        vec![get("three lines").field("X-A", "b").field("X-A", "c").field("X-A", "a").done()]
    }),
    Check::request("3.5", "empty values kept or dropped", "RFC 9110, section 5.5", || {
        vec![get("empty values").line("X-Empty:").line("X-Blank: ").done()]
    }),
    Check::request("3.6", "white space in values", "RFC 9110, section 5.5", || {
        vec![
            get("inner white space").field("X-Space", "a  b\tc   d").done(),
            get("outer white space").line("X-Outer:  \t a \t ").line("X-Tight:a").done(),
        ]
    })
    .judged(outer_space),
    Check::request("3.7", "line folding", "RFC 9112, section 5.2", || {
        vec![get("folded line").line("X-Fold: a\r\n b").done()]
    })
    .alone()
    .judges_refusals()
    .judged(folded),
    Check::request("3.8", "space before the colon", "RFC 9112, section 5.1", || {
        vec![get("space before the colon").line("X-Bad : 1").done()]
    })
    .alone()
    .judges_refusals()
    .judged(space_before_colon),
    Check::request("3.9", "names with underscore, dot or other token characters", "RFC 9110, section 5.1", || {
        vec![
            get("underscore").field("X_Under_Score", "1").done(),
            get("dot").field("X.Dot", "1").done(),
            get("other characters").field("X!#$%&'*+^`|~", "1").field("1-Digit", "1").done(),
        ]
    }),
    Check::request("3.10", "bytes above 0x7F in values", "RFC 9110, section 5.5", || {
        vec![
            get("UTF-8").field("X-Text", "caf\u{e9} \u{20ac}").done(),
            get("Latin-1").field("X-Text", b"caf\xE9").done(),
        ]
    }),
    Check::request("3.11", "control characters, NUL, bare CR in values", "RFC 9110, section 5.5", || {
        vec![
            get("NUL").field("X-Text", b"a\0b").done(),
            get("bare CR").field("X-Text", b"a\rb").done(),
            get("bell").field("X-Text", b"a\x07b").done(),
            get("delete").field("X-Text", b"a\x7Fb").done(),
        ]
    })
    .alone()
    .judges_refusals()
    .judged(controls),
    Check::threshold(
        "3.12",
        "largest single field, largest section",
        "RFC 9110, section 5.4",
        (1_024, 131_072),
        |size| get("one field").field("X-Long", "a".repeat(usize::try_from(size).unwrap_or(0))).done(),
        |found, judgement| limit(found, judgement, "largest field", "bytes of a value"),
    ),
    Check::threshold(
        "3.13",
        "largest number of fields",
        "RFC 9110, section 5.4",
        (10, 1_000),
        |count| (0..count).fold(get("many fields"), |probe, number| probe.field(&format!("X-{number}"), "1")).done(),
        |found, judgement| limit(found, judgement, "most fields", "fields beside the usual ones"),
    ),
    Check::request("3.14", "fields removed", "RFC 9110, section 7.6", || {
        KNOWN
            .chunks(20)
            .map(|names| names.iter().fold(get("known names"), |probe, (name, value)| probe.field(name, value)).done())
            .collect()
    }),
    Check::request("3.15", "fields added", "RFC 9110, section 7.6", || {
        vec![get("bare request").done(), Probe::request("bare POST", "POST", "/a").body("x").done()]
    }),
    Check::request("3.16", "User-Agent replaced", "RFC 9110, section 10.1.5", || {
        vec![get("with").field("User-Agent", "marked/1.0 (x; y)").done(), get("without").done()]
    }),
    Check::request("3.17", "Accept, Accept-Language changed or added", "RFC 9110, section 12.5.1", || {
        vec![
            get("with").field("Accept", "text/html;q=0.5, */*;q=0.1").field("Accept-Language", "de, en;q=0.5").done(),
            get("without").done(),
        ]
    }),
    Check::request("3.18", "Accept-Encoding added, narrowed or removed", "RFC 9110, section 12.5.3", || {
        vec![
            get("gzip").field("Accept-Encoding", "gzip").done(),
            get("many").field("Accept-Encoding", "br;q=1.0, zstd, gzip;q=0.8, deflate, *;q=0.1").done(),
            get("identity").field("Accept-Encoding", "identity").done(),
            get("without").done(),
        ]
    }),
    Check::request("3.19", "Content-Type added or rewritten", "RFC 9110, section 8.3", || {
        let post = |name| Probe::request(name, "POST", "/a");
        vec![
            post("none").body("x").done(),
            post("odd case").field("Content-Type", "Text/PLAIN;Charset=\"UTF-8\"").body("x").done(),
            post("odd parameters").field("Content-Type", "application/json; a=b ;c=\"d e\"").body("{}").done(),
            post("form").field("Content-Type", "application/x-www-form-urlencoded").body("a=1&b=2").done(),
        ]
    }),
    Check::request("3.20", "Host rewritten, port dropped", "RFC 9110, section 7.2", || vec![get("plain").done()]),
    Check::request("3.21", "two Host fields or a bad one", "RFC 9112, section 3.2", || {
        vec![
            get("two Host fields").line("Host: other.example").done(),
            Probe::raw("no Host", "GET {{path}}/a HTTP/1.1\r\n{{own}}\r\n"),
            Probe::raw("space in Host", "GET {{path}}/a HTTP/1.1\r\nHost: a b\r\n{{own}}\r\n"),
            Probe::raw("slash in Host", "GET {{path}}/a HTTP/1.1\r\nHost: {{host}}/x\r\n{{own}}\r\n"),
        ]
    })
    .alone()
    .must_be_refused(),
    Check::request("3.22", "request cache directives changed", "RFC 9111, section 5.2.1", || {
        vec![
            get("no-cache").field("Cache-Control", "no-cache, max-age=0").field("Pragma", "no-cache").done(),
            get("only-if-cached").field("Cache-Control", "max-stale=60, min-fresh=5, x-own=\"1\"").done(),
        ]
    }),
    Check::request("3.23", "request id created, kept, overwritten", "(convention)", || {
        vec![
            get("one").field("X-Request-Id", "8d3b1f6e-marked").field("X-Correlation-ID", "marked-2").done(),
            get("none").done(),
        ]
    }),
    Check::request("3.24", "trusted fields from outside not removed", "RFC 9110, section 17.10", || {
        vec![FORGED.iter().fold(get("forged fields"), |probe, name| probe.field(name, "forged")).done()]
    })
    .alone()
    .judged(forged),
    Check::request("3.25", "Early-Data, Priority, Sec-* fields kept", "RFC 9218, section 5", || {
        vec![
            get("kept")
                .field("Early-Data", "1")
                .field("Priority", "u=1, i")
                .field("Sec-Fetch-Site", "same-origin")
                .field("Sec-CH-UA", "\"A\";v=\"1\"")
                .field("Sec-GPC", "1")
                .done(),
        ]
    }),
    Check::request("3.26", "signature or digest of the request broken", "RFC 9530, section 2", || {
        vec![
            Probe::request("digest and signature", "POST", "/a")
                .field("Content-Type", "application/json")
                .field("Content-Digest", "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:")
                .field("Signature-Input", "sig1=(\"@method\" \"content-digest\");created=1700000000;keyid=\"k\"")
                .field("Signature", "sig1=:AAECAwQ=:")
                .body("{\"hello\": \"world\"}")
                .done(),
        ]
    }),
];

/// Names that gateways know, with a value that fits each.
const KNOWN: &[(&str, &str)] = &[
    ("Accept", "*/*"),
    ("Accept-Charset", "utf-8"),
    ("Accept-Datetime", "Thu, 31 May 2007 20:35:00 GMT"),
    ("Accept-Language", "en"),
    ("Access-Control-Request-Headers", "X-A"),
    ("Access-Control-Request-Method", "GET"),
    ("Alt-Used", "a.example"),
    ("Authorization", "Basic bWFya2VkOm1hcms="),
    ("Baggage", "a=1"),
    ("CDN-Loop", "marked"),
    ("Content-Language", "en"),
    ("Content-Location", "/b"),
    ("Cookie", "a=1; b=2"),
    ("DNT", "1"),
    ("Date", "Thu, 31 May 2007 20:35:00 GMT"),
    ("Depth", "1"),
    ("Destination", "/c"),
    ("Device-Memory", "8"),
    ("Downlink", "10"),
    ("ECT", "4g"),
    ("From", "a@b.example"),
    ("Idempotency-Key", "\"marked\""),
    ("If-Match", "\"a\""),
    ("If-Modified-Since", "Thu, 31 May 2007 20:35:00 GMT"),
    ("If-None-Match", "\"b\""),
    ("If-Range", "\"a\""),
    ("If-Unmodified-Since", "Thu, 31 May 2007 20:35:00 GMT"),
    ("Last-Event-ID", "7"),
    ("Link", "</a>; rel=x"),
    ("Lock-Token", "<urn:x>"),
    ("Origin", "https://a.example"),
    ("Overwrite", "T"),
    ("Prefer", "respond-async"),
    ("Proxy", "http://p.example"),
    ("RTT", "100"),
    ("Range", "bytes=0-9"),
    ("Referer", "https://a.example/x"),
    ("SOAPAction", "\"x\""),
    ("Save-Data", "on"),
    ("Sec-Fetch-Dest", "empty"),
    ("Sec-Fetch-Mode", "cors"),
    ("Service-Worker", "script"),
    ("Slug", "a"),
    ("Timeout", "Second-60"),
    ("Tus-Resumable", "1.0.0"),
    ("Upgrade-Insecure-Requests", "1"),
    ("Upload-Offset", "0"),
    ("User-Agent", "marked/1.0"),
    ("Warning", "199 - \"x\""),
    ("Want-Content-Digest", "sha-256=1"),
    ("X-Amz-Date", "20260101T000000Z"),
    ("X-Api-Version", "2"),
    ("X-CSRF-Token", "marked"),
    ("X-Custom", "Marked-Value"),
    ("X-Debug", "1"),
    ("X-Forwarded", "1"),
    ("X-Goog-Trace", "1"),
    ("X-HTTP-Method", "PUT"),
    ("X-Middleware-Subrequest", "x"),
    ("X-Original-URL", "/d"),
    ("X-Rewrite-URL", "/e"),
    ("X-Requested-With", "XMLHttpRequest"),
    ("X-Session", "marked"),
    ("X-Tenant", "marked"),
    ("X-UA-Compatible", "IE=edge"),
    ("X-Wap-Profile", "x"),
    ("X-Xsrf-Token", "marked"),
];

/// Names by which upstreams know who calls; a gateway has to remove them from outside.
const FORGED: &[&str] = &[
    "X-User-Id",
    "X-User",
    "X-Consumer-Id",
    "X-Consumer-Username",
    "X-Authenticated-Userid",
    "X-Credential-Identifier",
    "X-Auth-Request-User",
    "X-Remote-User",
    "Remote-User",
    "X-Roles",
    "X-Jwt-Claims",
    "X-Envoy-Internal",
    "X-Internal",
];

fn get(name: &'static str) -> Request {
    Probe::get(name, "/a")
}

/// White space around a value is no part of it (RFC 9110, section 5.5), but its removal is a change of bytes.
fn outer_space(exchanges: &[Exchange], judgement: &mut Judgement) {
    for exchange in exchanges.iter().filter(|exchange| exchange.probe == "outer white space") {
        let Some(arrived) = exchange.arrived() else { continue };
        let line = arrived
            .raw_head
            .split(|byte| *byte == b'\n')
            .find(|line| line.to_ascii_lowercase().starts_with(b"x-outer:"));
        if line.is_some_and(|line| !line.to_ascii_lowercase().starts_with(b"x-outer:  \t a \t ")) {
            judgement.change("trimmed", "trims white space around values");
        }
    }
}

fn folded(exchanges: &[Exchange], judgement: &mut Judgement) {
    for exchange in exchanges {
        let Some(arrived) = exchange.arrived() else { continue };
        if arrived.oddities.contains(&"line-folding") {
            judgement.forbidden("folding-kept", "passes a folded line on as it is");
        } else if arrived.value("x-fold") == Some(b"a b") || arrived.value("x-fold") == Some(b"a   b") {
            judgement.change("unfolded", "unfolds a folded line");
        } else {
            let value = arrived.value("x-fold").map(|value| short(value, 40)).unwrap_or_default();
            judgement.forbidden("folding-damaged", format!("makes `{value}` of a folded line"));
        }
    }
}

fn space_before_colon(exchanges: &[Exchange], judgement: &mut Judgement) {
    for exchange in exchanges {
        let Some(arrived) = exchange.arrived() else { continue };
        if arrived.oddities.contains(&"space-before-colon") {
            judgement.forbidden("passed-on", "passes on a field with a space before its colon");
        } else {
            judgement
                .forbidden("mended", "takes a field with a space before its colon, and removes the space or the field");
        }
    }
}

fn controls(exchanges: &[Exchange], judgement: &mut Judgement) {
    for exchange in exchanges {
        let Some(arrived) = exchange.arrived() else { continue };
        let name = exchange.probe;
        let (sent, value) = (exchange.sent.value("x-text"), arrived.value("x-text"));
        let dangerous = matches!(name, "NUL" | "bare CR");
        if sent == value {
            let verdict = if dangerous { Verdict::Forbidden } else { Verdict::Change };
            judgement.say(
                verdict,
                "passed-on",
                name,
                format!("passes on a field value with a control character: {name}"),
            );
        } else {
            let value = value.map(text).unwrap_or_default();
            judgement.say(
                Verdict::Change,
                "replaced",
                name,
                format!("replaces a control character ({name}): `{value}`"),
            );
        }
    }
}

fn forged(exchanges: &[Exchange], judgement: &mut Judgement) {
    for exchange in exchanges {
        let Some(arrived) = exchange.arrived() else { continue };
        let through: Vec<&str> =
            FORGED.iter().copied().filter(|name| arrived.values(name).contains(&&b"forged"[..])).collect();
        if !through.is_empty() {
            let text = format!("passes on identity fields from outside: {}", through.join(", "));
            judgement.policy("forged-kept", text);
        }
        let gone: Vec<&str> = FORGED.iter().copied().filter(|name| !arrived.has(name)).collect();
        if !gone.is_empty() {
            judgement.duty("forged-removed", "", format!("removes identity fields from outside: {}", gone.join(", ")));
        }
    }
}
