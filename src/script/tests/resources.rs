//! Conditional requests and ranges.

use super::*;

const STEPS: &str = r#"{"head": {"reason": "Fine", "fields": [["Cache-Control", "max-age=1"]]}},
    {"body": {"text": "0123456789", "resource": true, "etag": "\"v{{attempt}}\"", "last_modified": "Sun, 06 Nov 1994 08:49:37 GMT"}}"#;
const VALIDATORS: &str = "ETag: \"v1\"; Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT; Accept-Ranges: bytes;";

fn with(fields: &[(&'static str, &'static str)]) -> Vec<String> {
    run_for(STEPS, &TestFacts { fields: fields.to_vec(), ..TestFacts::default() })
}

#[test]
fn a_resource_is_sent_whole_in_part_or_not_at_all() {
    let type_ = "Content-Type: text/plain; charset=utf-8;";
    let whole = format!("head 200 'Fine' length 10 Cache-Control: max-age=1; {type_} {VALIDATORS}");
    assert_eq!(with(&[]), [&whole, "piece 0123456789", "end default"]);
    let not_modified = format!("head 304 unframed Cache-Control: max-age=1; {VALIDATORS}");
    assert_eq!(with(&[("If-None-Match", "\"v1\"")]), [&not_modified, "end default"]);
    let failed = format!("head 412 length 0 Cache-Control: max-age=1; {VALIDATORS}");
    assert_eq!(with(&[("If-Match", "\"v2\"")]), [&failed, "end default"]);
    let range =
        format!("head 206 length 3 Cache-Control: max-age=1; {type_} {VALIDATORS} Content-Range: bytes 2-4/10;");
    assert_eq!(with(&[("Range", "bytes=2-4")]), [&range, "piece 234", "end default"]);
    let unsatisfiable = format!("head 416 length 0 Cache-Control: max-age=1; {VALIDATORS} Content-Range: bytes */10;");
    assert_eq!(with(&[("Range", "bytes=10-")]), [&unsatisfiable, "end default"]);
}

#[test]
fn several_ranges_are_sent_as_multipart() {
    let acts = with(&[("Range", "bytes=0-1,-2")]);
    let (_, boundary) = acts[0].rsplit_once("boundary=").unwrap();
    let boundary = boundary.trim_end_matches(';');
    let part = |range: &str, text: &str| {
        format!("|--{boundary}|Content-Type: text/plain; charset=utf-8|Content-Range: bytes {range}/10||{text}")
    };
    let body = format!("{}{}|--{boundary}--|", part("0-1", "01"), part("8-9", "89"));
    let length = body.replace('|', "\r\n").len();
    assert_eq!(acts[1], format!("piece {body}"));
    assert_eq!(
        acts[0],
        format!(
            "head 206 length {length} Cache-Control: max-age=1; {VALIDATORS} Content-Type: multipart/byteranges; boundary={boundary};"
        )
    );
}

#[test]
fn ranges_of_a_coded_body_are_ranges_of_the_coded_bytes() {
    let steps = r#"{"head": {}}, {"body": {"fill": 1000, "coding": "gzip", "resource": true}}"#;
    let acts = |range| {
        let facts = TestFacts { fields: vec![("Range", range)], ..TestFacts::default() };
        let run =
            read(format!(r#"{{"attempts": [{{"steps": [{steps}]}}]}}"#).as_bytes()).unwrap().begin(1, &facts).unwrap();
        run.filter_map(|act| if let Act::Piece(bytes) = act { Some(bytes) } else { None }).collect::<Vec<_>>().concat()
    };
    let whole = acts("none");
    assert_eq!(whole[..2], [0x1f, 0x8b]);
    assert_eq!([acts("bytes=0-9"), acts("bytes=10-")].concat(), whole);
}
