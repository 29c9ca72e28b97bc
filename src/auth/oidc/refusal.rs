//! Reason why a token is refused, for the log alone.

use std::fmt;

/// Maximum number of characters of a token's values in the log.
const SHOWN: usize = 200;

/// Reason of a refusal, with the found and expected values where that helps.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    /// Code of the reason, from a bounded set.
    pub(super) reason: &'static str,
    /// Description for the log. Values from the token are cut; the token itself never appears.
    pub(super) detail: String,
}

impl Refusal {
    pub(super) fn new(reason: &'static str, detail: impl Into<String>) -> Self {
        Self { reason, detail: detail.into() }
    }

    /// Creates a refusal for an unexpected value.
    pub(super) fn unexpected(reason: &'static str, found: impl fmt::Display, expected: impl fmt::Display) -> Self {
        Self::new(reason, format!("token has {}, expected {expected}", cut(&found.to_string())))
    }

    /// Logs the refusal, one line per refused token.
    pub(super) fn log(&self) {
        log::warn!(reason = self.reason, detail = self.detail.as_str(); "oidc: token refused");
    }
}

/// Cuts a value that a caller chose.
pub(crate) fn cut(value: &str) -> String {
    match value.char_indices().nth(SHOWN) {
        None => value.to_owned(),
        Some((at, _)) => format!("{}…", &value[..at]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_values_are_cut() {
        assert_eq!(cut("ä"), "ä");
        assert_eq!(cut(&"ä".repeat(SHOWN + 1)), format!("{}…", "ä".repeat(SHOWN)));
    }
}
