//! Who asks.

use serde::Serialize;
use serde_json::{Map, Value};

/// How a caller was authenticated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum AuthType {
    /// By nothing, and that was allowed.
    Anonymous,
    /// By an API key.
    Apikey,
    /// By a static bearer token.
    Bearer,
    /// By a token of the OpenID Connect provider.
    Oauth2,
}

impl AuthType {
    /// The name in bodies, logs and metrics.
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

/// Identity of a caller. Shared, never changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Who it is; empty for an anonymous caller.
    pub subject: String,
    /// Mail address, when the provider tells.
    pub email: Option<String>,
    /// How the caller was authenticated.
    pub auth_type: AuthType,
    /// Name of the key or token that was shown.
    pub key_name: Option<String>,
    /// Client that the token was given to.
    pub client_id: Option<String>,
    /// Scopes of the token.
    pub scopes: Vec<String>,
    /// Claims of the token.
    pub claims: Map<String, Value>,
}

impl Identity {
    /// Nobody in particular.
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

    /// The holder of a key or token: its name is subject and key name.
    #[must_use]
    pub fn named(auth_type: AuthType, name: &str) -> Self {
        Self { subject: name.to_owned(), key_name: Some(name.to_owned()), auth_type, ..Self::anonymous() }
    }
}
