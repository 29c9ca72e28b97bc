#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;
use crate::{
    audit::{FingerprintKey, redact::mark},
    credentials::Finder,
};

const KEY: &str = "key-alpha-0123456789";

fn redactor() -> Redactor {
    let keys = ["token", "cookie", "authorization"].map(str::to_owned);
    Redactor::of(&keys, "x-api-key", "api_key", Some(FingerprintKey::new(b"a key for tests")))
}

fn marked(value: &str) -> String {
    mark(redactor().fingerprint(value.as_bytes())).into_owned()
}

fn masked(raw: &[u8]) -> Vec<u8> {
    masked_at(raw, None).0
}

fn masked_at(raw: &[u8], at: Option<usize>) -> (Vec<u8>, Option<usize>) {
    let redactor = redactor();
    let malformed = Malformed::read(raw);
    let head = malformed.head();
    let finder = Finder::named("x-api-key".to_owned(), "api_key".to_owned());
    let masker = Masker::new(&redactor, &finder, &head, malformed.split().1);
    malformed.masked(&redactor, &masker, at)
}

fn shown(raw: &str) -> String {
    String::from_utf8(masked(raw.as_bytes())).unwrap()
}

#[test]
fn what_is_no_secret_stays_byte_for_byte() {
    for raw in [
        b"GET /v1/\xff HTTP/1.1\nHost: a\r\n\r\n".as_slice(),
        b"\r\n\r\n  GET  /a HTTP/1.1\r\nHost: a\r\n X : y\r\n\r\nbody: \x00\x01",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello over TLS\r\n\r\n",
        b"GET",
        b"",
        b"\r\n",
        b"GET /v1/a?b=c",
    ] {
        assert_eq!(masked(raw), raw, "{}", raw.escape_ascii());
    }
}

#[test]
fn secrets_are_masked_whatever_is_malformed() {
    let (key, secret) = (marked(KEY), marked("0123456789"));
    for (raw, expected) in [
        (
            format!("GET /v1/a?token=0123456789&b={KEY} HTTP/1.1\r\nX-Api-Key : {KEY}\r\nX: {KEY}\r\n\r\n"),
            format!("GET /v1/a?token={secret}&b={key} HTTP/1.1\r\nX-Api-Key : {key}\r\nX: {key}\r\n\r\n"),
        ),
        ("GET /v1/a?token=0123456789".to_owned(), format!("GET /v1/a?token={secret}")),
        ("/v1/a?token=0123456789\r\n".to_owned(), format!("/v1/a?token={secret}\r\n")),
        (
            "GET /v1/a?token=01234 56789 HTTP/1.1\nCookie: a=0123456789; b\n".to_owned(),
            format!("GET /v1/a?token={} HTTP/1.1\nCookie: a={secret}; [redacted]\n", marked("01234 56789")),
        ),
        (
            "GET / HTTP/1.1\rCookie: 0123456789\rX: y\r\n".to_owned(),
            format!("GET / HTTP/1.1\rCookie: {}\r\n", marked("0123456789\rX: y")),
        ),
        (
            "GET / HTTP/1.1\r\nX: y\rx-token: 0123456789\r\nY: 0123456789\r\n".to_owned(),
            format!("GET / HTTP/1.1\r\nX: y\rx-token: {secret}\r\nY: 0123456789\r\n"),
        ),
        (
            "GET / HTTP/1.1\r\nAuthorization: Bearer\r\n 0123456789\r\nX: 0123456789\r\n".to_owned(),
            format!("GET / HTTP/1.1\r\nAuthorization: {}\r\nX: {secret}\r\n", marked("Bearer\r\n 0123456789")),
        ),
        (
            "GET / HTTP/1.1\r\n\t\x0bX-TOKEN\x00 :0123456789".to_owned(),
            format!("GET / HTTP/1.1\r\n\t\x0bX-TOKEN\x00 :{secret}"),
        ),
    ] {
        assert_eq!(shown(&raw), expected, "{raw:?}");
    }
}

#[test]
fn the_place_of_the_broken_rule_is_known_in_the_masked_bytes() {
    let raw = format!("GET /v1/a?token=0123456789 HTTP/1.1\r\nX: {KEY}\r\nX-Api-Key: {KEY}\r\nBad : 1\r\n\r\n");
    let at = raw.find(" : 1").unwrap();
    let (masked, place) = masked_at(raw.as_bytes(), Some(at));
    assert!(masked[place.unwrap()..].starts_with(b" : 1"), "{}", masked.escape_ascii());
    assert_eq!(masked_at(raw.as_bytes(), raw.find("89 HTTP")).1, None, "within a secret");
    assert_eq!(masked_at(raw.as_bytes(), Some(raw.len())).1, None);
    assert_eq!(masked_at(b"GET", Some(1)).1, Some(1));
}

#[test]
fn a_cut_credential_is_masked() {
    let raw = format!("GET / HTTP/1.1\r\nX-Api-Key: {KEY}\r\nX : {}", &KEY[..12]);
    assert_eq!(shown(&raw), format!("GET / HTTP/1.1\r\nX-Api-Key: {}\r\nX : [redacted]", marked(KEY)));
}

#[test]
fn refused_requests_are_recorded_unless_their_path_is_known_to_be_another() {
    for (raw, recorded) in [
        ("GET /v1/a HTTP/1.1\r\n", true),
        ("GET http://h/v1/a HTTP/1.1\r\n", true),
        ("GET /healthz HTTP/1.1\r\n", false),
        ("GET http://h/healthz HTTP/1.1\r\n", false),
        ("GET /v", true),
        ("GET /v HTTP/1.1\r\n", false),
        ("GET /he", false),
        ("GET /v1/a", true),
        ("GET\r\n", true),
        ("\x16\x03\x01 hello\r\n", true),
        ("", true),
        ("GET v1/echo HTTP/1.1\r\n", true),
        ("OPTIONS * HTTP/1.1\r\n", true),
    ] {
        assert_eq!(Malformed::read(raw.as_bytes()).is_recorded(), recorded, "{raw:?}");
    }
}

#[test]
fn the_request_line_is_read_as_far_as_it_can_be() {
    for (raw, method, target, version) in [
        ("GET /a HTTP/1.1\r\n", "GET", "/a", "HTTP/1.1"),
        ("\r\n GET  /a b HTTP/1.0\r\n", "GET", "/a b", "HTTP/1.0"),
        ("GET /a HTTP/3.0\r\n", "GET", "/a", ""),
        ("GET /a\r\n", "GET", "/a", ""),
        ("/a\r\n", "", "/a", ""),
        ("GET\r\n", "GET", "", ""),
        ("", "", "", ""),
    ] {
        let read = Malformed::read(raw.as_bytes());
        let expected = (method.as_bytes(), target.as_bytes(), version);
        assert_eq!((read.method(), read.target(), read.version()), expected, "{raw:?}");
    }
}

proptest! {
    #[test]
    fn no_secret_survives_mutations(
        cuts in prop::collection::vec((0..200_usize, prop::sample::select(vec!["\r", "\n", " ", "\t", "\r\n ", "\0"])), 0..6),
    ) {
        let secret = "S3CR3T-0123456789";
        let mut raw = format!(
            "GET /v1/a?token={secret}&x={KEY} HTTP/1.1\r\nHost: a\r\nX-Api-Key: {KEY}\r\nX-Token: {secret}\r\nX: {KEY}\r\n\r\n"
        );
        for (at, what) in cuts {
            let at = at.min(raw.len());
            // Inside a value or a name it would make another one.
            let is_whole = |(start, text): (usize, &str)| at <= start || at >= start + text.len();
            if [secret, KEY, "X-Token", "X-Api-Key", "token"].iter().all(|word| raw.match_indices(word).all(is_whole)) {
                raw.insert_str(at, what);
            }
        }
        let shown = shown(&raw);
        prop_assert!(!shown.contains(KEY), "{raw:?} became {shown:?}");
    }

    #[test]
    fn any_bytes_can_be_masked(raw in prop::collection::vec(prop::sample::select(b"GET /v1?token=x HTP.1:\r\n\t;\0\xff".to_vec()), 0..80)) {
        let masked = masked(&raw);
        let without = |bytes: &[u8]| bytes.iter().filter(|byte| **byte == b'\n').count();
        prop_assert!(without(&masked) <= without(&raw));
    }
}
