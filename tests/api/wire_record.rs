//! The record below HTTP: exact heads, framing, how exchanges and connections end.

use std::{thread, time::Duration};

use serde_json::{Value, json};

use crate::support::{
    Connection, Server,
    audit::Trail,
    frames::{DATA, END_HEADERS, END_STREAM, GET, HEADERS, RST_STREAM, SETTINGS, ask, field, frame, reset},
};

/// The head as the record has it.
fn raw_head(event: &Value) -> &str {
    event["wire"]["request"]["raw_head"].as_str().unwrap_or_else(|| panic!("no head: {event}"))
}

/// Sends `bytes` as a request with an id of its own, and returns its event.
fn recorded(server: &Server, trail: &Trail, bytes: &str, id: &str) -> Value {
    let mut connection = server.connect();
    connection.send(bytes.replace("{id}", &format!("X-Request-Id: {id}\r\n")).as_bytes());
    connection.receive();
    trail.event(&format!("request_id={id}"))
}

/// Waits for the rows of connections that match a filter.
fn connections(trail: &Trail, filter: &str, count: usize) -> Vec<Value> {
    for _ in 0..3000 {
        let rows = trail.get(&format!("connections?{filter}")).json();
        let rows = rows["connections"].as_array().unwrap_or_else(|| panic!("{rows}"));
        if rows.len() >= count {
            return rows.clone();
        }
        thread::sleep(Duration::from_millis(20));
    }
    panic!("no {count} connections for {filter}");
}

#[test]
fn raw_bytes_of_a_target_are_not_their_escapes() {
    let (server, trail) = Trail::start("");
    let raw = recorded(&server, &trail, "GET /v1/echo?\u{e9} HTTP/1.1\r\nHost: a\r\n{id}\r\n", "raw");
    let escaped = recorded(&server, &trail, "GET /v1/echo?%C3%A9 HTTP/1.1\r\nHost: a\r\n{id}\r\n", "escaped");
    assert!(raw_head(&raw).starts_with("GET /v1/echo?\u{e9} HTTP/1.1\r\n"), "{raw}");
    assert!(raw_head(&escaped).starts_with("GET /v1/echo?%C3%A9 HTTP/1.1\r\n"), "{escaped}");
    assert_eq!((&raw["target"], &escaped["target"]), (&json!("/v1/echo?\u{e9}"), &json!("/v1/echo?%C3%A9")));
}

#[test]
fn fields_keep_order_case_and_number() {
    let (server, trail) = Trail::start("");
    let head = "GET /v1/fixed/a HTTP/1.1\r\nHost: a\r\nX-CSRF-THING: 1\r\nx-b:2\r\nX-Request-Id: order\r\nx-a:  3 \r\nX-B: 4\r\n\
         Cookie: a=12345678\r\nCookie: b=12345678; c=x\r\n\r\n";
    let event = recorded(&server, &trail, head, "order");
    let names: Vec<_> =
        event["wire"]["request"]["fields"].as_array().unwrap().iter().map(|field| field[0].as_str().unwrap()).collect();
    assert_eq!(names, ["Host", "X-CSRF-THING", "x-b", "X-Request-Id", "x-a", "X-B", "Cookie", "Cookie"]);
    let stored = raw_head(&event);
    assert!(stored.contains("\r\nx-b:2\r\nX-Request-Id: order\r\nx-a:  3 \r\nX-B: 4\r\n"), "{stored}");
    assert!(stored.contains("\r\nCookie: a=[redacted:") && stored.contains("; c=[redacted]\r\n"), "{stored}");
    assert!(!stored.contains("12345678"), "{stored}");
}

#[test]
fn trailers_and_chunks_are_on_record_and_are_no_headers() {
    let (server, trail) = Trail::start("");
    let request = "POST /v1/echo HTTP/1.1\r\nHost: a\r\n{id}Transfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\n\
         X-Sum: 5\r\nx-token: 12345678\r\nX-Sum: 6\r\n\r\n";
    let event = recorded(&server, &trail, request, "trailers");
    let wire = &event["wire"]["request"];
    assert_eq!(wire["framing"], "chunked");
    assert_eq!(wire["chunks"], json!({"count": 2, "sizes": [3, 2], "extensions": [{"chunk": 0, "text": ";x=y"}]}));
    let trailers = wire["trailers"].as_array().unwrap();
    assert_eq!((trailers.len(), &trailers[0], &trailers[2]), (3, &json!(["X-Sum", "5"]), &json!(["X-Sum", "6"])));
    assert!(trailers[1][1].as_str().unwrap().starts_with("[redacted:"), "{trailers:?}");
    assert!(event["payload"]["request_headers"].get("X-Sum").is_none());
    assert_eq!(wire["wire_bytes"], json!(request.replace("{id}", "X-Request-Id: trailers\r\n").len()));
    assert!(wire["body_first_ms"].is_number() && wire["body_last_ms"].is_number() && wire["head_ms"].is_number());
}

#[test]
fn requests_are_numbered_on_their_connection_which_has_a_row() {
    let (server, trail) = Trail::start("");
    let mut connection = server.connect();
    let peer = connection.local_address().to_string();
    for number in 1..=10 {
        let id = format!("X-Request-Id: number-{number}\r\n");
        assert_eq!(connection.request("GET", "/v1/fixed/a", &id, b"").status, 200);
    }
    let first = trail.event("request_id=number-1");
    let last = trail.event("request_id=number-10");
    assert_eq!((&first["request_on_connection"], &last["request_on_connection"]), (&json!(1), &json!(10)));
    assert!(first["connection_id"].is_string() && first["connection_id"] == last["connection_id"]);
    assert_eq!((&last["ended_by"], &last["wire"]["connection"]["peer"]), (&json!("complete"), &json!(peer)));
    drop(connection);
    let rows = connections(&trail, &format!("remote_addr={peer}"), 1);
    assert_eq!((&rows[0]["id"], &rows[0]["requests"]), (&first["connection_id"], &json!(10)));
    assert_eq!((&rows[0]["protocol"], &rows[0]["ended_by"]), (&json!("http/1"), &json!("complete")));
    assert!(rows[0]["bytes_in"].as_u64().unwrap() > 100 && rows[0]["bytes_out"].as_u64().unwrap() > 1000);
    assert_eq!(rows[0]["first_bytes"], "");
}

#[test]
fn connections_without_a_request_have_rows() {
    let (server, trail) = Trail::start("");
    let cases: [(&[u8], &str, &str); 3] = [
        (b"", "complete", ""),
        (b"GET /v1/fi", "client_fin", "GET /v1/fi"),
        (b"GET /v1/a HTTP/1.1\r\nX-Api-Key : key-alpha-0123456789\r\n\r\n", "server_close", ""),
    ];
    for (bytes, ended_by, first) in cases {
        let mut connection = server.connect();
        let peer = connection.local_address().to_string();
        connection.send(bytes);
        connection.finish_sending();
        let row = connections(&trail, &format!("remote_addr={peer}"), 1).remove(0);
        assert_eq!((&row["ended_by"], &row["requests"]), (&json!(ended_by), &json!(0)), "{row}");
        assert_eq!((&row["protocol"], &row["bytes_in"]), (&json!("none"), &json!(bytes.len())), "{row}");
        let shown = row["first_bytes"].as_str().unwrap();
        assert!(!shown.contains("key-alpha") && shown.starts_with(first), "{row}");
    }
}

#[test]
fn first_bytes_of_http_2_hide_secrets_and_are_not_kept() {
    let (server, trail) = Trail::start("");
    // Fields with upper-case names are malformed (RFC 9113, section 8.2.1), so no request is understood.
    let block = [GET, &field("X-API-Key", "key-alpha-0123456789")].concat();
    let headers = frame(HEADERS, END_HEADERS | END_STREAM, 1, &block);
    ask(&server, &headers, |frames| frames.iter().any(|(kind, ..)| *kind == RST_STREAM));
    let row = connections(&trail, "protocol=http/2", 1).remove(0);
    assert_eq!((&row["requests"], &row["first_bytes"]), (&json!(0), &json!("")), "{row}");
}

#[test]
fn malformed_requests_have_their_rule_and_their_bytes() {
    let (server, trail) = Trail::start("");
    for (rule, bytes, kept) in [
        ("line-folding", "GET /v1/a HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n", "X: a\r\n b\r\n"),
        ("space-before-colon", "GET /v1/a HTTP/1.1\r\nHost: a\r\nX : a\r\n\r\n", "X : a\r\n"),
        ("missing-host", "GET /v1/a HTTP/1.1\r\nX-Only: a\r\n\r\n", "X-Only: a\r\n"),
        (
            "conflicting-content-lengths",
            "POST /v1/a HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
            "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        ),
        ("bad-request-line", "GET\r\n\r\n", "GET\r\n\r\n"),
    ] {
        let mut connection = server.connect();
        connection.send(bytes.as_bytes());
        let answer = connection.receive();
        let event = trail.event(&format!("request_id={}", answer.header("x-request-id").unwrap()));
        assert_eq!((&event["rule"], &event["error_category"]), (&json!(rule), &json!("malformed")), "{event}");
        assert_eq!((&event["ended_by"], &event["request_on_connection"]), (&json!("server_close"), &json!(1)));
        assert!(raw_head(&event).contains(kept), "{event}");
        assert_eq!(event["wire"]["request"]["wire_bytes"], json!(bytes.len()), "{event}");
        if rule == "space-before-colon" {
            let at = usize::try_from(event["wire"]["request"]["rule_at"].as_u64().unwrap()).unwrap();
            assert!(raw_head(&event)[at..].starts_with(" : a"), "{event}");
        }
    }
    let mut bad = server.connect();
    bad.send(b"POST /v1/echo HTTP/1.1\r\nHost: a\r\nX-Request-Id: chunk\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n");
    assert_eq!(bad.receive().status, 400);
    let event = trail.event("request_id=chunk");
    assert_eq!((&event["rule"], &event["error_category"]), (&json!("bad-chunk-size"), &json!("malformed")));
    assert_eq!(event["wire"]["request"]["broken"], "zz\r\n");
    let mut large = server.connect();
    large.send(b"POST /v1/echo HTTP/1.1\r\nHost: a\r\nX-Request-Id: large\r\nContent-Length: 99999999999\r\n\r\n");
    assert_eq!(large.receive().status, 413);
    assert_eq!(trail.event("request_id=large")["rule"], "body-too-large");
}

#[test]
fn how_a_client_left_is_told_apart() {
    let (server, trail) = Trail::start("");
    let slow = |id: &str| {
        let mut connection = server.connect();
        connection.start("GET", "/v1/slow?ms=60000", &format!("X-Request-Id: {id}\r\n"), b"");
        connection.wait_until_read();
        connection
    };
    let mut closed = slow("closed");
    closed.finish_sending();
    assert!(closed.is_closed());
    slow("reset").reset();
    assert_eq!(trail.event("request_id=closed")["ended_by"], "client_fin");
    assert_eq!(trail.event("request_id=reset")["ended_by"], "client_reset");
    for (ended_by, count) in [("client_fin", 1), ("client_reset", 1)] {
        assert_eq!(connections(&trail, &format!("ended_by={ended_by}"), count).len(), count);
    }
}

#[test]
fn expectations_traces_and_test_runs_are_on_record() {
    let (server, trail) = Trail::start("");
    let mut connection = server.connect();
    let fields = "X-Request-Id: expects\r\nExpect: 100-continue\r\nX-Test-Run: suite 7\r\n\
        traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\nContent-Length: 5\r\n";
    connection.start("POST", "/v1/echo", fields, b"");
    assert_eq!(connection.head().0, 100);
    connection.send(b"hello");
    assert_eq!(connection.receive().status, 200);
    let event = trail.event("request_id=expects");
    assert_eq!(
        (&event["trace_id"], &event["test_run"]),
        (&json!("4bf92f3577b34da6a3ce929d0e0e4736"), &json!("suite 7"))
    );
    let request = &event["wire"]["request"];
    assert_eq!((&request["expect"], &request["length"]), (&json!(["100-continue"]), &json!(5)));
    let (continued, body) = (request["continue_ms"].as_f64().unwrap(), request["body_first_ms"].as_f64().unwrap());
    assert!(continued <= body, "{request}");
    assert_eq!(trail.get("events?test_run=suite%207").json()["total"], 1);
}

#[test]
fn a_stop_is_the_end_of_idle_connections() {
    let (mut server, trail) = Trail::start("");
    let mut idle = server.connect();
    assert_eq!(idle.get("/v1/fixed/a").status, 200);
    let peer = idle.local_address().to_string();
    server.signal(rustix::process::Signal::TERM);
    assert_eq!(server.wait().code(), Some(0));
    drop((idle, trail));
    let rows = Trail::connections_in_file(&server);
    let row = rows.iter().find(|row| row["remote_addr"] == peer.as_str()).unwrap_or_else(|| panic!("{rows:?}"));
    assert_eq!((&row["ended_by"], &row["requests"]), (&json!("shutdown"), &json!(1)));
}

#[test]
fn without_payloads_only_the_narrow_columns_are_kept() {
    let (server, trail) = Trail::start("capture_payloads: false");
    let event = recorded(&server, &trail, "GET /v1/fixed/a HTTP/1.1\r\nHost: a\r\nX-Test-Run: r\r\n{id}\r\n", "narrow");
    assert_eq!((&event["test_run"], &event["request_on_connection"]), (&json!("r"), &json!(1)));
    assert!(event["wire"].get("request").is_none_or(|request| request.get("raw_head").is_none()), "{event}");
    let mut connection = Connection::open(server.address());
    connection.send(b"GET /v1/a HTTP/1.1\r\nX : y\r\n\r\n");
    let answer = connection.receive();
    let event = trail.event(&format!("request_id={}", answer.header("x-request-id").unwrap()));
    assert_eq!(event["rule"], "space-before-colon");
    assert!(!event.to_string().contains("X : y"), "{event}");
}

/// `POST /v1/echo` of host `a`.
fn post(path: &str, fields: &[(&str, &str)]) -> Vec<u8> {
    let fields = fields.iter().flat_map(|(name, value)| field(name, value));
    [&[0x83, 0x86, 0x41, 1, b'a'][..], &field(":path", path), &fields.collect::<Vec<_>>()].concat()
}

#[test]
fn http2_has_its_fields_trailers_settings_and_frames_on_record() {
    let (server, trail) = Trail::start("");
    let settings = frame(SETTINGS, 0, 0, &[0, 3, 0, 0, 0, 7, 0x12, 0x34, 0, 0, 0, 1]);
    let fields = [("x-request-id", "h2"), ("x-b", "1"), ("x-a", "2"), ("x-b", "3"), ("cookie", "a=12345678")];
    let request = [
        settings,
        frame(HEADERS, END_HEADERS, 1, &post("/v1/echo", &fields)),
        frame(DATA, 0, 1, b"hello"),
        frame(HEADERS, END_HEADERS | END_STREAM, 1, &[field("x-sum", "5"), field("x-token", "12345678")].concat()),
    ];
    ask(&server, &request.concat(), |frames| {
        frames.iter().any(|(kind, stream, body)| (*kind, *stream) == (DATA, 1) && !body.is_empty())
    });
    let event = trail.event("request_id=h2");
    let wire = &event["wire"];
    let sent = wire["request"]["fields"].as_array().unwrap();
    let names: Vec<_> = sent.iter().map(|field| field[0].as_str().unwrap()).collect();
    // The library joins repeated names.
    assert_eq!(names, [":method", ":scheme", ":authority", ":path", "x-request-id", "x-b", "x-b", "x-a", "cookie"]);
    assert!(!wire.to_string().contains("12345678"), "{wire}");
    assert_eq!(wire["request"]["framing"], "h2");
    assert_eq!(wire["request"]["trailers"][0], json!(["x-sum", "5"]));
    assert!(wire["request"]["trailers"][1][1].as_str().unwrap().starts_with("[redacted:"), "{wire}");
    assert!(event["payload"]["request_headers"].get("X-Sum").is_none());
    let connection = &wire["connection"];
    assert_eq!(connection["stream"], 1);
    assert_eq!(connection["settings"], json!({"MAX_CONCURRENT_STREAMS": 7, "4660": 1}));
    let frames = connection["frames"].as_array().unwrap();
    let of_client =
        |kind: &str| frames.iter().filter(|frame| frame["type"] == kind && frame["from"] == "client").count();
    assert_eq!((of_client("SETTINGS"), of_client("HEADERS"), of_client("DATA")), (2, 2, 1), "{frames:?}");
    let row = connections(&trail, "protocol=http/2", 1).remove(0);
    assert_eq!((&row["id"], &row["requests"]), (&event["connection_id"], &json!(1)));
}

#[test]
fn a_stream_that_its_client_resets_has_the_code_on_record() {
    let (server, trail) = Trail::start("");
    let slow =
        frame(HEADERS, END_HEADERS | END_STREAM, 1, &post("/v1/slow?ms=60000", &[("x-request-id", "cancelled")]));
    let other = frame(HEADERS, END_HEADERS | END_STREAM, 3, &post("/v1/echo", &[("x-request-id", "other")]));
    let cancel = frame(RST_STREAM, 0, 1, &[0, 0, 0, 8]);
    let frames = ask(&server, &[slow, cancel, other].concat(), |frames| {
        frames.iter().any(|(kind, stream, _)| (*kind, *stream) == (HEADERS, 3))
    });
    assert_eq!(reset(&frames, 3), None);
    let event = trail.event("request_id=cancelled");
    assert_eq!((&event["ended_by"], &event["wire"]["reset_code"]), (&json!("client_reset"), &json!(8)));
    assert_eq!(event["request_on_connection"], 1);
    assert_eq!(trail.event("request_id=other")["request_on_connection"], 2);
}
