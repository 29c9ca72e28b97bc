//! Compares queries.

use super::{
    difference::Differences,
    transform::{Local, Transform, decode, encode, explain, locals, recase, replace, unreserved},
};
use crate::check::message::short;

/// Rewritings of queries, in the order in which servers do them.
const QUERY: &[Transform] = &[
    Transform { kind: "fragment-removed", said: "cuts the target at `#`", apply: |query| cut(query, b'#') },
    Transform { kind: "query-cut-at-semicolon", said: "cuts the query at `;`", apply: |query| cut(query, b';') },
    Transform {
        kind: "query-semicolon-replaced",
        said: "turns `;` into `&`",
        apply: |query| replace(query, b";", b"&"),
    },
    Transform {
        kind: "query-cut-at-question-mark",
        said: "cuts the query at a second `?`",
        apply: |query| cut(query, b'?'),
    },
    Transform { kind: "query-empty-pair-removed", said: "drops empty pairs (`&&`)", apply: without_empty },
    Transform {
        kind: "query-deduplicated-first",
        said: "keeps the first of repeated parameters",
        apply: |query| unique(query, true),
    },
    Transform {
        kind: "query-deduplicated-last",
        said: "keeps the last of repeated parameters",
        apply: |query| unique(query, false),
    },
    Transform { kind: "query-equals-added", said: "adds `=` to parameters without a value", apply: with_equals },
    Transform { kind: "query-equals-removed", said: "removes the `=` of empty values", apply: without_equals },
    Transform {
        kind: "query-malformed-octets-replaced",
        said: "replaces escapes that are not UTF-8 by U+FFFD",
        apply: replaced,
    },
    Transform {
        kind: "query-plus-to-escape",
        said: "turns `+` into `%20`",
        apply: |query| replace(query, b"+", b"%20"),
    },
    Transform {
        kind: "query-escape-to-plus",
        said: "turns `%20` into `+`",
        apply: |query| replace(query, b"%20", b"+"),
    },
    Transform {
        kind: "query-plus-decoded",
        said: "decodes `%2B` to `+`",
        apply: |query| decode(query, |byte| byte == b'+'),
    },
    Transform {
        kind: "query-delimiter-decoded",
        said: "decodes `%26`, `%3D` or `%23`, which splits parameters",
        apply: |query| decode(query, |byte| matches!(byte, b'&' | b'=' | b'#')),
    },
    Transform {
        kind: "query-unreserved-decoded",
        said: "decodes escapes of unreserved characters in the query",
        apply: |query| decode(query, unreserved),
    },
    Transform {
        kind: "query-reserved-decoded",
        said: "decodes escapes of other characters in the query",
        apply: |query| {
            decode(query, |byte| {
                (33..0x7F).contains(&byte) && !unreserved(byte) && !matches!(byte, b'&' | b'=' | b'#' | b'+' | b'%')
            })
        },
    },
    Transform {
        kind: "query-octet-decoded",
        said: "decodes escapes of bytes above 0x7F in the query",
        apply: |query| decode(query, |byte| byte >= 0x80),
    },
    Transform { kind: "query-reordered", said: "sorts the parameters", apply: sorted },
    Transform { kind: "query-reordered", said: "sorts the parameters by name", apply: sorted_by_name },
    Transform { kind: "query-reordered", said: "turns the order of the parameters round", apply: reversed },
    Transform {
        kind: "query-semicolon-encoded",
        said: "escapes `;` in the query",
        apply: |query| encode(query, |byte| byte == b';'),
    },
    Transform {
        kind: "query-question-mark-encoded",
        said: "escapes a second `?`",
        apply: |query| encode(query, |byte| byte == b'?'),
    },
    Transform {
        kind: "query-octet-encoded",
        said: "escapes brackets, quotes or pipes in the query",
        apply: |query| encode(query, |byte| !allowed(byte)),
    },
    Transform {
        kind: "query-reserved-encoded",
        said: "escapes characters of the query that need no escape",
        apply: |query| {
            encode(query, |byte| matches!(byte, b'/' | b':' | b'@' | b',' | b'!' | b'$' | b'\'' | b'(' | b')' | b'*'))
        },
    },
    Transform {
        kind: "query-bracket-encoded",
        said: "escapes brackets in the query",
        apply: |query| encode(query, |byte| matches!(byte, b'[' | b']')),
    },
    Transform {
        kind: "query-escape-upper-cased",
        said: "turns escapes of the query to upper case",
        apply: |query| recase(query, u8::to_ascii_uppercase),
    },
    Transform {
        kind: "query-escape-lower-cased",
        said: "turns escapes of the query to lower case",
        apply: |query| recase(query, u8::to_ascii_lowercase),
    },
    Transform {
        kind: "query-double-encoded",
        said: "encodes `%` of the query again",
        apply: |query| replace(query, b"%", b"%25"),
    },
    Transform { kind: "query-lower-cased", said: "turns the query to lower case", apply: <[u8]>::to_ascii_lowercase },
];

/// Kind of a rewriting of single characters.
fn local(place: Local) -> (&'static str, &'static str) {
    match place {
        Local::Decoded(b'+') => ("query-plus-decoded", "decodes `%2B` to `+`"),
        Local::Decoded(b'&' | b'=' | b'#') => {
            ("query-delimiter-decoded", "decodes `%26`, `%3D` or `%23`, which splits parameters")
        }
        Local::Decoded(0x80..) => ("query-octet-decoded", "decodes escapes of bytes above 0x7F in the query"),
        Local::Decoded(byte) if unreserved(byte) => {
            ("query-unreserved-decoded", "decodes escapes of unreserved characters in the query")
        }
        Local::Decoded(_) => ("query-reserved-decoded", "decodes escapes of other characters in the query"),
        Local::Encoded(b';') => ("query-semicolon-encoded", "escapes `;` in the query"),
        Local::Encoded(b'?') => ("query-question-mark-encoded", "escapes a second `?`"),
        Local::Encoded(byte) if allowed(byte) => {
            ("query-reserved-encoded", "escapes characters of the query that need no escape")
        }
        Local::Encoded(_) => ("query-octet-encoded", "escapes brackets, quotes or pipes in the query"),
        Local::Upper => ("query-escape-upper-cased", "turns escapes of the query to upper case"),
        Local::Lower => ("query-escape-lower-cased", "turns escapes of the query to lower case"),
        Local::Double => ("query-double-encoded", "encodes `%` of the query again"),
        Local::PlusToEscape => ("query-plus-to-escape", "turns `+` into `%20`"),
        Local::EscapeToPlus => ("query-escape-to-plus", "turns `%20` into `+`"),
        Local::SlashMerged => ("query-changed", "leaves a slash of the query out"),
        Local::Replaced(..) => ("query-semicolon-replaced", "turns `;` into `&`"),
    }
}

/// Characters of a query (RFC 3986, section 3.4), `%` included.
fn allowed(byte: u8) -> bool {
    unreserved(byte) || matches!(byte, b'!' | b'$' | b'&'..=b',' | b';' | b'=' | b':' | b'@' | b'/' | b'%' | b'?')
}

fn pairs(query: &[u8]) -> Vec<&[u8]> {
    query.split(|byte| *byte == b'&').collect()
}

fn joined(pairs: &[&[u8]]) -> Vec<u8> {
    pairs.join(&b'&')
}

fn name(pair: &[u8]) -> &[u8] {
    pair.split(|byte| *byte == b'=').next().unwrap_or_default()
}

fn cut(text: &[u8], at: u8) -> Vec<u8> {
    text.split(|byte| *byte == at).next().unwrap_or_default().to_vec()
}

fn sorted(query: &[u8]) -> Vec<u8> {
    let mut list = pairs(query);
    list.sort();
    joined(&list)
}

fn sorted_by_name(query: &[u8]) -> Vec<u8> {
    let mut list = pairs(query);
    list.sort_by(|one, other| name(one).cmp(name(other)));
    joined(&list)
}

fn reversed(query: &[u8]) -> Vec<u8> {
    let mut list = pairs(query);
    list.reverse();
    joined(&list)
}

fn without_empty(query: &[u8]) -> Vec<u8> {
    joined(&pairs(query).into_iter().filter(|pair| !pair.is_empty()).collect::<Vec<_>>())
}

fn unique(query: &[u8], first: bool) -> Vec<u8> {
    let list = pairs(query);
    let keep = |at: usize| {
        let same = |other: &&[u8]| name(other) == name(list[at]);
        if first { !list[..at].iter().any(&same) } else { !list[at + 1..].iter().any(same) }
    };
    joined(&(0..list.len()).filter(|at| keep(*at)).map(|at| list[at]).collect::<Vec<_>>())
}

fn with_equals(query: &[u8]) -> Vec<u8> {
    let add =
        |pair: &&[u8]| if pair.is_empty() || pair.contains(&b'=') { pair.to_vec() } else { [pair, &b"="[..]].concat() };
    pairs(query).iter().map(add).collect::<Vec<_>>().join(&b'&')
}

fn without_equals(query: &[u8]) -> Vec<u8> {
    joined(&pairs(query).into_iter().map(|pair| pair.strip_suffix(b"=").unwrap_or(pair)).collect::<Vec<_>>())
}

fn replaced(query: &[u8]) -> Vec<u8> {
    let bytes = decode(query, |byte| byte >= 0x80);
    encode(String::from_utf8_lossy(&bytes).as_bytes(), |byte| byte >= 0x80)
}

/// Compares two queries; `None` is a target without `?`.
pub(super) fn compare(before: Option<&[u8]>, after: Option<&[u8]>, found: &mut Differences) {
    let (before, after) = match (before, after) {
        (None, None) => return,
        (Some(b""), None) => return found.add("query-mark-removed", "", (b"?", b""), "drops a lone `?`".to_owned()),
        (Some(before), None) => {
            let said = format!("drops the query `{}`", short(before, 80));
            return found.add("query-removed", "", (before, b""), said);
        }
        (before, Some(after)) => (before.unwrap_or_default(), after),
    };
    if let Some(reasons) = explain(QUERY, before, after) {
        for reason in reasons {
            found.add(reason.kind, "", (before, after), reason.said.to_owned());
        }
        return;
    }
    if let Some(places) = locals(before, after) {
        let mut kinds: Vec<(&str, &str)> = places.into_iter().map(local).collect();
        kinds.dedup();
        for (kind, said) in kinds {
            found.add(kind, "", (before, after), format!("{said}, in places"));
        }
        return;
    }
    if !parameters(before, after, found) {
        let said = format!("changes the query `{}` to `{}`", short(before, 120), short(after, 120));
        found.add("query-changed", "", (before, after), said);
    }
}

/// Reports parameters that came or went, when that is all; the order of the rest must be the same.
fn parameters(before: &[u8], after: &[u8], found: &mut Differences) -> bool {
    let (one, other) = (pairs(before), pairs(after));
    let gone: Vec<&[u8]> = one.iter().copied().filter(|pair| !other.contains(pair) && !pair.is_empty()).collect();
    let new: Vec<&[u8]> = other.iter().copied().filter(|pair| !one.contains(pair) && !pair.is_empty()).collect();
    let kept = |list: &[&[u8]], without: &[&[u8]]| -> Vec<Vec<u8>> {
        list.iter().filter(|pair| !pair.is_empty() && !without.contains(pair)).map(|pair| pair.to_vec()).collect()
    };
    if kept(&one, &gone) != kept(&other, &new) || (gone.is_empty() && new.is_empty()) {
        return false;
    }
    for pair in &gone {
        let subject = crate::check::message::text(name(pair));
        if let Some(changed) = new.iter().find(|added| name(added) == name(pair)) {
            let said = format!("changes the parameter `{}` to `{}`", short(pair, 60), short(changed, 60));
            found.add("query-parameter-changed", &subject, (pair, changed), said);
        } else {
            let said = format!("removes the parameter `{subject}`");
            found.add("query-parameter-removed", &subject, (pair, b""), said);
        }
    }
    for pair in new.iter().filter(|pair| !gone.iter().any(|old| name(old) == name(pair))) {
        let subject = crate::check::message::text(name(pair));
        found.add("query-parameter-added", &subject, (b"", pair), format!("adds the parameter `{subject}`"));
    }
    true
}
