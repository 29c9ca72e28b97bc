//! Failures of a sign-in: a code for the page, the cause for the log.

use actix_web::{HttpResponse, http::header};

/// Reason why a sign-in failed. The browser is told only the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// OIDC is disabled.
    Disabled,
    /// The return path is not a page of this server.
    ReturnPath,
    /// The state is unknown, already used, expired, or belongs to another browser.
    State,
    /// The user declined, or is not allowed.
    AccessDenied,
    /// The provider requires its own sign-in first.
    LoginRequired,
    /// The provider returned another error.
    Provider,
    /// The provider can't be reached.
    Unavailable,
    /// The provider returned no token for the code.
    Exchange,
    /// The token belongs to another sign-in.
    Nonce,
    /// The token is invalid.
    Token,
    /// The session can't be stored.
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

    /// Logs the failed sign-in, one line each. `detail` is for the log alone.
    pub(super) fn log(self, detail: &str) -> Self {
        log::warn!(reason = self.code(), detail = detail; "oidc: sign-in failed");
        self
    }

    /// Redirects the browser to the error page. That page starts no new sign-in, so there is no redirect loop.
    pub(super) fn redirect(self) -> HttpResponse {
        HttpResponse::Found()
            .insert_header((header::LOCATION, format!("/portal/login?error={}", self.code())))
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .finish()
    }
}
