//! The tap: any bytes are accepted, and answered with what is configured.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
};

use diesel::{
    Connection as _, QueryableByName, RunQueryDsl as _, sql_query,
    sql_types::{Binary, Text},
    sqlite::SqliteConnection,
};
use rustix::process::Signal;
use serde_json::json;

use crate::support::{Server, anonymous, audit::Trail, refused};

fn start(tap: &str) -> (Server, SocketAddr) {
    let server = Server::start(&anonymous(&format!("tap: {{address: '127.0.0.1:0', {tap}}}\n")));
    let line = server.wait_for_line(|line| line.contains("tap listening"));
    let line: serde_json::Value = serde_json::from_str(&line).unwrap();
    let address = line["address"].as_str().unwrap().parse().unwrap();
    (server, address)
}

/// Record of the tap in the file of a server.
#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Binary)]
    head: Vec<u8>,
    #[diesel(sql_type = Binary)]
    sent: Vec<u8>,
    #[diesel(sql_type = Text)]
    document: String,
}

fn rows(server: &Server) -> Vec<Row> {
    let file = server.file("audit.sqlite");
    let mut connection = SqliteConnection::establish(file.to_str().unwrap()).unwrap();
    sql_query("SELECT request_head AS head, response_head AS sent, document FROM audit_wire")
        .load(&mut connection)
        .unwrap()
}

/// Sends bytes and returns all that comes back.
fn exchange(address: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut socket = TcpStream::connect(address).unwrap();
    socket.write_all(bytes).unwrap();
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).unwrap();
    answer
}

#[test]
fn what_the_main_port_refuses_is_answered_here() {
    let (server, address) = start("after: head");
    let smuggled = b"POST /v1/echo HTTP/1.1\r\nContent-Length : 5\r\nTransfer-Encoding: x\r\n\r\nabcde";
    let answer = exchange(address, smuggled);
    assert_eq!(answer, b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    let line = server.wait_for_line(|line| line.contains("\"tap\""));
    let line: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!((line["ended_by"].as_str(), line["bytes_in"].as_u64()), (Some("complete"), Some(smuggled.len() as u64)));
}

#[test]
fn answers_are_exact_bytes() {
    let (_server, address) = start(r"after: 0s, answer: '\x00\xff\r\n'");
    assert_eq!(exchange(address, b""), b"\x00\xff\r\n");
    let (_server, address) = start("after: first-bytes, answer: 'base64:AAEC'");
    assert_eq!(exchange(address, b"\0"), [0, 1, 2]);
    let (_server, address) = start(r#"after: first-bytes, answer: "SSH-2.0-x\r\n""#);
    assert_eq!(exchange(address, b"SSH"), b"SSH-2.0-x\r\n");
}

#[test]
fn connections_beyond_the_bound_are_closed_at_once() {
    let (server, address) = start("after: head");
    let waiting: Vec<_> = (0..256).map(|_| TcpStream::connect(address).unwrap()).collect();
    let mut one_more = TcpStream::connect(address).unwrap();
    assert_eq!(one_more.read(&mut [0]).unwrap(), 0);
    server.wait_for_metric(r#"api_test_connections_failed_total{ended_by="server_close",stage="tap"}"#, 1);
    drop(waiting);
}

#[test]
fn a_stop_ends_its_connections() {
    let (mut server, address) = start("after: head");
    let mut open = TcpStream::connect(address).unwrap();
    open.write_all(b"GET").unwrap();
    server.signal(Signal::TERM);
    server.signal(Signal::TERM);
    // A reset, when the bytes were not read yet.
    let _ = open.read(&mut [0]);
    assert!(server.wait().success());
}

#[test]
fn an_answer_that_can_not_be_read_stops_the_boot() {
    let message = refused(&anonymous("tap: {address: '127.0.0.1:0', answer: 'file:no/such'}\n"));
    assert!(message.contains("tap.answer \"no/such\" can't be read: "), "{message}");
    let message = refused(&anonymous("tap: {address: '127.0.0.1:0', answer: '\\q', after: body}\n"));
    assert!(
        message.contains("tap.answer is ") && message.contains("tap.after is \"body\"; expected first-bytes"),
        "{message}"
    );
}

#[test]
fn each_connection_is_an_event_with_its_bytes_and_times() {
    let (server, trail) = Trail::start_with(&[("APITEST__TAP__ADDRESS", "127.0.0.1:0")]);
    let line = server.wait_for_line(|line| line.contains("tap listening"));
    let line: serde_json::Value = serde_json::from_str(&line).unwrap();
    let address = line["address"].as_str().unwrap().parse().unwrap();
    let bytes =
        b"GET /v1/no\xffwhere?api_key=t0p-s3cret HTTP/1.1\r\nHost : a\r\nAuthorization: Bearer t0p-s3cret\r\n\r\n";
    let answer = exchange(address, bytes);
    let event = trail.event("route_name=tap");
    for (field, expected) in [
        ("method", json!("GET")),
        ("http_version", json!("HTTP/1.1")),
        ("status", json!(200)),
        ("success", json!(true)),
        ("bytes_in", json!(bytes.len())),
        ("bytes_out", json!(answer.len())),
        ("endpoint_group", json!("tap")),
        ("source", json!("external")),
    ] {
        assert_eq!(event[field], expected, "{field}: {event}");
    }
    assert!(!event.to_string().contains("t0p-s3cret"));
    let [Row { head, sent, document }] = &rows(&server)[..] else { panic!("one row") };
    let head = String::from_utf8_lossy(head).into_owned();
    assert!(head.starts_with("GET /v1/no\u{fffd}where?api_key=") && head.contains("\r\nHost : a\r\n"), "{head}");
    assert!(!head.contains("t0p-s3cret") && *sent == answer);
    let document: serde_json::Value = serde_json::from_str(document).unwrap();
    let arrivals = document["request"]["arrivals"].as_array().unwrap();
    assert_eq!(arrivals.iter().map(|arrival| arrival["bytes"].as_u64().unwrap()).sum::<u64>(), bytes.len() as u64);
    assert!(arrivals[0]["ms"].is_number() && document["response"]["first_byte_ms"].is_number(), "{document}");
    assert_eq!(document["connection"]["local_port"], address.port());
}
