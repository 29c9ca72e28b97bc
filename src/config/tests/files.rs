//! The files in `configs/`, compared with the code.

use std::collections::BTreeSet;
use std::path::Path;

use super::*;
use crate::config::yaml::{self, Content, Node};
use crate::config::{Dialect, KEYS, WarningKind};

fn text(profile: &str) -> String {
    let file = format!("configs/api-test.{profile}.yaml");
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap()
}

fn profile(profile: &str) -> Loaded {
    let environment = environment([
        ("APITEST_DEV_KEY", "dev-key"),
        ("APITEST_COOKIE_SECRET", "0123456789abcdef"),
        ("APITEST_EXAMPLE_KEY", "one"),
        ("APITEST_EXAMPLE_TOKEN", "two"),
    ]);
    Config::parse(profile, &text(profile), &environment).unwrap()
}

/// Lists the keys of a tree with `[]` for indexes, each with its line.
fn given(node: &Node, path: &str, found: &mut Vec<(String, usize)>) {
    let Content::Table(fields) = &node.content else {
        return;
    };
    for field in fields {
        let path = if path.is_empty() { field.name.clone() } else { format!("{path}.{}", field.name) };
        match &field.value.content {
            Content::Table(_) => given(&field.value, &path, found),
            Content::List(items) if items.iter().any(|item| matches!(item.content, Content::Table(_))) => {
                items.iter().for_each(|item| given(item, &format!("{path}[]"), found));
            }
            _ => found.push((path, field.line)),
        }
    }
}

#[test]
fn the_example_has_every_key_with_one_line_about_it() {
    let text = text("example");
    let lines: Vec<_> = text.lines().map(str::trim).collect();
    let mut found = Vec::new();
    given(&yaml::parse(&text).unwrap().root, "", &mut found);
    let paths: Vec<_> = found.iter().map(|(path, _)| path.as_str()).collect();
    let known: Vec<_> = KEYS.iter().map(|key| key.path).collect();
    assert_eq!(paths, known, "api-test.example.yaml and the key table differ");
    for (key, (_, line)) in KEYS.iter().zip(&found) {
        assert_eq!(lines[line - 2], format!("# {}", key.about), "the comment above {}", key.path);
    }
}

#[test]
fn the_example_has_every_default() {
    let example = profile("example");
    assert!(example.warnings.iter().all(|warning| warning.kind == WarningKind::LocalBaseUrl), "{:?}", example.warnings);
    let mut shown = example.config.masked();
    let defaults = parse(ANONYMOUS).unwrap().config.masked();
    // The lists are empty by default, but some caller must be accepted.
    shown["api_keys"]["file"] = defaults["api_keys"]["file"].clone();
    shown["bearer"]["tokens"] = defaults["bearer"]["tokens"].clone();
    shown["auth"]["allow_anonymous"] = true.into();
    assert_eq!(shown, defaults);
}

#[test]
fn every_profile_has_all_groups_and_passes_the_check() {
    for name in ["dev", "local", "live"] {
        let loaded = profile(name);
        // Answers on demand are for tests at one's own desk.
        let expected = |group: &str| group != "answer" || name == "local";
        let groups = loaded.config.endpoints.groups();
        assert!(groups.iter().all(|(group, config)| config.enabled == expected(group)), "{name}");
        assert!(!loaded.warnings.iter().any(crate::config::Warning::fails_check), "{name}: {:?}", loaded.warnings);
    }
}

#[test]
fn profiles_differ_in_who_may_call_and_where_rows_go() {
    let [dev, local, live] = ["dev", "local", "live"].map(|name| profile(name).config);
    assert!(dev.auth.allow_anonymous && dev.database.url.is_none());
    assert!(!dev.portal.enabled && !dev.audit.enabled);
    assert!(!local.auth.allow_anonymous);
    assert_eq!(local.api_keys.file[0].key.expose(), "dev-key");
    assert_eq!(local.database.url.unwrap().sqlite_path(), Some("data/api-test.sqlite"));
    assert!(!live.auth.allow_anonymous && live.audit.enabled && live.portal.enabled && live.oidc.enabled);
    assert_eq!(live.oidc.issuer.unwrap().as_str(), "http://localhost:8081/realms/api-test");
    assert_eq!(live.database.url.unwrap().dialect(), Dialect::Postgres);
}

#[test]
fn profiles_ask_for_the_variables_they_need() {
    let secret = environment([("APITEST_COOKIE_SECRET", "0123456789abcdef")]);
    let local = Config::parse("local", &text("local"), &secret).unwrap();
    let asked: BTreeSet<_> = local.warnings.iter().map(|warning| warning.message.as_str()).collect();
    assert!(asked.contains(r#"api_keys.file[0] "devkey": key is empty; is APITEST_DEV_KEY set?"#), "{asked:?}");
    let live = Config::parse("live", &text("live"), &Environment::default()).unwrap_err();
    assert!(live.to_string().contains("session store: ") && live.to_string().contains("is APITEST_COOKIE_SECRET set?"));
}
