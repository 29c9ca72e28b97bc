//! Sign-in to the portal at a real OpenID provider, and every way we know to abuse a session. Each attack has one test
//! and one expected outcome.

use std::{
    path::Path,
    thread,
    time::{Duration, Instant},
};

use diesel::{Connection as _, RunQueryDsl as _, SqliteConnection};
use serde_json::json;

use crate::support::{
    ALL_GROUPS, Response, Server,
    browser::{Browser, host, introduce, location, origin},
    oidc::Provider,
    postgres::Cluster,
};

pub const COOKIE: &str = "api_test_session";
const XHR: &str = "X-Requested-With: XMLHttpRequest\r\n";

pub fn config(provider: &Provider, more: &str) -> String {
    format!(
        "server: {{address: '127.0.0.1:0', shutdown: {{pre_shutdown_delay: 0s}}}}\n\
         oidc: {{enabled: true, issuer: '{}', client_id: api-test-portal, client_secret: portal-secret-for-tests}}\n\
         portal: {{enabled: true, cookie_secret: 0123456789abcdef-for-tests}}\n{more}{ALL_GROUPS}",
        provider.issuer
    )
}

pub struct Setting {
    pub provider: Provider,
    pub server: Server,
    pub browser: Browser,
}

impl Setting {
    pub fn new() -> Self {
        Self::with("")
    }

    pub fn with(more: &str) -> Self {
        let provider = Provider::start();
        let server = Server::start(&config(&provider, more));
        introduce(&provider, &[&server]);
        Self { provider, server, browser: Browser::default() }
    }

    fn signed_in() -> Self {
        let mut setting = Self::new();
        assert_eq!(location(&setting.browser.sign_in(&setting.server, "/portal/")), "/portal/");
        setting
    }

    fn write(&mut self, headers: &str) -> Response {
        let url = format!("{}/api/v1/admin/api-keys", origin(&self.server));
        self.browser.send("POST", &url, headers, "{}")
    }

    fn sign_out(&mut self) -> Response {
        let headers = format!("{XHR}Origin: {}\r\n", origin(&self.server));
        self.browser.send("POST", &format!("{}/portal/auth/logout", origin(&self.server)), &headers, "")
    }
}

pub fn failed(answer: &Response, code: &str) {
    assert_eq!(location(answer), format!("/portal/login?error={code}"));
    assert!(!answer.headers.iter().any(|(name, value)| name == "set-cookie" && value.starts_with("api_test_session=")));
}

pub fn query<'u>(url: &'u str, name: &str) -> &'u str {
    let pairs = url.split_once('?').unwrap().1.split('&');
    pairs.filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name).unwrap().1
}

#[test]
fn a_user_signs_in_and_out() {
    let mut setting = Setting::new();
    assert_eq!(setting.browser.me(&setting.server).status, 401);
    let url = setting.browser.begin(&setting.server, "/portal/audit%3Fpath=/v1/echo");
    for (name, length) in [("state", 43), ("nonce", 43), ("code_challenge", 43)] {
        assert_eq!(query(&url, name).len(), length, "{name}");
    }
    assert_eq!(query(&url, "code_challenge_method"), "S256");
    let back = setting.browser.at_provider(&url);
    let done = setting.browser.get(&back);
    assert_eq!(location(&done), "/portal/audit?path=/v1/echo");
    let set = &done.headers.iter().find(|(_, value)| value.starts_with("api_test_session=")).unwrap().1;
    assert!(set.contains("HttpOnly") && set.contains("SameSite=Lax") && set.contains("Path=/"), "{set}");
    assert!(set.contains("Max-Age=43200") && !set.contains("Secure"), "{set}");
    let me = setting.browser.me(&setting.server).json();
    assert_eq!(me, json!({"subject": "dev", "email": "dev@example.test", "name": "Dev", "auth_type": "oauth2"}));
    assert_eq!(setting.sign_out().status, 204);
    assert_eq!(setting.browser.cookie(&setting.server, COOKIE), None);
    assert_eq!(setting.browser.me(&setting.server).status, 401);
    assert_eq!(setting.sign_out().status, 204, "again");
}

#[test]
fn a_session_opens_the_portal_but_not_v1() {
    let mut setting = Setting::signed_in();
    let answer = setting.browser.get(&format!("{}/v1/whoami", origin(&setting.server)));
    assert_eq!(answer.status, 401);
}

#[test]
fn logging_out_ends_the_session_on_the_server() {
    let mut setting = Setting::signed_in();
    let kept = setting.browser.clone();
    assert_eq!(setting.sign_out().status, 204);
    let mut thief = kept;
    assert_eq!(thief.me(&setting.server).status, 401, "the cookie is worth nothing any more");
}

#[test]
fn a_state_is_good_once() {
    let mut setting = Setting::new();
    let url = setting.browser.begin(&setting.server, "/portal/");
    let before = setting.browser.clone();
    let back = setting.browser.at_provider(&url);
    assert_eq!(location(&setting.browser.get(&back)), "/portal/");
    let mut again = before;
    failed(&again.get(&back), "invalid_state");
}

#[test]
fn a_state_of_another_browser_is_refused() {
    let mut setting = Setting::new();
    let mut attacker = Browser::default();
    let url = attacker.begin(&setting.server, "/portal/");
    let back = attacker.at_provider(&url);
    failed(&setting.browser.get(&back), "invalid_state");
    setting.browser.begin(&setting.server, "/portal/");
    failed(&setting.browser.get(&back), "invalid_state");
    let made_up = format!("{}/portal/auth/callback?code=x&state={}", origin(&setting.server), "A".repeat(43));
    failed(&setting.browser.get(&made_up), "invalid_state");
    let none = format!("{}/portal/auth/callback", origin(&setting.server));
    failed(&setting.browser.get(&none), "invalid_state");
}

#[test]
fn a_code_is_good_once() {
    let mut setting = Setting::new();
    let url = setting.browser.begin(&setting.server, "/portal/");
    let back = setting.browser.at_provider(&url);
    let code = query(&back, "code").to_owned();
    assert_eq!(location(&setting.browser.get(&back)), "/portal/");
    let second = setting.browser.begin(&setting.server, "/portal/");
    let state = query(&second, "state");
    let replay = format!("{}/portal/auth/callback?code={code}&state={state}", origin(&setting.server));
    failed(&setting.browser.get(&replay), "exchange_failed");
}

#[test]
fn a_code_of_another_sign_in_fails_by_its_verifier() {
    let mut setting = Setting::new();
    let mut attacker = Browser::default();
    let theirs = attacker.begin(&setting.server, "/portal/");
    let code = query(&attacker.at_provider(&theirs), "code").to_owned();
    let own = setting.browser.begin(&setting.server, "/portal/");
    let injected =
        format!("{}/portal/auth/callback?code={code}&state={}", origin(&setting.server), query(&own, "state"));
    failed(&setting.browser.get(&injected), "exchange_failed");
}

#[test]
fn a_token_with_another_nonce_is_refused() {
    let mut setting = Setting::new();
    let url = setting.browser.begin(&setting.server, "/portal/");
    let other = url.replace(query(&url, "nonce"), &"B".repeat(43));
    let back = setting.browser.at_provider(&other);
    failed(&setting.browser.get(&back), "invalid_nonce");
    setting.server.wait_for_line(|line| line.contains("oidc: sign-in failed") && line.contains("invalid_nonce"));
}

#[test]
fn an_answer_of_another_issuer_is_refused() {
    let mut setting = Setting::new();
    let url = setting.browser.begin(&setting.server, "/portal/");
    let back = setting.browser.at_provider(&url);
    let mixed_up = back.replace(query(&back, "iss"), "https%3A%2F%2Fother.example.test");
    failed(&setting.browser.get(&mixed_up), "invalid_state");
}

#[test]
fn a_user_who_says_no_gets_a_page_and_no_loop() {
    let mut setting = Setting::new();
    let url = setting.browser.begin(&setting.server, "/portal/");
    let back = setting.browser.at_provider_with(&url, "do=cancel");
    failed(&setting.browser.get(&back), "access_denied");
    let page = setting.browser.get(&format!("{}/portal/login?error=access_denied", origin(&setting.server)));
    assert_eq!(page.status, 200, "a page, not another redirect");
}

#[test]
fn a_tampered_or_truncated_cookie_is_nobody() {
    let mut setting = Setting::signed_in();
    let good = setting.browser.cookie(&setting.server, COOKIE).unwrap().to_owned();
    let mut flipped = good.clone().into_bytes();
    let last = flipped.len() - 1;
    flipped[last] = if flipped[last] == b'A' { b'B' } else { b'A' };
    let flipped = String::from_utf8(flipped).unwrap();
    let mut early = good.clone().into_bytes();
    early[0] = if early[0] == b'A' { b'B' } else { b'A' };
    for bad in [flipped, String::from_utf8(early).unwrap(), good[..good.len() / 2].to_owned(), "x".to_owned()] {
        setting.browser.set_cookie(&setting.server, COOKIE, &bad);
        let answer = setting.browser.me(&setting.server);
        assert_eq!((answer.status, answer.text()), (401, "{\"error\":\"unauthorized\"}\n"), "{bad}");
    }
    setting.browser.set_cookie(&setting.server, COOKIE, &good);
    assert_eq!(setting.browser.me(&setting.server).status, 200);
}

#[test]
fn a_cookie_that_was_there_before_is_not_the_session() {
    let mut attacker = Setting::signed_in();
    let planted = attacker.browser.cookie(&attacker.server, COOKIE).unwrap().to_owned();
    let mut victim = Browser::default();
    victim.set_cookie(&attacker.server, COOKIE, &planted);
    assert_eq!(location(&victim.sign_in(&attacker.server, "/portal/")), "/portal/");
    assert_ne!(victim.cookie(&attacker.server, COOKIE), Some(planted.as_str()));
    assert_eq!(victim.me(&attacker.server).status, 200);
    assert_eq!(attacker.browser.me(&attacker.server).status, 401, "the planted session ended with the sign-in");
}

#[test]
fn a_session_ends_after_twelve_hours() {
    let provider = Provider::start();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("sessions.sqlite");
    let database = format!("database: {{url: 'sqlite:{}'}}\n", file.display());
    let server = Server::start(&config(&provider, &database));
    introduce(&provider, &[&server]);
    let mut browser = Browser::default();
    browser.sign_in(&server, "/portal/");
    assert_eq!(browser.me(&server).status, 200);
    assert_eq!(lifetime(&file), 12 * 60 * 60 * 1_000_000, "from its beginning to its end");
    age(&file, 12 * 60 * 60 * 1_000_000);
    assert_eq!(browser.me(&server).status, 401);
}

/// Returns the lifetime of the only session in the file, in microseconds.
fn lifetime(file: &Path) -> i64 {
    #[derive(diesel::QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        lifetime: i64,
    }
    let mut connection = SqliteConnection::establish(file.to_str().unwrap()).unwrap();
    let question = "SELECT expires_at - created_at AS lifetime FROM portal_sessions";
    let rows: Vec<Row> = diesel::sql_query(question).load(&mut connection).unwrap();
    assert_eq!(rows.len(), 1, "what was kept for the sign-in is gone");
    rows[0].lifetime
}

/// Makes the sessions in the file older by some microseconds.
fn age(file: &Path, by: i64) {
    let mut connection = SqliteConnection::establish(file.to_str().unwrap()).unwrap();
    let change = format!("UPDATE portal_sessions SET created_at = created_at - {by}, expires_at = expires_at - {by}");
    diesel::sql_query(change).execute(&mut connection).unwrap();
}

#[test]
fn open_redirects_are_refused() {
    let mut setting = Setting::new();
    for path in [
        "//evil.test",
        "/%5Cevil.test",
        "%2f%2fevil.test",
        "/%2f%2fevil.test",
        "/%252f%252fevil.test",
        "https:evil.test",
        "https://evil.test",
        "https%3A%2F%2Fevil.test",
        "%09//evil.test",
        "javascript:alert(1)",
        "/portal/auth/login",
        "/portal/login",
        "/./portal/auth/login",
        "/%2e/portal/auth/login",
        "/portal/%252e/login",
    ] {
        let url = format!("{}/portal/auth/login?return={path}", origin(&setting.server));
        failed(&setting.browser.get(&url), "return_path");
    }
}

#[test]
fn a_form_of_another_site_changes_nothing() {
    let mut setting = Setting::signed_in();
    let own = format!("Origin: {}\r\n", origin(&setting.server));
    let type_of_forms = "Content-Type: application/x-www-form-urlencoded\r\n";
    for headers in [
        String::new(),
        own.clone(),
        XHR.to_owned(),
        format!("{XHR}Origin: https://evil.test\r\n"),
        format!("{XHR}Origin: null\r\n"),
        format!("{XHR}Origin: https://{}\r\n", host(&setting.server)),
        format!("{XHR}Origin: ws://{}\r\n", host(&setting.server)),
        format!("{XHR}Origin: http://{}.evil.test\r\n", host(&setting.server)),
        format!("X-Requested-With: other\r\n{own}"),
        format!("{type_of_forms}Origin: https://evil.test\r\n"),
    ] {
        assert_eq!(setting.write(&headers).status, 403, "{headers:?}");
    }
    let allowed = setting.write(&format!("{XHR}{own}"));
    assert_eq!(allowed.status, 503, "past the guard: {}", allowed.text());
    let url = format!("{}/portal/auth/logout", origin(&setting.server));
    assert_eq!(setting.browser.send("POST", &url, "Origin: https://evil.test\r\n", "").status, 403);
    assert_eq!(setting.browser.me(&setting.server).status, 200, "still signed in");
}

#[test]
fn a_write_with_a_key_needs_no_such_header() {
    let more = "api_keys: {file: [{name: devkey, key: key-alpha-0123456789}]}\n";
    let setting = Setting::with(more);
    let answer =
        setting.server.connect().request("POST", "/api/v1/admin/keys", "X-API-Key: key-alpha-0123456789\r\n", b"{}");
    assert_eq!(answer.status, 503, "past the guard: {}", answer.text());
}

#[test]
fn a_secure_cookie_says_so_and_the_boot_warns_of_plain_http() {
    let provider = Provider::start();
    let text = config(&provider, "").replace("portal: {enabled: true,", "portal: {enabled: true, cookie_secure: true,");
    let server = Server::start(&text);
    introduce(&provider, &[&server]);
    server.wait_for_line(|line| line.contains("WARN") && line.contains("portal.cookie_secure"));
    let done = Browser::default().sign_in(&server, "/portal/");
    let cookies: Vec<_> = done.headers.iter().filter(|(name, _)| name == "set-cookie").collect();
    assert!(!cookies.is_empty() && cookies.iter().all(|(_, cookie)| cookie.contains("Secure")), "{cookies:?}");
}

#[test]
fn two_replicas_share_sessions() {
    let (cluster, provider) = (Cluster::start(), Provider::start());
    let more = format!("database: {{url: '{}'}}\n", cluster.url());
    let text = config(&provider, &more);
    let (one, other) = (Server::start(&text), Server::start(&text));
    introduce(&provider, &[&one, &other]);
    let mut browser = Browser::default();
    browser.sign_in(&one, "/portal/");
    let cookie = browser.cookie(&one, COOKIE).unwrap().to_owned();
    browser.set_cookie(&other, COOKIE, &cookie);
    assert_eq!(browser.me(&other).json()["subject"], "dev");
    let headers = format!("{XHR}Origin: {}\r\n", origin(&other));
    let url = format!("{}/portal/auth/logout", origin(&other));
    assert_eq!(browser.send("POST", &url, &headers, "").status, 204);
    assert_eq!(browser.me(&one).status, 401, "signed out everywhere");
}

#[test]
fn what_is_tried_with_a_session_is_on_record_with_who_and_which() {
    let mut setting = Setting::with("database: {url: 'sqlite:audit.sqlite'}\naudit: {enabled: true}\n");
    setting.browser.sign_in(&setting.server, "/portal/");
    let site = origin(&setting.server);
    let headers = format!("{XHR}Origin: {site}\r\nContent-Type: application/json\r\n");
    let tried = setting.browser.send("POST", &format!("{site}/api/v1/portal/tryit/identity/whoami"), &headers, "{}");
    assert_eq!(tried.status, 200, "{}", tried.text());
    let url = format!("{site}/api/v1/portal/audit/events/{}", tried.json()["event_id"].as_str().unwrap());
    let deadline = Instant::now() + Duration::from_secs(60);
    let event = loop {
        let found = setting.browser.get(&url);
        if found.status == 200 {
            break found.json();
        }
        assert!(Instant::now() < deadline, "{}", found.text());
        thread::sleep(Duration::from_millis(20));
    };
    assert_eq!(event["user_subject"], "dev");
    assert_eq!(event["user_email"], "dev@example.test");
    assert_eq!(event["auth_type"], "oauth2");
    let tag = event["session_id"].as_str().unwrap();
    let cookie = setting.browser.cookie(&setting.server, COOKIE).unwrap();
    assert!(tag.len() == 16 && !cookie.contains(tag), "names the session without being its id");
}

#[test]
fn what_anybody_may_know_is_open_and_who_asks_is_not() {
    let setting = Setting::new();
    let known = setting.server.get("/api/v1/portal/wellknown");
    assert_eq!((known.status, &known.json()["oidc_enabled"]), (200, &json!(true)));
    assert_eq!(known.json()["issuer"], json!(setting.provider.issuer));
    let answer = setting.server.get("/api/v1/portal/me");
    assert_eq!(answer.header("www-authenticate"), Some(r#"Bearer realm="api-test-portal""#));
    let metadata = setting.server.get("/.well-known/oauth-protected-resource").json();
    assert_eq!(metadata["authorization_servers"], json!([setting.provider.issuer]));
}

#[test]
fn a_portal_without_a_provider_says_so() {
    let server = Server::start(
        "server: {address: '127.0.0.1:0'}\nportal: {enabled: true, cookie_secret: 0123456789abcdef}\n\
         api_keys: {file: [{name: devkey, key: key-alpha-0123456789}]}\n",
    );
    failed(&server.get("/portal/auth/login"), "oidc_disabled");
    assert_eq!(server.get_with("/api/v1/portal/me", "X-API-Key: key-alpha-0123456789\r\n").json()["subject"], "devkey");
}
