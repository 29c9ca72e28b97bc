//! Finds the credentials that a request carries.

use actix_web::http::header::{AUTHORIZATION, HeaderMap, HeaderName};
use actors::{Credentials, Secret};

use crate::{config::Config, wire::Query};

/// Knows where credentials stand: the names are configurable.
#[derive(Clone, Debug)]
pub struct Finder {
    header: HeaderName,
    query_param: String,
}

impl Finder {
    /// Takes the names from the configuration, which has checked them.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        let header =
            HeaderName::try_from(config.api_keys.header_name.as_str()).unwrap_or(HeaderName::from_static("x-api-key"));
        Self { header, query_param: config.api_keys.query_param_name.clone() }
    }

    /// Name of the API key header, in lower case.
    #[must_use]
    pub const fn header(&self) -> &HeaderName {
        &self.header
    }

    /// Collects what the request shows. The header wins over the query parameter; the first of repeated ones counts;
    /// what is empty without the blanks around it is no credential.
    #[must_use]
    pub fn find(&self, headers: &HeaderMap, query: Option<&str>) -> Credentials {
        let in_header = headers.get(&self.header).map(|value| trimmed(value.as_bytes())).filter(|key| !key.is_empty());
        let api_key = match (in_header, query) {
            (Some(key), _) => Some(Secret::from(key)),
            (None, Some(query)) => {
                let value = Query::parse(query).first(&self.query_param);
                value.as_deref().map(trimmed).filter(|key| !key.is_empty()).map(Secret::from)
            }
            (None, None) => None,
        };
        let bearer = headers.get(AUTHORIZATION).and_then(|value| bearer(value.as_bytes())).map(Secret::from);
        Credentials { api_key, bearer }
    }
}

/// The value without the white space around it: Unicode's, where it is UTF-8.
fn trimmed(value: &[u8]) -> &[u8] {
    std::str::from_utf8(value).map_or_else(|_| value.trim_ascii(), |text| text.trim().as_bytes())
}

/// Token of a `Bearer` authorization (RFC 6750, section 2.1): the scheme in any case, then a space.
fn bearer(value: &[u8]) -> Option<&[u8]> {
    let (scheme, token) = value.split_at_checked("Bearer ".len())?;
    let token = trimmed(token);
    (scheme.eq_ignore_ascii_case(b"Bearer ") && !token.is_empty()).then_some(token)
}

#[cfg(test)]
mod tests {
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
    fn a_bearer_token_follows_a_space() {
        for good in ["Bearer abc", "bearer abc", "BEARER   abc  "] {
            assert_eq!(bearer(good.as_bytes()), Some(b"abc".as_slice()), "{good:?}");
        }
        for bad in ["Bearer", "Bearer ", "Bearer\tabc", "Bearerabc", "Token abc", "Basic abc", ""] {
            assert_eq!(bearer(bad.as_bytes()), None, "{bad:?}");
        }
    }
}
