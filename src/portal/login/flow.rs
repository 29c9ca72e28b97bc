//! Sign-in at the provider: authorization code with PKCE, state and nonce (OpenID Connect Core, section 3.1).

use std::{sync::Arc, time::Duration};

use actors::jwks::{JwksAnswer, JwksClient};
use openidconnect::{
    AuthType, AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret, CsrfToken, EmptyExtraTokenFields,
    HttpRequest, HttpResponse, Nonce, OAuth2TokenResponse as _, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl,
    RequestTokenError, Scope, StandardTokenResponse, TokenResponse as _,
    core::{
        CoreAuthenticationFlow, CoreClient, CoreClientAuthMethod, CoreIdToken, CoreJsonWebKeySet,
        CoreJwsSigningAlgorithm, CoreProviderMetadata, CoreTokenType,
    },
};
use serde::Deserialize as _;
use url::Url;

use super::{failure::Failure, pending::Pending};
use crate::{
    auth::{
        oidc::{IdTokens, KeySet, Provider, cut},
        session::{SessionUser, random},
    },
    config::Config,
    wire::Query,
};

/// Timeout of a token request.
const ANSWER: Duration = Duration::from_secs(15);
/// Maximum size of a response in bytes.
const MOST_BYTES: usize = 512 * 1024;

/// Reason why sign-in can't be offered.
#[derive(Debug, thiserror::Error)]
pub enum FlowError {
    /// The discovery document lacks members that sign-in needs.
    #[error("oidc: the discovery document can't be used for sign-in: {0}")]
    Document(String),
    /// The redirect URL can't be built.
    #[error("oidc: server.base_url and portal.oidc_redirect_path don't form a URL: {0}")]
    Redirect(String),
}

/// Sign-in at the provider. Shared by all workers.
#[derive(Clone)]
pub struct Flow {
    metadata: Arc<CoreProviderMetadata>,
    keys: JwksClient<KeySet>,
    client_id: ClientId,
    client_secret: Option<ClientSecret>,
    /// Method of sending the client secret in a token request.
    auth_type: AuthType,
    id_tokens: IdTokens,
    redirect: RedirectUrl,
    leeway: chrono::TimeDelta,
}

/// Parameters that the provider sends through the browser.
#[derive(Debug)]
pub(super) struct Brought {
    /// State of the sign-in; empty when missing.
    pub(super) state: String,
    code: Option<String>,
    error: Option<String>,
    issuer: Option<String>,
}

impl Brought {
    /// Parses a query string.
    ///
    /// # Errors
    /// A parameter that occurs more than once (RFC 6749, section 3.1).
    pub(super) fn read(query: &str) -> Result<Self, Failure> {
        let query = Query::parse(query);
        let only = |name: &str, failure: Failure| {
            let value = query.only(name);
            value.map_err(|_| failure.log(&format!("{name} is repeated or not text")))
        };
        Ok(Self {
            state: only("state", Failure::State)?.unwrap_or_default(),
            code: only("code", Failure::Provider)?,
            error: only("error", Failure::Provider)?,
            issuer: only("iss", Failure::State)?,
        })
    }
}

impl Flow {
    /// Prepares sign-in from the configuration and the provider's discovery document.
    ///
    /// # Errors
    /// [`FlowError`].
    pub fn new(config: &Config, provider: &Provider) -> Result<Self, FlowError> {
        let metadata = CoreProviderMetadata::deserialize(&*provider.document)
            .map_err(|error| FlowError::Document(error.to_string()))?;
        if metadata.token_endpoint().is_none() {
            return Err(FlowError::Document("no token_endpoint".to_owned()));
        }
        let secret = config.oidc.client_secret.expose();
        let client_secret = (!secret.is_empty()).then(|| ClientSecret::new(secret.to_owned()));
        let auth_type = match &client_secret {
            Some(_) => auth_type(metadata.token_endpoint_auth_methods_supported().map(Vec::as_slice))?,
            None => AuthType::BasicAuth,
        };
        let base = config.server.base_url.to_string();
        let redirect = format!("{}{}", base.trim_end_matches('/'), config.portal.oidc_redirect_path);
        Ok(Self {
            metadata: Arc::new(metadata),
            keys: provider.jwks.clone(),
            client_id: ClientId::new(config.oidc.client_id.clone()),
            client_secret,
            auth_type,
            id_tokens: IdTokens::new(&config.oidc),
            redirect: RedirectUrl::new(redirect).map_err(|error| FlowError::Redirect(error.to_string()))?,
            leeway: chrono::TimeDelta::seconds(config.oidc.clock_skew_seconds.try_into().unwrap_or(i64::MAX)),
        })
    }

    /// Begins a sign-in. Returns the provider's URL, the state that the browser must bring back, and the data needed to
    /// finish.
    pub(super) fn begin(&self, return_path: &str) -> (Url, String, Pending) {
        let client = CoreClient::from_provider_metadata(
            (*self.metadata).clone(),
            self.client_id.clone(),
            self.client_secret.clone(),
        )
        .set_redirect_uri(self.redirect.clone());
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let (url, state, nonce) = client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                || CsrfToken::new(random()),
                || Nonce::new(random()),
            )
            .add_scope(Scope::new("profile".to_owned()))
            .add_scope(Scope::new("email".to_owned()))
            .set_pkce_challenge(challenge)
            .url();
        let pending = Pending {
            nonce: nonce.secret().clone(),
            verifier: verifier.into_secret(),
            return_path: return_path.to_owned(),
        };
        (url, state.into_secret(), pending)
    }

    /// Finishes a sign-in and returns the user.
    pub(super) async fn end(
        &self,
        http: &reqwest::Client,
        brought: Brought,
        pending: Pending,
    ) -> Result<SessionUser, Failure> {
        let Brought { code, error, issuer, .. } = brought;
        if issuer.is_some_and(|issuer| issuer != self.metadata.issuer().as_str()) {
            return Err(Failure::State.log("the response is from another issuer"));
        }
        if let Some(error) = error {
            let failure = match error.as_str() {
                "access_denied" => Failure::AccessDenied,
                "login_required" | "interaction_required" => Failure::LoginRequired,
                _ => Failure::Provider,
            };
            return Err(failure.log(shown_code(&error)));
        }
        let code = code.ok_or_else(|| Failure::Provider.log("the response has neither code nor error"))?;
        self.exchange(http, code, pending.verifier, &Nonce::new(pending.nonce)).await
    }

    async fn exchange(
        &self,
        http: &reqwest::Client,
        code: String,
        verifier: String,
        nonce: &Nonce,
    ) -> Result<SessionUser, Failure> {
        let metadata = (*self.metadata).clone();
        let client = CoreClient::from_provider_metadata(metadata, self.client_id.clone(), self.client_secret.clone())
            .set_redirect_uri(self.redirect.clone())
            .set_auth_type(self.auth_type.clone());
        let send = |request: HttpRequest| send(http.clone(), request);
        let request = client
            .exchange_code(AuthorizationCode::new(code))
            .map_err(|error| Failure::Exchange.log(&error.to_string()))?
            .set_pkce_verifier(PkceCodeVerifier::new(verifier));
        let token = request.request_async(&send).await.map_err(|error| match error {
            RequestTokenError::Request(error) => Failure::Unavailable.log(&error.to_string()),
            RequestTokenError::ServerResponse(error) => Failure::Exchange.log(&error.to_string()),
            RequestTokenError::Parse(error, answer) if has_access_token(&answer) => {
                Failure::Token.log(&format!("the ID token can't be parsed: {}", cut(&error.to_string())))
            }
            RequestTokenError::Parse(error, _) => {
                Failure::Exchange.log(&format!("no token in the response: {}", cut(&error.to_string())))
            }
            RequestTokenError::Other(error) => Failure::Exchange.log(&error),
        })?;
        let id_token = token.id_token().ok_or_else(|| Failure::Token.log("the response has no ID token"))?;
        log::debug!(token_type:? = token.token_type(); "oidc: code exchanged");
        self.verify(id_token, nonce).await
    }

    /// Verifies an ID token: by the rules for access tokens, then its signature and nonce.
    async fn verify(&self, id_token: &CoreIdToken, nonce: &Nonce) -> Result<SessionUser, Failure> {
        let key_id = self.id_tokens.check(&id_token.to_string()).map_err(|refusal| Failure::Token.log(&refusal))?;
        let keys = self.keys_for(key_id).await?;
        let jwks = serde_json::from_value::<CoreJsonWebKeySet>(keys.document());
        let jwks = jwks.map_err(|error| Failure::Token.log(&format!("the provider's keys: {error}")))?;
        let metadata = (*self.metadata).clone().set_jwks(jwks);
        let client = CoreClient::from_provider_metadata(metadata, self.client_id.clone(), self.client_secret.clone());
        let leeway = self.leeway;
        let verifier = client
            .id_token_verifier()
            .set_allowed_algs([
                CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
                CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
                CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
                CoreJwsSigningAlgorithm::RsaSsaPssSha256,
                CoreJwsSigningAlgorithm::RsaSsaPssSha384,
                CoreJwsSigningAlgorithm::RsaSsaPssSha512,
                CoreJwsSigningAlgorithm::EcdsaP256Sha256,
                CoreJwsSigningAlgorithm::EcdsaP384Sha384,
                CoreJwsSigningAlgorithm::EdDsa,
            ])
            .set_time_fn(move || chrono::Utc::now() - leeway);
        let claims = id_token.claims(&verifier, nonce).map_err(|error| match &error {
            ClaimsVerificationError::InvalidNonce(_) => Failure::Nonce.log(&error.to_string()),
            _ => Failure::Token.log(&error.to_string()),
        })?;
        let name = claims.name().and_then(|name| name.get(None)).map(|name| name.as_str().to_owned());
        Ok(SessionUser {
            subject: claims.subject().as_str().to_owned(),
            email: claims.email().map(|email| email.as_str().to_owned()),
            name: name.or_else(|| claims.preferred_username().map(|name| name.as_str().to_owned())),
        })
    }

    /// Returns the provider's keys. They are fetched again when the token's key is unknown.
    async fn keys_for(&self, key_id: Option<String>) -> Result<Arc<KeySet>, Failure> {
        let held = self.keys.current();
        match (held, key_id) {
            (Some(keys), None) => Ok(keys),
            (Some(keys), Some(id)) if keys.holds(&id) => Ok(keys),
            (_, id) => match self.keys.ask(id.as_deref().unwrap_or_default()).await {
                JwksAnswer::Newest(keys) => Ok(keys),
                JwksAnswer::Unavailable => Err(Failure::Unavailable.log("the provider's keys can't be fetched")),
            },
        }
    }
}

/// Maximum size of a logged error code in bytes. The longest registered one has 26.
const CODE_MAX: usize = 40;

/// Returns an error code for the log. It comes from the browser, so text without the form of the registered codes (RFC
/// 6749, section 4.1.2.1; OpenID Connect Core, section 3.1.2.6) may be anything, even a secret.
fn shown_code(code: &str) -> &str {
    let is_code = code.len() <= CODE_MAX && code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    if is_code { code } else { "the response has an unregistered error code" }
}

/// Returns how the provider expects the client secret. Basic is the default (OpenID Connect Discovery, section 3).
fn auth_type(supported: Option<&[CoreClientAuthMethod]>) -> Result<AuthType, FlowError> {
    let Some(supported) = supported else { return Ok(AuthType::BasicAuth) };
    if supported.contains(&CoreClientAuthMethod::ClientSecretBasic) {
        return Ok(AuthType::BasicAuth);
    }
    if supported.contains(&CoreClientAuthMethod::ClientSecretPost) {
        return Ok(AuthType::RequestBody);
    }
    let problem = "token_endpoint_auth_methods_supported names neither client_secret_basic nor client_secret_post; \
                   leave oidc.client_secret empty for a public client";
    Err(FlowError::Document(problem.to_owned()))
}

/// Returns true for a response of the token endpoint that is valid except for its ID token.
fn has_access_token(answer: &[u8]) -> bool {
    serde_json::from_slice::<StandardTokenResponse<EmptyExtraTokenFields, CoreTokenType>>(answer).is_ok()
}

/// Creates the HTTP client of one worker. It follows no redirects, so that codes and secrets reach the provider alone.
pub(super) fn http_client() -> Option<reqwest::Client> {
    reqwest::Client::builder().timeout(ANSWER).redirect(reqwest::redirect::Policy::none()).build().ok()
}

/// Sends a request of the OpenID library.
async fn send(http: reqwest::Client, request: HttpRequest) -> Result<HttpResponse, std::io::Error> {
    let failed = |error: reqwest::Error| std::io::Error::other(error.without_url().to_string());
    let request = reqwest::Request::try_from(request).map_err(failed)?;
    let mut answer = http.execute(request).await.map_err(failed)?;
    if answer.status().is_server_error() {
        return Err(std::io::Error::other(format!("the provider returned status {}", answer.status().as_u16())));
    }
    let mut response = HttpResponse::new(Vec::new());
    *response.status_mut() = answer.status();
    *response.headers_mut() = answer.headers().clone();
    while let Some(chunk) = answer.chunk().await.map_err(failed)? {
        if response.body().len() + chunk.len() > MOST_BYTES {
            return Err(std::io::Error::other("the provider's response is too large"));
        }
        response.body_mut().extend_from_slice(&chunk);
    }
    Ok(response)
}
