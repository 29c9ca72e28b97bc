//! To the provider and back: authorization code with PKCE, state and nonce (OpenID Connect Core, section 3.1).

use std::{sync::Arc, time::Duration};

use actors::{
    SessionClient,
    jwks::{JwksAnswer, JwksClient},
};
use openidconnect::{
    AuthType, AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret, CsrfToken, EmptyExtraTokenFields,
    HttpRequest, HttpResponse, Nonce, OAuth2TokenResponse as _, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl,
    RequestTokenError, Scope, StandardTokenResponse, TokenResponse as _,
    core::{
        CoreAuthenticationFlow, CoreClient, CoreClientAuthMethod, CoreIdToken, CoreJsonWebKeySet,
        CoreJwsSigningAlgorithm, CoreProviderMetadata, CoreTokenType,
    },
};
use serde::{Deserialize, Serialize};
use url::Url;

use super::failure::Failure;
use crate::{
    auth::{
        oidc::{IdTokens, KeySet, Provider, cut},
        session::{Who, hash, random},
    },
    config::Config,
};

/// How long a sign-in may take at the provider.
pub(super) const PATIENCE: Duration = Duration::from_secs(10 * 60);
/// Longest time for the provider's token.
const ANSWER: Duration = Duration::from_secs(15);
/// Most bytes of an answer.
const MOST_BYTES: usize = 512 * 1024;

/// Why sign-in by the provider can't be offered.
#[derive(Debug, thiserror::Error)]
pub enum FlowError {
    /// The document lacks what a sign-in needs.
    #[error("oidc: the discovery document can't be used for signing in: {0}")]
    Document(String),
    /// The URL to come back to can't be made.
    #[error("oidc: server.base_url and portal.oidc_redirect_path make no URL: {0}")]
    Redirect(String),
}

/// What is kept while a browser is at the provider, found by the state.
#[derive(Deserialize, Serialize)]
struct Pending {
    nonce: String,
    verifier: String,
    return_path: String,
}

/// What a sign-in at the provider needs. Shared by all workers.
#[derive(Clone)]
pub struct Flow {
    metadata: Arc<CoreProviderMetadata>,
    keys: JwksClient<KeySet>,
    client_id: ClientId,
    client_secret: Option<ClientSecret>,
    /// Where the client secret goes in a request for a token.
    auth_type: AuthType,
    id_tokens: IdTokens,
    redirect: RedirectUrl,
    leeway: chrono::TimeDelta,
    sessions: SessionClient,
}

/// What the provider gave the browser to bring back.
#[derive(Deserialize)]
pub(super) struct Brought {
    pub(super) state: Option<String>,
    code: Option<String>,
    error: Option<String>,
    iss: Option<String>,
}

impl Flow {
    /// Reads what the provider's document says about signing in.
    ///
    /// # Errors
    /// [`FlowError`].
    pub fn new(config: &Config, provider: &Provider, sessions: SessionClient) -> Result<Self, FlowError> {
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
            sessions,
        })
    }

    /// Begins a sign-in: the provider's URL, and the state that the browser must bring back.
    pub(super) async fn begin(&self, return_path: &str) -> Result<(Url, String), Failure> {
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
        let state = state.into_secret();
        let data = serde_json::to_string(&pending).map_err(|error| Failure::Session.log(&error.to_string()))?;
        let kept = self.sessions.put(pending_hash(&state), data, PATIENCE).await;
        kept.map_err(|error| Failure::Session.log(&error.to_string()))?;
        Ok((url, state))
    }

    /// Ends a sign-in: who it is, and where to go. `known` are the states that this very browser began with.
    pub(super) async fn end(
        &self,
        http: &reqwest::Client,
        brought: Brought,
        known: &[String],
    ) -> Result<(Who, String), Failure> {
        let Brought { state, code, error, iss } = brought;
        let state = state.filter(|state| known.contains(state));
        let state = state.ok_or_else(|| Failure::State.log("the state is not of a sign-in that this browser began"))?;
        // Whoever takes it first has it: a state is good for one answer of the provider, whatever that is.
        let pending = self.sessions.take(pending_hash(&state)).await;
        let pending = pending.map_err(|error| Failure::Session.log(&error.to_string()))?;
        let pending = pending.and_then(|data| serde_json::from_str::<Pending>(&data).ok());
        let pending = pending.ok_or_else(|| Failure::State.log("the state was used before, or is too old"))?;
        if iss.is_some_and(|issuer| issuer != self.metadata.issuer().as_str()) {
            return Err(Failure::State.log("the answer is of another issuer"));
        }
        if let Some(error) = error {
            let failure = match error.as_str() {
                "access_denied" => Failure::AccessDenied,
                "login_required" | "interaction_required" => Failure::LoginRequired,
                _ => Failure::Provider,
            };
            let detail: String = error.chars().take(100).collect();
            return Err(failure.log(&detail));
        }
        let code = code.ok_or_else(|| Failure::Provider.log("the answer has neither code nor error"))?;
        let who = self.exchange(http, code, pending.verifier, &Nonce::new(pending.nonce)).await?;
        Ok((who, pending.return_path))
    }

    async fn exchange(
        &self,
        http: &reqwest::Client,
        code: String,
        verifier: String,
        nonce: &Nonce,
    ) -> Result<Who, Failure> {
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
                Failure::Token.log(&format!("the ID token can't be read: {}", cut(&error.to_string())))
            }
            RequestTokenError::Parse(error, _) => {
                Failure::Exchange.log(&format!("no token in the answer: {}", cut(&error.to_string())))
            }
            RequestTokenError::Other(error) => Failure::Exchange.log(&error),
        })?;
        let id_token = token.id_token().ok_or_else(|| Failure::Token.log("the answer has no ID token"))?;
        log::debug!(token_type:? = token.token_type(); "oidc: code exchanged");
        self.verify(id_token, nonce).await
    }

    /// Checks an ID token: by the rules for access tokens, then its signature and nonce.
    async fn verify(&self, id_token: &CoreIdToken, nonce: &Nonce) -> Result<Who, Failure> {
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
        Ok(Who {
            subject: claims.subject().as_str().to_owned(),
            email: claims.email().map(|email| email.as_str().to_owned()),
            name: name.or_else(|| claims.preferred_username().map(|name| name.as_str().to_owned())),
        })
    }

    /// The provider's keys; the newest ones when the token is signed by one that is not known.
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

/// How the provider wants the client secret. Basic is the default of a provider that says nothing (OpenID Connect
/// Discovery, section 3).
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

/// True for an answer of the token endpoint that is good but for its ID token.
fn has_access_token(answer: &[u8]) -> bool {
    serde_json::from_slice::<StandardTokenResponse<EmptyExtraTokenFields, CoreTokenType>>(answer).is_ok()
}

/// Finds a sign-in by its state: apart from sessions, so that no state is an id of one.
fn pending_hash(state: &str) -> actors::sessions::SessionHash {
    hash(&format!("sign-in\0{state}"))
}

/// A client for one worker. Follows no redirect: codes and secrets go to the provider alone.
pub(super) fn http_client() -> Option<reqwest::Client> {
    reqwest::Client::builder().timeout(ANSWER).redirect(reqwest::redirect::Policy::none()).build().ok()
}

/// Sends what the OpenID library asks for.
async fn send(http: reqwest::Client, request: HttpRequest) -> Result<HttpResponse, std::io::Error> {
    let failed = |error: reqwest::Error| std::io::Error::other(error.without_url().to_string());
    let request = reqwest::Request::try_from(request).map_err(failed)?;
    let mut answer = http.execute(request).await.map_err(failed)?;
    if answer.status().is_server_error() {
        return Err(std::io::Error::other(format!("the provider answers {}", answer.status().as_u16())));
    }
    let mut response = HttpResponse::new(Vec::new());
    *response.status_mut() = answer.status();
    *response.headers_mut() = answer.headers().clone();
    while let Some(chunk) = answer.chunk().await.map_err(failed)? {
        if response.body().len() + chunk.len() > MOST_BYTES {
            return Err(std::io::Error::other("the provider answers too much"));
        }
        response.body_mut().extend_from_slice(&chunk);
    }
    Ok(response)
}
