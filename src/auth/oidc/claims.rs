//! Rules for the claims of a token, and the identity built from them.

use actors::{AuthType, Identity};
use serde_json::{Map, Value};

use super::refusal::Refusal;
use crate::config::{OidcConfig, masked_url};

/// Claims in which providers name the client that a token was issued to.
const CLIENT: [&str; 3] = ["azp", "client_id", "appid"];

/// Requirements that a token must meet.
#[derive(Clone, Debug)]
pub(super) struct Rules {
    issuer: String,
    /// Empty accepts any.
    audience: String,
    /// Client id of the portal. A token for this client alone is an ID token, and ID tokens give no access to `/v1`.
    portal_client: String,
    /// Empty accepts any.
    allowed_clients: Vec<String>,
    /// Seconds.
    leeway: f64,
}

impl Rules {
    pub(super) fn new(config: &OidcConfig) -> Self {
        Self {
            issuer: config.issuer.as_ref().map(|issuer| issuer.as_str().to_owned()).unwrap_or_default(),
            audience: config.audience.clone(),
            portal_client: config.client_id.clone(),
            allowed_clients: config.allowed_clients.clone(),
            leeway: config.clock_skew_seconds as f64,
        }
    }

    /// Rules for the ID tokens of the portal's own client.
    pub(super) fn for_client(config: &OidcConfig) -> Self {
        let audience = config.client_id.clone();
        Self { audience, portal_client: String::new(), allowed_clients: Vec::new(), ..Self::new(config) }
    }

    /// Checks everything but the signature. Returns the time at which the token expires, leeway included, in seconds
    /// since the epoch.
    pub(super) fn check(&self, claims: &Map<String, Value>, now: u64) -> Result<u64, Refusal> {
        self.issuer(claims)?;
        let end = self.time(claims, now as f64)?;
        self.audience(claims)?;
        self.client(claims)?;
        Ok(end)
    }

    fn issuer(&self, claims: &Map<String, Value>) -> Result<(), Refusal> {
        match claims.get("iss") {
            Some(Value::String(issuer)) if *issuer == self.issuer => Ok(()),
            Some(Value::String(other)) => {
                let other = format!("{:?}", masked_url(other));
                Err(Refusal::unexpected("iss", other, format_args!("{:?}", self.issuer)))
            }
            other => Err(Refusal::unexpected("iss", shown(other), format_args!("{:?}", self.issuer))),
        }
    }

    fn time(&self, claims: &Map<String, Value>, now: f64) -> Result<u64, Refusal> {
        let expires = claims.get("exp").and_then(Value::as_f64).filter(|time| time.is_finite());
        let expires = expires.ok_or_else(|| Refusal::unexpected("exp", shown(claims.get("exp")), "a number"))?;
        if now >= expires + self.leeway {
            let age = now - expires;
            return Err(Refusal::new("exp", format!("expired {age:.0} s ago, leeway is {} s", self.leeway)));
        }
        match claims.get("nbf") {
            None => {}
            Some(claim) => {
                let starts = claim.as_f64().ok_or_else(|| Refusal::unexpected("nbf", claim, "a number"))?;
                if now + self.leeway < starts {
                    let ahead = starts - now;
                    return Err(Refusal::new("nbf", format!("valid in {ahead:.0} s, leeway is {} s", self.leeway)));
                }
            }
        }
        // A cast from a float saturates.
        Ok((expires + self.leeway) as u64)
    }

    fn audience(&self, claims: &Map<String, Value>) -> Result<(), Refusal> {
        let claim = claims.get("aud");
        let audiences: Vec<&str> = match claim {
            Some(Value::String(one)) => vec![one],
            Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        if self.audience.is_empty() {
            // The client may be named more than once; any other audience makes it an access token.
            let for_portal = !audiences.is_empty() && audiences.iter().all(|audience| *audience == self.portal_client);
            return if for_portal && !self.portal_client.is_empty() {
                Err(Refusal::unexpected("aud", shown(claim), "an audience beside the portal's own client"))
            } else {
                Ok(())
            };
        }
        if audiences.contains(&self.audience.as_str()) {
            return Ok(());
        }
        Err(Refusal::unexpected("aud", shown(claim), format_args!("{:?}", self.audience)))
    }

    fn client(&self, claims: &Map<String, Value>) -> Result<(), Refusal> {
        if self.allowed_clients.is_empty() {
            return Ok(());
        }
        let client = client(claims);
        if client.is_some_and(|client| self.allowed_clients.iter().any(|allowed| allowed == client)) {
            return Ok(());
        }
        let found = client.map_or_else(|| "no client".to_owned(), |client| format!("{client:?}"));
        Err(Refusal::unexpected("client", found, "one of oidc.allowed_clients"))
    }
}

/// Returns the client that a token was issued to. The first claim present decides; a later one can't override it.
fn client(claims: &Map<String, Value>) -> Option<&str> {
    CLIENT.iter().find_map(|name| claims.get(*name))?.as_str()
}

/// Returns the subject of a token: `sub`, or `preferred_username` when there is no `sub`.
///
/// # Errors
/// `sub` when that claim is not text, or empty.
pub(super) fn subject(claims: &Map<String, Value>) -> Result<&str, Refusal> {
    match claims.get("sub").or_else(|| claims.get("preferred_username")) {
        Some(Value::String(subject)) if !subject.is_empty() => Ok(subject),
        None => Err(Refusal::new("sub", "token has neither sub nor preferred_username")),
        Some(other) => Err(Refusal::unexpected("sub", other, "non-empty text")),
    }
}

/// Builds the identity of a token.
pub(super) fn identity(claims: Map<String, Value>) -> Result<Identity, Refusal> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let subject = subject(&claims)?.to_owned();
    let scopes = claims.get("scope").or_else(|| claims.get("scp")).map(scopes).unwrap_or_default();
    Ok(Identity {
        email: text("email").map(str::to_owned),
        client_id: client(&claims).filter(|client| !client.is_empty()).map(str::to_owned),
        scopes,
        claims,
        key_name: None,
        ..Identity::named(AuthType::Oauth2, &subject)
    })
}

fn scopes(claim: &Value) -> Vec<String> {
    match claim {
        Value::String(list) => list.split(' ').filter(|scope| !scope.is_empty()).map(str::to_owned).collect(),
        Value::Array(list) => list.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

fn shown(claim: Option<&Value>) -> String {
    claim.map_or_else(|| "none".to_owned(), Value::to_string)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

    const NOW: u64 = 1_800_000_000;

    fn rules() -> Rules {
        Rules {
            issuer: "https://idp.test".into(),
            audience: "urn:api".into(),
            portal_client: "portal".into(),
            allowed_clients: vec!["gateway".into()],
            leeway: 30.0,
        }
    }

    fn check(rules: &Rules, change: &Value) -> Result<u64, &'static str> {
        let mut claims = json!({"iss": "https://idp.test", "sub": "a", "aud": "urn:api", "azp": "gateway",
                                "exp": NOW + 60});
        for (name, value) in change.as_object().unwrap() {
            match value {
                Value::Null => claims.as_object_mut().unwrap().remove(name),
                value => claims.as_object_mut().unwrap().insert(name.clone(), value.clone()),
            };
        }
        rules.check(claims.as_object().unwrap(), NOW).map_err(|refusal| refusal.reason)
    }

    #[test]
    fn a_good_token_ends_with_the_leeway() {
        assert_eq!(check(&rules(), &json!({})), Ok(NOW + 90));
        assert_eq!(check(&rules(), &json!({"exp": 1e300})), Ok(u64::MAX));
    }

    #[test]
    fn time_is_checked_with_leeway_to_the_second() {
        for (change, expected) in [
            (json!({"exp": NOW - 29}), Ok(NOW + 1)),
            (json!({"exp": NOW - 30}), Err("exp")),
            (json!({"exp": null}), Err("exp")),
            (json!({"exp": "1800000060"}), Err("exp")),
            (json!({"exp": -1}), Err("exp")),
            (json!({"nbf": NOW + 30}), Ok(NOW + 90)),
            (json!({"nbf": NOW + 31}), Err("nbf")),
            (json!({"nbf": "now"}), Err("nbf")),
        ] {
            assert_eq!(check(&rules(), &change), expected, "{change}");
        }
    }

    #[test]
    fn issuer_audience_and_client_are_compared_exactly() {
        for (change, expected) in [
            (json!({"iss": "https://idp.test/"}), "iss"),
            (json!({"iss": "https://IDP.test"}), "iss"),
            (json!({"iss": ["https://idp.test"]}), "iss"),
            (json!({"iss": null}), "iss"),
            (json!({"aud": "urn:api2"}), "aud"),
            (json!({"aud": ["urn:other"]}), "aud"),
            (json!({"aud": [["urn:api"]]}), "aud"),
            (json!({"aud": null}), "aud"),
            (json!({"azp": "other"}), "client"),
            (json!({"azp": null}), "client"),
            (json!({"azp": "other", "client_id": "gateway"}), "client"),
        ] {
            assert_eq!(check(&rules(), &change), Err(expected), "{change}");
        }
        for change in [
            json!({"aud": ["urn:other", "urn:api"]}),
            json!({"azp": null, "client_id": "gateway"}),
            json!({"azp": null, "appid": "gateway"}),
        ] {
            assert!(check(&rules(), &change).is_ok(), "{change}");
        }
    }

    #[test]
    fn an_id_token_of_the_portal_opens_nothing() {
        let rules = Rules { audience: String::new(), allowed_clients: Vec::new(), ..rules() };
        assert_eq!(check(&rules, &json!({"aud": "portal"})), Err("aud"));
        assert_eq!(check(&rules, &json!({"aud": ["portal"]})), Err("aud"));
        assert_eq!(check(&rules, &json!({"aud": ["portal", "portal"]})), Err("aud"), "naming it twice changes nothing");
        assert!(check(&rules, &json!({"aud": ["portal", "account"]})).is_ok());
        assert!(check(&rules, &json!({"aud": null, "azp": null})).is_ok());
    }

    #[test]
    fn the_identity_takes_what_providers_call_it() {
        let of = |claims: Value| identity(claims.as_object().unwrap().clone());
        let who = of(json!({"sub": "a", "email": "a@b", "scope": "x  y"})).unwrap();
        assert_eq!((who.subject.as_str(), who.email.as_deref()), ("a", Some("a@b")));
        assert_eq!((who.scopes, who.key_name), (vec!["x".to_owned(), "y".to_owned()], None));
        assert_eq!(of(json!({"preferred_username": "b", "scp": ["x", 1]})).unwrap().subject, "b");
    }

    #[test]
    fn a_subject_is_text_and_only_a_missing_one_has_a_substitute() {
        let of = |claims: Value| identity(claims.as_object().unwrap().clone());
        for sub in [json!(""), json!(12345), json!(null), json!(true), json!(["a"]), json!({"a": 1})] {
            let refused = of(json!({"sub": sub, "preferred_username": "b"})).unwrap_err();
            assert_eq!(refused.reason, "sub", "{sub}");
        }
        for name in [json!(""), json!(7), json!(null)] {
            assert_eq!(of(json!({"preferred_username": name})).unwrap_err().reason, "sub", "{name}");
        }
        assert_eq!(of(json!({})).unwrap_err().reason, "sub");
    }
}
