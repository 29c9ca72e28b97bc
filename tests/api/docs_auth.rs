//! Curl lines of docs/authentication.md that need a provider, a browser or a token, which `scripts/docs-curl.py` can't
//! run.

use std::{path::Path, process::Command};

use crate::support::{
    ALL_GROUPS, Server,
    browser::{Browser, introduce, origin},
    oidc::Provider,
};

/// Blocks that the other runner skips.
fn blocks() -> Vec<String> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/authentication.md");
    let text = std::fs::read_to_string(page).unwrap();
    let after = text.split("```sh no-test\n").skip(1);
    after.map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
}

#[test]
fn each_way_of_authentication_works_as_documented() {
    let provider = Provider::start();
    let server = Server::start(&format!(
        "server: {{address: '127.0.0.1:0'}}\n\
         oidc: {{enabled: true, issuer: '{}', client_id: api-test-portal, client_secret: portal-secret-for-tests}}\n\
         portal: {{enabled: true, cookie_secret: 0123456789abcdef-for-tests}}\n\
         bearer: {{tokens: [{{name: ci, token: tok-ci-0123456789}}]}}\n{ALL_GROUPS}",
        provider.issuer
    ));
    introduce(&provider, &[&server]);
    let mut browser = Browser::default();
    browser.sign_in(&server, "/portal/");
    let mut answers = Vec::new();
    for block in blocks() {
        let commands = block.replace("http://localhost:8080", &origin(&server));
        let ran = Command::new("sh")
            .args(["-euc", &format!("curl() {{ command curl --silent --show-error --fail \"$@\"; }}\n{commands}")])
            .env("CI_TOKEN", "tok-ci-0123456789")
            .env("CLIENT_ID", "plexara-cc")
            .env("CLIENT_SECRET", "cc-secret-for-tests")
            .env("TOKEN_ENDPOINT", format!("{}/token", provider.issuer))
            .env("COOKIE", browser.cookie(&server, "api_test_session").unwrap())
            .output()
            .unwrap();
        assert!(ran.status.success(), "{commands}\n{}", String::from_utf8_lossy(&ran.stderr));
        answers.push(String::from_utf8(ran.stdout).unwrap());
    }
    assert_eq!(answers.len(), 3, "{answers:?}");
    assert!(answers[0].contains(r#""auth_type":"bearer""#), "{answers:?}");
    assert!(answers[1].contains(r#""auth_type":"oauth2""#) && answers[1].contains("plexara-cc"), "{answers:?}");
    assert!(answers[2].contains("dev@example.test"), "{answers:?}");
}
