//! Response fields (group 11), cookies set by the upstream (group 20), limits and traces of the gateway (groups 27, 30).

use super::edit::replace;
use super::request_fields::repeated;
use crate::conduct::{Conduct, FAITHFUL};
use crate::editor::{Editor, Out};
use crate::fault::{Answer, Commit, Fault};
use crate::http1::{Event, Head};

pub(super) const FAULTS: &[Fault] = &[
    Fault::response("response-field-added", &["11.1"], "Adds `X-Gateway: mutant` to responses.", |head, _| {
        head.add("X-Gateway", "mutant");
    }),
    Fault::response(
        "security-fields-added",
        &["11.1"],
        "Adds `Strict-Transport-Security` and `X-Frame-Options`.",
        |head, _| {
            head.add("Strict-Transport-Security", "max-age=31536000");
            head.add("X-Frame-Options", "DENY");
        },
    ),
    Fault::response("upstream-time-added", &["11.1", "30.3"], "Adds `X-Upstream-Time`.", |head, _| {
        head.add("X-Upstream-Time", "3");
    }),
    Fault::response(
        "response-field-removed",
        &["11.2"],
        "Removes `X-Powered-By` and `X-Custom` of responses.",
        |head, _| {
            head.keep(|line| !line.is("X-Powered-By") && !line.is("X-Custom"));
        },
    ),
    Fault::response(
        "response-x-fields-removed",
        &["11.2"],
        "Removes response fields whose names begin with `X-`.",
        |head, _| {
            head.keep(|line| !line.name().to_ascii_lowercase().starts_with(b"x-"));
        },
    ),
    Fault::response("set-cookie-joined", &["20.3", "11.3"], "Joins `Set-Cookie` lines with commas.", |head, _| {
        head.join("Set-Cookie", ", ");
    }),
    Fault::response("link-joined", &["11.3"], "Joins `Link` and `Vary` lines.", |head, _| {
        head.join("Link", ", ");
        head.join("Vary", ", ");
    }),
    Fault::response("response-last-wins", &["11.3"], "Keeps the last of repeated response fields.", |head, _| {
        for name in repeated(head) {
            let mut left = head.count(&name);
            head.keep(|line| {
                left -= usize::from(line.is(&name) && left > 0);
                !line.is(&name) || left == 0
            });
        }
    })
    .also(&["20.3", "8.7", "11.2"]),
    Fault::response(
        "response-fields-lower",
        &["11.4"],
        "Writes the names of response fields in lower case.",
        |head, _| {
            for line in &mut head.fields {
                let name = line.name().to_ascii_lowercase();
                line.rename(&name);
            }
        },
    ),
    Fault::response("response-fields-sorted", &["11.4"], "Sorts response fields by name.", |head, _| {
        head.fields.sort_by_key(|line| line.name().to_ascii_lowercase());
    }),
    Fault::response("date-replaced", &["11.5"], "Replaces `Date`.", |head, _| {
        head.replace("Date", "Thu, 01 Jan 1970 00:00:00 GMT");
    }),
    Fault::response("date-doubled", &["11.5"], "Adds a second `Date`.", |head, _| {
        if head.has("Date") {
            head.add("Date", "Thu, 01 Jan 1970 00:00:00 GMT");
        }
    }),
    Fault::response("server-replaced", &["11.5"], "Sets `Server: mutant`.", |head, _| head.set("Server", "mutant"))
        .also(&["11.1"]),
    Fault::response("server-removed", &["11.5", "11.2"], "Removes `Server`.", |head, _| head.remove("Server")),
    Fault::new(
        "response-head-limit",
        &["11.6"],
        "Answers 502 when the response head is longer than 8,192 bytes.",
        Commit::Conduct(Conduct { head_limit: Some(8192), ..FAITHFUL }),
    ),
    Fault::response("response-fields-most-dropped", &["11.6"], "Drops response fields after the 64th.", |head, _| {
        head.fields.truncate(64);
    }),
    Fault::response(
        "response-8bit-recoded",
        &["11.7"],
        "Encodes bytes above 0x7F as if they were Latin-1.",
        |head, _| {
            for line in &mut head.fields {
                if !line.value().is_ascii() {
                    let text: String = line.value().iter().map(|byte| char::from(*byte)).collect();
                    line.set(text);
                }
            }
        },
    ),
    Fault::response("response-8bit-dropped", &["11.7"], "Drops response fields with bytes above 0x7F.", |head, _| {
        head.keep(|line| line.value().is_ascii());
    }),
    Fault::response(
        "location-rewritten",
        &["11.8"],
        "Puts another host into absolute `Location` values.",
        |head, _| {
            head.edit("Location", |value| {
                let text = String::from_utf8_lossy(value).into_owned();
                let (scheme, rest) = text.split_once("://")?;
                let path = rest.find('/').and_then(|at| rest.get(at..)).unwrap_or_default();
                Some(format!("{scheme}://gateway.example{path}").into_bytes())
            });
        },
    ),
    Fault::response("location-relative", &["11.8"], "Makes absolute `Location` values relative.", |head, _| {
        head.edit("Location", |value| {
            let text = String::from_utf8_lossy(value).into_owned();
            let (_, rest) = text.split_once("://")?;
            Some(rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("/").as_bytes().to_vec())
        });
    }),
    Fault::response("location-https", &["11.8"], "Turns `http:` into `https:` in `Location` and `Link`.", |head, _| {
        for name in ["Location", "Link", "Content-Location"] {
            head.edit(name, |value| Some(replace(value, b"http://", b"https://")));
        }
    }),
    Fault::response("charset-added", &["11.9"], "Adds a charset to text and JSON types.", |head, _| {
        head.edit("Content-Type", |value| {
            let text = String::from_utf8_lossy(value).to_ascii_lowercase();
            let plain = (text.starts_with("text/") || text.ends_with("json")) && !text.contains("charset");
            plain.then(|| [value, b"; charset=utf-8"].concat())
        });
    }),
    Fault::response("type-added", &["11.9"], "Adds `Content-Type` to responses without one.", |head, _| {
        let body = head.get("Content-Length").is_some_and(|length| length != b"0") || head.has("Transfer-Encoding");
        if body && !head.has("Content-Type") {
            head.add("Content-Type", "application/octet-stream");
        }
    })
    .also(&["11.1"]),
    Fault::response("response-folding-undone", &["11.10"], "Unfolds folded response fields.", |head, _| {
        let mut fields: Vec<crate::http1::Line> = Vec::new();
        for line in std::mem::take(&mut head.fields) {
            match fields.last_mut() {
                Some(last) if line.folded() => {
                    last.text.push(b' ');
                    last.text.extend(line.text.trim_ascii());
                }
                _ => fields.push(line),
            }
        }
        head.fields = fields;
    }),
    Fault::response(
        "response-bad-names-dropped",
        &["11.10"],
        "Drops response fields with white space before the colon.",
        |head, _| {
            head.keep(|line| {
                let colon = line.text.iter().position(|byte| *byte == b':').unwrap_or(line.text.len());
                !line.text.get(..colon).unwrap_or_default().ends_with(b" ")
            });
        },
    ),
    Fault::response("cookie-path-rewritten", &["20.4"], "Sets the `Path` of cookies to `/`.", |head, _| {
        head.edit("Set-Cookie", |value| {
            attribute(value, |part| part.to_ascii_lowercase().starts_with("path=").then(|| "Path=/".to_owned()))
        });
    }),
    Fault::response("cookie-domain-rewritten", &["20.4"], "Replaces the `Domain` of cookies.", |head, _| {
        head.edit("Set-Cookie", |value| {
            attribute(value, |part| {
                part.to_ascii_lowercase().starts_with("domain=").then(|| "Domain=gw.example".to_owned())
            })
        });
    }),
    Fault::response("cookie-secure-added", &["20.4"], "Adds `Secure` to cookies without it.", |head, _| {
        head.edit("Set-Cookie", |value| {
            let lower = String::from_utf8_lossy(value).to_ascii_lowercase();
            (!lower.contains("; secure")).then(|| [value, b"; Secure"].concat())
        });
    }),
    Fault::response("cookie-samesite-dropped", &["20.4"], "Drops `SameSite` of cookies.", |head, _| {
        head.edit("Set-Cookie", |value| {
            attribute(value, |part| part.to_ascii_lowercase().starts_with("samesite").then(String::new))
        });
    }),
    Fault::response("affinity-cookie-added", &["20.5", "11.1"], "Adds a cookie `gw_affinity`.", |head, _| {
        head.add("Set-Cookie", "gw_affinity=1; Path=/");
    }),
    Fault::response("rate-fields-added", &["27.1", "11.1"], "Adds `RateLimit` and `RateLimit-Policy`.", |head, _| {
        head.add("RateLimit-Policy", "\"default\";q=100;w=60");
        head.add("RateLimit", "\"default\";r=99;t=60");
    }),
    Fault::response("proxy-status-added", &["30.3", "11.1"], "Adds `Proxy-Status` and `Cache-Status`.", |head, _| {
        head.add("Proxy-Status", "mutant");
        head.add("Cache-Status", "mutant; fwd=miss");
    }),
    Fault::new(
        "response-head-rebuilt",
        &["11.10", "10.3"],
        "Answers 502 when a response has a line without a colon.",
        Commit::Response(|| Box::new(Strict)),
    ),
];

/// Edits the attributes of a cookie; an empty one is dropped.
fn attribute(value: &[u8], with: impl Fn(&str) -> Option<String>) -> Option<Vec<u8>> {
    let text = String::from_utf8_lossy(value);
    let parts = text.split("; ").map(|part| with(part).unwrap_or_else(|| part.to_owned()));
    let kept: Vec<String> = parts.filter(|part| !part.is_empty()).collect();
    Some(kept.join("; ").into_bytes())
}

/// Refuses response heads with lines that are no fields.
#[derive(Debug)]
struct Strict;

impl Editor for Strict {
    fn on(&mut self, event: Event, _: &Head, out: &mut Out) {
        match event {
            Event::Head(head) if head.fields.iter().any(|line| !line.text.contains(&b':')) => {
                out.send(Answer::last("502 Bad Gateway", "", "bad response\n").bytes);
                out.close = true;
            }
            event => out.pass(&event),
        }
    }
}
