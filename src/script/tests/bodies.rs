//! Sources, pieces, codings and templates of bodies.

use super::*;

#[test]
fn sources_of_a_body() {
    let body = |body: &str| run(&format!(r#"{{"head": {{}}}}, {{"body": {body}}}"#));
    for (source, type_, piece) in [
        (r#"{"text": "é{{attempt}}"}"#, "text/plain; charset=utf-8", "é1"),
        (r#"{"base64": "aGk="}"#, "application/octet-stream", "hi"),
        (
            r#"{"json": {"b": [1.5, "{{path}}", null], "a": 2}}"#,
            "application/json",
            r#"{"b":[1.5,"/a%2Fb",null],"a":2}"#,
        ),
        (r#"{"json": null}"#, "application/json", "null"),
        (r#"{"fill": 5}"#, "application/octet-stream", "abcde"),
        (r#"{"bytes_of": "head"}"#, "application/octet-stream", "GET /a%2Fb HTTP/1.1||"),
    ] {
        let length = piece.replace('|', "\r\n").len();
        let head = format!("head 200 length {length} Content-Type: {type_};");
        assert_eq!(body(source), [head, format!("piece {piece}"), "end default".to_owned()], "{source}");
    }
    let random = body(r#"{"random": 3000, "seed": "a"}"#);
    assert_eq!(random[1], "piece <3000 bytes>");
    let echo = body(r#"{"echo": true, "pause_ms": 5}"#);
    assert_eq!(echo[1..], ["echo 5", "end default"]);
    let empty = body(r#"{"text": ""}"#);
    assert_eq!(empty, ["head 200 length 0 Content-Type: text/plain; charset=utf-8;", "end default"]);
}

#[test]
fn codings_are_true_or_false_to_the_bytes() {
    let body = |head: &str, body: &str| run(&format!(r#"{{"head": {head}}}, {{"body": {{"text": "hello", {body}}}}}"#));
    let plain = "head 200 length 5 Content-Type: text/plain; charset=utf-8;";
    let acts = body("{}", r#""coding": "gzip""#);
    assert!(acts[0].starts_with("head 200 length 25 ") && acts[0].ends_with("; Content-Encoding: gzip;"), "{acts:?}");
    assert_eq!(acts[1], "piece <25 bytes>");
    let acts = body("{}", r#""coding": {"name": "br", "bytes": false}"#);
    assert_eq!(acts, [&format!("{plain} Content-Encoding: br;"), "piece hello", "end default"]);
    let acts = body("{}", r#""coding": {"name": "gzip", "field": false}"#);
    assert_eq!(acts[..2], ["head 200 length 25 Content-Type: text/plain; charset=utf-8;", "piece <25 bytes>"]);
    let acts = body(r#"{"fields": [["content-encoding", "zstd"]]}"#, r#""coding": "gzip""#);
    assert!(acts[0].starts_with("head 200 length 25 content-encoding: zstd; Content-Type"), "{acts:?}");
}

#[test]
fn a_long_coded_body_is_chunked_and_lets_other_tasks_run() {
    let acts = run(r#"{"head": {}}, {"body": {"fill": 1000000, "coding": "gzip", "piece": 100}}"#);
    assert!(acts[0].starts_with("head 200 chunked "), "{}", acts[0]);
    assert!(acts.contains(&"pause 0".to_owned()));
    assert!(acts.iter().any(|act| act == "piece <100 bytes>"));
}

#[test]
fn values_of_the_request_stay_within_their_line_and_their_bounds() {
    let long: &'static str = Box::leak(format!("x={}", "y".repeat(100_000)).into_boxed_str());
    let facts = TestFacts { query: long, ..TestFacts::default() };
    let fields = r#"["A", "{{query.x}}"], "#.repeat(3);
    let fields = fields.trim_end_matches(", ");
    let acts = run_for(&format!(r#"{{"head": {{"fields": [{fields}]}}}}"#), &facts);
    assert_eq!(acts, ["refused: values of the request make the fields of the script too long"]);
    let text = "{{query.x}}".repeat(20);
    let acts = run_for(&format!(r#"{{"head": {{}}}}, {{"body": {{"text": "{text}"}}}}"#), &facts);
    assert_eq!(acts, ["refused: values of the request make a body of the script too long"]);
    let facts = TestFacts { query: "x=a%0d%0aSet-Cookie:%20b", ..TestFacts::default() };
    let steps = r#"{"head": {"reason": "{{query.x}}", "fields": [["A", "{{query.x}}"]]}}, {"trailers": [["B", "{{query.x}}"]]}"#;
    assert_eq!(
        run_for(steps, &facts),
        [
            "head 200 'a%0D%0ASet-Cookie: b' chunked A: a%0D%0ASet-Cookie: b;",
            "trailers B: a%0D%0ASet-Cookie: b;",
            "end default"
        ]
    );
}
