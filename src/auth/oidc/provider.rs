//! The provider over HTTP: discovery at boot, keys on request of the JWKS actor.

use std::{sync::Arc, time::Duration};

use actors::{
    JwksActor, JwksClient, Registry,
    jwks::{Fetching, KeySource},
};
use serde::Deserialize;
use serde_json::Value;
use tokio::time::Instant;

use super::keys::KeySet;
use crate::{
    config::{HttpUrl, OidcConfig, masked_url},
    error_chain::error_chain,
};

/// Time for which an unreachable provider is retried at boot.
const PATIENCE: Duration = Duration::from_secs(30);
/// First pause between two attempts; doubled after each.
const PAUSE_LEAST: Duration = Duration::from_millis(250);
/// Maximum pause between two attempts.
const PAUSE_MOST: Duration = Duration::from_secs(4);
/// Timeout of one request to the provider. It may be long, because requests of clients have a shorter timeout of their
/// own.
const ANSWER: Duration = Duration::from_secs(15);
/// Maximum size of a response in bytes.
const MOST_BYTES: usize = 512 * 1024;

/// Reason why the provider can't be used.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// No connection, or only server errors: a retry may help.
    #[error("oidc: {url} can't be reached: {cause}")]
    Unreachable {
        /// URL of the request.
        url: String,
        /// Cause.
        cause: String,
    },
    /// The response is not that of a provider.
    #[error("oidc: {url} {problem}; is oidc.issuer right?")]
    NotAProvider {
        /// URL of the request.
        url: String,
        /// Fault of the response.
        problem: String,
    },
    /// The document names another issuer.
    #[error("oidc: oidc.issuer is {expected:?} but its discovery document names {found:?}; they are compared exactly")]
    OtherIssuer {
        /// As configured.
        expected: String,
        /// Issuer in the document, without user info.
        found: String,
    },
    /// The document has a missing or invalid endpoint.
    #[error("oidc: the discovery document names no http:// or https:// URL without user info as {0}")]
    Endpoint(&'static str),
    /// The document of an https issuer has an endpoint without TLS.
    #[error(
        "oidc: the discovery document names {name} as {url}, without TLS, though oidc.issuer is https; APITEST_INSECURE=1 \
         accepts it"
    )]
    Plain {
        /// Name of the document's member.
        name: &'static str,
        /// URL in the document.
        url: HttpUrl,
    },
    /// The HTTP client can't be created.
    #[error("oidc: no HTTP client: {0}")]
    Client(String),
}

/// Endpoints of the discovery document that are used, by this server or by browsers that it redirects there.
const ENDPOINTS: [&str; 3] = ["jwks_uri", "token_endpoint", "authorization_endpoint"];

/// Members of the discovery document that verifying tokens needs.
#[derive(Deserialize)]
struct Document {
    issuer: String,
    jwks_uri: String,
}

/// A provider that was discovered, with access to its keys.
pub struct Provider {
    /// Access to its keys.
    pub jwks: JwksClient<KeySet>,
    /// Discovery document as received.
    pub document: Arc<Value>,
}

impl Provider {
    /// Discovers the provider and starts the JWKS actor on the current arbiter.
    ///
    /// # Errors
    /// [`ConnectError`]: immediately when the response is not that of the provider, after 30 s when there is none.
    pub async fn connect(actors: &Registry, config: &OidcConfig) -> Result<Self, ConnectError> {
        let issuer = config.issuer.as_ref().map(|issuer| issuer.as_str()).unwrap_or_default();
        let http = client().map_err(|error| ConnectError::Client(error_chain(&error)))?;
        let deadline = Instant::now() + PATIENCE;
        let mut pause = PAUSE_LEAST;
        loop {
            match find(&http, issuer, config.insecure).await {
                Ok((document, source, keys)) => {
                    log::info!(issuer = issuer, keys = keys.len(); "oidc: provider found");
                    let jwks = JwksActor::start(actors, source, keys, config.jwks_cache_ttl);
                    return Ok(Self { jwks, document: Arc::new(document) });
                }
                Err(error @ ConnectError::Unreachable { .. }) if Instant::now() + pause < deadline => {
                    log::warn!(retry_in_ms = pause.as_millis() as u64; "{error}");
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(PAUSE_MOST);
                }
                Err(error) => return Err(error),
            }
        }
    }
}

/// Fetches the discovery document and the keys that it names.
async fn find(http: &reqwest::Client, issuer: &str, insecure: bool) -> Result<(Value, Remote, KeySet), ConnectError> {
    let url = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
    let document = get(http, &url).await?;
    let Document { issuer: found, jwks_uri } = Document::deserialize(&document).map_err(|error| {
        ConnectError::NotAProvider { url: url.clone(), problem: format!("returned no discovery document: {error}") }
    })?;
    if found != issuer {
        return Err(ConnectError::OtherIssuer { expected: issuer.to_owned(), found: masked_url(&found) });
    }
    for plain in endpoints_without_tls(issuer, &document)? {
        if !insecure {
            return Err(plain);
        }
        log::warn!("{plain}");
    }
    let source = Remote { http: http.clone(), url: jwks_uri };
    let keys = source.keys(&KeySet::default()).await?;
    if keys.is_empty() {
        log::warn!(url = source.url.as_str(); "oidc: the provider has no key that can verify tokens");
    }
    Ok((document, source, keys))
}

/// Checks the endpoints of a discovery document. Returns those without TLS although the issuer has TLS.
///
/// # Errors
/// [`ConnectError::Endpoint`].
fn endpoints_without_tls(issuer: &str, document: &Value) -> Result<Vec<ConnectError>, ConnectError> {
    let mut plain = Vec::new();
    for (name, value) in ENDPOINTS.into_iter().filter_map(|name| Some((name, document.get(name)?))) {
        let url = value.as_str().and_then(|url| url.parse::<HttpUrl>().ok()).ok_or(ConnectError::Endpoint(name))?;
        if issuer.starts_with("https://") && !url.as_str().starts_with("https://") {
            plain.push(ConnectError::Plain { name, url });
        }
    }
    Ok(plain)
}

/// Remote key set.
#[derive(Clone)]
struct Remote {
    http: reqwest::Client,
    url: String,
}

impl Remote {
    async fn keys(&self, held: &KeySet) -> Result<KeySet, ConnectError> {
        let document = get(&self.http, &self.url).await?;
        KeySet::read(&document, held).ok_or_else(|| ConnectError::NotAProvider {
            url: self.url.clone(),
            problem: "returned no key set".to_owned(),
        })
    }
}

impl KeySource for Remote {
    type Keys = KeySet;

    fn fetch(&self, held: Arc<KeySet>) -> Fetching<KeySet> {
        let remote = self.clone();
        Box::pin(async move { remote.keys(&held).await.map_err(|error| error.to_string()) })
    }

    fn holds(keys: &KeySet, key_id: &str) -> bool {
        keys.holds(key_id)
    }

    fn retire(held: &KeySet, successors: Option<&KeySet>) {
        held.retire(successors);
    }
}

/// Creates a client that follows no redirects: an issuer's URL must be exact (OpenID Connect Discovery, section 4.1).
fn client() -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder()
        .timeout(ANSWER)
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("api-test/", env!("CARGO_PKG_VERSION")))
        .build()
}

/// Fetches JSON within the limits.
async fn get(http: &reqwest::Client, url: &str) -> Result<Value, ConnectError> {
    let unreachable =
        |error: reqwest::Error| ConnectError::Unreachable { url: url.to_owned(), cause: error_chain(&error) };
    let not_a_provider = |problem: String| ConnectError::NotAProvider { url: url.to_owned(), problem };
    let request = http.get(url).header("accept", "application/json").build();
    let request = request.map_err(|error| not_a_provider(format!("is no URL to ask: {}", error_chain(&error))))?;
    let mut answer = http.execute(request).await.map_err(unreachable)?;
    let status = answer.status();
    if status.is_server_error() || status.as_u16() == 429 {
        return Err(ConnectError::Unreachable { url: url.to_owned(), cause: format!("returned {}", status.as_u16()) });
    }
    if status.as_u16() != 200 {
        return Err(not_a_provider(format!("returned {}", status.as_u16())));
    }
    let kind = answer.headers().get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or("nothing").to_owned();
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(unreachable)? {
        if bytes.len() + chunk.len() > MOST_BYTES {
            return Err(not_a_provider(format!("returned more than {MOST_BYTES} bytes")));
        }
        bytes.extend_from_slice(&chunk);
    }
    serde_json::from_slice(&bytes).map_err(|_| not_a_provider(format!("returned {kind} instead of JSON")))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

    fn document(change: &Value) -> Value {
        let mut document = json!({
            "issuer": "https://idp.test",
            "jwks_uri": "https://idp.test/jwks",
            "token_endpoint": "https://idp.test/token",
            "authorization_endpoint": "https://idp.test/auth",
        });
        document.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        document
    }

    #[test]
    fn an_https_issuer_has_https_endpoints() {
        let plain = |issuer: &str, change: &Value| endpoints_without_tls(issuer, &document(change)).unwrap();
        assert!(plain("https://idp.test", &json!({})).is_empty());
        for name in ENDPOINTS {
            let change = json!({ name: "http://idp.test/x?token=s3cret" });
            assert!(plain("http://idp.test", &change).is_empty(), "an http issuer has no TLS to lose");
            let found: Vec<String> = plain("https://idp.test", &change).iter().map(ToString::to_string).collect();
            assert_eq!(found.len(), 1, "{name}");
            assert!(found[0].starts_with("oidc: ") && found[0].contains(name), "{found:?}");
            assert!(found[0].contains("APITEST_INSECURE=1") && !found[0].contains("s3cret"), "{found:?}");
        }
    }

    #[test]
    fn an_endpoint_is_a_url_without_user_info() {
        for name in ENDPOINTS {
            for value in [json!("https://u:s3cret@idp.test/"), json!("ftp://idp.test"), json!("/token"), json!(7)] {
                let error = endpoints_without_tls("https://idp.test", &document(&json!({ name: value }))).unwrap_err();
                let error = error.to_string();
                assert!(error.contains(name) && !error.contains("s3cret"), "{error}");
            }
        }
        // Without sign-in, only the keys are needed.
        let keys_alone = json!({"issuer": "https://idp.test", "jwks_uri": "https://idp.test/jwks"});
        assert!(endpoints_without_tls("https://idp.test", &keys_alone).unwrap().is_empty());
    }
}
