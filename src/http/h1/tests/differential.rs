//! Compares this parser with hyper's on the same bytes. Every difference in acceptance needs a reason in [`REASONS`].

use std::{
    collections::BTreeMap,
    convert::Infallible,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
};

use hyper::{
    Request, Response,
    body::{Body as _, Incoming},
    rt::{Read, ReadBufCursor, Write},
    server::conn::http1,
    service::service_fn,
};

use super::{Limits, Reader, matrix, text};
use crate::{request::RequestHead, wire::Pcg};

const LIMITS: Limits = Limits { head_bytes: 8192, fields: 90 };

/// A request as text: method, target, body with trailers.
type Seen = Vec<String>;

/// Socket to which a client has written `bytes` before closing it.
struct Fed(std::io::Cursor<Vec<u8>>);

impl Read for Fed {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        mut buf: ReadBufCursor<'_>,
    ) -> Poll<std::io::Result<()>> {
        let start = usize::try_from(self.0.position()).unwrap();
        let rest = &self.0.get_ref()[start..];
        let length = rest.len().min(buf.remaining());
        buf.put_slice(&rest[..length]);
        self.0.set_position((start + length) as u64);
        Poll::Ready(Ok(()))
    }
}

impl Write for Fed {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<std::io::Result<usize>> {
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// Returns the complete requests that hyper reads from `bytes`.
async fn hyper_reads(bytes: &[u8]) -> Seen {
    let seen = Arc::new(Mutex::new(Seen::new()));
    let note = Arc::clone(&seen);
    let service = service_fn(move |request: Request<Incoming>| {
        let note = Arc::clone(&note);
        async move {
            let (head, mut body) = request.into_parts();
            let (mut data, mut trailers) = (Vec::new(), String::new());
            let is_whole = loop {
                match std::future::poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
                    None => break true,
                    Some(Err(_)) => break false,
                    Some(Ok(frame)) => match frame.into_data() {
                        Ok(bytes) => data.extend_from_slice(&bytes),
                        Err(frame) => {
                            for (name, value) in frame.trailers_ref().into_iter().flatten() {
                                trailers.push_str(&format!("; {name}={}", text(value.as_bytes())));
                            }
                        }
                    },
                }
            };
            if is_whole {
                note.lock().unwrap().push(format!("{} {} [{}{trailers}]", head.method, head.uri, text(&data)));
            }
            Ok::<_, Infallible>(Response::new(String::new()))
        }
    });
    let connection =
        http1::Builder::new().half_close(true).serve_connection(Fed(std::io::Cursor::new(bytes.to_vec())), service);
    let _ = connection.await;
    std::mem::take(&mut *seen.lock().unwrap())
}

/// The complete requests that this parser reads, and why no other follows.
struct Ours {
    whole: Vec<(String, RequestHead)>,
    end: &'static str,
}

fn we_read(bytes: &[u8]) -> Ours {
    let mut reader = Reader::new(LIMITS);
    reader.feed(bytes);
    let end = match reader.refused {
        Some(rule) => rule.name(),
        None if reader.ended => "close",
        None => "end",
    };
    Ours { whole: reader.whole, end }
}

/// Converts a request to hyper's form: without notes, with a body, trailer names in lower case.
fn as_told_by_hyper(told: &str, head: &RequestHead) -> String {
    let start = format!("{} {}", head.method(), text(head.target()));
    let body = told.find('[').filter(|at| *at >= start.len()).map_or("", |at| told[at..].trim_end_matches(" close"));
    let body = if body.is_empty() { "[]" } else { body };
    format!("{start} {body}")
}

/// Returns the first difference, as a key of [`REASONS`].
fn difference(ours: &Ours, theirs: &Seen) -> Option<String> {
    let mut before_connect = false;
    for index in 0.. {
        match (ours.whole.get(index), theirs.get(index)) {
            (None, None) => return None,
            (None, Some(_)) => return Some(format!("hyper accepts: {}", ours.end)),
            (Some((_, head)), None) => {
                let reason = if before_connect { "after CONNECT" } else { why_hyper_refuses(head) };
                return Some(format!("hyper refuses: {reason}"));
            }
            (Some((told, head)), Some(theirs)) => {
                let told = as_told_by_hyper(told, head);
                let (our_target, their_target) = (told.split(' ').nth(1), theirs.split(' ').nth(1));
                if our_target != their_target {
                    let reason = why_targets_differ(our_target.unwrap_or_default(), their_target.unwrap_or_default());
                    if reason == "?" {
                        return Some(format!("target: {our_target:?} {their_target:?}"));
                    }
                } else if told.to_lowercase() != theirs.to_lowercase() {
                    return Some(format!("body: {told:?} {theirs:?}"));
                }
                before_connect = head.method() == "CONNECT";
            }
        }
    }
    None
}

fn why_hyper_refuses(head: &RequestHead) -> &'static str {
    let target = head.target();
    if !matches!(head.version_text(), b"HTTP/1.0" | b"HTTP/1.1") {
        "version"
    } else if target.iter().any(|byte| *byte >= 0x80 || b"\"<>\\^`{|}#".contains(byte)) || target.starts_with(b"/") {
        "target"
    } else {
        "?"
    }
}

/// Returns why the targets differ: hyper parses targets and may drop or add parts, while this parser keeps the bytes.
fn why_targets_differ(ours: &str, theirs: &str) -> &'static str {
    if ours.split('#').next() == Some(theirs) {
        "fragment"
    } else if ours.contains("://") {
        "whole URI"
    } else {
        "?"
    }
}

/// Differences in acceptance, each with the reason for this parser's behaviour.
const REASONS: &[(&str, &str)] = &[
    ("hyper accepts: bad-chunk-extension", "hyper passes over extensions without looking at their bytes"),
    (
        "hyper accepts: bad-chunk-size",
        "hyper takes white space behind a size; RFC 9112, section 7.1 has it before a semicolon",
    ),
    ("hyper accepts: bad-host", "hyper leaves Host to the application; RFC 9112, section 3.2 has it refused"),
    (
        "hyper accepts: bad-request-line",
        "hyper skips any number of empty lines; one is what RFC 9112, section 2.2 asks for",
    ),
    ("hyper accepts: bad-target", "hyper takes what a URI may be; RFC 9112, section 3.2 has four forms, by method"),
    ("hyper accepts: bare-lf", "hyper ends lines at a line feed; RFC 9112, section 2.2 allows it, and it smuggles"),
    (
        "hyper accepts: chunked-not-last",
        "hyper looks at the end of the last line alone; RFC 9112, section 6.1 has chunked once",
    ),
    ("hyper accepts: conflicting-content-lengths", "hyper takes equal ones; RFC 9110, section 8.6 leaves the choice"),
    ("hyper accepts: length-and-chunked", "hyper drops the length; RFC 9112, section 6.3 wants it handled as an error"),
    ("hyper accepts: missing-host", "hyper leaves Host to the application; RFC 9112, section 3.2 has it refused"),
    ("hyper accepts: several-hosts", "hyper leaves Host to the application; RFC 9112, section 3.2 has it refused"),
    ("hyper accepts: unknown-transfer-coding", "hyper hands the coded body on; RFC 9112, section 6.1 has 501"),
    ("hyper accepts: unsupported-method", "http 0.2, whose type actix-web has, lacks five bytes of a token"),
    ("hyper refuses: target", "a target is bytes here, whatever a URI may be: it is what the gateway sent"),
    ("hyper refuses: version", "RFC 9110, section 2.5: a later version of 1 is read as 1.1"),
];

/// Requests to mutate.
const SEEDS: &[&[u8]] = &[
    b"GET /a?b=c HTTP/1.1\r\nHost: a.test:80\r\nX-A: b\r\n\r\n",
    b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    b"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
    b"POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    b"PUT /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n0\r\nX-T: 1\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    b"GET http://a.test/b HTTP/1.1\r\nHost: a.test\r\n\r\n",
];

const WORDS: &[&[u8]] = &[
    b" ",
    b"\t",
    b"\r",
    b"\n",
    b"\r\n",
    b"\0",
    b"\x7f",
    b"\xff",
    b"\xc3\xa9",
    b":",
    b";",
    b",",
    b"\"",
    b"#",
    b"%",
    b"/",
    b"0",
    b"5",
    b"f",
    b"-",
    b"+",
    b"_",
    b"Host: a\r\n",
    b"Content-Length: 3\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Transfer-Encoding: gzip\r\n",
    b"Connection: close\r\n",
    b" \r\n",
    b"\r\n ",
    b"chunked",
    b"x, ",
];

/// Mutates a connection in one place.
fn mutate(bytes: &mut Vec<u8>, random: &mut Pcg) {
    let mut below = |most: usize| usize::try_from(random.int_n(most.max(1) as u64)).unwrap();
    let (kind, at) = (below(4), below(bytes.len()));
    let word = WORDS[below(WORDS.len())];
    let end = bytes.len().min(at + 1 + below(3));
    match kind {
        0 => drop(bytes.splice(at..at, word.iter().copied())),
        1 => drop(bytes.splice(at..end, word.iter().copied())),
        2 => drop(bytes.drain(at..end)),
        _ => {
            // Repeats a line: several hosts, several lengths.
            let line_at = |at: usize| memchr::memrchr(b'\n', &bytes[..at]).map_or(0, |end| end + 1);
            let start = line_at(at);
            let end = memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |length| at + length + 1);
            let line = bytes[start..end].to_vec();
            bytes.splice(start..start, line);
        }
    }
}

#[test]
fn each_difference_to_hyper_in_what_is_accepted_has_a_reason() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut random = Pcg::for_lorem(b"differential");
    let mutated = (0..20_000).map(|round| {
        let count = 1 + round % 2;
        let mut bytes: Vec<u8> = (0..count).flat_map(|n| SEEDS[(round / 2 + n * 3) % SEEDS.len()].to_vec()).collect();
        for _ in 0..1 + round % 3 {
            mutate(&mut bytes, &mut random);
        }
        bytes
    });
    let mut found: BTreeMap<String, (usize, String)> = BTreeMap::new();
    for bytes in matrix::cases().map(|(bytes, _)| bytes).chain(mutated) {
        let theirs = runtime.block_on(hyper_reads(&bytes));
        if let Some(key) = difference(&we_read(&bytes), &theirs) {
            let example = || (0, format!("{}\n    hyper: {theirs:?}", bytes.escape_ascii()));
            found.entry(key).or_insert_with(example).0 += 1;
        }
    }
    let unexplained: Vec<_> = found.iter().filter(|(key, _)| !REASONS.iter().any(|(known, _)| known == key)).collect();
    let shown: String =
        unexplained.iter().map(|(key, (n, example))| format!("{key} ({n} times)\n    {example}\n")).collect();
    assert!(unexplained.is_empty(), "{} without a reason:\n{shown}", unexplained.len());
    let unseen: Vec<_> = REASONS.iter().filter(|(key, _)| !found.contains_key(*key)).collect();
    assert!(unseen.is_empty(), "no longer seen: {unseen:?}");
}
