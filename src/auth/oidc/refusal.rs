//! Why a token is refused: for the log alone.

use std::fmt;

/// Most characters of a token's own values in the log.
const SHOWN: usize = 200;

/// One reason, with what was found and what was expected where that helps.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    /// One word of a bounded set.
    pub(super) reason: &'static str,
    /// For a reader of the log. Values of a token in it are cut; the token itself never is in it.
    pub(super) detail: String,
}

impl Refusal {
    pub(super) fn new(reason: &'static str, detail: impl Into<String>) -> Self {
        Self { reason, detail: detail.into() }
    }

    /// A value that is not the expected one.
    pub(super) fn unexpected(reason: &'static str, found: impl fmt::Display, expected: impl fmt::Display) -> Self {
        Self::new(reason, format!("token has {}, expected {expected}", cut(&found.to_string())))
    }

    /// Writes the one line of a refused token.
    pub(super) fn log(&self) {
        log::warn!(reason = self.reason, detail = self.detail.as_str(); "oidc: token refused");
    }
}

/// Cuts a value that a caller made.
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
