//! Lenient reader of a head: any bytes give a message, and what is odd about them is noted, never refused.

use super::message::{Ended, Field, Framing, Message, Start, Version, text};

/// Finds the end of a head: the position after its empty line. Bare line feeds count.
pub(crate) fn end(bytes: &[u8]) -> Option<usize> {
    let mut line = 0;
    let mut any = false;
    for (at, byte) in bytes.iter().enumerate() {
        if *byte != b'\n' {
            continue;
        }
        let content = &bytes[line..at];
        if content.is_empty() || content == b"\r" {
            // Empty lines before the start line are skipped (RFC 9112, section 2.2).
            if any {
                return Some(at + 1);
            }
        } else {
            any = true;
        }
        line = at + 1;
    }
    None
}

/// Reads a head. `request` tells which kind of start line is expected.
pub(crate) fn read(raw: &[u8], request: bool) -> Message {
    let mut oddities = Vec::new();
    let mut lines = raw.split(|byte| *byte == b'\n').map(|line| match line.strip_suffix(b"\r") {
        Some(line) => (line, false),
        None => (line, true),
    });
    let mut first: &[u8] = b"";
    let mut bare = false;
    for (line, lone) in lines.by_ref() {
        if !line.is_empty() {
            (first, bare) = (line, lone);
            break;
        }
    }
    let (start, version) = if request { request_line(first) } else { status_line(first) };
    let mut message = Message::new(start, version);
    for (line, lone) in lines {
        if line.is_empty() {
            break;
        }
        bare |= lone;
        field(line, &mut message.fields, &mut oddities);
    }
    if bare {
        oddities.push("bare-lf");
    }
    message.raw_head = raw.to_vec();
    oddities.dedup();
    message.oddities = oddities;
    message.ended = Ended::Complete;
    message
}

/// Reads one line of the field section, trailers included.
pub(crate) fn field(line: &[u8], fields: &mut Vec<Field>, oddities: &mut Vec<&'static str>) {
    if matches!(line.first(), Some(b' ' | b'\t')) && !fields.is_empty() {
        oddities.push("line-folding");
        if let Some(last) = fields.last_mut() {
            last.value.push(b' ');
            last.value.extend_from_slice(trim(line));
        }
        return;
    }
    let Some(colon) = line.iter().position(|byte| *byte == b':') else {
        oddities.push("no-colon");
        fields.push(Field::new(line, ""));
        return;
    };
    let (name, value) = (&line[..colon], &line[colon + 1..]);
    if name.ends_with(b" ") || name.ends_with(b"\t") {
        oddities.push("space-before-colon");
    }
    if value.iter().any(|byte| matches!(byte, 0..=8 | 10..=31 | 127)) {
        oddities.push("control-in-field");
    }
    fields.push(Field::new(name.trim_ascii_end(), trim(value)));
}

/// Removes optional white space (RFC 9110, section 5.6.3), and nothing else.
fn trim(value: &[u8]) -> &[u8] {
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let from = value.iter().position(|byte| !blank(byte)).unwrap_or(value.len());
    let to = value.iter().rposition(|byte| !blank(byte)).map_or(from, |last| last + 1);
    &value[from..to]
}

fn request_line(line: &[u8]) -> (Start, Version) {
    let blank = |byte: &u8| *byte == b' ';
    let Some(first) = line.iter().position(blank) else {
        return (Start::Request { method: line.to_vec(), target: Vec::new() }, Version::Other(String::new()));
    };
    let rest = &line[first + 1..];
    let method = line[..first].to_vec();
    match rest.iter().rposition(blank) {
        Some(last) => (Start::Request { method, target: rest[..last].to_vec() }, version(&rest[last + 1..])),
        None => (Start::Request { method, target: rest.to_vec() }, Version::Other(String::new())),
    }
}

fn status_line(line: &[u8]) -> (Start, Version) {
    let mut parts = line.splitn(3, |byte| *byte == b' ');
    let version = version(parts.next().unwrap_or_default());
    let status = parts.next().and_then(|code| std::str::from_utf8(code).ok()?.parse().ok()).unwrap_or(0);
    (Start::Response { status, reason: parts.next().unwrap_or_default().to_vec() }, version)
}

fn version(bytes: &[u8]) -> Version {
    match bytes {
        b"HTTP/1.1" => Version::H11,
        b"HTTP/1.0" => Version::H10,
        other => Version::Other(text(other)),
    }
}

/// Framing of a request (RFC 9112, section 6.3). Where several could apply, chunked wins.
pub(crate) fn request_framing(message: &Message) -> Framing {
    if message.tokens("transfer-encoding").last().is_some_and(|coding| coding == "chunked") {
        return Framing::Chunked;
    }
    length(message).map_or(Framing::None, Framing::Length)
}

/// Framing of a response to a request of this method (RFC 9112, section 6.3).
pub(crate) fn response_framing(message: &Message, method: &[u8]) -> Framing {
    let status = message.status();
    if method == b"HEAD" || (100..200).contains(&status) || status == 204 || status == 304 {
        return Framing::None;
    }
    let codings = message.tokens("transfer-encoding");
    if codings.last().is_some_and(|coding| coding == "chunked") {
        return Framing::Chunked;
    }
    if !codings.is_empty() {
        return Framing::Close;
    }
    length(message).map_or(Framing::Close, Framing::Length)
}

fn length(message: &Message) -> Option<u64> {
    let value = message.tokens("content-length").into_iter().next()?;
    if value.bytes().all(|byte| byte.is_ascii_digit()) { value.parse().ok() } else { None }
}
