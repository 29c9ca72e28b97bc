//! Failures that can't be provoked from outside: handlers and authenticators that fail.
#![allow(clippy::unwrap_used, clippy::panic)]

mod overload;

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use actors::{Credentials, Decision};
use bytes::Bytes;
use futures_util::stream;

use super::*;
use crate::{
    config::Environment,
    endpoints::{Answer, Route},
};

/// Longest time for anything; far above what is needed.
const PATIENCE: Duration = Duration::from_secs(60);

/// Starts a server with parts of the test's own; it ends with the process.
fn spawn(parts: impl FnOnce(Parts) -> Parts + Send + 'static) -> SocketAddr {
    let (send, receive) = mpsc::channel();
    thread::spawn(move || {
        actix_rt::System::new().block_on(async {
            let text = "server: {address: '127.0.0.1:0', workers: 1}\nauth: {allow_anonymous: true}\n\
                        endpoints: {identity: {enabled: true}, data: {enabled: true}}\n";
            let loaded = Config::parse("test.yaml", text, &Environment::default()).unwrap();
            let parts = parts(Parts::of(&loaded.config, &Backing::default()));
            let application = Application::build(loaded, parts, Backing::default()).await.unwrap();
            send.send(application.address()).unwrap();
            application.server.await.unwrap();
        });
    });
    receive.recv_timeout(PATIENCE).unwrap()
}

struct Client(BufReader<TcpStream>);

impl Client {
    fn connect(address: SocketAddr) -> Self {
        let socket = TcpStream::connect(address).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        Self(BufReader::new(socket))
    }

    fn send(&mut self, path: &str, headers: &str) {
        write!(self.0.get_mut(), "GET {path} HTTP/1.1\r\nHost: test\r\n{headers}\r\n").unwrap();
    }

    /// Status, lower-case header lines, body by its Content-Length.
    fn receive(&mut self) -> (u16, Vec<String>, String) {
        let mut line = String::new();
        self.0.read_line(&mut line).unwrap();
        let status = line.split(' ').nth(1).unwrap().parse().unwrap();
        let mut headers = Vec::new();
        loop {
            let mut line = String::new();
            self.0.read_line(&mut line).unwrap();
            match line.trim_end() {
                "" => break,
                header => headers.push(header.to_lowercase()),
            }
        }
        let length = headers.iter().find_map(|header| header.strip_prefix("content-length: ")).unwrap_or("0");
        let mut body = vec![0; length.parse().unwrap()];
        self.0.read_exact(&mut body).unwrap();
        (status, headers, String::from_utf8(body).unwrap())
    }

    fn get(&mut self, path: &str) -> (u16, Vec<String>, String) {
        self.send(path, "");
        self.receive()
    }
}

fn failing() -> Group {
    async fn panics(_: endpoints::Call) -> endpoints::Outcome {
        panic!("as asked")
    }
    async fn breaks_off(_: endpoints::Call) -> endpoints::Outcome {
        let chunks = stream::iter(0..3).map(|n| if n == 2 { panic!("as asked") } else { Bytes::from_static(b"chunk") });
        Ok(Answer::stream("text/plain", None, chunks))
    }
    use futures_util::StreamExt as _;
    Group::new("data", "Fails.")
        .route(Route::get("panics", "/v1/panics", panics).answers_empty("200", "Never."))
        .route(Route::get("breaks_off", "/v1/breaks-off", breaks_off).answers_empty("200", "Half."))
}

#[test]
fn a_handler_that_panics_is_answered_with_500_and_the_connection_is_kept() {
    let address = spawn(|parts| Parts { groups: vec![failing()], ..parts });
    let mut client = Client::connect(address);
    for _ in 0..3 {
        let (status, headers, body) = client.get("/v1/panics");
        assert_eq!((status, body.as_str()), (500, "{\"error\":\"internal error\"}\n"));
        assert!(headers.iter().any(|header| header.starts_with("x-request-id: ")));
        assert!(headers.contains(&"access-control-allow-origin: *".to_owned()));
    }
    assert_eq!(client.get("/healthz").0, 200);
    let (_, _, metrics) = client.get("/metrics");
    assert!(metrics.contains("api_test_http_requests_total{method=\"GET\",route=\"panics\",status=\"500\"} 3"));
}

#[test]
fn a_body_that_panics_is_cut_and_does_not_look_whole() {
    let address = spawn(|parts| Parts { groups: vec![failing()], ..parts });
    let mut client = Client::connect(address);
    client.send("/v1/breaks-off", "");
    let mut answer = Vec::new();
    // The end of the connection, or its reset: either is a cut.
    let _ = client.0.read_to_end(&mut answer);
    let answer = String::from_utf8(answer).unwrap();
    assert!(!answer.ends_with("0\r\n\r\n"), "{answer}");
    assert_eq!(Client::connect(address).get("/healthz").0, 200);
}

/// Panics, waits or lets in, as the key says.
struct Obedient;

impl Step for Obedient {
    fn name(&self) -> &'static str {
        "obedient"
    }

    fn check(&self, credentials: &Credentials) -> Decision {
        match credentials.api_key.as_ref().map(actors::Secret::expose) {
            Some(b"panic") => panic!("as asked"),
            Some(b"wait") => Decision::Later(Box::pin(std::future::pending())),
            Some(b"down") => Decision::Unavailable("as asked"),
            _ => Decision::Known(Arc::new(Identity::anonymous())),
        }
    }
}

fn spawn_obedient(places: usize) -> SocketAddr {
    spawn(move |parts| Parts { chain: Arc::new([Arc::new(Obedient)]), authenticator_places: places, ..parts })
}

#[test]
fn an_authenticator_that_panics_answers_503_and_is_restarted() {
    let address = spawn_obedient(16);
    let mut client = Client::connect(address);
    for restarts in 1..=3 {
        client.send("/v1/whoami", "X-API-Key: panic\r\n");
        let (status, headers, body) = client.receive();
        assert_eq!((status, body.as_str()), (503, "{\"error\":\"authenticator restarted\"}\n"));
        assert!(headers.contains(&"retry-after: 1".to_owned()));
        assert_eq!(client.get("/v1/whoami").0, 200);
        let (_, _, metrics) = client.get("/metrics");
        assert!(metrics.contains(&format!("api_test_actor_restarts_total{{actor=\"authenticator\"}} {restarts}")));
    }
}

#[test]
fn a_full_authenticator_answers_503_with_retry_after_and_recovers() {
    let address = spawn_obedient(1);
    let mut waiting = Client::connect(address);
    waiting.send("/v1/whoami", "X-API-Key: wait\r\n");
    let mut client = Client::connect(address);
    // It is on its way; until it has arrived there is room.
    let deadline = Instant::now() + PATIENCE;
    let overloaded = loop {
        let answer = client.get("/v1/whoami");
        if answer.0 == 503 {
            break answer;
        }
        assert!(Instant::now() < deadline, "there was always room");
    };
    assert_eq!(overloaded.2, "{\"error\":\"authenticator overloaded\"}\n");
    assert!(overloaded.1.contains(&"retry-after: 1".to_owned()));
    assert_eq!(client.get("/healthz").0, 200);
    // A client that leaves frees its place.
    drop(waiting);
    let deadline = Instant::now() + PATIENCE;
    while client.get("/v1/whoami").0 != 200 {
        assert!(Instant::now() < deadline, "its place is not free");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn what_can_not_be_judged_is_503_and_not_401() {
    let mut client = Client::connect(spawn_obedient(2));
    client.send("/v1/whoami", "X-API-Key: down\r\n");
    let (status, _, body) = client.receive();
    assert_eq!((status, body.as_str()), (503, "{\"error\":\"credential can't be checked now\"}\n"));
}
