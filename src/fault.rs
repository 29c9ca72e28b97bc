//! An error response, before it is rendered.

use std::borrow::Cow;

use actix_web::http::{
    StatusCode,
    header::{HeaderName, HeaderValue},
};

/// Rule of HTTP that a request violates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BrokenRule {
    /// Its name.
    pub name: &'static str,
    /// Category of the request on record.
    pub category: &'static str,
}

/// Error response, rendered in one place (`http::fault`).
#[derive(Debug)]
pub struct Fault {
    /// Status, 400 or above.
    pub status: StatusCode,
    /// Message for the client. It never contains a secret or an internal cause.
    pub message: Cow<'static, str>,
    /// Stable error code for programs. Errors under `/api/` without one get the default of their status.
    pub code: Option<&'static str>,
    /// The rule of HTTP that the request breaks, when it is malformed.
    pub rule: Option<BrokenRule>,
    /// Headers beside the general ones.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// True when the answer is plain text, as recorded for one route.
    pub plain: bool,
}

impl Fault {
    /// Creates an error with `status`.
    #[must_use]
    pub fn new(status: StatusCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self { status, message: message.into(), code: None, rule: None, headers: Vec::new(), plain: false }
    }

    /// Creates an error with 400.
    #[must_use]
    pub fn bad_request(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// Sets the error code for programs.
    #[must_use]
    pub const fn code(mut self, code: &'static str) -> Self {
        self.code = Some(code);
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }
}
