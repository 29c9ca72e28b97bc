//! Compares field sections and trailers.

use std::collections::BTreeSet;

use super::difference::Differences;
use crate::check::message::{Field, Message, Version, short, text};

/// Fields that belong to one connection (RFC 9110, section 7.6.1).
pub(crate) const HOP_BY_HOP: &[&str] =
    &["connection", "keep-alive", "proxy-connection", "te", "transfer-encoding", "upgrade"];

/// Tells whether a field of this message belongs to its connection: by its name, or since `Connection` lists it.
pub(crate) fn hop_by_hop(message: &Message, name: &str) -> bool {
    HOP_BY_HOP.contains(&name) || message.tokens("connection").iter().any(|listed| listed == name)
}

/// Framing is compared by itself.
fn framing(name: &str) -> bool {
    matches!(name, "content-length" | "transfer-encoding")
}

/// Compares two field sections.
pub(super) fn compare(before: &Message, after: &Message, found: &mut Differences) {
    recased(before, after, found);
    reordered(before, after, found);
    let mut names: Vec<String> = Vec::new();
    for field in before.fields.iter().chain(&after.fields) {
        let name = field.key();
        if !framing(&name) && !names.contains(&name) {
            names.push(name);
        }
    }
    let mut moved = renamed(before, after, found);
    // A trailer that shows up in the head is reported with the trailers.
    for trailer in &before.trailers {
        if !before.has(&trailer.key()) && after.has(&trailer.key()) {
            moved.insert(trailer.key());
        }
    }
    for name in names.iter().filter(|name| !moved.contains(*name)) {
        let (one, other) = (before.values(name), after.values(name));
        if one != other {
            values((before, after), name, &one, &other, found);
        }
    }
    lengths(before, after, found);
}

/// `Content-Length` that came without a body, or does not fit.
fn lengths(before: &Message, after: &Message, found: &mut Differences) {
    let (one, other) = (before.values("content-length"), after.values("content-length"));
    let no_body = before.framing == crate::check::message::Framing::None && after.framing == before.framing;
    if no_body && one != other {
        let join = |list: &[&[u8]]| list.join(&b", "[..]);
        let said = match (one.first(), other.first()) {
            (None, Some(value)) => format!("adds `Content-Length: {}` to a message without a body", short(value, 20)),
            (Some(value), None) => {
                format!("removes `Content-Length: {}` of a message without a body", short(value, 20))
            }
            _ => "changes `Content-Length` of a message without a body".to_owned(),
        };
        let status = if before.status() == 0 { String::new() } else { before.status().to_string() };
        found.add("bodiless-length-changed", &status, (&join(&one), &join(&other)), said);
    } else if one.len() > 1 && other.len() == 1 {
        found.add("lengths-joined", "", (&one.join(&b", "[..]), other[0]), "joins several `Content-Length`".to_owned());
    }
}

fn values(messages: (&Message, &Message), name: &str, one: &[&[u8]], other: &[&[u8]], found: &mut Differences) {
    let (message, added) = messages;
    let shown = shown(message, name);
    let all = |list: &[&[u8]]| list.join(&b"\n"[..]);
    let (before, after) = (all(one), all(other));
    let pair: (&[u8], &[u8]) = (&before, &after);
    if one.is_empty() {
        let shown = self::shown(added, name);
        let said = format!("adds `{shown}: {}`", short(&other.join(&b" | "[..]), 100));
        return found.add("field-added", name, pair, said);
    }
    if other.is_empty() {
        let kind = if hop_by_hop(message, name) { "hop-field-removed" } else { "field-removed" };
        let said = if one.iter().all(|value| value.is_empty()) {
            format!("removes `{shown}`, whose value is empty")
        } else {
            format!("removes `{shown}`")
        };
        return found.add(kind, name, pair, said);
    }
    if other.len() == 1 && one.len() > 1 {
        for separator in [&b", "[..], b",", b"; ", b";", b" "] {
            if one.join(separator) == other[0] {
                let said = format!("joins {} lines of `{shown}` with `{}`", one.len(), text(separator));
                return found.add("field-joined", name, pair, said);
            }
        }
    }
    if one.len() == 1 && other.len() > 1 {
        for separator in [&b", "[..], b",", b"; "] {
            if other.join(separator) == one[0] {
                return found.add("field-split", name, pair, format!("splits `{shown}` into {} lines", other.len()));
            }
        }
    }
    let sorted = |list: &[&[u8]]| -> BTreeSet<Vec<u8>> { list.iter().map(|value| value.to_vec()).collect() };
    if one.len() > 1 && one.len() == other.len() && sorted(one) == sorted(other) {
        return found.add("field-repeats-reordered", name, pair, format!("changes the order of the `{shown}` lines"));
    }
    if other.len() < one.len() && other.iter().all(|value| one.contains(value)) {
        let said = format!("keeps {} of {} lines of `{shown}`", other.len(), one.len());
        return found.add("field-repeats-dropped", name, pair, said);
    }
    if other.len() > one.len() && one.iter().all(|value| other.contains(value)) {
        let said = format!("adds a second `{shown}` line: `{}`", short(other.last().unwrap_or(&&b""[..]), 100));
        return found.add("field-doubled", name, pair, said);
    }
    let (first, last) = (one.join(&b", "[..]), other.join(&b", "[..]));
    value(name, &shown, &first, &last, found);
}

/// Compares the single value of a field.
fn value(name: &str, shown: &str, before: &[u8], after: &[u8], found: &mut Differences) {
    let pair = (before, after);
    let squeeze = |value: &[u8]| -> Vec<u8> {
        value.split(|byte| byte.is_ascii_whitespace()).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(&b' ')
    };
    let bare = |value: &[u8]| -> Vec<u8> { value.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect() };
    let shorts = (short(before, 80), short(after, 80));
    if squeeze(before) == squeeze(after) || bare(before) == bare(after) {
        return found.add("field-space-changed", name, pair, format!("changes white space in the value of `{shown}`"));
    }
    if !before.is_empty() && after.len() > before.len() {
        if let Some(rest) = after.strip_prefix(before) {
            let said = format!("appends `{}` to `{shown}`", short(rest, 80));
            return found.add("field-appended", name, pair, said);
        }
        if let Some(rest) = after.strip_suffix(before) {
            let said = format!("puts `{}` before the value of `{shown}`", short(rest, 80));
            return found.add("field-prepended", name, pair, said);
        }
    }
    if before.eq_ignore_ascii_case(after) {
        let said = format!("changes the case of the value of `{shown}`: `{}` to `{}`", shorts.0, shorts.1);
        return found.add("field-value-recased", name, pair, said);
    }
    if before.iter().any(|byte| *byte >= 0x80) {
        let said = format!("changes bytes above 0x7F in `{shown}`: `{}` to `{}`", shorts.0, shorts.1);
        return found.add("field-octets-changed", name, pair, said);
    }
    let members = |value: &[u8]| -> Vec<Vec<u8>> {
        value.split(|byte| *byte == b',').map(|part| part.trim_ascii().to_vec()).collect()
    };
    let (mut one, mut other) = (members(before), members(after));
    if other.iter().all(|member| one.contains(member)) && other.len() < one.len() {
        let said = format!("shortens `{shown}: {}` to `{}`", shorts.0, shorts.1);
        return found.add("field-narrowed", name, pair, said);
    }
    one.sort();
    other.sort();
    if one == other {
        return found.add("field-list-reordered", name, pair, format!("changes the order of the list in `{shown}`"));
    }
    let said = if name == "date" {
        // The new value is the time of the call.
        format!("replaces `{shown}`")
    } else {
        format!("changes `{shown}` from `{}` to `{}`", shorts.0, shorts.1)
    };
    found.add("field-changed", name, pair, said);
}

/// Name as it was written.
fn shown(message: &Message, name: &str) -> String {
    message.fields.iter().find(|field| field.is(name)).map_or_else(|| name.to_owned(), |field| text(&field.name))
}

/// Names whose underscores or dots were turned into hyphens.
fn renamed(before: &Message, after: &Message, found: &mut Differences) -> BTreeSet<String> {
    let mut moved = BTreeSet::new();
    let plain = |name: &str| name.replace(['_', '.'], "-");
    for field in &before.fields {
        let name = field.key();
        if name == plain(&name) || after.has(&name) {
            continue;
        }
        if let Some(other) = after.fields.iter().find(|other| other.key() == plain(&name) && !before.has(&other.key()))
        {
            let said = format!("renames `{}` to `{}`", text(&field.name), text(&other.name));
            found.add("field-renamed", &name, (&field.name, &other.name), said);
            moved.insert(other.key());
            moved.insert(name);
        }
    }
    moved
}

fn recased(before: &Message, after: &Message, found: &mut Differences) {
    // HTTP/2 has lower case only.
    if after.version == Version::H2 || before.version == Version::H2 {
        return;
    }
    let mut pairs = Vec::new();
    for field in &before.fields {
        let name = field.key();
        let same = |other: &&Field| other.is(&name);
        if let Some(other) = after.fields.iter().find(same)
            && !after.fields.iter().any(|other| other.name == field.name)
        {
            pairs.push((field.name.clone(), other.name.clone()));
        }
    }
    let Some((first, _)) = pairs.first().cloned() else { return };
    let style = if pairs.iter().all(|(_, after)| *after == after.to_ascii_lowercase()) {
        "lower"
    } else if pairs.iter().all(|(_, after)| *after == title(after)) {
        "title"
    } else {
        "other"
    };
    let said = match style {
        "lower" => format!("turns field names to lower case: `{}` to `{}`", text(&first), text(&pairs[0].1)),
        "title" => format!("turns field names to title case: `{}` to `{}`", text(&first), text(&pairs[0].1)),
        _ => format!("changes the case of field names: `{}` to `{}`", text(&first), text(&pairs[0].1)),
    };
    found.add("fields-recased", style, (&first, &pairs[0].1), said);
}

fn title(name: &[u8]) -> Vec<u8> {
    let mut out = name.to_ascii_lowercase();
    let mut begin = true;
    for byte in &mut out {
        if begin {
            *byte = byte.to_ascii_uppercase();
        }
        begin = *byte == b'-';
    }
    out
}

/// Compares the order of the names that both have; repeats and hop-by-hop fields don't count.
fn reordered(before: &Message, after: &Message, found: &mut Differences) {
    let order = |message: &Message, other: &Message| -> Vec<String> {
        let mut list = Vec::new();
        for field in &message.fields {
            let name = field.key();
            let counts = !framing(&name) && !HOP_BY_HOP.contains(&name.as_str());
            if counts && other.has(&name) && !list.contains(&name) {
                list.push(name);
            }
        }
        list
    };
    let (one, other) = (order(before, after), order(after, before));
    if one == other {
        return;
    }
    // One field that is taken out and put elsewhere is said by its name.
    let moved = one.iter().find(|name| {
        let without = |list: &[String]| -> Vec<String> { list.iter().filter(|other| other != name).cloned().collect() };
        without(&one) == without(&other)
    });
    let pair = (one.join(", "), other.join(", "));
    let bytes = (pair.0.as_bytes(), pair.1.as_bytes());
    let mut sorted = one.clone();
    sorted.sort();
    let said = match moved {
        _ if sorted == other && one.len() > 2 => "sorts the fields".to_owned(),
        Some(name) => format!("changes the order of fields: moves `{name}` to another place"),
        None => "changes the order of fields".to_owned(),
    };
    found.add("fields-reordered", "", bytes, said);
}

/// Compares trailers: lost, moved into the head, added, changed.
pub(super) fn trailers(before: &Message, after: &Message, found: &mut Differences) {
    let in_trailers = |message: &Message, name: &str| -> Vec<Vec<u8>> {
        message.trailers.iter().filter(|field| field.is(name)).map(|field| field.value.clone()).collect()
    };
    let mut seen = BTreeSet::new();
    for trailer in &before.trailers {
        let name = trailer.key();
        if !seen.insert(name.clone()) {
            continue;
        }
        let (one, other) = (in_trailers(before, &name), in_trailers(after, &name));
        let pair = (one.join(&b'\n'), other.join(&b'\n'));
        let pair: (&[u8], &[u8]) = (&pair.0, &pair.1);
        if !before.has(&name) && after.has(&name) {
            let said = format!("moves the trailer `{}` into the head", text(&trailer.name));
            found.add("trailer-merged", &name, pair, said);
        } else if other.is_empty() {
            found.add("trailer-lost", &name, pair, format!("drops the trailer `{}`", text(&trailer.name)));
        } else if one != other {
            found.add("trailer-changed", &name, pair, format!("changes the trailer `{}`", text(&trailer.name)));
        }
    }
    for trailer in &after.trailers {
        let name = trailer.key();
        if in_trailers(before, &name).is_empty() && seen.insert(name.clone()) {
            let said = format!("adds the trailer `{}: {}`", text(&trailer.name), short(&trailer.value, 60));
            found.add("trailer-added", &name, (b"", &trailer.value), said);
        }
    }
}
