//! No credential reaches the log, wherever in its request a client puts it.

use serde_json::json;

use crate::support::{ALL_GROUPS, Server};

const KEY: &str = "key-alpha-0123456789";
const TOKEN: &str = "tok/alpha+0123456789=";
const WRONG: &str = "a-wrong-key-nobody-may-see";
const SHORT: &str = "k-short";

fn start(format: &str) -> Server {
    let config = format!(
        "server: {{address: '127.0.0.1:0', shutdown: {{pre_shutdown_delay: 0s}}}}\n\
         bearer: {{tokens: [{{name: ci, token: '{TOKEN}'}}]}}\n\
         api_keys: {{file: [{{name: devkey, key: {KEY}}}, {{name: brief, key: {SHORT}}}], db: {{enabled: true}}}}\n\
         portal: {{enabled: true, cookie_secret: 0123456789abcdef}}\n\
         database: {{url: 'sqlite:keys.sqlite'}}\n{ALL_GROUPS}"
    );
    Server::start_with(&config, &[("LOG_LEVEL", "debug"), ("LOG_FORMAT", format)])
}

/// Every byte percent-encoded.
fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02x}")).collect()
}

/// Every second byte percent-encoded.
fn half_encoded(text: &str) -> String {
    let one = |(n, byte): (usize, u8)| if n % 2 == 0 { format!("%{byte:02X}") } else { char::from(byte).to_string() };
    text.bytes().enumerate().map(one).collect()
}

fn made_key(server: &Server) -> String {
    let asked = json!({"name": "gateway"}).to_string();
    let header = format!("X-API-Key: {KEY}\r\n");
    let made = server.connect().request("POST", "/api/v1/admin/api-keys", &header, asked.as_bytes());
    made.json()["plaintext"].as_str().unwrap().to_owned()
}

/// Sends `secret`, shown by `header`, in all places of a head that are logged.
fn spread(server: &Server, header: &str, secret: &str) {
    let mut connection = server.connect();
    for spelt in [secret.to_owned(), encoded(secret), half_encoded(secret)] {
        for (target, more) in [
            (format!("/v1/fixed/{spelt}"), String::new()),
            (format!("/v1/fixed/a?{spelt}=b&{spelt}"), String::new()),
            (format!("/portal/{spelt}"), String::new()),
            (format!("/nowhere/{spelt}/b"), String::new()),
            ("/v1/fixed/a".to_owned(), format!("X-Request-Id: {spelt}\r\n")),
            ("/api/v1/portal/me".to_owned(), format!("X-Request-Id: id-{spelt}\r\n")),
        ] {
            connection.request("GET", &target, &format!("{header}{more}"), b"");
        }
    }
}

#[test]
fn no_credential_reaches_the_log() {
    for format in ["json", "text"] {
        let server = start(format);
        let made = made_key(&server);
        let basic = "user:basic-password-0123";
        for (header, secret) in [
            (format!("X-API-Key: {KEY}\r\n"), KEY),
            (format!("X-API-Key: {made}\r\n"), &made),
            (format!("X-API-Key: {WRONG}\r\n"), WRONG),
            (format!("Authorization: Bearer {TOKEN}\r\n"), TOKEN),
            (format!("Authorization: Bearer {WRONG}\r\n"), WRONG),
            ("Authorization: Basic dXNlcjpiYXNpYy1wYXNzd29yZC0wMTIz\r\n".to_owned(), &basic[5..]),
        ] {
            spread(&server, &header, secret);
        }
        server.get(&format!("/v1/fixed/{KEY}?api_key={}", encoded(KEY)));
        server.connect().request(KEY, "/v1/whoami", &format!("X-API-Key: {KEY}\r\n"), b"");
        let whole = format!("X-API-Key: {SHORT}\r\nX-Request-Id: {SHORT}\r\n");
        server.get_with(&format!("/v1/fixed/{SHORT}/{}", encoded(SHORT)), &whole);
        server.get_with("/v1/fixed/the-last", "X-API-Key: wrong\r\n");
        server.wait_for_line(|line| line.contains("/v1/fixed/the-last"));
        let log = server.log().join("\n");
        for secret in [KEY, TOKEN, WRONG, &made, &basic[5..], SHORT] {
            for spelt in [secret.to_owned(), encoded(secret), half_encoded(secret)] {
                let line = log.lines().find(|line| line.contains(&spelt));
                assert!(line.is_none(), "{secret} as {spelt} is in the log: {line:?}");
            }
        }
        for shown in ["/v1/fixed/[redacted]", "/v1/fixed/a?[redacted]=[redacted]&[redacted]", "id-[redacted]", "devkey"]
        {
            assert!(log.contains(shown), "{shown} is not in the log:\n{log}");
        }
    }
}

#[test]
fn what_holds_no_credential_is_logged_as_it_came() {
    let server = start("json");
    let header = format!("X-API-Key: {KEY}\r\nX-Request-Id: key-alpha\r\n");
    server.get_with("/v1/fixed/key-alpha%2F01?key-alpha=1", &header);
    let line = server.wait_for_access("key-alpha");
    assert_eq!(
        (&line["path"], &line["request_id"]),
        (&json!("/v1/fixed/key-alpha%2F01?key-alpha=[redacted]"), &json!("key-alpha"))
    );
}
