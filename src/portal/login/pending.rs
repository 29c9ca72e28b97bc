//! Pending sign-ins. Each is in its own encrypted cookie, so that strangers fill no memory and no sign-in evicts
//! another.

use std::{
    collections::{HashSet, VecDeque},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use actix_web::{
    HttpRequest,
    cookie::{Cookie, CookieJar, Key, SameSite, time},
};

/// Maximum duration of a sign-in at the provider.
const PATIENCE: Duration = Duration::from_secs(10 * 60);
/// Maximum number of states that are remembered as used.
const MOST_USED: usize = 10_000;
/// Number of characters of a state: 256 bits in base64url.
const STATE_CHARACTERS: usize = 43;

/// Data needed to finish a sign-in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pending {
    /// Nonce, which is returned in the ID token.
    pub(super) nonce: String,
    /// PKCE verifier (RFC 7636).
    pub(super) verifier: String,
    /// Page to which the browser is sent afterwards.
    pub(super) return_path: String,
}

/// Reason why a state is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unknown {
    /// This browser has no cookie for it.
    #[error("this browser began no sign-in with this state in the last ten minutes")]
    NotBegun,
    /// It was used before.
    #[error("the state was already used")]
    Used,
}

/// Keeps pending sign-ins in the browser that began them: one cookie per state, for ten minutes, encrypted and bound to
/// its name (AES-256-GCM), sent to the callback alone.
///
/// Used states are remembered in this process, the latest 10,000 of them. So a copied cookie is good for a single
/// response of the provider. On another replica, the provider refuses the used code.
#[derive(Clone)]
pub(super) struct PendingCookies {
    key: Key,
    /// Prefix of the cookies' names; the state follows.
    prefix: String,
    path: String,
    secure: bool,
    used: Arc<Mutex<UsedStates>>,
}

impl PendingCookies {
    /// Derives cookie names from the session's cookie. `path` is the path of the callback.
    pub(super) fn new(key: Key, session_cookie: &str, path: &str, secure: bool) -> Self {
        let prefix = format!("{session_cookie}_login_");
        Self { key, prefix, path: path.to_owned(), secure, used: Arc::default() }
    }

    /// Creates the cookie of a new sign-in. `now` is in seconds since the epoch.
    pub(super) fn begin(&self, state: &str, pending: &Pending, now: u64) -> Cookie<'static> {
        let Pending { nonce, verifier, return_path } = pending;
        // A return path has no white space.
        let content = format!("{} {nonce} {verifier} {return_path}", now + PATIENCE.as_secs());
        let cookie = self.cookie(state, content, time::Duration::seconds(PATIENCE.as_secs() as i64));
        let name = cookie.name().to_owned();
        let mut jar = CookieJar::new();
        jar.private_mut(&self.key).add(cookie);
        jar.get(&name).cloned().unwrap_or_else(|| self.removal(state))
    }

    /// Returns the pending sign-in of a state that the provider sent back. Succeeds once per state.
    ///
    /// # Errors
    /// [`Unknown`].
    pub(super) fn take(&self, request: &HttpRequest, state: &str, now: u64) -> Result<Pending, Unknown> {
        let cookie = is_state(state).then(|| request.cookie(&self.name(state))).flatten().ok_or(Unknown::NotBegun)?;
        let mut jar = CookieJar::new();
        jar.add_original(cookie);
        let cookie = jar.private(&self.key).get(&self.name(state)).ok_or(Unknown::NotBegun)?;
        let pending = read(cookie.value(), now).ok_or(Unknown::NotBegun)?;
        // The lock is held for one look-up, at the end of a sign-in.
        let first = self.used.lock().unwrap_or_else(PoisonError::into_inner).add(state);
        first.then_some(pending).ok_or(Unknown::Used)
    }

    /// Creates the cookie that removes the cookie of a state.
    pub(super) fn removal(&self, state: &str) -> Cookie<'static> {
        self.cookie(state, String::new(), time::Duration::ZERO)
    }

    fn name(&self, state: &str) -> String {
        format!("{}{state}", self.prefix)
    }

    fn cookie(&self, state: &str, content: String, age: time::Duration) -> Cookie<'static> {
        Cookie::build(self.name(state), content)
            .path(self.path.clone())
            .http_only(true)
            .same_site(SameSite::Lax)
            .secure(self.secure)
            .max_age(age)
            .finish()
    }
}

/// Returns true for text with the form of a state. Nothing else may become part of a cookie's name.
fn is_state(text: &str) -> bool {
    let is_character = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    text.len() == STATE_CHARACTERS && text.bytes().all(is_character)
}

fn read(content: &str, now: u64) -> Option<Pending> {
    let mut parts = content.splitn(4, ' ');
    let ends: u64 = parts.next()?.parse().ok()?;
    let mut part = || parts.next().map(str::to_owned);
    let pending = Pending { nonce: part()?, verifier: part()?, return_path: part()? };
    (now < ends).then_some(pending)
}

/// The latest used states.
#[derive(Default)]
struct UsedStates {
    known: HashSet<String>,
    /// Oldest first.
    order: VecDeque<String>,
}

impl UsedStates {
    /// Remembers a state. Returns false when it was used before.
    fn add(&mut self, state: &str) -> bool {
        if !self.known.insert(state.to_owned()) {
            return false;
        }
        self.order.push_back(state.to_owned());
        if self.order.len() > MOST_USED
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use actix_web::{http::header, test::TestRequest};

    use super::*;

    const STATE: &str = "aAbBcCdDeEfFgGhHiIjJkKlLmMnNoOpPqQrRsStTuUv";
    const OTHER: &str = "AaBbCcDdEeFfGgHhIiJjKkLlMmNnOoPpQqRrSsTtUuV";
    const NOW: u64 = 1_800_000_000;

    fn cookies() -> PendingCookies {
        PendingCookies::new(Key::from(&[7; 64]), "session", "/portal/auth/callback", false)
    }

    fn pending() -> Pending {
        Pending { nonce: "n".into(), verifier: "v".into(), return_path: "/portal/audit?a=b#c".into() }
    }

    fn carrying(cookie: &Cookie<'_>, name: &str) -> HttpRequest {
        let line = format!("{name}={}", cookie.value());
        TestRequest::default().insert_header((header::COOKIE, line)).to_http_request()
    }

    #[test]
    fn a_sign_in_lies_in_its_own_cookie_and_is_taken_once() {
        let cookies = cookies();
        let cookie = cookies.begin(STATE, &pending(), NOW);
        assert_eq!(cookie.name(), format!("session_login_{STATE}"));
        assert_eq!((cookie.path(), cookie.http_only()), (Some("/portal/auth/callback"), Some(true)));
        assert_eq!((cookie.same_site(), cookie.max_age()), (Some(SameSite::Lax), Some(time::Duration::minutes(10))));
        assert!(!cookie.value().contains("audit"), "encrypted: {cookie}");
        let request = carrying(&cookie, cookie.name());
        assert_eq!(cookies.take(&request, OTHER, NOW), Err(Unknown::NotBegun));
        assert_eq!(cookies.take(&request, STATE, NOW + 599), Ok(pending()));
        assert_eq!(cookies.take(&request, STATE, NOW + 599), Err(Unknown::Used));
    }

    #[test]
    fn it_ends_after_ten_minutes_whatever_the_browser_keeps() {
        let cookies = cookies();
        let cookie = cookies.begin(STATE, &pending(), NOW);
        assert_eq!(cookies.take(&carrying(&cookie, cookie.name()), STATE, NOW + 600), Err(Unknown::NotBegun));
    }

    #[test]
    fn a_cookie_of_another_state_or_key_is_none() {
        let cookies = cookies();
        let cookie = cookies.begin(STATE, &pending(), NOW);
        let renamed = carrying(&cookie, &format!("session_login_{OTHER}"));
        assert_eq!(cookies.take(&renamed, OTHER, NOW), Err(Unknown::NotBegun), "bound to its name");
        let elsewhere = PendingCookies { key: Key::from(&[8; 64]), ..cookies.clone() };
        assert_eq!(elsewhere.take(&carrying(&cookie, cookie.name()), STATE, NOW), Err(Unknown::NotBegun));
        for state in ["", "x", &format!("{STATE}="), &STATE.replace('a', ";"), &STATE.replace('a', "é")] {
            assert_eq!(cookies.take(&carrying(&cookie, cookie.name()), state, NOW), Err(Unknown::NotBegun), "{state}");
        }
    }

    #[test]
    fn the_longest_sign_in_fits_into_a_cookie() {
        let longest = Pending {
            nonce: "n".repeat(43),
            verifier: "v".repeat(43),
            return_path: format!("/{}", "ä".repeat(super::super::return_path::MOST_BYTES / 2)),
        };
        let name = "n".repeat(128);
        let cookies = PendingCookies::new(Key::from(&[7; 64]), &name, "/portal/auth/callback", true);
        let cookie = cookies.begin(STATE, &longest, NOW);
        // Browsers keep 4096 bytes of name, value and attributes (RFC 6265, section 6.1).
        assert!(cookie.to_string().len() <= 4096, "{}", cookie.to_string().len());
    }

    #[test]
    fn used_states_are_remembered_within_a_bound() {
        let mut used = UsedStates::default();
        for number in 0..=MOST_USED {
            assert!(used.add(&number.to_string()));
        }
        assert_eq!((used.known.len(), used.order.len()), (MOST_USED, MOST_USED));
        assert!(!used.add(&MOST_USED.to_string()) && !used.add("1"));
        assert!(used.add("0"), "the oldest has gone");
    }
}
