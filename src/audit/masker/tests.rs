use actix_web::http::{Method, Version};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use proptest::prelude::*;
use serde::Serialize;

use super::*;
use crate::{
    audit::FingerprintKey,
    wire::{SortedQuery, percent},
};

fn redactor() -> Redactor {
    let keys = ["token", "cookie", "authorization", "password"].map(str::to_owned);
    Redactor::of(&keys, "x-api-key", "api_key", Some(FingerprintKey::new(b"a key for tests")))
}

fn finder() -> Finder {
    Finder::named("x-api-key".to_owned(), "api_key".to_owned())
}

fn map(fields: &[(&'static str, &str)]) -> RequestHead {
    let fields = fields.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes()));
    RequestHead::new(Method::GET, b"/", Version::HTTP_11, fields)
}

fn marked(value: &str) -> String {
    mark(redactor().fingerprint(value.as_bytes())).into_owned()
}

/// Response as `/v1/echo` writes it.
fn echo(head: &RequestHead, query: &str, body: &str) -> Vec<u8> {
    #[derive(Serialize)]
    struct Echo<'e> {
        query: SortedQuery<'e>,
        headers: BTreeMap<String, Vec<Text<'e>>>,
        body_raw_text: &'e str,
    }
    let mut shown: BTreeMap<String, Vec<Text<'_>>> = BTreeMap::new();
    for (name, value) in head.fields() {
        shown.entry(canonical_header(FieldName(name).text())).or_default().push(value.into());
    }
    json::to_vec(&Echo { query: Query::parse(query).sorted(), headers: shown, body_raw_text: body })
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn targets_stay_as_they_arrived_but_for_secrets() {
    let (redactor, headers) = (redactor(), map(&[]));
    let long = marked("long-enough");
    for (target, masked) in [
        ("/v1/a%2Fb", "/v1/a%2Fb".to_owned()),
        ("/v1/a?b=%c3%A9&&api_key=x+y&c", "/v1/a?b=%c3%A9&&api_key=[redacted]&c".to_owned()),
        (
            "/v1/a?%61pi_key=s&My%54oken=long%2Denough&token=&token",
            format!("/v1/a?%61pi_key=[redacted]&My%54oken={long}&token=&token"),
        ),
        ("http://h/v1/a?x=api_key=y", "http://h/v1/a?x=api_key=y".to_owned()),
        ("/v1/long-enough?api_key=long-enough&x=long-enough", format!("/v1/{long}?api_key={long}&x={long}")),
        ("/v1/l%6fng-enough?api_key=long-enough&x=a+long%2denough", format!("/v1/{long}?api_key={long}&x=a+{long}")),
        ("/v1/k1?api_key=k1&x=k1", "/v1/k1?api_key=[redacted]&x=k1".to_owned()),
        (
            "/v1/key1/x?api_key=key1&x=key1&y=key12",
            "/v1/[redacted]/x?api_key=[redacted]&x=[redacted]&y=key12".to_owned(),
        ),
        ("/v1/a?&&", "/v1/a?&&".to_owned()),
    ] {
        let query = target.split_once('?').map(|(_, query)| query.as_bytes());
        let masker = Masker::new(&redactor, &finder(), &headers, query);
        assert_eq!(text(&masker.target(target.as_bytes())), masked);
        assert_eq!(masker.masked() != Masked::default(), target != masked, "{target}");
    }
}

#[test]
fn fields_keep_their_names_and_equal_values_their_fingerprints() {
    let redactor = redactor();
    let headers = map(&[
        ("cookie", "sid=0123456789; theme=dark"),
        ("set-cookie", "sid=0123456789; Path=/"),
        ("x-token", "0123456789"),
        ("x-token", "short"),
        ("x-other", "0123456789"),
    ]);
    let masker = Masker::new(&redactor, &finder(), &headers, Some(b"token=0123456789&token=a&n=0123456789"));
    let fingerprint = marked("0123456789");
    let shown = by_name(&masker.fields(headers.fields(), Masked::REQUEST_HEADERS));
    assert_eq!(
        shown.as_str(),
        format!(
            r#"{{"Cookie":["sid={fingerprint}; theme=[redacted]"],"Set-Cookie":["sid={fingerprint}; Path=/"],"X-Other":["0123456789"],"X-Token":["{fingerprint}","[redacted]"]}}"#
        )
    );
    assert_eq!(
        masker.query().unwrap().as_str(),
        format!(r#"{{"n":["0123456789"],"token":["{fingerprint}","[redacted]"]}}"#)
    );
    assert_eq!(masker.masked(), Masked::REQUEST_HEADERS.and(Masked::REQUEST_QUERY));
    assert_eq!(masker.fingerprints().as_text(), Some(&fingerprint["[redacted:".len()..fingerprint.len() - 1]));
}

#[test]
fn an_answer_that_repeats_a_secret_field_is_masked_there_and_nowhere_else() {
    let redactor = redactor();
    let headers = map(&[("cookie", "sid=0123456789; t=dark"), ("x-theme", "0123456789"), ("x-token", "a<b>\"c\"")]);
    let query = "token=dark&theme=dark&password=long%20enough";
    let masker = Masker::new(&redactor, &finder(), &headers, Some(query.as_bytes()));
    let answer = echo(&headers, query, "0123456789 and dark");
    let masked = text(&masker.response_body(answer.clone().into(), false));
    let expected = format!(
        r#"{{"query":{{"password":["{}"],"theme":["dark"],"token":["[redacted]"]}},"headers":{{"Cookie":["sid={}; t=[redacted]"],"X-Theme":["0123456789"],"X-Token":["[redacted]"]}},"body_raw_text":"0123456789 and dark"}}"#,
        marked("long enough"),
        marked("0123456789")
    );
    assert_eq!(masked, expected);
    assert_eq!(masker.masked(), Masked::RESPONSE_BODY);
    let cut = text(&answer).find("0123456789").unwrap() + 4;
    let masked = text(&masker.response_body(Bytes::copy_from_slice(&answer[..cut]), true));
    assert!(masked.ends_with(r#""Cookie":["[redacted]"#), "{masked}");
    let plain = Masker::new(&redactor, &finder(), &headers, None);
    assert_eq!(plain.request_body(answer.clone().into(), false), answer, "a request is not a response");
    assert_eq!(plain.masked(), Masked::default());
}

#[test]
fn credentials_are_masked_in_every_form() {
    let redactor = redactor();
    let headers = map(&[("authorization", "Basic dXNlcjpwPHNzd29yZCI="), ("x-api-key", "key1")]);
    let masker = Masker::new(&redactor, &finder(), &headers, None);
    let (password, carried) = (marked("p<ssword\""), marked("dXNlcjpwPHNzd29yZCI="));
    for (given, masked) in [
        ("p<ssword\"", password.clone()),
        (r#"{"a":"p\u003cssword\""}"#, format!(r#"{{"a":"{password}"}}"#)),
        (r#"{"a":"p<ssword\""}"#, format!(r#"{{"a":"{password}"}}"#)),
        ("a=p%3Cssword%22&b", format!("a={password}&b")),
        ("Basic dXNlcjpwPHNzd29yZCI=", format!("Basic {carried}")),
        (r#"{"k":"key1","n":"key12"}"#, r#"{"k":"[redacted]","n":"key12"}"#.to_owned()),
        ("key1", "[redacted]".to_owned()),
        ("the word key1", "the word key1".to_owned()),
    ] {
        assert_eq!(text(&masker.request_body(Bytes::copy_from_slice(given.as_bytes()), false)), masked, "{given}");
    }
    assert_eq!(masker.storable(b"key1"), "[redacted]");
    assert_eq!(text(&masker.request_body(Bytes::from_static(b"a p<sswo"), true)), "a [redacted]");
    assert_eq!(text(&masker.request_body(Bytes::from_static(b"a p<sswo"), false)), "a p<sswo");
}

#[test]
fn a_credential_in_a_body_that_is_no_text_is_masked_in_base64_too() {
    let redactor = redactor();
    let headers = map(&[("x-api-key", "key-alpha-0123456789")]);
    let masker = Masker::new(&redactor, &finder(), &headers, None);
    for before in 0..6 {
        let body = [&vec![0xff; before], b"key-alpha-0123456789".as_slice(), &[0xff; 7]].concat();
        let encoded = STANDARD.encode(&body);
        let answer = format!(r#"{{"body_base64":"{encoded}","body_size":{}}}"#, body.len());
        let masked = text(&masker.response_body(answer.clone().into(), false));
        let (start, end) = masked.split_once(&marked("key-alpha-0123456789")).expect("a mark");
        assert!(answer.starts_with(start) && answer.ends_with(end));
        let hidden = (answer.len() - start.len() - end.len()) * 6 / 8;
        assert!(hidden >= "key-alpha-0123456789".len() - 1, "{hidden} bytes of it are hidden");
    }
}

#[test]
fn without_a_key_there_are_no_fingerprints() {
    let redactor = Redactor::of(&["token".to_owned()], "x-api-key", "api_key", None);
    let headers = map(&[("x-api-key", "key-alpha-0123456789"), ("x-token", "0123456789")]);
    let masker = Masker::new(&redactor, &finder(), &headers, None);
    let shown = by_name(&masker.fields(headers.fields(), Masked::REQUEST_HEADERS));
    assert_eq!(shown.as_str(), r#"{"X-Api-Key":["[redacted]"],"X-Token":["[redacted]"]}"#);
    assert!(masker.fingerprints().is_empty());
}

/// Possible credentials: visible ASCII.
fn credential() -> impl Strategy<Value = String> {
    "[!-~]{8,40}"
}

proptest! {
    #[test]
    fn no_credential_is_anywhere_in_what_is_recorded(
        key in credential(), second in credential(), bearer in credential(), password in "[!-9;-~]{8,40}", in_query in credential(),
        filler in "[ -~]{0,20}", cut in 0..400_usize,
    ) {
        let basic = format!("Basic {}", STANDARD.encode(format!("user:{password}")));
        let all = [&key, &second, &bearer, &password, &in_query];
        let hex = |text: &str| text.bytes().map(|byte| format!("%{byte:02x}")).collect::<String>();
        let query = format!(
            "api_key={}&x={}&y={}&{}=z",
            percent::encode(&in_query), hex(&key), percent::encode(&bearer), percent::encode(&password)
        );
        let copy = format!("{filler}{key}{filler}, {bearer}");
        let headers = map(&[
            ("x-api-key", &key), ("x-api-key", &second), ("authorization", &format!("Bearer {bearer}")),
            ("authorization", &basic), ("x-copy", &copy), ("referer", &format!("http://a/?{in_query}")),
        ]);
        let path = format!("/v1/fixed/{}/{}", percent::encode(&second), hex(&password));
        let body = format!("{filler}{key}|{second}|{bearer}|{password}|{in_query}");
        let answer = echo(&headers, &query, &body);
        let redactor = redactor();
        let masker = Masker::new(&redactor, &finder(), &headers, Some(query.as_bytes()));
        let cut = cut.min(answer.len());
        let recorded = [
            text(&masker.path(path.as_bytes())),
            text(&masker.target(format!("{path}?{query}").as_bytes())),
            by_name(&masker.fields(headers.fields(), Masked::REQUEST_HEADERS)).as_str().to_owned(),
            masker.query().unwrap().as_str().to_owned(),
            masker.storable(copy.as_bytes()),
            text(&masker.request_body(body.clone().into(), false)),
            text(&masker.response_body(answer.clone().into(), false)),
            text(&masker.response_body(Bytes::copy_from_slice(&answer[..cut]), true)),
        ];
        for secret in all {
            let quoted = text(&json::to_vec(secret.as_str()));
            let forms = [secret.clone(), quoted[1..quoted.len() - 1].to_owned(), percent::encode(secret), hex(secret)];
            for (n, part) in recorded.iter().enumerate() {
                for form in &forms {
                    prop_assert!(!part.contains(form.as_str()), "{secret} as {form} in part {n}: {part}");
                }
            }
        }
        let fingerprints = masker.fingerprints();
        for secret in all {
            let fingerprint = redactor.fingerprint(secret.as_bytes()).unwrap();
            prop_assert!(fingerprints.contains(&format!("{fingerprint:08x}")), "each is found by its fingerprint");
        }
    }
}
