//! The steps that judge credentials, in their order.

use std::{future::Future, pin::Pin, sync::Arc};

use crate::{identity::Identity, secret::Secret};

/// Credentials of a request. `None` where it showed none.
#[derive(Clone, Debug, Default)]
pub struct Credentials {
    /// Candidate for an API key.
    pub api_key: Option<Secret>,
    /// Candidate for a bearer token of any kind.
    pub bearer: Option<Secret>,
}

impl Credentials {
    /// True when the request showed nothing.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.api_key.is_none() && self.bearer.is_none()
    }
}

/// Decision of one step.
pub enum Decision {
    /// Nothing here that is mine: the next step decides.
    NoCredential,
    /// The caller is this identity.
    Known(Arc<Identity>),
    /// A credential of mine, and a bad one. No further step is asked.
    Invalid,
    /// It can't be said now, for the reason given (which goes to the log).
    Unavailable(&'static str),
    /// It takes a while. The outcome is final: it must not be [`Decision::Later`] again.
    Later(Later),
}

/// A decision that is being made.
pub type Later = Pin<Box<dyn Future<Output = Decision>>>;

/// One way of authentication.
pub trait Step: Send + Sync {
    /// Name in logs.
    fn name(&self) -> &'static str;

    /// Judges. Runs on a thread that serves requests: must not block.
    fn check(&self, credentials: &Credentials) -> Decision;
}

/// Why a caller is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// No credential, and anonymous callers are not let in.
    #[error("missing credential")]
    Missing,
    /// A bad credential.
    #[error("invalid credential")]
    Invalid,
    /// All places of the authenticator are taken.
    #[error("authenticator overloaded")]
    Overloaded,
    /// The database or the provider that knows the credential can't be asked now.
    #[error("credential can't be checked now")]
    Unavailable,
    /// A look-up took too long.
    #[error("authenticator timed out")]
    TimedOut,
    /// The authenticator died over this request.
    #[error("authenticator crashed")]
    Crashed,
}

/// Asks the steps one after the other until one decides. [`Decision::NoCredential`] when none does.
pub(crate) fn decide(steps: &[Arc<dyn Step>], credentials: &Credentials) -> Decision {
    steps
        .iter()
        .map(|step| step.check(credentials))
        .find(|decision| !matches!(decision, Decision::NoCredential))
        .unwrap_or(Decision::NoCredential)
}
