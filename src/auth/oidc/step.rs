//! The step of the inbound chain that judges tokens of the provider.

use std::sync::Arc;

use actors::{
    Credentials, Decision, Identity, Step,
    jwks::{JwksAnswer, JwksClient},
};
use jsonwebtoken::Algorithm;
use serde_json::{Map, Value};

use super::{
    claims::{self, Rules},
    keys::{Key, KeySet},
    memory::{Memory, Trace},
    now,
    refusal::{Refusal, cut},
    token::{Header, MOST_BYTES, Token},
};
use crate::config::OidcConfig;

const NO_KEYS: &str = "oidc: the provider's keys can't be fetched";

/// Judges text with the structure of a JWT. Other text is left to the next step.
pub struct OidcTokens(Arc<Inner>);

struct Inner {
    rules: Rules,
    keys: JwksClient<KeySet>,
    memory: Memory,
    verify: bool,
}

/// A token with valid claims whose signature is still to be checked.
struct Candidate {
    claims: Map<String, Value>,
    key_id: Option<String>,
    algorithm: Algorithm,
    end: u64,
}

impl OidcTokens {
    /// Creates the step from the configuration's rules and the provider's keys.
    #[must_use]
    pub fn new(config: &OidcConfig, keys: JwksClient<KeySet>) -> Self {
        let verify = !config.skip_signature_verification;
        Self(Arc::new(Inner { rules: Rules::new(config), keys, memory: Memory::new(), verify }))
    }
}

impl Step for OidcTokens {
    fn name(&self) -> &'static str {
        "oidc"
    }

    fn check(&self, credentials: &Credentials) -> Decision {
        let Some(shown) = &credentials.bearer else { return Decision::NoCredential };
        let text = shown.expose();
        if memchr::memchr_iter(b'.', text).count() != 2 {
            return Decision::NoCredential;
        }
        let inner = &self.0;
        let trace = inner.memory.trace(text.get(..MOST_BYTES).unwrap_or(text));
        if text.len() <= MOST_BYTES
            && (inner.keys.are_usable() || !inner.verify)
            && let Some(identity) = inner.memory.recall(trace, now())
        {
            return Decision::Known(identity);
        }
        let Some(token) = Token::recognise(text) else { return Decision::NoCredential };
        match inner.examine(&token) {
            Err(refusal) => refuse(&refusal),
            Ok(candidate) if !inner.verify => inner.admit(trace, candidate, None),
            Ok(candidate) => match inner.keys.current() {
                None => Decision::Unavailable(NO_KEYS),
                Some(keys) if candidate.may_be_of(&keys) => inner.verify(&token, trace, candidate, &keys),
                Some(_) => self.ask(shown, trace, candidate),
            },
        }
    }
}

impl OidcTokens {
    /// Asks the JWKS actor for an unknown key.
    fn ask(&self, shown: &actors::Secret, trace: Trace, candidate: Candidate) -> Decision {
        let (inner, shown) = (Arc::clone(&self.0), shown.clone());
        Decision::Later(Box::pin(async move {
            let asked = inner.keys.ask(candidate.key_id.as_deref().unwrap_or_default()).await;
            match (asked, Token::recognise(shown.expose())) {
                (JwksAnswer::Newest(keys), Some(token)) => inner.verify(&token, trace, candidate, &keys),
                _ => Decision::Unavailable(NO_KEYS),
            }
        }))
    }
}

impl Candidate {
    /// Returns false when the set lacks its key id: a newer set may have it.
    fn may_be_of(&self, keys: &KeySet) -> bool {
        self.key_id.as_deref().is_none_or(|id| keys.holds(id))
    }
}

impl Inner {
    /// Checks everything but the signature.
    fn examine(&self, token: &Token<'_>) -> Result<Candidate, Refusal> {
        let Header { algorithm, key_id } = token.header()?;
        let claims = token.claims()?;
        let end = self.rules.check(&claims, now())?;
        Ok(Candidate { claims, key_id, algorithm, end })
    }

    fn verify(&self, token: &Token<'_>, trace: Trace, candidate: Candidate, keys: &KeySet) -> Decision {
        let algorithm = candidate.algorithm;
        let suiting: Vec<&Arc<Key>> = keys.candidates(candidate.key_id.as_deref(), algorithm).collect();
        if suiting.is_empty() {
            let id = candidate.key_id.as_deref().map_or_else(|| "none".to_owned(), |id| format!("{:?}", cut(id)));
            return refuse(&Refusal::new("kid", format!("no {algorithm:?} key of the provider has the key id {id}")));
        }
        let verifies = |key: &&Arc<Key>| key.verifies(token.signature(), token.signed(), algorithm);
        match suiting.into_iter().find(verifies).cloned() {
            Some(key) => self.admit(trace, candidate, Some(key)),
            None => refuse(&Refusal::new("signature", "not signed by the provider's key")),
        }
    }

    fn admit(&self, trace: Trace, candidate: Candidate, key: Option<Arc<Key>>) -> Decision {
        match claims::identity(candidate.claims) {
            Err(refusal) => refuse(&refusal),
            Ok(identity) => {
                let identity: Arc<Identity> = Arc::new(identity);
                self.memory.keep(trace, Arc::clone(&identity), key, candidate.end, now());
                Decision::Known(identity)
            }
        }
    }
}

fn refuse(refusal: &Refusal) -> Decision {
    refusal.log();
    Decision::Invalid
}
