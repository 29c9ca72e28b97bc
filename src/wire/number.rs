//! Numbers in parameters.

/// Parses a decimal integer: an optional sign, then ASCII digits; leading zeros are allowed. `None` for anything else,
/// and beyond 64 bits.
#[must_use]
pub fn integer(text: &[u8]) -> Option<i64> {
    match read(text)? {
        Read::Exact(value) => Some(value),
        Read::Nearest(_) => None,
    }
}

/// Like [`integer`], but a number beyond 64 bits becomes the nearest 64-bit number.
#[must_use]
pub fn integer_clamped(text: &[u8]) -> Option<i64> {
    match read(text)? {
        Read::Exact(value) | Read::Nearest(value) => Some(value),
    }
}

/// Parses a decimal number: `.5`, `5.`, `1e-3`, `+0.5`; `Inf` and `Infinity` in any case, with or without sign. Numbers
/// too large for a double are infinite. `None` for NaN and anything else.
#[must_use]
pub fn decimal(text: &[u8]) -> Option<f64> {
    let value: f64 = std::str::from_utf8(text).ok()?.parse().ok()?;
    (!value.is_nan()).then_some(value)
}

enum Read {
    Exact(i64),
    /// The number is beyond 64 bits; this one is nearest.
    Nearest(i64),
}

fn read(text: &[u8]) -> Option<Read> {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    // The negative range is larger by one.
    let sum = digits
        .iter()
        .try_fold(0_i64, |sum, digit| sum.checked_mul(10)?.checked_sub(i64::from(digit - b'0')))
        .and_then(|sum| if negative { Some(sum) } else { sum.checked_neg() });
    Some(sum.map_or(Read::Nearest(if negative { i64::MIN } else { i64::MAX }), Read::Exact))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn signs_and_leading_zeros_are_read() {
        for (text, expected) in [
            ("0", 0),
            ("-0", 0),
            ("+7", 7),
            ("05", 5),
            ("0200", 200),
            ("-99", -99),
            ("00000000000000000000000000000009", 9),
            ("9223372036854775807", i64::MAX),
            ("-9223372036854775808", i64::MIN),
        ] {
            assert_eq!(integer(text.as_bytes()), Some(expected));
            assert_eq!(integer_clamped(text.as_bytes()), Some(expected));
        }
    }

    #[test]
    fn all_else_is_unreadable() {
        for text in
            ["", "-", "+", "--1", "+-1", "1e3", "0x10", "1_000", " 5", "5 ", "1.5", "7.", "abc", "\u{663}", "1,000"]
        {
            assert_eq!(integer(text.as_bytes()), None, "{text}");
            assert_eq!(integer_clamped(text.as_bytes()), None, "{text}");
        }
        assert_eq!(integer(b"5\xff"), None);
    }

    #[test]
    fn beyond_64_bits_the_nearest_counts_where_asked_for() {
        for (text, nearest) in [
            ("9223372036854775808", i64::MAX),
            ("-9223372036854775809", i64::MIN),
            ("99999999999999999999", i64::MAX),
            ("-99999999999999999999", i64::MIN),
        ] {
            assert_eq!(integer(text.as_bytes()), None);
            assert_eq!(integer_clamped(text.as_bytes()), Some(nearest));
        }
        assert_eq!(integer_clamped(b"99999999999999999999x"), None);
    }

    #[test]
    fn decimals() {
        for (text, expected) in [
            (".5", 0.5),
            ("5.", 5.0),
            ("5.e1", 50.0),
            ("1e-3", 0.001),
            ("1E+2", 100.0),
            ("+0.5", 0.5),
            ("-1", -1.0),
            ("007", 7.0),
            ("0.1000000000000000055511151231257827", 0.1),
            ("Inf", f64::INFINITY),
            ("-Inf", f64::NEG_INFINITY),
            ("+infinity", f64::INFINITY),
            ("iNfInItY", f64::INFINITY),
            ("1e999", f64::INFINITY),
            ("-1e99999999999999999999", f64::NEG_INFINITY),
            ("1e-99999999999999999999", 0.0),
        ] {
            assert_eq!(decimal(text.as_bytes()), Some(expected), "{text}");
        }
        let long = format!("0.{}", "3".repeat(8192));
        assert_eq!(decimal(long.as_bytes()), Some(1.0 / 3.0));
    }

    #[test]
    fn what_is_no_decimal() {
        for text in [
            "", ".", "+", "-", "e5", ".e1", "1e", "1e+", "NaN", "nan", "-NaN", "+nan", " 0.5", "0.5 ", "0,5", "0x1p-2",
            "0x10", "1_0.5", "infinit", "inf1", "--1", "\u{663}",
        ] {
            assert_eq!(decimal(text.as_bytes()), None, "{text}");
        }
        assert_eq!(decimal(b"0.5\xff"), None);
    }

    proptest! {
        #[test]
        fn every_integer_reads_back(value in any::<i64>(), zeros in 0_usize..4) {
            let sign = if value < 0 { "-" } else { "" };
            let text = format!("{sign}{}{}", "0".repeat(zeros), value.unsigned_abs());
            prop_assert_eq!(integer(text.as_bytes()), Some(value));
        }

        #[test]
        fn clamping_agrees_with_wider_arithmetic(value in any::<i128>()) {
            let nearest = value.clamp(i64::MIN.into(), i64::MAX.into());
            prop_assert_eq!(integer_clamped(value.to_string().as_bytes()).map(i128::from), Some(nearest));
        }
    }
}
