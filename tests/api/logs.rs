//! The access line: one per request, stable keys, everything escaped.

use serde_json::Value;

use crate::support::{Server, anonymous, audit::Trail};

const KEYS: [&str; 8] = ["method", "path", "status", "bytes", "duration_ms", "request_id", "auth_type", "subject"];

#[test]
fn each_request_has_one_line_with_the_same_keys() {
    let server = Server::start(&anonymous(""));
    let mut connection = server.connect();
    for (number, (method, target)) in [
        ("GET", "/v1/fixed/a"),
        ("POST", "/v1/echo"),
        ("GET", "/nowhere"),
        ("DELETE", "/v1/whoami"),
        ("OPTIONS", "/v1/echo"),
        ("HEAD", "/v1/fixed/a"),
    ]
    .into_iter()
    .enumerate()
    {
        let id = format!("request-number-{number}");
        let response = connection.request(method, target, &format!("X-Request-Id: {id}\r\n"), b"");
        assert_eq!(response.header("x-request-id"), Some(id.as_str()));
        let line = server.wait_for_access(&id);
        for key in KEYS {
            assert!(!line[key].is_null(), "{key}: {line}");
        }
        assert_eq!((&line["method"], &line["status"]), (&Value::from(method), &Value::from(response.status)));
        assert!(line["duration_ms"].as_f64().is_some_and(|took| took >= 0.0), "{line}");
        assert_eq!(line["bytes"], response.body.len(), "{line}");
    }
    let lines = server.log().iter().filter(|line| line.contains("request-number-")).count();
    assert_eq!(lines, 6);
}

#[test]
fn nothing_a_client_sends_breaks_a_line() {
    let server = Server::start_with(&anonymous(""), &[("LOG_FORMAT", "text")]);
    server.get_with("/v1/fixed/%0d%0aINFO%20forged?x=%0atell-nobody", "X-Request-Id: evil\" forged=1\r\n");
    server.get_with("/v1/fixed/\u{1b}[31m", "");
    server.get("/healthz");
    server.wait_for_line(|line| line.contains("/healthz"));
    for line in server.log() {
        assert!(line.chars().all(|character| !character.is_control()), "{line:?}");
        assert!(!line.contains("tell-nobody") && !line.starts_with("INFO forged"), "{line:?}");
    }
}

#[test]
fn the_boot_says_how_many_migrations_ran() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("audit.sqlite").display());
    let migrations = || {
        let (server, _) = Trail::start_on(&url, "");
        let line = server.wait_for_line(|line| line.contains("database migrated"));
        let line: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(line["store"], "sqlite", "{line}");
        line["migrations"].as_u64().unwrap()
    };
    assert!(migrations() > 0);
    assert_eq!(migrations(), 0);
}

#[test]
fn levels_are_obeyed_and_wrong_ones_refused() {
    let server = Server::start(&anonymous(""));
    server.get_with("/healthz", "X-Request-Id: seen\r\n");
    server.wait_for_access("seen");

    let output = crate::support::command()
        .env("LOG_LEVEL", "loud")
        .args(["--config", server.file("api-test.yaml").to_str().unwrap()])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("LOG_LEVEL"));
}
