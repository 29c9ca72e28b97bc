//! The server's own URL.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::http_url::HttpUrl;
use super::{Address, Malformed};

/// URL under which clients reach this server, without a trailing slash, so that a path can be appended.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct BaseUrl {
    text: String,
    derived: bool,
}

impl BaseUrl {
    /// Returns the default URL: `http://localhost:<port>`, or `https` with TLS.
    #[must_use]
    pub fn derived(port: u16, tls: bool) -> Self {
        let scheme = if tls { "https" } else { "http" };
        Self { text: format!("{scheme}://localhost:{port}"), derived: true }
    }

    /// Returns the URL.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns true when it was derived from the listening address.
    #[must_use]
    pub fn is_derived(&self) -> bool {
        self.derived
    }

    /// Returns the URL with the bound port if it is derived, for `address: ":0"`. A given URL stays.
    #[must_use]
    pub fn bound_to(&self, port: u16) -> Self {
        if self.derived { Self::derived(port, self.is_https()) } else { self.clone() }
    }

    /// Returns true when the scheme is `https`.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.text.starts_with("https://")
    }

    /// Returns the host; an IPv6 address without its brackets.
    #[must_use]
    pub fn host(&self) -> String {
        let url = HttpUrl::parsed(&self.text);
        let host = url.as_ref().ok().and_then(url::Url::host_str).unwrap_or_default();
        host.trim_start_matches('[').trim_end_matches(']').to_owned()
    }

    /// Returns true when the host is this machine itself: `localhost`, `127.0.0.0/8` or `::1`.
    #[must_use]
    pub fn is_local(&self) -> bool {
        match HttpUrl::parsed(&self.text).as_ref().map(url::Url::host) {
            Ok(Some(url::Host::Domain(name))) => name == "localhost" || name.ends_with(".localhost"),
            Ok(Some(url::Host::Ipv4(ip))) => ip.is_loopback(),
            Ok(Some(url::Host::Ipv6(ip))) => ip.is_loopback(),
            _ => false,
        }
    }

    /// Replaces an empty URL by the derived one.
    pub(in crate::config) fn settle(&mut self, address: &Address, tls: bool) {
        if self.derived {
            *self = Self::derived(address.port, tls);
        }
    }
}

impl FromStr for BaseUrl {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        HttpUrl::parsed(text)?;
        let plain = !text.contains(['?', '#', '@']);
        (plain && !text.ends_with('/')).then(|| Self { text: text.to_owned(), derived: false }).ok_or(Malformed)
    }
}

impl TryFrom<String> for BaseUrl {
    type Error = Malformed;

    fn try_from(text: String) -> Result<Self, Malformed> {
        match text.is_empty() {
            true => Ok(Self { text, derived: true }),
            false => text.parse(),
        }
    }
}

impl From<BaseUrl> for String {
    fn from(url: BaseUrl) -> Self {
        url.text
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_base_url_takes_a_path_but_no_trailing_slash() {
        for good in ["http://localhost:8080", "https://api.example/test", "http://[::1]:8080"] {
            assert_eq!(good.parse::<BaseUrl>().unwrap().as_str(), good);
        }
        for bad in ["", "http://a/", "http://a/b/", "http://a?b", "http://a#b", "http://u@a", "http://u:p@a", "a:80"] {
            assert_eq!(bad.parse::<BaseUrl>(), Err(Malformed), "{bad:?}");
        }
    }

    #[test]
    fn only_a_derived_one_follows_the_bound_port() {
        assert_eq!(BaseUrl::derived(0, false).bound_to(4711).as_str(), "http://localhost:4711");
        assert_eq!(BaseUrl::derived(0, true).bound_to(4711).as_str(), "https://localhost:4711");
        let given: BaseUrl = "http://gw.example:80".parse().unwrap();
        assert_eq!(given.bound_to(4711), given);
    }

    #[test]
    fn local_hosts_are_told_from_others() {
        for (text, local) in [
            ("http://localhost:8080", true),
            ("http://127.0.0.2", true),
            ("http://[::1]:1", true),
            ("http://api-test:8080", false),
            ("http://localhost.example", false),
            ("http://10.0.0.1", false),
        ] {
            assert_eq!(text.parse::<BaseUrl>().unwrap().is_local(), local, "{text}");
        }
    }
}
