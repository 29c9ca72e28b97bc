//! Sign-in to the portal at OpenID providers that are down, slow or odd, and with clients of each kind.

use crate::{
    portal_sessions::{Setting, config, failed},
    support::{
        Server,
        browser::{Browser, introduce, location},
        oidc::Provider,
    },
};

#[test]
fn a_provider_that_is_down_later_is_an_error_page() {
    let mut setting = Setting::new();
    let url = setting.browser.begin(&setting.server, "/portal/");
    let back = setting.browser.at_provider(&url);
    setting.provider.misbehave("down");
    failed(&setting.browser.get(&back), "provider_unavailable");
    setting.provider.misbehave("ok");
    assert_eq!(location(&setting.browser.sign_in(&setting.server, "/portal/")), "/portal/");
}

#[test]
fn a_provider_that_answers_html_is_an_error_page() {
    let mut setting = Setting::new();
    let url = setting.browser.begin(&setting.server, "/portal/");
    let back = setting.browser.at_provider(&url);
    setting.provider.misbehave("html");
    failed(&setting.browser.get(&back), "exchange_failed");
}

#[test]
fn a_slow_provider_is_waited_for() {
    let mut setting = Setting::new();
    let url = setting.browser.begin(&setting.server, "/portal/");
    let back = setting.browser.at_provider(&url);
    setting.provider.misbehave("slow");
    assert_eq!(location(&setting.browser.get(&back)), "/portal/", "after ten seconds");
}

#[test]
fn keys_that_were_rotated_are_fetched_for_a_sign_in() {
    let mut setting = Setting::new();
    setting.provider.rotate();
    assert_eq!(location(&setting.browser.sign_in(&setting.server, "/portal/")), "/portal/");
}

#[test]
fn sign_ins_in_two_tabs_both_end_well() {
    let mut setting = Setting::new();
    let first = setting.browser.begin(&setting.server, "/portal/");
    let second = setting.browser.begin(&setting.server, "/portal/audit");
    // One after the other: a new sign-in ends the provider's session that an earlier code belongs to.
    for (url, path) in [(first, "/portal/"), (second, "/portal/audit")] {
        let back = setting.browser.at_provider(&url);
        assert_eq!(location(&setting.browser.get(&back)), path);
    }
}

#[test]
fn a_public_client_signs_in_by_pkce_alone() {
    let provider = Provider::start();
    let text = config(&provider, "")
        .replace("client_id: api-test-portal, client_secret: portal-secret-for-tests", "client_id: api-test-public");
    let server = Server::start(&text);
    introduce(&provider, &[&server]);
    assert_eq!(location(&Browser::default().sign_in(&server, "/portal/")), "/portal/");
}
