//! Extraction of credentials from a request.

use std::borrow::Cow;

use actors::{Credentials, Secret};
use base64::{
    Engine as _,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

use crate::{config::Config, request::RequestHead, wire::Query};

/// Name of the field that carries tokens and passwords.
const AUTHORIZATION: &str = "authorization";

/// Base64 for `Basic`, which some clients send without padding.
const BASIC: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Extracts credentials; the names of header and query parameter are configurable.
#[derive(Clone, Debug)]
pub struct Finder {
    header: String,
    query_param: String,
}

impl Finder {
    /// Creates a finder with the (validated) names of the configuration.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        Self::named(config.api_keys.header_name.clone(), config.api_keys.query_param_name.clone())
    }

    /// Creates a finder with the names of the header and the query parameter for API keys.
    #[must_use]
    pub const fn named(header: String, query_param: String) -> Self {
        Self { header, query_param }
    }

    /// Returns true when the query parameter `name` (decoded) may carry an API key.
    #[must_use]
    pub fn is_key_param(&self, name: &[u8]) -> bool {
        name == self.query_param.as_bytes()
    }

    /// Collects all credentials in the headers, including repeated ones that [`Finder::find`] ignores and passwords of
    /// `Basic`, because none of them may be recorded.
    #[must_use]
    pub fn all<'h>(&'h self, head: &'h RequestHead) -> Vec<Cow<'h, [u8]>> {
        let mut all = Vec::new();
        all.extend(head.get_all(&self.header).map(|value| Cow::Borrowed(trimmed(value))));
        for value in head.get_all(AUTHORIZATION) {
            all.extend(bearer(value).map(Cow::Borrowed));
            if let Some((carried, password)) = basic(value) {
                all.extend([Cow::Borrowed(carried), Cow::Owned(password)]);
            }
        }
        all
    }

    /// Collects the credentials of a request. The header takes precedence over the query parameter, and the first of
    /// repeated ones counts. A value that is empty after trimming is not a credential.
    #[must_use]
    pub fn find(&self, head: &RequestHead, query: Option<&str>) -> Credentials {
        let in_header = head.get(&self.header).map(trimmed).filter(|key| !key.is_empty());
        let api_key = match (in_header, query) {
            (Some(key), _) => Some(Secret::from(key)),
            (None, Some(query)) => {
                let value = Query::parse(query).first(&self.query_param);
                value.as_deref().map(trimmed).filter(|key| !key.is_empty()).map(Secret::from)
            }
            (None, None) => None,
        };
        let bearer = head.get(AUTHORIZATION).and_then(bearer).map(Secret::from);
        Credentials { api_key, bearer }
    }
}

/// Returns the password of `Basic` authorization (RFC 7617, section 2), and its encoded form.
fn basic(value: &[u8]) -> Option<(&[u8], Vec<u8>)> {
    let (scheme, carried) = value.split_at_checked("Basic ".len())?;
    let carried = carried.trim_ascii();
    let pair = BASIC.decode(carried).ok().filter(|_| scheme.eq_ignore_ascii_case(b"Basic "))?;
    let colon = memchr::memchr(b':', &pair)?;
    Some((carried, pair[colon + 1..].to_vec()))
}

/// Trims white space: Unicode's if the value is UTF-8.
fn trimmed(value: &[u8]) -> &[u8] {
    std::str::from_utf8(value).map_or_else(|_| value.trim_ascii(), |text| text.trim().as_bytes())
}

/// Returns the token of `Bearer` authorization (RFC 6750, section 2.1): the scheme in any case, then a space.
fn bearer(value: &[u8]) -> Option<&[u8]> {
    let (scheme, token) = value.split_at_checked("Bearer ".len())?;
    let token = trimmed(token);
    (scheme.eq_ignore_ascii_case(b"Bearer ") && !token.is_empty()).then_some(token)
}

#[cfg(test)]
mod tests {
    use actix_web::http::{Method, Version};

    use super::*;

    #[test]
    fn white_space_around_a_credential_does_not_count() {
        for text in ["key", " key\t", "\u{b}key\r\n", "\u{a0}key\u{85}", "\u{3000}key\u{2028}"] {
            assert_eq!(trimmed(text.as_bytes()), b"key", "{text:?}");
        }
        assert_eq!(trimmed(b" k\xffy "), b"k\xffy");
        assert!(trimmed(" \u{a0}".as_bytes()).is_empty());
    }

    #[test]
    fn all_credentials_are_found() {
        let finder = Finder::named("X-Key".to_owned(), "k".to_owned());
        let fields = [
            ("x-key", " one "),
            ("x-key", "two"),
            ("authorization", "Bearer three"),
            ("authorization", "basic dXNlcjpmb3Vy"),
            ("authorization", "Basic dXNlcjpmaXZlOjU="),
            ("authorization", "Basic none"),
            ("cookie", "a=b"),
        ];
        let fields = fields.map(|(name, value)| (name.as_bytes(), value.as_bytes()));
        let head = RequestHead::new(Method::GET, b"/", Version::HTTP_11, fields);
        let all: Vec<String> =
            finder.all(&head).iter().map(|value| String::from_utf8_lossy(value).into_owned()).collect();
        assert_eq!(all, ["one", "two", "three", "dXNlcjpmb3Vy", "four", "dXNlcjpmaXZlOjU=", "five:5"]);
        assert!(finder.is_key_param(b"k") && !finder.is_key_param(b"K"));
    }

    #[test]
    fn a_bearer_token_follows_a_space() {
        for good in ["Bearer abc", "bearer abc", "BEARER   abc  "] {
            assert_eq!(bearer(good.as_bytes()), Some(b"abc".as_slice()), "{good:?}");
        }
        for bad in ["Bearer", "Bearer ", "Bearer\tabc", "Bearerabc", "Token abc", "Basic abc", ""] {
            assert_eq!(bearer(bad.as_bytes()), None, "{bad:?}");
        }
    }
}
