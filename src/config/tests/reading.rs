use std::time::Duration;

use super::*;
use crate::config::{Address, Dialect, Host};

#[test]
fn what_is_not_given_takes_its_default() {
    let config = parse(ANONYMOUS).unwrap().config;
    let server = &config.server;
    assert_eq!(server.name, "api-test");
    assert_eq!(server.address, Address { host: Host::All, port: 8080 });
    assert_eq!(server.base_url.as_str(), "http://localhost:8080");
    assert!((1..=1024).contains(&server.workers));
    assert_eq!(server.read_header_timeout, Duration::from_secs(10));
    assert_eq!((server.max_header_bytes, server.max_body_bytes), (256 << 10, 64 << 20));
    assert_eq!(server.shutdown.grace_period, Duration::from_secs(25));
    assert_eq!(server.shutdown.pre_shutdown_delay, Duration::from_secs(2));
    assert!(!server.tls.enabled);
    assert_eq!(
        (config.api_keys.header_name.as_str(), config.api_keys.query_param_name.as_str()),
        ("X-API-Key", "api_key")
    );
    assert_eq!((config.oidc.clock_skew_seconds, config.oidc.jwks_cache_ttl), (30, Duration::from_secs(3600)));
    assert_eq!((config.database.max_open_conns, config.database.max_idle_conns), (25, 5));
    assert!(config.database.url.is_none());
    assert_eq!((config.audit.retention_days, config.audit.buffer_size), (7, 4096));
    assert_eq!((config.audit.buffer_bytes, config.audit.max_payload_bytes), (256 << 20, 1 << 20));
    assert_eq!(config.audit.redact_keys.len(), 13);
    assert_eq!(config.portal.cookie_name, "api_test_session");
    assert!(config.endpoints.groups().iter().all(|(_, group)| !group.enabled));
    assert!(config.metrics.enabled && config.metrics.address.is_none());
    assert_eq!(config.plexara.register.connection_name, "api-test");
}

#[test]
fn every_type_of_value_is_read() {
    let config = open(
        "server: {address: '127.0.0.1:0', workers: 3, max_body_bytes: 10MB, read_header_timeout: 1h30m}\n\
         endpoints: {echo: {enabled: true}}\n\
         database: {url: 'sqlite:data/x.sqlite'}\n\
         audit: {redact_keys: [Password, x-trace]}\n\
         metrics: {address: ':9090'}\n",
    )
    .config;
    assert_eq!((config.server.workers, config.server.max_body_bytes), (3, 10_000_000));
    assert_eq!(config.server.read_header_timeout, Duration::from_secs(5400));
    assert!(config.endpoints.is_enabled("echo") && !config.endpoints.is_enabled("data"));
    assert!(!config.endpoints.is_enabled("nonsense"));
    assert_eq!(config.database.url.unwrap().dialect(), Dialect::Sqlite);
    assert_eq!(config.audit.redact_keys, ["password", "x-trace"]);
    assert_eq!(config.metrics.address.unwrap().port, 9090);
}

#[test]
fn a_quoted_value_and_a_bare_one_mean_the_same() {
    let config = open("server: {workers: '3', name: 0123}\nmetrics: {enabled: 'false'}").config;
    assert_eq!((config.server.workers, config.server.name.as_str()), (3, "0123"));
    assert!(!config.metrics.enabled);
}

#[test]
fn an_address_needs_no_quotes() {
    assert_eq!(open("server:\n  address: :9090\n").config.server.address.port, 9090);
}

#[test]
fn nothing_given_is_the_same_as_not_given() {
    let config = open("server:\n  name:\n  tls: ~\nbearer:\napi_keys: {file: null}").config;
    assert_eq!(config.server.name, "api-test");
    assert!(config.bearer.tokens.is_empty() && config.api_keys.file.is_empty());
}

#[test]
fn variables_inside_values_are_replaced_and_typed_after_it() {
    let environment = environment([("N", "7"), ("ON", "true"), ("HOST", "db"), ("WAIT", "3s")]);
    let text = format!(
        "{ANONYMOUS}server: {{workers: \"${{N}}\", read_header_timeout: \"${{WAIT}}\", address: \":${{PORT:-9000}}\"}}\n\
         endpoints: {{data: {{enabled: \"${{ON}}\"}}}}\ndatabase: {{url: \"postgres://${{HOST}}/$x\"}}\n"
    );
    let config = parse_with(&text, &environment).unwrap().config;
    assert_eq!((config.server.workers, config.server.address.port), (7, 9000));
    assert_eq!(config.server.read_header_timeout, Duration::from_secs(3));
    assert!(config.endpoints.data.enabled);
    assert_eq!(config.database.url.unwrap().expose(), "postgres://db/$x");
}

#[test]
fn a_derived_base_url_follows_address_and_tls() {
    assert_eq!(open("server: {address: '127.0.0.1:9000'}").config.server.base_url.as_str(), "http://localhost:9000");
    let port_zero = open("server: {address: ':0'}").config.server.base_url;
    assert_eq!(port_zero.bound_to(4711).as_str(), "http://localhost:4711");
    let given = open("server: {address: ':0', base_url: 'https://gw.example/x'}").config.server.base_url;
    assert_eq!(given.bound_to(4711).as_str(), "https://gw.example/x");
}

#[test]
fn list_entries_keep_their_order_and_lose_white_space_around_keys() {
    let config = open(
        "api_keys:\n  file:\n    - {name: b, key: ' two '}\n    - {name: a, key: one, description: first}\n\
         bearer:\n  tokens:\n    - {name: t, token: tok}\n",
    )
    .config;
    let keys: Vec<_> =
        config.api_keys.file.iter().map(|k| (k.name.as_str(), k.key.expose(), k.description.as_str())).collect();
    assert_eq!(keys, [("b", "two", ""), ("a", "one", "first")]);
    assert_eq!(config.bearer.tokens[0].token.expose(), "tok");
}

#[test]
fn a_thousand_keys_are_read() {
    let entries: String = (0..1000).map(|n| format!("    - {{name: k{n}, key: secret-{n}}}\n")).collect();
    let config = parse(&format!("api_keys:\n  file:\n{entries}")).unwrap().config;
    assert_eq!(config.api_keys.file.len(), 1000);
    assert_eq!(config.api_keys.file[999].key.expose(), "secret-999");
}

#[test]
fn provenance_says_where_each_value_came_from() {
    let text = "auth:\n  allow_anonymous: true\napi_keys:\n  file:\n    - name: a\n      key: k\n";
    let environment = environment([("APITEST__SERVER__NAME", "n"), ("APITEST__API_KEYS__FILE__0__KEY", "other")]);
    let provenance = parse_with(text, &environment).unwrap().provenance;
    for (key, origin) in [
        ("auth.allow_anonymous", "x.yaml:2"),
        ("server.name", "environment APITEST__SERVER__NAME"),
        ("server.address", "default"),
        ("api_keys.file[0].name", "x.yaml:5"),
        ("api_keys.file[0].key", "environment APITEST__API_KEYS__FILE__0__KEY"),
        ("api_keys.file[0].description", "default"),
        ("audit.redact_keys", "default"),
    ] {
        assert_eq!(provenance.get(key), Some(origin), "{key}");
    }
}

#[test]
fn the_file_comes_from_the_argument_or_the_variable() {
    let directory = std::env::temp_dir().join(format!("api-test-config-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let file = directory.join("one.yaml");
    std::fs::write(&file, ANONYMOUS).unwrap();
    let name = file.to_str().unwrap();
    let named = environment([("APITEST_CONFIG", name)]);
    assert_eq!(Config::file(None, &named).as_deref(), Some(&*file));
    assert_eq!(Config::file(Some(&directory), &named).as_deref(), Some(&*directory));
    for nothing in [Environment::default(), environment([("APITEST_CONFIG", "")])] {
        assert_eq!(Config::file(None, &nothing), None);
    }
    let loaded = Config::load(&file, &Environment::default()).unwrap();
    assert_eq!(loaded.provenance.get("auth.allow_anonymous"), Some(format!("{name}:1").as_str()));

    let missing = Config::load(&directory.join("no.yaml"), &Environment::default()).unwrap_err().to_string();
    assert!(missing.contains("can't be read") && missing.contains("no.yaml"), "{missing}");
    assert!(Config::load(&directory, &Environment::default()).is_err());
    std::fs::write(&file, b"a: 1\nb: \xff\n").unwrap();
    let garbage = Config::load(&file, &Environment::default()).unwrap_err().to_string();
    assert!(garbage.contains("is not UTF-8 text; see line 2"), "{garbage}");
    std::fs::write(&file, "#".repeat(3 << 20)).unwrap();
    let large = Config::load(&file, &Environment::default()).unwrap_err().to_string();
    assert!(large.contains("is larger than 1 MiB"), "{large}");
    std::fs::remove_dir_all(&directory).unwrap();
}
