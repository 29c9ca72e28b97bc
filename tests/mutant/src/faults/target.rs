//! Request line and path (group 1).

use super::edit::{escape, escapes, replace, unescape};
use crate::fault::{Answer, Commit, Fault};

pub(super) const FAULTS: &[Fault] = &[
    Fault::request("target-dot-segments", &["1.1"], "Removes dot segments from the path.", |head, _| {
        let mut kept: Vec<&[u8]> = Vec::new();
        for segment in head.path().split(|byte| *byte == b'/') {
            match segment {
                b"." => {}
                b".." if kept.len() > 1 => drop(kept.pop()),
                other => kept.push(other),
            }
        }
        let path = kept.join(&b'/');
        head.set_path(path);
    }),
    Fault::request("target-slashes-merged", &["1.2"], "Merges runs of `/` in the path into one.", |head, _| {
        let mut path = head.path().to_vec();
        if path.starts_with(b"/") {
            path.dedup_by(|one, other| *one == b'/' && *other == b'/');
            head.set_path(path);
        }
    }),
    Fault::request("target-slash-decoded", &["1.3"], "Decodes `%2F` in the path.", |head, _| {
        head.set_path(unescape(head.path(), "%2f", b"/"));
    }),
    Fault::request("target-backslash", &["1.4"], "Turns `\\` and `%5C` in the path into `/`.", |head, _| {
        head.set_path(unescape(&replace(head.path(), b"\\", b"/"), "%5c", b"/"));
    }),
    Fault::request("target-unreserved-decoded", &["1.5"], "Decodes escapes of unreserved characters.", |head, _| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        head.set_target(&escapes(head.target(), |byte| plain(byte).then(|| vec![byte])));
    }),
    Fault::request("target-escapes-upper", &["1.6"], "Writes the hex digits of escapes in upper case.", |head, _| {
        head.set_target(&escapes(head.target(), |byte| Some(format!("%{byte:02X}").into_bytes())));
    }),
    Fault::request("target-escaped-twice", &["1.7"], "Escapes the `%` of escapes in the path.", |head, _| {
        head.set_path(replace(head.path(), b"%", b"%25"));
    }),
    Fault::request("target-raw-escaped", &["1.8"], "Escapes bytes above 0x7F, `<`, `>` and `#`.", |head, _| {
        head.set_target(&escape(head.target(), |byte| byte >= 0x80 || b"<>#".contains(&byte)));
    }),
    Fault::request("target-utf8-decoded", &["1.8"], "Decodes escapes of bytes above 0x7F.", |head, _| {
        head.set_target(&escapes(head.target(), |byte| (byte >= 0x80).then(|| vec![byte])));
    }),
    Fault::request("target-bad-escape-mended", &["1.9"], "Escapes a `%` that begins no escape.", |head, _| {
        let marked = escapes(head.target(), |byte| Some(format!("\0{byte:02x}").into_bytes()));
        // Case of good escapes must stay, so only the lone ones are taken from the marked text.
        if marked.contains(&b'%') {
            let mut target = Vec::new();
            for (at, byte) in head.target().iter().enumerate() {
                let digits = head.target().get(at + 1..at + 3).unwrap_or_default();
                let good = digits.len() == 2 && digits.iter().all(u8::is_ascii_hexdigit);
                target.extend_from_slice(if *byte == b'%' && !good { b"%25" } else { std::slice::from_ref(byte) });
            }
            head.set_target(&target);
        }
    }),
    Fault::new(
        "target-bad-escape-refused",
        &["1.9"],
        "Answers 400 when a `%` in the target begins no escape.",
        Commit::Answer(|head, _| {
            let bad = head.target().split(|byte| *byte == b'%').skip(1).any(|after| {
                let digits = after.get(..2).unwrap_or_default();
                digits.len() < 2 || !digits.iter().all(u8::is_ascii_hexdigit)
            });
            bad.then(|| Answer::last("400 Bad Request", "", "bad escape\n"))
        }),
    ),
    Fault::request("target-nul-cut", &["1.10"], "Cuts the path at `%00`.", |head, _| {
        let at = head.path().windows(3).position(|three| three == b"%00").unwrap_or(head.path().len());
        let path = head.path().get(..at).unwrap_or_default().to_vec();
        head.set_path(path);
    }),
    Fault::request("target-control-dropped", &["1.10"], "Drops `%0a` and `%0d` from the target.", |head, _| {
        head.set_target(&unescape(&unescape(head.target(), "%0a", b""), "%0d", b""));
    }),
    Fault::request("target-trailing-slash-off", &["1.11"], "Removes the slash at the end of a path.", |head, _| {
        let path = head.path().strip_suffix(b"/").filter(|path| !path.is_empty()).map(<[u8]>::to_vec);
        if let Some(path) = path {
            head.set_path(path);
        }
    }),
    Fault::new(
        "target-trailing-slash-redirect",
        &["1.11"],
        "Answers 301 with the path without its trailing slash.",
        Commit::Answer(|head, _| {
            let path = head.path().strip_suffix(b"/").filter(|path| !path.is_empty())?;
            let location = format!("Location: {}\r\n", String::from_utf8_lossy(path));
            Some(Answer::new("301 Moved Permanently", &location, ""))
        }),
    ),
    Fault::request("target-parameters-off", &["1.12"], "Removes path parameters (`;v=1`).", |head, _| {
        let first = |part: &[u8]| part.split(|byte| *byte == b';').next().unwrap_or_default().to_vec();
        let path = head.path().split(|byte| *byte == b'/').map(first).collect::<Vec<_>>().join(&b'/');
        head.set_path(path);
    }),
    Fault::request("target-lower", &["1.13"], "Writes the path in lower case.", |head, _| {
        head.set_path(head.path().to_ascii_lowercase());
    }),
    Fault::request("target-prefix-added", &["1.14"], "Puts `/internal` before the path.", |head, _| {
        if head.path().starts_with(b"/") {
            head.set_path([b"/internal", head.path()].concat());
        }
    }),
    Fault::request("target-origin-form", &["1.15"], "Turns absolute-form into origin-form.", |head, _| {
        if let Some(target) = after_authority(head.target()) {
            head.set_target(&target);
        }
    }),
    Fault::request("target-asterisk", &["1.16"], "Turns `OPTIONS *` into `OPTIONS /`.", |head, _| {
        if head.target() == b"*" {
            head.set_target(b"/");
        }
    }),
    Fault::request("target-authority-wins", &["1.17"], "Sets `Host` to the authority of absolute-form.", |head, _| {
        let target = String::from_utf8_lossy(head.target()).into_owned();
        if let Some((_, rest)) = target.split_once("://") {
            head.replace("Host", rest.split('/').next().unwrap_or_default());
        }
    }),
    Fault::request("target-fragment-cut", &["1.18"], "Cuts the fragment off the target.", |head, _| {
        let target = head.target().split(|byte| *byte == b'#').next().unwrap_or_default().to_vec();
        head.set_target(&target);
    }),
    Fault::new(
        "target-limit",
        &["1.19"],
        "Answers 414 when the target is longer than 4,096 bytes.",
        Commit::Answer(|head, _| {
            (head.target().len() > 4096).then(|| Answer::last("414 URI Too Long", "", "too long\n"))
        }),
    ),
    Fault::request("version-lowered", &["1.20"], "Speaks HTTP/1.0 to the upstream.", |head, _| {
        head.start.text = replace(&head.start.text, b" HTTP/1.1", b" HTTP/1.0");
    }),
    Fault::request("method-overridden", &["1.21"], "Obeys `X-HTTP-Method-Override`.", |head, _| {
        if let Some(method) = head.get("X-HTTP-Method-Override").map(<[u8]>::to_vec) {
            head.set_method(&method);
        }
    }),
    Fault::new(
        "method-unknown-refused",
        &["1.22"],
        "Answers 501 to methods that it doesn't know.",
        Commit::Answer(|head, _| {
            let known: &[&[u8]] = &[
                b"GET",
                b"HEAD",
                b"POST",
                b"PUT",
                b"PATCH",
                b"DELETE",
                b"OPTIONS",
                b"TRACE",
                b"CONNECT",
                b"PROPFIND",
                b"QUERY",
            ];
            (!known.contains(&head.method())).then(|| Answer::last("501 Not Implemented", "", "unknown method\n"))
        }),
    ),
    Fault::request("method-upper", &["1.22"], "Writes methods in upper case.", |head, _| {
        let method = head.method().to_ascii_uppercase();
        head.set_method(&method);
    }),
    Fault::request(
        "request-line-mended",
        &["1.23"],
        "Writes odd white space in the request line as one space.",
        |head, _| {
            let words: Vec<&[u8]> =
                head.start.text.split(|byte| matches!(byte, b' ' | b'\t')).filter(|word| !word.is_empty()).collect();
            head.start.text = words.join(&b' ');
        },
    ),
    Fault::new(
        "version-odd-refused",
        &["1.23"],
        "Answers 505 to versions other than 1.0 and 1.1.",
        Commit::Answer(|head, _| {
            let odd = head.start.text.windows(6).any(|six| six == b" HTTP/")
                && ![&b"HTTP/1.0"[..], b"HTTP/1.1"].iter().any(|version| head.start.text.ends_with(version));
            odd.then(|| Answer::last("505 HTTP Version Not Supported", "", "bad version\n"))
        }),
    ),
    Fault::new(
        "webdav-refused",
        &["7.5"],
        "Answers 405 to PROPFIND and QUERY.",
        Commit::Answer(|head, _| {
            matches!(head.method(), b"PROPFIND" | b"QUERY")
                .then(|| Answer::last("405 Method Not Allowed", "Allow: GET, HEAD, POST\r\n", "not allowed\n"))
        }),
    ),
    Fault::new(
        "options-answered",
        &["7.3"],
        "Answers OPTIONS itself when the request has no `Origin`.",
        Commit::Answer(|head, _| {
            (head.method() == b"OPTIONS" && !head.has("Origin"))
                .then(|| Answer::new("200 OK", "Allow: GET, HEAD, POST, OPTIONS\r\n", ""))
        }),
    ),
    Fault::new(
        "connect-refused",
        &["7.4"],
        "Answers 405 to CONNECT.",
        Commit::Answer(|head, _| {
            (head.method() == b"CONNECT").then(|| Answer::last("405 Method Not Allowed", "", "no tunnels\n"))
        }),
    ),
];

/// What follows the authority of an absolute-form target.
fn after_authority(target: &[u8]) -> Option<Vec<u8>> {
    let text = String::from_utf8_lossy(target);
    let (_, rest) = text.split_once("://")?;
    Some(rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("/").as_bytes().to_vec())
}
