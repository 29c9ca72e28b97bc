use super::*;
use crate::config::KEYS;

/// Sets every secret key to a value that contains `s3cret`.
const SECRETIVE: &str = "\
auth: {allow_anonymous: true}
api_keys: {file: [{name: a, key: s3cret-key}]}
bearer: {tokens: [{name: t, token: s3cret-token}]}
oidc: {client_secret: s3cret-client}
database: {url: 'postgres://u:s3cret-db@db/x?sslpassword=s3cret-ssl'}
portal: {cookie_secret: s3cret-cookie-secret}
plexara: {register: {admin_url: 'https://gw.example/x?token=s3cret-admin', auth_header: Bearer s3cret-header}}
";

/// Lists the paths of all leaves, with `[]` for indexes.
fn leaves(value: &serde_json::Value, path: &str, found: &mut Vec<String>) {
    match value {
        serde_json::Value::Object(table) => {
            let join = |name: &str| {
                if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
            };
            table.iter().for_each(|(name, value)| leaves(value, &join(name), found));
        }
        serde_json::Value::Array(items) if items.iter().any(serde_json::Value::is_object) => {
            items.iter().for_each(|item| leaves(item, &format!("{path}[]"), found));
        }
        _ => found.push(path.to_owned()),
    }
}

#[test]
fn no_secret_shows_anywhere() {
    let loaded = parse(SECRETIVE).unwrap();
    let config = &loaded.config;
    let shown = [
        config.masked().to_string(),
        config.masked_yaml(),
        loaded.masked_yaml(),
        format!("{loaded:?}"),
        format!("{config:#?}"),
        format!("{:?}", loaded.warnings),
    ];
    for text in shown {
        assert!(!text.contains("s3cret"), "{text}");
    }
    let masked = config.masked();
    assert_eq!(masked["api_keys"]["file"][0]["key"], "***");
    assert_eq!(masked["database"]["url"], "postgres://u:***@db/x?sslpassword=***");
    assert_eq!(masked["plexara"]["register"]["admin_url"], "https://gw.example/x?token=***");
    assert_eq!(masked["portal"]["cookie_secret"], "***");
}

#[test]
fn no_secret_shows_in_a_problem() {
    for text in [
        "api_keys: {file: [{name: a, key: \"s3cret\\n1\"}, {name: b, key: {s: s3cret}}]}",
        "api_keys: {file: [s3cret]}",
        "database: {url: 'mysql://u:s3cret@db'}",
        "database: {url: [s3cret]}",
        "oidc: {client_secret: \"s3cret\\u0001\", issuer: 'ftp://u:s3cret@idp'}",
        "portal: {enabled: true, cookie_secret: s3cret}",
        "portal: {cookie_secret: 's3cret${'}",
        "server: {base_url: 'http://u:s3cret@a'}",
        "plexara: {register: {admin_url: 'u:s3cret@gw', auth_header: [s3cret]}}",
        "plexara: {register: {admin_url: 'https://u:s3cret@gw'}}",
        "oidc: {enabled: true, issuer: 'https://u:s3cret@idp.example'}",
        "oidc: {enabled: true, issuer: 'https://s3cret@idp.example/'}",
        "portal: s3cret",
    ] {
        let found = refused(text).join("\n");
        assert!(!found.contains("s3cret"), "{found}");
    }
}

#[test]
fn user_info_in_a_url_is_refused() {
    for key in ["oidc: {enabled: true, issuer: 'URL'}", "plexara: {register: {enabled: true, admin_url: 'URL'}}"] {
        for url in ["https://u:p@idp.example", "http://u@idp.example/", "http://@idp.example"] {
            let found = refused(&key.replace("URL", url)).join("\n");
            assert!(found.contains("expected an http:// or https:// URL without user info"), "{found}");
        }
    }
}

#[test]
fn the_masked_form_has_exactly_the_keys_of_the_table() {
    let mut found = Vec::new();
    leaves(&parse(SECRETIVE).unwrap().config.masked(), "", &mut found);
    let known: Vec<_> = KEYS.iter().map(|key| key.path).collect();
    assert_eq!(found, known, "the structs and the key table differ");
}

#[test]
fn the_masked_form_is_a_configuration_file() {
    let config = parse(SECRETIVE).unwrap().config;
    let again = parse(&config.masked_yaml()).unwrap().config;
    assert_eq!(again.masked(), config.masked());
}

#[test]
fn the_masked_file_says_where_values_came_from() {
    let shown = open("server:\n  name: mine\n").masked_yaml();
    for line in
        ["server:", "  name: \"mine\" # x.yaml:2", "  address: \":8080\" # default", "    enabled: false # default"]
    {
        assert!(shown.lines().any(|found| found == line), "{line} is missing in\n{shown}");
    }
    let entries = parse(SECRETIVE).unwrap().masked_yaml();
    assert!(entries.contains("  file:\n    - name: \"a\" # x.yaml:2\n      key: \"***\" # x.yaml:2\n"), "{entries}");
}
