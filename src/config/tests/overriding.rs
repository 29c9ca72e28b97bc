use super::*;

/// Returns the problems of a variable with a valid file.
fn refused_variable(variable: &str, value: &str) -> Vec<String> {
    refused_with(ANONYMOUS, &environment([(variable, value)]))
}

#[test]
fn a_variable_overrides_its_key() {
    let environment = environment([
        ("APITEST__SERVER__ADDRESS", ":9090"),
        ("APITEST__SERVER__TLS__ENABLED", "false"),
        ("APITEST__ENDPOINTS__DATA__ENABLED", "true"),
        ("APITEST__OIDC__CLOCK_SKEW_SECONDS", "5"),
        ("APITEST_HEALTHCHECK_URL", "no override"),
    ]);
    let loaded = parse_with(&format!("{ANONYMOUS}server: {{address: ':1'}}"), &environment).unwrap();
    assert_eq!(loaded.config.server.address.port, 9090);
    assert_eq!(loaded.config.server.base_url.as_str(), "http://localhost:9090");
    assert!(loaded.config.endpoints.data.enabled);
    assert_eq!(loaded.config.oidc.clock_skew_seconds, 5);
}

#[test]
fn a_variable_is_taken_literally() {
    let environment = environment([("APITEST__SERVER__NAME", "${HOME} $x"), ("HOME", "/root")]);
    assert_eq!(parse_with(ANONYMOUS, &environment).unwrap().config.server.name, "${HOME} $x");
}

#[test]
fn an_empty_variable_is_an_empty_value() {
    let environment = environment([("APITEST__METRICS__ADDRESS", "")]);
    let text = format!("{ANONYMOUS}metrics: {{address: ':1'}}");
    assert!(parse_with(&text, &environment).unwrap().config.metrics.address.is_none());
    assert_eq!(
        refused_variable("APITEST__AUDIT__ENABLED", ""),
        ["audit.enabled is empty; expected true or false (environment APITEST__AUDIT__ENABLED)"]
    );
}

#[test]
fn entries_of_lists_are_reached_by_index() {
    let text = "api_keys:\n  file:\n    - {name: a, key: one}\n";
    let environment = environment([
        ("APITEST__API_KEYS__FILE__0__KEY", "other"),
        ("APITEST__API_KEYS__FILE__1__NAME", "b"),
        ("APITEST__API_KEYS__FILE__1__KEY", "two"),
        ("APITEST__BEARER__TOKENS__0__NAME", "t"),
        ("APITEST__BEARER__TOKENS__0__TOKEN", "tok"),
    ]);
    let config = parse_with(text, &environment).unwrap().config;
    let keys: Vec<_> = config.api_keys.file.iter().map(|key| (key.name.as_str(), key.key.expose())).collect();
    assert_eq!(keys, [("a", "other"), ("b", "two")]);
    assert_eq!(config.bearer.tokens[0].name, "t");
}

#[test]
fn more_than_ten_entries_need_no_order() {
    let pairs = (0..12).flat_map(|n| {
        let name = |field| format!("APITEST__API_KEYS__FILE__{n}__{field}");
        [(name("NAME"), format!("k{n}")), (name("KEY"), format!("secret-{n}"))]
    });
    let config = parse_with("", &pairs.collect()).unwrap().config;
    assert_eq!(config.api_keys.file[10].name, "k10");
    assert_eq!(config.api_keys.file.len(), 12);
}

#[test]
fn lists_of_texts_are_given_whole_or_by_index() {
    let whole = environment([("APITEST__OIDC__ALLOWED_CLIENTS", "a, b"), ("APITEST__AUDIT__REDACT_KEYS", "")]);
    let config = parse_with(ANONYMOUS, &whole).unwrap().config;
    assert_eq!(config.oidc.allowed_clients, ["a", "b"]);
    assert!(config.audit.redact_keys.is_empty());
    let by_index =
        environment([("APITEST__AUDIT__REDACT_KEYS__13", "x-mine"), ("APITEST__AUDIT__REDACT_KEYS__0", "pw")]);
    let config = parse_with(ANONYMOUS, &by_index).unwrap().config;
    assert_eq!((config.audit.redact_keys[0].as_str(), config.audit.redact_keys[13].as_str()), ("pw", "x-mine"));
    let both = environment([("APITEST__OIDC__ALLOWED_CLIENTS", "a"), ("APITEST__OIDC__ALLOWED_CLIENTS__0", "b")]);
    assert_eq!(
        refused_with(ANONYMOUS, &both),
        ["oidc.allowed_clients is given whole and by index; expected one of them \
          (environment APITEST__OIDC__ALLOWED_CLIENTS__0)"]
    );
}

#[test]
fn an_index_may_not_leave_a_gap() {
    for index in ["1", "999999999"] {
        let variable = format!("APITEST__API_KEYS__FILE__{index}__NAME");
        let expected =
            format!("api_keys.file[{index}] leaves a gap; expected an index from 0 to 0 (environment {variable})");
        assert_eq!(refused_variable(&variable, "x"), [expected]);
    }
}

#[test]
fn an_unknown_variable_is_named_with_its_nearest() {
    for (variable, hint) in [
        ("APITEST__SERVER__ADRESS", "; did you mean APITEST__SERVER__ADDRESS?"),
        ("APITEST__server__address", "; did you mean APITEST__SERVER__ADDRESS?"),
        ("APITEST__API_KEYS__FILE__0__KYE", "; did you mean APITEST__API_KEYS__FILE__N__KEY?"),
        ("APITEST__API_KEYS__FILE__00__KEY", ""),
        ("APITEST__API_KEYS__FILE__99999999999999999999__KEY", ""),
        ("APITEST__SERVER", ""),
        ("APITEST__", ""),
        ("APITEST__SERVER__ADDRESS__0", ""),
        ("APITEST__FROBNICATE", ""),
    ] {
        let found = refused_variable(variable, "s3cret");
        assert_eq!(found.len(), 1, "{variable}: {found:?}");
        let expected = format!("unknown environment variable {variable}{hint}");
        assert!(found[0].starts_with(&expected), "{} is not {expected}", found[0]);
        assert!(
            found[0].ends_with(&format!("(environment {variable})")) && !found[0].contains("s3cret"),
            "{}",
            found[0]
        );
    }
}

#[test]
fn a_value_that_is_no_text_is_refused() {
    let environment = Environment::default().with_garbage("APITEST__SERVER__NAME").with_garbage("V");
    assert_eq!(
        refused_with(&format!("{ANONYMOUS}server: {{description: '${{V}}'}}"), &environment),
        [
            "server.description takes ${V}, which is not valid Unicode (x.yaml:2)",
            "server.name is not valid Unicode (environment APITEST__SERVER__NAME)"
        ]
    );
}
