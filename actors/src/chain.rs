//! Steps that judge credentials, in order.

use std::{future::Future, pin::Pin, sync::Arc};

use crate::{identity::Identity, secret::Secret};

/// Credentials of a request. `None` where there is none.
#[derive(Clone, Debug, Default)]
pub struct Credentials {
    /// Candidate for an API key.
    pub api_key: Option<Secret>,
    /// Candidate for a bearer token of any kind.
    pub bearer: Option<Secret>,
}

impl Credentials {
    /// Returns true when the request has no credentials.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.api_key.is_none() && self.bearer.is_none()
    }
}

/// Decision of one step.
pub enum Decision {
    /// No credential for this step: the next step decides.
    NoCredential,
    /// The caller is this identity.
    Known(Arc<Identity>),
    /// A credential for this step, but not valid. No further step is asked.
    Invalid,
    /// The credential can't be checked now, for the reason given (for the log).
    Unavailable(&'static str),
    /// The check takes a while. Its result must not be [`Decision::Later`] again.
    Later(Later),
}

/// Pending decision.
pub type Later = Pin<Box<dyn Future<Output = Decision>>>;

/// Authentication method.
pub trait Step: Send + Sync {
    /// Name in logs.
    fn name(&self) -> &'static str;

    /// Judges credentials. Runs on a thread that serves requests, so it must not block.
    fn check(&self, credentials: &Credentials) -> Decision;
}

/// Reason why a caller is denied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// No credential, and anonymous callers are not allowed.
    #[error("missing credential")]
    Missing,
    /// The credential is invalid.
    #[error("invalid credential")]
    Invalid,
    /// All places of the authenticator are taken.
    #[error("authenticator overloaded")]
    Overloaded,
    /// The database or provider that knows the credential is unavailable.
    #[error("credential can't be checked now")]
    Unavailable,
    /// A look-up took too long.
    #[error("authenticator timed out")]
    TimedOut,
    /// The authenticator crashed while handling this request.
    #[error("authenticator crashed")]
    Crashed,
}

/// Asks the steps in order until one decides. [`Decision::NoCredential`] when none does.
pub(crate) fn decide(steps: &[Arc<dyn Step>], credentials: &Credentials) -> Decision {
    steps
        .iter()
        .map(|step| step.check(credentials))
        .find(|decision| !matches!(decision, Decision::NoCredential))
        .unwrap_or(Decision::NoCredential)
}
