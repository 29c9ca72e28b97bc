//! Identity of the portal's sessions, and protection of writes against other sites.

use std::sync::Arc;

use actix_session::storage::{LoadError, SessionKey};
use actix_web::{
    cookie::{Cookie, CookieJar, Key},
    http::{StatusCode, header},
};
use actors::{AuthType, Identity, SessionClient};
use serde::{Deserialize, Serialize};
use serde_json::Map;
use sha2::{Digest as _, Sha512};
use url::{Origin, Url};

use super::store::{ActorStore, hash};
use crate::{
    config::Config,
    endpoints::Fault,
    request::{RequestHead, Target},
    wire::hex,
};

/// Entry of a session that holds the signed-in user.
pub const WHO: &str = "who";

/// Domain separation: the cookie's key differs from any other use of the secret.
const LABEL: &[u8] = b"api-test: portal cookie\0";

/// Signed-in user, as stored in the session.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct SessionUser {
    /// Subject at the provider.
    pub subject: String,
    /// Email address, if the provider gives one.
    pub email: Option<String>,
    /// Display name, if the provider gives one.
    pub name: Option<String>,
}

impl SessionUser {
    fn identity(self) -> Identity {
        let claims: Map<_, _> = self.name.map(|name| ("name".to_owned(), name.into())).into_iter().collect();
        Identity {
            subject: self.subject,
            email: self.email,
            auth_type: AuthType::Oauth2,
            key_name: None,
            client_id: None,
            scopes: Vec::new(),
            claims,
        }
    }
}

/// Caller that is identified by a session.
pub struct SessionOf {
    /// Identity of the user.
    pub identity: Arc<Identity>,
    /// Identifies the session in the audit trail without revealing its id.
    pub tag: String,
}

/// Reads the portal's cookie and checks writes.
#[derive(Clone)]
pub struct Guard {
    name: String,
    key: Key,
    sessions: ActorStore,
    /// Scheme, host and port of `server.base_url`.
    origin: Option<Origin>,
    /// Scheme under which this server itself is reached.
    scheme: &'static str,
}

impl Guard {
    /// Creates the guard with the cookie's name and secret from the configuration.
    #[must_use]
    pub fn new(config: &Config, sessions: SessionClient) -> Self {
        let secret = config.portal.cookie_secret.expose();
        let key = Key::from(&Sha512::new().chain_update(LABEL).chain_update(secret).finalize());
        let origin = origin(config.server.base_url.as_str());
        let scheme = if config.server.tls.enabled { "https" } else { "http" };
        Self { name: config.portal.cookie_name.clone(), key, sessions: ActorStore(sessions), origin, scheme }
    }

    /// Returns the key that signs cookies.
    pub const fn key(&self) -> &Key {
        &self.key
    }

    /// Returns the signed-in user; `None` without a session.
    ///
    /// # Errors
    /// 403 for a write that another site may have caused, 503 when the session store is unavailable.
    pub async fn who(&self, head: &RequestHead, target: &Target) -> Result<Option<SessionOf>, Fault> {
        let Some(session) = self.session(head) else { return Ok(None) };
        let who = self.sessions.entry::<SessionUser>(&session, WHO).await.map_err(|error| {
            log::warn!(error:% = error; "session store unavailable");
            Fault::new(StatusCode::SERVICE_UNAVAILABLE, "the session store is unavailable; try again later")
                .header(header::RETRY_AFTER, header::HeaderValue::from_static("1"))
        })?;
        let Some(who) = who else { return Ok(None) };
        self.check_write(head, target)?;
        let tag = hex::encode(&hash(session.as_ref())[..8]);
        Ok(Some(SessionOf { identity: Arc::new(who.identity()), tag }))
    }

    /// Returns true while the session exists.
    ///
    /// # Errors
    /// [`LoadError`] when the session store is unavailable.
    pub async fn lasts(&self, session: &SessionKey) -> Result<bool, LoadError> {
        Ok(self.sessions.entry::<SessionUser>(session, WHO).await?.is_some())
    }

    /// Returns the session that the cookie names, if its signature is ours.
    pub fn session(&self, head: &RequestHead) -> Option<SessionKey> {
        let lines = head.get_all("cookie").filter_map(|line| std::str::from_utf8(line).ok());
        let pieces = lines.flat_map(|line| line.split(';')).map(str::trim);
        let mut cookies = pieces.filter_map(|piece| Cookie::parse_encoded(piece).ok());
        let cookie = cookies.find(|cookie| cookie.name() == self.name)?.into_owned();
        let mut jar = CookieJar::new();
        jar.add_original(cookie);
        SessionKey::try_from(jar.signed(&self.key).get(&self.name)?.value().to_owned()).ok()
    }

    /// Refuses writes with a cookie that don't come from our own pages. A form of another site can't set the header
    /// `X-Requested-With`, and a script of another site can't hide its origin.
    ///
    /// # Errors
    /// 403 when the write may come from another site.
    pub fn check_write(&self, head: &RequestHead, target: &Target) -> Result<(), Fault> {
        if head.method().is_safe() {
            return Ok(());
        }
        let text = |name: &'static str| head.get(name).and_then(|value| std::str::from_utf8(value).ok());
        let forbidden = |message: &'static str| Err(Fault::new(StatusCode::FORBIDDEN, message));
        let asked = text("x-requested-with");
        if !asked.is_some_and(|value| value.eq_ignore_ascii_case("XMLHttpRequest")) {
            return forbidden("a write with a session needs the header X-Requested-With: XMLHttpRequest");
        }
        let host = text("host").or_else(|| target.host());
        let Some(origin) = text("origin") else {
            return forbidden("a write with a session needs the header Origin");
        };
        let reached = host.and_then(|host| self::origin(&format!("{}://{host}", self.scheme)));
        let same = self::origin(origin).is_some_and(|from| [&self.origin, &reached].contains(&&Some(from)));
        if same { Ok(()) } else { forbidden("a write with a session needs this server's URL in the header Origin") }
    }
}

/// Returns scheme, host and port of a URL (RFC 6454, section 4).
fn origin(url: &str) -> Option<Origin> {
    Url::parse(url).ok().map(|url| url.origin()).filter(Origin::is_tuple)
}
