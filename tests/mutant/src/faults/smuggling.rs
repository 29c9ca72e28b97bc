//! What a gateway must refuse and some mend (groups 3, 26). All of it is intrusive: on a shared gateway it can hit others.

use super::edit::unescape;
use crate::fault::{Commit, Fault};
use crate::http1::{Event, Head, Line};

pub(super) const FAULTS: &[Fault] = &[
    Fault::request("folding-undone", &["3.7"], "Unfolds folded request fields.", |head, _| {
        let mut fields: Vec<Line> = Vec::new();
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
    })
    .intrusive(),
    Fault::request(
        "colon-space-mended",
        &["3.8"],
        "Removes white space before the colon of request fields.",
        |head, _| {
            for line in &mut head.fields {
                let name = line.name().to_vec();
                line.rename(&name);
            }
        },
    )
    .intrusive(),
    Fault::request(
        "controls-replaced",
        &["3.11"],
        "Turns control characters in request values into spaces.",
        |head, _| {
            for line in &mut head.fields {
                let control = |byte: &u8| *byte < 0x20 && *byte != b'\t';
                for byte in line.text.iter_mut().filter(|byte| control(byte)) {
                    *byte = b' ';
                }
            }
        },
    )
    .intrusive(),
    Fault::request(
        "length-beside-coding-dropped",
        &["26.1"],
        "Drops `Content-Length` beside `Transfer-Encoding`.",
        |head, _| {
            if head.has("Transfer-Encoding") {
                head.remove("Content-Length");
            }
        },
    )
    .intrusive(),
    Fault::request(
        "coding-beside-length-dropped",
        &["26.1"],
        "Drops `Transfer-Encoding` beside `Content-Length`.",
        |head, _| {
            if head.has("Content-Length") {
                head.remove("Transfer-Encoding");
            }
        },
    )
    .intrusive(),
    Fault::request("odd-length-mended", &["26.2"], "Writes `+5` and `05` as `5`.", |head, _| {
        head.edit("Content-Length", |value| {
            let digits = value.strip_prefix(b"+").unwrap_or(value);
            let zeros = digits.iter().take_while(|byte| **byte == b'0').count();
            Some(digits.get(zeros.min(digits.len().saturating_sub(1))..)?.to_vec())
        });
    })
    .intrusive(),
    Fault::request(
        "length-list-folded",
        &["26.2"],
        "Writes `5, 5` as `5`, and drops a second `Content-Length`.",
        |head, _| {
            head.edit("Content-Length", |value| value.split(|byte| *byte == b',').next().map(<[u8]>::to_vec));
            let mut seen = false;
            head.keep(|line| !line.is("Content-Length") || !std::mem::replace(&mut seen, true));
        },
    )
    .intrusive(),
    Fault::request(
        "coding-disguise-mended",
        &["26.3"],
        "Writes any `Transfer-Encoding` that contains `chunked` as `chunked`.",
        |head, _| {
            if head.says("Transfer-Encoding", "chunked") {
                head.replace("Transfer-Encoding", "chunked");
            }
        },
    )
    .intrusive(),
    Fault::new(
        "bare-lf-mended",
        &["26.4"],
        "Writes bare LF in request heads and chunk lines as CRLF.",
        Commit::Request(|| Box::new(Crlf)),
    )
    .intrusive(),
    Fault::request(
        "get-length-dropped",
        &["26.6"],
        "Drops `Content-Length` of GET, and leaves the bytes.",
        |head, _| {
            if head.method() == b"GET" {
                head.remove("Content-Length");
            }
        },
    )
    .intrusive()
    .also(&["5.8"]),
    Fault::response("line-ends-decoded", &["26.7"], "Decodes `%0d%0a` in `Location`.", |head, _| {
        head.edit("Location", |value| Some(unescape(&unescape(value, "%0d", b"\r"), "%0a", b"\n")));
    })
    .intrusive()
    .also(&["11.8"]),
];

/// Writes every line end of requests as CRLF.
#[derive(Debug)]
struct Crlf;

impl crate::editor::Editor for Crlf {
    fn on(&mut self, event: Event, _: &Head, out: &mut crate::editor::Out) {
        match event {
            Event::Head(mut head) => {
                for line in std::iter::once(&mut head.start).chain(&mut head.fields) {
                    line.end = b"\r\n".to_vec();
                }
                head.blank = b"\r\n".to_vec();
                out.send(head.bytes());
            }
            Event::Chunk(line) | Event::Last(line) | Event::ChunkEnd(line) => {
                out.send(line.trim_ascii_end());
                out.send("\r\n");
            }
            event => out.pass(&event),
        }
    }
}
