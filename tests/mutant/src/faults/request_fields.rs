//! Request fields (group 3), cookies, conditions and ranges of requests (groups 20, 22).

use crate::fault::{Answer, Commit, Fault};
use crate::http1::{Head, Line};

pub(super) const FAULTS: &[Fault] = &[
    Fault::request("fields-lower", &["3.1"], "Writes the names of request fields in lower case.", |head, _| {
        rename(head, |name| name.to_ascii_lowercase());
    }),
    Fault::request("fields-canonical", &["3.1"], "Writes request field names with initial capitals.", |head, _| {
        rename(head, canonical);
    }),
    Fault::request("fields-sorted", &["3.2"], "Sorts request fields by name.", |head, _| {
        head.fields.sort_by_key(|line| line.name().to_ascii_lowercase());
    }),
    Fault::request("fields-host-first", &["3.2"], "Moves `Host` to the front.", |head, _| {
        head.fields.sort_by_key(|line| !line.is("Host"));
    }),
    Fault::request("fields-joined", &["3.3"], "Joins repeated request fields with commas.", |head, _| {
        for name in repeated(head) {
            head.join(&name, ", ");
        }
    }),
    Fault::request("fields-last-wins", &["3.3", "3.4"], "Keeps the last of repeated request fields.", |head, _| {
        for name in repeated(head) {
            let mut left = head.count(&name);
            head.keep(|line| {
                left -= usize::from(line.is(&name) && left > 0);
                !line.is(&name) || left == 0
            });
        }
    }),
    Fault::request("fields-reversed", &["3.4"], "Reverses the values of repeated request fields.", |head, _| {
        for name in repeated(head) {
            let mut values: Vec<Vec<u8>> =
                head.fields.iter().filter(|line| line.is(&name)).map(|line| line.value().to_vec()).collect();
            head.edit(&name, |_| values.pop());
        }
    }),
    Fault::request("fields-empty-dropped", &["3.5"], "Drops request fields without a value.", |head, _| {
        head.keep(|line| !line.value().is_empty() || line.name().is_empty());
    }),
    Fault::request("fields-space-folded", &["3.6"], "Folds white space inside values to one space.", |head, _| {
        for line in head.fields.iter_mut().filter(|line| line.name().starts_with(b"X-")) {
            let words: Vec<&[u8]> =
                line.value().split(|byte| matches!(byte, b' ' | b'\t')).filter(|word| !word.is_empty()).collect();
            if words.len() > 1 {
                let value = words.join(&b' ');
                line.set(value);
            }
        }
    }),
    Fault::request("fields-space-trimmed", &["3.6"], "Trims white space around values.", |head, _| {
        for line in &mut head.fields {
            let value = line.value().to_vec();
            line.set(value);
        }
    }),
    Fault::request("fields-underscore-dropped", &["3.9"], "Drops request fields with `_` in their name.", |head, _| {
        head.keep(|line| !line.name().contains(&b'_'));
    }),
    Fault::request("fields-underscore-dashed", &["3.9"], "Turns `_` in request field names into `-`.", |head, _| {
        rename(head, |name| name.iter().map(|byte| if *byte == b'_' { b'-' } else { *byte }).collect());
    }),
    Fault::request("fields-dot-dropped", &["3.9"], "Drops request fields with `.` in their name.", |head, _| {
        head.keep(|line| !line.name().contains(&b'.'));
    }),
    Fault::request(
        "fields-latin1-recoded",
        &["3.10"],
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
    Fault::new(
        "fields-8bit-refused",
        &["3.10"],
        "Answers 400 when a field has bytes above 0x7F.",
        Commit::Answer(|head, _| {
            let odd = head.fields.iter().any(|line| !line.value().is_ascii());
            odd.then(|| Answer::last("400 Bad Request", "", "bad field value\n"))
        }),
    ),
    Fault::new(
        "field-limit",
        &["3.12"],
        "Answers 431 when a field is longer than 8,192 bytes.",
        Commit::Answer(|head, _| {
            let long = head.fields.iter().any(|line| line.text.len() > 8192);
            long.then(|| Answer::last("431 Request Header Fields Too Large", "", "field too large\n"))
        }),
    ),
    Fault::request("field-truncated", &["3.12"], "Cuts the values of request fields after 1,024 bytes.", |head, _| {
        for line in &mut head.fields {
            if let Some(value) = line.value().get(..1024).map(<[u8]>::to_vec)
                && line.value().len() > 1024
            {
                line.set(value);
            }
        }
    }),
    Fault::new(
        "fields-most",
        &["3.13"],
        "Answers 431 when there are more than 100 fields.",
        Commit::Answer(|head, _| {
            (head.fields.len() > 100).then(|| Answer::last("431 Request Header Fields Too Large", "", "too many\n"))
        }),
    ),
    Fault::request("fields-most-dropped", &["3.13"], "Drops request fields after the 64th.", |head, _| {
        head.fields.truncate(64);
    }),
    Fault::request("field-removed", &["3.14"], "Removes `X-Custom` and `X-Debug`.", |head, _| {
        head.keep(|line| !line.is("X-Custom") && !line.is("X-Debug"));
    }),
    Fault::request(
        "fields-allowed-only",
        &["3.14"],
        "Removes request fields whose names begin with `X-`.",
        |head, _| {
            head.keep(|line| !line.name().to_ascii_lowercase().starts_with(b"x-"));
        },
    ),
    Fault::request("field-referer-removed", &["3.14"], "Removes `Referer` and `Origin`.", |head, _| {
        head.keep(|line| !line.is("Referer") && !line.is("Origin"));
    }),
    Fault::request("field-added", &["3.15"], "Adds `X-Gateway: mutant` to requests.", |head, _| {
        head.add("X-Gateway", "mutant");
    }),
    Fault::request("field-doubled", &["3.15", "3.3"], "Sends `Accept` twice.", |head, _| {
        if let Some(value) = head.get("Accept").map(<[u8]>::to_vec) {
            head.add("Accept", value);
        }
    }),
    Fault::request("field-value-lower", &["3.14"], "Writes the value of `X-Custom` in lower case.", |head, _| {
        head.edit("X-Custom", |value| Some(value.to_ascii_lowercase()));
    }),
    Fault::request("user-agent-replaced", &["3.16"], "Replaces `User-Agent`.", |head, _| {
        head.replace("User-Agent", "mutant/1");
    }),
    Fault::request("user-agent-added", &["3.16"], "Adds `User-Agent` when there is none.", |head, _| {
        if !head.has("User-Agent") {
            head.add("User-Agent", "mutant/1");
        }
    }),
    Fault::request("accept-added", &["3.17"], "Adds `Accept: */*` when there is none.", |head, _| {
        if !head.has("Accept") {
            head.add("Accept", "*/*");
        }
    }),
    Fault::request("accept-language-removed", &["3.17"], "Removes `Accept-Language`.", |head, _| {
        head.remove("Accept-Language");
    }),
    Fault::request(
        "accept-encoding-added",
        &["3.18"],
        "Adds `Accept-Encoding: gzip` when there is none.",
        |head, _| {
            if !head.has("Accept-Encoding") {
                head.add("Accept-Encoding", "gzip");
            }
        },
    ),
    Fault::request("accept-encoding-narrowed", &["3.18"], "Narrows `Accept-Encoding` to `gzip`.", |head, _| {
        head.replace("Accept-Encoding", "gzip");
    }),
    Fault::request("accept-encoding-removed", &["3.18"], "Removes `Accept-Encoding`.", |head, _| {
        head.remove("Accept-Encoding");
    }),
    Fault::request("content-type-added", &["3.19"], "Adds `Content-Type` to bodies without one.", |head, _| {
        let body = head.has("Transfer-Encoding") || head.get("Content-Length").is_some_and(|length| length != b"0");
        if body && !head.has("Content-Type") {
            head.add("Content-Type", "application/octet-stream");
        }
    }),
    Fault::request(
        "content-type-rewritten",
        &["3.19"],
        "Adds a charset to the request's `Content-Type`.",
        |head, _| {
            head.edit("Content-Type", |value| Some([value, b"; charset=utf-8"].concat()));
        },
    ),
    Fault::request("host-rewritten", &["3.20"], "Sets `Host` to the upstream's address.", |head, about| {
        head.replace("Host", about.upstream);
    }),
    Fault::request("host-port-dropped", &["3.20"], "Drops the port of `Host`.", |head, _| {
        head.edit("Host", |value| value.split(|byte| *byte == b':').next().map(<[u8]>::to_vec));
    }),
    Fault::request("host-second-dropped", &["3.21"], "Drops a second `Host`.", |head, _| {
        let mut seen = false;
        head.keep(|line| !line.is("Host") || !std::mem::replace(&mut seen, true));
    })
    .intrusive(),
    Fault::request(
        "cache-directives-dropped",
        &["3.22"],
        "Removes `Cache-Control` and `Pragma` of requests.",
        |head, _| {
            head.keep(|line| !line.is("Cache-Control") && !line.is("Pragma"));
        },
    ),
    Fault::request("request-id-added", &["3.23"], "Adds `X-Request-Id` when there is none.", |head, about| {
        if !head.has("X-Request-Id") {
            head.add("X-Request-Id", format!("mutant-{}", about.number));
        }
    }),
    Fault::request("request-id-overwritten", &["3.23"], "Overwrites `X-Request-Id`.", |head, about| {
        head.replace("X-Request-Id", format!("mutant-{}", about.number));
    }),
    Fault::request("priority-dropped", &["3.25"], "Removes `Priority` and `Early-Data`.", |head, _| {
        head.keep(|line| !line.is("Priority") && !line.is("Early-Data"));
    }),
    Fault::request("sec-fields-dropped", &["3.25"], "Removes `Sec-Fetch-*` fields.", |head, _| {
        head.keep(|line| !line.name().to_ascii_lowercase().starts_with(b"sec-fetch-"));
    }),
    Fault::request(
        "signature-dropped",
        &["3.26"],
        "Removes `Content-Digest` and `Signature` of requests.",
        |head, _| {
            head.keep(|line| !line.is("Content-Digest") && !line.is("Signature") && !line.is("Signature-Input"));
        },
    ),
    Fault::request("cookies-joined", &["20.1", "20.2"], "Joins `Cookie` lines with a comma.", |head, _| {
        head.join("Cookie", ", ");
    })
    .also(&["3.3"]),
    Fault::request("cookies-sorted", &["20.2"], "Sorts the cookies of a request by name.", |head, _| {
        head.edit("Cookie", |value| {
            let text = String::from_utf8_lossy(value);
            let mut cookies: Vec<&str> = text.split("; ").collect();
            cookies.sort_unstable();
            Some(cookies.join("; ").into_bytes())
        });
    }),
    Fault::request("cookie-quotes-stripped", &["20.2"], "Strips the quotes of cookies.", |head, _| {
        head.edit("Cookie", |value| Some(value.iter().filter(|byte| **byte != b'"').copied().collect()));
    }),
    Fault::request("range-dropped", &["22.1"], "Removes `Range`.", |head, _| head.remove("Range")),
    Fault::request("if-range-dropped", &["22.1"], "Removes `If-Range`.", |head, _| head.remove("If-Range")),
    Fault::request("if-none-match-dropped", &["22.4"], "Removes `If-None-Match`.", |head, _| {
        head.remove("If-None-Match");
    }),
    Fault::request("if-match-dropped", &["22.4"], "Removes `If-Match` and `If-Unmodified-Since`.", |head, _| {
        head.keep(|line| !line.is("If-Match") && !line.is("If-Unmodified-Since"));
    }),
];

fn rename(head: &mut Head, with: impl Fn(&[u8]) -> Vec<u8>) {
    for line in &mut head.fields {
        let name = with(line.name());
        line.rename(&name);
    }
}

fn canonical(name: &[u8]) -> Vec<u8> {
    let mut first = true;
    let upper = |byte: &u8| {
        let is_first = std::mem::replace(&mut first, *byte == b'-');
        if is_first { byte.to_ascii_uppercase() } else { byte.to_ascii_lowercase() }
    };
    name.iter().map(upper).collect()
}

/// Names that more than one line has.
pub(super) fn repeated(head: &Head) -> Vec<String> {
    let lower = |line: &Line| String::from_utf8_lossy(line.name()).to_ascii_lowercase();
    let mut names: Vec<String> = head.fields.iter().map(lower).filter(|name| !name.is_empty()).collect();
    names.sort();
    names.dedup();
    names.retain(|name| head.count(name) > 1);
    names
}
