//! Groups 10 to 12: response status, response headers, response framing and trailers.

use super::path::limit;
use crate::check::{
    declaration::{Check, Exchange, Judgement},
    message::{Ended, Framing},
    probe::{Probe, Script, Step, find},
    verdict::Verdict,
};

pub(super) const CHECKS: &[Check] = &[
    Check::response("10.1", "status changed", "RFC 9110, section 15", || {
        ["200 OK", "201 Created", "202 Accepted", "203 Non-Authoritative Information", "400 Bad Request", "404 Not Found", "409 Conflict", "418 Teapot", "422 Unprocessable Content", "425 Too Early", "429 Too Many Requests", "500 Internal Server Error", "501 Not Implemented", "503 Service Unavailable"]
            .into_iter()
            .map(|status| get("status", Script::answer(status, &[("Content-Type", "text/plain")], b"body\n")))
            .collect()
    }),
    Check::response("10.2", "unassigned codes", "RFC 9110, section 15", || {
        ["299 Odd", "399 Odd", "499 Odd", "599 Odd", "600 Odd", "999 Odd"]
            .into_iter()
            .map(|status| get("unassigned", Script::answer(status, &[("Content-Type", "text/plain")], b"body\n")))
            .collect()
    })
    .judged(|_, _| {}),
    Check::response("10.3", "reason phrase kept", "RFC 9112, section 4", || {
        vec![
            get("own reason", Script::answer("200 Fine", &[], b"ok\n")),
            get("empty reason", Script::answer("200 ", &[], b"ok\n")),
        ]
    }),
    Check::response("10.4", "4xx or 5xx body replaced by an own page", "RFC 9110, section 15.6", || {
        ["401 Unauthorized", "403 Forbidden", "404 Not Found", "413 Content Too Large", "500 Internal Server Error", "502 Bad Gateway", "503 Service Unavailable", "504 Gateway Timeout"]
            .into_iter()
            .map(|status| get("error page", Script::answer(status, &[("Content-Type", "text/x-marked")], b"marked body\n")))
            .collect()
    })
    .judged(|exchanges, judgement| {
        for exchange in exchanges {
            let (Some(answered), Some(got)) = (exchange.answered(), exchange.got()) else { continue };
            if answered.body != got.body && got.status() == answered.status() {
                let status = got.status().to_string();
                judgement.say(Verdict::Change, "page-replaced", &status, format!("replaces the body of {status} by its own"));
            }
        }
    }),
    Check::response("10.5", "3xx followed by the gateway itself", "RFC 9110, section 15.4", || {
        ["301 Moved Permanently", "302 Found", "303 See Other", "307 Temporary Redirect", "308 Permanent Redirect"]
            .into_iter()
            .map(|status| get("redirect", Script::answer(status, &[("Location", "/{{id}}/followed")], b"")))
            .collect()
    })
    .judged(|exchanges, judgement| {
        for exchange in exchanges {
            if exchange.arrivals.iter().any(|arrival| find(arrival.arrived.target(), b"followed").is_some()) {
                judgement.change("followed", "follows redirects of the upstream itself");
            }
        }
    }),
    Check::response("10.6", "Retry-After kept", "RFC 9110, section 10.2.3", || {
        let with = |status, value| get("Retry-After", Script::answer(status, &[("Retry-After", value)], b"wait\n"));
        vec![with("503 Service Unavailable", "1"), with("503 Service Unavailable", "Fri, 31 Dec 2049 23:59:59 GMT"), with("413 Content Too Large", "2")]
    }),
    Check::response("11.1", "fields added", "RFC 9110, section 7.6", || {
        vec![get("bare answer", Script::answer("200 OK", &[], b"ok\n")), get("HTML", Script::answer("200 OK", &[("Content-Type", "text/html")], b"<p>ok\n"))]
    }),
    Check::response("11.2", "fields removed", "RFC 9110, section 7.6", || {
        KNOWN.chunks(20).map(|fields| get("known names", Script::answer("200 OK", fields, b"ok\n"))).collect()
    }),
    Check::response("11.3", "repeated fields joined", "RFC 9110, section 5.3", || {
        let fields = [("Link", "</a>; rel=x"), ("Link", "</b>; rel=y"), ("Vary", "X-A"), ("Vary", "X-B"), ("X-Twice", "1"), ("X-Twice", "2"), ("Cache-Control", "no-store"), ("Cache-Control", "private"), ("Content-Security-Policy", "default-src 'self'"), ("Content-Security-Policy", "img-src *")];
        vec![get("repeated", Script::answer("200 OK", &fields, b"ok\n"))]
    })
    .owns(&["field-repeats", "field-joined"]),
    Check::response("11.4", "case and order of names", "RFC 9110, section 5.1", || {
        let fields = [("X-UPPER", "1"), ("x-lower", "2"), ("X-mIxEd", "3"), ("Content-type", "text/plain"), ("ETag", "\"a\""), ("X-A", "4")];
        vec![get("odd cases", Script::answer("200 OK", &fields, b"ok\n"))]
    }),
    Check::response("11.5", "Date and Server replaced, doubled", "RFC 9110, section 6.6.1", || {
        let fields = [("Date", "Thu, 31 May 2007 20:35:00 GMT"), ("Server", "marked/1.0")];
        vec![get("both", Script::answer("200 OK", &fields, b"ok\n"))]
    }),
    Check::threshold(
        "11.6",
        "large response head",
        "RFC 9110, section 5.4",
        (1_024, 262_144),
        |size| get("one field", Script::answer("200 OK", &[("X-Long", &"a".repeat(usize::try_from(size).unwrap_or(0)))], b"ok\n")),
        |found, judgement| limit(found, judgement, "largest field of an answer", "bytes of a value"),
    ),
    Check::response("11.7", "bytes above 0x7F in values", "RFC 9110, section 5.5", || {
        vec![
            get("UTF-8", Script::raw("HTTP/1.1 200 OK\r\nX-Text: caf\u{e9}\r\nContent-Length: 0\r\n\r\n")),
            get("Latin-1", Script::raw(&b"HTTP/1.1 200 OK\r\nX-Text: caf\xE9\r\nContent-Length: 0\r\n\r\n"[..])),
        ]
    })
    .owns(&["field-"]),
    Check::response("11.8", "Location, Content-Location, Link, Refresh rewritten", "RFC 9110, section 10.2.2", || {
        let near = [("Location", "/x/y"), ("Content-Location", "/c"), ("Link", "</l>; rel=next"), ("Refresh", "5; url=/r")];
        let far = [("Location", "http://other.example/x"), ("Content-Location", "https://other.example/c"), ("Refresh", "0; url=http://other.example/")];
        vec![get("relative", Script::answer("302 Found", &near, b"")), get("absolute", Script::answer("302 Found", &far, b"")), itself()]
    }),
    Check::response("11.9", "Content-Type changed, charset added", "RFC 9110, section 8.3", || {
        let with = |value| get("odd type", Script::answer("200 OK", &[("Content-Type", value)], b"{}\n"));
        vec![with("text/html"), with("Text/Plain;Charset=\"iso-8859-1\""), with("application/json"), with("x/y; a=b ;c"), get("no type", Script::answer("200 OK", &[], b"{}\n"))]
    }),
    Check::response("11.10", "invalid fields of the upstream", "RFC 9112, section 5.1", || {
        vec![
            get("space before the colon", Script::raw("HTTP/1.1 200 OK\r\nX-Bad : 1\r\nContent-Length: 3\r\n\r\nok\n")),
            get("folded line", Script::raw("HTTP/1.1 200 OK\r\nX-Fold: a\r\n b\r\nContent-Length: 3\r\n\r\nok\n")),
            get("no colon", Script::raw("HTTP/1.1 200 OK\r\nX-None\r\nContent-Length: 3\r\n\r\nok\n")),
            get("NUL in a value", Script::raw(&b"HTTP/1.1 200 OK\r\nX-Nul: a\0b\r\nContent-Length: 3\r\n\r\nok\n"[..])),
        ]
    })
    .alone()
    .judged(invalid),
    Check::response("12.1", "Content-Length turned into chunked or back", "RFC 9112, section 6", || {
        vec![
            get("length", Script::answer("200 OK", &[("Content-Type", "application/octet-stream")], &[b'x'; 20_000])),
            get("chunked", Script::raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")),
        ]
    }),
    Check::response("12.2", "close-delimited answers", "RFC 9112, section 6.3", || {
        vec![
            get("half-closed by the upstream", Script::raw("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello").then([Step::HalfClose])),
            get("until the close", Script::raw("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\nhello").then([Step::Close]))]
    })
    .owns(&["framing-"]),
    Check::response("12.3", "HTTP/1.0 answers", "RFC 9112, section 2.3", || {
        vec![
            get("HTTP/1.1", Script::plain()),
            get("with a length", Script::raw("HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nok\n").then([Step::Close])),
            get("until the close", Script::raw("HTTP/1.0 200 OK\r\n\r\nok\n").then([Step::Close])),
        ]
    })
    .judged(|exchanges, judgement| {
        for exchange in exchanges {
            let (Some(answered), Some(got)) = (exchange.answered(), exchange.got()) else { continue };
            if answered.version != got.version {
                let text = format!("answers in {} what the upstream answered in {}", got.version, answered.version);
                judgement.say(Verdict::Policy, "version-changed", &got.version.to_string(), text);
            }
        }
    }),
    Check::response("12.4", "body shorter than Content-Length", "RFC 9112, section 8", || {
        vec![get("50 of 100", Script::raw(format!("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}", "x".repeat(50))).then([Step::Close]))]
    })
    .judged(cut),
    Check::response("12.5", "body longer than Content-Length", "RFC 9112, section 9.2", || {
        let more = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1 200 OK\r\nX-Second: 1\r\nContent-Length: 6\r\n\r\nsecond";
        vec![get("5 announced", Script::raw(more)), get("next call", Script::plain())]
    })
    .intrusive()
    .alone()
    .judged(|exchanges, judgement| {
        for exchange in exchanges {
            let got = &exchange.received;
            if got.responses.iter().any(|response| response.has("x-second")) || find(&got.extra, b"X-Second").is_some() {
                judgement.say(Verdict::Forbidden, "second-answer", exchange.probe, format!("passes bytes behind an answer on ({})", exchange.probe));
            }
        }
    }),
    Check::response("12.6", "chunked body without its end", "RFC 9112, section 8", || {
        vec![get("no last chunk", Script::raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n").then([Step::Close]))]
    })
    .judged(cut),
    Check::response("12.7", "bad chunk size, bare LF in chunks", "RFC 9112, section 7.1", || {
        vec![
            get("bad size", Script::raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nhello\r\n0\r\n\r\n").then([Step::Close])),
            get("wrong size", Script::raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhello\r\n0\r\n\r\n").then([Step::Close])),
        ]
    })
    .judged(cut),
    Check::response("12.8", "reset after N bytes", "RFC 9112, section 9.5", || {
        let head = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n";
        let wait = Step::Pause(30);
        vec![
            get("in the head", Script::raw(&head[..20]).then([wait.clone(), Step::Reset])),
            get("after the head", Script::raw(head).then([wait.clone(), Step::Reset])),
            get("in the body", Script::raw(format!("{head}0123456789")).then([wait, Step::Reset])),
        ]
    })
    .judged(cut),
    Check::response("12.9", "conflicting lengths", "RFC 9112, section 6.3", || {
        vec![
            get("two lengths", Script::raw("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 3\r\n\r\nhello").then([Step::Close])),
            get("length and chunked", Script::raw("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n").then([Step::Close])),
            get("odd length", Script::raw("HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\nhello").then([Step::Close])),
        ]
    })
    .intrusive()
    .alone()
    .judged(lengths),
    Check::response("12.10", "Transfer-Encoding or body on 204, 304, HEAD", "RFC 9112, section 6.3", || {
        vec![
            get("204 with chunked", Script::raw("HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n").then([Step::Close])),
            get("plain 204", Script::raw("HTTP/1.1 204 No Content\r\nX-A: 1\r\n\r\n")),
            get("204 with length 0", Script::raw("HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n").then([Step::Close])),
            get("304 with length", Script::raw("HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\nContent-Length: 100\r\n\r\n").then([Step::Close])),
        ]
    })
    .judged(|exchanges, judgement| {
        for exchange in exchanges {
            let Some(got) = exchange.got() else { continue };
            if got.status() == 204 && got.has("transfer-encoding") {
                let text = format!("sends 204 with `Transfer-Encoding` ({})", exchange.probe);
                judgement.say(Verdict::Forbidden, "chunked-204", exchange.probe, text);
            }
        }
    }),
    Check::response("12.11", "response trailers forwarded", "RFC 9110, section 6.5", || {
        let announced = "HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n";
        let unannounced = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Late: 1\r\n\r\n";
        vec![
            Probe::get("announced, TE sent", "/a").field("TE", "trailers").field("Connection", "TE").script(Script::raw(announced)).done(),
            get("announced", Script::raw(announced)),
            get("unannounced", Script::raw(unannounced)),
        ]
    }),
    Check::response("12.12", "trailers merged into the head", "RFC 9110, section 6.5.1", || {
        let late = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Late: 1\r\nContent-Type: text/marked\r\n\r\n";
        vec![get("late fields", Script::raw(late))]
    }),
];

/// Response fields that gateways know.
const KNOWN: &[(&str, &str)] = &[
    ("Accept-CH", "DPR"),
    ("Accept-Patch", "text/x"),
    ("Accept-Ranges", "bytes"),
    ("Access-Control-Allow-Origin", "https://a.example"),
    ("Access-Control-Expose-Headers", "X-A"),
    ("Age", "7"),
    ("Allow", "GET, HEAD"),
    ("Alt-Svc", "h3=\":443\"; ma=60"),
    ("Cache-Control", "no-store"),
    ("Clear-Site-Data", "\"cache\""),
    ("Content-Disposition", "attachment; filename=\"a\""),
    ("Content-Language", "en"),
    ("Content-Location", "/b"),
    ("Content-Security-Policy", "default-src 'self'"),
    ("Content-Type", "text/plain"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-site"),
    ("DAV", "1"),
    ("Deprecation", "@1688169599"),
    ("ETag", "\"a\""),
    ("Expires", "Thu, 31 May 2007 20:35:00 GMT"),
    ("Last-Modified", "Thu, 31 May 2007 20:35:00 GMT"),
    ("Link", "</a>; rel=x"),
    ("NEL", "{}"),
    ("Origin-Agent-Cluster", "?1"),
    ("P3P", "CP=x"),
    ("Permissions-Policy", "camera=()"),
    ("Pragma", "no-cache"),
    ("Preference-Applied", "x"),
    ("Priority", "u=1"),
    ("RateLimit-Policy", "\"a\";q=1"),
    ("Referrer-Policy", "no-referrer"),
    ("Report-To", "{}"),
    ("Server-Timing", "a;dur=1"),
    ("Set-Cookie", "a=1"),
    ("SourceMap", "/m"),
    ("Strict-Transport-Security", "max-age=1"),
    ("Sunset", "Sat, 31 Dec 2050 23:59:59 GMT"),
    ("Timing-Allow-Origin", "*"),
    ("Tk", "N"),
    ("Vary", "X-Marked"),
    ("Via", "1.1 marked"),
    ("Warning", "199 - \"x\""),
    ("X-Accel-Buffering", "no"),
    ("X-Accel-Expires", "0"),
    ("X-Accel-Charset", "utf-8"),
    ("X-AspNet-Version", "1"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Custom", "marked"),
    ("X-DNS-Prefetch-Control", "off"),
    ("X-Frame-Options", "DENY"),
    ("X-Permitted-Cross-Domain-Policies", "none"),
    ("X-Powered-By", "marked"),
    ("X-Robots-Tag", "none"),
    ("X-Runtime", "1"),
    ("X-UA-Compatible", "IE=edge"),
    ("X-XSS-Protection", "0"),
    ("X-Request-Id", "marked"),
    ("X_Under", "1"),
];

fn get(name: &'static str, script: Script) -> Probe {
    Probe::get(name, "/a").script(script).done()
}

/// An answer whose `Location` names the upstream by the `Host` that arrived is not known beforehand; the path is.
fn itself() -> Probe {
    get("own path", Script::answer("201 Created", &[("Location", "/{{id}}/new")], b"ok\n"))
}

fn invalid(exchanges: &[Exchange], judgement: &mut Judgement) {
    for exchange in exchanges {
        let Some(got) = exchange.got() else { continue };
        let name = exchange.probe;
        if got.status() != 200 {
            judgement.duty(
                "refused",
                name,
                format!("answers {} in place of an answer with an invalid field: {name}", got.status()),
            );
            continue;
        }
        let kept = match name {
            "space before the colon" => got.oddities.contains(&"space-before-colon"),
            "folded line" => got.oddities.contains(&"line-folding"),
            "no colon" => got.oddities.contains(&"no-colon"),
            _ => got.value("x-nul").is_some_and(|value| value.contains(&0)),
        };
        if kept {
            judgement.say(
                Verdict::Forbidden,
                "passed-on",
                name,
                format!("passes an invalid field of the upstream on: {name}"),
            );
        } else {
            judgement.say(Verdict::Change, "cleaned", name, format!("cleans an invalid field of the upstream: {name}"));
        }
    }
}

/// Says how a broken answer reaches the client.
fn cut(exchanges: &[Exchange], judgement: &mut Judgement) {
    for exchange in exchanges {
        let Some(got) = exchange.got() else { continue };
        let broken = exchange.answered().is_some_and(|answered| answered.ended != Ended::Complete);
        if exchange.arrivals.len() > 1 {
            judgement.say(
                Verdict::Policy,
                "repeated",
                exchange.probe,
                format!("sends the request again ({})", exchange.probe),
            );
        }
        if broken && got.status() == 0 && exchange.answered().is_some_and(|answered| answered.status() == 0) {
            judgement.say(
                Verdict::Change,
                "no-answer",
                exchange.probe,
                format!("gives the client no answer ({})", exchange.probe),
            );
        } else if broken && got.ended == Ended::Complete && got.framing == Framing::Close {
            judgement.say(
                Verdict::Forbidden,
                "cut-hidden-by-close",
                exchange.probe,
                format!("hides the cut behind an end by closing ({})", exchange.probe),
            );
        }
    }
}

fn lengths(exchanges: &[Exchange], judgement: &mut Judgement) {
    for exchange in exchanges {
        let Some(got) = exchange.got() else { continue };
        let name = exchange.probe;
        if got.status() != 200 {
            judgement.duty(
                "refused",
                name,
                format!("answers {} in place of an answer with a bad framing: {name}", got.status()),
            );
            continue;
        }
        let both = got.has("content-length") && got.has("transfer-encoding");
        if got.values("content-length").len() > 1 || both || got.value("content-length") == Some(b"+5") {
            judgement.say(
                Verdict::Forbidden,
                "passed-on",
                name,
                format!("passes a bad framing of the upstream on: {name}"),
            );
        } else if name == "length and chunked" {
            judgement.duty("length-dropped", name, "drops `Content-Length` beside `Transfer-Encoding` of the upstream");
        } else {
            judgement.say(
                Verdict::Forbidden,
                "mended",
                name,
                format!("takes a bad framing of the upstream for good: {name}"),
            );
        }
    }
}
