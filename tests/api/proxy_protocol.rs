//! PROXY headers: what a proxy says of its client is recorded as the client's address.

use crate::support::{Connection, Server, audit::Trail};

fn start(mode: &str, sources: &str) -> (Server, Trail) {
    Trail::start_with(&[("APITEST__SERVER__PROXY_PROTOCOL", mode), ("APITEST__SERVER__PROXY_SOURCES", sources)])
}

/// Version 2, PROXY over TCP and IPv6, from [2001:db8::7]:80.
fn version_2() -> Vec<u8> {
    let mut header = b"\r\n\r\n\0\r\nQUIT\n\x21\x21\0\x24".to_vec();
    header.extend([0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7]);
    header.extend([0; 15]);
    header.extend([1, 0, 80, 1, 187]);
    header
}

/// Sends a header and two requests; returns their addresses on record.
fn recorded(trail: &Trail, mut connection: Connection, header: &[u8]) -> [String; 2] {
    connection.send(header);
    [0, 1].map(|_| {
        let id = uuid::Uuid::new_v4();
        let answer = connection.request("GET", "/v1/fixed/a", &format!("X-Request-Id: {id}\r\n"), b"");
        assert_eq!(answer.status, 200);
        trail.event(&format!("request_id={id}"))["remote_addr"].as_str().unwrap().to_owned()
    })
}

#[test]
fn requests_of_a_proxied_connection_have_the_address_of_the_client() {
    let (server, trail) = start("accept", "10.0.0.0/8,127.0.0.1");
    let direct = server.connect();
    let own = direct.local_address().to_string();
    assert_eq!(recorded(&trail, direct, b""), [own.clone(), own]);
    for (header, address) in [
        (b"PROXY TCP4 192.0.2.1 10.0.0.2 258 443\r\n".to_vec(), "192.0.2.1:258"),
        (b"PROXY TCP6 ::ffff:192.0.2.1 ::1 1 2\r\n".to_vec(), "192.0.2.1:1"),
        (version_2(), "[2001:db8::7]:80"),
    ] {
        assert_eq!(recorded(&trail, server.connect(), &header), [address, address]);
    }
    for header in [b"PROXY UNKNOWN\r\n".to_vec(), b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0".to_vec()] {
        let proxy = server.connect();
        let own = proxy.local_address().to_string();
        assert_eq!(recorded(&trail, proxy, &header), [own.clone(), own]);
    }
}

#[test]
fn a_malformed_request_has_the_address_of_the_client_too() {
    let (server, trail) = start("accept", "127.0.0.1");
    let mut connection = server.connect();
    connection.send(b"PROXY TCP4 192.0.2.1 10.0.0.2 258 443\r\nGET /v1/fixed/a HTTP/1.1\r\nHost : a\r\n\r\n");
    assert_eq!(connection.receive().status, 400);
    let event = trail.event("status=400");
    assert_eq!(event["remote_addr"], "192.0.2.1:258");
}

#[test]
fn http_2_begins_after_the_header() {
    let (server, _trail) = start("accept", "127.0.0.1");
    let mut connection = server.connect();
    connection.send(&version_2());
    // An empty SETTINGS frame after the preface (RFC 9113, section 3.4) is answered with one.
    connection.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0");
    assert_eq!(connection.exactly(9)[3], 4);
}

/// Sends bytes; the server closes without a response and tells why in its log and its metrics.
fn refused(server: &Server, bytes: &[u8], reason: &str, count: u64) {
    let mut connection = server.connect();
    connection.send(bytes);
    assert!(connection.is_closed(), "{bytes:?}");
    let line = server.wait_for_line(|line| line.contains("connection failed") && line.contains(reason));
    assert!(line.contains(r#""stage":"proxy""#) && line.contains(r#""ended_by":"server_close""#), "{line}");
    let metric = r#"api_test_connections_failed_total{ended_by="server_close",stage="proxy"}"#;
    server.wait_for_metric(metric, count);
}

#[test]
fn headers_that_are_malformed_or_of_strangers_close_the_connection() {
    let (server, _trail) = start("accept", "127.0.0.1");
    let port = b"PROXY TCP4 192.0.2.1 10.0.0.2 258 70000\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n";
    refused(&server, port, "malformed PROXY header: its destination port is not a number from 0 to 65535", 1);
    let version = b"\r\n\r\n\0\r\nQUIT\n\x11\x11\0\x0c............";
    refused(&server, version, "malformed PROXY header: its version is 1, not 2", 2);

    let (server, _trail) = start("accept", "10.0.0.0/8");
    let stranger = "sent a PROXY header, but its address is not in server.proxy_sources";
    refused(&server, b"PROXY TCP4 192.0.2.1 10.0.0.2 258 443\r\n", stranger, 1);
}

#[test]
fn a_required_header_is_one_of_every_connection() {
    let config = "server: {address: '127.0.0.1:0', proxy_protocol: require, proxy_sources: [127.0.0.0/8]}\n\
                  metrics: {address: '127.0.0.1:0'}\nauth: {allow_anonymous: true}\n\
                  endpoints: {data: {enabled: true}}\n";
    let server = Server::start(config);
    let mut direct = server.connect();
    direct.send(b"GET /v1/fixed/a HTTP/1.1\r\nHost: a\r\n\r\n");
    assert!(direct.is_closed());
    server.wait_for_line(|line| line.contains("the connection does not begin with a PROXY header"));
    let mut proxied = server.connect();
    proxied.send(b"PROXY UNKNOWN\r\n");
    assert_eq!(proxied.get("/v1/fixed/a").status, 200);
}
