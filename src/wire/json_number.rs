//! Floating point numbers in JSON: the shortest digits that parse to the same value, in ECMAScript's layout
//! (`Number::toString`), as the recorded server wrote them.

use std::io::Write as _;

/// Appends a number. NaN and infinities, which JSON lacks, become `null`. Zero has no sign.
pub(super) fn push_f64(out: &mut Vec<u8>, value: f64) {
    if value == 0.0 {
        out.push(b'0');
    } else if value.is_finite() {
        push_scientific(out, format_args!("{value:e}"));
    } else {
        out.extend_from_slice(b"null");
    }
}

/// Like [`push_f64`]; the digits are the shortest for single precision.
pub(super) fn push_f32(out: &mut Vec<u8>, value: f32) {
    if value == 0.0 {
        out.push(b'0');
    } else if value.is_finite() {
        push_scientific(out, format_args!("{value:e}"));
    } else {
        out.extend_from_slice(b"null");
    }
}

/// Appends a number given as `[-]d[.ddd]e[-]dd`, the standard library's form of the shortest digits.
fn push_scientific(out: &mut Vec<u8>, number: std::fmt::Arguments<'_>) {
    // Sign, 17 digits, point, exponent: 24 bytes at most.
    let mut buffer = [0_u8; 32];
    let free = {
        let mut rest = &mut buffer[..];
        // The buffer is large enough for every number.
        let _ = rest.write_fmt(number);
        rest.len()
    };
    let text = &buffer[..buffer.len() - free];
    let (text, negative) = text.strip_prefix(b"-").map_or((text, false), |text| (text, true));
    let split = memchr::memchr(b'e', text).unwrap_or(text.len());
    let exponent = text.get(split + 1..).and_then(super::number::integer).unwrap_or_default();
    let (first, rest) = (&text[..1], text[..split].get(2..).unwrap_or_default());
    if negative {
        out.push(b'-');
    }
    layout(out, first, rest, exponent);
}

/// Appends the number `first.rest × 10^exponent`.
fn layout(out: &mut Vec<u8>, first: &[u8], rest: &[u8], exponent: i64) {
    match usize::try_from(exponent) {
        Ok(shift) if shift <= 20 => {
            let whole = shift.min(rest.len());
            out.extend_from_slice(first);
            out.extend_from_slice(&rest[..whole]);
            out.resize(out.len() + shift - whole, b'0');
            if whole < rest.len() {
                out.push(b'.');
                out.extend_from_slice(&rest[whole..]);
            }
        }
        Err(_) if exponent >= -6 => {
            out.extend_from_slice(b"0.");
            for _ in exponent..-1 {
                out.push(b'0');
            }
            out.extend_from_slice(first);
            out.extend_from_slice(rest);
        }
        _ => {
            out.extend_from_slice(first);
            if !rest.is_empty() {
                out.push(b'.');
                out.extend_from_slice(rest);
            }
            out.extend_from_slice(if exponent < 0 { b"e" } else { b"e+" });
            out.extend_from_slice(itoa::Buffer::new().format(exponent).as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(value: f64) -> String {
        let mut out = Vec::new();
        push_f64(&mut out, value);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn recorded_numbers() {
        for (value, expected) in [
            (0.001, "0.001"),
            (1e-6, "0.000001"),
            (1e-7, "1e-7"),
            (0.000_000_123_456_789, "1.23456789e-7"),
            (1e-300, "1e-300"),
            (0.1, "0.1"),
            (1.0, "1"),
            (0.0, "0"),
            (-0.0, "0"),
            (0.119_775_054_040_551_11, "0.11977505404055111"),
            (0.016_291_165_346_933_423, "0.016291165346933423"),
        ] {
            assert_eq!(written(value), expected);
        }
    }

    #[test]
    fn large_and_negative_numbers() {
        for (value, expected) in [
            (123.0, "123"),
            (-1.5, "-1.5"),
            (100.25, "100.25"),
            (1e20, "100000000000000000000"),
            (1e21, "1e+21"),
            (-1.25e22, "-1.25e+22"),
            (f64::MAX, "1.7976931348623157e+308"),
            (5e-324, "5e-324"),
            (f64::NAN, "null"),
            (f64::NEG_INFINITY, "null"),
        ] {
            assert_eq!(written(value), expected);
        }
    }

    #[test]
    fn single_precision_has_its_own_shortest_digits() {
        let mut out = Vec::new();
        push_f32(&mut out, 0.1);
        assert_eq!(out, b"0.1");
    }

    proptest! {
        #[test]
        fn every_number_reads_back(bits in any::<u64>()) {
            let value = f64::from_bits(bits);
            prop_assume!(value.is_finite());
            prop_assert_eq!(written(value).parse::<f64>().unwrap(), value);
        }
    }
}
