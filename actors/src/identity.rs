//! Identities of callers.

use serde::Serialize;
use serde_json::{Map, Value};

/// Authentication type of a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum AuthType {
    /// No credential; anonymous callers are allowed.
    Anonymous,
    /// API key.
    Apikey,
    /// Static bearer token.
    Bearer,
    /// Token of the OpenID Connect provider.
    Oauth2,
}

impl AuthType {
    /// Returns the name in bodies, logs and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Anonymous => "anonymous",
            Self::Apikey => "apikey",
            Self::Bearer => "bearer",
            Self::Oauth2 => "oauth2",
        }
    }
}

/// Identity of a caller. Shared and immutable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Subject; empty for an anonymous caller.
    pub subject: String,
    /// Email address, if the provider gives one.
    pub email: Option<String>,
    /// Authentication type.
    pub auth_type: AuthType,
    /// Name of the caller's key or token.
    pub key_name: Option<String>,
    /// Client that the token was issued to.
    pub client_id: Option<String>,
    /// Scopes of the token.
    pub scopes: Vec<String>,
    /// Claims of the token.
    pub claims: Map<String, Value>,
}

impl Identity {
    /// Returns the anonymous identity.
    #[must_use]
    pub fn anonymous() -> Self {
        Self {
            subject: String::new(),
            email: None,
            auth_type: AuthType::Anonymous,
            key_name: None,
            client_id: None,
            scopes: Vec::new(),
            claims: Map::new(),
        }
    }

    /// Returns the identity of the holder of a key or token. Its name becomes subject and key name.
    #[must_use]
    pub fn named(auth_type: AuthType, name: &str) -> Self {
        Self { subject: name.to_owned(), key_name: Some(name.to_owned()), auth_type, ..Self::anonymous() }
    }
}
