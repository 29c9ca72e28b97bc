//! Order, attempts, conditions, framing and ends.

use super::{super::step::HttpVersion, *};

const SPEC: &str = r#"{ "name": "twice-then-works", "about": "503 twice, then 200",
  "key": "query:key",
  "attempts": [ {"repeat": 2, "steps": [ {"head": {"status": 503, "fields": [["Retry-After","1"]]}}, {"body": {"text": "busy\n"}} ]},
                {"steps": [ {"interim": {"status": 103, "fields": [["Link","</a.css>; rel=preload"]]}}, {"pause_ms": 200},
                            {"head": {"status": 200, "reason": "Fine", "fields": [["X-cAsE","1"],["Set-Cookie","a=1"],["Set-Cookie","b=2"]],
                                      "framing": "chunked"}},
                            {"body": {"fill": 8, "piece": 5, "pause_ms": 10}},
                            {"trailers": [["X-Sum","abc"]]} ]} ],
  "after_last": "stay" }"#;

#[test]
fn the_example_of_the_specification() {
    let facts = TestFacts { query: "key=a", ..TestFacts::default() };
    let busy =
        ["head 503 length 5 Retry-After: 1; Content-Type: text/plain; charset=utf-8;", "piece busy\n", "end default"];
    let fine = [
        "interim 103 Link: </a.css>; rel=preload;",
        "pause 200",
        "head 200 'Fine' chunked X-cAsE: 1; Set-Cookie: a=1; Set-Cookie: b=2; Content-Type: application/octet-stream;",
        "piece abcde",
        "pause 10",
        "piece fgh",
        "trailers X-Sum: abc;",
        "end default",
    ];
    for (attempt, expected) in [(1, &busy[..]), (2, &busy), (3, &fine), (4, &fine), (u64::MAX, &fine)] {
        assert_eq!(acts_of(SPEC, attempt, &facts), expected, "attempt {attempt}");
    }
    let program = read(SPEC.as_bytes()).unwrap();
    assert_eq!((program.name(), program.about()), ("twice-then-works", "503 twice, then 200"));
    assert_eq!(program.key(&facts), b"a");
}

#[test]
fn attempts_may_start_over() {
    let again = SPEC.replace("\"stay\"", "\"again\"");
    let first = |attempt| acts_of(&again, attempt, &TestFacts::default()).remove(0);
    let statuses: Vec<_> = (1..8).map(|attempt| first(attempt)[..8].to_owned()).collect();
    assert_eq!(statuses, ["head 503", "head 503", "interim ", "head 503", "head 503", "interim ", "head 503"]);
}

#[test]
fn keys_say_what_is_the_same_call() {
    let facts = TestFacts {
        query: "key=a%20b",
        fields: vec![("X-Run", "7"), ("traceparent", "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01")],
        ..TestFacts::default()
    };
    for (key, expected) in [
        ("path", "/a%2Fb"),
        ("query:key", "a b"),
        ("query:none", ""),
        ("field:x-run", "7"),
        ("request-id", "r-1"),
        ("traceparent", "0123456789abcdef0123456789abcdef"),
        ("connection", "c-1"),
    ] {
        let script = format!(r#"{{"key": "{key}", "attempts": [{{"steps": [{{"end": "reset"}}]}}]}}"#);
        assert_eq!(read(script.as_bytes()).unwrap().key(&facts), expected.as_bytes(), "{key}");
    }
}

#[test]
fn conditions_choose_steps() {
    let script = |test: &str| {
        format!(
            r#"{{"attempts": [{{"steps": [{{"if": {{{test}, "then": [{{"head": {{"status": 201}}}}], "else": [{{"head": {{"status": 202}}}}]}}}}]}}]}}"#
        )
    };
    let facts = TestFacts { fields: vec![("X-A", "1"), ("x-a", "2")], ..TestFacts::default() };
    for (test, attempt, status) in [
        (r#""attempt": 2"#, 2, 201),
        (r#""attempt": 2"#, 3, 202),
        (r#""field": "x-a""#, 1, 201),
        (r#""field": "x-b""#, 1, 202),
        (r#""field": {"name": "x-a", "is": "2"}"#, 1, 201),
        (r#""field": {"name": "x-a", "is": "3"}"#, 1, 202),
        (r#""version": "1.1""#, 1, 201),
        (r#""version": "2""#, 1, 202),
        (r#""version": "1.1", "attempt": 2"#, 1, 202),
        (r#""version": "1.1", "attempt": 2"#, 2, 201),
    ] {
        let acts = acts_of(&script(test), attempt, &facts);
        assert_eq!(acts, [format!("head {status} length 0"), "end default".to_owned()], "{test} {attempt}");
    }
}

#[test]
fn framing_follows_from_the_body_unless_it_is_told() {
    let head = |head: &str, rest: &str| run(&format!(r#"{{"head": {head}}}{rest}"#)).remove(0);
    let text = r#", {"body": {"text": "abc"}}, {"body": {"text": "de"}}"#;
    let type_ = " Content-Type: text/plain; charset=utf-8;";
    assert_eq!(head("{}", text), format!("head 200 length 5{type_}"));
    assert_eq!(head(r#"{"framing": "length"}"#, text), format!("head 200 length 5{type_}"));
    assert_eq!(head(r#"{"announce": 100}"#, text), format!("head 200 length 100{type_}"));
    assert_eq!(head(r#"{"framing": "chunked"}"#, text), format!("head 200 chunked{type_}"));
    assert_eq!(head(r#"{"framing": "close"}"#, text), format!("head 200 close{type_}"));
    assert_eq!(head(r#"{"framing": "none"}"#, text), format!("head 200 unframed{type_}"));
    assert_eq!(
        head(r#"{"fields": [["content-length", "5"]]}"#, text),
        format!("head 200 unframed content-length: 5;{type_}")
    );
    assert_eq!(head(r#"{"own_fields": false}"#, text), "head 200 length 5 alone");
    assert_eq!(
        head("{}", r#", {"body": {"echo": true}}"#),
        "head 200 chunked reads on Content-Type: application/octet-stream;"
    );
    assert_eq!(head("{}", r#", {"read": {"bytes": 10}}"#), "head 200 length 0 reads on");
    assert_eq!(head("{}", r#", {"read": "none"}"#), "head 200 length 0");
    assert_eq!(head("{}", r#", {"trailers": []}"#), "head 200 chunked");
    assert_eq!(head(r#"{"status": 204}"#, ""), "head 204 unframed");
    assert_eq!(head(r#"{"status": 304, "announce": 7}"#, ""), "head 304 length 7");
}

#[test]
fn a_response_to_head_announces_what_get_would_send() {
    let facts = TestFacts { method: "HEAD", ..TestFacts::default() };
    let acts = run_for(
        r#"{"head": {}}, {"body": {"fill": 30, "piece": 10, "pause_ms": 5}}, {"trailers": [["A", "1"]]}"#,
        &facts,
    );
    assert_eq!(acts, ["head 200 chunked Content-Type: application/octet-stream;", "end default"]);
    let acts = run_for(r#"{"head": {}}, {"body": {"fill": 30}}"#, &facts);
    assert_eq!(acts, ["head 200 length 30 Content-Type: application/octet-stream;", "end default"]);
    let acts = run(r#"{"head": {"status": 304}}, {"body": {"fill": 30}}"#);
    assert_eq!(acts, ["head 304 unframed", "end default"]);
}

#[test]
fn steps_of_all_kinds_in_order() {
    let acts = run(r#"{"read": {"bytes": 5, "slow": 10, "continue": false}}, {"continue": true}, {"read": "whole"},
           {"read": {"slow": 100}}, {"interim": {"status": 101, "reason": "{{attempt}}"}},
           {"raw": "HTTP/1.1 200 OK\r\n\r\n"}, {"raw": {"base64": "AAECAw==", "piece": 3, "pause_ms": 7}}, {"end": "half_close"}"#);
    let expected = [
        "read 5 at 10 without 100",
        "continue",
        "read all",
        "read all at 100",
        "interim 101 1",
        "raw HTTP/1.1 200 OK||",
        "raw \0\u{1}\u{2}",
        "pause 7",
        "raw \u{3}",
        "end HalfClose incomplete",
    ];
    assert_eq!(acts, expected);
}

#[test]
fn ends_complete_the_response_unless_it_is_cut_or_reset() {
    let end = |steps: &str| run(steps).pop().unwrap();
    assert_eq!(end(r#"{"head": {}}, {"end": "keep"}"#), "end Keep");
    assert_eq!(end(r#"{"head": {}}, {"end": "close"}"#), "end Close");
    assert_eq!(end(r#"{"head": {}}, {"end": "reset"}"#), "end Reset incomplete");
    assert_eq!(end(r#"{"end": "close"}"#), "end Close incomplete");
    assert_eq!(end(r#"{"head": {}}, {"raw": "x"}, {"end": "close"}"#), "end Close incomplete");
    assert_eq!(end(r#"{"raw": "x"}, {"head": {}}, {"raw": "x"}, {"trailers": []}"#), "end default");
    assert_eq!(end(r#"{"raw": "x"}"#), "end default incomplete");
    let cut = r#"{"head": {}}, {"body": {"fill": 10, "cut": 4}}"#;
    assert_eq!(
        run(cut),
        ["head 200 length 10 Content-Type: application/octet-stream;", "piece abcd", "end Close incomplete"]
    );
    assert_eq!(end(&format!(r#"{cut}, {{"end": "reset"}}"#)), "end Reset incomplete");
    assert_eq!(end(&format!(r#"{cut}, {{"end": "half_close"}}"#)), "end HalfClose incomplete");
}

#[test]
fn what_the_version_cannot_do_is_named_before_anything_is_sent() {
    let on = |version, steps: &str| run_for(steps, &TestFacts { version, ..TestFacts::default() }).remove(0);
    for (steps, what) in [
        (r#"{"raw": "x"}"#, "the step raw"),
        (r#"{"interim": {"status": 101}}, {"head": {}}"#, "an interim response with 101"),
        (r#"{"head": {"status": 103}}"#, "a final response with 103"),
        (r#"{"head": {"fields": [["Connection", "close"]]}}"#, "the field Connection"),
        (r#"{"head": {}}, {"trailers": [["TE", "gzip"]]}"#, "the field TE"),
        (r#"{"head": {}}, {"end": "half_close"}"#, "the end half_close"),
    ] {
        assert_eq!(on(HttpVersion::Http2, steps), format!("refused: the script has {what}, which HTTP/2 can't do"));
    }
    for (steps, what) in [
        (r#"{"end": {"h2_reset": "CANCEL"}}"#, "the end h2_reset"),
        (r#"{"head": {}}, {"end": {"goaway": {"code": "ENHANCE_YOUR_CALM"}}}"#, "the end goaway"),
    ] {
        assert_eq!(on(HttpVersion::Http11, steps), format!("refused: the script has {what}, which HTTP/1.1 can't do"));
        assert!(!on(HttpVersion::Http2, steps).starts_with("refused"));
    }
    let trailers = on(HttpVersion::Http10, r#"{"head": {}}, {"trailers": []}"#);
    assert_eq!(trailers, "refused: the script has the step trailers, which HTTP/1.0 can't do");
    let other = r#"{"if": {"version": "2", "then": [{"head": {}}], "else": [{"raw": "x"}]}}"#;
    assert_eq!(on(HttpVersion::Http2, other), "head 200 length 0");
    assert_eq!(on(HttpVersion::Http10, other), "raw x");
}
