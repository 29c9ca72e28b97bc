//! The portal's API about the server, its configuration and the last hour, without any secret.

use std::{thread, time::Duration};

use serde_json::{Value, json};

use crate::support::{Response, Server, audit::Trail};

const KEY: &str = "X-API-Key: key-alpha-0123456789\r\n";

/// Credentials in every setting that takes one. None may ever appear in a response.
const SECRETS: [&str; 8] = [
    "key-alpha-0123456789",
    "key-beta-9876543210",
    "tok-alpha-0123456789",
    "cookie-secret-0123456789",
    "client-secret-0123456789",
    "Basic cGxleGFyYTpzM2NyZXQ=",
    "gw-user",
    "gw-password",
];

/// Starts a server with [`SECRETS`] and the portal.
fn with_secrets(more: &str) -> String {
    format!(
        "server: {{address: '127.0.0.1:0', name: shop-upstream, workers: 1}}\n\
         auth: {{allow_anonymous: true}}\n\
         api_keys:\n  file:\n    - {{name: devkey, key: key-alpha-0123456789}}\n    - {{name: ci, key: '${{CI_KEY}}'}}\n\
         bearer: {{tokens: [{{name: devbearer, token: tok-alpha-0123456789}}, {{name: nobody, token: ''}}]}}\n\
         portal: {{enabled: true, cookie_secret: cookie-secret-0123456789}}\n\
         oidc: {{client_id: portal, client_secret: client-secret-0123456789}}\n\
         plexara: {{register: {{admin_url: 'https://gw.example/admin?token=gw-password', \
         auth_header: 'Basic cGxleGFyYTpzM2NyZXQ='}}}}\n\
         endpoints: {{data: {{enabled: true}}, failure: {{enabled: true}}}}\n{more}"
    )
}

fn portal(server: &Server, target: &str) -> Response {
    server.get_with(&format!("/api/v1/portal/{target}"), KEY)
}

#[test]
fn server_and_config_tell_build_uptime_and_configuration() {
    let variables = [("CI_KEY", "key-beta-9876543210"), ("APITEST__SERVER__MAX_BODY_BYTES", "1MiB")];
    let server = Server::start_with(&with_secrets(""), &variables);
    let info = portal(&server, "server");
    assert_eq!((info.status, info.header("content-type")), (200, Some("application/json")));
    let info = info.json();
    let base_url = format!("http://localhost:{}", server.address().port());
    assert_eq!(
        (&info["name"], &info["version"], &info["base_url"]),
        (&json!("shop-upstream"), &json!(env!("CARGO_PKG_VERSION")), &json!(base_url))
    );
    for text in ["commit", "date"] {
        assert!(info[text].as_str().is_some_and(|text| !text.is_empty()), "{text}: {info}");
    }
    assert!(info["instance"].as_str().unwrap().ends_with(&format!(":{}", server.address().port())), "{info}");
    assert!(info["started_at"].as_str().unwrap().ends_with('Z'), "{info}");
    assert!(info["uptime_seconds"].as_u64().unwrap() < 60, "{info}");

    let config = &info["config"];
    assert_eq!(config["server"]["max_body_bytes"], "1MiB");
    assert_eq!(config["server"]["base_url"], json!(base_url), "the port that was taken");
    assert_eq!(config["api_keys"]["file"][1], json!({"name": "ci", "key": "***", "description": ""}));
    assert_eq!(config["portal"]["cookie_secret"], "***");
    assert_eq!(config["oidc"]["client_secret"], "***");
    assert_eq!(config["plexara"]["register"]["admin_url"], "https://gw.example/admin?token=***");

    let mut second = portal(&server, "config").json();
    second["uptime_seconds"] = info["uptime_seconds"].clone();
    assert_eq!(second, info, "one document, two names");
}

#[test]
fn each_value_says_where_it_came_from() {
    let variables = [("CI_KEY", "key-beta-9876543210"), ("APITEST__SERVER__MAX_BODY_BYTES", "1MiB")];
    let server = Server::start_with(&with_secrets(""), &variables);
    let info = portal(&server, "server").json();
    let sources = &info["sources"];
    assert_eq!(sources["server.max_header_bytes"], json!({"source": "default"}));
    let variable = json!({"source": "environment", "detail": "APITEST__SERVER__MAX_BODY_BYTES"});
    assert_eq!(sources["server.max_body_bytes"], variable);
    let key = &sources["api_keys.file[1].key"];
    assert_eq!((&key["source"], &key["line"]), (&json!("file"), &json!(6)), "{key}");
    assert!(key["detail"].as_str().unwrap().ends_with(".yaml:6"), "{key}");
    for path in leaves("", &info["config"]) {
        assert!(sources[&path].is_object(), "{path} comes from nowhere");
    }
    let warned: Vec<_> = info["warnings"].as_array().unwrap().iter().map(|warning| &warning["key"]).collect();
    assert_eq!(warned, ["bearer.tokens[1].token"], "{}", info["warnings"]);
    assert!(info["warnings"][0]["message"].as_str().unwrap().contains("token is empty"));
}

/// Returns the paths of all values. A list of texts is one value.
fn leaves(path: &str, value: &Value) -> Vec<String> {
    let under = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match value {
        Value::Object(fields) => fields.iter().flat_map(|(name, value)| leaves(&under(name), value)).collect(),
        Value::Array(items) if items.iter().any(Value::is_object) => {
            items.iter().enumerate().flat_map(|(at, item)| leaves(&format!("{path}[{at}]"), item)).collect()
        }
        _ => vec![path.to_owned()],
    }
}

#[test]
fn actors_tell_their_mailboxes_and_restarts() {
    let server = Server::start_with(&with_secrets(""), &[("CI_KEY", "key-beta-9876543210")]);
    assert_eq!(portal(&server, "server").status, 200);
    let actors = portal(&server, "actors").json();
    let of_name = |name: &str| {
        let all = actors["actors"].as_array().unwrap();
        all.iter().filter(|actor| actor["name"] == name).cloned().collect::<Vec<_>>()
    };
    let session = &of_name("session")[0];
    assert_eq!(
        (&session["state"], &session["capacity"], &session["depth"]),
        (&json!("running"), &json!(1024), &json!(0))
    );
    let authenticators = of_name("authenticator");
    let instances: Vec<_> = authenticators.iter().map(|actor| actor["instance"].as_u64().unwrap()).collect();
    assert_eq!(instances, (1..=authenticators.len() as u64).collect::<Vec<_>>(), "one for each worker");
    // The previous request, and this one itself.
    let handled: u64 = authenticators.iter().map(|actor| actor["handled"].as_u64().unwrap()).sum();
    assert!(handled >= 2, "{actors}");
    assert!(authenticators.iter().all(|actor| actor["restarts"] == 0 && actor["last_error"].is_null()), "{actors}");
}

#[test]
fn no_answer_holds_a_secret() {
    let variables = [("CI_KEY", "key-beta-9876543210")];
    let server = Server::start_with(&with_secrets(""), &variables);
    for target in
        ["server", "config", "actors", "openapi.json", "endpoints", "dashboard", "server?api_key=key-alpha-0123456789"]
    {
        let answer = portal(&server, target);
        let head_and_body = format!("{:?} {}", answer.headers, answer.text());
        for secret in SECRETS {
            assert!(!head_and_body.contains(secret), "{target} tells {secret}");
        }
    }
}

#[test]
fn they_are_for_those_who_show_a_credential() {
    let server = Server::start_with(&with_secrets(""), &[("CI_KEY", "k")]);
    for target in ["server", "config", "actors", "dashboard"] {
        for headers in ["", "X-API-Key: wrong\r\n"] {
            let refused = server.get_with(&format!("/api/v1/portal/{target}"), headers);
            assert_eq!((refused.status, refused.text()), (401, "{\"error\":\"unauthorized\"}\n"), "{target}");
        }
        assert_eq!(server.connect().request("POST", &format!("/api/v1/portal/{target}"), KEY, b"").status, 405);
    }
    let refused = portal(&server, "config?sources=1");
    assert_eq!(
        (refused.status, refused.text()),
        (400, "{\"error\":\"unknown parameter sources\",\"code\":\"bad_request\"}\n")
    );
}

#[test]
fn without_an_audit_trail_only_the_dashboard_is_missing() {
    let server = Server::start_with(&with_secrets(""), &[("CI_KEY", "k")]);
    assert_eq!(portal(&server, "server").status, 200);
    let refused = portal(&server, "dashboard");
    assert_eq!(refused.status, 503);
    assert!(refused.text().starts_with("{\"error\":\"audit.enabled is false: set "), "{}", refused.text());
}

fn dashboard(server: &Server, query: &str) -> Value {
    let answer = portal(server, &format!("dashboard{query}"));
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

/// Requests `paths` and waits until they are recorded.
fn with_calls(paths: &[&str]) -> (Server, Trail) {
    let (server, trail) = Trail::start("");
    let mut connection = server.connect();
    for path in paths {
        connection.get(path);
    }
    for _ in 0..1000 {
        if trail.total() == paths.len() as u64 {
            return (server, trail);
        }
        thread::sleep(Duration::from_millis(20));
    }
    panic!("{} events instead of {}", trail.total(), paths.len());
}

#[test]
fn the_dashboard_says_what_its_parts_say() {
    let calls = ["/v1/fixed/a", "/v1/fixed/b", "/v1/slow?ms=150", "/v1/status/503", "/v1/status/404", "/v1/nothing"];
    let (server, trail) = with_calls(&calls);
    let shown = dashboard(&server, "");
    let part = |target: &str| {
        let (from, to) = (shown["from"].as_str().unwrap(), shown["to"].as_str().unwrap());
        let glue = if target.contains('?') { '&' } else { '?' };
        trail.get(&format!("{target}{glue}from={from}&to={to}")).json()
    };
    let mut stats = part("stats");
    // The queue changes between the two calls.
    for field in ["queue_depth", "queue_bytes", "connections_dropped_total"] {
        stats[field] = shown["stats"][field].clone();
    }
    assert_eq!(shown["stats"], stats);
    assert_eq!((&stats["total"], &stats["errors"], &shown["range"]), (&json!(6), &json!(3), &json!("1h")));
    assert_eq!(shown["timeseries"], part("timeseries?bucket_seconds=60"));
    assert_eq!(shown["recent"], part("events?limit=12")["events"]);
    assert_eq!(
        shown["status_classes"],
        json!([
            {"class": "1xx", "count": 0}, {"class": "2xx", "count": 3}, {"class": "3xx", "count": 0},
            {"class": "4xx", "count": 2}, {"class": "5xx", "count": 1}, {"class": "499", "count": 0}
        ])
    );
    assert_eq!(shown["slowest_routes"][0]["key"], "slow", "{shown}");
    let failing = shown["failing_routes"].as_array().unwrap();
    let failing: Vec<_> = failing.iter().map(|route| (route["key"].as_str().unwrap(), &route["errors"])).collect();
    assert_eq!(failing, [("status", &json!(2)), ("", &json!(1))]);
}

#[test]
fn the_dashboard_takes_a_range() {
    let (server, _trail) = with_calls(&["/v1/fixed/a"]);
    for (range, bucket) in [("15m", 10), ("1h", 60), ("24h", 1800), ("7d", 7200)] {
        let shown = dashboard(&server, &format!("?range={range}"));
        assert_eq!((&shown["range"], &shown["timeseries"]["bucket_seconds"]), (&json!(range), &json!(bucket)));
        assert_eq!(shown["stats"]["total"], 1, "{range}");
    }
    for (query, message) in [
        ("range=2h", "range must be one of 15m, 1h, 24h, 7d"),
        ("rang=1h", "unknown parameter rang; did you mean range?"),
        ("range=1h&range=1h", "range is given more than once"),
        ("from=2026-01-31T12:00:00Z", "unknown parameter from"),
    ] {
        let refused = portal(&server, &format!("dashboard?{query}"));
        assert_eq!(
            (refused.status, refused.text()),
            (400, &*format!("{{\"error\":\"{message}\",\"code\":\"bad_request\"}}\n")),
            "{query}"
        );
    }
}

#[test]
fn they_answer_as_their_document_says() {
    let (server, _trail) = with_calls(&["/v1/fixed/a", "/v1/status/503"]);
    let document = portal(&server, "openapi.json").json();
    for target in ["server", "config", "actors", "dashboard"] {
        let operation = &document["paths"][format!("/api/v1/portal/{target}")]["get"];
        let content = &operation["responses"]["200"]["content"]["application/json"];
        let answer = portal(&server, target).json();
        agrees(&document, &content["schema"], &answer, target);
        agrees(&document, &content["schema"], &content["example"], target);
    }
}

/// Checks `value` against the parts of JSON Schema about an object's fields.
fn agrees(document: &Value, schema: &Value, value: &Value, place: &str) {
    if let Some(name) = schema["$ref"].as_str() {
        let schema = document.pointer(name.trim_start_matches('#')).unwrap_or_else(|| panic!("{place}: {name}"));
        return agrees(document, schema, value, place);
    }
    if let Some(items) = value.as_array() {
        items.iter().for_each(|item| agrees(document, &schema["items"], item, &format!("{place}[]")));
    }
    let Some(fields) = value.as_object() else { return };
    let required = schema["required"].as_array().map_or(&[][..], Vec::as_slice);
    for name in required.iter().filter_map(Value::as_str) {
        assert!(fields.contains_key(name), "{place}.{name} is missing");
    }
    let Some(properties) = schema["properties"].as_object() else { return };
    for (name, value) in fields {
        let schema = properties.get(name).unwrap_or_else(|| panic!("{place}.{name} is not documented"));
        agrees(document, schema, value, &format!("{place}.{name}"));
    }
}
