//! Memory bound of the audit trail while the database does not respond.

use std::thread;

use crate::support::{Connection, Server, postgres::Cluster};

/// Memory that the server may use in addition to the audit trail's own bound.
const BESIDE: u64 = 64 * 1024 * 1024;
/// Number of concurrent clients, or `API_TEST_FLOOD_CLIENTS`. What their requests in flight hold counts in addition to the
/// bound: up to about three times the size of a body.
fn clients() -> usize {
    std::env::var("API_TEST_FLOOD_CLIENTS").map_or(4, |clients| clients.parse().unwrap())
}

/// Number of requests: enough to reveal a missing bound, or `API_TEST_FLOOD`.
fn requests() -> usize {
    std::env::var("API_TEST_FLOOD").map_or(300, |requests| requests.parse().unwrap())
}

/// Freezes the database, sends bodies of a megabyte, and checks the server's memory throughout.
fn flood(max_payload_bytes: &str, buffer_bytes: u64) {
    let cluster = Cluster::start();
    let server = Server::start(&format!(
        "server: {{address: '127.0.0.1:0', workers: 2}}\nauth: {{allow_anonymous: true}}\n\
         database: {{url: '{}'}}\nendpoints: {{echo: {{enabled: true}}}}\n\
         audit: {{enabled: true, max_payload_bytes: {max_payload_bytes}, buffer_bytes: {buffer_bytes}}}\n",
        cluster.url()
    ));
    server.get("/v1/headers");
    server.wait_for_metric("api_test_audit_written_total", 1);
    cluster.freeze();
    let bound = (buffer_bytes + BESIDE) / 1024;
    let body = vec![b'a'; 1_000_000];
    thread::scope(|scope| {
        for _ in 0..clients() {
            scope.spawn(|| {
                let mut connection = Connection::open(server.address());
                for _ in 0..requests() / clients() {
                    assert_eq!(connection.request("POST", "/v1/echo", "", &body).status, 200);
                }
            });
        }
    });
    let peak = server.peak_resident_kib();
    assert!(peak <= bound, "{} clients: {peak} KiB at most, {bound} KiB are allowed", clients());
    let received = requests() / clients() * clients() + 1;
    server.wait_for_metric("api_test_audit_received_total", received as u64);
    cluster.thaw();
    server.wait_for_metric("api_test_audit_queue_depth", 0);
}

#[test]
fn beginnings_of_bodies_do_not_hold_the_whole() {
    flood("1KiB", 8 * 1024 * 1024);
}

#[test]
fn whole_bodies_are_held_up_to_the_bound() {
    flood("1MiB", 64 * 1024 * 1024);
}
