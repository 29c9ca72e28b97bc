use proptest::{collection, prelude::*};
use serde_json::{Map, Value};

use super::{super::json, *};

fn rewritten(text: &str) -> Option<String> {
    canonical(text.as_bytes()).map(String::from)
}

#[test]
fn recorded_bodies() {
    for (body, expected) in [
        (r#"{"b":1,"a":2,"a":3}"#, r#"{"a":3,"b":1}"#),
        ("true", "true"),
        ("42", "42"),
        (r#"  {"x": [ ] }  "#, r#"{"x":[]}"#),
        ("[]", "[]"),
        (r#"{"why":"x"}"#, r#"{"why":"x"}"#),
    ] {
        assert_eq!(rewritten(body).as_deref(), Some(expected));
    }
    for body in [r#"{"a":"#, "\u{feff}{}", "NaN", "[1,]", " ", "a=1&b=2", "patch me", ""] {
        assert_eq!(rewritten(body), None, "{body}");
    }
}

#[test]
fn what_is_no_json_is_refused() {
    for body in [
        "{",
        "}",
        "[",
        "]",
        "[}",
        "{]",
        "{}}",
        "[]]",
        "[,]",
        "[1,,2]",
        "[1 2]",
        "{,}",
        r#"{"a"}"#,
        r#"{"a":}"#,
        r#"{"a":1,}"#,
        r#"{"a" 1}"#,
        r#"{"a":1 "b":2}"#,
        "{a:1}",
        "{1:2}",
        "'a'",
        "01",
        "-",
        "-a",
        "+1",
        ".5",
        "5.",
        "1e",
        "1e+",
        "1.e1",
        "0x10",
        "1_0",
        "Infinity",
        "-Infinity",
        "tru",
        "truex",
        "nul",
        "True",
        r#"""#,
        r#""a"#,
        r#""\"#,
        r#""\x""#,
        r#""\u12""#,
        r#""\u12g4""#,
        "\"\t\"",
        "\"\n\"",
        "\"\0\"",
        "1 1",
        "{} x",
        "\u{a0}1",
        "/**/1",
        "1,",
        r#""\u+123""#,
    ] {
        assert_eq!(rewritten(body), None, "{body}");
    }
    assert_eq!(canonical(b"\"\xff\""), None);
    assert_eq!(canonical(b"\"\xED\xA0\x80\""), None);
}

#[test]
fn numbers_keep_their_digits() {
    for number in ["0", "-0", "-0.0", "1.0", "1E5", "1e+05", "1.10", "123456789012345678901234567890", "1e999", "0e0"] {
        assert_eq!(rewritten(&format!(" {number}\r\n\t")).as_deref(), Some(number));
    }
}

#[test]
fn strings_get_our_escapes() {
    for (body, expected) in [
        (r#""\/\u0041\b\f\n\r\t\"\\\u0000\u007f""#, "\"/A\\b\\f\\n\\r\\t\\\"\\\\\\u0000\u{7f}\""),
        (r#""<\u003E&\u2028""#, r#""\u003c\u003e\u0026\u2028""#),
        (r#""\u00e9é""#, "\"éé\""),
        (r#""\ud83d\ude00""#, "\"😀\""),
        (r#""\uD800x""#, "\"\u{fffd}x\""),
        (r#""\ud800\ud83d\ude00""#, "\"\u{fffd}😀\""),
        (r#""\ude00\u0041\ud800""#, "\"\u{fffd}A\u{fffd}\""),
        (r#""\ud800\n""#, "\"\u{fffd}\\n\""),
    ] {
        assert_eq!(rewritten(body).as_deref(), Some(expected), "{body}");
    }
    assert_eq!(rewritten(r#""\ud800\uZZZZ""#), None);
}

#[test]
fn keys_are_sorted_by_their_decoded_bytes() {
    for (body, expected) in [
        (r#"{"b":1,"a":{"d":[{"z":0,"y":1}],"c":2}}"#, r#"{"a":{"c":2,"d":[{"y":1,"z":0}]},"b":1}"#),
        (r#"{"A":1,"<":2,"0":3}"#, r#"{"0":3,"\u003c":2,"A":1}"#),
        (r#"{"\u0062":1,"a":2,"\u0061":3}"#, r#"{"a":3,"b":1}"#),
        (r#"{"\ud83d\ude00":1,"\uffee":2}"#, "{\"\u{ffee}\":2,\"😀\":1}"),
        (r#"{"a":{"y":1,"x":2},"a":{"q":1,"p":2}}"#, r#"{"a":{"p":2,"q":1}}"#),
        (r#"{"a":[{"y":1,"x":2}],"a":0}"#, r#"{"a":0}"#),
        (r#"{"":1,"":2}"#, r#"{"":2}"#),
        (r#"[{"b":1,"a":2},7,{"d":{"f":0,"e":1},"c":4}]"#, r#"[{"a":2,"b":1},7,{"c":4,"d":{"e":1,"f":0}}]"#),
    ] {
        assert_eq!(rewritten(body).as_deref(), Some(expected), "{body}");
    }
}

#[test]
fn the_depth_is_bounded() {
    let arrays = |levels| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    let objects = |levels| format!("{}0{}", r#"{"b":1,"a":"#.repeat(levels), "}".repeat(levels));
    assert_eq!(rewritten(&arrays(DEPTH_MAX)), Some(arrays(DEPTH_MAX)));
    assert_eq!(rewritten(&arrays(DEPTH_MAX + 1)), None);
    let expected = format!("{}0{}", r#"{"a":"#.repeat(DEPTH_MAX), r#","b":1}"#.repeat(DEPTH_MAX));
    assert_eq!(rewritten(&objects(DEPTH_MAX)), Some(expected));
    assert_eq!(rewritten(&objects(DEPTH_MAX + 1)), None);
    assert_eq!(rewritten(&"[".repeat(10_001)), None);
    let wide = format!("[{}[]]", "[[]],".repeat(1000));
    assert_eq!(rewritten(&wide), Some(wide));
}

/// Documents that take a careless implementation quadratic time, which the test runner ends.
#[test]
fn a_mebibyte_of_anything_comes_to_an_end() {
    let mebibyte = |unit: &str| unit.repeat((1 << 20) / unit.len());
    let descending: String = (0..100_000).rev().map(|index| format!(r#""{index:06}":0,"#)).collect();
    let nested = |payload: &str| {
        let levels = DEPTH_MAX - 1;
        format!("{}{{{payload}}}{}", r#"{"b":"#.repeat(levels), r#","a":0}"#.repeat(levels))
    };
    for body in [
        format!("{{{}\"a\":1}}", mebibyte(r#""a":0,"#)),
        format!("{{{descending}\"x\":1}}"),
        nested(&format!(r#""k":"{}""#, mebibyte("<"))),
        format!("[{}0]", mebibyte(r#"{"b":0,"a":1},"#)),
        format!("\"{}\"", mebibyte(r"\u003c")),
        format!("{}0", mebibyte(" ")),
    ] {
        assert!(canonical(body.as_bytes()).is_some());
    }
    assert_eq!(rewritten(&mebibyte("[")), None);
}

/// JSON text with white space, escapes and repeated keys.
fn any_document() -> impl Strategy<Value = String> {
    let string = prop_oneof![
        "[a-c<é😀]{0,3}".prop_map(|text| format!("\"{text}\"")),
        r"[a-c]?(\\u006[1-3]|\\ud800|\\n|\\ud83d\\ude00)".prop_map(|text| format!("\"{text}\"")),
    ];
    let leaf = prop_oneof![string.clone(), "(0|-?[1-9][0-9]{0,3}|true|false|null)"];
    leaf.prop_recursive(5, 64, 6, move |inner| {
        let member = (string.clone(), inner.clone()).prop_map(|(key, value)| format!("{key} :\n{value}"));
        prop_oneof![
            collection::vec(inner, 0..6).prop_map(|items| format!("[{}]", items.join(" , "))),
            collection::vec(member, 0..6).prop_map(|members| format!("{{ {}}}", members.join(",\t"))),
        ]
    })
}

/// Result of an independent parser. It refuses lone surrogates, so they are replaced in the source.
fn parsed(document: &str) -> Value {
    let pair = "\u{1}";
    let source = document.replace(r"\ud83d\ude00", pair).replace(r"\ud800", "\u{fffd}").replace(pair, "😀");
    serde_json::from_str(&source).unwrap()
}

fn sorted(value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(sorted).collect(),
        Value::Object(members) => {
            let mut members: Vec<_> = members.into_iter().map(|(key, value)| (key, sorted(value))).collect();
            members.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(members.into_iter().collect::<Map<_, _>>())
        }
        scalar => scalar,
    }
}

proptest! {
    #[test]
    fn agrees_with_an_independent_parser(document in any_document()) {
        let found = rewritten(&document).unwrap();
        let expected = String::from_utf8(json::to_vec(&sorted(parsed(&document)))).unwrap();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn canonical_form_is_canonical(document in any_document()) {
        let once = rewritten(&document).unwrap();
        prop_assert_eq!(rewritten(&once), Some(once));
    }

    #[test]
    fn accepts_what_an_independent_parser_accepts(text in r#"[\[\]{}:, "\\a-c0-2.eE+\-]{0,12}"#) {
        let expected = serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok();
        prop_assert_eq!(rewritten(&text).is_some(), expected);
    }
}
