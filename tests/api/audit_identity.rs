//! Identity of the caller in the audit trail: subject, email address, kind of credential and client, in both stores.

use serde_json::{Value, json};

use crate::support::{
    Server,
    audit::Trail,
    oidc::{Provider, whoami},
    postgres::Database,
};

const DEV: &str = "X-API-Key: key-alpha-0123456789\r\n";

struct Setting {
    provider: Provider,
    server: Server,
    trail: Trail,
}

impl Setting {
    fn new(database: &str) -> Self {
        let provider = Provider::start();
        let config = format!(
            "{}api_keys: {{file: [{{name: devkey, key: key-alpha-0123456789}}]}}\n\
             bearer: {{tokens: [{{name: ci, token: tok-ci-0123456789}}]}}\n\
             database: {{url: '{database}'}}\naudit: {{enabled: true}}\n",
            provider.config("")
        );
        let server = Server::start(&config);
        let trail = Trail::of(&server);
        Self { provider, server, trail }
    }

    /// Returns the recorded event of a request with these headers.
    fn recorded(&self, headers: &str) -> Value {
        let answer = self.server.get_with("/v1/whoami", headers);
        self.trail.event(&format!("request_id={}", answer.header("x-request-id").unwrap()))
    }

    fn recorded_of(&self, token: &str) -> Value {
        self.recorded(&format!("Authorization: Bearer {token}\r\n"))
    }
}

fn who(event: &Value) -> Value {
    let fields = ["user_subject", "user_email", "auth_type", "api_key_name", "client_id"];
    fields.into_iter().filter_map(|name| Some((name.to_owned(), event.get(name)?.clone()))).collect()
}

fn each_kind_of_caller(database: &str) {
    let setting = Setting::new(database);
    let event = setting.recorded_of(&setting.provider.token());
    let by_client = json!({"user_subject": "plexara-cc", "auth_type": "oauth2", "client_id": "plexara-cc"});
    assert_eq!(who(&event), by_client, "a token of client credentials");
    let user = json!({"email": "zoë@example.org", "azp": "gateway", "client_id": "not-this"});
    let by_user = json!({"user_subject": "dev", "user_email": "zoë@example.org", "auth_type": "oauth2",
                         "client_id": "gateway"});
    assert_eq!(who(&setting.recorded_of(&setting.provider.signed(&user))), by_user, "the first claim decides");
    let entra = json!({"client_id": null, "appid": "11-22"});
    assert_eq!(setting.recorded_of(&setting.provider.signed(&entra))["client_id"], "11-22");
    let none = setting.recorded_of(&setting.provider.signed(&json!({"client_id": null})));
    assert_eq!(who(&none), json!({"user_subject": "dev", "auth_type": "oauth2"}), "no client, no field");
    let by_key = json!({"user_subject": "devkey", "auth_type": "apikey", "api_key_name": "devkey"});
    assert_eq!(who(&setting.recorded(DEV)), by_key);
    let by_token = json!({"user_subject": "ci", "auth_type": "bearer", "api_key_name": "ci"});
    assert_eq!(who(&setting.recorded_of("tok-ci-0123456789")), by_token);
    assert_eq!(who(&setting.recorded_of(&setting.provider.signed(&json!({"exp": 1})))), json!({}), "a refused one");
    let exported = setting.trail.get("export.ndjson?auth_type=oauth2");
    let clients: Vec<_> =
        exported.text().lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["client_id"].clone()).collect();
    assert_eq!(clients, [Value::Null, json!("11-22"), json!("gateway"), json!("plexara-cc")], "newest first");
}

#[test]
fn each_kind_of_caller_is_on_record_in_sqlite() {
    each_kind_of_caller("sqlite:audit.sqlite");
}

#[test]
fn each_kind_of_caller_is_on_record_in_postgres() {
    each_kind_of_caller(&Database::empty().url());
}

#[test]
fn claims_that_no_column_takes_cost_no_row() {
    let database = Database::empty();
    let setting = Setting::new(&database.url());
    let event = setting.recorded_of(&setting.provider.signed(&json!({"sub": "a\0b", "client_id": "c\0d"})));
    assert_eq!((&event["user_subject"], &event["client_id"]), (&json!("a\\x00b"), &json!("c\\x00d")));
    // Random, because PostgreSQL compresses repeated text; longer than an index entry.
    let long: String =
        (0..6000_u32).map(|n| char::from(b'!' + (n.wrapping_mul(2_654_435_761) >> 24) as u8 % 90)).collect();
    let token = setting.provider.signed(&json!({ "sub": long }));
    assert_eq!(
        whoami(&mut setting.server.connect(), &token).json()["subject"],
        json!(long),
        "the caller sees all of it"
    );
    let event = setting.recorded_of(&token);
    assert_eq!(event["user_subject"], json!(format!("{}…", &long[..1024])));
}
