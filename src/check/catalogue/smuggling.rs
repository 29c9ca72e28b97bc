//! Group 26: smuggling-safe handling. Each probe asks: does one request stay one request?

use crate::check::{
    declaration::{Check, Exchange, Judgement},
    message::{Ended, Framing},
    probe::Probe,
    verdict::Verdict,
};

pub(super) const CHECKS: &[Check] = &[
    Check::request("26.1", "Content-Length with Transfer-Encoding", "RFC 9112, section 6.1", || {
        vec![
            post("length before chunked", "Content-Length: 4\r\nTransfer-Encoding: chunked", "5\r\nhello\r\n0\r\n\r\n"),
            post("chunked before length", "Transfer-Encoding: chunked\r\nContent-Length: 4", "5\r\nhello\r\n0\r\n\r\n"),
        ]
    })
    .alone()
    .intrusive()
    .judges_refusals()
    .judged(ambiguous),
    Check::request("26.2", "several or odd lengths", "RFC 9112, section 6.3", || {
        vec![
            post("two lengths", "Content-Length: 5\r\nContent-Length: 3", "hello"),
            post("plus sign", "Content-Length: +5", "hello"),
            post("hexadecimal", "Content-Length: 0x5", "hello"),
            post("list", "Content-Length: 5, 5", "hello"),
            post("leading zero", "Content-Length: 05", "hello"),
            post("negative", "Content-Length: -5", "hello"),
        ]
    })
    .alone()
    .intrusive()
    .judges_refusals()
    .judged(ambiguous),
    Check::request("26.3", "disguised Transfer-Encoding", "RFC 9112, section 6.1", || {
        vec![
            post("vertical tab", "Transfer-Encoding: \x0bchunked\r\nContent-Length: 5", "hello"),
            post("list with identity", "Transfer-Encoding: identity, chunked", "5\r\nhello\r\n0\r\n\r\n"),
            post("chunked twice", "Transfer-Encoding: chunked, chunked", "5\r\nhello\r\n0\r\n\r\n"),
            post("unknown coding", "Transfer-Encoding: xchunked\r\nContent-Length: 5", "hello"),
            post("space before the colon", "Transfer-Encoding : chunked\r\nContent-Length: 5", "hello"),
        ]
    })
    .alone()
    .intrusive()
    .judges_refusals()
    .judged(ambiguous),
    Check::request("26.4", "chunk size and extension oddities, bare LF", "RFC 9112, section 7.1", || {
        vec![
            post("plus sign in the size", "Transfer-Encoding: chunked", "+5\r\nhello\r\n0\r\n\r\n"),
            post("0x in the size", "Transfer-Encoding: chunked", "0x5\r\nhello\r\n0\r\n\r\n"),
            post("bare LF after the size", "Transfer-Encoding: chunked", "5\nhello\r\n0\r\n\r\n"),
            post("huge size", "Transfer-Encoding: chunked", "10000000000000005\r\nhello\r\n0\r\n\r\n"),
            post("no line end behind the data", "Transfer-Encoding: chunked", "5\r\nhelloXX0\r\n\r\n"),
        ]
    })
    .alone()
    .intrusive()
    .judges_refusals()
    .judged(ambiguous),
];

fn post(name: &'static str, framing: &str, body: &str) -> Probe {
    let bytes = format!("POST {{{{path}}}}/a HTTP/1.1\r\nHost: {{{{host}}}}\r\n{{{{own}}}}{framing}\r\n\r\n{body}");
    Probe::raw(name, bytes).wait(2_000)
}

/// An ambiguous request has to be refused, or to arrive with one clear framing.
fn ambiguous(exchanges: &[Exchange], judgement: &mut Judgement) {
    for exchange in exchanges {
        let name = exchange.probe;
        // A request that the gateway broke off was not taken.
        let Some(arrived) = exchange.arrived().filter(|arrived| arrived.ended == Ended::Complete) else { continue };
        let lengths = arrived.values("content-length");
        let codings = arrived.values("transfer-encoding");
        let odd = |value: &&[u8]| value.is_empty() || !value.iter().all(u8::is_ascii_digit);
        let clear = match arrived.framing {
            Framing::Length(_) => lengths.len() == 1 && codings.is_empty() && !lengths.iter().any(odd),
            Framing::Chunked => lengths.is_empty() && codings.len() == 1 && codings[0].eq_ignore_ascii_case(b"chunked"),
            _ => lengths.is_empty() && codings.is_empty(),
        };
        if exchange.arrivals.len() > 1 {
            judgement.say(Verdict::Forbidden, "split", name, format!("makes two requests of one: {name}"));
        } else if !clear {
            judgement.say(Verdict::Forbidden, "passed-on", name, format!("passes an ambiguous framing on: {name}"));
        } else {
            judgement.say(
                Verdict::Change,
                "mended",
                name,
                format!("takes an ambiguous framing, and passes it on as {}: {name}", arrived.framing),
            );
        }
    }
}
