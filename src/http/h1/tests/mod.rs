//! Tests of the HTTP/1 parser: each case has one outcome, however the bytes arrive.

mod bodies;
mod cuts;
mod deliveries;
mod differential;
pub(in crate::http) mod driver;
mod heads;
mod matrix;
pub(in crate::http) mod scripted;

use bytes::BytesMut;

use super::{
    chunked::{Decoder, Piece},
    framing::Framing,
    parse::{Limits, Parsed, Scan, parse},
    rule::{Refusal, Rule},
};
use crate::request::RequestHead;

const LIMITS: Limits = Limits { head_bytes: 4096, fields: 20 };

/// Server side of a connection: parses the bytes that it is fed, and describes the requests.
struct Reader {
    limits: Limits,
    buf: BytesMut,
    scan: Scan,
    body: Option<Body>,
    told: String,
    /// Complete requests, each with its head.
    whole: Vec<(String, RequestHead)>,
    /// Start of the current request in `told`, and its head.
    current: Option<(usize, RequestHead)>,
    refused: Option<Rule>,
    /// The connection ends after the current request.
    closes: bool,
    ended: bool,
}

enum Body {
    Length(u64),
    Chunked(Box<Decoder>),
}

impl Reader {
    fn new(limits: Limits) -> Self {
        let (buf, scan) = (BytesMut::new(), Scan::default());
        Self {
            limits,
            buf,
            scan,
            body: None,
            told: String::new(),
            whole: Vec::new(),
            current: None,
            refused: None,
            closes: false,
            ended: false,
        }
    }

    fn feed(&mut self, bytes: &[u8]) {
        if !self.ended {
            self.buf.extend_from_slice(bytes);
            while self.step() {}
        }
    }

    /// Returns the requests with their bodies: `POST /a [hello]`, and `close` after the last one of a connection. A
    /// broken rule with its position follows, or `...` for an incomplete request.
    fn outcome(mut self) -> String {
        if !self.ended && (self.body.is_some() || !self.buf.is_empty()) {
            self.told.push_str(" ...");
        }
        self.told.trim().to_owned()
    }

    fn step(&mut self) -> bool {
        if self.ended {
            return false;
        }
        match &mut self.body {
            None => match parse(&self.buf, &mut self.scan, &self.limits) {
                Ok(None) => false,
                Ok(Some(parsed)) => {
                    self.begin(parsed);
                    true
                }
                Err(refusal) => self.refuse(refusal),
            },
            Some(Body::Length(left)) => {
                let length = self.buf.len().min(usize::try_from(*left).unwrap());
                *left -= length as u64;
                let is_done = *left == 0;
                self.told.push_str(&text(&self.buf.split_to(length)));
                is_done && self.finish("]")
            }
            Some(Body::Chunked(decoder)) => match decoder.step(&mut self.buf) {
                Ok(Piece::More) => false,
                Ok(Piece::Data(data)) => {
                    self.told.push_str(&text(&data));
                    true
                }
                Ok(Piece::End) => {
                    let record = decoder.record.borrow();
                    let trailers = record.trailers.iter();
                    let trailers: String = trailers.map(|(n, v)| format!("; {}={}", text(n), text(v))).collect();
                    drop(record);
                    self.finish(&format!("{trailers}]"))
                }
                Err(refusal) => self.refuse(refusal),
            },
        }
    }

    fn begin(&mut self, parsed: Parsed) {
        self.closes = !parsed.keep_alive;
        let framing = parsed.framing;
        let flags = [
            (parsed.expects_continue, " expects"),
            (parsed.expects_other, " expects-other"),
            (parsed.upgrade, " upgrade"),
        ];
        let head = parsed.take_head(&mut self.buf);
        let start = self.told.len();
        self.told.push_str(&format!(" {} {}", head.method(), text(head.target())));
        self.current = Some((start, head));
        self.told.extend(flags.iter().filter(|(is_set, _)| *is_set).map(|(_, flag)| *flag));
        self.scan = Scan::default();
        self.body = match framing {
            Framing::None => None,
            Framing::Length(length) => Some(Body::Length(length)),
            Framing::Chunked => Some(Body::Chunked(Box::new(Decoder::new(self.limits)))),
        };
        match self.body {
            None => _ = self.finish(""),
            Some(_) => self.told.push_str(" ["),
        }
    }

    fn finish(&mut self, end: &str) -> bool {
        self.told.push_str(end);
        self.whole.extend(self.current.take().map(|(start, head)| (self.told[start..].trim().to_owned(), head)));
        self.told.push_str(if self.closes { " close" } else { "" });
        self.ended = self.closes;
        self.body = None;
        true
    }

    fn refuse(&mut self, refusal: Refusal) -> bool {
        self.told.push_str(&format!(" {}@{}", refusal.rule.name(), refusal.at));
        self.refused = Some(refusal.rule);
        self.ended = true;
        false
    }
}

/// Returns the outcome of `bytes` that arrive in pieces of at most `piece` bytes.
fn understood(bytes: &[u8], piece: usize, limits: Limits) -> String {
    let mut reader = Reader::new(limits);
    for piece in bytes.chunks(piece.max(1)) {
        reader.feed(piece);
    }
    reader.outcome()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
