//! Kinds of values: parsing, bounds, and descriptions for people.

use std::time::Duration;

use ::config::ValueKind;

use super::values::{Address, BaseUrl, ByteSource, DatabaseUrl, HttpUrl, Network, TapAfter, decimal, duration, size};

/// Type and bounds of a key's value. All bounds are inclusive.
///
/// Every value is parsed from text, so that `true`, `"true"` and a `${VAR}` containing `true` mean the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `true` or `false`.
    Boolean,
    /// A decimal integer.
    Integer {
        /// Minimum value.
        min: u64,
        /// Maximum value.
        max: u64,
    },
    /// A span of time: `10s`, `1h30m`, `500ms`.
    Duration {
        /// Minimum span.
        min: Duration,
        /// Maximum span.
        max: Duration,
    },
    /// A number of bytes: `65536`, `64KiB`, `10MB`.
    Size {
        /// Minimum size in bytes.
        min: u64,
        /// Maximum size in bytes.
        max: u64,
    },
    /// Text without control characters, counted in characters.
    Text {
        /// Minimum number of characters.
        min: usize,
        /// Maximum number of characters.
        max: usize,
    },
    /// Path in the file system; empty when not given.
    File,
    /// Secret text. Surrounding white space is removed; control characters are refused.
    Secret,
    /// An address to listen on: `:8080` or `host:port`.
    Address,
    /// Like [`Kind::Address`], or empty.
    OptionalAddress,
    /// The server's own URL, or empty to derive it.
    BaseUrl,
    /// An `http` or `https` URL without user info, or empty.
    Url,
    /// A database, or empty. Never shown unmasked.
    Database,
    /// An HTTP field name (RFC 9110 section 5.1).
    HeaderName,
    /// A cookie name (RFC 6265 section 4.1.1).
    CookieName,
    /// The absolute path of a route on this server.
    RoutePath,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// A list of non-empty strings.
    Texts,
    /// Bytes as text with escapes, `base64:…` or `file:PATH`.
    Bytes,
    /// `first-bytes`, `head` or a time.
    TapAfter,
    /// A list of addresses and networks: `10.0.0.0/8`, `::1`.
    Networks,
}

impl Kind {
    /// Returns true for a list. Then the other methods are about its items.
    pub(super) const fn is_list(self) -> bool {
        matches!(self, Self::Texts | Self::Networks)
    }

    /// Parses the text of a scalar; `None` when it is not a value of this kind.
    pub(super) fn read(self, text: &str) -> Option<ValueKind> {
        let text_when = |good: bool| good.then(|| ValueKind::from(text));
        match self {
            Self::Boolean => match text {
                "true" | "True" | "TRUE" => Some(true.into()),
                "false" | "False" | "FALSE" => Some(false.into()),
                _ => None,
            },
            Self::Integer { min, max } => decimal(text).filter(|n| (min..=max).contains(n)).map(ValueKind::from),
            Self::Duration { min, max } => text_when(duration::parse(text).is_some_and(|d| (min..=max).contains(&d))),
            Self::Size { min, max } => text_when(size::parse(text).is_some_and(|n| (min..=max).contains(&n))),
            Self::Text { min, max } => text_when((min..=max).contains(&text.chars().count()) && printable(text)),
            Self::File => text_when(printable(text)),
            Self::Secret => printable(text.trim()).then(|| text.trim().into()),
            Self::Address => text_when(text.parse::<Address>().is_ok()),
            Self::OptionalAddress => text_when(text.is_empty() || text.parse::<Address>().is_ok()),
            Self::BaseUrl => text_when(text.is_empty() || text.parse::<BaseUrl>().is_ok()),
            Self::Url => text_when(text.is_empty() || text.parse::<HttpUrl>().is_ok()),
            Self::Database => {
                let text = text.trim();
                (text.is_empty() || text.parse::<DatabaseUrl>().is_ok()).then(|| text.into())
            }
            Self::HeaderName | Self::CookieName => text_when(is_token(text)),
            Self::RoutePath => text_when(is_route_path(text)),
            Self::OneOf(words) => text_when(words.contains(&text)),
            Self::Texts => text_when(!text.is_empty() && printable(text)),
            Self::Bytes => text_when(text.parse::<ByteSource>().is_ok()),
            Self::TapAfter => text_when(text.parse::<TapAfter>().is_ok()),
            Self::Networks => text_when(text.parse::<Network>().is_ok()),
        }
    }

    /// Returns a description of valid values that can follow "expected".
    #[must_use]
    pub fn expected(self) -> String {
        match self {
            Self::Boolean => "true or false".to_owned(),
            Self::Integer { min, max } => format!("an integer from {min} to {max}"),
            Self::Duration { min, max } => format!(
                "a duration such as 10s, 1h30m or 500ms, from {} to {}",
                duration::render(min),
                duration::render(max)
            ),
            Self::Size { min, max } => format!(
                "a size in bytes or with a unit, such as 65536 or 64KiB, from {} to {}",
                size::render(min),
                size::render(max)
            ),
            Self::Text { min: 0, max } => format!("a string of at most {max} characters, no control characters"),
            Self::Text { min, max } => format!("a string of {min} to {max} characters, no control characters"),
            Self::File => "the path of a file".to_owned(),
            Self::Secret => "a string without control characters".to_owned(),
            Self::Address => "an address such as :8080, 127.0.0.1:8080 or [::1]:8080".to_owned(),
            Self::OptionalAddress => "an address such as :9090 or 127.0.0.1:9090, or nothing".to_owned(),
            Self::BaseUrl => {
                "an http:// or https:// URL without user info, query, fragment or trailing slash".to_owned()
            }
            Self::Url => "an http:// or https:// URL without user info".to_owned(),
            Self::Database => "postgres://…, postgresql://…, libpq key=value pairs or sqlite:PATH".to_owned(),
            Self::HeaderName => "a header name (letters, digits and !#$%&'*+-.^_`|~)".to_owned(),
            Self::CookieName => "a cookie name (letters, digits and !#$%&'*+-.^_`|~)".to_owned(),
            Self::RoutePath => "an absolute path such as /portal/auth/callback, without query or fragment".to_owned(),
            Self::OneOf(words) => words.join(" or "),
            Self::Texts => "a list of non-empty strings".to_owned(),
            Self::Bytes => {
                "at most 1 MiB as text with the escapes \\r \\n \\t \\0 \\\\ \\xNN, as base64:… or as file:PATH"
                    .to_owned()
            }
            Self::TapAfter => "first-bytes, head or a duration such as 500ms, at most 10m".to_owned(),
            Self::Networks => "a list of addresses and networks such as 127.0.0.1 and 10.0.0.0/8".to_owned(),
        }
    }

    /// Returns true when a value of this kind must not be quoted in a message.
    pub(super) fn hides(self, text: &str) -> bool {
        match self {
            Self::Secret | Self::Database => true,
            // An invalid URL can't be masked reliably: a stray `@` may follow a password.
            Self::BaseUrl | Self::Url => text.contains('@') || text.contains('?'),
            _ => false,
        }
    }
}

fn printable(text: &str) -> bool {
    !text.chars().any(char::is_control)
}

/// Returns true for a `token` of RFC 9110 section 5.6.2.
fn is_token(text: &str) -> bool {
    let tchar = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    !text.is_empty() && text.len() <= 128 && text.bytes().all(tchar)
}

fn is_route_path(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"/-._~".contains(&b);
    text.starts_with('/') && text.len() > 1 && !text.contains("//") && text.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: Kind = Kind::Integer { min: 1, max: 1024 };

    #[test]
    fn an_integer_is_plain_decimal_within_its_bounds() {
        assert_eq!(SMALL.read("007"), Some(ValueKind::U64(7)));
        assert_eq!(SMALL.read("1024"), Some(ValueKind::U64(1024)));
        for bad in ["", "0", "1025", "-1", "+1", "1e3", "0x10", " 5", "1_000", "١", "99999999999999999999999"] {
            assert_eq!(SMALL.read(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn a_boolean_is_true_or_false_and_nothing_else() {
        assert_eq!(Kind::Boolean.read("true"), Some(ValueKind::Boolean(true)));
        assert_eq!(Kind::Boolean.read("FALSE"), Some(ValueKind::Boolean(false)));
        for bad in ["yes", "on", "1", "", "tRue"] {
            assert_eq!(Kind::Boolean.read(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn a_word_is_one_of_those_that_are_known() {
        let kind = Kind::OneOf(&["on", "off"]);
        assert_eq!((kind.read("off"), kind.read("Off"), kind.read("")), (Some(ValueKind::from("off")), None, None));
        assert_eq!(kind.expected(), "on or off");
    }

    #[test]
    fn a_secret_loses_surrounding_white_space_and_refuses_control_characters() {
        assert_eq!(Kind::Secret.read(" s3cret\n"), Some(ValueKind::from("s3cret")));
        assert_eq!(Kind::Secret.read("s3\ncret"), None);
    }

    #[test]
    fn names_are_tokens() {
        for kind in [Kind::HeaderName, Kind::CookieName] {
            assert!(kind.read("X-API-Key").is_some());
            for bad in ["", "X API", "X:Key", "a;b", "a=b", "ключ", "a\r\nb"] {
                assert_eq!(kind.read(bad), None, "{bad:?}");
            }
        }
    }

    #[test]
    fn a_route_path_starts_with_one_slash_and_has_no_query() {
        assert!(Kind::RoutePath.read("/portal/auth/callback").is_some());
        for bad in ["", "/", "portal", "//evil", "/a?b", "/a#b", "/a b", "/a%2e"] {
            assert_eq!(Kind::RoutePath.read(bad), None, "{bad:?}");
        }
    }
}
