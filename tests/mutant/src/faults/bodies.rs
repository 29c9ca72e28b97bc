//! Bytes of bodies, both ways (groups 5, 13).

use super::edit::replace;
use crate::editors::{Body, Whole, every};
use crate::fault::{Commit, Fault};
use crate::http1::Head;

pub(super) const FAULTS: &[Fault] = &[
    Fault::new(
        "request-byte-changed",
        &["5.4"],
        "Changes the last bit of the third byte of request bodies.",
        Commit::Request(|| Box::new(Body::new(every, third))),
    )
    .also(&["3.26", "5.5", "5.6", "5.7"]),
    Fault::new(
        "request-8bit-stripped",
        &["5.4"],
        "Clears the highest bit of each byte of request bodies.",
        Commit::Request(|| Box::new(Body::new(every, |_, byte| *byte &= 0x7f))),
    )
    .also(&["3.26", "5.5", "5.6", "5.7"]),
    Fault::new(
        "request-newlines-changed",
        &["5.4"],
        "Holds text requests and turns CRLF into LF.",
        Commit::Request(|| Box::new(Whole::new(is_text, |_, body| *body = replace(body, b"\r\n", b"\n")))),
    )
    .also(&["5.9", "5.12", "3.26"]),
    Fault::new(
        "request-json-rewritten",
        &["5.5"],
        "Holds JSON requests and writes them without white space between values.",
        Commit::Request(|| Box::new(Whole::new(is_json, |_, body| *body = compact(body)))),
    )
    .also(&["5.4", "5.9", "5.12", "3.26"]),
    Fault::new(
        "request-json-numbers",
        &["5.5"],
        "Holds JSON requests and writes `1.0` as `1`.",
        Commit::Request(|| Box::new(Whole::new(is_json, |_, body| *body = replace(body, b"1.0", b"1")))),
    )
    .also(&["5.4", "5.9", "5.12", "3.26"]),
    Fault::new(
        "request-multipart-rewritten",
        &["5.6"],
        "Holds multipart requests and gives them another boundary.",
        Commit::Request(|| Box::new(Whole::new(|head, _| head.says("Content-Type", "multipart/"), new_boundary))),
    )
    .also(&["5.4", "5.9", "5.12", "3.19", "3.26"]),
    Fault::new(
        "request-gzip-undone",
        &["5.7"],
        "Holds gzip requests and decompresses them.",
        Commit::Request(|| Box::new(Whole::new(|head, _| head.says("Content-Encoding", "gzip"), gunzip_message))),
    )
    .also(&["5.4", "5.9", "5.12", "3.14", "3.26"]),
    Fault::new(
        "response-byte-changed",
        &["13.1"],
        "Changes the last bit of the third byte of response bodies.",
        Commit::Response(|| Box::new(Body::new(every, third))),
    )
    .also(&["13.9"]),
    Fault::new(
        "response-html-injected",
        &["13.1"],
        "Holds HTML responses and puts a script before `</body>`.",
        Commit::Response(|| {
            Box::new(Whole::new(
                |head, _| head.says("Content-Type", "text/html"),
                |_, body| *body = replace(body, b"</body>", b"<script src=/gw.js></script></body>"),
            ))
        }),
    )
    .also(&["12.1", "13.9", "14.2"]),
    Fault::new(
        "response-json-rewritten",
        &["13.1"],
        "Holds JSON responses and writes them without white space between values.",
        Commit::Response(|| Box::new(Whole::new(is_json, |_, body| *body = compact(body)))),
    )
    .also(&["13.9", "14.2"]),
    Fault::new(
        "response-bom-added",
        &["13.1"],
        "Holds JSON responses and puts a byte order mark before them.",
        Commit::Response(|| {
            Box::new(Whole::new(is_json, |_, body| {
                body.splice(0..0, *b"\xef\xbb\xbf");
            }))
        }),
    )
    .also(&["13.9", "14.2"]),
    Fault::new(
        "response-newlines-changed",
        &["13.1"],
        "Holds text responses and turns CRLF into LF.",
        Commit::Response(|| Box::new(Whole::new(is_text, |_, body| *body = replace(body, b"\r\n", b"\n")))),
    )
    .also(&["13.9", "14.2"]),
];

fn third(at: usize, byte: &mut u8) {
    if at == 2 {
        *byte ^= 1;
    }
}

fn is_json(head: &Head, _: &Head) -> bool {
    head.says("Content-Type", "json") && !head.says("Content-Type", "ndjson") && !head.has("Content-Encoding")
}

fn is_text(head: &Head, _: &Head) -> bool {
    head.says("Content-Type", "text/plain") && !head.has("Content-Encoding")
}

/// JSON without white space between tokens.
fn compact(json: &[u8]) -> Vec<u8> {
    let (mut within, mut escaped) = (false, false);
    let keep = |byte: &u8| {
        let was_within = within;
        if within && !escaped && *byte == b'"' {
            within = false;
        } else if !within && *byte == b'"' {
            within = true;
        }
        escaped = was_within && !escaped && *byte == b'\\';
        was_within || !byte.is_ascii_whitespace()
    };
    let mut keep = keep;
    json.iter().filter(|byte| keep(byte)).copied().collect()
}

fn new_boundary(head: &mut Head, body: &mut Vec<u8>) {
    let Some((_, boundary)) =
        head.text("Content-Type").split_once("boundary=").map(|(a, b)| (a.to_owned(), b.to_owned()))
    else {
        return;
    };
    let old = boundary.trim_matches('"');
    *body = replace(body, format!("--{old}").as_bytes(), b"--mutant-boundary");
    head.edit("Content-Type", |value| Some(replace(value, old.as_bytes(), b"mutant-boundary")));
}

fn gunzip_message(head: &mut Head, body: &mut Vec<u8>) {
    if let Some(plain) = super::coding::gunzip(body) {
        *body = plain;
        head.remove("Content-Encoding");
    }
}
