use std::collections::BTreeMap;

use proptest::{collection, prelude::*};
use serde_json::{Value, json};

use super::*;

fn text<T: Serialize + ?Sized>(value: &T) -> String {
    String::from_utf8(to_vec(value)).unwrap()
}

#[test]
fn recorded_bodies() {
    #[derive(Serialize)]
    struct Flaky {
        failed: bool,
        roll: f64,
        fail_rate: f64,
    }
    let body = to_line(&Flaky { failed: false, roll: 0.9733276356145957, fail_rate: 1e-7 });
    assert_eq!(body, b"{\"failed\":false,\"roll\":0.9733276356145957,\"fail_rate\":1e-7}\n");
    let body = to_line(&json!({"asked_for": "<script>", "would_have_fetched": false}));
    assert_eq!(body, b"{\"asked_for\":\"\\u003cscript\\u003e\",\"would_have_fetched\":false}\n");
}

#[test]
fn every_shape_of_value() {
    #[derive(Serialize)]
    struct Unit;
    #[derive(Serialize)]
    struct Newtype(u8);
    #[derive(Serialize)]
    struct Pair(i8, char);
    #[derive(Serialize)]
    enum Shape {
        Unit,
        Newtype(f32),
        Tuple(bool, Option<u8>),
        Struct { a: () },
    }
    assert_eq!(text(&Unit), "null");
    assert_eq!(text(&(Newtype(7), Pair(-1, '<'))), r#"[7,[-1,"\u003c"]]"#);
    assert_eq!(text(&Shape::Unit), r#""Unit""#);
    assert_eq!(text(&Shape::Newtype(0.5)), r#"{"Newtype":0.5}"#);
    assert_eq!(text(&Shape::Tuple(true, None)), r#"{"Tuple":[true,null]}"#);
    assert_eq!(text(&Shape::Struct { a: () }), r#"{"Struct":{"a":null}}"#);
    assert_eq!(text(&(i128::MIN, u128::MAX)), format!("[{},{}]", i128::MIN, u128::MAX));
    assert_eq!(text(&([] as [u8; 0], BTreeMap::<u8, u8>::new())), "[[],{}]");
}

#[test]
fn scalar_keys_are_put_into_quotes() {
    assert_eq!(text(&BTreeMap::from([(-1, 2), (3, 4)])), r#"{"-1":2,"3":4}"#);
    assert_eq!(text(&BTreeMap::from([(true, 'x')])), r#"{"true":"x"}"#);
}

#[test]
fn what_has_no_json_form_is_null_alone() {
    assert_eq!(text(&BTreeMap::from([((1, 2), 3)])), "null");
    let mut out = b"kept ".to_vec();
    append(&mut out, &BTreeMap::from([((), 3)]));
    assert_eq!(out, b"kept null");
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        ".*".prop_map(Value::from),
        "[\\x00-\\x7f\u{2028}\u{2029}\u{fffd}]{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            collection::btree_map(".{0,4}", inner, 0..6).prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn output_reads_back_and_holds_no_markup(value in any_json()) {
        let out = to_vec(&value);
        prop_assert_eq!(&serde_json::from_slice::<Value>(&out).unwrap(), &value);
        let text = String::from_utf8(out).unwrap();
        let markup = text.contains(['<', '>', '&', '\u{2028}', '\u{2029}', '\n']);
        prop_assert!(!markup, "{}", text);
    }
}
