//! Streamed bodies: one chunk per item, in constant memory, and only while the client reads.

use std::thread;

use crate::support::{Server, anonymous};

#[test]
fn each_item_is_a_chunk_of_its_own() {
    let server = Server::start(&anonymous(""));
    for (path, ends_with) in [("chunked", "\n"), ("sse", "\n\n"), ("ndjson", "\n")] {
        for delay in [0, 5] {
            let target = format!("/v1/streaming/{path}?count=7&delay_ms={delay}&seed=a");
            let response = server.get(&target);
            assert_eq!(response.chunks.len(), 7, "{target}: {:?}", response.chunks);
            assert!(response.text().ends_with(ends_with), "{target}");
        }
    }
}

#[test]
fn an_item_arrives_before_the_next_is_due() {
    let server = Server::start(&anonymous(""));
    let mut connection = server.connect();
    // More than an hour in all: if an item waited for later ones, the test would time out.
    connection.start("GET", "/v1/streaming/ndjson?count=1000&delay_ms=5000", "X-Request-Id: paced\r\n", b"");
    assert_eq!(connection.head().0, 200);
    let seen = connection.chunk().unwrap().len() + connection.chunk().unwrap().len();
    drop(connection);
    let line = server.wait_for_access("paced");
    assert_eq!(line["status"], 499, "the others did not wait");
    assert!(line["bytes"].as_u64().unwrap() >= seen as u64, "{line}");
}

#[test]
fn large_bodies_take_constant_memory() {
    let server = Server::start(&anonymous(""));
    server.get("/v1/sized?bytes=1000");
    let before = server.resident_kib();
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let response = server.get("/v1/sized?bytes=33554432");
                assert!(response.body.len() > 33_554_432);
            });
        }
    });
    let rows = server.get("/v1/export/csv?rows=250000");
    assert_eq!(rows.body.iter().filter(|byte| **byte == b'\n').count(), 250_001);
    let grown = server.peak_resident_kib() - before;
    assert!(grown < 16 * 1024, "grew by {grown} KiB");
}

#[test]
fn a_client_that_leaves_is_499_and_ends_the_work() {
    let server = Server::start(&anonymous(""));
    let mut connection = server.connect();
    connection.start("GET", "/v1/streaming/ndjson?count=1000&delay_ms=50", "X-Request-Id: leaves-early\r\n", b"");
    connection.head();
    connection.chunk().unwrap();
    drop(connection);
    assert_eq!(server.wait_for_access("leaves-early")["status"], 499);

    let mut connection = server.connect();
    connection.start("GET", "/v1/slow?ms=60000", "X-Request-Id: leaves-slow\r\n", b"");
    // The request must have reached the handler before the client closes.
    server.wait_for_running(1);
    drop(connection);
    assert_eq!(server.wait_for_access("leaves-slow")["status"], 499);
}
