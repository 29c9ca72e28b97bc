//! `/metrics`: fixed names, bounded labels, correct counts.

use crate::support::{Server, anonymous, with_credentials};

fn value(text: &str, series: &str) -> Option<f64> {
    text.lines().find_map(|line| line.strip_prefix(series)?.trim().parse().ok())
}

#[test]
fn requests_are_counted_by_route_and_never_by_path() {
    let server = Server::start(&anonymous(""));
    let mut connection = server.connect();
    for key in ["a", "b", "c"] {
        connection.get(&format!("/v1/fixed/{key}"));
    }
    connection.get("/somewhere/else/42");
    connection.request("BREW", "/v1/whoami", "", b"");
    let metrics = connection.get("/metrics");
    assert!(metrics.header("content-type").unwrap().starts_with("text/plain"));
    let text = metrics.text();
    let counted = |series: &str| value(text, &format!("api_test_http_requests_total{series}"));
    assert_eq!(counted(r#"{method="GET",route="fixed",status="200"}"#), Some(3.0), "{text}");
    assert!(!text.contains("/v1/") && !text.contains("somewhere") && !text.contains("BREW"), "{text}");
    assert_eq!(value(text, r#"api_test_http_request_duration_seconds_count{route="fixed"}"#), Some(3.0));
    assert_eq!(value(text, "api_test_http_requests_in_flight"), Some(1.0));
    assert!(text.contains("api_test_build_info{") && text.contains("process_resident_memory_bytes "), "{text}");
    assert_eq!(value(text, r#"api_test_actor_restarts_total{actor="authenticator"}"#), Some(0.0));
}

#[test]
fn judgements_are_counted_by_result() {
    let server = Server::start(&with_credentials(false));
    let mut connection = server.connect();
    connection.get("/v1/whoami");
    connection.request("GET", "/v1/whoami", "X-API-Key: wrong\r\n", b"");
    connection.request("GET", "/v1/whoami", "X-API-Key: key-alpha-0123456789\r\n", b"");
    connection.request("GET", "/v1/whoami", "Authorization: Bearer tok-alpha-0123456789\r\n", b"");
    let metrics = connection.get("/metrics");
    for result in ["missing", "invalid", "apikey", "bearer"] {
        let series = format!("api_test_authenticator_results_total{{result=\"{result}\"}}");
        assert_eq!(value(metrics.text(), &series), Some(1.0), "{result}");
    }
}

#[test]
fn a_listener_of_its_own_takes_metrics_off_the_public_one() {
    let server = Server::start(&anonymous("metrics: {address: '127.0.0.1:0'}\n"));
    assert_eq!(server.get("/metrics").status, 404);
    let line = server.wait_for_line(|line| line.contains("metrics listening"));
    let line: serde_json::Value = serde_json::from_str(&line).unwrap();
    let address = line["address"].as_str().unwrap().parse().unwrap();
    let response = crate::support::Connection::open(address).get("/metrics");
    assert_eq!(response.status, 200);
    assert!(response.text().contains("api_test_build_info"));
}
