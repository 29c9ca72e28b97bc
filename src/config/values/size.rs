//! Sizes in bytes: `65536`, `64KiB`, `10MB`.

use serde::{Deserialize, Deserializer, Serializer};

use super::decimal;

pub(in crate::config) const KIB: u64 = 1 << 10;
pub(in crate::config) const MIB: u64 = 1 << 20;
pub(in crate::config) const GIB: u64 = 1 << 30;

/// Units. Formatting uses the binary ones, largest first.
const BINARY: [(&str, u64); 3] = [("GiB", GIB), ("MiB", MIB), ("KiB", KIB)];
const DECIMAL: [(&str, u64); 5] = [("GB", 1_000_000_000), ("MB", 1_000_000), ("KB", 1_000), ("kB", 1_000), ("B", 1)];

/// Parses a size: a whole number, alone (bytes) or with `B`, `KiB`, `MiB`, `GiB`, `kB`, `KB`, `MB` or `GB`.
pub(in crate::config) fn parse(text: &str) -> Option<u64> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number = decimal(number)?;
    if unit.is_empty() {
        return Some(number);
    }
    let (_, size) = BINARY.iter().chain(&DECIMAL).find(|(name, _)| *name == unit)?;
    number.checked_mul(*size)
}

/// Formats a size in the largest binary unit that divides it, otherwise in bytes.
pub(in crate::config) fn render(bytes: u64) -> String {
    match BINARY.iter().find(|(_, size)| bytes >= *size && bytes.is_multiple_of(*size)) {
        Some((name, size)) => format!("{}{name}", bytes / size),
        None => bytes.to_string(),
    }
}

// serde's `with` passes a reference.
#[allow(clippy::trivially_copy_pass_by_ref)]
pub(in crate::config) fn serialize<S: Serializer>(bytes: &u64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&render(*bytes))
}

pub(in crate::config) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse(&text).ok_or_else(|| serde::de::Error::custom("malformed size"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn documented_forms_are_read() {
        for (text, bytes) in [
            ("0", 0),
            ("65536", 65_536),
            ("64KiB", 65_536),
            ("1MiB", 1_048_576),
            ("2GiB", 2_147_483_648),
            ("10MB", 10_000_000),
            ("5kB", 5_000),
            ("5KB", 5_000),
            ("7B", 7),
        ] {
            assert_eq!(parse(text), Some(bytes), "{text}");
        }
    }

    #[test]
    fn other_forms_are_refused() {
        for text in [
            "",
            "KiB",
            "-1",
            "+1",
            "1.5MiB",
            "1 MiB",
            "1mib",
            "1M",
            "1K",
            "1TiB",
            "0x10",
            "1e3",
            "1_000",
            " 1",
            "18446744073709551616",
            "18446744073709551615KiB",
            "١",
        ] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(bytes in any::<u64>()) {
            prop_assert_eq!(parse(&render(bytes)), Some(bytes));
        }

        #[test]
        fn whole_units_are_written_short(count in 1_u64..1023) {
            prop_assert_eq!(render(count * MIB), format!("{count}MiB"));
        }

        #[test]
        fn no_text_panics(text in any::<String>()) {
            let _ = parse(&text);
        }
    }
}
