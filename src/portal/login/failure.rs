//! What a sign-in can end with instead: a code for the page, the cause for the log.

use actix_web::{HttpResponse, http::header};

/// Why nobody was signed in. The code is all the browser is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// OIDC is off.
    Disabled,
    /// The path to come back to is not one of this server's pages.
    ReturnPath,
    /// The state is unknown, was used before, is too old, or belongs to another browser.
    State,
    /// The user said no, or may not.
    AccessDenied,
    /// The provider wants a sign-in there first.
    LoginRequired,
    /// The provider answered with another error.
    Provider,
    /// The provider can't be reached.
    Unavailable,
    /// The provider gave no token for the code.
    Exchange,
    /// The token is for another sign-in.
    Nonce,
    /// The token is not good.
    Token,
    /// The session can't be kept.
    Session,
}

impl Failure {
    const fn code(self) -> &'static str {
        match self {
            Self::Disabled => "oidc_disabled",
            Self::ReturnPath => "return_path",
            Self::State => "invalid_state",
            Self::AccessDenied => "access_denied",
            Self::LoginRequired => "login_required",
            Self::Provider => "provider_error",
            Self::Unavailable => "provider_unavailable",
            Self::Exchange => "exchange_failed",
            Self::Nonce => "invalid_nonce",
            Self::Token => "invalid_token",
            Self::Session => "session_store",
        }
    }

    /// Writes the one line of a failed sign-in. `detail` is for the log alone.
    pub(super) fn log(self, detail: &str) -> Self {
        log::warn!(reason = self.code(), detail = detail; "oidc: sign-in failed");
        self
    }

    /// Sends the browser to the page that says so. That page starts nothing by itself: there is no loop.
    pub(super) fn redirect(self) -> HttpResponse {
        HttpResponse::Found()
            .insert_header((header::LOCATION, format!("/portal/login?error={}", self.code())))
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .finish()
    }
}
