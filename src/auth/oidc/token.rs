//! Text with the structure of a JWT (RFC 7519, section 3, as a JWS in compact form), parsed within limits.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::Algorithm;
use serde::{
    Deserializer as _,
    de::{Error as _, IgnoredAny, MapAccess, Visitor},
};
use serde_json::{Map, Value};

use super::refusal::{Refusal, cut};

/// Maximum size of a token in bytes. Providers that put groups into tokens reach a few KiB.
pub(super) const MOST_BYTES: usize = 16 * 1024;
/// Maximum size in bytes of an encoded header that is parsed. A text with a longer one is refused as a token.
const MOST_HEADER_BYTES: usize = 64 * 1024;

/// Text of three parts with a JSON header that has `alg`.
pub(super) struct Token<'t> {
    header: &'t str,
    claims: &'t str,
    signature: &'t str,
    /// Header and claims as sent: the signed part.
    signed: &'t str,
    bytes: usize,
}

/// Header members that are used. Keys that a token brings along (`jwk`, `jku`, `x5u`, `x5c`) are ignored.
pub(super) struct Header {
    /// Signature algorithm: never `none`, never one with a shared secret.
    pub(super) algorithm: Algorithm,
    /// Id of the signing key that the token names.
    pub(super) key_id: Option<String>,
}

impl<'t> Token<'t> {
    /// Recognises a token; `None` for any other text.
    ///
    /// A header with duplicate members, or one nested too deeply or too long, makes an invalid token, not some other
    /// text: no later step of the chain may judge it.
    pub(super) fn recognise(text: &'t [u8]) -> Option<Self> {
        let text = std::str::from_utf8(text).ok()?;
        let (signed, signature) = text.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        if claims.contains('.') {
            return None;
        }
        let token = Self { header, claims, signature, signed, bytes: text.len() };
        (header.len() > MOST_HEADER_BYTES || names_algorithm(&URL_SAFE_NO_PAD.decode(header).ok()?)).then_some(token)
    }

    /// Parses the header.
    ///
    /// # Errors
    /// `size`, `malformed`, `crit`, `alg`, `kid`.
    pub(super) fn header(&self) -> Result<Header, Refusal> {
        if self.bytes > MOST_BYTES {
            return Err(Refusal::new("size", format!("token of {} bytes, at most {MOST_BYTES}", self.bytes)));
        }
        let header = object("header", self.header)?;
        // Its mere presence requires an extension (RFC 7515, section 4.1.11), whatever the value.
        if header.contains_key("crit") {
            return Err(Refusal::new("crit", "token requires unsupported extensions"));
        }
        let algorithm = header.get("alg").and_then(Value::as_str).and_then(accepted);
        let algorithm = algorithm.ok_or_else(|| {
            let found = header.get("alg").map_or_else(|| "none".to_owned(), Value::to_string);
            Refusal::unexpected("alg", found, "one of RS256/384/512, PS256/384/512, ES256/384, EdDSA")
        })?;
        let key_id = match header.get("kid") {
            None => None,
            Some(Value::String(id)) if id.len() <= 256 => Some(id.clone()),
            Some(_) => return Err(Refusal::new("kid", "key id must be text of at most 256 bytes")),
        };
        Ok(Header { algorithm, key_id })
    }

    /// Parses the claims without verifying them.
    ///
    /// # Errors
    /// `malformed`.
    pub(super) fn claims(&self) -> Result<Map<String, Value>, Refusal> {
        object("claims", self.claims)
    }

    /// Returns the signature as encoded in the token.
    pub(super) const fn signature(&self) -> &str {
        self.signature
    }

    /// Returns the bytes that are signed.
    pub(super) const fn signed(&self) -> &[u8] {
        self.signed.as_bytes()
    }
}

/// Decodes and parses one part of a token.
fn object(part: &str, encoded: &str) -> Result<Map<String, Value>, Refusal> {
    let malformed =
        |error: &dyn fmt::Display| Refusal::new("malformed", format!("{part}: {}", cut(&error.to_string())));
    let bytes = URL_SAFE_NO_PAD.decode(encoded).map_err(|error| malformed(&error))?;
    let mut json = serde_json::Deserializer::from_slice(&bytes);
    let object = json.deserialize_map(UniqueNames).and_then(|object| json.end().map(|()| object));
    object.map_err(|error| malformed(&error))
}

/// Parses an object and refuses duplicate member names, as RFC 7515 (section 4) and RFC 7519 (section 4) require: two
/// parsers might take different values.
struct UniqueNames;

impl<'de> Visitor<'de> for UniqueNames {
    type Value = Map<String, Value>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut object = Map::new();
        while let Some((name, value)) = members.next_entry::<String, Value>()? {
            if object.contains_key(&name) {
                return Err(A::Error::custom(format_args!("{name:?} is duplicated")));
            }
            object.insert(name, value);
        }
        Ok(object)
    }
}

/// Returns true for a JSON object, however deep, with a member `alg`.
fn names_algorithm(json: &[u8]) -> bool {
    let mut json = serde_json::Deserializer::from_slice(json);
    json.deserialize_map(NamesAlgorithm).is_ok_and(|found| found && json.end().is_ok())
}

/// Searches the member names of an object for `alg`. Values are skipped without recursion, so no nesting is too deep.
struct NamesAlgorithm;

impl<'de> Visitor<'de> for NamesAlgorithm {
    type Value = bool;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<bool, A::Error> {
        let mut found = false;
        while let Some((name, _)) = members.next_entry::<String, IgnoredAny>()? {
            found |= name == "alg";
        }
        Ok(found)
    }
}

/// Parses the name of an accepted algorithm.
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

    fn with_header(header: &str) -> String {
        format!("{}.e30.c2ln", encode(header))
    }

    fn refusal(text: &str) -> &'static str {
        Token::recognise(text.as_bytes()).unwrap().header().err().unwrap().reason
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
            with_header(r#"{"typ":"JWT"}"#),
            with_header(r#"{"typ":"alg"}"#),
            with_header(r#"["alg","RS256"]"#),
            with_header(r#"{"alg":"RS256""#),
            with_header(r#"{"alg":"RS256"}{}"#),
            with_header(r#""alg""#),
        ] {
            assert!(Token::recognise(text.as_bytes()).is_none(), "{text}");
        }
        assert!(Token::recognise(format!("{header}..").as_bytes()).is_some());
    }

    #[test]
    fn a_bad_header_makes_a_bad_token_and_no_other_text() {
        let deep = format!(r#"{{"alg":"RS256","kid":{}1{}}}"#, "[".repeat(500), "]".repeat(500));
        let long = format!(r#"{{"alg":"RS256","x":"{}"}}"#, "x".repeat(20_000));
        let longest = format!(r#"{{"alg":"RS256","x":"{}"}}"#, "x".repeat(MOST_HEADER_BYTES));
        for (header, reason) in [
            (r#"{"alg":"RS256","alg":"RS256"}"#, "malformed"),
            (r#"{"alg":"RS256","alg":"none"}"#, "malformed"),
            (r#"{"alg":"RS256","kid":"a","kid":"b"}"#, "malformed"),
            (r#"{"alg":"RS256","\u0061lg":"RS256"}"#, "malformed"),
            (deep.as_str(), "malformed"),
            (long.as_str(), "size"),
            (longest.as_str(), "size"),
            (r#"{"alg":1}"#, "alg"),
            (r#"{"alg":null}"#, "alg"),
            (r#"{"alg":["RS256"]}"#, "alg"),
            (r#"{"alg":"RS256","crit":null}"#, "crit"),
            (r#"{"alg":"RS256","crit":[]}"#, "crit"),
            (r#"{"alg":"RS256","crit":["b64"],"b64":false}"#, "crit"),
            (r#"{"alg":"RS256","kid":7}"#, "kid"),
            (r#"{"alg":"RS256","kid":null}"#, "kid"),
        ] {
            assert_eq!(refusal(&with_header(header)), reason, "{}", &header[..header.len().min(60)]);
        }
        let header = format!(r#"{{"alg":"RS256","x":"{}"}}"#, "x".repeat(9_000));
        assert!(
            Token::recognise(with_header(&header).as_bytes()).unwrap().header().is_ok(),
            "long, but within the limit"
        );
    }

    #[test]
    fn only_signatures_by_a_key_pair_are_accepted() {
        for name in ["none", "None", "", "HS256", "HS384", "HS512", "rs256", "ES512", "ES256K", "RSA-OAEP", "dir"] {
            assert_eq!(refusal(&with_header(&format!(r#"{{"alg":"{name}"}}"#))), "alg", "{name}");
        }
    }

    #[test]
    fn claims_that_are_deep_or_ambiguous_are_refused() {
        let deep = format!("{{\"a\":{}", "[".repeat(5000));
        for claims in [deep.as_str(), r#"{"aud":"a","aud":"b"}"#, r#"{"exp":1,"sub":"a","exp":2}"#, "[]", "{}{}"] {
            let text = format!("{}.{}.", encode(r#"{"alg":"RS256"}"#), encode(claims));
            let refusal = Token::recognise(text.as_bytes()).unwrap().claims().unwrap_err();
            assert_eq!(refusal.reason, "malformed", "{refusal:?}");
        }
    }
}
