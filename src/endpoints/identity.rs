//! identity: the caller's identity, and the headers that reached the server.

use actors::AuthType;
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::{Answer, Call, Group, Outcome, Route, headers};

/// Declares the group.
pub(super) fn group() -> Group {
    Group::new("identity", "The caller's identity, and the headers that reached the server.")
        .route(
            Route::get("whoami", "/v1/whoami", whoami)
                .about("Returns the caller's identity as authenticated.")
                .answers::<WhoAmI>(
                    "200",
                    "The caller's identity; empty fields are omitted.",
                    json!({"subject": "", "auth_type": "anonymous"}),
                ),
        )
        .route(
            Route::get("headers", "/v1/headers", headers)
                .about("Returns the request headers, secrets redacted.")
                .answers::<Headers>(
                "200",
                "Headers by canonical name, sorted; `count` is the number of names.",
                json!({"headers": {"Accept": ["*/*"]}, "count": 1}),
            ),
        )
}

#[derive(Serialize, ToSchema)]
struct WhoAmI<'c> {
    /// Subject of the identity, empty for an anonymous caller.
    subject: &'c str,
    /// Email address in the JWT.
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'c str>,
    /// Kind of credential: `bearer` is a static token, `oauth2` a JWT.
    #[schema(value_type = String, pattern = "^(anonymous|apikey|bearer|oauth2)$")]
    auth_type: AuthType,
    /// Name of the API key or static token.
    #[serde(skip_serializing_if = "Option::is_none")]
    key_name: Option<&'c str>,
    /// Scopes in the JWT (`scope` or `scp`).
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    #[schema(required = false)]
    scopes: &'c [String],
    /// All claims of the JWT.
    #[serde(skip_serializing_if = "Map::is_empty")]
    #[schema(value_type = Object, required = false)]
    claims: &'c Map<String, Value>,
}

async fn whoami(call: Call) -> Outcome {
    let identity = &call.identity;
    Ok(Answer::json(&WhoAmI {
        subject: &identity.subject,
        email: identity.email.as_deref().filter(|email| !email.is_empty()),
        auth_type: identity.auth_type,
        key_name: identity.key_name.as_deref().filter(|name| !name.is_empty()),
        scopes: &identity.scopes,
        claims: &identity.claims,
    }))
}

#[derive(Serialize, ToSchema)]
struct Headers<'h> {
    /// Canonical name → values in the order they arrived.
    #[schema(value_type = std::collections::BTreeMap<String, Vec<String>>)]
    headers: headers::ShownHeaders<'h>,
    /// Number of names.
    count: usize,
}

async fn headers(call: Call) -> Outcome {
    let mut shown: headers::ShownHeaders<'_> = headers::shown(&call.head);
    headers::redact(&mut shown, &call.surroundings.redactor);
    let count = shown.len();
    Ok(Answer::json(&Headers { headers: shown, count }))
}
