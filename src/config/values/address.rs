//! Addresses to listen on.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::Malformed;
use super::decimal;

/// Listening address: `:8080`, `127.0.0.1:8080`, `[::1]:8080` or `localhost:8080`. Port 0 takes a free one.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Address {
    /// The interface.
    pub host: Host,
    /// The TCP port; 0 lets the system choose.
    pub port: u16,
}

/// Interface of an [`Address`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Host {
    /// All interfaces, IPv6 and IPv4 (first a dual-stack `[::]`, then `0.0.0.0`), when no host is given.
    All,
    /// An IP address, bound unchanged; `0.0.0.0` and `::` are all interfaces of that family.
    Ip(IpAddr),
    /// A name, resolved when binding.
    Name(String),
}

impl Address {
    /// Returns true when the listener is on all interfaces, so that other machines can reach it.
    #[must_use]
    pub fn is_all_interfaces(&self) -> bool {
        match &self.host {
            Host::All => true,
            Host::Ip(ip) => ip.is_unspecified(),
            Host::Name(_) => false,
        }
    }
}

impl FromStr for Address {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let (host, port) = text.rsplit_once(':').ok_or(Malformed)?;
        let port = decimal(port).and_then(|port| u16::try_from(port).ok()).ok_or(Malformed)?;
        let host = match host {
            "" => Host::All,
            _ if host.starts_with('[') => Host::Ip(IpAddr::V6(bracketed(host).ok_or(Malformed)?)),
            _ => match host.parse() {
                // Without brackets, the last group of an IPv6 address can't be told from the port.
                Ok(IpAddr::V6(_)) => return Err(Malformed),
                Ok(ip) => Host::Ip(ip),
                Err(_) if is_host_name(host) => Host::Name(host.to_owned()),
                Err(_) => return Err(Malformed),
            },
        };
        Ok(Self { host, port })
    }
}

fn bracketed(host: &str) -> Option<Ipv6Addr> {
    host.strip_prefix('[')?.strip_suffix(']')?.parse().ok()
}

/// Returns true for a host name (RFC 1123 section 2.1, underscores tolerated) that is not a mistyped IPv4 address.
fn is_host_name(text: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    let numeric_end = text.rsplit('.').next().is_some_and(|last| last.bytes().all(|b| b.is_ascii_digit()));
    text.len() <= 253 && text.split('.').all(label) && !numeric_end
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Host::All => write!(f, ":{}", self.port),
            Host::Ip(IpAddr::V6(ip)) => write!(f, "[{ip}]:{}", self.port),
            Host::Ip(IpAddr::V4(ip)) => write!(f, "{ip}:{}", self.port),
            Host::Name(name) => write!(f, "{name}:{}", self.port),
        }
    }
}

impl TryFrom<String> for Address {
    type Error = Malformed;

    fn try_from(text: String) -> Result<Self, Malformed> {
        text.parse()
    }
}

impl From<Address> for String {
    fn from(address: Address) -> Self {
        address.to_string()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn documented_forms_are_read_and_written_back() {
        for (text, all) in [
            (":8080", true),
            (":0", true),
            ("0.0.0.0:80", true),
            ("[::]:80", true),
            ("127.0.0.1:8080", false),
            ("[::1]:8080", false),
            ("localhost:65535", false),
            ("my-host.example:1", false),
        ] {
            let address: Address = text.parse().unwrap();
            assert_eq!(address.to_string(), text);
            assert_eq!(address.is_all_interfaces(), all, "{text}");
        }
    }

    #[test]
    fn other_forms_are_refused() {
        for text in [
            "",
            ":",
            "8080",
            "localhost",
            "localhost:",
            ":65536",
            ":-1",
            ":+1",
            ":80 ",
            " :80",
            "::1:80",
            "[::1]80",
            "[::1:80",
            "[127.0.0.1]:80",
            "256.0.0.1:80",
            "1.2.3:80",
            "a b:80",
            "-a:80",
            "a..b:80",
            "http://a:80",
            "*:80",
        ] {
            assert_eq!(text.parse::<Address>(), Err(Malformed), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn ip_addresses_survive_a_round_trip(ip in any::<IpAddr>(), port in any::<u16>()) {
            let address = Address { host: Host::Ip(ip), port };
            prop_assert_eq!(address.to_string().parse(), Ok(address));
        }

        #[test]
        fn no_text_panics(text in any::<String>()) {
            let _ = text.parse::<Address>();
        }
    }
}
