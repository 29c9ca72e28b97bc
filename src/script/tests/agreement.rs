//! The check of documents agrees with an independent validator of JSON Schema, and no document makes it fail.

use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::{check::check, problems::Problems, read, schema};

static VALIDATOR: LazyLock<jsonschema::Validator> = LazyLock::new(|| jsonschema::draft202012::new(schema()).unwrap());

#[test]
fn the_schema_is_a_schema() {
    jsonschema::draft202012::meta::validate(schema()).unwrap();
    let text = schema().to_string();
    assert!(!text.contains("null"), "{text}");
    assert!(schema().pointer("/$defs/Body/properties/fill/maximum") == Some(&json!(1 << 30)));
}

/// Values that are right in one place of a script or another, and values that are right nowhere.
fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!("gzip")),
        Just(json!("whole")),
        Just(json!("chunked")),
        Just(json!("close")),
        Just(json!("2")),
        Just(json!("stay")),
        Just(json!("head")),
        Just(json!("CANCEL")),
        Just(json!("")),
        Just(json!(true)),
        Just(json!(false)),
        Just(json!(null)),
        Just(json!(["A", "1"])),
        Just(json!({"base64": "AA=="})),
        Just(json!({})),
        prop_oneof![Just(-1_i64), Just(0), Just(1), Just(100), Just(200), Just(1000), Just(900_001)]
            .prop_map(|n| json!(n)),
    ]
}

const NAMES: [&str; 38] = [
    "read",
    "continue",
    "interim",
    "pause_ms",
    "head",
    "body",
    "trailers",
    "raw",
    "end",
    "if",
    "status",
    "reason",
    "fields",
    "framing",
    "announce",
    "own_fields",
    "text",
    "base64",
    "json",
    "fill",
    "random",
    "echo",
    "bytes_of",
    "piece",
    "coding",
    "name",
    "cut",
    "resource",
    "h2_reset",
    "goaway",
    "attempt",
    "field",
    "version",
    "then",
    "else",
    "is",
    "bytes",
    "slow",
];

fn value() -> impl Strategy<Value = Value> {
    leaf().prop_recursive(5, 40, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            proptest::collection::vec((proptest::sample::select(&NAMES[..]), inner.clone()), 1..2)
                .prop_map(|members| members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()),
            proptest::collection::vec((proptest::sample::select(&NAMES[..]), inner), 0..4)
                .prop_map(|members| members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()),
        ]
    })
}

/// A script with everything, of which parts are replaced.
fn full() -> Value {
    json!({"name": "a", "about": "b", "key": "path", "after_last": "again", "attempts": [{"repeat": 2, "steps": [
        {"read": {"bytes": 1, "slow": 2, "continue": false}}, {"continue": true},
        {"interim": {"status": 103, "reason": "x", "fields": [["A", "1"]]}}, {"pause_ms": 1},
        {"head": {"status": 200, "reason": "", "fields": [["A", {"base64": "gA=="}]], "framing": "chunked", "own_fields": false}},
        {"body": {"text": "a", "piece": 1, "pause_ms": 1, "coding": {"name": "gzip", "bytes": false}}},
        {"if": {"attempt": 1, "field": {"name": "a", "is": "b"}, "then": [{"body": {"json": [null]}}], "else": []}},
        {"trailers": [["B", "2"]]}, {"end": {"goaway": {"code": "CANCEL"}}}
    ]}, {"steps": [{"raw": {"text": "x", "piece": 1}}, {"raw": "y"}, {"end": "reset"}]}]})
}

fn places(value: &Value, at: &str, into: &mut Vec<String>) {
    into.push(at.to_owned());
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                places(item, &format!("{at}/{index}"), into);
            }
        }
        Value::Object(members) => {
            for (name, item) in members {
                places(item, &format!("{at}/{name}"), into);
            }
        }
        _ => {}
    }
}

#[test]
fn a_script_with_everything_is_accepted() {
    assert_eq!(read(full().to_string().as_bytes()).err().map(|problems| problems.to_string()), None);
}

proptest! {
    #[test]
    fn the_check_agrees_with_another_validator(part in value(), at in any::<prop::sample::Index>(), drop in any::<bool>()) {
        let mut document = full();
        let mut all = Vec::new();
        places(&document, "", &mut all);
        let place = at.get(&all);
        match (drop, place.rsplit_once('/')) {
            (true, Some((around, name))) if document.pointer(around).is_some_and(Value::is_object) => {
                document.pointer_mut(around).unwrap().as_object_mut().unwrap().remove(name);
            }
            _ => *document.pointer_mut(place).unwrap() = part,
        }
        let mut problems = Problems::default();
        check(&document, &mut problems);
        // Patterns are not checked but by the rules: the script's name and key have one.
        let is_valid = VALIDATOR.iter_errors(&document).all(|error| error.schema_path.to_string().ends_with("/pattern"));
        prop_assert_eq!(problems.is_empty(), is_valid, "{} {}", problems, document);
        // What passes the check is read by serde, and compiled or refused.
        let read = read(document.to_string().as_bytes());
        prop_assert!(read.is_err() || is_valid);
        if let Err(refused) = read {
            prop_assert!(refused.iter().all(|problem| !problem.message.contains("variant") && !problem.message.contains("data did not")), "{}", refused);
        }
    }
}
