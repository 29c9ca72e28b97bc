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

use actix_web::{body::BoxBody, dev::ServiceResponse};
use actors::{Credentials, Decision};
use bytes::Bytes;
use futures_util::stream;

use super::*;
use crate::{
    config::Environment,
    endpoints::{Answer, Route},
};

/// Maximum time for anything; far above what is needed.
const PATIENCE: Duration = Duration::from_secs(60);

/// Starts a server with parts of the test. It ends with the process.
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

/// Server with an audit trail, and how it ended.
struct Recording {
    address: SocketAddr,
    server: actix_server::ServerHandle,
    ended: mpsc::Receiver<Ended>,
}

struct Ended {
    outcome: Result<(), String>,
    state: actors::audit::SinkState,
    events: Vec<actors::audit::Event>,
}

/// Like [`spawn`], with an audit trail, until the server ends.
fn spawn_recording(parts: impl FnOnce(Parts) -> Parts + Send + 'static) -> Recording {
    let (send, receive) = mpsc::channel();
    let (end, ended) = mpsc::channel();
    thread::spawn(move || {
        actix_rt::System::new().block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let text = format!(
                "server: {{address: '127.0.0.1:0', workers: 1, shutdown: {{grace_period: 60s}}}}\n\
                 auth: {{allow_anonymous: true}}\ndatabase: {{url: 'sqlite:{}'}}\naudit: {{enabled: true}}\n\
                 endpoints: {{identity: {{enabled: true}}, data: {{enabled: true}}}}\n",
                folder.path().join("audit.sqlite").display()
            );
            let loaded = Config::parse("test.yaml", &text, &Environment::default()).unwrap();
            let database = loaded.config.database.clone();
            let backing = Backing::start(&loaded.config).await.unwrap();
            let parts = parts(Parts::of(&loaded.config, &backing));
            let application = Application::build(loaded, parts, backing).await.unwrap();
            let observe = application.trail.as_ref().unwrap().reader().observe;
            send.send((application.address(), application.server.handle())).unwrap();
            let outcome = application.run_until_stopped(Signals::watch().unwrap()).await;
            let outcome = outcome.map_err(|error| format!("{error:#}"));
            let store = crate::store::open(&database).await.unwrap().audit;
            let page = actors::audit::Page { limit: 1000, offset: 0, after: None };
            let events = store.events(&actors::audit::Filter::default(), page).await.unwrap();
            let events = events.into_iter().map(|entry| entry.event).collect();
            end.send(Ended { outcome, state: observe(), events }).unwrap();
        });
    });
    let (address, server) = receive.recv_timeout(PATIENCE).unwrap();
    Recording { address, server, ended }
}

impl Recording {
    /// Ends the server without a signal, and returns the recorded events.
    fn end(self) -> Ended {
        drop(self.server.stop(false));
        self.ended.recv_timeout(PATIENCE).unwrap()
    }
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

    /// Reads status, lower-case header lines, and a body of `Content-Length`.
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

/// A panic gets a response in the recorded form, and the connection is closed.
fn answers_500_and_closes(mut client: Client) {
    let (status, headers, body) = client.receive();
    assert_eq!((status, body.as_str()), (500, "{\"error\":\"internal error\"}\n"));
    assert!(headers.iter().any(|header| header.starts_with("x-request-id: ")), "{headers:?}");
    assert!(headers.contains(&"access-control-allow-origin: *".to_owned()), "{headers:?}");
    assert!(headers.contains(&"connection: close".to_owned()), "{headers:?}");
    let mut rest = Vec::new();
    client.0.read_to_end(&mut rest).unwrap();
    assert_eq!(String::from_utf8(rest).unwrap(), "", "one answer and no second one");
}

#[test]
fn a_handler_that_panics_is_answered_with_500_and_the_connection_is_closed() {
    let address = spawn(|parts| Parts { groups: vec![failing()], ..parts });
    for _ in 0..3 {
        let mut client = Client::connect(address);
        client.send("/v1/panics", "");
        answers_500_and_closes(client);
    }
    let mut client = Client::connect(address);
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
    // Either the end of the connection or a reset.
    let _ = client.0.read_to_end(&mut answer);
    let answer = String::from_utf8(answer).unwrap();
    assert!(!answer.ends_with("0\r\n\r\n"), "{answer}");
    assert_eq!(Client::connect(address).get("/healthz").0, 200);
}

#[test]
fn a_panic_of_a_recorded_request_is_on_record_as_such() {
    let recording = spawn_recording(|parts| Parts { groups: vec![failing()], ..parts });
    let mut client = Client::connect(recording.address);
    client.send("/v1/panics", "");
    answers_500_and_closes(client);
    let ended = recording.end();
    let event = &ended.events[0];
    assert_eq!((ended.events.len(), event.status, event.path.as_str()), (1, 500, "/v1/panics"));
    assert_eq!(
        (event.error_category.as_deref(), event.error_message.as_deref()),
        (Some("panic"), Some("internal error"))
    );
}

#[test]
fn a_panic_outside_of_a_handler_is_answered_as_one_in_it() {
    async fn fails() -> Result<&'static str, actix_web::Error> {
        Err(actix_web::error::ErrorImATeapot("as asked"))
    }
    let address = spawn(|parts| {
        let pages = |app: &mut ServiceConfig| {
            app.route("/portal/panics", web::get().to(async || -> &'static str { panic!("as asked") }));
            app.route("/portal/fails", web::get().to(fails));
            // No future is created: it panics when the application is called.
            app.service(web::resource("/portal/at-once").wrap_fn(
                |_, _| -> std::future::Ready<Result<ServiceResponse<BoxBody>, actix_web::Error>> { panic!("as asked") },
            ));
        };
        Parts { pages: Some(Arc::new(pages)), ..parts }
    });
    for path in ["/portal/panics", "/portal/at-once"] {
        let mut client = Client::connect(address);
        client.send(path, "");
        answers_500_and_closes(client);
    }
    let mut client = Client::connect(address);
    assert_eq!(client.get("/portal/fails").0, 418);
    let (_, _, metrics) = client.get("/metrics");
    assert!(
        metrics.contains("api_test_http_requests_total{method=\"GET\",route=\"portal\",status=\"500\"} 2"),
        "{metrics}"
    );
    assert!(metrics.contains("api_test_http_requests_in_flight 1"), "{metrics}");
}

#[test]
fn a_server_that_ends_by_itself_has_written_down_what_ran() {
    async fn waits(_: endpoints::Call) -> endpoints::Outcome {
        std::future::pending().await
    }
    async fn streams(_: endpoints::Call) -> endpoints::Outcome {
        use futures_util::StreamExt as _;
        Ok(Answer::stream("text/plain", None, stream::iter([Bytes::from_static(b"first")]).chain(stream::pending())))
    }
    let recording = spawn_recording(|parts| {
        let group = Group::new("data", "Waits.")
            .route(Route::get("waits", "/v1/waits", waits).answers_empty("200", "Never."))
            .route(Route::get("streams", "/v1/streams", streams).answers_empty("200", "Half."));
        Parts { groups: vec![group], ..parts }
    });
    let mut client = Client::connect(recording.address);
    for _ in 0..20 {
        assert_eq!(client.get("/v1/nothing").0, 404);
    }
    let mut waiting = Client::connect(recording.address);
    waiting.send("/v1/waits", "");
    let mut streaming = Client::connect(recording.address);
    streaming.send("/v1/streams", "");
    while !client.get("/metrics").2.contains("api_test_http_requests_in_flight 3") {
        thread::sleep(Duration::from_millis(5));
    }
    let ended = recording.end();
    assert_eq!(ended.outcome, Err("the server ended by itself".to_owned()));
    let state = &ended.state.events;
    assert_eq!((state.received, state.written, state.dropped, state.depth), (22, 22, 0, 0));
    assert_eq!(ended.events.len(), 22);
    for path in ["/v1/waits", "/v1/streams"] {
        let event = ended.events.iter().find(|event| event.path == path).unwrap();
        assert!(!event.success && event.error_category.is_some(), "{event:?}");
    }
}

/// Panics, waits or accepts, depending on the key.
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
    // The request is on its way; until it arrives there is a free place.
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
