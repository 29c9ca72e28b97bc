//! Durations: `10s`, `1h30m`, `500ms`.

use std::time::Duration;

use serde::{Deserialize, Deserializer, Serializer};

use super::decimal;

/// Units, longest first, with their milliseconds.
const UNITS: [(&str, u64); 4] = [("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

/// Parses a duration: whole numbers with `h`, `m`, `s` or `ms`, each unit at most once, longest first; or a plain `0`.
pub(in crate::config) fn parse(text: &str) -> Option<Duration> {
    if text == "0" {
        return Some(Duration::ZERO);
    }
    let mut millis: u64 = 0;
    let mut units = UNITS.iter();
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let number = decimal(&rest[..digits])?;
        let after = &rest[digits..];
        let letters = after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len());
        let (unit, tail) = after.split_at(letters);
        // Continuing after the last unit refuses `1m1h` and `1s1s`.
        let (_, size) = units.find(|(name, _)| *name == unit)?;
        millis = millis.checked_add(number.checked_mul(*size)?)?;
        rest = tail;
    }
    (!text.is_empty()).then(|| Duration::from_millis(millis))
}

/// Formats a duration for [`parse`], with the fewest units; fractions of a millisecond are dropped.
pub(in crate::config) fn render(duration: Duration) -> String {
    let mut millis = duration.as_millis();
    let mut text = String::new();
    for (name, size) in UNITS {
        let number = millis / u128::from(size);
        millis %= u128::from(size);
        if number > 0 {
            text.push_str(&format!("{number}{name}"));
        }
    }
    if text.is_empty() { "0s".to_owned() } else { text }
}

pub(in crate::config) fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&render(*duration))
}

pub(in crate::config) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse(&text).ok_or_else(|| serde::de::Error::custom("malformed duration"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn documented_forms_are_read() {
        for (text, millis) in [
            ("10s", 10_000),
            ("1h30m", 5_400_000),
            ("500ms", 500),
            ("2m", 120_000),
            ("1h0m5s", 3_605_000),
            ("90m", 5_400_000),
            ("0", 0),
            ("0s", 0),
        ] {
            assert_eq!(parse(text), Some(Duration::from_millis(millis)), "{text}");
        }
    }

    #[test]
    fn other_forms_are_refused() {
        for text in [
            "",
            "10",
            "s",
            "-1s",
            "+1s",
            "1.5s",
            "1m1h",
            "1s1s",
            "1 s",
            " 1s",
            "1s ",
            "1d",
            "1S",
            "1us",
            "1h30",
            "h1",
            "99999999999999999999h",
            "9999999999999999h",
            "١s",
        ] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(millis in 0..u64::MAX) {
            let duration = Duration::from_millis(millis);
            prop_assert_eq!(parse(&render(duration)), Some(duration));
        }

        #[test]
        fn the_sum_of_the_parts_is_read(hours in 0_u64..1000, minutes in 0_u64..1000, seconds in 0_u64..1000) {
            let expected = Duration::from_secs(hours * 3600 + minutes * 60 + seconds);
            prop_assert_eq!(parse(&format!("{hours}h{minutes}m{seconds}s")), Some(expected));
        }

        #[test]
        fn no_text_panics(text in any::<String>()) {
            let _ = parse(&text);
        }
    }
}
