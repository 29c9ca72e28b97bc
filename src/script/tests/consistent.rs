//! What holds for all scripts and requests: lengths are true unless told otherwise, and each run comes to its end.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{super::step::HttpVersion, *};

fn body() -> impl Strategy<Value = Value> {
    let source = prop_oneof![
        "[a-z{}]{0,300}".prop_map(|text| json!({"text": text})),
        (0..200_000_u64).prop_map(|length| json!({"fill": length})),
        (0..400_000_u64).prop_map(|length| json!({"random": length, "seed": "s"})),
        "[a-z]{0,20}".prop_map(|text| json!({"json": {"a": [text, "{{query.q}}"]}})),
        Just(json!({"text": "{{query.q}}{{field.f}}{{path}}{{uuid}}"})),
        Just(json!({"bytes_of": "head"})),
    ];
    let coding =
        prop_oneof![Just(None), Just(Some("gzip")), Just(Some("deflate")), Just(Some("br")), Just(Some("zstd"))];
    let pace = prop_oneof![Just(None), (1000..100_000_u64).prop_map(Some)];
    (source, coding, pace, prop_oneof![3 => Just(None), 1 => (0..1000_u64).prop_map(Some)]).prop_map(
        |(mut body, coding, piece, cut)| {
            let members = [("coding", json!(coding)), ("piece", json!(piece)), ("cut", json!(cut))];
            for (name, value) in members.into_iter().filter(|(_, value)| !value.is_null()) {
                body[name] = value;
            }
            body
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn an_announced_length_is_what_is_sent(
        bodies in proptest::collection::vec(body(), 0..3),
        resource in any::<bool>(),
        range in "bytes=[0-9]{1,4}-[0-9]{0,4}(,[0-9]{1,3}-)?",
        query in "q=[a-z%0-9]{0,20}",
        version in prop_oneof![Just(HttpVersion::Http10), Just(HttpVersion::Http11), Just(HttpVersion::Http2)],
        method in prop_oneof![Just("GET"), Just("POST"), Just("HEAD")],
    ) {
        let mut bodies = bodies;
        if let (true, [body]) = (resource, &mut bodies[..]) {
            body["resource"] = json!(true);
            body["etag"] = json!("\"v\"");
        }
        let steps = std::iter::once(json!({"head": {}})).chain(bodies.iter().map(|body| json!({"body": body})));
        let script = json!({"attempts": [{"steps": steps.collect::<Vec<_>>()}]});
        // Some combinations are refused, such as a body after a cut one.
        let Ok(program) = read(script.to_string().as_bytes()) else { return Ok(()) };
        let leak = |text: String| -> &'static str { Box::leak(text.into_boxed_str()) };
        let facts = TestFacts { method, version, query: leak(query), fields: vec![("Range", leak(range)), ("f", "x")], ..TestFacts::default() };
        let mut sent = 0;
        let mut length = None;
        let mut end = None;
        for act in program.begin(1, &facts).unwrap() {
            prop_assert!(end.is_none(), "something after the end");
            match act {
                Act::Head(head) => length = Some(head.framing),
                Act::Piece(piece) => {
                    prop_assert!(!piece.is_empty());
                    sent += piece.len() as u64;
                }
                Act::End { complete, .. } => end = Some(complete),
                Act::Pause(pause) => prop_assert!(pause.is_zero()),
                other => prop_assert!(false, "{:?}", other),
            }
        }
        match length {
            Some(PlannedFraming::Length(length)) if method == "HEAD" => prop_assert!(sent == 0, "{sent} of {length}"),
            Some(PlannedFraming::Length(length)) if end == Some(true) => prop_assert_eq!(sent, length),
            Some(PlannedFraming::Length(length)) => prop_assert!(sent <= length),
            _ => {}
        }
        prop_assert!(length.is_some() && end.is_some());
    }
}
