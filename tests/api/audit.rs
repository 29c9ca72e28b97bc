//! Records of requests, for each way a request can end, read through the audit API.

use std::{thread, time::Duration};

use serde_json::{Value, json};

use crate::support::{Server, audit::Trail};

fn start() -> (Server, Trail) {
    Trail::start("")
}

#[test]
fn an_event_says_what_arrived_and_what_was_answered() {
    let (server, trail) = start();
    let headers = "User-Agent: curl/8\r\nX-B: 2\r\nx-a: 1\r\nX-B: 3\r\nContent-Type: application/json\r\n\
                   X-Request-Id: first\r\n";
    let answer = server.connect().request("POST", "/v1/echo?b=%20x&a=1&b", headers, br#"{"b":1}"#);
    assert_eq!(answer.status, 200);
    let event = trail.event("request_id=first");
    for (field, expected) in [
        ("request_id", json!("first")),
        ("method", json!("POST")),
        ("path", json!("/v1/echo")),
        ("target", json!("/v1/echo?b=%20x&a=1&b")),
        ("host", json!("api.test")),
        ("http_version", json!("HTTP/1.1")),
        ("route_name", json!("echo_post")),
        ("endpoint_group", json!("echo")),
        ("status", json!(200)),
        ("bytes_in", json!(7)),
        ("bytes_out", json!(answer.body.len())),
        ("success", json!(true)),
        ("auth_type", json!("anonymous")),
        ("user_agent", json!("curl/8")),
        ("source", json!("external")),
    ] {
        assert_eq!(event[field], expected, "{field}");
    }
    assert!(event.get("error_message").is_none() && event.get("error_category").is_none());
    let (first_byte, duration) = (event["first_byte_ms"].as_f64().unwrap(), event["duration_ms"].as_f64().unwrap());
    assert!(0.0 < first_byte && first_byte <= duration, "{first_byte} {duration}");
    assert!(event["remote_addr"].as_str().unwrap().starts_with("127.0.0.1:"));
    let id = uuid::Uuid::parse_str(event["id"].as_str().unwrap()).unwrap();
    assert_eq!(id.get_version_num(), 7);

    let payload = &event["payload"];
    assert_eq!(payload["request_headers"]["X-A"], json!(["1"]));
    assert_eq!(payload["request_headers"]["X-B"], json!(["2", "3"]), "in their order");
    assert_eq!(payload["request_headers"]["Host"], json!(["api.test"]));
    assert_eq!(payload["request_query"], json!({"a": ["1"], "b": [" x", ""]}));
    assert_eq!(payload["request_content_type"], "application/json");
    assert_eq!(payload["request_body"], r#"{"b":1}"#);
    assert_eq!(payload["response_body"], answer.text());
    assert_eq!(payload["response_content_type"], "application/json");
    let recorded = payload["response_headers"].as_object().unwrap();
    assert_eq!(recorded.len(), answer.headers.len(), "all of them: {recorded:?}");
    for (name, value) in &answer.headers {
        let found = recorded.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        assert_eq!(found.map(|(_, values)| values), Some(&json!([value])), "{name}");
    }
}

#[test]
fn each_ending_is_on_record_once() {
    let (server, trail) = Trail::start_closed("server.max_body_bytes=1KiB");
    let key = "X-API-Key: key-alpha-0123456789\r\n";
    let mut sent = 0;
    let mut send = |method: &str, target: &str, headers: &str, body: &[u8]| {
        sent += 1;
        let id = format!("ending-{sent}");
        let headers = format!("{headers}X-Request-Id: {id}\r\n");
        let answer = server.connect().request(method, target, &headers, body);
        let event = trail.event(&format!("request_id={id}"));
        assert_eq!(event["status"], json!(answer.status), "{target}");
        assert_eq!(event["bytes_out"], json!(answer.body.len()), "{target}");
        event
    };
    let refused = send("GET", "/v1/whoami", "", b"");
    assert_eq!((&refused["status"], &refused["error_category"]), (&json!(401), &json!("unauthorized")));
    assert_eq!((&refused["route_name"], &refused["error_message"]), (&json!("whoami"), &json!("missing credential")));
    assert!(refused.get("auth_type").is_none());
    let refused = send("POST", "/v1/echo", "X-API-Key: wrong-key-0123\r\n", b"what it carried");
    assert_eq!((&refused["bytes_in"], &refused["payload"]["request_body"]), (&json!(15), &json!("what it carried")));
    let unknown = send("GET", "/v1/nothing", key, b"");
    assert_eq!((&unknown["status"], &unknown["error_category"]), (&json!(404), &json!("not_found")));
    let other = send("DELETE", "/v1/whoami", key, b"");
    assert_eq!((&other["status"], &other["error_category"]), (&json!(405), &json!("method_not_allowed")));
    let large = send("POST", "/v1/echo", key, &[b'x'; 2000]);
    assert_eq!((&large["status"], &large["error_category"]), (&json!(413), &json!("too_large")));
    let asked = send("GET", "/v1/status/503", key, b"");
    assert_eq!((&asked["error_category"], &asked["success"]), (&json!("requested"), &json!(false)));
    let bad = send("GET", "/v1/sized?bytes=x", key, b"");
    assert_eq!((&bad["error_category"], &bad["user_subject"]), (&json!("bad_request"), &json!("devkey")));
    let malformed = send("GET", "/v1/fixed/%zz", key, b"");
    assert_eq!(malformed["status"], json!(400));
    assert_eq!(send("HEAD", "/v1/fixed/a", key, b"")["route_name"], json!("fixed"));
    assert_eq!(send("OPTIONS", "/v1/fixed/a", key, b"")["status"], json!(204));
    let preflight = send("OPTIONS", "/v1/fixed/a", "Access-Control-Request-Method: GET\r\n", b"");
    assert_eq!(preflight["status"], json!(204));
    assert_eq!(trail.total(), sent, "one event each");
    for path in ["/healthz", "/readyz", "/", "/openapi.json", "/docs", "/metrics", "//v1/fixed/a", "/v1", "/V1/fixed/a"]
    {
        server.get(path);
    }
    assert_eq!(trail.settled_total(), sent, "and none for what is not under /v1/");
}

#[test]
fn who_leaves_is_on_record_while_it_waits_and_while_it_streams() {
    let (server, trail) = start();
    let leave = |target: &str, heads: usize| {
        let mut connection = server.connect();
        connection.start("GET", target, "", b"");
        if heads > 0 {
            connection.head();
            connection.chunk().unwrap();
        } else {
            server.wait_for_running(1);
        }
    };
    leave("/v1/slow?ms=30000", 0);
    let event = trail.event("path=/v1/slow");
    assert_eq!((&event["status"], &event["error_category"]), (&json!(499), &json!("client_closed")));
    assert_eq!((&event["success"], &event["bytes_out"]), (&json!(false), &json!(0)));
    let body: Value = serde_json::from_str(event["payload"]["response_body"].as_str().unwrap()).unwrap();
    assert_eq!((&body["cancelled"], &body["requested_ms"]), (&json!(true), &json!(30000)));
    assert!(body["slept_ms"].as_u64().unwrap() < 30000);
    leave("/v1/export/long-running?duration_ms=30000", 0);
    assert_eq!(trail.event("path=long-running")["status"], json!(499));
    leave("/v1/streaming/ndjson?count=500&delay_ms=1000&seed=a", 1);
    let event = trail.event("path=ndjson");
    assert_eq!(event["status"], json!(499));
    assert!(event["payload"]["response_body"].as_str().unwrap().starts_with(r#"{"index":0,"#), "what was sent by then");
    assert!(event["first_byte_ms"].is_number());
    let mut half = server.connect();
    half.start("POST", "/v1/echo", "Content-Length: 1000\r\n", b"");
    half.send(b"half a body");
    server.wait_for_running(1);
    half.wait_until_read();
    drop(half);
    let event = trail.event("path=/v1/echo");
    assert_eq!((&event["bytes_in"], &event["payload"]["request_body"]), (&json!(11), &json!("half a body")));
    assert!([json!(499), json!(400)].contains(&event["status"]), "{}", event["status"]);
}

/// Returns `[redacted:…]` with the fingerprint that the server returns for a value.
fn marked(server: &Server, value: &str) -> String {
    format!("[redacted:{}]", fingerprint(server, value))
}

fn fingerprint(server: &Server, value: &str) -> String {
    let body = json!({"value": value}).to_string();
    let headers = "X-API-Key: key-alpha-0123456789\r\nContent-Type: application/json\r\n";
    let answer = server.connect().request("POST", "/api/v1/portal/audit/fingerprint", headers, body.as_bytes());
    assert_eq!(answer.status, 200, "{}", answer.text());
    let fingerprint = answer.json()["fingerprint"].as_str().unwrap().to_owned();
    assert!(fingerprint.len() == 8 && fingerprint.bytes().all(|byte| b"0123456789abcdef".contains(&byte)));
    fingerprint
}

#[test]
fn secrets_are_nowhere_in_the_store() {
    let (server, trail) = start();
    let secrets = ["key-alpha-0123456789", "tok<en>-with-escapes", "cookie-value-123456", "hunter2-hunter2", "pass1"];
    let [key, token, cookie, password, short] = secrets;
    let headers = format!(
        "X-API-Key: {key}\r\nAuthorization: Bearer {token}\r\nCookie: sid={cookie}; a=b\r\nReferer: http://a/?x={key}\r\n\
         User-Agent: agent/{token}\r\nX-Request-Id: {key}\r\nContent-Type: text/{key}\r\n"
    );
    let target = format!("/v1/echo?PassWord={password}&x={key}&api_key={key}&token={short}&y=tok%3cen%3E-with-escapes");
    let body = format!("{{\"again\":\"{key}\",\"and\":\"{token}\"}}");
    let answer = server.connect().request("POST", &target, &headers, body.as_bytes());
    assert!(answer.text().contains(password), "the client gets its answer as it is");
    let (key_mark, token_mark) = (marked(&server, key), marked(&server, token));
    let event = trail.event("path=/v1/echo");
    let password_mark = marked(&server, password);
    assert_eq!(
        event["target"],
        format!("/v1/echo?PassWord={password_mark}&x={key_mark}&api_key={key_mark}&token=[redacted]&y={token_mark}")
    );
    assert_eq!((&event["request_id"], &event["user_agent"]), (&json!(key_mark), &json!(format!("agent/{token_mark}"))));
    let payload = &event["payload"];
    assert_eq!(payload["request_headers"]["X-Api-Key"], json!([key_mark]));
    assert_eq!(payload["request_headers"]["Referer"], json!([format!("http://a/?x={key_mark}")]));
    assert_eq!(payload["request_headers"]["Cookie"], json!([format!("sid={}; a=[redacted]", marked(&server, cookie))]));
    assert_eq!(payload["request_body"], format!(r#"{{"again":"{key_mark}","and":"{token_mark}"}}"#));
    assert_eq!(payload["request_masked"], json!(["query", "headers", "body"]));
    assert_eq!(payload["response_masked"], json!(["headers", "body"]));
    assert_ne!(payload["response_captured_size"], payload["response_size"], "which the masks explain");
    let answered: Value = serde_json::from_str(payload["response_body"].as_str().unwrap()).unwrap();
    assert_eq!(answered["query"]["token"], json!(["[redacted]"]));
    assert_eq!(answered["headers"]["Cookie"], payload["request_headers"]["Cookie"]);
    drop(server.get_with("/v1/whoami", "X-API-Key: an-unknown-key-0123\r\n"));
    trail.event("path=whoami");
    server.get_with("/v1/fixed/key%2Dalpha-0123456789", &format!("X-API-Key: {key}\r\n"));
    let event = trail.event("path=/v1/fixed/");
    assert_eq!(
        (&event["path"], &event["payload"]["request_masked"]),
        (&json!(format!("/v1/fixed/{key_mark}")), &json!(["path", "headers"]))
    );
    let everywhere = [server.file("audit.sqlite"), server.file("audit.sqlite-wal")]
        .into_iter()
        .filter_map(|file| std::fs::read(file).ok())
        .flatten()
        .collect::<Vec<u8>>();
    assert!(!everywhere.is_empty());
    for secret in secrets.iter().chain(&["tok\\u003cen", "an-unknown-key-0123", "key%2Dalpha"]) {
        assert!(memchr::memmem::find(&everywhere, secret.as_bytes()).is_none(), "{secret}");
    }
}

#[test]
fn ordinary_fields_that_share_the_text_of_a_secret_stay_as_they_are() {
    let (server, trail) = start();
    let body = br#"{"theme":"dark-and-long"}"#;
    let headers = "Cookie: theme=dark-and-long\r\nX-Theme: dark-and-long\r\n";
    let answer = server.connect().request("POST", "/v1/echo?theme=dark-and-long&token=dark-and-long", headers, body);
    let event = trail.event("path=/v1/echo");
    let payload = &event["payload"];
    assert_eq!(payload["request_headers"]["X-Theme"], json!(["dark-and-long"]));
    assert_eq!(payload["request_query"]["theme"], json!(["dark-and-long"]));
    assert_eq!(payload["request_body"], r#"{"theme":"dark-and-long"}"#);
    let mark = marked(&server, "dark-and-long");
    let expected = answer
        .text()
        .replace("\"Cookie\":[\"theme=dark-and-long\"]", &format!("\"Cookie\":[\"theme={mark}\"]"))
        .replace("\"token\":[\"dark-and-long\"]", &format!("\"token\":[\"{mark}\"]"));
    assert_eq!(payload["response_body"], expected);
}

#[test]
fn a_fingerprint_finds_what_carried_the_value() {
    let (server, trail) = start();
    server.get_with("/v1/whoami", "Cookie: a=one-of-two-values\r\nX-Request-Id: one\r\n");
    server.get_with("/v1/whoami", "X-Token: two-of-two-values\r\nX-Request-Id: two\r\n");
    server.get_with("/v1/whoami", "Authorization: Basic dXNlcjpvbmUtb2YtdHdvLXZhbHVlcw==\r\nX-Request-Id: three\r\n");
    let found = |value: &str| {
        let page = trail.get(&format!("events?fingerprint={}", fingerprint(&server, value))).json();
        let ids: Vec<&str> =
            page["events"].as_array().unwrap().iter().map(|event| event["request_id"].as_str().unwrap()).collect();
        assert_eq!(page["total"], ids.len());
        ids.join(" ")
    };
    trail.event("request_id=three");
    assert_eq!(found("one-of-two-values"), "three one", "a cookie, and the password of another request");
    assert_eq!(found("two-of-two-values"), "two");
    assert_eq!(found("neither-of-them"), "");
    let event = trail.event("request_id=two");
    assert_eq!(event["fingerprints"], json!([fingerprint(&server, "two-of-two-values")]));
    let stats = trail.get(&format!("stats?fingerprint={}", fingerprint(&server, "one-of-two-values"))).json();
    assert_eq!(stats["total"], 2);
    let ask = |body: &[u8]| {
        let key = "X-API-Key: key-alpha-0123456789\r\n";
        let answer = server.connect().request("POST", "/api/v1/portal/audit/fingerprint", key, body);
        (answer.status, answer.json()["error"].as_str().unwrap_or_default().to_owned())
    };
    let short = "value must have at least 8 bytes; shorter ones have no fingerprint";
    assert_eq!(ask(br#"{"value":"1234567"}"#), (400, short.to_owned()));
    for bad in [&b"{}"[..], b"", b"[]", br#"{"value":12345678}"#, br#"{"value":"12345678","x":1}"#] {
        let (status, error) = ask(bad);
        assert_eq!((status, error.starts_with("request body must be {\"value\"")), (400, true), "{error}");
    }
    assert_eq!(ask(&[b' '; 128 * 1024 + 1]).0, 413);
    assert_eq!(server.connect().request("POST", "/api/v1/portal/audit/fingerprint", "", b"").status, 401);
}

#[test]
fn fingerprints_are_those_of_the_configured_key() {
    let (server, _) = Trail::start("fingerprint_key: what do ya want for");
    // HMAC-SHA256 from another implementation.
    assert_eq!(fingerprint(&server, "Hi There"), "5e64c216");
    assert!(!server.log().join("\n").contains("what do ya want for"));
}

#[test]
fn bodies_are_captured_up_to_their_limit_and_counted_in_full() {
    let (server, trail) = Trail::start("max_payload_bytes: 1000");
    let body: Vec<u8> = (0..=255).cycle().take(5000).collect();
    server.connect().request("POST", "/v1/echo", "", &body);
    let event = trail.event("path=/v1/echo");
    let payload = &event["payload"];
    assert_eq!((&event["bytes_in"], &payload["request_size"]), (&json!(5000), &json!(5000)));
    assert_eq!(payload["request_truncated"], json!(true));
    assert_eq!(payload["request_body_encoding"], "base64");
    assert_eq!(payload["response_truncated"], json!(true));
    assert_eq!(payload["response_body"].as_str().unwrap().len(), 1000);
    let answer = server.get("/v1/export/csv?rows=20000&seed=a");
    let event = trail.event("path=csv");
    assert_eq!(event["bytes_out"], json!(answer.body.len()), "{}", answer.body.len());
    assert!(answer.text().starts_with(event["payload"]["response_body"].as_str().unwrap()));
}

#[test]
fn what_is_not_to_be_captured_is_not() {
    let (server, trail) = Trail::start("capture_headers: false");
    server.connect().request("POST", "/v1/echo?a=1", "", b"abc");
    let event = trail.event("path=/v1/echo");
    assert!(event["payload"]["request_headers"].is_null() && event["payload"]["response_headers"].is_null());
    assert_eq!(event["payload"]["request_body"], "abc");
    drop(server);
    let (server, trail) = Trail::start("capture_payloads: false");
    server.connect().request("POST", "/v1/echo?a=1", "", b"abc");
    let event = trail.event("path=/v1/echo");
    assert!(event["payload"].is_null());
    assert_eq!(event["bytes_in"], json!(3));
}

#[test]
fn what_could_not_be_read_is_on_record_too() {
    let (server, trail) = start();
    let many: String = (0..1000).map(|n| format!("X-{n}: {n}\r\n")).collect();
    let answer = server.get_with("/v1/fixed/many?token=secret-0123", &many);
    assert_eq!(answer.status, 431);
    let event = trail.event("path=/v1/fixed/many");
    assert_eq!((&event["status"], &event["method"]), (&json!(431), &json!("GET")));
    assert_eq!(event["target"], format!("/v1/fixed/many?token={}", marked(&server, "secret-0123")));
    assert_eq!(event["bytes_out"], json!(answer.body.len()));
    assert_eq!(event["request_id"].as_str(), answer.header("x-request-id"));
    let mut bad = server.connect();
    bad.send(b"GET /v1/fixed/bad HTTP/1.1\r\nHost: a\r\nX: \x01\r\n\r\n");
    assert_eq!(bad.receive().status, 400);
    assert_eq!(trail.event("path=/v1/fixed/bad")["error_category"], "malformed");
    let mut tls = server.connect();
    tls.send(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello over TLS\r\n\r\n");
    let answer = tls.receive();
    let event = trail.event(&format!("request_id={}", answer.header("x-request-id").unwrap()));
    assert_eq!((&event["status"], &event["error_category"]), (&json!(400), &json!("malformed")));
    assert_eq!(event["remote_addr"], tls.local_address().to_string());
    let before = trail.settled_total();
    let mut health = server.connect();
    health.send(b"GET /healthz HTTP/1.1\r\nHost: a\r\nX: \x01\r\n\r\n");
    assert_eq!(health.receive().status, 400);
    assert_eq!(trail.settled_total(), before + 1, "only the request of the first settled_total()");
}

#[test]
fn ipv4_peers_are_recorded_as_ipv4_on_a_socket_for_both() {
    let (server, trail) = Trail::start_on_all_interfaces();
    let mut connection = server.connect();
    let peer = connection.local_address().to_string();
    assert_eq!(connection.get("/v1/fixed/read").status, 200);
    let event = trail.event("path=/v1/fixed/read");
    assert_eq!(event["remote_addr"], peer.as_str());
    assert_eq!(event["payload"]["request_remote_addr"], peer.as_str());
    let mut refused = server.connect();
    let peer = refused.local_address().to_string();
    refused.send(b"GET /v1/fixed/refused HTTP/1.1\r\nHost: a\r\nX: \x01\r\n\r\n");
    assert_eq!(refused.receive().status, 400);
    assert_eq!(trail.event("path=/v1/fixed/refused")["remote_addr"], peer.as_str());
    assert!(server.log().iter().all(|line| !line.contains("::ffff:")), "{:?}", server.log());
}

#[test]
fn odd_paths_and_texts_are_stored_escaped() {
    let (server, trail) = start();
    let long = format!("/v1/fixed/{}", "a%00b%FF".repeat(1000));
    assert_eq!(server.get(&format!("{long}?x=%00%FF&%00=1")).status, 200);
    let event = trail.event("path=/v1/fixed/");
    assert_eq!(event["path"], long.as_str());
    assert_eq!(event["payload"]["request_query"], json!({"x": ["\\x00\\xff"], "\\x00": ["1"]}));
    let mut raw = server.connect();
    raw.send(b"GET /v1/headers HTTP/1.1\r\nHost: a\r\nX-Raw: \xff\xc3\xa9\r\nUser-Agent: \xfe\r\n\r\n");
    assert_eq!(raw.receive().status, 200);
    let event = trail.event("path=/v1/headers");
    assert_eq!(event["payload"]["request_headers"]["X-Raw"], json!(["\\xff\u{e9}"]));
    assert_eq!(event["user_agent"], "\\xfe");
}

#[test]
fn a_stop_under_load_loses_nothing() {
    // More places than requests: a full queue drops events, as it should, and a busy machine may write slowly.
    let (mut server, trail) = Trail::start("buffer_size: 100000");
    let address = server.address();
    let clients: Vec<_> = (0..8)
        .map(|_| {
            thread::spawn(move || {
                let mut answered = 0_u64;
                let mut connection = crate::support::Connection::open(address);
                while connection.try_get("/v1/fixed/hello") == Some(200) {
                    answered += 1;
                }
                answered
            })
        })
        .collect();
    while trail.total() < 1000 {
        thread::sleep(Duration::from_millis(20));
    }
    server.signal(rustix::process::Signal::TERM);
    assert_eq!(server.wait().code(), Some(0));
    let answered: u64 = clients.into_iter().map(|client| client.join().unwrap()).sum();
    let stopped = server.wait_for_line(|line| line.contains("audit-sink") && line.contains("actor stopped"));
    assert!(stopped.contains("\"left\":0"), "{stopped}");
    assert!(answered >= 1000, "{answered}");
    assert_eq!(trail.rows_in_file(&server), answered);
}
