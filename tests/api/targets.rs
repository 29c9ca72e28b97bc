//! Targets as they arrive: answered like escaped ones, recorded byte for byte.

use serde_json::json;

use crate::support::{Server, anonymous, audit::Trail};

#[test]
fn a_raw_byte_and_its_escape_are_told_apart_on_record() {
    let (server, trail) = Trail::start("");
    for (id, target, recorded) in [
        ("raw", b"/v1/fixed/\xc3\xa9?q=\xc3\xa9".as_slice(), "/v1/fixed/\u{e9}?q=\u{e9}"),
        ("escaped", b"/v1/fixed/%C3%A9?q=%c3%a9", "/v1/fixed/%C3%A9?q=%c3%a9"),
        ("odd", b"/v1/fixed/<a>`?\"#", "/v1/fixed/<a>`?\"#"),
        ("no-text", b"/v1/fixed/\xff?q=\xfe", "/v1/fixed/\u{fffd}?q=\u{fffd}"),
    ] {
        let mut connection = server.connect();
        let head = format!(" HTTP/1.1\r\nHost: a\r\nX-Request-Id: {id}\r\n\r\n");
        connection.send(&[b"GET ", target, head.as_bytes()].concat());
        let answer = connection.receive();
        assert_eq!(answer.status, 200, "{id}");
        let event = trail.event(&format!("request_id={id}"));
        assert_eq!(event["target"], recorded, "{id}");
        let path = recorded.split_once('?').unwrap().0.replace('\u{fffd}', "\\xff");
        assert_eq!(event["path"], path, "{id}");
        let base64 = (id == "no-text").then(|| json!("L3YxL2ZpeGVkL/8/cT3+"));
        assert_eq!(event.get("target_base64"), base64.as_ref(), "{id}");
        if id != "odd" && id != "no-text" {
            assert_eq!(
                (&answer.json()["key"], &event["payload"]["request_query"]),
                (&json!("\u{e9}"), &json!({"q": ["\u{e9}"]}))
            );
        }
    }
}

#[test]
fn a_target_may_be_longer_than_64_kib() {
    let server = Server::start(&anonymous(""));
    let key = "a".repeat(100_000);
    let answer = server.get(&format!("/v1/fixed/{key}?q={}", "b".repeat(20_000)));
    assert_eq!((answer.status, answer.json()["key"].as_str()), (200, Some(&*key)));
}

#[test]
fn a_whole_uri_names_the_host() {
    let (server, trail) = Trail::start("");
    let mut connection = server.connect();
    connection.send(
        b"GET http://other.test:81/v1/page/link?limit=1 HTTP/1.1\r\nHost: api.test\r\nX-Request-Id: whole\r\n\r\n",
    );
    let answer = connection.receive();
    assert!(answer.header("link").unwrap().contains("<http://other.test:81/v1/page/link?"), "{:?}", answer.headers);
    let event = trail.event("request_id=whole");
    assert_eq!((&event["path"], &event["host"]), (&json!("/v1/page/link"), &json!("api.test")));
    assert_eq!(event["target"], "http://other.test:81/v1/page/link?limit=1");
}

#[test]
fn values_of_one_name_stay_in_their_order_however_it_is_written() {
    let (server, trail) = Trail::start("");
    let fields = "X-b: 1\r\nx-A: 2\r\nX-B: 3\r\nx-a: 4\r\nX-Request-Id: order\r\n";
    let answer = server.get_with("/v1/headers", fields);
    let shown = &answer.json()["headers"];
    assert_eq!((&shown["X-A"], &shown["X-B"]), (&json!(["2", "4"]), &json!(["1", "3"])));
    let headers = &trail.event("request_id=order")["payload"]["request_headers"];
    assert_eq!((&headers["X-A"], &headers["X-B"]), (&json!(["2", "4"]), &json!(["1", "3"])));
}
