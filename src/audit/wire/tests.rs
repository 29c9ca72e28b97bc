#![allow(clippy::unwrap_used)]

use std::{
    rc::Rc,
    time::{Duration, Instant},
};

use actix_web::http::{Method, Version, header::HeaderValue};
use bytes::BytesMut;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::{
    audit::{FingerprintKey, Kept, RecordedFraming, Redactor, Written, redact::mark},
    credentials::Finder,
    delivery::{FieldLine, Framing, Interim},
    http::h1,
    request::{BodyFraming, ConnectionFacts, Departure, Ended, EndedBy, RequestFacts, RequestHead, Target, TargetForm},
};

const LIMITS: h1::Limits = h1::Limits { head_bytes: 64 * 1024, fields: 100 };

fn redactor() -> Redactor {
    let keys = ["token", "cookie", "authorization"].map(str::to_owned);
    Redactor::of(&keys, "x-api-key", "api_key", Some(FingerprintKey::new(b"a key for tests")))
}

fn marked(value: &str) -> String {
    mark(redactor().fingerprint(value.as_bytes())).into_owned()
}

fn parsed(raw: &[u8]) -> RequestHead {
    let mut buf = BytesMut::from(raw);
    let parsed = h1::parse(&buf, &mut h1::Scan::default(), &LIMITS).unwrap().unwrap();
    parsed.take_head(&mut buf)
}

/// Returns the record of a request with this head.
fn recorded(head: &RequestHead, facts: Option<&RequestFacts>, ended: Ended, headers: bool) -> Wire {
    recorded_with(head, facts, ended, headers, &ResponseRecord::default())
}

/// Returns the record of a request with this head and response.
fn recorded_with(
    head: &RequestHead,
    facts: Option<&RequestFacts>,
    ended: Ended,
    headers: bool,
    response: &ResponseRecord,
) -> Wire {
    let redactor = redactor();
    let finder = Finder::named("x-api-key".to_owned(), "api_key".to_owned());
    let method = head.method().as_str().as_bytes();
    let (_, query) = TargetForm::split(method, head.target());
    let masker = Masker::new(&redactor, &finder, head, query);
    let masked = headers.then(|| MaskedHead {
        method: masker.bytes(method),
        target: masker.target(head.target()),
        fields: masker.fields(head.fields(), Masked::REQUEST_HEADERS),
    });
    let ending = Ending {
        facts,
        ended,
        rule: None,
        head,
        target: &Target::of(head),
        peer: None,
        origin: None,
        request_id: &HeaderValue::from_static("id"),
        identity: None,
        route: None,
        status: 200,
        took: Duration::ZERO,
        bytes_out: 0,
        body: Kept::new(0),
        message: None,
        category: None,
    };
    of_exchange(true, &masker, masked.as_ref(), &ending, response)
}

fn raw(head: &[u8]) -> Vec<u8> {
    recorded(&parsed(head), None, EndedBy::Complete.into(), true).request_head.to_vec()
}

fn facts(framing: BodyFraming) -> RequestFacts {
    let mut connection = ConnectionFacts::new(Some("[::ffff:10.0.0.1]:1234".parse().unwrap()), None);
    connection.local = Some("127.0.0.1:8080".parse().unwrap());
    RequestFacts::new(Rc::new(connection), 7, framing, Instant::now())
}

fn document(wire: &Wire) -> Value {
    serde_json::from_str(wire.document.as_ref().unwrap().as_str()).unwrap()
}

#[test]
fn heads_stay_as_they_arrived() {
    for head in [
        b"GET /caf\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n".as_slice(),
        b"GET /caf%C3%A9 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /\xff?\xfe=%ff HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX-CSRF-Toke: 1\r\nx-b:2\r\nx-a: \t3  \r\nX-B:\r\nX: \xe9\xff\r\n\r\n",
        b"\r\nOPTIONS * HTTP/1.0\r\n\r\n",
        b"GET http://h?a HTTP/1.2\r\nHost: h\r\n\r\n",
    ] {
        assert_eq!(String::from_utf8_lossy(&raw(head)), String::from_utf8_lossy(head));
        assert_eq!(raw(head), head);
    }
}

#[test]
fn secrets_are_masked_where_they_stand() {
    let key = "key-alpha-0123456789";
    let head = format!(
        "POST /v1/{key}?\u{e9}=1&token=a%20secret&b={key} HTTP/1.1\r\nHost: a\r\nX-API-Key:  {key} \r\nCookie: a=0123456789; \
         b=c\r\ncookie: d=0123456789\r\nX-Copy: <{key}>\r\nx-token:\r\nX-Other: 0123456789\r\n\r\n"
    );
    let (key, cookie, token) = (marked(key), marked("0123456789"), marked("a secret"));
    let expected = format!(
        "POST /v1/{key}?\u{e9}=1&token={token}&b={key} HTTP/1.1\r\nHost: a\r\nX-API-Key:  {key} \r\nCookie: a={cookie}; \
         b=[redacted]\r\ncookie: d={cookie}\r\nX-Copy: <{key}>\r\nx-token:[redacted]\r\nX-Other: 0123456789\r\n\r\n"
    );
    assert_eq!(String::from_utf8(raw(head.as_bytes())).unwrap(), expected);
    let odd = raw(b"GET /\xff?\xff=\xfe&token=\xffsecret89 HTTP/1.1\r\nHost: a\r\n\r\n");
    let token = mark(redactor().fingerprint(b"\xffsecret89"));
    assert_eq!(odd, [b"GET /\xff?\xff=\xfe&token=", token.as_bytes(), b" HTTP/1.1\r\nHost: a\r\n\r\n"].concat());
}

#[test]
fn a_kept_head_holds_no_larger_buffer() {
    let whole = BytesMut::from(&[b"GET / HTTP/1.1\r\nHost: a\r\n\r\n".as_slice(), &[b'x'; 60_000]].concat()[..]);
    let kept = recorded(&parsed(&whole), None, EndedBy::Complete.into(), true).request_head;
    assert_eq!(kept.try_into_mut().map(|own| own.capacity()).ok(), Some(27));
}

#[test]
fn without_headers_only_facts_are_kept() {
    let head = parsed(b"GET / HTTP/1.1\r\nHost: a\r\nExpect: x\r\n\r\n");
    let wire = recorded(&head, Some(&facts(BodyFraming::None)), EndedBy::Complete.into(), false);
    assert!(wire.request_head.is_empty());
    let request = &document(&wire)["request"];
    assert!(request["framing"] == "none" && request["fields"].is_null() && request["expect"].is_null());
}

#[test]
fn requests_on_http2_have_their_fields_in_order() {
    let fields = [
        (":method", "GET"),
        (":path", "/v1/a?api_key=key-alpha-0123456789"),
        ("x-b", "1"),
        ("x-a", "\u{e9}"),
        ("x-b", "2"),
        ("cookie", "a=0123456789"),
    ];
    let bytes =
        fields.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())).chain([(&b"x-8"[..], &b"\xff"[..])]);
    let head = RequestHead::new(Method::GET, fields[1].1.as_bytes(), Version::HTTP_2, bytes);
    let mut facts = facts(BodyFraming::H2);
    facts.stream = Some(5);
    facts.tell(Departure::Stream(h2::Reason::CANCEL));
    let wire = recorded(&head, Some(&facts), facts.ended().unwrap(), true);
    let document = document(&wire);
    let expected = json!([
        [":method", "GET"],
        [":path", format!("/v1/a?api_key={}", marked("key-alpha-0123456789"))],
        ["x-b", "1"],
        ["x-a", "\u{e9}"],
        ["x-b", "2"],
        ["cookie", format!("a={}", marked("0123456789"))],
        ["x-8", {"base64": "/w=="}],
    ]);
    assert_eq!(document["request"]["fields"], expected);
    assert!(wire.request_head.is_empty() && wire.ended_by == "client_reset");
    assert_eq!((&document["reset_code"], &document["connection"]["stream"]), (&json!(8), &json!(5)));
}

#[test]
fn framing_of_chunked_bodies_and_trailers_are_described() {
    let mut decoder = h1::chunked::Decoder::new(LIMITS);
    let facts = facts(BodyFraming::Chunked);
    facts.chunked(Rc::clone(&decoder.record));
    let body =
        b"3;a=\"b\"\r\nabc\r\n2\r\nde\r\n0;key-alpha-0123456789\r\nX-T: 1\r\nX-Token: 0123456789\r\nx-t: 2\r\n\r\n";
    let mut buf = BytesMut::from(&body[..]);
    while decoder.step(&mut buf).unwrap() != h1::chunked::Piece::End {}
    let head = b"POST / HTTP/1.1\r\nHost: a\r\nX-Api-Key: key-alpha-0123456789\r\nTransfer-Encoding: chunked\r\n\r\n";
    let wire = recorded(&parsed(head), Some(&facts), EndedBy::Complete.into(), true);
    let request = &document(&wire)["request"];
    let extensions = json!([
        {"chunk": 0, "text": ";a=\"b\""},
        {"chunk": 2, "text": format!(";{}", marked("key-alpha-0123456789"))},
    ]);
    assert_eq!(request["chunks"], json!({"count": 2, "sizes": [3, 2], "extensions": extensions}));
    assert_eq!(request["trailers"], json!([["X-T", "1"], ["X-Token", marked("0123456789")], ["x-t", "2"]]));
    assert_eq!(request["wire_bytes"], json!(head.len() + body.len()));
    assert_eq!((wire.request_on_connection, wire.connection_id), (Some(7), Some(facts.connection.id)));
}

#[test]
fn the_connection_is_described() {
    let mut facts = facts(BodyFraming::Length(3));
    (facts.head_took, facts.idle) = (Some(Duration::from_micros(1500)), Some(Duration::from_millis(2)));
    facts.body_arrives(true);
    facts.count_body(3);
    let head = b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n";
    let document = document(&recorded(&parsed(head), Some(&facts), EndedBy::Complete.into(), true));
    let connection = &document["connection"];
    assert_eq!((&connection["peer"], &connection["local_port"]), (&json!("10.0.0.1:1234"), &json!(8080)));
    assert_eq!(connection["idle_ms"], json!(2.0));
    assert!(connection["opened"].as_str().unwrap().ends_with('Z'));
    let expected = json!({
        "framing": "length", "length": 3, "head_ms": 1.5, "body_first_ms": 0.0, "body_last_ms": 0.0,
        "expect": ["100-continue"], "wire_bytes": head.len() + 3
    });
    assert_eq!(document["request"], expected);
}

#[test]
fn test_runs_and_traces_have_columns_of_their_own() {
    let head = b"GET / HTTP/1.1\r\nHost: a\r\nX-Test-Run: run 1\r\n\
        Traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n\r\n";
    let wire = recorded(&parsed(head), None, EndedBy::Complete.into(), false);
    assert_eq!(wire.test_run.as_deref(), Some("run 1"));
    assert_eq!(wire.trace_id.as_deref(), Some("4bf92f3577b34da6a3ce929d0e0e4736"));
    let head = format!(
        "GET / HTTP/1.1\r\nHost: a\r\nX-Api-Key: 0123456789\r\nX-Test-Run: {}\r\n\r\n",
        "0123456789".repeat(500)
    );
    let long = recorded(&parsed(head.as_bytes()), None, EndedBy::Complete.into(), false).test_run.unwrap();
    assert!(long.len() <= 1024 + '…'.len_utf8() && long.starts_with(&marked("0123456789")), "{long}");
    let empty =
        recorded(&parsed(b"GET / HTTP/1.1\r\nHost: a\r\nX-Test-Run: \r\n\r\n"), None, EndedBy::Complete.into(), false);
    assert_eq!(empty.test_run, None);
}

proptest! {
    #[test]
    fn no_credential_is_in_a_head(key in "[!-~&&[^%+?&=#]]{8,30}", name in "[a-z]{1,8}", before in "[ -~]{0,8}", encoded in any::<bool>()) {
        let hex: String = key.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let shown = if encoded { &hex } else { &key };
        let head = format!(
            "GET /{shown}?{name}={shown} HTTP/1.1\r\nHost: a\r\nX-Api-Key: {key}\r\nX-{name}: {before}{key}\r\n\r\n"
        );
        let kept = String::from_utf8(raw(head.as_bytes())).unwrap();
        prop_assert!(!kept.contains(&key) && !kept.contains(&hex), "{kept}");
        prop_assert_eq!(kept.matches('\n').count(), 5);
    }
}

#[test]
fn the_response_is_shown_as_it_was_sent_with_its_secrets_masked() {
    let key = "key-alpha-0123456789";
    let request = parsed(format!("GET / HTTP/1.1\r\nHost: a\r\nX-API-Key: {key}\r\n\r\n").as_bytes());
    let head = |key: &str, cookie: &str, token: &str| {
        format!(
            "HTTP/1.1 299 Fine: token\r\nX-cAsE:  <{key}> \r\nset-cookie: a={cookie}; Path=/\r\nSet-Cookie:\r\n\
             X-Token: {token}\r\nx: \u{e9}\r\nContent-Length: 3\r\n\r\n"
        )
    };
    let facts = facts(BodyFraming::None);
    let at = |millis: u64| facts.head_at + Duration::from_millis(millis);
    let field = |name: &'static str, value: &'static [u8]| FieldLine::new(name, value).unwrap();
    let mut response = ResponseRecord {
        head: head(key, "0123456789", "a secret").into(),
        framing: Some(RecordedFraming::Http1(Framing::Chunked)),
        ..ResponseRecord::default()
    };
    response.interim(&Interim { status: 103, reason: None, fields: vec![field("X-Token", b"a secret")] });
    response.trailed(&[field("X-Sum", b"\xff")]);
    response.step("head", 0);
    response.step("body", 2);
    response.step("body", 1);
    let (mut written, now) = (Written { bytes: 300, chunks: 2, ..Written::default() }, Instant::now());
    (written.first, written.last, written.stalled) = (Some(at(1)), Some(at(2)), Duration::from_micros(1500));
    response.written = written;
    facts.continued();
    let wire = recorded_with(&request, Some(&facts), EndedBy::Complete.into(), true, &response);
    let (key, cookie, token) = (marked(key), marked("0123456789"), marked("a secret"));
    assert_eq!(String::from_utf8_lossy(&wire.response_head), head(&key, &cookie, &token));
    let mut shown = document(&wire)["response"].take();
    let times = |shown: &mut Value, name: &str| {
        let entries = shown[name].as_array_mut().unwrap();
        entries.iter_mut().map(|entry| entry.as_object_mut().unwrap().remove("ms").unwrap().as_f64().unwrap()).collect()
    };
    let (interim, steps): (Vec<f64>, Vec<f64>) = (times(&mut shown, "interim"), times(&mut shown, "steps"));
    assert!(interim.is_sorted() && steps.is_sorted() && now.elapsed() < Duration::from_secs(60));
    shown["steps"][1].as_object_mut().unwrap().remove("last_ms").unwrap();
    let expected = json!({
        "interim": [{"status": 103, "fields": [["X-Token", token]]}, {"status": 100}],
        "framing": "chunked",
        "chunks": {"count": 2},
        "trailers": [["X-Sum", {"base64": "/w=="}]],
        "first_byte_ms": 1.0,
        "last_byte_ms": 2.0,
        "stalled_ms": 1.5,
        "wire_bytes": 300,
        "steps": [{"step": "head"}, {"step": "body", "count": 2, "bytes": 3}],
    });
    assert_eq!(shown, expected);
    let without = recorded_with(&request, Some(&facts), EndedBy::Complete.into(), false, &response);
    let shown = &document(&without)["response"];
    assert!(
        without.response_head.is_empty()
            && shown["interim"][0].get("fields").is_none()
            && shown.get("trailers").is_none()
    );
    let nothing = recorded(&request, Some(&facts), EndedBy::ClientFin.into(), true);
    assert_eq!(document(&nothing).get("response"), None);
}

#[test]
fn fields_of_http_2_are_in_the_document() {
    let request = parsed(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    let fields = [(":status", "200"), ("x-token", "a secret")].map(|(name, value)| (name.into(), value.into()));
    let framing = Some(RecordedFraming::Http2(Some(7)));
    let mut response = ResponseRecord { fields: fields.into(), framing, ..ResponseRecord::default() };
    response.written.take(0);
    let facts = facts(BodyFraming::H2);
    let wire = recorded_with(&request, Some(&facts), EndedBy::Complete.into(), true, &response);
    let shown = document(&wire)["response"].take();
    assert_eq!(shown["fields"], json!([[":status", "200"], ["x-token", marked("a secret")]]));
    assert_eq!((&shown["framing"], &shown["length"], shown.get("wire_bytes")), (&json!("h2"), &json!(7), None));
}
