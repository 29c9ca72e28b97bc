//! URLs of other servers.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize, Serializer};
use url::Url;

use super::Malformed;
use crate::config::mask;

/// Absolute `http` or `https` URL, kept exactly as written, because issuers are compared byte for byte.
///
/// It has no user info, because URLs are shown in many places. `Debug`, `Display` and `Serialize` mask secret query
/// parameters; [`HttpUrl::as_str`] does not.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct HttpUrl(String);

impl HttpUrl {
    /// Returns the URL as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Parses and checks a URL; also returns its parts.
    pub(super) fn parsed(text: &str) -> Result<Url, Malformed> {
        // The URL parser accepts and repairs what RFC 3986 refuses: white space, backslashes, a missing slash.
        let strict = text.bytes().all(|b| b.is_ascii_graphic() && b != b'\\')
            && (text.starts_with("http://") || text.starts_with("https://"));
        let url = Url::parse(text).map_err(|_| Malformed)?;
        (strict && url.has_host() && has_plain_authority(text)).then_some(url).ok_or(Malformed)
    }
}

/// Returns true for a non-empty authority without user info, not even an empty one. The URL parser would take `path` in
/// `http:///path` as the host, and drop an empty user info.
fn has_plain_authority(text: &str) -> bool {
    let authority = text.split_once("://").map(|(_, rest)| rest.split(['/', '?', '#']).next().unwrap_or_default());
    authority.is_some_and(|authority| !authority.is_empty() && !authority.contains('@'))
}

impl FromStr for HttpUrl {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        Self::parsed(text).map(|_| Self(text.to_owned()))
    }
}

impl TryFrom<String> for HttpUrl {
    type Error = Malformed;

    fn try_from(text: String) -> Result<Self, Malformed> {
        text.parse()
    }
}

impl fmt::Display for HttpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&mask::url(&self.0))
    }
}

impl fmt::Debug for HttpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HttpUrl({self})")
    }
}

impl Serialize for HttpUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_url_is_kept_as_written() {
        for text in [
            "http://localhost:8081/realms/api-test",
            "https://IdP.example/",
            "https://idp.example",
            "https://idp.example/users/a@b?to=c@d#@",
        ] {
            assert_eq!(text.parse::<HttpUrl>().unwrap().as_str(), text);
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "localhost:8080",
            "ftp://a",
            "http://",
            "http:///a",
            "http:a",
            "https:\\\\a",
            "http://a b",
            "http://a:99999",
            "HTTP://a",
            " http://a",
            "http://a\n",
            "/path",
            "http://[::1",
            "http://user:password@idp.example",
            "http://user@idp.example/",
            "http://:@idp.example",
            "http://@idp.example?a",
            "http://a@b@idp.example#c",
            "http://user:pass%40word@idp.example",
        ] {
            assert_eq!(text.parse::<HttpUrl>().err(), Some(Malformed), "{text:?}");
        }
    }

    #[test]
    fn secret_parameters_are_masked_wherever_a_url_is_shown() {
        let url: HttpUrl = "https://gw.example/admin?token=s3cret&a=b".parse().unwrap();
        assert_eq!(url.to_string(), "https://gw.example/admin?token=***&a=b");
        assert_eq!(format!("{url:?}"), "HttpUrl(https://gw.example/admin?token=***&a=b)");
        assert_eq!(serde_json::to_string(&url).unwrap(), r#""https://gw.example/admin?token=***&a=b""#);
    }
}
