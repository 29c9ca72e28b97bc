//! Admin API: lists, creates and revokes API keys of the database.
//!
//! The path is `/api/v1/admin/api-keys`, with the alias `keys`. Everyone who may use the portal's API may use it: with
//! a session or a credential of the inbound chain, never anonymously.

use std::sync::Arc;

use actix_web::http::{
    Method, StatusCode,
    header::{self, HeaderValue},
};
use actors::{
    keys::{AddError, KeyClient, NewKey, StoredKey},
    store::StoreError,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use crate::{
    config::Config,
    endpoints::{Answer, Call, Fault, Group, Outcome, Route, param::Text},
};

/// Maximum size of a request body in bytes.
const BODY_MAX: usize = 16 * 1024;
/// Maximum number of characters of a name.
const NAME_MAX: usize = 100;
/// Maximum number of characters of a description.
const DESCRIPTION_MAX: usize = 1000;

const NAME: Text = Text::path("name", "Name of the key.", "gateway");

/// State of the routes.
struct Admin {
    /// `None` when `api_keys.db.enabled` is false.
    keys: Option<KeyClient>,
    /// Names of keys in the configuration. They are refused here, because the audit trail identifies keys by name.
    taken: Vec<String>,
}

/// Request to create a key.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// Unique name: 1 to 100 characters without `/`, control characters, or white space at the ends.
    name: String,
    /// Purpose of the key, at most 1000 characters.
    #[serde(default)]
    description: Option<String>,
    /// Expiry (RFC 3339), in the future. Without it, the key never expires.
    #[serde(default)]
    expires_at: Option<String>,
}

/// A key without its secret.
#[derive(Serialize, ToSchema)]
struct ShownKey {
    /// Id of the key.
    id: String,
    /// Name of the key, and subject of its callers.
    name: String,
    /// Purpose of the key.
    #[schema(required = false)]
    description: String,
    /// Subject of the user who created it.
    created_by: String,
    /// Time of creation.
    created_at: String,
    /// Expiry; omitted when it never expires.
    #[schema(required = false)]
    expires_at: String,
    /// Time of the last use, to within 10 s.
    #[schema(required = false)]
    last_used_at: String,
}

/// List of keys.
#[derive(Serialize, ToSchema)]
struct Listed {
    /// Newest first.
    #[schema(value_type = Vec<ShownKey>)]
    keys: Vec<StoredKey>,
}

/// A new key.
#[derive(Serialize, ToSchema)]
struct Minted<'k> {
    /// Stored properties of the key.
    #[schema(value_type = ShownKey)]
    key: &'k StoredKey,
    /// The secret key. It is returned only once.
    plaintext: &'k str,
}

/// Declares the routes. `keys` is `None` when keys of the database are disabled.
#[must_use]
pub fn group(config: &Config, keys: Option<KeyClient>) -> Group {
    let taken = config.api_keys.file.iter().map(|key| key.name.clone()).collect();
    let admin = Arc::new(Admin { keys, taken });
    let mut group = Group::portal("admin", "API keys stored in the database.");
    let names = [
        ["/api/v1/admin/api-keys", "/api/v1/admin/api-keys/{name}", "list_api_keys", "mint_api_key", "revoke_api_key"],
        ["/api/v1/admin/keys", "/api/v1/admin/keys/{name}", "list_keys", "mint_key", "revoke_key"],
    ];
    let example = json!({"id": "01890a5d-ac96-774b-bcce-b302099a8057", "name": "gateway", "description": "staging",
        "created_by": "dev", "created_at": "2026-01-02T03:04:05Z"});
    for [all, one, list_name, mint_name, revoke_name] in names {
        group = group
            .route(on(&admin, Method::GET, list_name, all, list).about("Lists the keys.").answers::<Listed>(
                "200",
                "All keys, newest first.",
                json!({"keys": [example]}),
            ))
            .route(
                on(&admin, Method::POST, mint_name, all, mint)
                    .about("Creates a key.")
                    .takes_json::<Wanted>(json!({"name": "gateway", "description": "staging"}))
                    .answers::<Minted<'_>>(
                        "201",
                        "The key. Its plaintext is returned only once.",
                        json!({"key": example, "plaintext": "at_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}),
                    )
                    .answers_empty("409", "The name already exists."),
            )
            .route(
                on(&admin, Method::DELETE, revoke_name, one, revoke)
                    .about("Revokes a key on every replica immediately.")
                    .takes(&NAME)
                    .answers_empty("204", "The key is revoked.")
                    .answers_empty("404", "Key not found."),
            );
    }
    group
}

fn on<F>(
    admin: &Arc<Admin>,
    method: Method,
    name: &'static str,
    path: &'static str,
    handler: impl Fn(Arc<Admin>, Call) -> F + Copy + Send + Sync + 'static,
) -> Route
where
    F: Future<Output = Outcome> + 'static,
{
    let admin = Arc::clone(admin);
    Route::new(method, name, path, move |call| handler(Arc::clone(&admin), call))
}

impl Admin {
    fn keys(&self) -> Result<&KeyClient, Fault> {
        self.keys.as_ref().ok_or_else(|| {
            Fault::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "api_keys.db.enabled is false: set it to true and database.url to sqlite:PATH or a PostgreSQL URL, then \
                 restart the server",
            )
            .code("keys_disabled")
        })
    }
}

async fn list(admin: Arc<Admin>, _: Call) -> Outcome {
    let keys = admin.keys()?.list().await.map_err(|error| unavailable(&error))?;
    Ok(Answer::json(&Listed { keys }))
}

async fn mint(admin: Arc<Admin>, call: Call) -> Outcome {
    let keys = admin.keys()?;
    let body = call.body.read(BODY_MAX + 1).await?;
    if body.len() > BODY_MAX {
        return Err(Fault::new(StatusCode::PAYLOAD_TOO_LARGE, format!("request body exceeds max {BODY_MAX} bytes")));
    }
    let wanted: Wanted = serde_json::from_slice(&body)
        .map_err(|error| Fault::bad_request(format!("request body does not describe a key: {error}")))?;
    let new = new_key(wanted, &call.identity.subject, Utc::now())?;
    if admin.taken.contains(&new.name) {
        return Err(name_taken());
    }
    let name = new.name.clone();
    match keys.mint(new).await {
        Ok((key, plaintext)) => {
            log::info!(key = name.as_str(), by = call.identity.subject.as_str(); "key made");
            let plaintext = std::str::from_utf8(plaintext.expose()).unwrap_or_default();
            Ok(Answer::json_with(StatusCode::CREATED, &Minted { key: &key, plaintext }))
        }
        Err(AddError::NameTaken) => Err(name_taken()),
        Err(AddError::Store(error)) => Err(unavailable(&error)),
    }
}

async fn revoke(admin: Arc<Admin>, call: Call) -> Outcome {
    let name = String::from_utf8(call.segment()?.into_owned()).map_err(|_| not_found())?;
    // No key has such a name, and PostgreSQL accepts no NUL in text.
    if name.contains('\0') {
        return Err(not_found());
    }
    if !admin.keys()?.revoke(name.clone()).await.map_err(|error| unavailable(&error))? {
        return Err(not_found());
    }
    log::info!(key = name.as_str(), by = call.identity.subject.as_str(); "key revoked");
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

/// Validates the request.
fn new_key(wanted: Wanted, created_by: &str, now: DateTime<Utc>) -> Result<NewKey, Fault> {
    let Wanted { name, description, expires_at } = wanted;
    let description = description.unwrap_or_default();
    let good = (1..=NAME_MAX).contains(&name.chars().count())
        && !name.chars().any(|character| character.is_control() || character == '/')
        && name.trim() == name
        && !matches!(name.as_str(), "." | "..");
    if !good {
        return Err(Fault::bad_request(
            "name must be 1 to 100 characters, without \"/\", control characters, or white space at the ends",
        ));
    }
    if description.chars().count() > DESCRIPTION_MAX || description.contains('\0') {
        return Err(Fault::bad_request("description must be at most 1000 characters, without NUL"));
    }
    let expires_at = expires_at.map(|text| end(&text, now)).transpose()?;
    Ok(NewKey { name, description, created_by: created_by.to_owned(), expires_at })
}

fn end(text: &str, now: DateTime<Utc>) -> Result<DateTime<Utc>, Fault> {
    let end = DateTime::parse_from_rfc3339(text).map(|end| end.to_utc());
    let end = end.map_err(|_| Fault::bad_request("expires_at must be a time like 2030-01-31T12:00:00Z"))?;
    if end <= now {
        return Err(Fault::bad_request("expires_at must be in the future"));
    }
    Ok(end)
}

fn name_taken() -> Fault {
    Fault::new(StatusCode::CONFLICT, "a key with this name already exists").code("key_exists")
}

fn not_found() -> Fault {
    Fault::new(StatusCode::NOT_FOUND, "no such key").code("key_not_found")
}

fn unavailable(error: &StoreError) -> Fault {
    log::warn!(error:% = error; "key store unavailable");
    Fault::new(StatusCode::SERVICE_UNAVAILABLE, "the key store is unavailable; try again later")
        .code("key_store_unavailable")
        .header(header::RETRY_AFTER, HeaderValue::from_static("1"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn checked(name: &str, description: &str, expires_at: Option<&str>) -> Option<NewKey> {
        let (description, expires_at) = (Some(description.to_owned()), expires_at.map(str::to_owned));
        new_key(Wanted { name: name.to_owned(), description, expires_at }, "op", Utc::now()).ok()
    }

    #[test]
    fn names_descriptions_and_ends_have_bounds() {
        assert!(checked("a b.c-ä", "", Some("2999-01-01T00:00:00+02:00")).is_some());
        for name in ["", " a", "a ", "a/b", "a\nb", ".", "..", &"a".repeat(101)] {
            assert!(checked(name, "", None).is_none(), "{name:?}");
        }
        for end in ["", "tomorrow", "2999-01-01", "2020-01-01T00:00:00Z"] {
            assert!(checked("a", "", Some(end)).is_none(), "{end:?}");
        }
        assert!(checked("a", &"d".repeat(1001), None).is_none());
    }
}
