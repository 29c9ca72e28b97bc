//! ID tokens of the portal's sign-in, checked by the rules for access tokens.

use super::{
    claims::{Rules, subject},
    now,
    refusal::Refusal,
    token::Token,
};
use crate::config::OidcConfig;

/// Rules for ID tokens (OpenID Connect Core, section 3.1.3.7).
#[derive(Clone, Debug)]
pub struct IdTokens {
    rules: Rules,
    client_id: String,
}

impl IdTokens {
    /// Creates the rules from issuer, client id and leeway of the configuration.
    #[must_use]
    pub fn new(config: &OidcConfig) -> Self {
        Self { rules: Rules::for_client(config), client_id: config.client_id.clone() }
    }

    /// Checks everything but signature and nonce. Returns the id of the key that the token names.
    ///
    /// # Errors
    /// The reason of the refusal, for the log.
    pub fn check(&self, token: &str) -> Result<Option<String>, String> {
        self.judge(token, now()).map_err(|refusal| format!("{}: {}", refusal.reason, refusal.detail))
    }

    fn judge(&self, token: &str, now: u64) -> Result<Option<String>, Refusal> {
        let token = Token::recognise(token.as_bytes()).ok_or_else(|| Refusal::new("malformed", "no JWT"))?;
        let header = token.header()?;
        let claims = token.claims()?;
        self.rules.check(&claims, now)?;
        subject(&claims)?;
        match claims.get("azp") {
            None => {}
            Some(client) if *client == self.client_id => {}
            Some(other) => return Err(Refusal::unexpected("client", other, format_args!("{:?}", self.client_id))),
        }
        Ok(header.key_id)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    use serde_json::{Value, json};

    use super::*;
    use crate::config::{Config, Environment};

    const NOW: u64 = 1_800_000_000;

    fn judge(header: &Value, change: &Value) -> Result<Option<String>, &'static str> {
        let text = "auth: {allow_anonymous: true}\n\
                    oidc: {enabled: true, issuer: 'https://idp.test', audience: 'urn:api', client_id: portal}\n";
        let config = Config::parse("test.yaml", text, &Environment::default()).unwrap().config;
        let mut claims = json!({"iss": "https://idp.test", "sub": "a", "aud": "portal", "exp": NOW + 60});
        claims.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let token = format!("{}.{}.c2ln", encode(header), encode(&claims));
        IdTokens::new(&config.oidc).judge(&token, NOW).map_err(|refusal| refusal.reason)
    }

    #[test]
    fn an_id_token_is_judged_like_an_access_token() {
        let header = json!({"alg": "RS256", "kid": "k"});
        assert_eq!(judge(&header, &json!({})), Ok(Some("k".to_owned())));
        assert_eq!(judge(&json!({"alg": "ES256"}), &json!({"azp": "portal", "nbf": NOW})), Ok(None));
        for (change, reason) in [
            (json!({"iss": "https://idp.test/"}), "iss"),
            (json!({"aud": "urn:api"}), "aud"),
            (json!({"aud": []}), "aud"),
            (json!({"exp": NOW - 30}), "exp"),
            (json!({"exp": "2100-01-01T00:00:00Z"}), "exp"),
            (json!({"nbf": NOW + 31}), "nbf"),
            (json!({"nbf": null}), "nbf"),
            (json!({"sub": ""}), "sub"),
            (json!({"sub": 12345, "preferred_username": "a"}), "sub"),
            (json!({"azp": "other"}), "client"),
            (json!({"azp": ["portal"]}), "client"),
            (json!({"azp": null}), "client"),
        ] {
            assert_eq!(judge(&header, &change), Err(reason), "{change}");
        }
        for (header, reason) in [
            (json!({"alg": "none"}), "alg"),
            (json!({"alg": "HS256"}), "alg"),
            (json!({"alg": "RS256", "crit": null}), "crit"),
            (json!({"alg": "RS256", "kid": 7}), "kid"),
        ] {
            assert_eq!(judge(&header, &json!({})), Err(reason), "{header}");
        }
    }
}
