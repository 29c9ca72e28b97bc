//! Pending sign-ins, which are kept only by the browser.

use std::path::Path;

use diesel::{Connection as _, RunQueryDsl as _, SqliteConnection};

use crate::{
    portal_sessions::{COOKIE, Setting, config, failed, query},
    support::{
        Server,
        browser::{Browser, introduce, location, origin},
        oidc::Provider,
    },
};

#[test]
fn ten_tabs_push_out_no_sign_in_of_each_other() {
    let mut setting = Setting::new();
    let begun: Vec<String> = (0..10).map(|_| setting.browser.begin(&setting.server, "/portal/")).collect();
    for url in begun {
        let back = setting.browser.at_provider(&url);
        assert_eq!(location(&setting.browser.get(&back)), "/portal/");
    }
}

#[test]
fn strangers_push_out_no_sign_in_and_leave_nothing_behind() {
    let provider = Provider::start();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("sessions.sqlite");
    let server = Server::start(&config(&provider, &format!("database: {{url: 'sqlite:{}'}}\n", file.display())));
    introduce(&provider, &[&server]);
    let mut browser = Browser::default();
    let begun = browser.begin(&server, "/portal/audit");
    let mut stranger = server.connect();
    for _ in 0..1000 {
        assert_eq!(stranger.get("/portal/auth/login").status, 302);
    }
    assert_eq!(rows(&file), 0, "nothing is written for a sign-in that has only begun");
    let back = browser.at_provider(&begun);
    assert_eq!(location(&browser.get(&back)), "/portal/audit");
    assert_eq!(rows(&file), 1);
    let metrics = server.get("/metrics");
    assert!(metrics.text().contains("api_test_sessions_total{event=\"begun\"} 1"), "{}", metrics.text());
}

/// Returns the number of sessions in the file.
fn rows(file: &Path) -> i64 {
    #[derive(diesel::QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        count: i64,
    }
    let mut connection = SqliteConnection::establish(file.to_str().unwrap()).unwrap();
    let question = "SELECT count(*) AS count FROM portal_sessions";
    diesel::sql_query(question).get_result::<Row>(&mut connection).unwrap().count
}

#[test]
fn a_sign_in_that_has_begun_is_not_readable_and_goes_to_the_callback_alone() {
    let setting = Setting::new();
    let begun = setting.server.get("/portal/auth/login?return=/portal/audit");
    let cookies: Vec<&String> =
        begun.headers.iter().filter(|(name, _)| name == "set-cookie").map(|(_, value)| value).collect();
    let [cookie] = cookies[..] else { panic!("{cookies:?}") };
    let state = query(begun.header("location").unwrap(), "state");
    assert!(cookie.starts_with(&format!("{COOKIE}_login_{state}=")), "{cookie}");
    for attribute in ["HttpOnly", "SameSite=Lax", "Path=/portal/auth/callback", "Max-Age=600"] {
        assert!(cookie.contains(attribute), "{attribute}: {cookie}");
    }
    let nonce = query(begun.header("location").unwrap(), "nonce");
    assert!(!cookie.contains(nonce) && !cookie.contains("audit"), "{cookie}");
}

#[test]
fn repeated_parameters_lead_to_the_page_that_says_so() {
    let mut setting = Setting::new();
    let site = origin(&setting.server);
    failed(
        &setting.browser.get(&format!("{site}/portal/auth/login?return=/portal/&return=/portal/audit")),
        "return_path",
    );
    let url = setting.browser.begin(&setting.server, "/portal/");
    let state = query(&url, "state").to_owned();
    for (more, code) in [
        (format!("state={state}&state={state}&code=x"), "invalid_state"),
        (format!("state={state}&code=x&code=y"), "provider_error"),
        (format!("state={state}&error=access_denied&error=x"), "provider_error"),
        (format!("state={state}&code=x&iss=a&iss=b"), "invalid_state"),
        (format!("state={state}&code=%FF"), "provider_error"),
        ("state=%FF&code=x".to_owned(), "invalid_state"),
    ] {
        failed(&setting.browser.get(&format!("{site}/portal/auth/callback?{more}")), code);
    }
    let back = setting.browser.at_provider(&url);
    assert_eq!(location(&setting.browser.get(&back)), "/portal/", "none of them used up the state");
}

#[test]
fn an_error_code_that_is_none_stays_out_of_the_log() {
    let mut setting = Setting::new();
    let site = origin(&setting.server);
    for (error, shown) in [("temporarily_unavailable", true), ("key-alpha-0123456789", false), ("Bearer%20abc", false)]
    {
        let url = setting.browser.begin(&setting.server, "/portal/");
        let state = query(&url, "state").to_owned();
        failed(
            &setting.browser.get(&format!("{site}/portal/auth/callback?state={state}&error={error}")),
            "provider_error",
        );
        setting.server.wait_for_line(|line| line.contains("sign-in failed") && line.contains("error code") != shown);
        let log = setting.server.log().join("\n");
        assert_eq!(log.contains(error), shown, "{error}: {log}");
    }
}
