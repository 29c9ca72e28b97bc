//! Message to the gateway.

use serde::Serialize;
use serde_json::Value;

use super::RegisterError;
use crate::{
    config::Config,
    openapi::{Document, Security},
};

/// Registration. `examples/plexara-connection.yaml` has the same facts for manual registration; a test keeps the two
/// equal.
#[derive(Serialize)]
struct Registration<'c> {
    name: &'c str,
    description: &'c str,
    base_url: &'c str,
    openapi_url: String,
    auth: Auth<'c>,
    openapi: Value,
}

/// Enabled authentication methods. Describes their use without any secrets.
#[derive(Serialize)]
struct Auth<'c> {
    /// First of `modes`: the one for a gateway that supports only one.
    mode: &'static str,
    modes: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    api_key: Option<ApiKey>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bearer: Option<Bearer>,
    #[serde(skip_serializing_if = "Option::is_none")]
    oauth2: Option<OAuth2<'c>>,
}

#[derive(Serialize)]
struct ApiKey {
    r#in: &'static str,
    name: String,
    query_name: String,
}

#[derive(Serialize)]
struct Bearer {
    r#in: &'static str,
    name: &'static str,
    scheme: &'static str,
}

#[derive(Serialize)]
struct OAuth2<'c> {
    issuer: String,
    #[serde(skip_serializing_if = "str::is_empty")]
    audience: &'c str,
}

/// Returns the body of the registration, JSON.
///
/// # Errors
/// When the document is not JSON, which is a bug.
pub fn message(config: &Config, document: &Document) -> Result<Vec<u8>, RegisterError> {
    let base_url = config.server.base_url.as_str();
    let registration = Registration {
        name: &config.plexara.register.connection_name,
        description: &config.server.description,
        base_url,
        openapi_url: format!("{base_url}/openapi.json"),
        auth: auth(config),
        openapi: serde_json::from_slice(&document.json())?,
    };
    Ok(serde_json::to_vec(&registration)?)
}

fn auth(config: &Config) -> Auth<'_> {
    let Security { api_key, bearer, issuer, anonymous } = Security::of(config);
    let on = [("api_key", api_key.is_some()), ("bearer", bearer), ("oauth2", issuer.is_some()), ("none", anonymous)];
    let modes: Vec<&str> = on.iter().filter(|(_, on)| *on).map(|(mode, _)| *mode).collect();
    Auth {
        mode: modes.first().copied().unwrap_or("none"),
        modes,
        api_key: api_key.map(|(name, query_name)| ApiKey { r#in: "header", name, query_name }),
        bearer: bearer.then_some(Bearer { r#in: "header", name: "Authorization", scheme: "Bearer" }),
        oauth2: issuer.map(|issuer| OAuth2 { issuer, audience: &config.oidc.audience }),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::json;

    use super::*;
    use crate::{
        config::Environment,
        endpoints::{self, Table},
        openapi::Subject,
    };

    fn told(text: &str) -> Value {
        let config = Config::parse("test.yaml", text, &Environment::default()).unwrap().config;
        let groups = endpoints::groups().into_iter().filter(|group| config.endpoints.is_enabled(group.name));
        let table = Table::build(groups.collect()).unwrap();
        let document = Document::build(&table, &Subject::endpoints(&config)).unwrap();
        let body = message(&config, &document).unwrap();
        assert!(!String::from_utf8_lossy(&body).contains("s3cret"), "no secret is sent");
        serde_json::from_slice(&body).unwrap()
    }

    #[test]
    fn the_gateway_is_told_the_ways_in_and_no_secret() {
        let told = told(
            "server: {base_url: 'https://api.example.com', description: About}\nauth: {allow_anonymous: true}\n\
             api_keys: {header_name: X-Key, query_param_name: k, file: [{name: a, key: s3cret-key}]}\n\
             bearer: {tokens: [{name: b, token: s3cret-token}]}\n\
             oidc: {enabled: true, issuer: 'https://idp.example.com/', audience: aud, client_secret: s3cret-client}\n\
             plexara: {register: {admin_url: 'http://gw/?token=s3cret', auth_header: s3cret, connection_name: mine}}\n\
             endpoints: {data: {enabled: true}}\n",
        );
        assert_eq!(
            told["auth"],
            json!({
                "mode": "api_key",
                "modes": ["api_key", "bearer", "oauth2", "none"],
                "api_key": {"in": "header", "name": "X-Key", "query_name": "k"},
                "bearer": {"in": "header", "name": "Authorization", "scheme": "Bearer"},
                "oauth2": {"issuer": "https://idp.example.com/", "audience": "aud"}
            })
        );
        assert_eq!((&told["name"], &told["description"]), (&json!("mine"), &json!("About")));
        assert_eq!(told["base_url"], "https://api.example.com");
        assert_eq!(told["openapi_url"], "https://api.example.com/openapi.json");
        assert_eq!(told["openapi"]["openapi"], "3.1.0");
        assert!(told["openapi"]["paths"]["/v1/fixed/{key}"].is_object());
    }

    #[test]
    fn what_is_off_is_not_told() {
        let anonymous = told("auth: {allow_anonymous: true}\nendpoints: {data: {enabled: true}}\n");
        assert_eq!(anonymous["auth"], json!({"mode": "none", "modes": ["none"]}));
        let tokens = told("bearer: {tokens: [{name: b, token: s3cret}]}\nendpoints: {data: {enabled: true}}\n");
        assert_eq!((&tokens["auth"]["mode"], &tokens["auth"]["modes"]), (&json!("bearer"), &json!(["bearer"])));
    }

    #[test]
    fn the_example_for_those_who_tell_it_by_hand_has_the_same_facts() {
        let example = include_str!("../../examples/plexara-connection.yaml");
        let told = told("api_keys: {file: [{name: a, key: s3cret}]}\nendpoints: {data: {enabled: true}}\n");
        let line = |indent: &str, field: &str, value: &Value| {
            let line = format!("\n{indent}{field}: {}\n", value.as_str().unwrap());
            assert!(example.contains(&line), "{line}");
        };
        line("", "name", &told["name"]);
        line("", "description", &told["description"]);
        line("  ", "mode", &told["auth"]["mode"]);
        for field in ["in", "name", "query_name"] {
            line("    ", field, &told["auth"]["api_key"][field]);
        }
        for field in ["base_url", "openapi_url"] {
            assert!(told[field].is_string() && example.contains(&format!("\n{field}: http")), "{field}");
        }
    }
}
