//! Documents that are refused: all problems at once, each with its place and with what is allowed.

use super::super::read;

fn problems(document: &str) -> Vec<String> {
    let problems = read(document.as_bytes()).unwrap_err();
    problems.iter().map(|problem| format!("{} {}", problem.pointer, problem.message)).collect()
}

fn problems_of(steps: &str) -> Vec<String> {
    let at = "/attempts/0/steps";
    let problems = problems(&format!(r#"{{"attempts": [{{"steps": [{steps}]}}]}}"#));
    problems.into_iter().map(|problem| problem.strip_prefix(at).map(str::to_owned).unwrap_or(problem)).collect()
}

#[test]
fn all_problems_are_told_at_once() {
    let document = r#"{"nmae": "a", "key": 7, "after_last": "forever", "shared": "yes", "attempts": [{"repeat": 0, "steps": [
        {"haed": {}}, {"head": {"status": 99, "framing": "chunk", "fields": [["A"], ["A", 1], "A: 1"]}},
        {"body": {"fill": -1, "random": 2, "piece": 0, "coding": "lzma", "text": null}}, {"pause_ms": 900001}, {}, 5,
        {"end": "kep"}, {"end": {"h2_reset": "CANCELED"}}, {"read": "all"}, {"read": {"byts": 1}}, {"continue": false},
        {"if": {"then": []}}, {"head": {}, "body": {}}, {"pause_ms": 1.5}]}]}"#;
    let at = "/attempts/0/steps";
    let codes = "NO_ERROR, PROTOCOL_ERROR, INTERNAL_ERROR, FLOW_CONTROL_ERROR, SETTINGS_TIMEOUT, STREAM_CLOSED, \
                 FRAME_SIZE_ERROR, REFUSED_STREAM, CANCEL, COMPRESSION_ERROR, CONNECT_ERROR, ENHANCE_YOUR_CALM, \
                 INADEQUATE_SECURITY or HTTP_1_1_REQUIRED";
    let steps = "read, continue, interim, pause_ms, head, body, trailers, raw, end or if";
    let sources = "text, base64, json, fill, random, echo or bytes_of";
    let expected = [
        "/nmae unknown member; allowed: name, about, key, attempts, after_last, shared or mount; did you mean name?"
            .to_owned(),
        "/key must be text, is 7".to_owned(),
        "/after_last must be stay or again, is \"forever\"".to_owned(),
        "/shared must be true or false, is \"yes\"".to_owned(),
        "/attempts/0/repeat must be an integer from 1 to 1000000, is 0".to_owned(),
        format!("{at}/0/haed unknown step \"haed\"; allowed: {steps}; did you mean head?"),
        format!("{at}/1/head/status must be an integer from 100 to 999, is 99"),
        format!("{at}/1/head/framing must be length, chunked, close or none, is \"chunk\"; did you mean chunked?"),
        format!("{at}/1/head/fields/0 must be a list of 2, has 1"),
        format!("{at}/1/head/fields/1/1 must be text or an object, is 1"),
        format!("{at}/1/head/fields/2 must be a list, is \"A: 1\""),
        format!("{at}/2/body/fill must be an integer from 0 to 1073741824, is -1"),
        format!("{at}/2/body/piece must be an integer from 1 to 1048576, is 0"),
        format!("{at}/2/body/coding must be gzip, deflate, br or zstd, is \"lzma\""),
        format!("{at}/2/body/text must be text, is null"),
        format!("{at}/2/body exactly one of {sources} is needed, not text and fill and random"),
        format!("{at}/3/pause_ms must be an integer from 0 to 900000, is 900001"),
        format!("{at}/4 must have exactly one of the members {steps}, has none"),
        format!("{at}/5 must be an object, is 5"),
        format!("{at}/6/end must be keep, close, half_close or reset, is \"kep\"; did you mean keep?"),
        format!("{at}/7/end/h2_reset must be {codes}, is \"CANCELED\"; did you mean CANCEL?"),
        format!("{at}/8/read must be whole or none, is \"all\""),
        format!("{at}/9/read/byts unknown member; allowed: bytes, slow or continue; did you mean bytes?"),
        format!("{at}/10/continue must be true"),
        format!("{at}/11/if at least one of attempt, field or version is needed"),
        format!("{at}/12 must have exactly one of the members {steps}, has \"head\", \"body\""),
        format!("{at}/13/pause_ms must be an integer from 0 to 900000, is 1.5"),
    ];
    assert_eq!(problems(document), expected);
}

#[test]
fn documents_of_another_form() {
    assert_eq!(problems("[]"), [" must be an object, is a list"]);
    assert_eq!(problems("{}"), [" attempts is missing"]);
    assert_eq!(problems(r#"{"attempts": []}"#), ["/attempts must have 1 to 100 items, has 0"]);
    assert_eq!(problems(r#"{"attempts": [{}]}"#), ["/attempts/0 steps is missing"]);
    assert_eq!(problems(r#"{"attempts": [{"steps": []}]}"#), ["/attempts/0/steps must have 1 to 1000 items, has 0"]);
    assert_eq!(problems("{"), [" the document is no JSON: EOF while parsing an object at line 1 column 1"]);
}

#[test]
fn names_and_keys() {
    let with = |members: &str| problems(&format!(r#"{{{members}, "attempts": [{{"steps": [{{"end": "close"}}]}}]}}"#));
    for name in ["a/b", "..", "-a", "a b", "é", "a%2Fb", "a\\u0000"] {
        let told = with(&format!(r#""name": "{name}""#));
        assert!(told[0].starts_with("/name must begin with a letter or digit"), "{told:?}");
    }
    assert_eq!(with(r#""name": """#), ["/name must have 1 to 100 characters, has 0"]);
    for key in ["", "paths", "query:", "field:", "field:a b", "cookie:a"] {
        let told = with(&format!(r#""key": "{key}""#));
        assert!(told[0].starts_with("/key must be path, query:NAME, field:NAME, "), "{told:?}");
    }
    assert_eq!(with(r#""about": "a\nb""#), ["/about must be one line without control characters"]);
    assert_eq!(with(r#""shared": true"#), ["/shared attempts can't be counted together by replicas yet; leave it out"]);
    let mount = r#""mount": {"path": "/orders"}"#;
    assert_eq!(with(mount), ["/mount scripts have no paths of their own yet; leave it out"]);
}

#[test]
fn fields_that_would_not_be_fields() {
    let field = |field: &str| problems_of(&format!(r#"{{"head": {{"fields": [{field}]}}}}"#));
    let at = "/0/head/fields/0";
    for name in ["", "a b", "a:", "a\\r\\nb", ":path", "é"] {
        let told = field(&format!(r#"["{name}", "1"]"#));
        assert!(told[0].starts_with(&format!("{at}/0 \"")) && told[0].ends_with("(RFC 9110, section 5.1)"), "{told:?}");
    }
    for value in [r#""a\r\nb: 2""#, r#""\u0000""#, r#""\u007f""#, r#"{"base64": "YQ0KYg=="}"#] {
        let told = field(&format!(r#"["A", {value}]"#));
        assert_eq!(told, [format!("{at}/1 must have no line break and no other control character; raw may")]);
    }
    assert_eq!(field(r#"["A", " b"]"#), [format!("{at}/1 must not begin or end with white space; raw may")]);
    let told = field(r#"["A", {"base64": "YQ="}]"#);
    assert!(told[0].starts_with(&format!("{at}/1/base64 must be base64 with padding: ")), "{told:?}");
    let told = field(r#"["A", "{{querry.x}}"]"#);
    assert!(told[0].starts_with(&format!("{at}/1 unknown template \"{{{{querry.x}}}}\"; allowed: ")), "{told:?}");
    let told = problems_of(r#"{"head": {"reason": "a\nb"}}"#);
    assert_eq!(told, ["/0/head/reason must have no line break and no other control character; raw may"]);
}

#[test]
fn values_that_do_not_go_together() {
    let body = |body: &str| problems_of(&format!(r#"{{"head": {{}}}}, {{"body": {{{body}}}}}"#));
    for (members, problem) in [
        (r#""fill": 1, "seed": "a""#, "/seed needs random"),
        (r#""echo": true, "piece": 1"#, "/piece must not be with echo, whose pieces are those of the request"),
        (r#""echo": true, "coding": "br""#, "/coding must not be with echo"),
        (r#""echo": true, "cut": 1"#, "/cut must not be with echo"),
        (r#""echo": true, "resource": true"#, "/resource must not be with echo"),
        (r#""fill": 9, "resource": true, "cut": 1"#, "/cut must not be with resource"),
        (r#""fill": 9, "etag": "\"a\"""#, "/etag needs \"resource\": true; else write it into fields"),
        (r#""fill": 9, "last_modified": "x""#, "/last_modified needs \"resource\": true"),
        (r#""fill": 9, "pause_ms": 1"#, "/pause_ms needs piece: it is the pause between two pieces"),
        (r#""fill": 67108865, "coding": "br""#, "/coding needs a body of at most 67108864 bytes"),
        (r#""fill": 262145, "coding": "br", "resource": true"#, "/resource needs a coded body of at most 262144 bytes"),
        (
            r#""fill": 9, "coding": {"name": "br", "bytes": false, "field": false}"#,
            "/coding codes neither the bytes nor the field; leave it out",
        ),
        (
            r#""fill": 9, "resource": true, "etag": "a""#,
            "/etag must be an entity tag, such as \"v1\" or W/\"v1\" with the quotes",
        ),
        (
            r#""fill": 9, "resource": true, "last_modified": "x""#,
            "/last_modified must be a date such as Sun, 06 Nov 1994 08:49:37 GMT (RFC 9110, section 5.6.7)",
        ),
    ] {
        assert_eq!(body(members), [format!("/1/body{problem}")], "{members}");
    }
    let told = problems_of(r#"{"head": {"framing": "chunked", "announce": 5}}"#);
    assert_eq!(told, ["/0/head/announce needs the framing length; write other fields into fields"]);
    let told = problems_of(r#"{"head": {"framing": "length"}}, {"body": {"echo": true}}"#);
    assert_eq!(told, ["/1 the length of this body is not known before it is sent: announce one, or use chunked"]);
    let told = problems_of(r#"{"head": {}}, {"body": {"text": "a"}}, {"body": {"text": "b", "resource": true}}"#);
    assert_eq!(told, ["/2 a resource is the only body of its answer"]);
}

#[test]
fn steps_in_the_wrong_order() {
    for (steps, problem) in [
        (r#"{"pause_ms": 5}"#, " the steps may end without an answer; add head, raw, or end with close or reset"),
        (r#"{"body": {"text": "a"}}"#, "/0 a body comes after a head, and before trailers and a cut"),
        (r#"{"head": {}}, {"head": {}}"#, "/1 a second head needs raw"),
        (r#"{"head": {}}, {"interim": {"status": 103}}"#, "/1 an interim response comes before the head"),
        (r#"{"head": {}}, {"continue": true}"#, "/1 100 comes before the head"),
        (
            r#"{"head": {}}, {"trailers": []}, {"body": {"text": "a"}}"#,
            "/2 a body comes after a head, and before trailers and a cut",
        ),
        (
            r#"{"head": {}}, {"body": {"fill": 9, "cut": 1}}, {"trailers": []}"#,
            "/2 trailers come after a head and its body",
        ),
        (
            r#"{"head": {}}, {"body": {"fill": 9, "cut": 1}}, {"end": "keep"}"#,
            "/2 keep needs an answer before it that is not cut; use close or reset",
        ),
        (r#"{"end": "keep"}"#, "/0 keep needs an answer before it that is not cut; use close or reset"),
        (r#"{"head": {}}, {"end": "close"}, {"pause_ms": 1}"#, "/2 a step after end is never reached"),
        (
            r#"{"raw": "x"}, {"end": {"h2_reset": "CANCEL"}}"#,
            "/1 h2_reset is for HTTP/2 only, which other steps or conditions rule out",
        ),
        (
            r#"{"if": {"version": "2", "then": [{"raw": "x"}], "else": [{"end": "close"}]}}"#,
            "/0/if/then/0 raw is for HTTP/1 only, which other steps or conditions rule out",
        ),
        (
            r#"{"if": {"version": "1.1", "then": [{"head": {"framing": "close"}}, {"trailers": []}], "else": [{"end": "close"}]}}"#,
            "/0/if/then/1 trailers need a chunked body over HTTP/1; they are for HTTP/1.1 and HTTP/2 only, which other steps or conditions rule out",
        ),
        (r#"{"if": {"attempt": 1, "then": [{"head": {}}]}}, {"head": {}}"#, "/1 a second head needs raw"),
        (
            r#"{"if": {"attempt": 1, "then": [{"head": {}}]}}"#,
            " the steps may end without an answer; add head, raw, or end with close or reset",
        ),
        (
            r#"{"pause_ms": 500000}, {"pause_ms": 400001}, {"end": "close"}"#,
            " the steps may wait for 900001 ms; at most 900000 are allowed",
        ),
        (
            r#"{"head": {}}, {"body": {"fill": 1000, "piece": 1, "pause_ms": 1000}}"#,
            " the steps may wait for 999000 ms; at most 900000 are allowed",
        ),
        (
            r#"{"read": {"bytes": 1000, "slow": 1}}, {"end": "close"}"#,
            " the steps may wait for 1000000 ms; at most 900000 are allowed",
        ),
    ] {
        assert_eq!(problems_of(steps), [problem], "{steps}");
    }
}

#[test]
fn bounds_of_the_whole() {
    let pauses = |count: usize| vec![r#"{"pause_ms": 0}"#; count].join(", ");
    let attempt = format!(r#"{{"steps": [{}, {{"end": "close"}}]}}"#, pauses(500));
    assert_eq!(
        problems(&format!(r#"{{"attempts": [{attempt}, {attempt}]}}"#)),
        [" the script has 1002 steps; at most 1000 are allowed"]
    );
    assert_eq!(problems_of(&pauses(10_000)), [" must have 1 to 1000 items, has 10000"]);
    let nested = |depth: usize| {
        let open = r#"{"if": {"attempt": 1, "then": ["#.repeat(depth);
        format!(r#"{open}{{"pause_ms": 1}}{}, {{"end": "close"}}"#, "]}}".repeat(depth))
    };
    assert!(read(format!(r#"{{"attempts": [{{"steps": [{}]}}]}}"#, nested(8)).as_bytes()).is_ok());
    let told = problems_of(&nested(9));
    assert!(told.len() == 1 && told[0].ends_with(" if is nested more than 8 deep"), "{told:?}");
    let told = problems_of(&nested(1000));
    assert!(told[0].contains("recursion limit exceeded"), "{told:?}");
    let long = format!(r#"{{"about": "{}"}}"#, "a".repeat(10_000_000));
    assert_eq!(problems(&long), [" the document has 10000013 bytes; at most 1048576 are allowed"]);
}
