//! `me`: the signed-in user. `wellknown`: public facts for the sign-in page.

use std::sync::Arc;

use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::{
    build_info,
    config::Config,
    endpoints::{Answer, Call, Group, Outcome, Route},
};

/// The caller.
#[derive(Serialize, ToSchema)]
struct Me<'c> {
    /// Subject of the identity.
    subject: &'c str,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'c str>,
    /// Display name, if the provider gives one.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'c str>,
    /// `apikey`, `bearer` or `oauth2`.
    auth_type: &'c str,
    /// Name of the caller's key or token.
    #[serde(skip_serializing_if = "Option::is_none")]
    api_key_name: Option<&'c str>,
}

/// Public facts for the sign-in page.
#[derive(Serialize)]
struct WellKnown {
    name: String,
    version: &'static str,
    base_url: String,
    oidc_enabled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    issuer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    login_url: Option<&'static str>,
    api_key_header: String,
    api_key_query_param: String,
    audit_enabled: bool,
    #[serde(skip_serializing_if = "String::is_empty")]
    key_hint: String,
}

/// Declares the routes.
#[must_use]
pub fn groups(config: &Config) -> Vec<Group> {
    let oidc = config.oidc.enabled;
    let known = Arc::new(WellKnown {
        name: config.server.name.clone(),
        version: build_info::VERSION,
        base_url: config.server.base_url.to_string(),
        oidc_enabled: oidc,
        issuer: crate::openapi::issuer(config),
        login_url: oidc.then_some("/portal/auth/login"),
        api_key_header: config.api_keys.header_name.clone(),
        api_key_query_param: config.api_keys.query_param_name.clone(),
        audit_enabled: config.audit.enabled,
        key_hint: config.portal.key_hint.clone(),
    });
    let me = Route::get("portal_me", "/api/v1/portal/me", me).about("Who asks.").answers::<Me<'_>>(
        "200",
        "The identity.",
        json!({"subject": "dev", "auth_type": "apikey", "api_key_name": "dev"}),
    );
    let wellknown = Route::get("portal_wellknown", "/api/v1/portal/wellknown", move |_| {
        let known = Arc::clone(&known);
        async move { Ok(Answer::json(&*known)) }
    });
    vec![
        Group::portal("identity_portal", "Who asks.").route(me),
        Group::site("portal_known", "Public facts for the sign-in page.").route(wellknown),
    ]
}

async fn me(call: Call) -> Outcome {
    let identity = &call.identity;
    Ok(Answer::json(&Me {
        subject: &identity.subject,
        email: identity.email.as_deref().filter(|email| !email.is_empty()),
        name: identity.claims.get("name").and_then(serde_json::Value::as_str),
        auth_type: identity.auth_type.as_str(),
        api_key_name: identity.key_name.as_deref().filter(|name| !name.is_empty()),
    }))
}
