//! The inbound chain of `/v1`: the steps that judge credentials.
//!
//! Order: API key → OIDC → static bearer token → anonymous. The steps run in the authenticator actor of each
//! worker, over one snapshot of the configured secrets.

mod database_keys;
pub mod oidc;
pub mod session;
mod static_keys;

use std::sync::Arc;

use actors::{AuthType, Credentials, Decision, Identity, Step};

pub use database_keys::{Bcrypt, DatabaseKeys};
use oidc::OidcTokens;
use static_keys::StaticKeys;

use crate::config::Config;

/// Optional judges of credentials that are not in the configuration.
#[derive(Default)]
pub struct Judges {
    /// Keys of the database.
    pub keys: Option<DatabaseKeys>,
    /// Tokens of the OpenID provider.
    pub oidc: Option<OidcTokens>,
}

/// Builds the chain that the configuration asks for.
#[must_use]
pub fn chain(config: &Config, judges: Judges) -> Arc<[Arc<dyn Step>]> {
    let keys = config.api_keys.file.iter().map(|entry| (entry.name.as_str(), entry.key.expose()));
    let tokens = config.bearer.tokens.iter().map(|entry| (entry.name.as_str(), entry.token.expose()));
    let api_keys = ApiKeys { file: StaticKeys::new(AuthType::Apikey, keys), database: judges.keys };
    let mut steps: Vec<Arc<dyn Step>> = vec![Arc::new(api_keys)];
    if let Some(oidc) = judges.oidc {
        steps.push(Arc::new(oidc));
    }
    steps.push(Arc::new(BearerTokens(StaticKeys::new(AuthType::Bearer, tokens))));
    if config.auth.allow_anonymous {
        steps.push(Arc::new(Anonymous(Arc::new(Identity::anonymous()))));
    }
    steps.into()
}

/// API keys: those of the configuration file first, then those of the database.
struct ApiKeys {
    file: StaticKeys,
    database: Option<DatabaseKeys>,
}

impl Step for ApiKeys {
    fn name(&self) -> &'static str {
        "api_key"
    }

    fn check(&self, credentials: &Credentials) -> Decision {
        match (self.file.judge(credentials.api_key.as_ref()), &self.database, &credentials.api_key) {
            (Decision::Invalid, Some(database), Some(shown)) => database.judge(shown),
            (decision, ..) => decision,
        }
    }
}

/// Static bearer tokens of the configuration file.
struct BearerTokens(StaticKeys);

impl Step for BearerTokens {
    fn name(&self) -> &'static str {
        "bearer"
    }

    fn check(&self, credentials: &Credentials) -> Decision {
        self.0.judge(credentials.bearer.as_ref())
    }
}

/// Accepts requests without any credential.
struct Anonymous(Arc<Identity>);

impl Step for Anonymous {
    fn name(&self) -> &'static str {
        "anonymous"
    }

    fn check(&self, _: &Credentials) -> Decision {
        Decision::Known(Arc::clone(&self.0))
    }
}
