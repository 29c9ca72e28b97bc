//! The record below HTTP as the API shows it, its filters, and connections.

use std::time::Duration;

use actors::audit::Connection;
use api_test::{config::DatabaseConfig, store};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::audit::Trail;

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

fn paths(found: &Value) -> Vec<&str> {
    found["events"].as_array().unwrap().iter().map(|event| event["path"].as_str().unwrap()).collect()
}

#[test]
fn events_are_found_by_facts_below_http_and_show_them() {
    let (server, trail) = Trail::start("");
    let mut tail = trail.tail("?test_run=run-7");
    let mut connection = server.connect();
    let marked = format!("X-Test-Run: run-7\r\ntraceparent: 00-{TRACE}-b7ad6b7169203331-01\r\nx-ODD:  a \r\n");
    connection.request("GET", "/v1/fixed/first", "", b"");
    connection.request("GET", "/v1/fixed/second?a=b", &marked, b"");
    let event = trail.event("test_run=run-7");
    assert_eq!((&event["path"], &event["ended_by"]), (&json!("/v1/fixed/second"), &json!("complete")));
    assert_eq!((&event["request_on_connection"], &event["trace_id"]), (&json!(2), &json!(TRACE)));
    for absent in ["rule", "script", "attempt", "call_key", "target_base64"] {
        assert_eq!(event.get(absent), None, "{absent}");
    }
    // The list has the same facts.
    let listed = trail.get("events?test_run=run-7").json();
    for field in ["connection_id", "request_on_connection", "ended_by", "trace_id", "test_run"] {
        assert_eq!(listed["events"][0][field], event[field], "{field}");
    }
    assert_eq!(listed["events"][0].get("wire"), None);

    let request = &event["wire"]["request"];
    let head = request["raw_head"].as_str().unwrap();
    assert!(head.starts_with("GET /v1/fixed/second?a=b HTTP/1.1\r\n") && head.contains("\r\nx-ODD:  a \r\n"), "{head}");
    assert_eq!(request.get("raw_head_encoding"), None);
    let fields = request["fields"].as_array().unwrap();
    let of_test = [json!(["X-Test-Run", "run-7"]), json!(["x-ODD", "a"])];
    assert!(of_test.iter().all(|field| fields.contains(field)), "{fields:?}");
    assert_eq!(request["framing"], "none");
    assert_eq!(event["wire"]["connection"]["local_port"], server.address().port());

    let id = event["connection_id"].as_str().unwrap();
    let both = ["/v1/fixed/second", "/v1/fixed/first"];
    let peer = event["remote_addr"].as_str().unwrap();
    for (filter, expected) in [
        (format!("connection={id}"), &both[..]),
        (format!("trace_id={}", TRACE.to_uppercase()), &both[..1]),
        (format!("remote_addr={peer}&http_version=HTTP/1.1"), &both[..]),
        ("remote_addr=127.0.0.1&ended_by=complete&path=/v1/fixed".to_owned(), &both[..]),
        ("connection=019a8d10-0000-7000-8000-000000000001".to_owned(), &[]),
        ("script=none".to_owned(), &[]),
        ("call_key=none".to_owned(), &[]),
        ("attempt=1".to_owned(), &[]),
        ("rule=bare-cr".to_owned(), &[]),
        ("http_version=HTTP/2.0".to_owned(), &[]),
    ] {
        let found = trail.get(&format!("events?{filter}")).json();
        assert_eq!(paths(&found), expected, "{filter}");
        assert_eq!(found["total"], expected.len(), "{filter}");
        let exported = trail.get(&format!("export.ndjson?{filter}"));
        assert_eq!(exported.text().lines().count(), expected.len(), "{filter}");
        let stats = trail.get(&format!("stats?{filter}")).json();
        assert_eq!(stats["total"], expected.len(), "{filter}");
    }
    let told = tail.event();
    assert_eq!(
        (&told["id"], &told["connection_id"], &told["test_run"]),
        (&event["id"], &event["connection_id"], &json!("run-7"))
    );
    for bad in ["connection=1", "trace_id=xyz", "attempt=-1", "ended_by=chance"] {
        let refused = trail.get(&format!("events?{bad}"));
        assert_eq!(refused.status, 400, "{bad}");
        assert!(refused.text().contains(bad.split('=').next().unwrap()), "{}", refused.text());
    }
}

#[test]
fn targets_and_heads_that_are_no_text_are_shown_as_bytes() {
    let (server, trail) = Trail::start("");
    let mut connection = server.connect();
    connection
        .send(b"GET /v1/fixed/\xff HTTP/1.1\r\nHost: a\r\nX-Request-Id: raw\r\nX: \xfc\r\nConnection: close\r\n\r\n");
    connection.receive();
    let event = trail.event("request_id=raw");
    let listed = trail.get("events?request_id=raw").json();
    for event in [&event, &listed["events"][0]] {
        // "/v1/fixed/\xff"
        assert_eq!(event["target_base64"], "L3YxL2ZpeGVkL/8=", "{event}");
        assert!(event["target"].as_str().unwrap().contains('\u{FFFD}'), "{event}");
    }
    let request = &event["wire"]["request"];
    assert_eq!(request["raw_head_encoding"], "base64");
    assert!(request["fields"].as_array().unwrap().contains(&json!(["X", {"base64": "/A=="}])), "{request}");
}

#[test]
fn malformed_requests_are_found_by_their_rule() {
    let (server, trail) = Trail::start("");
    let mut connection = server.connect();
    connection.send(b"GET /v1/fixed/a HTTP/1.1\r\nHost: a\r\nX-Odd : 1\r\n\r\n");
    assert_eq!(connection.receive().status, 400);
    let event = trail.event("rule=space-before-colon");
    assert_eq!((&event["status"], &event["error_category"]), (&json!(400), &json!("malformed")));
    let fields = event["wire"]["request"]["fields"].as_array().unwrap();
    assert!(fields.contains(&json!(["X-Odd ", "1"])), "{fields:?}");
}

/// Writes connections beside the running server.
fn write(url: &str, connections: &[Connection]) {
    let config = DatabaseConfig {
        url: Some(url.parse().unwrap()),
        max_open_conns: 10,
        max_idle_conns: 1,
        conn_max_lifetime: Duration::from_secs(60),
    };
    let rows: Vec<_> = connections.iter().cloned().map(std::sync::Arc::new).collect();
    actix_rt::System::new().block_on(async {
        let stores = store::open(&config).await.unwrap();
        stores.connections.append(&rows).await.unwrap();
        stores.audit.close().await.unwrap();
    });
}

fn closed(id: Uuid, opened: DateTime<Utc>, peer: &str) -> Connection {
    Connection {
        remote_addr: peer.to_owned(),
        local_port: 8080,
        protocol: "none".into(),
        first_bytes: b"\x16\x03\xff".as_slice().into(),
        ended_by: "client_reset".into(),
        instance: "test".into(),
        ..Connection::new(id, opened, opened + TimeDelta::seconds(2))
    }
}

#[test]
fn connections_are_listed_and_shown_with_their_requests() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("x.sqlite").display());
    let (server, trail) = Trail::start_on(&url, "");
    let opened: DateTime<Utc> = "2026-01-31T12:00:00.000001Z".parse().unwrap();
    let connections: Vec<Connection> = (0..5)
        .map(|number| {
            let opened = opened + TimeDelta::seconds(number);
            let millis = u64::try_from(opened.timestamp_millis()).unwrap();
            let id = uuid::Builder::from_unix_timestamp_millis(millis, &[number as u8; 10]).into_uuid();
            closed(id, opened, if number == 4 { "[2001:db8::1]:5" } else { "192.0.2.7:5000" })
        })
        .collect();
    write(&url, &connections);
    let ids = |filter: &str| -> Vec<String> {
        let page = trail.get(&format!("connections?{filter}"));
        assert_eq!(page.status, 200, "{}", page.text());
        let page = page.json();
        page["connections"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
    };
    let newest = |count: usize| connections[..count].iter().rev().map(|one| one.id.to_string()).collect::<Vec<_>>();
    let until = "to=2026-01-31T13:00:00Z";
    assert_eq!(ids(until), newest(5));
    assert_eq!(ids("remote_addr=192.0.2.7"), newest(4));
    assert_eq!(ids("remote_addr=2001:db8::1"), newest(5)[..1]);
    assert_eq!(ids(&format!("{until}&from=2026-01-31T12:00:03Z")), newest(5)[..2]);
    assert_eq!(ids(&format!("{until}&protocol=none&ended_by=client_reset")), newest(5));
    assert_eq!(ids(&format!("{until}&protocol=http/2")), Vec::<String>::new());
    // Pages.
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = trail.get(&format!("connections?{until}&limit=2{cursor}")).json();
        assert_eq!((&page["total"], &page["limit"]), (&json!(5), &json!(2)));
        seen.extend(page["connections"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()));
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(seen, newest(5));

    let found = trail.get(&format!("connections/{}", connections[0].id)).json();
    assert_eq!(
        found,
        json!({
            "id": connections[0].id, "opened": "2026-01-31T12:00:00.000001Z", "closed": "2026-01-31T12:00:02.000001Z",
            "remote_addr": "192.0.2.7:5000", "local_port": 8080, "protocol": "none", "tls": null, "proxy": null,
            "bytes_in": 0, "bytes_out": 0, "requests": 0, "first_bytes": "FgP/", "first_bytes_encoding": "base64",
            "ended_by": "client_reset", "instance": "test", "events": []
        })
    );

    // A connection with requests.
    let mut connection = server.connect();
    for n in 0..3 {
        connection.get(&format!("/v1/fixed/{n}"));
    }
    let event = trail.event("path=/v1/fixed/2");
    let id: Uuid = event["connection_id"].as_str().unwrap().parse().unwrap();
    let (seconds, nanos) = id.get_timestamp().unwrap().to_unix();
    let opened = DateTime::from_timestamp(i64::try_from(seconds).unwrap(), nanos).unwrap();
    write(&url, &[closed(id, opened, "127.0.0.1:1")]);
    let found = trail.get(&format!("connections/{id}")).json();
    let in_order: Vec<_> = found["events"].as_array().unwrap().iter().map(|event| event["path"].clone()).collect();
    assert_eq!(in_order, ["/v1/fixed/0", "/v1/fixed/1", "/v1/fixed/2"]);

    let unknown = trail.get("connections/019a8d10-0000-7000-8000-000000000009");
    assert_eq!((unknown.status, &unknown.json()["code"]), (404, &json!("connection_not_found")));
    for bad in [
        "connections/1",
        "connections?protocol=x",
        "connections?cursor=x",
        "connections?from=2027-01-01T00:00:00Z&to=2026-01-01T00:00:00Z",
    ] {
        assert_eq!(trail.get(bad).status, 400, "{bad}");
    }
}
