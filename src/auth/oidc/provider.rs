//! The provider over HTTP: discovery at boot, keys whenever the JWKS actor wants them.

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

/// How long an unreachable provider is tried at boot.
const PATIENCE: Duration = Duration::from_secs(30);
/// First pause between two tries; doubled for each that follows.
const PAUSE_LEAST: Duration = Duration::from_millis(250);
/// Longest pause between two tries.
const PAUSE_MOST: Duration = Duration::from_secs(4);
/// Longest time for one answer. Slow providers are waited for; requests that need the answer have a limit of their own.
const ANSWER: Duration = Duration::from_secs(15);
/// Most bytes of an answer.
const MOST_BYTES: usize = 512 * 1024;

/// Why the provider can't be used.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// Nobody answers, or only with server errors: it may be better later.
    #[error("oidc: {url} can't be reached: {cause}")]
    Unreachable {
        /// What was asked for.
        url: String,
        /// What happened.
        cause: String,
    },
    /// Something answers, but not a provider.
    #[error("oidc: {url} {problem}; is oidc.issuer right?")]
    NotAProvider {
        /// What was asked for.
        url: String,
        /// What was wrong with the answer.
        problem: String,
    },
    /// The document names another issuer.
    #[error("oidc: oidc.issuer is {expected:?} but its discovery document names {found:?}; they are compared exactly")]
    OtherIssuer {
        /// As configured.
        expected: String,
        /// As the document has it, without user info.
        found: String,
    },
    /// The document names an endpoint that can't be used.
    #[error("oidc: the discovery document names no http:// or https:// URL without user info as {0}")]
    Endpoint(&'static str),
    /// The document of an https issuer names an endpoint without TLS.
    #[error(
        "oidc: the discovery document names {name} as {url}, without TLS, though oidc.issuer is https; APITEST_INSECURE=1 \
         accepts it"
    )]
    Plain {
        /// Member of the document.
        name: &'static str,
        /// As the document has it.
        url: HttpUrl,
    },
    /// The HTTP client can't be made.
    #[error("oidc: no HTTP client: {0}")]
    Client(String),
}

/// Endpoints of the discovery document that are used: by this server, or by browsers that it sends there.
const ENDPOINTS: [&str; 3] = ["jwks_uri", "token_endpoint", "authorization_endpoint"];

/// The part of the discovery document that tokens need.
#[derive(Deserialize)]
struct Document {
    issuer: String,
    jwks_uri: String,
}

/// A provider that was found, and the way to its keys.
pub struct Provider {
    /// Reads its keys.
    pub jwks: JwksClient<KeySet>,
    /// The discovery document, as the provider gave it.
    pub document: Arc<Value>,
}

impl Provider {
    /// Finds the provider. Starts the JWKS actor on the current arbiter.
    ///
    /// # Errors
    /// [`ConnectError`]: at once when what answers is not the provider, after 30 s when nobody answers.
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

/// Asks for the discovery document and the keys it names.
async fn find(http: &reqwest::Client, issuer: &str, insecure: bool) -> Result<(Value, Remote, KeySet), ConnectError> {
    let url = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
    let document = get(http, &url).await?;
    let Document { issuer: found, jwks_uri } = Document::deserialize(&document).map_err(|error| {
        ConnectError::NotAProvider { url: url.clone(), problem: format!("answers no discovery document: {error}") }
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
        log::warn!(url = source.url.as_str(); "oidc: the provider has no key that could verify a token");
    }
    Ok((document, source, keys))
}

/// Checks the endpoints of a discovery document. Gives those that lack the TLS that the issuer has.
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

/// Where the keys are.
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
            problem: "answers no set of keys".to_owned(),
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

/// A client that follows no redirect: an issuer is where it says it is.
fn client() -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder()
        .timeout(ANSWER)
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("api-test/", env!("CARGO_PKG_VERSION")))
        .build()
}

/// GETs JSON within the limits.
async fn get(http: &reqwest::Client, url: &str) -> Result<Value, ConnectError> {
    let unreachable =
        |error: reqwest::Error| ConnectError::Unreachable { url: url.to_owned(), cause: error_chain(&error) };
    let not_a_provider = |problem: String| ConnectError::NotAProvider { url: url.to_owned(), problem };
    let request = http.get(url).header("accept", "application/json").build();
    let request = request.map_err(|error| not_a_provider(format!("is no URL to ask: {}", error_chain(&error))))?;
    let mut answer = http.execute(request).await.map_err(unreachable)?;
    let status = answer.status();
    if status.is_server_error() || status.as_u16() == 429 {
        return Err(ConnectError::Unreachable { url: url.to_owned(), cause: format!("answers {}", status.as_u16()) });
    }
    if status.as_u16() != 200 {
        return Err(not_a_provider(format!("answers {}", status.as_u16())));
    }
    let kind = answer.headers().get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or("nothing").to_owned();
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(unreachable)? {
        if bytes.len() + chunk.len() > MOST_BYTES {
            return Err(not_a_provider(format!("answers more than {MOST_BYTES} bytes")));
        }
        bytes.extend_from_slice(&chunk);
    }
    serde_json::from_slice(&bytes).map_err(|_| not_a_provider(format!("answers no JSON but {kind}")))
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
