//! Keys of the database: created, used, revoked, expired; on one server, and on two that share a PostgreSQL.

use std::{
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::support::{ALL_GROUPS, Connection, Response, Server, oidc, postgres::Cluster};

const DEV: &str = "X-API-Key: key-alpha-0123456789\r\n";

fn config(database: &str) -> String {
    format!(
        "server: {{address: '127.0.0.1:0', shutdown: {{pre_shutdown_delay: 0s}}}}\n\
         bearer: {{tokens: [{{name: ci, token: tok-ci-0123456789}}]}}\n\
         api_keys: {{file: [{{name: devkey, key: key-alpha-0123456789}}], db: {{enabled: true}}}}\n\
         database: {{url: '{database}'}}\n{ALL_GROUPS}"
    )
}

fn start() -> Server {
    Server::start(&config("sqlite:keys.sqlite"))
}

fn mint(server: &Server, asked: &Value) -> Response {
    server.connect().request("POST", "/api/v1/admin/api-keys", DEV, asked.to_string().as_bytes())
}

fn plaintext(server: &Server, asked: &Value) -> String {
    let made = mint(server, asked);
    assert_eq!(made.status, 201, "{}", made.text());
    made.json()["plaintext"].as_str().unwrap().to_owned()
}

fn show(connection: &mut Connection, key: &str) -> Response {
    connection.request("GET", "/v1/whoami", &format!("X-API-Key: {key}\r\n"), b"")
}

fn list(server: &Server) -> Vec<Value> {
    let listed = server.get_with("/api/v1/admin/api-keys", DEV);
    assert_eq!(listed.status, 200, "{}", listed.text());
    listed.json()["keys"].as_array().unwrap().clone()
}

#[test]
fn a_key_is_made_shown_listed_and_revoked() {
    let server = start();
    let made = mint(&server, &json!({"name": "gateway", "description": "staging"}));
    assert_eq!((made.status, made.header("cache-control")), (201, Some("no-store")));
    let (made, mut connection) = (made.json(), server.connect());
    let key = made["plaintext"].as_str().unwrap();
    assert!(key.starts_with("at_") && key.len() == 46, "{key}");
    assert_eq!(made["key"]["created_by"], "devkey");
    let who = show(&mut connection, key).json();
    assert_eq!(who, json!({"subject": "gateway", "auth_type": "apikey", "key_name": "gateway"}));
    assert_eq!(connection.get(&format!("/v1/whoami?api_key={key}")).status, 200);
    let listed = list(&server);
    assert_eq!(
        (listed.len(), &listed[0]["name"], &listed[0]["description"]),
        (1, &json!("gateway"), &json!("staging"))
    );
    assert!(!listed[0].to_string().contains(&key[3..]) && listed[0].get("hash").is_none());
    let gone = connection.request("DELETE", "/api/v1/admin/keys/gateway", DEV, b"");
    assert_eq!(gone.status, 204);
    assert_eq!(show(&mut connection, key).status, 401);
    assert_eq!(connection.request("DELETE", "/api/v1/admin/keys/gateway", DEV, b"").status, 404);
    let log = server.log().join("\n");
    assert!(!log.contains(&key[3..]), "the key is in the log");
}

#[test]
fn what_can_not_be_made_is_refused() {
    let server = start();
    assert_eq!(mint(&server, &json!({"name": "taken"})).status, 201);
    for name in ["taken", "devkey"] {
        assert_eq!(mint(&server, &json!({ "name": name })).status, 409, "{name}");
    }
    for asked in [
        json!({"name": ""}),
        json!({"name": "a/b"}),
        json!({"name": 7}),
        json!({}),
        json!([]),
        json!({"name": "a", "unknown": 1}),
        json!({"name": "a", "expires_at": "soon"}),
        json!({"name": "a", "expires_at": "2001-01-01T00:00:00Z"}),
    ] {
        assert_eq!(mint(&server, &asked).status, 400, "{asked}");
    }
    let large = json!({"name": "a", "description": "d".repeat(20_000)});
    assert_eq!(mint(&server, &large).status, 413);
}

#[test]
fn the_admin_api_is_never_anonymous() {
    let open = config("sqlite:keys.sqlite").replace("api_keys:", "auth: {allow_anonymous: true}\napi_keys:");
    let server = Server::start(&open);
    assert_eq!(server.get("/v1/whoami").status, 200);
    for (method, path) in
        [("GET", "/api/v1/admin/api-keys"), ("POST", "/api/v1/admin/keys"), ("DELETE", "/api/v1/admin/keys/a")]
    {
        let refused = server.connect().request(method, path, "", b"");
        assert_eq!((refused.status, refused.text()), (401, "{\"error\":\"unauthorized\"}\n"), "{method} {path}");
        assert_eq!(refused.header("www-authenticate"), Some(r#"Bearer realm="api-test-portal""#));
    }
}

#[test]
fn keys_that_are_off_say_so() {
    let config = "server: {address: '127.0.0.1:0'}\nportal: {enabled: true, cookie_secret: 0123456789abcdef}\n\
                  api_keys: {file: [{name: devkey, key: key-alpha-0123456789}]}\n";
    let answer = Server::start(config).get_with("/api/v1/admin/api-keys", DEV);
    assert_eq!(answer.status, 503);
    assert!(answer.text().contains("api_keys.db.enabled"), "{}", answer.text());
}

#[test]
fn a_key_ends_when_it_was_said_to() {
    let server = start();
    // A busy machine may not use the key before it expires; then try one with a longer life.
    let shown = [2, 4, 8, 16, 32].into_iter().any(|seconds| {
        let end = chrono::Utc::now() + chrono::TimeDelta::seconds(seconds);
        let name = format!("brief-{seconds}");
        let key = plaintext(&server, &json!({"name": name, "expires_at": end.to_rfc3339()}));
        let mut connection = server.connect();
        let mut shown = 0;
        while show(&mut connection, &key).status == 200 {
            shown += 1;
            thread::sleep(Duration::from_millis(20));
        }
        assert!(chrono::Utc::now() >= end, "refused before its end");
        assert_eq!(show(&mut connection, &key).status, 401);
        shown > 0
    });
    assert!(shown, "never shown in time");
}

#[test]
fn a_key_outlives_the_server_and_its_last_use_is_written_down() {
    let mut server = start();
    let key = plaintext(&server, &json!({"name": "gateway"}));
    assert_eq!(show(&mut server.connect(), &key).status, 200);
    server.signal(rustix::process::Signal::TERM);
    assert!(server.wait().success());
    let again = Server::start(&config(&format!("sqlite:{}", server.file("keys.sqlite").display())));
    assert!(list(&again)[0]["last_used_at"].is_string());
    assert_eq!(show(&mut again.connect(), &key).status, 200);
}

#[test]
fn other_keys_are_refused_whatever_their_form() {
    let server = start();
    let key = plaintext(&server, &json!({"name": "gateway"}));
    let mut connection = server.connect();
    let mut near = key.clone().into_bytes();
    near[20] ^= 1;
    for wrong in [String::from_utf8(near).unwrap(), format!("{key}A"), key[..45].to_owned(), "at_".to_owned()] {
        assert_eq!(show(&mut connection, &wrong).status, 401, "{wrong}");
    }
    assert_eq!(show(&mut connection, "key-alpha-0123456789").json()["subject"], "devkey");
}

#[test]
fn two_replicas_share_keys_and_revocations() {
    let cluster = Cluster::start();
    let (one, other) = (Server::start(&config(&cluster.url())), Server::start(&config(&cluster.url())));
    let key = plaintext(&one, &json!({"name": "shared"}));
    let mut connections = (one.connect(), other.connect());
    assert_eq!(show(&mut connections.0, &key).status, 200);
    assert_eq!(show(&mut connections.1, &key).status, 200);
    assert_eq!(mint(&other, &json!({"name": "shared"})).status, 409);
    assert_eq!(other.connect().request("DELETE", "/api/v1/admin/keys/sh%00red", DEV, b"").status, 404, "no text there");
    assert_eq!(other.connect().request("DELETE", "/api/v1/admin/keys/shared", DEV, b"").status, 204);
    assert_eq!(show(&mut connections.1, &key).status, 401);
    until("the other replica refuses it too", || show(&mut one.connect(), &key).status == 401);
}

#[test]
fn a_database_that_is_away_costs_its_keys_and_no_other() {
    let mut cluster = Cluster::start();
    let server = Server::start(&config(&cluster.url()));
    let (new, known) = (plaintext(&server, &json!({"name": "new"})), plaintext(&server, &json!({"name": "known"})));
    let mut connection = server.connect();
    assert_eq!(show(&mut connection, &known).status, 200);
    cluster.kill();
    let answer = show(&mut connection, &new);
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")), "{}", answer.text());
    // A replica that can't receive revocations stops trusting its cache as soon as it notices.
    until("a remembered key can't be judged", || show(&mut server.connect(), &known).status == 503);
    assert_eq!(show(&mut connection, "key-alpha-0123456789").status, 200);
    assert_eq!(oidc::whoami(&mut connection, "tok-ci-0123456789").status, 200);
    assert_eq!(show(&mut connection, "no-key-of-the-database").status, 401);
    cluster.run();
    until("both keys are back", || [&new, &known].iter().all(|key| show(&mut server.connect(), key).status == 200));
}

fn until(what: &str, holds: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !holds() {
        assert!(Instant::now() < deadline, "{what}");
        thread::sleep(Duration::from_millis(20));
    }
}
