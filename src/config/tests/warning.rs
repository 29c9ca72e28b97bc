use super::*;
use crate::config::WarningKind;

fn warnings(text: &str) -> Vec<String> {
    let local = "server: {address: '127.0.0.1:8080'}";
    parse(&format!("{text}\n{local}")).unwrap().warnings.iter().map(ToString::to_string).collect()
}

#[test]
fn an_empty_credential_asks_after_its_variable() {
    assert_eq!(
        warnings("api_keys: {file: [{name: devkey, key: '${APITEST_DEV_KEY}'}, {name: b, key: '${UNSET:-}'}]}"),
        [
            r#"api_keys.file[0] "devkey": key is empty; is APITEST_DEV_KEY set?"#,
            r#"api_keys.file[1] "b": key is empty"#
        ]
    );
    assert_eq!(
        warnings("bearer: {tokens: [{name: t, token: ' ${A} ${B} '}, {name: u, token: 'x${A}'}]}"),
        [r#"bearer.tokens[0] "t": token is empty; are A and B set?"#]
    );
    assert_eq!(
        warnings(&format!("{ANONYMOUS}oidc: {{enabled: true, issuer: 'http://i', client_secret: '${{S}}'}}")),
        ["oidc.client_secret is empty; is S set?"]
    );
    assert_eq!(warnings(&format!("{ANONYMOUS}oidc: {{enabled: true, issuer: 'http://i'}}")), [""; 0]);
}

#[test]
fn an_override_answers_the_question() {
    let text = "api_keys: {file: [{name: a, key: '${K}'}]}\nserver: {address: '127.0.0.1:0'}";
    let set = environment([("APITEST__API_KEYS__FILE__0__KEY", "one")]);
    assert!(parse_with(text, &set).unwrap().warnings.is_empty());
    let empty = environment([("APITEST__API_KEYS__FILE__0__KEY", "")]);
    let warnings = parse_with(text, &empty).unwrap().warnings;
    assert_eq!(warnings[0].message, r#"api_keys.file[0] "a": key is empty"#);
    assert!(warnings[0].fails_check());
}

#[test]
fn a_secure_cookie_over_http_is_warned_of() {
    let portal = "portal: {enabled: true, cookie_secret: 0123456789abcdef, cookie_secure: true}";
    let loaded = open(&format!("{portal}\nserver: {{address: 'localhost:1', base_url: 'http://gw.example'}}"));
    let kinds: Vec<_> = loaded.warnings.iter().map(|warning| warning.kind).collect();
    assert_eq!(kinds, [WarningKind::SecureCookieOverHttp]);
    assert!(loaded.warnings[0].message.contains("portal.cookie_secure"));
    let https = open(&format!("{portal}\nserver: {{base_url: 'https://gw.example'}}"));
    assert!(https.warnings.is_empty());
}

#[test]
fn a_local_base_url_on_all_interfaces_is_warned_of() {
    for (server, warned) in [
        ("{address: ':8080'}", true),
        ("{address: '0.0.0.0:8080'}", true),
        ("{address: '[::]:80', base_url: 'http://127.0.0.1:80'}", true),
        ("{address: '127.0.0.1:8080'}", false),
        ("{address: ':8080', base_url: 'http://api-test:8080'}", false),
    ] {
        let kinds: Vec<_> = open(&format!("server: {server}")).warnings.iter().map(|warning| warning.kind).collect();
        let expected = if warned { vec![WarningKind::LocalBaseUrl] } else { vec![] };
        assert_eq!(kinds, expected, "{server}");
    }
}

#[test]
fn skipped_signatures_are_warned_of_at_every_boot() {
    let text = format!("{ANONYMOUS}oidc: {{skip_signature_verification: true}}\nserver: {{address: 'a:1'}}");
    let warnings = parse_with(&text, &environment([("APITEST_INSECURE", "1")])).unwrap().warnings;
    assert_eq!(warnings.len(), 1);
    assert_eq!(warnings[0].kind, WarningKind::SkippedSignatures);
    assert!(!warnings[0].fails_check());
}

#[test]
fn authorities_that_nobody_is_verified_with_are_warned_of() {
    let tls = |auth: &str| format!("server: {{address: 'a:1', tls: {{client_ca_file: x.crt{auth}}}}}");
    let kinds: Vec<_> = open(&tls("")).warnings.iter().map(|warning| warning.kind).collect();
    assert_eq!(kinds, [WarningKind::UnusedAuthorities]);
}

#[test]
fn proxies_at_any_address_are_warned_of() {
    let proxied = |mode: &str, sources: &str| {
        let text = format!("server: {{address: 'a:1', proxy_protocol: {mode}, proxy_sources: {sources}}}");
        open(&text).warnings.iter().map(|warning| warning.kind).collect::<Vec<_>>()
    };
    assert_eq!(proxied("accept", "['::1', 0.0.0.0/0]"), [WarningKind::ProxyFromAnywhere]);
    assert_eq!(proxied("accept", "['::1', 10.0.0.0/8]"), []);
    assert_eq!(proxied("off", "[0.0.0.0/0]"), []);
}
