//! Reading the audit trail: pages, counts, the live tail, exports, replays, Try-It.

use std::{thread, time::Duration};

use serde_json::{Value, json};

use crate::support::{Connection, Response, Server, audit::Trail};

const KEY: &str = "X-API-Key: key-alpha-0123456789\r\n";

/// Starts a server and stores `count` events of `/v1/fixed/0`, `/v1/fixed/1` and so on.
fn with_events(count: usize) -> (Server, Trail) {
    let (server, trail) = Trail::start("");
    let mut connection = server.connect();
    for n in 0..count {
        connection.get(&format!("/v1/fixed/{n}"));
    }
    wait_for(&trail, count as u64);
    (server, trail)
}

fn wait_for(trail: &Trail, total: u64) {
    for _ in 0..1000 {
        if trail.total() == total {
            return;
        }
        thread::sleep(Duration::from_millis(20));
    }
    panic!("{} events instead of {total}", trail.total());
}

fn paths(page: &Value) -> Vec<&str> {
    page["events"].as_array().unwrap().iter().map(|event| event["path"].as_str().unwrap()).collect()
}

fn post(server: &Server, target: &str, body: &str) -> Response {
    let headers = format!("{KEY}Content-Type: application/json\r\n");
    server.connect().request("POST", &format!("/api/v1/portal/{target}"), &headers, body.as_bytes())
}

#[test]
fn it_is_for_those_who_show_a_credential() {
    let (server, _trail) = Trail::start("");
    for target in ["audit/events", "audit/stream", "audit/export.ndjson", "endpoints", "openapi.json", "audit/meta"] {
        for headers in ["", "X-API-Key: wrong\r\n", "Authorization: Bearer wrong\r\n"] {
            let refused = server.get_with(&format!("/api/v1/portal/{target}"), headers);
            assert_eq!((refused.status, refused.text()), (401, "{\"error\":\"unauthorized\"}\n"), "{target}");
            assert_eq!(refused.header("www-authenticate"), Some("Bearer realm=\"api-test-portal\""));
        }
    }
    let by_param = server.get("/api/v1/portal/audit/events?api_key=key-alpha-0123456789");
    assert_eq!(by_param.status, 200, "the key may stand in the query");
    assert!(!server.get("/openapi.json").text().contains("/api/v1/portal"));
    assert_eq!(server.get_with("/api/v1/portal/audit/nothing", KEY).status, 404);
    assert_eq!(server.connect().request("POST", "/api/v1/portal/audit/events", KEY, b"").status, 405);
}

#[test]
fn without_an_audit_trail_it_says_how_to_have_one() {
    let server = Server::start(
        "server: {address: '127.0.0.1:0'}\nauth: {allow_anonymous: true}\nendpoints: {data: {enabled: true}}\n\
         api_keys: {file: [{name: devkey, key: key-alpha-0123456789}]}\n\
         portal: {enabled: true, cookie_secret: 'sixteen-bytes-or-more'}\n",
    );
    for target in ["events", "stats", "stream", "export.ndjson", "meta", "events/x"] {
        let refused = server.get_with(&format!("/api/v1/portal/audit/{target}"), KEY);
        assert_eq!(refused.status, 503, "{target}");
        assert!(refused.text().starts_with("{\"error\":\"audit.enabled is false: set "), "{}", refused.text());
        assert_eq!(refused.json()["code"], "audit_disabled");
    }
    assert_eq!(server.get_with("/api/v1/portal/endpoints", KEY).status, 200);
    let tried = post(&server, "tryit/data/fixed", r#"{"path_params": {"key": "a"}}"#).json();
    assert_eq!((&tried["status"], &tried["event_id"]), (&json!(200), &Value::Null));
}

#[test]
fn pages_by_offset_and_by_cursor_are_the_same() {
    let (_server, trail) = with_events(25);
    let first = trail.get("events?limit=10").json();
    assert_eq!((&first["total"], &first["limit"], &first["offset"]), (&json!(25), &json!(10), &json!(0)));
    assert_eq!(paths(&first)[..2], ["/v1/fixed/24", "/v1/fixed/23"], "newest first");
    let mut walked: Vec<String> = Vec::new();
    let mut page = first;
    loop {
        walked.extend(paths(&page).into_iter().map(str::to_owned));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        page = trail.get(&format!("events?limit=10&cursor={cursor}")).json();
        assert_eq!(page["total"], 25);
    }
    let expected: Vec<String> = (0..25).rev().map(|n| format!("/v1/fixed/{n}")).collect();
    assert_eq!(walked, expected);
    let by_offset = trail.get("events?limit=10&offset=20").json();
    assert_eq!(paths(&by_offset), &expected[20..]);
    assert!(by_offset.get("next_cursor").is_none(), "nothing follows");
    assert!(trail.get("events?limit=25").json().get("next_cursor").is_none());
    assert!(trail.get("events?limit=24").json()["next_cursor"].is_string());
    assert_eq!(paths(&trail.get("events?offset=100").json()), [""; 0]);
    assert_eq!(trail.get("events?path=/v1/fixed/1&limit=1").json()["total"], 11);
}

#[test]
fn every_question_refuses_what_it_can_not_read() {
    let (server, _trail) = Trail::start("");
    let mut connection = server.connect();
    let common = [
        ("from=x", "from must be"),
        ("from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", "from must not be after to"),
        ("status=9xx", "status must be a status like 404 or a class like 4xx"),
        ("header=nocolon", "header must be"),
        ("success=maybe", "success must be true or false"),
        ("pth=x", "unknown parameter pth; did you mean path?"),
        ("q=%FF", "q must be UTF-8"),
    ];
    for question in ["events", "timeseries", "breakdown", "stats", "stream", "export.ndjson"] {
        for (query, message) in common {
            let refused = connection.request("GET", &format!("/api/v1/portal/audit/{question}?{query}"), KEY, b"");
            let text = refused.text();
            assert!(
                refused.status == 400 && text.starts_with(&format!("{{\"error\":\"{message}")),
                "{question}: {text}"
            );
        }
    }
    for (target, status, message) in [
        ("events?limit=0", 400, "limit must be a positive integer"),
        ("events?limit=-5", 400, "limit must be a positive integer"),
        ("events?limit=1000000000", 400, "limit 1000000000 exceeds max 1000"),
        ("events?offset=-1", 400, "offset must be a non-negative integer"),
        ("events?cursor=nonsense", 400, "cursor is malformed"),
        ("events/nonsense", 400, "id must be a UUID like 019a8d10-0000-7000-8000-000000000001"),
        ("events/019a8d10-0000-7000-8000-000000000001", 404, "no such event"),
        ("events/00000000-0000-0000-0000-000000000000", 404, "no such event"),
        ("timeseries?bucket_seconds=0", 400, "bucket_seconds must be a positive integer"),
        (
            "timeseries?bucket_seconds=1&from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z",
            400,
            "from, to and bucket_seconds 1 ask for 86400 buckets, which exceeds max 10000",
        ),
        (
            "breakdown?dimension=colour",
            400,
            "dimension must be one of endpoint_group, route_name, status, auth_type, user, method, path, success",
        ),
        ("breakdown?top=1001", 400, "top 1001 exceeds max 1000"),
        ("export.ndjson?format=csv", 400, "format must be ndjson or har"),
        ("export.ndjson?limit=0", 400, "limit must be a positive integer"),
        ("stream?last_event_id=7", 400, "last_event_id must be the id of an event, a UUID"),
        ("events/019a8d10-0000-7000-8000-000000000001?x=1", 400, "unknown parameter x"),
    ] {
        let refused = connection.request("GET", &format!("/api/v1/portal/audit/{target}"), KEY, b"");
        assert_eq!((refused.status, refused.json()["error"].as_str().unwrap()), (status, message), "{target}");
        let code = if status == 404 { "event_not_found" } else { "bad_request" };
        assert_eq!(refused.json()["code"], code, "{target}");
    }
}

#[test]
fn counts_are_those_of_the_filter() {
    let (server, trail) = with_events(6);
    for _ in 0..2 {
        server.get("/v1/status/404");
    }
    server.get_with("/v1/whoami", &format!("{KEY}X-Odd: one\r\nX-Odd: two\r\n"));
    wait_for(&trail, 9);
    let series = trail.get("timeseries?bucket_seconds=3600").json();
    let buckets = series["buckets"].as_array().unwrap();
    let sum = |field: &str| buckets.iter().map(|bucket| bucket[field].as_u64().unwrap()).sum::<u64>();
    assert_eq!((sum("count"), sum("errors")), (9, 2));
    assert!(buckets.len() <= 2 && series["bucket_seconds"] == 3600);
    let minutes = trail.get("timeseries").json();
    assert!((60..=61).contains(&minutes["buckets"].as_array().unwrap().len()), "empty ones too");
    let groups = trail.get("breakdown?dimension=status").json();
    let groups: Vec<(&str, u64, u64)> = groups["groups"]
        .as_array()
        .unwrap()
        .iter()
        .map(|group| {
            (group["key"].as_str().unwrap(), group["count"].as_u64().unwrap(), group["errors"].as_u64().unwrap())
        })
        .collect();
    assert_eq!(groups, [("200", 7, 0), ("404", 2, 2)]);
    assert_eq!(trail.get("breakdown").json()["dimension"], "endpoint_group");
    assert_eq!(trail.get("breakdown?dimension=route_name&top=1").json()["groups"][0]["key"], "fixed");
    let stats = trail.get("stats").json();
    for (field, expected) in [
        ("total", json!(9)),
        ("errors", json!(2)),
        ("success", json!(7)),
        ("dropped_total", json!(0)),
        ("refused_total", json!(0)),
    ] {
        assert_eq!(stats[field], expected, "{field}");
    }
    assert!((stats["error_rate"].as_f64().unwrap() - 2.0 / 9.0).abs() < 1e-12);
    assert!(stats.get("last_dropped_at").is_none(), "nothing was dropped: {stats}");
    assert!(stats["queue_capacity"].as_u64().unwrap() >= 1 && stats["p50_ms"].as_f64().unwrap() > 0.0);
    let none = trail.get("stats?path=nothing-like-it").json();
    assert_eq!((&none["total"], &none["error_rate"], &none["p99_ms"]), (&json!(0), &json!(0.0), &json!(0.0)));
    for (filter, total) in [
        ("header=X-Odd:two", 1),
        ("header=x-odd:one&header=X-ODD:two&has_header=x-api-key", 1),
        ("header=X-Odd:three", 0),
        ("has_header=x-odd", 1),
        ("user=devkey", 1),
        ("auth_type=anonymous", 8),
        ("status=4xx&success=false", 2),
        ("route_name=fixed&method=GET", 6),
        ("method=POST", 0),
        ("to=2020-01-01T00:00:00Z", 0),
        ("from=2020-01-01T00:00:00%2B00:00", 9),
        ("q=whoami", 1),
        ("source=replay", 0),
        ("min_duration_ms=60000", 0),
        ("route_name=", 9),
    ] {
        assert_eq!(trail.get(&format!("events?limit=1&{filter}")).json()["total"], total, "{filter}");
    }
    let meta = trail.get("meta").json();
    assert_eq!(meta["features"]["store"], "sqlite");
    assert_eq!(meta["filters"].as_array().unwrap().len(), 28);
}

/// An open live tail.
struct Tail(Connection);

impl Tail {
    fn open(server: &Server, query: &str, headers: &str) -> Self {
        let mut connection = server.connect();
        connection.start("GET", &format!("/api/v1/portal/audit/stream{query}"), &format!("{KEY}{headers}"), b"");
        let (status, headers) = connection.head();
        assert_eq!(status, 200);
        for header in
            [("content-type", "text/event-stream"), ("cache-control", "no-store"), ("x-accel-buffering", "no")]
        {
            assert!(headers.contains(&(header.0.to_owned(), header.1.to_owned())), "{headers:?}");
        }
        let mut tail = Self(connection);
        assert_eq!(tail.text(), ": stream open\n\n");
        tail
    }

    fn text(&mut self) -> String {
        String::from_utf8(self.0.chunk().expect("the stream ended")).unwrap()
    }

    /// Reads `count` events: ids and paths.
    fn events(&mut self, count: usize) -> Vec<(String, String)> {
        let mut found = Vec::new();
        while found.len() < count {
            for message in self.text().split_terminator("\n\n").filter(|message| message.starts_with("id: ")) {
                let mut lines = message.lines();
                let id = lines.next().unwrap().trim_start_matches("id: ").to_owned();
                assert_eq!(lines.next(), Some("event: audit"));
                let event: Value = serde_json::from_str(lines.next().unwrap().trim_start_matches("data: ")).unwrap();
                assert_eq!(event["id"], id.as_str());
                found.push((id, event["path"].as_str().unwrap().to_owned()));
            }
        }
        found
    }
}

#[test]
fn the_live_tail_tells_what_is_written_and_resumes() {
    let (mut server, trail) = Trail::start("");
    let mut all = Tail::open(&server, "", "");
    let mut some = Tail::open(&server, "?path=/v1/fixed/1", "");
    // On one connection: each is on record before the next begins.
    let mut connection = server.connect();
    for n in 0..15 {
        connection.get(&format!("/v1/fixed/{n}"));
    }
    let told = all.events(15);
    let expected: Vec<String> = (0..15).map(|n| format!("/v1/fixed/{n}")).collect();
    assert_eq!(told.iter().map(|(_, path)| path).collect::<Vec<_>>(), expected.iter().collect::<Vec<_>>());
    assert_eq!(some.events(6).last().unwrap().1, "/v1/fixed/14");
    drop(all);
    server.get("/v1/fixed/while-away");
    wait_for(&trail, 16);
    let mut again = Tail::open(&server, "", &format!("Last-Event-ID: {}\r\n", told[9].0));
    let resumed: Vec<String> = again.events(6).into_iter().map(|(_, path)| path).collect();
    assert_eq!(resumed, [&expected[10..], &["/v1/fixed/while-away".to_owned()]].concat(), "no gap, no repetition");
    let mut by_query = Tail::open(&server, &format!("?last_event_id={}", told[13].0), "");
    assert_eq!(by_query.events(2)[0].1, "/v1/fixed/14");
    // A stream would never end by itself; stopping the server ends it.
    server.signal(rustix::process::Signal::TERM);
    assert_eq!(again.text(), ": the server is stopping\n\n");
    assert!(again.0.chunk().is_none(), "it ends as a whole");
    drop((again, by_query, some));
    assert_eq!(server.wait().code(), Some(0));
}

#[test]
fn an_export_has_every_event_once() {
    let (server, trail) = with_events(30);
    let export = |query: &str| trail.get(&format!("export.ndjson?{query}"));
    let all = export("");
    assert_eq!(all.header("content-type"), Some("application/x-ndjson"));
    let name = all.header("content-disposition").unwrap();
    assert!(name.starts_with("attachment; filename=\"api-test-audit-") && name.ends_with("Z.ndjson\""), "{name}");
    let lines: Vec<Value> = all.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let found: Vec<&str> = lines.iter().map(|line| line["path"].as_str().unwrap()).collect();
    assert_eq!(found, (0..30).rev().map(|n| format!("/v1/fixed/{n}")).collect::<Vec<_>>());
    assert!(lines[0].get("payload").is_none());
    assert_eq!(export("limit=7").text().lines().count(), 7);
    assert_eq!(export("path=/v1/fixed/2").text().lines().count(), 11);
    assert_eq!(export("path=nothing").text(), "");
    let with_payload: Value = serde_json::from_str(export("limit=1&payload=true").text()).unwrap();
    assert!(with_payload["payload"]["response_body"].as_str().unwrap().contains("fixed[29]"));
    server.connect().request("POST", "/v1/echo?a=%20b", "Content-Type: text/plain\r\n", b"hello");
    wait_for(&trail, 31);
    let har = export("format=har&limit=5");
    assert_eq!(har.header("content-type"), Some("application/json"));
    let har = har.json();
    let entries = har["log"]["entries"].as_array().unwrap();
    assert_eq!(entries.len(), 5);
    assert_eq!(entries[0]["request"]["url"], "http://api.test/v1/echo?a=%20b");
    assert_eq!(entries[0]["request"]["postData"], json!({"mimeType": "text/plain", "text": "hello"}));
    assert_eq!(export("format=har&path=nothing").json()["log"]["entries"], json!([]));
}

#[test]
fn a_replay_is_the_same_request_by_someone_else() {
    let (server, trail) = Trail::start("max_payload_bytes: 1000");
    let secret = "hunter2-hunter2";
    let headers = format!(
        "Content-Type: application/json\r\nX-Odd: one\r\nX-Odd: two\r\nAuthorization: Basic {secret}\r\n\
         Cookie: a={secret}\r\nX-Plexara-Replay-From: made-up\r\n"
    );
    let target = format!("/v1/echo?b=%20x&token={secret}&a=1&a=2");
    let first = server.connect().request("POST", &target, &headers, br#"{"b":1}"#);
    assert_eq!(first.status, 200);
    let original = trail.event("path=/v1/echo");
    assert_eq!(original["payload"]["request_headers"]["X-Plexara-Replay-From"], json!(["made-up"]));
    let id = original["id"].as_str().unwrap();
    let replayed = post(&server, &format!("audit/replay/{id}"), "");
    assert_eq!(replayed.status, 200, "{}", replayed.text());
    let replayed = replayed.json();
    assert_eq!((&replayed["replayed_from"], &replayed["status"]), (&json!(id), &json!(200)));
    assert_eq!(replayed["body_truncated"], false);
    assert_eq!(replayed["headers"]["Content-Type"], json!(["application/json"]));
    let echoed: Value = serde_json::from_str(replayed["body"].as_str().unwrap()).unwrap();
    assert_eq!(echoed["query"], json!({"a": ["1", "2"], "b": [" x"]}), "what was redacted is left out");
    assert_eq!(echoed["headers"]["X-Odd"], json!(["one", "two"]));
    assert_eq!(echoed["headers"]["X-Plexara-Replay-From"], json!([id]));
    assert!(echoed["headers"].get("Authorization").is_none() && echoed["headers"].get("Cookie").is_none());
    let event = trail.event("source=replay");
    assert_eq!(event["id"], replayed["event_id"]);
    assert_eq!(event["payload"]["replayed_from"], json!(id));
    assert_eq!((&event["user_subject"], &event["method"]), (&json!("devkey"), &json!("POST")));
    assert_eq!(event["payload"]["request_body"], r#"{"b":1}"#);
    assert_eq!((&original["host"], &event["host"]), (&json!("api.test"), &json!("api.test")));

    let refused = |id: &str| {
        let refused = post(&server, &format!("audit/replay/{id}"), "");
        (refused.status, refused.json()["error"].as_str().unwrap().to_owned())
    };
    let why = |why: &str| (400, format!("the request can't be replayed: {why}"));
    let of_replay = event["id"].as_str().unwrap();
    assert_eq!(refused(of_replay), why(&format!("the event is itself a replay; the original is {id}")));
    assert_eq!(refused("019a8d10-0000-7000-8000-000000000001"), (404, "no such event".to_owned()));
    assert_eq!(refused("x").0, 400);
    server.connect().request("POST", "/v1/echo", "X-Request-Id: long\r\n", &[b'x'; 2000]);
    let long = trail.event("request_id=long");
    let long = refused(long["id"].as_str().unwrap());
    assert_eq!(long, why("its body is longer than what was captured (audit.max_payload_bytes)"));
    assert_eq!(server.get_with(&format!("/api/v1/portal/audit/replay/{id}"), KEY).status, 405);
}

#[test]
fn a_replay_has_the_target_byte_for_byte() {
    let (server, trail) = Trail::start("max_payload_bytes: 1000");
    let targets = [
        ("/v1/echo?<img/src=x>`\"'\\^{|}=<b>#c", 200),
        ("/v1/echo?\u{e9}=\u{fc}&%C3%A9=%zz", 200),
        ("/v1/<img/src=x/onerror=a()>?b[]=c", 404),
    ];
    let mut events = 0;
    for (number, (target, status)) in targets.into_iter().enumerate() {
        for (form, prefix) in ["", "http://api.test"].into_iter().enumerate() {
            let id = format!("raw-{number}-{form}");
            let mut connection = server.connect();
            let request = format!("GET {prefix}{target} HTTP/1.1\r\nHost: api.test\r\nX-Request-Id: {id}\r\n\r\n");
            connection.send(request.as_bytes());
            assert_eq!(connection.receive().status, status, "{target}");
            let original = trail.event(&format!("request_id={id}&source=external"));
            let replayed = post(&server, &format!("audit/replay/{}", original["id"].as_str().unwrap()), "");
            assert_eq!(replayed.status, 200, "{target}: {}", replayed.text());
            let replayed = replayed.json();
            assert_eq!(replayed["status"], json!(status), "{target}");
            events += 2;
            wait_for(&trail, events);
            let event = format!("/api/v1/portal/audit/events/{}", replayed["event_id"].as_str().unwrap());
            let event = server.get_with(&event, KEY).json();
            assert_eq!(event["target"], json!(target));
            assert_eq!(event["path"], original["path"]);
        }
    }
    let mut connection = server.connect();
    connection.send(b"GET /v1/echo?\xff HTTP/1.1\r\nHost: a\r\nX-Request-Id: bytes\r\n\r\n");
    connection.receive();
    let id = trail.event("request_id=bytes")["id"].as_str().unwrap().to_owned();
    let refused = post(&server, &format!("audit/replay/{id}"), "");
    let why = "the request can't be replayed: its target contains bytes that are not text, so the record does not show \
               them as they were";
    assert_eq!((refused.status, refused.json()["error"].as_str()), (400, Some(why)));
}

#[test]
fn a_replay_needs_what_was_captured() {
    let (server, trail) = Trail::start("capture_payloads: false");
    server.get("/v1/fixed/a");
    let event = trail.event("path=/v1/fixed/a");
    let refused = post(&server, &format!("audit/replay/{}", event["id"].as_str().unwrap()), "");
    assert_eq!(refused.status, 400);
    assert!(refused.text().contains("its payload was not captured (audit.capture_payloads)"), "{}", refused.text());
}

#[test]
fn try_it_goes_through_the_chain_and_is_on_record() {
    let (server, trail) = Trail::start("");
    let tried = post(
        &server,
        "tryit/data/fixed",
        r#"{"path_params": {"key": "a b%é"}, "query_params": {"x": ["1", "2 3"], "y": "z"},
            "headers": {"X-Demo": ["a", "b"], "Cookie": ["c=1"], "Authorization": "Basic x", "Host": ["elsewhere"]}}"#,
    );
    assert_eq!(tried.status, 200, "{}", tried.text());
    let tried = tried.json();
    assert_eq!(tried["dispatched_to"], "/v1/fixed/a%20b%25%C3%A9?x=1&x=2%203&y=z");
    assert_eq!((&tried["method"], &tried["status"]), (&json!("GET"), &json!(200)));
    assert!(tried["body"].as_str().unwrap().contains("a b%é") && tried["body_truncated"] == false);
    assert_eq!(tried["headers"]["Content-Type"], json!(["application/json"]));
    let event = trail.event("source=portal-tryit");
    assert_eq!((&event["id"], &event["user_subject"]), (&tried["event_id"], &json!("devkey")));
    let headers = &event["payload"]["request_headers"];
    assert_eq!(headers["X-Demo"], json!(["a", "b"]));
    assert!(headers.get("Cookie").is_none() && headers.get("Authorization").is_none());
    assert_eq!(
        (&event["host"], &headers["Host"]),
        (&json!("api.test"), &json!(["api.test"])),
        "as the portal is reached"
    );
    let links = post(&server, "tryit/pagination/pagination_link", "{}").json()["headers"]["Link"].to_string();
    assert!(links.contains("<http://api.test/v1/pagination/link?"), "{links}");

    let body = post(&server, "tryit/echo/echo_post", r#"{"body": {"a": [1, "é"]}}"#).json();
    let echoed: Value = serde_json::from_str(body["body"].as_str().unwrap()).unwrap();
    assert_eq!(echoed["body"], json!({"a": [1, "é"]}));
    assert_eq!(echoed["headers"]["Content-Type"], json!(["application/json"]));
    let head = post(&server, "tryit/data/fixed", r#"{"method": "HEAD", "path_params": {"key": "a"}}"#).json();
    assert_eq!((&head["method"], &head["body"]), (&json!("HEAD"), &json!("")));
    let failed = post(&server, "tryit/failure/status", r#"{"path_params": {"code": 503}}"#).json();
    assert_eq!(failed["status"], 503);
    let large = post(&server, "tryit/export/export_big_body", r#"{"query_params": {"size_kb": [2048]}}"#).json();
    assert_eq!((&large["body_truncated"], large["body"].as_str().unwrap().len()), (&json!(true), 1024 * 1024));
    let cookie = post(&server, "tryit/identity/whoami", r#"{"headers": {"X-API-Key": "wrong-key-01234"}}"#).json();
    assert_eq!(cookie["status"], 401, "a credential of its own is judged like any other");
}

#[test]
fn try_it_says_what_is_wrong_with_a_description() {
    let (server, trail) = Trail::start("");
    for (target, body, status, message) in [
        ("data/fixed", "{}", 400, "path parameter key is missing"),
        ("data/fixed", r#"{"path_params": {"key": "a/b"}}"#, 400, "path parameter key must not contain a slash"),
        ("data/fixed", r#"{"path_params": {"key": ""}}"#, 400, "path parameter key must not be empty"),
        ("data/fixed", r#"{"path_params": {"key": ["a"]}}"#, 400, "path parameter key must be text"),
        ("data/fixed", r#"{"path_params": {"key": "a", "kee": "b"}}"#, 400, "unknown path parameter kee"),
        (
            "data/fixed",
            r#"{"path_params": {"key": "a"}, "query_params": {"x": {}}}"#,
            400,
            "query_params.x must be text or a list",
        ),
        (
            "data/fixed",
            r#"{"path_params": {"key": "a"}, "headers": {"a b": ["c"]}}"#,
            400,
            "headers: \"a b\" is not a valid header name",
        ),
        (
            "data/fixed",
            r#"{"path_params": {"key": "a"}, "headers": {"a": ["b\nc"]}}"#,
            400,
            "headers: the value of a contains",
        ),
        (
            "data/fixed",
            r#"{"path_params": {"key": "a"}, "method": "DELETE"}"#,
            400,
            "method must be one that /v1/fixed/{key} accepts: GET, HEAD",
        ),
        ("data/fixed", r#"{"path_params": {"key": "a"}, "method": "G T"}"#, 400, "method must be an HTTP method"),
        (
            "data/fixed",
            r#"{"path_parms": {"key": "a"}}"#,
            400,
            "request body must be a JSON object that describes a request: unknown field `path_parms`",
        ),
        ("data/fixed", "", 400, "request body must be a JSON object"),
        ("data/fixed", "[1]", 400, "request body must be a JSON object"),
        ("data/nothing", "{}", 404, "no such endpoint"),
        ("echo/fixed", "{}", 404, "no such endpoint"),
        ("audit/audit_events", "{}", 404, "no such endpoint"),
        ("site/healthz", "{}", 404, "no such endpoint"),
    ] {
        let refused = post(&server, &format!("tryit/{target}"), body);
        assert_eq!(refused.status, status, "{target} {body}: {}", refused.text());
        let error = refused.json()["error"].as_str().unwrap().to_owned();
        assert!(error.starts_with(message), "{target} {body}: {error}");
    }
    let large = format!("{{\"body\": \"{}\"}}", "x".repeat(9 * 1024 * 1024));
    assert_eq!(post(&server, "tryit/echo/echo_post", &large).status, 413);
    assert_eq!(trail.total(), 0, "nothing of it was sent");
}

#[test]
fn the_document_and_the_catalogue_say_what_is_mounted() {
    let (server, _trail) = Trail::start("");
    let document = server.get_with("/api/v1/portal/openapi.json", KEY).json();
    let paths = document["paths"].as_object().unwrap();
    for path in ["audit/events", "audit/events/{id}", "audit/replay/{id}", "tryit/{group}/{route}", "endpoints/{name}"]
    {
        assert!(paths.contains_key(&format!("/api/v1/portal/{path}")), "{path}");
    }
    assert!(!paths.keys().any(|path| !path.starts_with("/api/v1/portal/")));
    assert!(document["security"].as_array().unwrap().iter().all(|one| one != &json!({})), "never anonymous");
    let catalogue = server.get_with("/api/v1/portal/endpoints", KEY).json();
    let groups = catalogue["groups"].as_array().unwrap();
    assert_eq!(groups.len(), 9);
    for group in groups {
        let name = group["name"].as_str().unwrap();
        for route in group["routes"].as_array().unwrap() {
            let one = server.get_with(&format!("/api/v1/portal/endpoints/{}", route["name"].as_str().unwrap()), KEY);
            assert_eq!(one.json(), *route, "{name}");
        }
    }
    assert_eq!(server.get_with("/api/v1/portal/endpoints/pagination", KEY).json()["name"], "pagination");
    assert_eq!(server.get_with("/api/v1/portal/endpoints/nothing", KEY).status, 404);
}

#[test]
fn every_parameter_survives_bad_values() {
    const BAD: [&str; 12] = [
        "",
        "abc",
        "-1",
        "1e999",
        "%00",
        "%ff",
        "%",
        "9223372036854775808",
        "NaN",
        "a%0d%0aX:%20y",
        "%F0%9F%A6%80",
        "a:b",
    ];
    let (server, _trail) = with_events(1);
    let mut connection = server.connect();
    let document = server.get_with("/api/v1/portal/openapi.json", KEY).json();
    let mut asked = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for parameter in item["get"]["parameters"].as_array().into_iter().flatten() {
            if path.ends_with("/stream") || parameter["in"] == "header" {
                continue;
            }
            let name = parameter["name"].as_str().unwrap();
            for value in BAD.into_iter().chain([&*"x".repeat(8192)]) {
                let target = match parameter["in"] == "path" {
                    true => path.replace(&format!("{{{name}}}"), value),
                    false => format!("{path}?{name}={value}"),
                };
                let status = connection.request("GET", &target, KEY, b"").status;
                assert!([200, 400, 404].contains(&status), "{target}: {status}");
                asked += 1;
            }
        }
    }
    assert!(asked > 500, "{asked}");
}
