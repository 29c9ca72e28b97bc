//! What is structurally a JWT (RFC 7519, section 3, as a JWS in compact form), taken apart within limits.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::Algorithm;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::refusal::{Refusal, cut};

/// Most bytes of a token. Providers that put groups into tokens reach a few KiB.
pub(super) const MOST_BYTES: usize = 16 * 1024;
/// Most bytes of the encoded header.
const MOST_HEADER_BYTES: usize = 4 * 1024;

/// Text that has three parts and a JSON header with `alg`.
pub(super) struct Token<'t> {
    header: Header,
    claims: &'t str,
    signature: &'t str,
    /// What is signed: header and claims as they were sent.
    signed: &'t str,
    bytes: usize,
}

/// What is read of a header. Keys that a token brings with it (`jwk`, `jku`, `x5u`, `x5c`) are not looked at.
#[derive(Deserialize)]
struct Header {
    alg: String,
    #[serde(default)]
    kid: Option<Value>,
    #[serde(default)]
    crit: Option<Value>,
}

impl<'t> Token<'t> {
    /// Recognises a token; `None` for any other text.
    pub(super) fn recognise(text: &'t [u8]) -> Option<Self> {
        let text = std::str::from_utf8(text).ok()?;
        let (signed, signature) = text.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        if claims.contains('.') || header.len() > MOST_HEADER_BYTES {
            return None;
        }
        let header = URL_SAFE_NO_PAD.decode(header).ok()?;
        // An array would do for a struct otherwise.
        let header = header.trim_ascii_start().starts_with(b"{").then(|| serde_json::from_slice(&header).ok())??;
        Some(Self { header, claims, signature, signed, bytes: text.len() })
    }

    /// The algorithm, when it is one that is accepted: never `none`, never one with a shared secret.
    pub(super) fn algorithm(&self) -> Result<Algorithm, Refusal> {
        if self.bytes > MOST_BYTES {
            return Err(Refusal::new("size", format!("token of {} bytes, at most {MOST_BYTES}", self.bytes)));
        }
        if self.header.crit.is_some() {
            return Err(Refusal::new("crit", "token asks for extensions that are not understood"));
        }
        accepted(&self.header.alg).ok_or_else(|| {
            Refusal::unexpected("alg", &self.header.alg, "one of RS256/384/512, PS256/384/512, ES256/384, EdDSA")
        })
    }

    /// Id of the key that is said to have signed it.
    pub(super) fn key_id(&self) -> Result<Option<&str>, Refusal> {
        match &self.header.kid {
            None => Ok(None),
            Some(Value::String(id)) if id.len() <= 256 => Ok(Some(id)),
            Some(_) => Err(Refusal::new("kid", "key id is no text of at most 256 bytes")),
        }
    }

    /// The claims, unverified.
    pub(super) fn claims(&self) -> Result<Map<String, Value>, Refusal> {
        let bytes = URL_SAFE_NO_PAD
            .decode(self.claims)
            .map_err(|error| Refusal::new("malformed", format!("claims: {error}")))?;
        serde_json::from_slice(&bytes)
            .map_err(|error| Refusal::new("malformed", format!("claims: {}", cut(&error.to_string()))))
    }

    pub(super) const fn signature(&self) -> &str {
        self.signature
    }

    pub(super) const fn signed(&self) -> &[u8] {
        self.signed.as_bytes()
    }
}

/// Reads the name of an algorithm that is accepted.
pub(super) fn accepted(name: &str) -> Option<Algorithm> {
    Some(match name {
        "RS256" => Algorithm::RS256,
        "RS384" => Algorithm::RS384,
        "RS512" => Algorithm::RS512,
        "PS256" => Algorithm::PS256,
        "PS384" => Algorithm::PS384,
        "PS512" => Algorithm::PS512,
        "ES256" => Algorithm::ES256,
        "ES384" => Algorithm::ES384,
        "EdDSA" => Algorithm::EdDSA,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn encode(text: &str) -> String {
        URL_SAFE_NO_PAD.encode(text)
    }

    #[test]
    fn other_texts_are_no_tokens() {
        let header = encode(r#"{"alg":"RS256"}"#);
        for text in [
            String::new(),
            "..".to_owned(),
            "a.b.c".to_owned(),
            "tok-alpha-0123456789".to_owned(),
            header.clone(),
            format!("{header}.a"),
            format!("{header}.a.b.c"),
            format!("{header}=.a.b"),
            format!("{}.a.b", encode(r#"{"typ":"JWT"}"#)),
            format!("{}.a.b", encode(r#"{"alg":1}"#)),
            format!("{}.a.b", encode(r#"["RS256"]"#)),
            format!("{}.a.b", encode(&format!(r#"{{"alg":"RS256","kid":{}1{}}}"#, "[".repeat(500), "]".repeat(500)))),
        ] {
            assert!(Token::recognise(text.as_bytes()).is_none(), "{text}");
        }
        assert!(Token::recognise(format!("{header}..").as_bytes()).is_some());
    }

    #[test]
    fn only_signatures_by_a_key_pair_are_accepted() {
        for name in ["none", "None", "", "HS256", "HS384", "HS512", "rs256", "ES512", "ES256K", "RSA-OAEP", "dir"] {
            let text = format!("{}..", encode(&format!(r#"{{"alg":"{name}"}}"#)));
            let token = Token::recognise(text.as_bytes()).unwrap();
            assert_eq!(token.algorithm().unwrap_err().reason, "alg", "{name}");
        }
    }

    #[test]
    fn extensions_and_odd_key_ids_are_refused() {
        let text = format!("{}..", encode(r#"{"alg":"RS256","crit":["b64"],"b64":false,"kid":7}"#));
        let token = Token::recognise(text.as_bytes()).unwrap();
        assert_eq!(token.algorithm().unwrap_err().reason, "crit");
        assert_eq!(token.key_id().unwrap_err().reason, "kid");
    }

    #[test]
    fn deep_claims_are_refused() {
        let text = format!("{}.{}.", encode(r#"{"alg":"RS256"}"#), encode(&format!("{{\"a\":{}", "[".repeat(5000))));
        assert_eq!(Token::recognise(text.as_bytes()).unwrap().claims().unwrap_err().reason, "malformed");
    }
}
