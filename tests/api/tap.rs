//! The tap: any bytes are accepted, and answered with what is configured.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
};

use rustix::process::Signal;

use crate::support::{Server, anonymous, refused};

fn start(tap: &str) -> (Server, SocketAddr) {
    let server = Server::start(&anonymous(&format!("tap: {{address: '127.0.0.1:0', {tap}}}\n")));
    let line = server.wait_for_line(|line| line.contains("tap listening"));
    let line: serde_json::Value = serde_json::from_str(&line).unwrap();
    let address = line["address"].as_str().unwrap().parse().unwrap();
    (server, address)
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
