//! The embedded default as YAML: the profile of `make run`, with its values for this machine in place.

use super::data_dir::Secrets;

/// Profile of `make run`. Its first lines, up to the first section, are about `make run`.
const PROFILE: &str = include_str!("../../configs/api-test.local.yaml");
const FIRST_SECTION: &str = "server:\n";
const PORT: u16 = 8080;

/// Machine-dependent values of the profile.
const ADDRESS: &str = r#"":8080""#;
const KEY: &str = r#""${APITEST_DEV_KEY}""#;
const COOKIE_SECRET: &str = r#""${APITEST_COOKIE_SECRET}""#;
const KEY_HINT: &str = r#""`make run` prints a key and keeps it in `.env.dev`.""#;
const DATABASE: &str = "sqlite:data/api-test.sqlite";

/// Where the key is, as the sign-in page says it.
pub(super) const IN_FILE: &str = "The key is in the file `key` of the server's data directory.";
/// As [`IN_FILE`], without a data directory.
pub(super) const PRINTED: &str = "The server printed a key when it started.";

/// Writes the configuration, starting with the lines `heading`.
pub(super) fn yaml(heading: &str, port: Option<u16>, database: &str, secrets: &Secrets, key_hint: &str) -> String {
    let sections = PROFILE.find(FIRST_SECTION).map_or(PROFILE, |start| &PROFILE[start..]);
    let text = sections
        .replace(ADDRESS, &quoted(&format!("127.0.0.1:{}", port.unwrap_or(PORT))))
        .replace(KEY, &quoted(secrets.key.expose()))
        .replace(COOKIE_SECRET, &quoted(secrets.cookie_secret.expose()))
        .replace(KEY_HINT, &quoted(key_hint))
        .replace(DATABASE, &quoted(database));
    format!("{heading}{text}")
}

/// Returns a YAML scalar in double quotes; JSON's quoting is a subset of YAML's.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Environment};

    #[test]
    fn each_place_of_the_profile_is_there_once_and_filled() {
        for place in [ADDRESS, KEY, COOKIE_SECRET, KEY_HINT, DATABASE] {
            assert_eq!(PROFILE.matches(place).count(), 1, "{place}");
        }
        let text = yaml("", Some(9090), "sqlite:/a \"b\" \\ c/x", &Secrets::random(), IN_FILE);
        assert!(!text.contains("${") && text.starts_with(FIRST_SECTION), "{text}");
        let config = Config::parse("x.yaml", &text, &Environment::default()).unwrap().config;
        assert_eq!(config.server.address.to_string(), "127.0.0.1:9090");
        assert_eq!(config.database.url.unwrap().sqlite_path(), Some("/a \"b\" \\ c/x"));
        assert_eq!(config.portal.key_hint, IN_FILE);
    }

    #[test]
    fn every_group_is_on() {
        let text = yaml("", None, "sqlite::memory:", &Secrets::random(), PRINTED);
        let config = Config::parse("x.yaml", &text, &Environment::default()).unwrap().config;
        for group in crate::endpoints::groups() {
            assert!(config.endpoints.is_enabled(group.name), "{}", group.name);
        }
    }
}
