use super::*;

#[test]
fn all_problems_are_listed_at_once_with_their_sources() {
    let text = "\
server:
  adress: ':9090'
  workers: many
  workers: 3
  max_header_bytes: 8MiB
  tls: [x]
audit:
  enabled: true
portal:
  enabled: true
  cookie_secret: short-s3cret
oidc:
  issuer: nonsense
frobnicate: 1
";
    let environment = environment([("APITEST__METRICS__ENABLED", "maybe"), ("APITEST__AUDIT__ENABLE", "1")]);
    let problems = parse_with(text, &environment).unwrap_err();
    let shown = problems.to_string();
    let lines: Vec<_> = shown.lines().map(str::trim).collect();
    assert_eq!(
        lines,
        [
            "12 problems in the configuration",
            "key server.workers is given twice; the first is on line 3 (x.yaml:4)",
            "unknown key server.adress; did you mean server.address? (x.yaml:2)",
            "server.tls is a list; expected a table with enabled, cert_file, key_file, client_ca_file, client_auth \
             (x.yaml:6)",
            "unknown key frobnicate (x.yaml:14)",
            "unknown environment variable APITEST__AUDIT__ENABLE; did you mean APITEST__AUDIT__ENABLED? \
             (environment APITEST__AUDIT__ENABLE)",
            "server.workers is \"many\"; expected an integer from 1 to 1024 (x.yaml:3)",
            "server.max_header_bytes is \"8MiB\"; expected a size in bytes or with a unit, such as 65536 or 64KiB, \
             from 1KiB to 4MiB (x.yaml:5)",
            "oidc.issuer is \"nonsense\"; expected an http:// or https:// URL without user info (x.yaml:13)",
            "metrics.enabled is \"maybe\"; expected true or false (environment APITEST__METRICS__ENABLED)",
            "no inbound authentication, so every call would be refused; expected api_keys.file, api_keys.db.enabled, \
             bearer.tokens, oidc.enabled or auth.allow_anonymous (default)",
            "audit.enabled requires database.url (x.yaml:8)",
            "session store: portal.cookie_secret has 12 bytes; expected at least 16 bytes (x.yaml:11)",
        ]
    );
    assert_eq!(problems.len(), 12);
    assert!(problems.iter().any(|problem| problem.key() == "server.workers" && problem.origin() == "x.yaml:3"));
}

#[test]
fn no_way_in_is_refused() {
    for text in ["", "auth: {allow_anonymous: false}", "api_keys: {file: []}\nbearer: {tokens: []}"] {
        let found = refused_with(text, &Environment::default());
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with("no inbound authentication"), "{found:?}");
    }
    assert!(parse("bearer: {tokens: [{name: a, token: ''}]}").is_ok(), "an empty token is a warning");
    assert!(parse("oidc: {enabled: true, issuer: 'http://idp.example'}").is_ok());
    assert!(parse("api_keys: {db: {enabled: true}}\ndatabase: {url: 'sqlite:x'}").is_ok());
}

#[test]
fn features_without_what_they_need_are_refused() {
    for (text, expected) in [
        ("audit: {enabled: true}", "audit.enabled requires database.url (x.yaml:1)"),
        ("api_keys: {db: {enabled: true}}", "api_keys.db.enabled requires database.url (x.yaml:1)"),
        (
            "audit: {fingerprint_key: 'fifteen bytes !'}",
            "audit.fingerprint_key has 15 bytes; expected at least 16 bytes, or none for a key that is kept in the \
             database (x.yaml:1)",
        ),
        ("oidc: {enabled: true}", "oidc.enabled requires oidc.issuer (x.yaml:1)"),
        (
            "plexara: {register: {enabled: true}}",
            "plexara.register.enabled requires plexara.register.admin_url (x.yaml:1)",
        ),
        (
            "portal: {enabled: true}",
            "session store: portal.cookie_secret is empty; expected at least 16 bytes (default)",
        ),
        (
            "portal: {enabled: true, cookie_secret: 'fifteen bytes !'}",
            "session store: portal.cookie_secret has 15 bytes; expected at least 16 bytes (x.yaml:1)",
        ),
        (
            "oidc: {enabled: true, issuer: 'http://i'}\nportal: {enabled: true, cookie_secret: 0123456789abcdef}",
            "oidc.enabled with portal.enabled requires oidc.client_id (default)",
        ),
        (
            "oidc: {skip_signature_verification: true}",
            "oidc.skip_signature_verification requires APITEST_INSECURE=1 in the environment (x.yaml:1)",
        ),
    ] {
        assert_eq!(refused(text), [expected], "{text}");
    }
}

#[test]
fn skipping_signatures_takes_exactly_the_documented_variable() {
    let text = format!("{ANONYMOUS}oidc: {{skip_signature_verification: true}}");
    assert!(parse_with(&text, &environment([("APITEST_INSECURE", "1")])).is_ok());
    for value in ["", "0", "true", " 1"] {
        assert!(parse_with(&text, &environment([("APITEST_INSECURE", value)])).is_err(), "{value:?}");
    }
}

#[test]
fn tls_needs_two_readable_files() {
    let given =
        |cert: &str, key: &str| format!("server: {{tls: {{enabled: true, cert_file: '{cert}', key_file: '{key}'}}}}");
    assert_eq!(
        refused(&given("", "")),
        [
            "server.tls.enabled requires server.tls.cert_file (x.yaml:1)",
            "server.tls.enabled requires server.tls.key_file (x.yaml:1)"
        ]
    );
    let directory = env!("CARGO_MANIFEST_DIR");
    let file = format!("{directory}/Cargo.toml");
    let found = refused(&given("no/such.pem", directory));
    assert!(found[0].starts_with("server.tls.cert_file \"no/such.pem\" can't be read: "), "{found:?}");
    assert!(found[1].starts_with("server.tls.key_file ") && found[1].contains("directory"), "{found:?}");
    let config = open(&given(&file, &file)).config;
    assert_eq!(config.server.base_url.as_str(), "https://localhost:8080");
}

#[test]
fn a_proxy_is_only_believed_by_its_address() {
    for mode in ["accept", "require"] {
        assert_eq!(
            refused(&format!("server: {{proxy_protocol: {mode}}}")),
            ["server.proxy_protocol requires server.proxy_sources (x.yaml:1)"]
        );
        let given = |sources: &str| format!("server: {{proxy_protocol: {mode}, proxy_sources: {sources}}}");
        assert_eq!(
            refused(&given("[10.0.0.0/33, '::1', host]")),
            [
                "server.proxy_sources[0] is \"10.0.0.0/33\"; expected a list of addresses and networks such as \
                 127.0.0.1 and 10.0.0.0/8 (x.yaml:1)",
                "server.proxy_sources[2] is \"host\"; expected a list of addresses and networks such as 127.0.0.1 and \
                 10.0.0.0/8 (x.yaml:1)",
            ]
        );
        let sources = open(&given("[10.1.0.0/16, '::1']")).config.server.proxy_sources;
        assert_eq!(sources.iter().map(ToString::to_string).collect::<Vec<_>>(), ["10.1.0.0/16", "::1"]);
    }
    let environment = environment([
        ("APITEST__SERVER__PROXY_PROTOCOL", "accept"),
        ("APITEST__SERVER__PROXY_SOURCES", "10.0.0.0/8, ::1"),
    ]);
    assert_eq!(parse_with(ANONYMOUS, &environment).unwrap().config.server.proxy_sources.len(), 2);
    let found = refused("server: {proxy_protocol: true}");
    assert_eq!(found, ["server.proxy_protocol is \"true\"; expected off or accept or require (x.yaml:1)"]);
}

#[test]
fn client_certificates_need_tls_and_readable_authorities() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let given = |enabled: bool, ca: &str, auth: &str| {
        let files = format!("cert_file: '{file}', key_file: '{file}', client_ca_file: '{ca}', client_auth: {auth}");
        format!("server: {{tls: {{enabled: {enabled}, {files}}}}}")
    };
    for auth in ["optional", "required"] {
        assert_eq!(
            refused(&given(false, "", auth)),
            [
                "server.tls.client_auth requires server.tls.enabled (x.yaml:1)",
                "server.tls.client_auth requires server.tls.client_ca_file (x.yaml:1)",
            ]
        );
        let found = refused(&given(true, "no/such.pem", auth));
        assert!(found[0].starts_with("server.tls.client_ca_file \"no/such.pem\" can't be read: "), "{found:?}");
        assert_eq!(found.len(), 1);
        open(&given(true, file, auth));
    }
    let found = refused(&given(true, file, "yes"));
    assert_eq!(found, ["server.tls.client_auth is \"yes\"; expected none or optional or required (x.yaml:1)"]);
}

#[test]
fn names_and_values_of_credentials_are_unique() {
    assert_eq!(
        refused(
            "api_keys:\n  file:\n    - {name: a, key: s3cret}\n    - {name: a, key: x}\n    - {name: c, key: s3cret}"
        ),
        [
            "api_keys.file[1].name is \"a\", as is api_keys.file[0].name; expected unique names (x.yaml:4)",
            "api_keys.file[2].key has the value of api_keys.file[0].key; expected unique values (x.yaml:5)"
        ]
    );
    assert_eq!(
        refused("bearer:\n  tokens:\n    - {name: a, token: s3cret}\n    - {name: b, token: 's3cret '}"),
        ["bearer.tokens[1].token has the value of bearer.tokens[0].token; expected unique values (x.yaml:4)"]
    );
    assert!(parse("api_keys: {file: [{name: a, key: ''}, {name: b, key: ''}]}").is_ok(), "empty ones match nothing");
}

#[test]
fn an_entry_needs_its_name_and_its_credential() {
    assert_eq!(
        refused("api_keys:\n  file:\n    - {key: s3cret}\n    - {name: b}\n    - {name: '', key: c}\n    - d"),
        [
            "api_keys.file[3] is a single value; expected a table with name, key, description (x.yaml:6)",
            "api_keys.file[0].name is missing; expected a string of 1 to 100 characters, no control characters (x.yaml:3)",
            "api_keys.file[1].key is missing; expected a string without control characters (x.yaml:4)",
            "api_keys.file[2].name is empty; expected a string of 1 to 100 characters, no control characters (x.yaml:5)",
        ]
    );
}

#[test]
fn the_way_back_from_the_provider_is_no_path_of_the_server() {
    let portal = |path: &str| {
        format!("portal: {{enabled: true, cookie_secret: 0123456789abcdef, oidc_redirect_path: '{path}'}}")
    };
    for path in ["/v1/cb", "/v1", "/api/v1/portal/me", "/portal/auth/login", "/portal/auth/logout"] {
        let message = format!(
            "portal.oidc_redirect_path is {path}, which the server uses itself; expected an unused path outside of /v1/ and \
             /api/ (x.yaml:1)"
        );
        assert_eq!(refused(&portal(path)), [message]);
    }
    open(&portal("/v1x/cb"));
    open(&portal("/sign-in/back"));
    open("portal: {oidc_redirect_path: /v1/cb}");
}

#[test]
fn wrong_shapes_are_told() {
    for (text, expected) in [
        (
            "server: 5",
            "server is a single value; expected a table with name, address, base_url, description, workers, \
                       read_header_timeout, max_header_bytes, max_header_fields, max_body_bytes, body_timeout, \
                       write_timeout, keep_alive, max_requests_per_connection, half_close, unknown_expect, cors, \
                       own_fields, proxy_protocol, proxy_sources, shutdown, tls (x.yaml:1)",
        ),
        (
            "server: {name: {a: b}}",
            "server.name is a table; expected a string of 1 to 100 characters, no control characters (x.yaml:1)",
        ),
        ("audit: {enabled: [true]}", "audit.enabled is a list; expected true or false (x.yaml:1)"),
        (
            "audit: {redact_keys: password}",
            "audit.redact_keys is \"password\"; expected a list of non-empty strings (x.yaml:1)",
        ),
        (
            "audit: {redact_keys: [a, '']}",
            "audit.redact_keys[1] is empty; expected a list of non-empty strings (x.yaml:1)",
        ),
        (
            "api_keys: {file: {name: a}}",
            "api_keys.file is a table; expected a list of tables with name, key, description (x.yaml:1)",
        ),
        (
            "api_keys: {file: [{}]}",
            "api_keys.file[0] is empty; expected a table with name, key, description (x.yaml:1)",
        ),
        (
            "api_keys: {file: [{name: ~}]}",
            "api_keys.file[0] is empty; expected a table with name, key, description (x.yaml:1)",
        ),
        ("api_keys: {file: [~]}", "api_keys.file[0] is empty; expected a table with name, key, description (x.yaml:1)"),
        ("server.name: x", "unknown key server.name; expected nested tables, not a name with a dot (x.yaml:1)"),
        ("server: {<<: {name: x}}", "unknown key server.<< (x.yaml:1)"),
        ("cookie_secret: x", "unknown key cookie_secret; did you mean portal.cookie_secret? (x.yaml:1)"),
    ] {
        assert_eq!(refused(text), [expected], "{text}");
    }
    let found = refused_with("- a\n- b\n", &Environment::default());
    assert!(found[0].starts_with("the file contains no table; expected the sections server, auth, "), "{found:?}");
}

#[test]
fn a_text_that_is_no_yaml_is_one_problem() {
    let found = refused_with("server:\n  name: [a\nb: c\n", &Environment::default());
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("the file is not valid YAML: ") && found[0].contains("(x.yaml:"), "{found:?}");
}

#[test]
fn bounds_are_inclusive() {
    for (key, good, bad) in [
        ("workers", ["1", "1024"], ["0", "1025"]),
        ("max_header_bytes", ["1KiB", "4MiB"], ["1023", "4194305"]),
        ("read_header_timeout", ["1ms", "24h"], ["0s", "24h1ms"]),
        ("address", [":0", ":65535"], [":65536", "8080"]),
        ("base_url", ["http://a/b", "https://a"], ["http://a/", "//a"]),
    ] {
        for value in good {
            open(&format!("server: {{{key}: '{value}'}}"));
        }
        for value in bad {
            let found = refused(&format!("server: {{{key}: '{value}'}}"));
            assert!(found[0].starts_with(&format!("server.{key} is \"{value}\"; expected ")), "{found:?}");
        }
    }
}

#[test]
fn a_malformed_interpolation_names_its_key() {
    for (value, what) in
        [("${A", "without a closing }"), ("${A:-${B}}", "do not nest"), ("${1}", "no valid variable name")]
    {
        let found = refused(&format!("server:\n  name: \"{value}\""));
        assert!(found[0].starts_with("server.name has ${") && found[0].contains(what), "{found:?}");
        assert!(found[0].ends_with("(x.yaml:2)"), "{found:?}");
        assert_eq!(found.len(), 1, "{found:?}");
    }
}

#[test]
fn an_unset_variable_is_asked_after() {
    for (text, expected) in [
        (
            "audit: {enabled: true}\ndatabase: {url: '${DATABASE_URL}'}",
            "audit.enabled requires database.url; is DATABASE_URL set? (x.yaml:1)",
        ),
        (
            "portal: {enabled: true, cookie_secret: '${A}${B}'}",
            "session store: portal.cookie_secret is empty; expected at least 16 bytes; are A and B set? (x.yaml:1)",
        ),
        (
            "server: {workers: '${W}'}",
            "server.workers is empty; expected an integer from 1 to 1024; is W set? (x.yaml:1)",
        ),
    ] {
        assert_eq!(refused(text), [expected], "{text}");
    }
}

#[test]
fn a_wrong_value_hides_the_rules_about_it() {
    let found = refused("audit: {enabled: true}\ndatabase: {url: nonsense}");
    assert_eq!(
        found,
        ["database.url is malformed; expected postgres://…, postgresql://…, libpq key=value pairs or \
                        sqlite:PATH (x.yaml:2)"]
    );
}
