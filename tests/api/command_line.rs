//! Exit codes and output of the command.

use std::{io::Write as _, process::Output};

use tempfile::NamedTempFile;

use crate::support::{Server, anonymous, command};

fn run(arguments: &[&str], environment: &[(&str, &str)]) -> (i32, String, String) {
    let Output { status, stdout, stderr } =
        command().args(arguments).envs(environment.iter().copied()).output().unwrap();
    (status.code().expect("no signal"), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

fn file(text: &str) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

fn path(file: &NamedTempFile) -> &str {
    file.path().to_str().unwrap()
}

#[test]
fn version_names_the_commit() {
    let (code, out, _) = run(&["--version"], &[]);
    assert_eq!(code, 0);
    let expected = format!("api-test {} (", env!("CARGO_PKG_VERSION"));
    assert!(out.starts_with(&expected) && out.trim_end().ends_with(')'), "{out}");
}

#[test]
fn bad_usage_is_2_and_says_what_to_do() {
    for arguments in [&["--no-such-flag"][..], &["--config"], &["--config", "/no/such/file.yaml"], &["extra"]] {
        let (code, _, error) = run(arguments, &[]);
        assert_eq!(code, 2, "{arguments:?}: {error}");
        assert!(!error.is_empty(), "{arguments:?}");
    }
    assert_eq!(run(&["--help"], &[]).0, 0);
}

#[test]
fn a_bad_configuration_is_2_and_names_all_that_is_wrong() {
    let bad = file("server: {adress: ':8080', max_body_bytes: many}\naudit: {retention_days: -1}\n");
    let (code, out, error) = run(&["--config", path(&bad)], &[]);
    assert_eq!((code, out.as_str()), (2, ""), "{error}");
    for part in ["adress", "address", "max_body_bytes", "retention_days"] {
        assert!(error.contains(part), "{part} is missing in: {error}");
    }
}

#[test]
fn check_config_shows_what_is_in_effect_without_secrets() {
    let good = file(&crate::support::with_credentials(false));
    let (code, out, error) =
        run(&["--check-config", "--config", path(&good)], &[("APITEST__SERVER__NAME", "from-the-environment")]);
    assert_eq!(code, 0, "{error}");
    assert!(out.contains("from-the-environment"), "{out}");
    assert!(!out.contains("key-alpha-0123456789") && !out.contains("tok-alpha-0123456789"), "{out}");

    let (code, _, error) = run(&["--check-config", "--config", path(&file("nonsense: 1\n"))], &[]);
    assert_eq!(code, 1, "{error}");
    let (code, _, error) =
        run(&["--check-config", "--config", path(&file("api_keys: {file: [{name: a, key: ''}]}\n"))], &[]);
    assert_eq!(code, 1, "{error}");
    assert!(error.contains("api_keys.file"), "{error}");
}

#[test]
fn a_port_that_is_taken_is_1_and_says_so() {
    let server = Server::start(&anonymous(""));
    let config = file(&anonymous(""));
    let (code, _, error) =
        run(&["--config", path(&config)], &[("APITEST__SERVER__ADDRESS", &server.address().to_string())]);
    assert_eq!(code, 1, "{error}");
    assert!(error.contains("port taken"), "{error}");
}

#[test]
fn healthcheck_is_0_on_200_only() {
    let server = Server::start(&anonymous(""));
    let check = |url: &str| run(&["--healthcheck"], &[("APITEST_HEALTHCHECK_URL", url)]).0;
    assert_eq!(check(&format!("http://{}/healthz", server.address())), 0);
    assert_eq!(check(&format!("http://{}/v1/status/503", server.address())), 1);
    assert_eq!(check("http://127.0.0.1:1/healthz"), 1);
    assert_eq!(check("no url"), 1);
}
