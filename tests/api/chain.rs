//! The inbound chain: keys, tokens, anonymous callers, and the message of each refusal.

use std::fmt::Write as _;

use crate::support::{ALL_GROUPS, Server, with_credentials};

#[test]
fn a_thousand_keys_are_told_apart() {
    let mut keys = String::new();
    for number in 0..1000 {
        write!(keys, "{{name: key{number}, key: secret-key-number-{number:04}}},").unwrap();
    }
    let server =
        Server::start(&format!("server: {{address: '127.0.0.1:0'}}\napi_keys: {{file: [{keys}]}}\n{ALL_GROUPS}"));
    let mut connection = server.connect();
    for number in [0, 1, 499, 998, 999] {
        let header = format!("X-API-Key: secret-key-number-{number:04}\r\n");
        let response = connection.request("GET", "/v1/whoami", &header, b"");
        assert_eq!(response.json()["key_name"], format!("key{number}"));
    }
    for wrong in ["secret-key-number-1000", "secret-key-number-000", "secret-key-number-00000"] {
        let response = connection.request("GET", "/v1/whoami", &format!("X-API-Key: {wrong}\r\n"), b"");
        assert_eq!(response.status, 401, "{wrong}");
    }
}

#[test]
fn a_bad_credential_never_becomes_anonymous() {
    let server = Server::start(&with_credentials(true));
    let mut connection = server.connect();
    assert_eq!(connection.get("/v1/whoami").json()["auth_type"], "anonymous");
    for header in ["X-API-Key: wrong\r\n", "Authorization: Bearer wrong\r\n"] {
        let response = connection.request("GET", "/v1/whoami", header, b"");
        assert_eq!(response.status, 401, "{header}");
        let challenge = r#"Bearer realm="api-test", error="invalid_token""#;
        assert_eq!(response.header("www-authenticate"), Some(challenge), "{header}");
    }
}

#[test]
fn health_documents_and_metrics_need_no_credential() {
    let server = Server::start(&with_credentials(false));
    let mut connection = server.connect();
    for path in ["/", "/healthz", "/readyz", "/openapi.json", "/docs", "/metrics"] {
        assert_eq!(connection.get(path).status, 200, "{path}");
    }
    let missing = connection.get("/v1/whoami");
    assert_eq!(missing.status, 401);
    assert_eq!(missing.header("www-authenticate"), Some(r#"Bearer realm="api-test""#));
}

#[test]
fn an_empty_credential_is_warned_about_at_boot_and_lets_nobody_in() {
    let config = format!(
        "server: {{address: '127.0.0.1:0'}}\napi_keys: {{file: [{{name: ci, key: '${{APITEST_NO_SUCH_KEY:-}}'}}]}}\n\
         {ALL_GROUPS}"
    );
    let server = Server::start(&config);
    let line = server.wait_for_line(|line| line.contains("WARN") && line.contains("api_keys.file"));
    assert!(line.contains("empty"), "{line}");
    for header in ["X-API-Key: \r\n", "X-API-Key;\r\n", "Authorization: Bearer \r\n", ""] {
        assert_ne!(server.get_with("/v1/whoami", header).status, 200, "{header:?}");
    }
}
