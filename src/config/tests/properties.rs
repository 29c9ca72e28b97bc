use proptest::prelude::*;

use super::*;

proptest! {
    #[test]
    fn no_value_of_a_variable_changes_the_structure(value in any::<String>()) {
        let text = "auth: {allow_anonymous: true}\nserver: {description: \"<${V}>\"}\nmetrics: {enabled: true}\n";
        let plain = parse_with(text, &environment([("V", "x")])).unwrap().config.masked();
        match parse_with(text, &environment([("V", value.as_str())])) {
            Ok(loaded) => {
                let mut masked = loaded.config.masked();
                prop_assert_eq!(&masked["server"]["description"], &format!("<{value}>"));
                masked["server"]["description"] = plain["server"]["description"].clone();
                prop_assert_eq!(masked, plain);
            }
            // Control characters and more than 1000 characters are never a valid description.
            Err(problems) => {
                let keys: Vec<_> = problems.iter().map(|problem| problem.key()).collect();
                prop_assert_eq!(keys, ["server.description"]);
                prop_assert!(value.chars().any(char::is_control) || value.chars().count() > 998);
            }
        }
    }

    #[test]
    fn yaml_in_a_variable_stays_text(value in "[-:#{}\\[\\]&*!|>'\"%@, a]{1,30}") {
        let loaded = parse_with("api_keys: {file: [{name: a, key: \"${V}\"}]}", &environment([("V", value.as_str())])).unwrap();
        prop_assert_eq!(loaded.config.api_keys.file.len(), 1);
        prop_assert_eq!(loaded.config.api_keys.file[0].key.expose(), value.trim());
    }

    #[test]
    fn no_text_panics(text in any::<String>()) {
        let _ = parse(&text);
    }

    #[test]
    fn no_yaml_of_known_keys_panics(
        section in "(server|auth|api_keys|audit|oidc|portal|endpoints|database)",
        key in "(name|file|enabled|url|redact_keys|tls|workers|<<)",
        value in "[-:#{}\\[\\]&*|>'\"~, a0-9$\\n]{0,24}",
    ) {
        let _ = parse(&format!("{section}:\n  {key}: {value}\n"));
    }

    #[test]
    fn every_override_is_either_a_setting_or_a_problem_that_names_it(
        name in "[A-Z_0-9]{0,20}",
        value in any::<String>(),
    ) {
        let variable = format!("APITEST__{name}");
        let outcome = parse_with(ANONYMOUS, &environment([(variable.as_str(), value.as_str())]));
        if let Err(problems) = outcome {
            prop_assert!(problems.to_string().contains(&variable));
        }
    }
}

/// Tests all steps, not only the YAML parser, because hints, lists and messages must be bounded too. Anything quadratic
/// would exceed the test runner's time limit.
#[test]
fn a_megabyte_of_problems_is_told_in_few_words() {
    let line = |n: usize| format!("server_adress_{n}: x\n");
    let unknown: String = (0..45_000).map(line).collect();
    let entries = format!("api_keys:\n  file:\n{}", "    - {nmae: a}\n".repeat(60_000));
    let empty = format!("api_keys:\n  file:\n{}", "    - {}\n".repeat(100_000));
    let equal = format!("api_keys:\n  file:\n{}", "    - {name: a, key: b}\n".repeat(40_000));
    let twice = "a: 1\n".repeat(200_000);
    let long = format!("{}: 1\n", "k".repeat(1000)).repeat(1000);
    for text in [unknown, entries, empty, equal, twice, long] {
        let problems = parse(&text).unwrap_err();
        assert!(problems.len() > 500 && problems.to_string().len() < 100_000, "{}", problems.len());
    }
}
