//! Scripts over HTTP/2.

use bytes::Bytes;
use h2::{Reason, client};
use http1::{Method, Request, Response};
use tokio::net::TcpStream;

use crate::support::{Server, anonymous};

/// A response, and how its stream ended.
struct Answer {
    head: Response<()>,
    body: Vec<u8>,
    trailers: Option<http1::HeaderMap>,
    reset: Option<Reason>,
}

/// Sends a request over a connection of its own.
async fn ask(server: &Server, method: &str, target: &str, body: &'static [u8]) -> Answer {
    let socket = TcpStream::connect(server.address()).await.unwrap();
    let (sender, connection) = client::handshake(socket).await.unwrap();
    let connection = actix_rt::spawn(async move {
        // The task ends with the test.
        let _ = connection.await;
    });
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    let request = Request::builder().method(method).uri(format!("http://api.test{target}")).body(()).unwrap();
    let mut sender = sender.ready().await.unwrap();
    let (response, mut stream) = sender.send_request(request, body.is_empty()).unwrap();
    if !body.is_empty() {
        stream.send_data(Bytes::from_static(body), true).unwrap();
    }
    let (head, mut stream) = response.await.unwrap().into_parts();
    let (mut body, mut reset) = (Vec::new(), None);
    while let Some(chunk) = stream.data().await {
        match chunk {
            Ok(chunk) => {
                stream.flow_control().release_capacity(chunk.len()).unwrap();
                body.extend_from_slice(&chunk);
            }
            Err(error) => {
                reset = error.reason();
                break;
            }
        }
    }
    let trailers = if reset.is_none() { stream.trailers().await.ok().flatten() } else { None };
    connection.abort();
    Answer { head: Response::from_parts(head, ()), body, trailers, reset }
}

#[test]
fn scripts_run_over_http_2() {
    let server = Server::start_with(&anonymous(""), &[("APITEST__ENDPOINTS__ANSWER__ENABLED", "true")]);
    actix_rt::System::new().block_on(async {
        let told = "/v1/answer//a/%2F?status=299&field=X-cAsE:1&field=x-case:2&body=hi&trailer=X-Sum:1";
        for method in ["GET", "POST", "BREW"] {
            let answer = ask(&server, method, told, b"body").await;
            let values: Vec<_> = answer.head.headers().get_all("x-case").iter().collect();
            assert_eq!((answer.head.status().as_u16(), &answer.body[..]), (299, &b"hi"[..]), "{method}");
            assert_eq!(values, ["1", "2"]);
            assert_eq!(answer.trailers.unwrap()["x-sum"], "1");
        }
        let echo = ask(&server, "POST", "/v1/script/both-directions", b"there and back").await;
        assert_eq!(echo.body, b"there and back");
        let large = ask(&server, "GET", "/v1/script/large-error-trailers", b"").await;
        assert_eq!(large.body.len(), 262_144);
        assert_eq!(large.trailers.unwrap()["grpc-status"], "13");
        let only = ask(&server, "GET", "/v1/script/trailers-only", b"").await;
        assert_eq!(only.head.headers()["grpc-status"], "5");
        assert!(only.body.is_empty());
        let cancelled = ask(&server, "GET", "/v1/script/stream-cancelled", b"").await;
        assert_eq!((cancelled.body.len(), cancelled.reset), (1024, Some(Reason::CANCEL)));
        for (target, what) in [
            ("/v1/script/two-lengths", "the step raw"),
            ("/v1/script/connection-fields", "the field Connection"),
            ("/v1/script/unasked-101", "an interim response with 101"),
            ("/v1/answer?end=half_close", "the end half_close"),
        ] {
            let refused = ask(&server, "GET", target, b"").await;
            let message = format!("{{\"error\":\"the script has {what}, which HTTP/2 can't do\"}}\n");
            assert_eq!(refused.head.status(), 400, "{target}");
            assert_eq!(String::from_utf8_lossy(&refused.body), message, "{target}");
        }
        let arrived = ask(&server, "GET", "/v1/script/what-arrived?a=1&my_token=hidden", b"").await;
        let lines = String::from_utf8(arrived.body).unwrap();
        assert!(lines.contains(":path: /v1/script/what-arrived?a=1&my_token=[redacted]\r\n"), "{lines}");
    });
}
