#![allow(clippy::unwrap_used, clippy::panic)]

use super::*;

fn table(text: &str) -> Vec<Field> {
    match parse(text).unwrap().root.content {
        Content::Table(fields) => fields,
        other => panic!("{other:?} is no table"),
    }
}

fn scalar(text: &str) -> Content {
    Content::Scalar(text.to_owned())
}

fn refusal(text: &str) -> String {
    let Fault { line, message } = parse(text).unwrap_err();
    format!("{line}: {message}")
}

#[test]
fn values_know_their_lines() {
    let fields = table("# head\nserver:\n  name: a\n\n  list:\n    - x\n    - \"y\"\n");
    assert_eq!((fields[0].name.as_str(), fields[0].line), ("server", 2));
    let Content::Table(server) = &fields[0].value.content else { panic!() };
    assert_eq!((server[0].line, server[0].value.line), (3, 3));
    let Content::List(items) = &server[1].value.content else { panic!() };
    assert_eq!(items.iter().map(|item| item.line).collect::<Vec<_>>(), [6, 7]);
}

#[test]
fn scalars_keep_their_text() {
    for (text, content) in [
        ("a: 0123", scalar("0123")),
        ("a: 1e3", scalar("1e3")),
        ("a: yes", scalar("yes")),
        ("a: 'null'", scalar("null")),
        ("a: ''", scalar("")),
        ("a: |\n  two\n  lines\n", scalar("two\nlines\n")),
        ("a:", Content::Null),
        ("a: ~", Content::Null),
        ("a: null", Content::Null),
    ] {
        assert_eq!(table(text)[0].value.content, content, "{text}");
    }
}

#[test]
fn an_empty_document_is_null() {
    for text in ["", "\n# nothing\n", "---\n", "\u{feff}"] {
        assert_eq!(parse(text).unwrap().root.content, Content::Null, "{text:?}");
    }
}

#[test]
fn a_key_given_twice_is_named_with_both_lines() {
    let document = parse("a:\n  b: 1\n  c: 2\n  b: 3\nl:\n  - x: 1\n  - x: 1\n    x: 2\na: 5\n").unwrap();
    let found: Vec<_> = document.duplicates.iter().map(|d| (d.path.as_str(), d.line, d.first)).collect();
    assert_eq!(found, [("a.b", 4, 2), ("l[1].x", 8, 7), ("a", 9, 1)]);
}

#[test]
fn aliases_stand_for_their_anchor() {
    let fields = table("a: &x [1, 2]\nb: *x\n");
    assert_eq!(fields[1].value.line, 2);
    let Content::List(items) = &fields[1].value.content else { panic!() };
    assert_eq!(items.len(), 2);
}

#[test]
fn what_a_configuration_does_not_need_is_refused() {
    assert_eq!(refusal("a: 1\n---\nb: 2\n"), "2: contains a second YAML document; expected one");
    assert_eq!(refusal("a: !!str 1\n"), "1: has a YAML tag (!…); expected plain values");
    assert_eq!(refusal("? [a]\n: b\n"), "1: has a key that is not text");
    assert_eq!(refusal("a: &x [*x]\n"), "1: has an alias inside its own value");
    assert!(refusal("a: 1\nb: [\n").contains("is not valid YAML"));
    assert!(refusal("a: *nowhere\n").contains("is not valid YAML"));
    assert_eq!(refusal(&"[".repeat(33)), "1: is nested deeper than 32 levels");
    assert_eq!(refusal(&"- ".repeat(33)), "1: is nested deeper than 32 levels");
    assert_eq!(refusal(&"x".repeat(LARGEST + 1)), "1: is larger than 1 MiB");
}

#[test]
fn an_alias_bomb_is_refused() {
    let mut bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
    for level in 1..12 {
        let aliases = vec![format!("*a{}", level - 1); 10].join(",");
        bomb.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
    }
    assert!(refusal(&bomb).contains("grows too large"));
    let long = format!("a: &a {}\nb: [{}]\n", "x".repeat(500_000), vec!["*a"; 100_000].join(","));
    assert!(refusal(&long).contains("grows too large"));
}

/// Files of maximum size that take a careless parser quadratic time, which the test runner ends, or deep recursion.
#[test]
fn a_megabyte_of_anything_comes_to_an_end() {
    let fill = |unit: &str| unit.repeat(LARGEST / unit.len());
    let keys: String = (0..LARGEST / 12).map(|n| format!("k{n}: 1\n")).take(80_000).collect();
    let texts = [
        fill("["),
        fill("{a: "),
        fill("[a, "),
        fill("a: "),
        fill("- "),
        fill("? "),
        fill("# x\n"),
        fill("&a "),
        fill("\"\\x41"),
        fill("a\n"),
        fill("- a\n"),
        fill("\t"),
        fill("!"),
        fill("%"),
        fill("'"),
        format!("a: |\n{}", fill(" x\n").split_off(8)),
        format!("[{}", fill("a,").split_off(8)),
        format!("{{{}", fill("a:,").split_off(8)),
        format!("x: \"{}", fill("a ").split_off(16)),
        keys,
    ];
    for text in texts {
        let _ = parse(&text);
    }
}
