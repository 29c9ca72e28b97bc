//! Streams of HTTP/2: how each begins, waits and ends while its connection stays.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use h2::{Reason, SendStream, client};
use http1::{HeaderMap, Request};
use serde_json::{Value, json};
use tokio::{net::TcpStream, task::JoinHandle};

use crate::support::{Server, anonymous, audit::Trail};

type Client = client::SendRequest<Bytes>;
type End = JoinHandle<Result<(), h2::Error>>;

/// Timeout of all waits, with a large margin.
const PATIENCE: Duration = Duration::from_secs(60);

async fn connect(server: &Server, builder: &client::Builder) -> (Client, End) {
    let socket = TcpStream::connect(server.address()).await.unwrap();
    let (client, connection) = builder.handshake(socket).await.unwrap();
    (client.ready().await.unwrap(), actix_rt::spawn(connection))
}

fn request(method: &str, target: &str, id: &str) -> http1::request::Builder {
    Request::builder().method(method).uri(format!("http://api.test{target}")).header("x-request-id", id)
}

/// Sends a head that is followed by a body.
async fn start(client: &Client, head: http1::request::Builder) -> (client::ResponseFuture, SendStream<Bytes>) {
    let mut client = client.clone().ready().await.unwrap();
    client.send_request(head.body(()).unwrap(), false).unwrap()
}

/// Sends a request without a body and returns status and body.
async fn get(client: &Client, target: &str) -> (u16, Vec<u8>) {
    let mut client = client.clone().ready().await.unwrap();
    let (response, _) = client.send_request(request("GET", target, "plain").body(()).unwrap(), true).unwrap();
    receive(response).await
}

async fn receive(response: client::ResponseFuture) -> (u16, Vec<u8>) {
    let (head, mut stream) = response.await.unwrap().into_parts();
    let mut body = Vec::new();
    while let Some(piece) = stream.data().await {
        let piece = piece.unwrap();
        stream.flow_control().release_capacity(piece.len()).unwrap();
        body.extend_from_slice(&piece);
    }
    (head.status.as_u16(), body)
}

fn started((server, trail): (Server, Trail)) -> (Server, Arc<Trail>) {
    (server, Arc::new(trail))
}

/// Returns the event of a request. The test's event loop runs in the meantime.
async fn event(trail: &Arc<Trail>, id: &str) -> Value {
    let (trail, filter) = (Arc::clone(trail), format!("request_id={id}"));
    actix_rt::task::spawn_blocking(move || trail.event(&filter)).await.unwrap()
}

fn run(test: impl Future<Output = ()>) {
    actix_rt::System::new().block_on(async { tokio::time::timeout(PATIENCE, test).await.expect("nothing hangs") });
}

#[test]
fn a_stream_that_is_reset_ends_a_handler_that_waits_and_its_connection_stays() {
    let (server, trail) = started(Trail::start(""));
    run(async {
        let (client, _end) = connect(&server, &client::Builder::new()).await;
        for (reason, name) in [(Reason::CANCEL, "CANCEL"), (Reason::ENHANCE_YOUR_CALM, "ENHANCE_YOUR_CALM")] {
            let (response, mut stream) = start(&client, request("GET", "/v1/slow?ms=60000", name)).await;
            stream.send_data(Bytes::new(), true).unwrap();
            // It is running once the next request has been answered.
            assert_eq!(get(&client, "/v1/fixed/a").await.0, 200);
            stream.send_reset(reason);
            drop(response);
            let event = event(&trail, name).await;
            assert_eq!((&event["status"], &event["error_category"]), (&json!(499), &json!("stream_reset")), "{event}");
            assert!(event["error_message"].as_str().unwrap().contains(name), "{event}");
            assert_eq!(get(&client, "/v1/fixed/a").await.0, 200);
        }
    });
    server.wait_for_metric("api_test_http2_resets_total{code=\"CANCEL\",sender=\"client\"}", 1);
}

#[test]
fn the_authority_is_the_host() {
    let (server, trail) = started(Trail::start(""));
    run(async {
        let (client, _end) = connect(&server, &client::Builder::new()).await;
        let (response, mut stream) = start(&client, request("GET", "/v1/page/odata?x=%zz", "authority")).await;
        stream.send_data(Bytes::new(), true).unwrap();
        let body: Value = serde_json::from_slice(&receive(response).await.1).unwrap();
        let next = body["@odata.nextLink"].as_str().unwrap();
        assert!(next.starts_with("http://api.test/v1/page/odata?"), "{next}");
        let event = event(&trail, "authority").await;
        assert_eq!((&event["host"], &event["http_version"]), (&json!("api.test"), &json!("HTTP/2.0")));
        assert_eq!(event["target"], "/v1/page/odata?x=%zz");
    });
}

#[test]
fn trailers_end_a_body_and_are_no_part_of_it() {
    let server = Server::start(&anonymous(""));
    run(async {
        let (client, _end) = connect(&server, &client::Builder::new()).await;
        let (response, mut stream) = start(&client, request("POST", "/v1/echo", "trailers")).await;
        stream.send_data(Bytes::from_static(b"{\"a\":1}"), false).unwrap();
        let trailers = HeaderMap::from_iter([("x-sum".parse().unwrap(), "7".parse().unwrap())]);
        stream.send_trailers(trailers).unwrap();
        let (status, body) = receive(response).await;
        let echoed: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!((status, &echoed["body"], &echoed["headers"]["X-Sum"]), (200, &json!({"a": 1}), &json!(null)));
    });
}

#[test]
fn continue_is_sent_when_the_body_is_asked_for() {
    let (server, _trail) = Trail::start_closed("");
    run(async {
        let (client, _end) = connect(&server, &client::Builder::new()).await;
        for (key, status) in [("key-alpha-0123456789", 200), ("wrong-key-0123", 401)] {
            let head = request("POST", "/v1/echo", "expects").header("expect", "100-continue").header("x-api-key", key);
            let (mut response, mut stream) = start(&client, head).await;
            let mut interim = Vec::new();
            let answer = std::future::poll_fn(|cx| {
                while let std::task::Poll::Ready(Some(Ok(head))) = response.poll_informational(cx) {
                    interim.push(head.status().as_u16());
                    stream.send_data(Bytes::from_static(b"hello"), true).unwrap();
                }
                std::pin::Pin::new(&mut response).poll(cx)
            });
            assert_eq!(answer.await.unwrap().status().as_u16(), status);
            assert_eq!(interim, if status == 200 { vec![100] } else { vec![] }, "{status}");
        }
    });
}

#[test]
fn a_refusal_does_not_wait_for_an_upload_and_ends_it() {
    let (server, trail) = started(Trail::start_closed(""));
    run(async {
        let (client, _end) = connect(&server, &client::Builder::new()).await;
        let head = request("POST", "/v1/echo", "early").header("content-length", "10000000");
        let (response, mut stream) = start(&client, head).await;
        assert_eq!(receive(response).await.0, 401);
        stream.send_data(Bytes::from(vec![b'x'; 3000]), false).unwrap();
        // An unfinished stream is reset without an error.
        let reason = std::future::poll_fn(|cx| stream.poll_reset(cx)).await.unwrap();
        assert_eq!(reason, Reason::NO_ERROR);
        let event = event(&trail, "early").await;
        assert_eq!((&event["status"], &event["bytes_in"]), (&json!(401), &json!(3000)));
    });
}

#[test]
fn a_body_of_another_length_than_announced_is_on_record_as_malformed() {
    let (server, trail) = started(Trail::start(""));
    run(async {
        let (client, _end) = connect(&server, &client::Builder::new()).await;
        for (id, length) in [("shorter", "10"), ("longer", "3")] {
            let head = request("POST", "/v1/echo", id).header("content-length", length);
            let (response, mut stream) = start(&client, head).await;
            stream.send_data(Bytes::from_static(b"hello"), true).unwrap();
            let error = response.await.unwrap_err();
            assert_eq!(error.reason(), Some(Reason::PROTOCOL_ERROR), "{id}");
            let event = event(&trail, id).await;
            assert_eq!((&event["status"], &event["error_category"]), (&json!(499), &json!("malformed")), "{event}");
        }
    });
}

#[test]
fn a_body_that_does_not_come_gets_408() {
    let (server, trail) = started(Trail::start_closed("server.body_timeout=300ms"));
    run(async {
        let (client, _end) = connect(&server, &client::Builder::new()).await;
        let head = request("POST", "/v1/echo", "late").header("x-api-key", "key-alpha-0123456789");
        let (response, mut stream) = start(&client, head).await;
        stream.send_data(Bytes::from_static(b"hel"), false).unwrap();
        assert_eq!(receive(response).await.0, 408);
        let event = event(&trail, "late").await;
        assert_eq!((&event["error_category"], &event["bytes_in"]), (&json!("body_timeout"), &json!(3)));
    });
}

#[test]
fn a_client_that_takes_nothing_is_given_up() {
    let (server, trail) = started(Trail::start_closed("server.write_timeout=300ms"));
    run(async {
        let mut builder = client::Builder::new();
        let (client, _end) = connect(&server, builder.initial_window_size(1000)).await;
        let head = request("GET", "/v1/sized?bytes=500000", "slow").header("x-api-key", "key-alpha-0123456789");
        let (response, mut stream) = start(&client, head).await;
        stream.send_data(Bytes::new(), true).unwrap();
        let mut body = response.await.unwrap().into_body();
        let mut taken = 0;
        let error = loop {
            match body.data().await.unwrap() {
                Ok(piece) => taken += piece.len(),
                Err(error) => break error,
            }
        };
        assert_eq!(taken, 1000, "the window");
        assert_eq!(error.reason(), Some(Reason::CANCEL));
        let event = event(&trail, "slow").await;
        assert_eq!((&event["error_category"], &event["bytes_out"]), (&json!("write_timeout"), &json!(1000)));
    });
}

#[test]
fn answers_without_a_body_end_with_their_head() {
    let server = Server::start(&anonymous(""));
    run(async {
        let (client, _end) = connect(&server, &client::Builder::new()).await;
        for (method, target, length) in [
            ("HEAD", "/v1/sized?bytes=70000", Some("70025")),
            ("GET", "/v1/status/204", None),
            ("GET", "/v1/status/304", None),
        ] {
            let mut client = client.clone().ready().await.unwrap();
            let head = request(method, target, "bodiless").body(()).unwrap();
            let answer = client.send_request(head, true).unwrap().0.await.unwrap();
            let announced = answer.headers().get("content-length").map(|length| length.to_str().unwrap());
            assert_eq!((announced, answer.body().is_end_stream()), (length, true), "{method} {target}");
        }
    });
}

#[test]
fn fields_leave_in_order_and_none_belongs_to_a_connection() {
    let server = Server::start(&anonymous(""));
    run(async {
        let (client, _end) = connect(&server, &client::Builder::new()).await;
        let mut client = client.clone().ready().await.unwrap();
        let head = request("GET", "/v1/fixed/a", "order").body(()).unwrap();
        let answer = client.send_request(head, true).unwrap().0.await.unwrap();
        let names: Vec<_> = answer.headers().keys().map(|name| name.as_str().to_owned()).collect();
        assert_eq!(names.first().map(String::as_str), Some("content-type"));
        assert_eq!(names.last().map(String::as_str), Some("date"));
        assert!(!names.iter().any(|name| name == "connection" || name == "transfer-encoding"), "{names:?}");
    });
}

#[test]
fn the_limits_of_a_connection_end_it_without_an_error() {
    let config = "server: {address: '127.0.0.1:0', base_url: 'http://localhost:8080', keep_alive: 300ms, \
                  max_requests_per_connection: 2}\nauth: {allow_anonymous: true}\nendpoints: {data: {enabled: true}}\n";
    let server = Server::start(config);
    run(async {
        let (client, end) = connect(&server, &client::Builder::new()).await;
        assert_eq!(get(&client, "/v1/fixed/a").await.0, 200);
        assert_eq!(client.current_max_send_streams(), 250);
        assert_eq!(get(&client, "/v1/fixed/b").await.0, 200);
        end.await.unwrap().unwrap();
        // A connection that is idle for too long.
        let (client, end) = connect(&server, &client::Builder::new()).await;
        assert_eq!(get(&client, "/v1/fixed/a").await.0, 200);
        end.await.unwrap().unwrap();
    });
}

#[test]
fn a_server_that_stops_lets_streams_end_and_takes_no_more() {
    let mut server = Server::start(&anonymous(""));
    run(async {
        let (client, end) = connect(&server, &client::Builder::new()).await;
        let (response, mut stream) = start(&client, request("GET", "/v1/slow?ms=1500", "runs")).await;
        stream.send_data(Bytes::new(), true).unwrap();
        assert_eq!(get(&client, "/v1/fixed/a").await.0, 200);
        server.signal(rustix::process::Signal::TERM);
        assert_eq!(receive(response).await.0, 200);
        end.await.unwrap().unwrap();
    });
    assert!(server.wait().success());
}

#[test]
fn a_connection_that_is_gone_ends_all_its_streams() {
    let server = Server::start(&anonymous(""));
    run(async {
        let (client, end) = connect(&server, &client::Builder::new()).await;
        let mut waiting = Vec::new();
        for id in ["gone-a", "gone-b", "gone-c"] {
            let (response, mut stream) = start(&client, request("GET", "/v1/slow?ms=60000", id)).await;
            stream.send_data(Bytes::new(), true).unwrap();
            waiting.push(response);
        }
        assert_eq!(get(&client, "/v1/fixed/a").await.0, 200);
        end.abort();
        let _ = end.await;
    });
    for id in ["gone-a", "gone-b", "gone-c"] {
        assert_eq!(server.wait_for_access(id)["status"], 499, "{id}");
    }
}
