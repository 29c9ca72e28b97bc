//! ID tokens at sign-in: judged like access tokens, but tolerant of harmless differences between providers.

use serde_json::{Value, json};

use crate::support::{
    ALL_GROUPS, Server,
    browser::{Browser, introduce, location, origin},
    oidc::{Provider, now},
};

fn config(provider: &Provider) -> String {
    format!(
        "server: {{address: '127.0.0.1:0'}}\n\
         oidc: {{enabled: true, issuer: '{}', client_id: api-test-portal, client_secret: portal-secret-for-tests}}\n\
         portal: {{enabled: true, cookie_secret: 0123456789abcdef-for-tests}}\n{ALL_GROUPS}",
        provider.issuer
    )
}

struct Setting {
    provider: Provider,
    server: Server,
}

impl Setting {
    fn new() -> Self {
        Self::with(&json!({}))
    }

    /// Starts with settings of the provider that exist before the server starts.
    fn with(settings: &Value) -> Self {
        let provider = Provider::start();
        provider.set(settings);
        let server = Server::start(&config(&provider));
        introduce(&provider, &[&server]);
        Self { provider, server }
    }

    /// Signs in with modified ID tokens. Returns where the browser ends up, and the user.
    fn sign_in(&self, id_token: &Value) -> (String, Value) {
        self.provider.set(&json!({ "id_token": id_token }));
        let mut browser = Browser::default();
        let answer = browser.sign_in(&self.server, "/portal/");
        let cookie = browser.cookie(&self.server, "api_test_session");
        assert_eq!(cookie.is_some(), location(&answer) == "/portal/", "a session is made for a good token alone");
        (location(&answer), browser.me(&self.server).json())
    }

    fn admits(&self, id_token: &Value, subject: &str) {
        let (to, me) = self.sign_in(id_token);
        assert_eq!((to.as_str(), &me["subject"]), ("/portal/", &json!(subject)), "{}", self.server.log().join("\n"));
    }

    fn refuses(&self, id_token: &Value, code: &str) {
        let (to, _) = self.sign_in(id_token);
        assert_eq!(to, format!("/portal/login?error={code}"), "{id_token}\n{}", self.server.log().join("\n"));
        self.server.wait_for_line(|line| line.contains("oidc: sign-in failed") && line.contains(code));
    }
}

#[test]
fn harmless_differences_between_providers_are_read() {
    let setting = Setting::new();
    for claims in [
        json!({"updated_at": "2026-01-02T03:04:05Z"}),
        json!({"updated_at": "2026-01-02T03:04:05.123+02:00", "email_verified": "true"}),
        json!({"updated_at": 1_700_000_000, "email_verified": "false"}),
        json!({"email_verified": false, "azp": "api-test-portal", "nbf": now() - 5}),
    ] {
        setting.admits(&json!({ "claims": claims }), "dev");
    }
}

#[test]
fn id_tokens_are_judged_like_access_tokens() {
    let setting = Setting::new();
    for claims in [
        json!({"nbf": now() + 3600}),
        json!({"exp": now() - 3600}),
        json!({"exp": "2100-01-01T00:00:00Z"}),
        json!({"sub": ""}),
        json!({"sub": 12345, "preferred_username": "dev"}),
        json!({"azp": "plexara-cc"}),
        json!({"aud": "plexara-cc"}),
        json!({"aud": ["api-test-portal", "plexara-cc"]}),
        json!({"iss": "https://other.example.test"}),
    ] {
        setting.refuses(&json!({ "claims": claims }), "invalid_token");
    }
    setting.refuses(&json!({"claims": {"nonce": "another"}}), "invalid_nonce");
    setting.refuses(&json!({"claims": {"nonce": null}}), "invalid_nonce");
}

#[test]
fn id_tokens_by_weak_keys_or_keys_for_encryption_are_refused() {
    let setting = Setting::with(&json!({"odd_keys": true}));
    setting.admits(&json!({"claims": {}}), "dev");
    for key in ["weak", "encrypt"] {
        setting.refuses(&json!({ "key": key }), "invalid_token");
    }
}

#[test]
fn access_tokens_by_weak_keys_or_keys_for_encryption_are_refused() {
    let provider = Provider::start();
    provider.set(&json!({"odd_keys": true}));
    let server = Server::start(&provider.config(""));
    let good = provider.signed(&json!({"sub": "good"}));
    assert_eq!(crate::support::oidc::whoami(&mut server.connect(), &good).status, 200);
    for key in ["weak", "encrypt"] {
        let token = provider.signed_by_odd_key(key, &json!({}));
        assert_eq!(crate::support::oidc::whoami(&mut server.connect(), &token).status, 401, "{key}");
        server.wait_for_line(|line| line.contains("oidc: token refused") && line.contains(&format!("\\\"{key}\\\"")));
    }
}

#[test]
fn an_id_token_that_can_not_be_read_is_an_invalid_token() {
    let setting = Setting::new();
    for raw in ["", "x", "a.b.c", "e30.e30.c2ln", "a.b.c.d.e"] {
        setting.refuses(&json!({ "raw": raw }), "invalid_token");
    }
    for claims in [json!({"updated_at": "yesterday"}), json!({"email_verified": "perhaps"}), json!({"exp": null})] {
        setting.refuses(&json!({ "claims": claims }), "invalid_token");
    }
    // A missing token is a different error.
    setting.provider.set(&json!({"id_token": null}));
    let mut browser = Browser::default();
    let begun = browser.begin(&setting.server, "/portal/");
    let state = begun.split("state=").nth(1).unwrap().split('&').next().unwrap().to_owned();
    let url = format!("{}/portal/auth/callback?code=made-up&state={state}", origin(&setting.server));
    assert_eq!(location(&browser.get(&url)), "/portal/login?error=exchange_failed");
}

#[test]
fn the_client_secret_goes_where_the_provider_wants_it() {
    for method in ["client_secret_post", "client_secret_basic"] {
        let setting = Setting::with(&json!({ "auth_method": method }));
        setting.admits(&json!({"claims": {}}), "dev");
    }
}

#[test]
fn a_provider_that_takes_no_client_secret_as_we_send_it_stops_the_boot() {
    let provider = Provider::start();
    provider.set(&json!({"auth_method": "client_secret_jwt"}));
    let log = crate::oidc_provider::boot_fails(&config(&provider));
    assert!(log.contains("oidc: ") && log.contains("token_endpoint_auth_methods_supported"), "{log}");
}
