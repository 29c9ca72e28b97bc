//! HTTP/2 with prior knowledge.

use std::net::SocketAddr;

use bytes::Bytes;
use h2::client;
use http1::{Request, Response};
use tokio::net::TcpStream;

use crate::support::{Server, anonymous};

/// Sends all requests at once over one connection and receives the responses.
async fn all_at_once(address: SocketAddr, requests: Vec<(Request<()>, Bytes)>) -> Vec<(Response<()>, Vec<u8>)> {
    let (mut sender, connection) = client::handshake(TcpStream::connect(address).await.unwrap()).await.unwrap();
    let connection = actix_rt::spawn(async move {
        // The task ends with the test.
        let _ = connection.await;
    });
    let mut waiting = Vec::new();
    for (request, body) in requests {
        sender = sender.ready().await.unwrap();
        let (response, mut stream) = sender.send_request(request, body.is_empty()).unwrap();
        if !body.is_empty() {
            stream.send_data(body, true).unwrap();
        }
        waiting.push(response);
    }
    let mut answers = Vec::new();
    for response in waiting {
        let (head, mut stream) = response.await.unwrap().into_parts();
        let mut body = Vec::new();
        while let Some(chunk) = stream.data().await {
            let chunk = chunk.unwrap();
            stream.flow_control().release_capacity(chunk.len()).unwrap();
            body.extend_from_slice(&chunk);
        }
        answers.push((Response::from_parts(head, ()), body));
    }
    connection.abort();
    answers
}

fn get(target: &str) -> (Request<()>, Bytes) {
    (Request::get(format!("http://api.test{target}")).body(()).unwrap(), Bytes::new())
}

#[test]
fn answers_are_the_same_as_over_http_1() {
    let server = Server::start(&anonymous(""));
    actix_rt::System::new().block_on(async {
        let targets =
            ["/v1/fixed/hello", "/v1/lorem?words=7&seed=a", "/v1/status/418", "/nowhere", "/v1/sized?bytes=500000"];
        let answers = all_at_once(server.address(), targets.map(get).into()).await;
        for (target, (head, body)) in targets.iter().zip(answers) {
            let plain = server.get(target);
            assert_eq!(head.status(), plain.status, "{target}");
            assert_eq!(head.headers()["content-type"].to_str().ok(), plain.header("content-type"), "{target}");
            assert!(head.headers().contains_key("x-request-id"), "{target}");
            assert_eq!(body, plain.body, "{target}");
        }
    });
}

#[test]
fn bodies_are_echoed_and_limits_hold() {
    let server = Server::start(&anonymous(""));
    actix_rt::System::new().block_on(async {
        let post = Request::post("http://api.test/v1/echo?x=1").body(()).unwrap();
        let wide = |length| {
            let request = Request::get("http://api.test/v1/headers").header("x-long", "a".repeat(length));
            vec![(request.body(()).unwrap(), Bytes::new())]
        };
        let answers = all_at_once(server.address(), vec![(post, Bytes::from_static(b"{\"a\":1}"))]).await;
        let echoed: serde_json::Value = serde_json::from_slice(&answers[0].1).unwrap();
        assert_eq!(echoed["body"], serde_json::json!({"a": 1}));
        let answers = all_at_once(server.address(), wide(60_000)).await;
        assert_eq!(answers[0].0.status(), 200);
        let answers = all_at_once(server.address(), wide(100_000)).await;
        assert_eq!(answers[0].0.status(), 431);
        let told: serde_json::Value = serde_json::from_slice(&answers[0].1).unwrap();
        assert_eq!(told["rule"], "header-list-too-large");
        // The library's own response.
        let answers = all_at_once(server.address(), wide(300_000)).await;
        assert_eq!((answers[0].0.status().as_u16(), answers[0].1.as_slice()), (431, &b""[..]));
    });
}

#[test]
fn a_client_that_leaves_ends_a_handler_that_waits() {
    let server = Server::start(&anonymous(""));
    actix_rt::System::new().block_on(async {
        let (sender, connection) =
            client::handshake(TcpStream::connect(server.address()).await.unwrap()).await.unwrap();
        let connection = actix_rt::spawn(async move {
            // The task ends with the test.
            let _ = connection.await;
        });
        let mut sender = sender.ready().await.unwrap();
        for (id, target) in [("left-early", "/v1/slow?ms=60000"), ("answered", "/v1/fixed/a")] {
            let request = Request::get(format!("http://api.test{target}")).header("x-request-id", id);
            let (response, _) = sender.send_request(request.body(()).unwrap(), true).unwrap();
            if id == "answered" {
                response.await.unwrap();
            }
        }
        connection.abort();
        let _ = connection.await;
        drop(sender);
        let line = actix_rt::task::spawn_blocking(move || server.wait_for_access("left-early")).await.unwrap();
        assert_eq!(line["status"], 499);
        assert!(line["duration_ms"].as_f64().unwrap() < 60_000.0, "{line}");
    });
}

#[test]
fn a_stream_that_is_reset_ends_the_work() {
    let server = Server::start(&anonymous(""));
    actix_rt::System::new().block_on(async {
        let (sender, connection) =
            client::handshake(TcpStream::connect(server.address()).await.unwrap()).await.unwrap();
        actix_rt::spawn(async move {
            let _ = connection.await;
        });
        let mut sender = sender.ready().await.unwrap();
        let request = Request::get("http://api.test/v1/streaming/ndjson?count=1000&delay_ms=50")
            .header("x-request-id", "reset-by-client");
        let (response, _) = sender.send_request(request.body(()).unwrap(), true).unwrap();
        let mut body = response.await.unwrap().into_body();
        body.data().await.unwrap().unwrap();
        drop(body);
        actix_rt::task::spawn_blocking(move || assert_eq!(server.wait_for_access("reset-by-client")["status"], 499))
            .await
            .unwrap();
    });
}
