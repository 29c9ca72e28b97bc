//! Server with an audit trail in SQLite, and access to the trail.

use std::{
    net::SocketAddr,
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use super::{ALL_GROUPS, Connection, Server};

/// Maximum time for an event to appear.
const PATIENCE: Duration = Duration::from_secs(60);

/// Key for reading the trail.
const KEY: &str = "X-API-Key: key-alpha-0123456789\r\n";

/// A file beside the server's configuration.
const SQLITE: &str = "sqlite:audit.sqlite";

/// Reads the audit trail of a server.
pub struct Trail(SocketAddr);

impl Trail {
    /// Starts a server for anonymous callers; `audit` is one more key of that section, or empty.
    pub fn start(audit: &str) -> (Server, Self) {
        Self::start_as(true, SQLITE, audit, &[])
    }

    /// Like [`Trail::start`], in a database of the test's own.
    pub fn start_on(url: &str, audit: &str) -> (Server, Self) {
        Self::start_as(true, url, audit, &[])
    }

    /// Starts a server that requires a key; `setting` is one key and value, or empty.
    pub fn start_closed(setting: &str) -> (Server, Self) {
        let variable = setting
            .split_once('=')
            .map(|(key, value)| (format!("APITEST__{}", key.to_uppercase().replace('.', "__")), value.to_owned()));
        let variables: Vec<_> = variable.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        Self::start_as(false, SQLITE, "", &variables)
    }

    /// Starts a server on all interfaces, IPv4 and IPv6 on one socket.
    pub fn start_on_all_interfaces() -> (Server, Self) {
        Self::start_as(true, SQLITE, "", &[("APITEST__SERVER__ADDRESS", ":0")])
    }

    /// Starts a server for anonymous callers with these environment variables.
    pub fn start_with(variables: &[(&str, &str)]) -> (Server, Self) {
        Self::start_as(true, SQLITE, "", variables)
    }

    fn start_as(anonymous: bool, url: &str, audit: &str, variables: &[(&str, &str)]) -> (Server, Self) {
        let config = format!(
            "server: {{address: '127.0.0.1:0', base_url: 'http://localhost:8080', \
             shutdown: {{pre_shutdown_delay: 0s, grace_period: 20s}}}}\n\
             auth: {{allow_anonymous: {anonymous}}}\n\
             api_keys: {{file: [{{name: devkey, key: key-alpha-0123456789}}]}}\n\
             database: {{url: '{url}'}}\n\
             audit:\n  enabled: true\n  {audit}\n{ALL_GROUPS}"
        );
        let server = Server::start_with(&config, variables);
        let trail = Self(server.address());
        (server, trail)
    }

    /// Wraps a server that was started elsewhere with the same key.
    pub fn of(server: &Server) -> Self {
        Self(server.address())
    }

    /// GET under `/api/v1/portal/audit/`.
    pub fn get(&self, target: &str) -> super::Response {
        Connection::open(self.0).request("GET", &format!("/api/v1/portal/audit/{target}"), KEY, b"")
    }

    /// Opens the live tail.
    pub fn tail(&self, query: &str) -> Tail {
        let mut connection = Connection::open(self.0);
        connection.start("GET", &format!("/api/v1/portal/audit/stream{query}"), KEY, b"");
        assert_eq!(connection.head().0, 200);
        let mut tail = Tail { connection, text: String::new() };
        tail.until(": stream open\n\n");
        tail
    }

    /// Returns the number of events.
    pub fn total(&self) -> u64 {
        self.get("events?limit=1").json()["total"].as_u64().unwrap()
    }

    /// Returns the number of events once all requests so far are recorded. It sends a last request, which is not
    /// counted: events are written in the order in which requests end.
    pub fn settled_total(&self) -> u64 {
        let mark = uuid::Uuid::new_v4();
        Connection::open(self.0).request("GET", "/v1/fixed/last", &format!("X-Request-Id: {mark}\r\n"), b"");
        self.event(&format!("request_id={mark}"));
        self.total() - 1
    }

    /// Waits for the only event that matches a filter, and returns it with its payload.
    pub fn event(&self, filter: &str) -> Value {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let found = self.get(&format!("events?{filter}"));
            assert_eq!(found.status, 200, "{}", found.text());
            let found = found.json();
            if let Some(event) = found["events"].as_array().and_then(|events| events.first()) {
                assert_eq!(found["total"], 1, "{filter}: {found}");
                return self.get(&format!("events/{}", event["id"].as_str().unwrap())).json();
            }
            assert!(Instant::now() < deadline, "no event for {filter}");
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Returns the number of rows in the file of a stopped server.
    pub fn rows_in_file(&self, server: &Server) -> u64 {
        Self::of(&Self::over_file(server)).total()
    }

    /// Returns the newest events in the file of a stopped server.
    pub fn record_in_file(&self, server: &Server) -> Vec<Value> {
        let events = Self::of(&Self::over_file(server)).get("events").json();
        events["events"].as_array().unwrap().clone()
    }

    /// Returns the newest connections in the file of a stopped server.
    pub fn connections_in_file(server: &Server) -> Vec<Value> {
        let connections = Self::of(&Self::over_file(server)).get("connections").json();
        connections["connections"].as_array().unwrap().clone()
    }

    /// Starts another server with the file of a stopped one.
    fn over_file(server: &Server) -> Server {
        let file = server.file("audit.sqlite");
        let config = format!(
            "server: {{address: '127.0.0.1:0'}}\nauth: {{allow_anonymous: true}}\n\
             api_keys: {{file: [{{name: devkey, key: key-alpha-0123456789}}]}}\n\
             database: {{url: 'sqlite:{}'}}\naudit: {{enabled: true}}\n",
            file.display()
        );
        Server::start(&config)
    }
}

/// Open live tail.
pub struct Tail {
    connection: Connection,
    text: String,
}

impl Tail {
    /// Waits for the next event.
    pub fn event(&mut self) -> Value {
        loop {
            let message = self.until("\n\n");
            if let Some(data) = message.lines().find_map(|line| line.strip_prefix("data: ")) {
                return serde_json::from_str(data).unwrap();
            }
        }
    }

    /// Reads up to and including `mark`.
    fn until(&mut self, mark: &str) -> String {
        loop {
            if let Some(at) = self.text.find(mark) {
                let rest = self.text.split_off(at + mark.len());
                return std::mem::replace(&mut self.text, rest);
            }
            let chunk = self.connection.chunk().expect("the stream ended");
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }
}
