//! When the tap answers.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Malformed, duration};

/// Moment of a connection: `first-bytes`, `head` or a time since it was accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub enum TapAfter {
    /// The first bytes have arrived.
    FirstBytes,
    /// An empty line has arrived.
    Head,
    /// So much time has passed, at most [`TapAfter::TIME_MAX`].
    Time(Duration),
}

impl TapAfter {
    /// Maximum time.
    pub const TIME_MAX: Duration = Duration::from_secs(10 * 60);
}

impl FromStr for TapAfter {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        match text {
            "first-bytes" => Ok(Self::FirstBytes),
            "head" => Ok(Self::Head),
            _ => duration::parse(text).filter(|time| *time <= Self::TIME_MAX).map(Self::Time).ok_or(Malformed),
        }
    }
}

impl TryFrom<String> for TapAfter {
    type Error = Malformed;

    fn try_from(text: String) -> Result<Self, Malformed> {
        text.parse()
    }
}

impl From<TapAfter> for String {
    fn from(after: TapAfter) -> Self {
        after.to_string()
    }
}

impl fmt::Display for TapAfter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FirstBytes => f.write_str("first-bytes"),
            Self::Head => f.write_str("head"),
            Self::Time(time) => f.write_str(&duration::render(*time)),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn it_is_a_word_or_a_time() {
        for (text, after) in [
            ("first-bytes", TapAfter::FirstBytes),
            ("head", TapAfter::Head),
            ("0s", TapAfter::Time(Duration::ZERO)),
            ("500ms", TapAfter::Time(Duration::from_millis(500))),
            ("10m", TapAfter::Time(TapAfter::TIME_MAX)),
        ] {
            assert_eq!((text.parse(), after.to_string()), (Ok(after), text.to_owned()));
        }
        for text in ["", "Head", "500", "601s", "-1s", "body"] {
            assert!(text.parse::<TapAfter>().is_err(), "{text:?}");
        }
    }
}
