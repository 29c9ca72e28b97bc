//! The provider itself: changing keys, and a provider that is down, slow, or not the configured one.

use std::{
    thread,
    time::{Duration, Instant},
};

use serde_json::json;

use crate::support::{
    Server, command,
    oidc::{Provider, whoami},
};

/// Starts a server that is expected to fail, and returns its log.
pub(crate) fn boot_fails(config: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("api-test.yaml");
    std::fs::write(&file, config).unwrap();
    let output = command().arg("--config").arg(&file).env("LOG_FORMAT", "json").output().unwrap();
    let log = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{log}");
    log
}

#[test]
fn five_hundred_requests_with_a_new_key_cause_one_fetch() {
    let provider = Provider::start();
    let server = Server::start(&provider.config(""));
    assert_eq!(provider.count("/jwks"), 1);
    provider.rotate();
    let token = provider.token();
    let mut connections: Vec<_> = (0..500).map(|_| server.connect()).collect();
    let header = format!("Authorization: Bearer {token}\r\n");
    for connection in &mut connections {
        connection.start("GET", "/v1/whoami", &header, b"");
    }
    for connection in &mut connections {
        assert_eq!(connection.receive().status, 200);
    }
    assert_eq!(provider.count("/jwks"), 2);
}

#[test]
fn tokens_of_a_key_that_is_taken_back_are_forgotten() {
    let provider = Provider::start();
    let server = Server::start(&provider.config(", jwks_cache_ttl: 1s"));
    let token = provider.token();
    let mut connection = server.connect();
    assert_eq!(whoami(&mut connection, &token).status, 200);
    provider.rotate();
    let deadline = Instant::now() + Duration::from_secs(60);
    while whoami(&mut connection, &token).status == 200 {
        assert!(Instant::now() < deadline, "a token of a revoked key is still taken");
        thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(whoami(&mut connection, &token).status, 401);
    assert_eq!(whoami(&mut connection, &provider.token()).status, 200);
}

#[test]
fn a_thousand_unknown_keys_cause_one_fetch() {
    let provider = Provider::start();
    let server = Server::start(&provider.config(""));
    let mut connection = server.connect();
    for number in 0..20 {
        let junk = provider.signed_as(&json!({"alg": "RS256", "kid": format!("junk-{number}")}), &json!({}));
        for _ in 0..50 {
            assert_eq!(whoami(&mut connection, &junk).status, 401);
        }
    }
    assert_eq!(provider.count("/jwks"), 2);
}

#[test]
fn a_provider_that_goes_down_later_costs_new_keys_only() {
    let provider = Provider::start();
    let server = Server::start(&provider.config(", jwks_cache_ttl: 1s"));
    let (token, other) = (provider.token(), provider.signed(&json!({"sub": "later"})));
    let mut connection = server.connect();
    assert_eq!(whoami(&mut connection, &token).status, 200);
    provider.misbehave("down");
    server.wait_for_line(|line| line.contains("oidc: keys can't be fetched"));
    assert_eq!(whoami(&mut connection, &token).status, 200, "remembered");
    assert_eq!(whoami(&mut connection, &other).json()["subject"], "later", "known keys go on verifying");
    let unknown = provider.signed_as(&json!({"alg": "RS256", "kid": "new"}), &json!({}));
    let answer = whoami(&mut connection, &unknown);
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")));
}

#[test]
fn a_provider_that_answers_html_later_costs_new_keys_only() {
    let provider = Provider::start();
    let server = Server::start(&provider.config(""));
    let known = provider.token();
    let unknown = provider.signed_as(&json!({"alg": "RS256", "kid": "new"}), &json!({}));
    provider.misbehave("html");
    let mut connection = server.connect();
    let answer = whoami(&mut connection, &unknown);
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")), "not 401: it may be a good one");
    let line = server.wait_for_line(|line| line.contains("oidc: keys can't be fetched"));
    assert!(line.contains("returned text/html instead of JSON"), "{line}");
    assert_eq!(whoami(&mut connection, &known).status, 200);
}

#[test]
fn a_slow_provider_at_boot_is_waited_for() {
    let provider = Provider::start();
    // Each response takes ten seconds.
    provider.misbehave("slow");
    let server = Server::start(&provider.config(""));
    provider.misbehave("ok");
    assert_eq!(whoami(&mut server.connect(), &provider.token()).status, 200);
}

#[test]
fn a_slow_provider_later_is_a_timeout_for_who_needs_a_new_key() {
    let provider = Provider::start();
    let server = Server::start(&provider.config(""));
    provider.misbehave("slow");
    let unknown = provider.signed_as(&json!({"alg": "RS256", "kid": "new"}), &json!({}));
    let answer = whoami(&mut server.connect(), &unknown);
    assert_eq!(answer.status, 503);
    assert!(answer.text().contains("timed out"), "{}", answer.text());
}

#[test]
fn a_provider_that_comes_late_is_found() {
    let provider = Provider::start();
    provider.misbehave("down");
    thread::scope(|scope| {
        let starting = scope.spawn(|| Server::start(&provider.config("")));
        while provider.count("/.well-known/openid-configuration") == 0 {
            thread::sleep(Duration::from_millis(20));
        }
        provider.misbehave("ok");
        let server = starting.join().unwrap();
        assert!(server.log().iter().any(|line| line.contains("WARN") && line.contains("can't be reached")));
        assert_eq!(whoami(&mut server.connect(), &provider.token()).status, 200);
    });
}

#[test]
fn a_provider_that_stays_away_stops_the_boot_after_thirty_seconds() {
    let provider = Provider::start();
    provider.misbehave("down");
    let log = boot_fails(&provider.config(""));
    assert!(log.contains("oidc: ") && log.contains("can't be reached"), "{log}");
    let pauses = log.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let waited: u64 = pauses.filter_map(|line| line["retry_in_ms"].as_u64()).sum();
    assert!((20_000..30_000).contains(&waited), "{waited} ms\n{log}");
}

#[test]
fn an_answer_in_html_stops_the_boot() {
    let provider = Provider::start();
    provider.misbehave("html");
    let log = boot_fails(&provider.config(""));
    assert!(log.contains("oidc: ") && log.contains("returned text/html instead of JSON"), "{log}");
}

#[test]
fn a_document_of_another_issuer_stops_the_boot() {
    let provider = Provider::start();
    provider.misbehave("wrong-issuer");
    let log = boot_fails(&provider.config(""));
    assert!(log.contains("oidc: ") && log.contains("https://other.example.test"), "{log}");
}

#[test]
fn an_issuer_with_a_slash_too_many_stops_the_boot() {
    let provider = Provider::start();
    let config = provider.config("").replace(&provider.issuer, &format!("{}/", provider.issuer));
    let log = boot_fails(&config);
    assert!(log.contains("oidc: ") && log.contains("compared exactly"), "{log}");
}

#[test]
fn an_issuer_that_is_no_provider_stops_the_boot() {
    let other = Server::start(&crate::support::anonymous(""));
    let provider = Provider::start();
    let config = provider.config("").replace(&provider.issuer, &format!("http://{}", other.address()));
    let log = boot_fails(&config);
    assert!(log.contains("oidc: ") && log.contains("returned 404"), "{log}");
    assert!(!log.contains("retry_in_ms"), "a retry would not help: {log}");
}
