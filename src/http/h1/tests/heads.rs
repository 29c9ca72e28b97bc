//! Heads: what is kept, their limits and the cost of parsing.

use actix_web::http::Version;
use bytes::BytesMut;

use super::{
    super::{
        classes::steps,
        parse::{Limits, Scan, parse},
        rule::Rule,
    },
    LIMITS, text, understood,
};
use crate::request::RequestHead;

const LARGE: Limits = Limits { head_bytes: 4 << 20, fields: 200_000 };

fn head(bytes: &[u8]) -> RequestHead {
    let mut buf = BytesMut::from(bytes);
    let parsed = parse(&buf, &mut Scan::default(), &LARGE).unwrap().unwrap();
    let head = parsed.take_head(&mut buf);
    assert_eq!([head.raw(), &buf].concat(), bytes, "nothing is lost");
    head
}

#[test]
fn a_head_is_kept_byte_for_byte() {
    let bytes = b"\r\nGeT /a\xc3\xa9%zz?x HTTP/1.1\r\nHOST:a\r\nx-B: \t1 , 2\t\r\nX-a:\r\nx-b: \xff\r\n\r\nrest";
    let head = head(bytes);
    assert_eq!(head.method(), "GeT");
    assert_eq!(head.target(), b"/a\xc3\xa9%zz?x");
    assert_eq!((head.version(), head.version_text()), (Version::HTTP_11, &b"HTTP/1.1"[..]));
    assert_eq!(head.raw(), &bytes[..bytes.len() - 4]);
    assert_eq!(head.raw_bytes(), head.raw());
    let fields: Vec<_> = head.fields().collect();
    let expected: [(&[u8], &[u8]); 4] = [(b"HOST", b"a"), (b"x-B", b"1 , 2"), (b"X-a", b""), (b"x-b", b"\xff")];
    assert_eq!(fields, expected);
    assert_eq!(head.field_count(), 4);
    assert_eq!(head.get("X-B"), Some(&b"1 , 2"[..]));
    assert_eq!(head.get_all("x-b").collect::<Vec<_>>(), [&b"1 , 2"[..], b"\xff"]);
    assert_eq!(head.get("x-c"), None);
    assert_eq!(head.pseudo_fields().count(), 0);
}

#[test]
fn versions_are_told_apart_as_they_came() {
    for (text, version) in
        [("HTTP/1.0", Version::HTTP_10), ("HTTP/1.1", Version::HTTP_11), ("HTTP/1.7", Version::HTTP_11)]
    {
        let head = head(format!("GET / {text}\r\nHost: a\r\n\r\n").as_bytes());
        assert_eq!((head.version(), head.version_text()), (version, text.as_bytes()));
    }
}

#[test]
fn a_head_that_did_not_come_as_text_has_the_same_shape() {
    let fields: [(&[u8], &[u8]); 5] =
        [(b":method", b"GET"), (b":path", b"/a"), (b"cookie", b"a=1"), (b"x", b""), (b"cookie", b"b=2")];
    let head = RequestHead::new(actix_web::http::Method::GET, b"/a", Version::HTTP_2, fields);
    assert_eq!((head.target(), head.raw(), head.version_text()), (&b"/a"[..], &b""[..], &b"HTTP/2.0"[..]));
    assert_eq!(head.pseudo_fields().collect::<Vec<_>>(), fields[..2]);
    assert_eq!(head.fields().collect::<Vec<_>>(), fields[2..]);
    assert_eq!(head.get_all("Cookie").collect::<Vec<_>>(), [b"a=1", b"b=2"]);
    assert_eq!(head.get(":path"), Some(&b"/a"[..]));
}

#[test]
fn nothing_secret_is_in_debug_output() {
    let shown = format!("{:?}", head(b"GET /?key=secret HTTP/1.1\r\nHost: secret\r\nX-Key: secret\r\n\r\n"));
    assert!(!shown.contains("secret") && shown.contains("X-Key"), "{shown}");
}

#[test]
fn what_is_known_of_a_refused_request_can_be_read() {
    let bytes = b"\r\nPUT /a HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n";
    let mut scan = Scan::default();
    assert!(!scan.has_begun());
    assert_eq!(parse(b"\r\n", &mut scan, &LIMITS).unwrap().is_none(), !scan.has_begun(), "an empty line is no request");
    assert_eq!(scan.request_line(b"\r\n"), None);
    let refusal = parse(bytes, &mut scan, &LIMITS).unwrap_err();
    assert_eq!((refusal.rule, scan.has_begun()), (Rule::ControlInField, true));
    assert_eq!(scan.request_line(bytes), Some((&b"PUT"[..], &b"/a"[..])));
}

/// Returns the outcome, which must be the same for the whole head and byte by byte.
fn outcome(bytes: &[u8], limits: Limits) -> String {
    let whole = understood(bytes, usize::MAX, limits);
    assert_eq!(understood(bytes, 1, limits), whole);
    whole
}

#[test]
fn limits_of_a_head_are_exact() {
    let limits = Limits { head_bytes: 256, fields: 3 };
    let filled = |length: usize| {
        let head = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
        format!("{head}{}\r\n\r\n", "x".repeat(length - head.len() - 4))
    };
    assert_eq!(outcome(filled(256).as_bytes(), limits), "GET /");
    assert_eq!(outcome(filled(257).as_bytes(), limits), "head-too-large@256");
    assert_eq!(outcome(&filled(257).as_bytes()[..255], limits), "...");
    assert_eq!(outcome(&filled(257).as_bytes()[..256], limits), "head-too-large@256");
    let fields = |count: usize| format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", "X: y\r\n".repeat(count - 1));
    assert_eq!(outcome(fields(3).as_bytes(), limits), "GET /");
    assert_eq!(outcome(fields(4).as_bytes(), limits), "too-many-fields@37");
    let target = |length: usize| format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "x".repeat(length - 1));
    assert_eq!(outcome(target(128).as_bytes(), limits), format!("GET /{}", "x".repeat(127)));
    assert_eq!(outcome(target(129).as_bytes(), limits), "target-too-long@132");
    let method = |length: usize| format!("{} / HTTP/1.1\r\nHost: a\r\n\r\n", "M".repeat(length));
    assert_eq!(outcome(method(64).as_bytes(), limits), format!("{} /", "M".repeat(64)));
    assert_eq!(outcome(method(65).as_bytes(), limits), "unsupported-method@64");
}

#[test]
fn limits_of_trailers_are_those_of_a_head() {
    let limits = Limits { head_bytes: 256, fields: 3 };
    let body = |trailers: &str| {
        format!("PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n{trailers}\r\n")
    };
    let filled = |length: usize| body(&format!("A: {}\r\n", "b".repeat(length - 7)));
    assert!(outcome(filled(256).as_bytes(), limits).ends_with("bb]"));
    assert!(outcome(filled(257).as_bytes(), limits).ends_with("trailers-too-large@265"));
    assert_eq!(outcome(body("A: b\r\n").repeat(2).as_bytes(), limits), "PUT / [x; A=b] PUT / [x; A=b]");
    assert!(outcome(body(&"A: b\r\n".repeat(3)).as_bytes(), limits).ends_with("; A=b; A=b; A=b]"));
    assert!(outcome(body(&"A: b\r\n".repeat(4)).as_bytes(), limits).ends_with("trailers-too-large@27"));
}

/// Parses `bytes` in pieces of `piece` bytes. Returns the number of examined bytes.
fn steps_of(bytes: &[u8], piece: usize) -> u64 {
    let mut scan = Scan::default();
    let before = steps::taken();
    for end in (0..bytes.len()).step_by(piece).map(|start| bytes.len().min(start + piece)) {
        if parse(&bytes[..end], &mut scan, &LARGE).unwrap().is_some() {
            assert_eq!(end, bytes.len());
            return steps::taken() - before;
        }
    }
    panic!("the head is not complete");
}

#[test]
fn the_work_for_a_head_grows_with_its_bytes_however_they_arrive() {
    let many_fields = format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", "X-Y: z\r\n".repeat(100_000));
    let large_value = format!("GET / HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n", " x ".repeat(1 << 18));
    let blanks = format!("GET / HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n", " ".repeat(1 << 20));
    let large_target = format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "x".repeat(1 << 20));
    let list = format!("GET / HTTP/1.1\r\nHost: a\r\nConnection: {}\r\n\r\n", ",".repeat(1 << 20));
    for head in [many_fields, large_value, blanks, large_target, list] {
        for piece in [1, 1000, usize::MAX] {
            let steps = steps_of(head.as_bytes(), piece.min(head.len()));
            assert!(steps <= 3 * head.len() as u64, "{steps} steps for {} bytes, {piece} at a time", head.len());
        }
    }
}

#[test]
fn a_large_head_is_refused_by_the_default_limits() {
    let limits = Limits { head_bytes: 256 * 1024, fields: 1000 };
    let large = [b"GET / HTTP/1.1\r\nHost: a\r\nX: ".to_vec(), vec![b'x'; 1 << 20], b"\r\n\r\n".to_vec()].concat();
    assert_eq!(understood(&large, usize::MAX, limits), "head-too-large@262144");
    let many = format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", "X:\r\n".repeat(100_000));
    assert_eq!(understood(many.as_bytes(), usize::MAX, limits), "too-many-fields@4021");
}

#[test]
fn every_rule_has_a_name_of_its_own_a_source_and_a_status() {
    let mut names: Vec<_> = Rule::ALL.iter().map(|rule| rule.name()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), Rule::ALL.len());
    for rule in Rule::ALL {
        let sentence = rule.sentence();
        assert!(sentence.contains("(RFC ") && sentence.contains(", section ") && sentence.ends_with(')'), "{sentence}");
        assert!(matches!(rule.status(), 400 | 408 | 413 | 414 | 417 | 431 | 501 | 505), "{rule:?}");
        assert!(text(rule.name().as_bytes()).chars().all(|c| c.is_ascii_lowercase() || "-.01".contains(c)));
    }
}
