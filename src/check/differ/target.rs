//! Compares request targets: form, path, query, fragment.

use super::{
    difference::{Differences, Ground},
    query,
    transform::{self, Local, Transform, decode, encode, explain, locals, recase, replace, unreserved},
};
use crate::check::message::short;

/// Rewritings of paths, in the order in which servers do them.
const PATH: &[Transform] = &[
    Transform { kind: "fragment-removed", said: "cuts the target at `#`", apply: |path| cut(path, b'#') },
    Transform { kind: "malformed-escape-removed", said: "drops malformed escapes", apply: |path| malformed(path, b"") },
    Transform {
        kind: "malformed-escape-encoded",
        said: "encodes the `%` of malformed escapes",
        apply: |path| malformed(path, b"%25"),
    },
    Transform { kind: "double-encoded", said: "encodes `%` again", apply: |path| replace(path, b"%", b"%25") },
    Transform {
        kind: "unreserved-decoded",
        said: "decodes escapes of unreserved characters",
        apply: |path| decode(path, unreserved),
    },
    Transform { kind: "slash-decoded", said: "decodes `%2F` to `/`", apply: |path| decode(path, |byte| byte == b'/') },
    Transform {
        kind: "backslash-decoded",
        said: "decodes `%5C` to `\\`",
        apply: |path| decode(path, |byte| byte == b'\\'),
    },
    Transform {
        kind: "control-decoded",
        said: "decodes escaped control characters",
        apply: |path| decode(path, |byte| byte < 32),
    },
    Transform {
        kind: "octet-decoded",
        said: "decodes escapes of bytes above 0x7F",
        apply: |path| decode(path, |byte| byte >= 0x80),
    },
    Transform {
        kind: "reserved-decoded",
        said: "decodes escapes of reserved characters",
        apply: |path| {
            decode(path, |byte| (32..0x7F).contains(&byte) && !unreserved(byte) && byte != b'/' && byte != b'\\')
        },
    },
    Transform { kind: "backslash-to-slash", said: "turns `\\` into `/`", apply: |path| replace(path, b"\\", b"/") },
    Transform { kind: "path-parameter-removed", said: "cuts path parameters (`;…`)", apply: without_parameters },
    Transform { kind: "slashes-merged", said: "merges repeated slashes", apply: merged },
    Transform { kind: "dot-segments-removed", said: "resolves `.` and `..` segments", apply: resolved },
    Transform {
        kind: "escape-upper-cased",
        said: "turns escapes to upper case",
        apply: |path| recase(path, u8::to_ascii_uppercase),
    },
    Transform {
        kind: "escape-lower-cased",
        said: "turns escapes to lower case",
        apply: |path| recase(path, u8::to_ascii_lowercase),
    },
    Transform {
        kind: "octet-encoded",
        said: "escapes bytes that are not allowed in a path",
        apply: |path| encode(path, |byte| !allowed(byte)),
    },
    Transform { kind: "backslash-encoded", said: "escapes `\\`", apply: |path| encode(path, |byte| byte == b'\\') },
    Transform {
        kind: "high-octet-encoded",
        said: "escapes bytes above 0x7F",
        apply: |path| encode(path, |byte| byte >= 0x80),
    },
    Transform {
        kind: "reserved-encoded",
        said: "escapes characters that need no escape",
        apply: |path| {
            encode(path, |byte| {
                matches!(
                    byte,
                    b';' | b',' | b'=' | b'+' | b'@' | b':' | b'!' | b'\'' | b'(' | b')' | b'*' | b'$' | b'&'
                )
            })
        },
    },
    Transform { kind: "path-lower-cased", said: "turns the path to lower case", apply: <[u8]>::to_ascii_lowercase },
    Transform {
        kind: "trailing-slash-added",
        said: "adds a slash at the end of the path",
        apply: |path| [path, b"/"].concat(),
    },
    Transform {
        kind: "trailing-slash-removed",
        said: "removes the slash at the end of the path",
        apply: |path| path.strip_suffix(b"/").unwrap_or(path).to_vec(),
    },
];

/// Kind of a rewriting of single characters.
fn local(place: Local) -> (&'static str, &'static str) {
    match place {
        Local::Decoded(b'/') => ("slash-decoded", "decodes `%2F` to `/`"),
        Local::Decoded(b'\\') => ("backslash-decoded", "decodes `%5C` to `\\`"),
        Local::Decoded(0..32) => ("control-decoded", "decodes escaped control characters"),
        Local::Decoded(0x80..) => ("octet-decoded", "decodes escapes of bytes above 0x7F"),
        Local::Decoded(byte) if unreserved(byte) => ("unreserved-decoded", "decodes escapes of unreserved characters"),
        Local::Decoded(_) => ("reserved-decoded", "decodes escapes of reserved characters"),
        Local::Encoded(b'\\') => ("backslash-encoded", "escapes `\\`"),
        Local::Encoded(0x80..) => ("high-octet-encoded", "escapes bytes above 0x7F"),
        Local::Encoded(byte) if !allowed(byte) => ("octet-encoded", "escapes bytes that are not allowed in a path"),
        Local::Encoded(_) | Local::PlusToEscape | Local::EscapeToPlus => {
            ("reserved-encoded", "escapes characters that need no escape")
        }
        Local::Upper => ("escape-upper-cased", "turns escapes to upper case"),
        Local::Lower => ("escape-lower-cased", "turns escapes to lower case"),
        Local::Double => ("double-encoded", "encodes `%` again"),
        Local::SlashMerged => ("slashes-merged", "merges repeated slashes"),
        Local::Replaced(..) => ("backslash-to-slash", "turns `\\` into `/`"),
    }
}

/// Characters of a path (RFC 3986, section 3.3), `%` included.
fn allowed(byte: u8) -> bool {
    unreserved(byte) || matches!(byte, b'!' | b'$' | b'&'..=b',' | b';' | b'=' | b':' | b'@' | b'/' | b'%' | b'?')
}

fn cut(text: &[u8], at: u8) -> Vec<u8> {
    text.split(|byte| *byte == at).next().unwrap_or_default().to_vec()
}

fn malformed(path: &[u8], instead: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for (at, byte) in path.iter().enumerate() {
        if *byte == b'%' && transform::escape(path, at).is_none() {
            out.extend_from_slice(instead);
        } else {
            out.push(*byte);
        }
    }
    out
}

fn without_parameters(path: &[u8]) -> Vec<u8> {
    path.split(|byte| *byte == b'/').map(|segment| cut(segment, b';')).collect::<Vec<_>>().join(&b'/')
}

fn merged(path: &[u8]) -> Vec<u8> {
    let mut out: Vec<u8> = Vec::with_capacity(path.len());
    for byte in path {
        if *byte != b'/' || out.last() != Some(&b'/') {
            out.push(*byte);
        }
    }
    out
}

/// Removes dot segments (RFC 3986, section 5.2.4).
fn resolved(path: &[u8]) -> Vec<u8> {
    let mut out: Vec<&[u8]> = Vec::new();
    let segments: Vec<&[u8]> = path.split(|byte| *byte == b'/').collect();
    for (at, segment) in segments.iter().enumerate() {
        let last = at + 1 == segments.len();
        match *segment {
            b"." => {
                if last {
                    out.push(b"");
                }
            }
            b".." => {
                if out.len() > 1 {
                    out.pop();
                }
                if last {
                    out.push(b"");
                }
            }
            other => out.push(other),
        }
    }
    out.join(&b'/')
}

/// Form of a target (RFC 9112, section 3.2).
fn form(target: &[u8]) -> &'static str {
    if target == b"*" {
        "asterisk-form"
    } else if target.starts_with(b"/") {
        "origin-form"
    } else if target.windows(3).any(|window| window == b"://") {
        "absolute-form"
    } else if target.is_empty() {
        "nothing"
    } else {
        "authority-form"
    }
}

/// Path and query of a target.
fn origin(target: &[u8]) -> &[u8] {
    if form(target) != "absolute-form" {
        return target;
    }
    let begin = target.windows(3).position(|window| window == b"://").map_or(0, |at| at + 3);
    let rest = &target[begin..];
    rest.iter().position(|byte| matches!(byte, b'/' | b'?')).map_or(b"/", |at| &rest[at..])
}

/// Compares two targets; the prefix of the ground is mapped first.
pub(super) fn compare(before: &[u8], after: &[u8], ground: &Ground, found: &mut Differences) {
    let forms = (form(before), form(after));
    if forms.0 != forms.1 {
        let said = format!("turns the target from {} into {}", forms.0, forms.1);
        found.add("target-form-changed", forms.0, (before, after), said);
    }
    let (before, after) = (origin(before).to_vec(), origin(after).to_vec());
    let (path, query) = split(&before);
    let (path_after, query_after) = split(&after);
    compare_path(path, path_after, ground, found);
    query::compare(query, query_after, found);
}

fn split(target: &[u8]) -> (&[u8], Option<&[u8]>) {
    match target.iter().position(|byte| *byte == b'?') {
        Some(at) => (&target[..at], Some(&target[at + 1..])),
        None => (target, None),
    }
}

fn compare_path(before: &[u8], after: &[u8], ground: &Ground, found: &mut Differences) {
    let mapped = match &ground.prefix {
        Some((from, to)) if before.starts_with(from) => [to.as_slice(), &before[from.len()..]].concat(),
        _ => before.to_vec(),
    };
    if let Some(reasons) = explain(PATH, &mapped, after) {
        for reason in reasons {
            found.add(reason.kind, "", (&mapped, after), reason.said.to_owned());
        }
        return;
    }
    let pair: (&[u8], &[u8]) = (&mapped, after);
    if let Some(places) = locals(&mapped, after) {
        let mut kinds: Vec<(&str, &str)> = places.into_iter().map(local).collect();
        kinds.dedup();
        for (kind, said) in kinds {
            found.add(kind, "", pair, format!("{said}, in places"));
        }
        return;
    }
    if mapped.ends_with(after) && after.starts_with(b"/") {
        let prefix = short(&mapped[..mapped.len() - after.len()], 60);
        found.add("path-prefix-removed", "", pair, format!("removes the prefix `{prefix}` of the path"));
    } else if after.ends_with(&mapped) && mapped.starts_with(b"/") {
        let prefix = short(&after[..after.len() - mapped.len()], 60);
        found.add("path-prefix-added", "", pair, format!("adds the prefix `{prefix}` to the path"));
    } else {
        let said = format!("changes the path `{}` to `{}`", short(&mapped, 120), short(after, 120));
        found.add("path-changed", "", pair, said);
    }
}
