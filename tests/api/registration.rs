//! Self-registration with a gateway. The test plays the gateway's administration API, which answers as told, refuses,
//! hangs, or is missing.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::mpsc::{self, Receiver, TryRecvError},
    thread,
    time::Duration,
};

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::support::{ALL_GROUPS, Server, postgres::free_port};

const PATIENCE: Duration = Duration::from_secs(60);

/// Reaction of the administration API to a registration.
#[derive(Clone)]
enum Does {
    /// Responds with this head and no body.
    Answers(&'static str),
    /// Responds with a redirect to another address.
    SendsTo(SocketAddr),
    /// Closes without a response.
    Closes,
    /// Never responds.
    Hangs,
}

/// Received registration.
struct Told {
    line: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    /// Kept open for a registration that must hang.
    connection: Option<TcpStream>,
}

impl Told {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// The gateway's administration API; follows the script, one registration after the other.
struct Administration {
    address: SocketAddr,
    told: Receiver<Told>,
}

impl Administration {
    fn that(script: &[Does]) -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").unwrap(), script)
    }

    fn on(listener: TcpListener, script: &[Does]) -> Self {
        let address = listener.local_addr().unwrap();
        let (tell, told) = mpsc::channel();
        let script = script.to_vec();
        thread::spawn(move || {
            for does in script {
                let Ok((connection, _)) = listener.accept() else { return };
                // The test may have ended.
                let _ = tell.send(serve(connection, &does));
            }
            // Registrations after the script are reported to the test, too.
            for connection in listener.incoming().map_while(Result::ok) {
                let _ = tell.send(serve(connection, &Does::Answers("500 Beyond the script")));
            }
        });
        Self { address, told }
    }

    fn url(&self) -> String {
        format!("http://{}/admin/connections", self.address)
    }

    fn next(&self) -> Told {
        self.told.recv_timeout(PATIENCE).expect("a registration")
    }

    /// Checks that no registration is left, after the end of the server. A unit test checks, in paused time, that none
    /// follows.
    fn is_left_alone(&self) -> bool {
        matches!(self.told.try_recv(), Err(TryRecvError::Empty))
    }
}

fn serve(connection: TcpStream, does: &Does) -> Told {
    let mut reader = BufReader::new(connection);
    let mut line = || {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    };
    let first = line();
    let headers: Vec<(String, String)> = std::iter::repeat_with(&mut line)
        .take_while(|line| !line.is_empty())
        .map(|line| line.split_once(": ").map(|(name, value)| (name.to_lowercase(), value.to_owned())).unwrap())
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length").unwrap().1.parse().unwrap();
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let mut connection = reader.into_inner();
    let location = match does {
        Does::SendsTo(address) => format!("307 Temporary Redirect\r\nLocation: http://{address}/"),
        Does::Answers(head) => (*head).to_owned(),
        Does::Closes | Does::Hangs => String::new(),
    };
    if !location.is_empty() {
        let _ = write!(connection, "HTTP/1.1 {location}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    }
    let connection = matches!(does, Does::Hangs).then_some(connection);
    Told { line: first, headers, body, connection }
}

fn start(admin_url: &str, more: &str) -> Server {
    Server::start(&config(admin_url, "{pre_shutdown_delay: 0s}", more))
}

fn config(admin_url: &str, shutdown: &str, more: &str) -> String {
    format!(
        "server: {{address: '127.0.0.1:0', shutdown: {shutdown}}}\n\
         api_keys: {{header_name: X-Key, file: [{{name: a, key: s3cret-key-0123456789}}]}}\n\
         plexara: {{register: {{enabled: true, admin_url: '{admin_url}'{more}}}}}\n{ALL_GROUPS}"
    )
}

fn is_registered(line: &str) -> bool {
    line.contains("registered with the gateway")
}

/// Stops the server, and checks that it was not about to retry.
fn stop_settled(server: &mut Server) {
    server.signal(Signal::TERM);
    assert_eq!(server.wait().code(), Some(0));
    let log = server.log();
    let last = log.iter().rfind(|line| line.contains("registrar") || line.contains("registr"));
    assert!(last.is_some_and(|line| !line.contains("registration failed")), "{last:?}");
}

fn number(line: &str, key: &str) -> u64 {
    serde_json::from_str::<Value>(line).unwrap()[key].as_u64().unwrap()
}

#[test]
fn it_tries_again_until_it_is_known_and_tells_what_is_needed_and_no_secret() {
    let unavailable = Does::Answers("503 Service Unavailable");
    let script = [unavailable.clone(), unavailable, Does::Closes, Does::Answers("201 Created")];
    let administration = Administration::that(&script);
    let url = format!("{}?token=s3cret-token", administration.url());
    let mut server = start(&url, ", auth_header: 'Bearer s3cret-header', connection_name: mine");
    let told: Vec<Told> = script.iter().map(|_| administration.next()).collect();
    let line = server.wait_for_line(is_registered);
    assert_eq!(number(&line, "tries"), 4);
    for one in &told {
        assert_eq!(one.line, "POST /admin/connections?token=s3cret-token HTTP/1.1");
        assert_eq!(one.header("authorization"), Some("Bearer s3cret-header"));
        assert_eq!(one.headers.iter().filter(|(name, _)| name == "authorization").count(), 1);
        assert_eq!(one.header("content-type"), Some("application/json"));
        assert_eq!(one.body, told[0].body);
    }
    let body = told[0].json();
    let base_url = format!("http://localhost:{}", server.address().port());
    assert_eq!((&body["name"], &body["base_url"]), (&json!("mine"), &json!(base_url)));
    assert_eq!(body["auth"]["modes"], json!(["api_key"]));
    assert_eq!(body["auth"]["api_key"], json!({"in": "header", "name": "X-Key", "query_name": "api_key"}));
    assert_eq!(body["openapi"], server.get("/openapi.json").json());
    assert!(!String::from_utf8_lossy(&told[0].body).contains("s3cret"));
    let log = server.log().join("\n");
    assert!(!log.contains("s3cret"), "{log}");
    assert!(log.contains(&format!("http://{}/admin/connections?token=***", administration.address)), "{log}");
    let metrics = server.get("/metrics");
    assert!(metrics.text().contains("api_test_actor_restarts_total{actor=\"registrar\"} 0"));
    stop_settled(&mut server);
    assert!(administration.is_left_alone(), "once is enough");
}

#[test]
fn without_a_credential_none_is_sent() {
    let administration = Administration::that(&[Does::Answers("204 No Content")]);
    let server = start(&administration.url(), "");
    assert_eq!(administration.next().header("authorization"), None);
    server.wait_for_line(is_registered);
}

#[test]
fn a_refusal_is_said_once_and_the_server_serves_on() {
    let elsewhere = Administration::that(&[]);
    for (does, status, hint) in [
        (Does::Answers("401 Unauthorized"), "401", "auth_header"),
        (Does::Answers("404 Not Found"), "404", ""),
        (Does::SendsTo(elsewhere.address), "307", "admin_url"),
    ] {
        let administration = Administration::that(&[does]);
        let mut server = start(&administration.url(), ", auth_header: s3cret");
        administration.next();
        let line = server.wait_for_line(|line| line.contains("registration refused"));
        assert!(line.contains("WARN") && line.contains(&format!("returned {status}")) && line.contains(hint), "{line}");
        assert_eq!(server.get("/readyz").status, 200);
        stop_settled(&mut server);
        assert!(administration.is_left_alone(), "{status}");
    }
    assert!(elsewhere.is_left_alone(), "nobody is told by way of a redirect");
}

#[test]
fn an_administration_that_is_not_there_yet_is_told_when_it_is() {
    let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
    let server = start(&format!("http://{address}/"), "");
    let failed = server.wait_for_line(|line| line.contains("registration failed; retrying"));
    assert!(failed.contains("WARN"), "{failed}");
    assert_eq!(server.get("/readyz").status, 200, "readiness does not wait for it");
    let administration = Administration::on(TcpListener::bind(address).unwrap(), &[Does::Answers("200 OK")]);
    administration.next();
    server.wait_for_line(is_registered);
}

#[test]
fn a_pause_that_is_asked_for_is_kept_within_bounds() {
    let script = [
        Does::Answers("429 Too Many Requests\r\nRetry-After: 2"),
        Does::Answers("503 Service Unavailable\r\nRetry-After: 86400"),
    ];
    let administration = Administration::that(&script);
    let server = start(&administration.url(), "");
    let pause = |status: &str| {
        let line = server.wait_for_line(|line| line.contains("retrying") && line.contains(status));
        number(&line, "retry_in_ms")
    };
    let (short, long) = (pause("returned 429"), pause("returned 503"));
    assert!((2_000..=3_000).contains(&short), "{short}");
    assert!((300_000..=450_000).contains(&long), "a day is too long: {long}");
}

#[test]
fn one_that_hangs_delays_nothing_and_is_left_at_once_when_the_server_stops() {
    let administration = Administration::that(&[Does::Hangs]);
    let mut server = Server::start(&config(&administration.url(), "{pre_shutdown_delay: 60s}", ""));
    let mut hanging = administration.next().connection.unwrap();
    assert_eq!(server.get("/readyz").status, 200);
    server.signal(Signal::TERM);
    hanging.set_read_timeout(Some(PATIENCE)).unwrap();
    assert_eq!(hanging.read(&mut [0]).unwrap_or_default(), 0, "closed");
    assert!(server.is_running(), "it still serves until the delay is over");
    let log = server.log().join("\n");
    assert!(!log.contains("registration failed"), "left, not timed out: {log}");
    server.signal(Signal::TERM);
    assert_eq!(server.wait().code(), Some(0));
}
