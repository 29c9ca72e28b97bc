//! Long responses end with their credential, and are not cached.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::{
    ALL_GROUPS, Connection, Server,
    browser::{Browser, introduce, origin},
    oidc::{Provider, now},
    postgres::Cluster,
};

const COOKIE: &str = "api_test_session";
const KEY: &str = "X-API-Key: key-alpha-0123456789\r\n";
const XHR: &str = "X-Requested-With: XMLHttpRequest\r\n";
const STREAM: &str = "/api/v1/portal/audit/stream";
/// A second, plus tolerance for a busy machine.
const SOON: Duration = Duration::from_secs(10);

fn config(more: &str) -> String {
    format!(
        "server: {{address: '127.0.0.1:0'}}\naudit: {{enabled: true}}\n\
         api_keys: {{file: [{{name: devkey, key: key-alpha-0123456789}}], db: {{enabled: true}}}}\n\
         portal: {{enabled: true, cookie_secret: 0123456789abcdef-for-tests}}\n{more}{ALL_GROUPS}"
    )
}

fn oidc(provider: &Provider, more: &str) -> String {
    format!(
        "oidc: {{enabled: true, issuer: '{}', client_id: api-test-portal, \
         client_secret: portal-secret-for-tests{more}}}\n",
        provider.issuer
    )
}

/// An open live tail.
struct Tail(Connection);

impl Tail {
    fn open(server: &Server, headers: &str) -> Self {
        let mut connection = server.connect();
        connection.start("GET", STREAM, headers, b"");
        let (status, headers) = connection.head();
        assert_eq!(status, 200);
        assert!(headers.contains(&("cache-control".to_owned(), "no-store".to_owned())), "{headers:?}");
        Self(connection)
    }

    /// Waits for the end and returns the time it took. Events and comments are skipped.
    fn ends(mut self) -> Duration {
        let begun = Instant::now();
        while self.0.chunk().is_some() {}
        begun.elapsed()
    }

    /// Waits for the event of a request to `path`.
    fn tells(&mut self, path: &str) {
        loop {
            let chunk = self.0.chunk().expect("the stream goes on");
            if String::from_utf8_lossy(&chunk).contains(path) {
                return;
            }
        }
    }
}

#[test]
fn a_stream_ends_with_its_session_on_every_replica() {
    let (cluster, provider) = (Cluster::start(), Provider::start());
    let text = config(&format!("database: {{url: '{}'}}\n{}", cluster.url(), oidc(&provider, "")));
    let (one, other) = (Server::start(&text), Server::start(&text));
    introduce(&provider, &[&one, &other]);
    let (mut leaving, mut staying) = (Browser::default(), Browser::default());
    leaving.sign_in(&one, "/portal/");
    staying.sign_in(&one, "/portal/");
    let cookie = |browser: &Browser| format!("Cookie: {COOKIE}={}\r\n", browser.cookie(&one, COOKIE).unwrap());
    let tails = [&one, &other].map(|server| Tail::open(server, &cookie(&leaving)));
    let mut stays = Tail::open(&other, &cookie(&staying));
    let headers = format!("{XHR}Origin: {}\r\n", origin(&one));
    let signed_out = leaving.send("POST", &format!("{}/portal/auth/logout", origin(&one)), &headers, "");
    assert_eq!(signed_out.status, 204);
    for took in tails.map(Tail::ends) {
        eprintln!("stream ended {took:?} after the sign-out");
        assert!(took < SOON, "{took:?}");
    }
    other.get_with("/v1/fixed/still-there", KEY);
    stays.tells("/v1/fixed/still-there");
}

#[test]
fn a_stream_ends_with_its_key_on_every_replica() {
    let cluster = Cluster::start();
    let text = config(&format!("database: {{url: '{}'}}\n", cluster.url()));
    let (one, other) = (Server::start(&text), Server::start(&text));
    let minted = one.connect().request("POST", "/api/v1/admin/api-keys", KEY, br#"{"name":"short"}"#).json();
    let key = format!("X-API-Key: {}\r\n", minted["plaintext"].as_str().unwrap());
    let tails = [&one, &other].map(|server| Tail::open(server, &key));
    let mut stays = Tail::open(&other, KEY);
    assert_eq!(one.connect().request("DELETE", "/api/v1/admin/api-keys/short", KEY, b"").status, 204);
    for took in tails.map(Tail::ends) {
        eprintln!("stream ended {took:?} after the revocation");
        assert!(took < SOON, "{took:?}");
    }
    other.get_with("/v1/fixed/still-there", KEY);
    stays.tells("/v1/fixed/still-there");
}

#[test]
fn a_stream_ends_with_its_token() {
    let provider = Provider::start();
    let folder = tempfile::tempdir().unwrap();
    let database = format!("database: {{url: 'sqlite:{}'}}\n", folder.path().join("audit.sqlite").display());
    let more = ", audience: 'urn:api-test', clock_skew_seconds: 0";
    let server = Server::start(&config(&format!("{database}{}", oidc(&provider, more))));
    let end = now() + 3;
    let token = provider.signed(&json!({ "exp": end }));
    let tail = Tail::open(&server, &format!("Authorization: Bearer {token}\r\n"));
    let took = tail.ends();
    eprintln!("stream ended {took:?} after it began, {} s after its token", now() - end);
    assert!(now() >= end, "no earlier than its token");
    assert!(took < Duration::from_secs(3) + SOON, "{took:?}");
    server.wait_for_line(|line| line.contains("its credential has expired or was revoked"));
}

#[test]
fn nobody_keeps_a_copy_of_the_api_of_portal_and_admin() {
    let folder = tempfile::tempdir().unwrap();
    let database = format!("database: {{url: 'sqlite:{}'}}\n", folder.path().join("audit.sqlite").display());
    let server = Server::start(&config(&database));
    let mut connection = server.connect();
    for (method, target, status) in [
        ("GET", "/api/v1/portal/me", 200),
        ("GET", "/api/v1/portal/wellknown", 200),
        ("GET", "/api/v1/portal/server", 200),
        ("GET", "/api/v1/portal/config", 200),
        ("GET", "/api/v1/portal/endpoints", 200),
        ("GET", "/api/v1/portal/openapi.json", 200),
        ("GET", "/api/v1/portal/dashboard", 200),
        ("GET", "/api/v1/portal/audit/events", 200),
        ("GET", "/api/v1/portal/audit/events?limit=x", 400),
        ("GET", "/api/v1/portal/audit/export.ndjson", 200),
        ("GET", "/api/v1/admin/api-keys", 200),
        ("POST", "/api/v1/admin/api-keys", 400),
        ("PUT", "/api/v1/admin/api-keys", 405),
        ("GET", "/api/v1/portal/nothing", 404),
    ] {
        let answer = connection.request(method, target, KEY, b"");
        assert_eq!((answer.status, answer.header("cache-control")), (status, Some("no-store")), "{method} {target}");
    }
    let refused = connection.get("/api/v1/portal/me");
    assert_eq!((refused.status, refused.header("cache-control")), (401, Some("no-store")));
    let outside = server.get_with("/v1/whoami", KEY);
    assert_eq!(outside.header("cache-control"), None, "/v1 stays exact");
}
