//! Trace id of a request (W3C Trace Context, section 3.2).

use crate::request::RequestHead;

/// Length of `version-traceid-parentid-flags`.
const LENGTH: usize = 55;

/// Returns the trace id of `traceparent`; `None` without a valid one, or with several.
pub(super) fn trace_id(head: &RequestHead) -> Option<String> {
    let mut values = head.get_all("traceparent");
    let value = values.next().filter(|_| values.next().is_none())?;
    parse(value).map(str::to_owned)
}

fn parse(value: &[u8]) -> Option<&str> {
    let value = std::str::from_utf8(value).ok()?;
    let (known, rest) = value.split_at_checked(LENGTH)?;
    let mut parts = known.split('-');
    let mut hex = |length: usize| {
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        parts.next().filter(|part| part.len() == length && part.bytes().all(is_digit))
    };
    let (version, trace, parent, _flags) = (hex(2)?, hex(32)?, hex(16)?, hex(2)?);
    let is_zero = |id: &str| id.bytes().all(|digit| digit == b'0');
    // Later versions may append to the fields of version 0 (section 4.3).
    let ends = rest.is_empty() || (version != "00" && rest.starts_with('-'));
    (version != "ff" && ends && !is_zero(trace) && !is_zero(parent)).then_some(trace)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

    #[test]
    fn only_valid_values_have_a_trace_id() {
        let with = |version: &str, trace: &str, rest: &str| format!("{version}-{trace}-{rest}");
        for (value, expected) in [
            (with("00", TRACE, "00f067aa0ba902b7-01"), true),
            (with("00", TRACE, "00f067aa0ba902b7-00"), true),
            (with("01", TRACE, "00f067aa0ba902b7-01"), true),
            (with("cc", TRACE, "00f067aa0ba902b7-01-what-comes-later"), true),
            (with("00", TRACE, "00f067aa0ba902b7-01-more"), false),
            (with("cc", TRACE, "00f067aa0ba902b7-01.more"), false),
            (with("ff", TRACE, "00f067aa0ba902b7-01"), false),
            (with("00", &"0".repeat(32), "00f067aa0ba902b7-01"), false),
            (with("00", TRACE, "0000000000000000-01"), false),
            (with("00", &TRACE.to_uppercase(), "00f067aa0ba902b7-01"), false),
            (with("00", &TRACE[1..], "00f067aa0ba902b7-01"), false),
            (with("00", TRACE, "00f067aa0ba902b-701"), false),
            (with("00", TRACE, "00f067aa0ba902b7-1"), false),
            (with("0", TRACE, "00f067aa0ba902b7-01"), false),
            (String::new(), false),
            ("é".repeat(40), false),
        ] {
            assert_eq!(parse(value.as_bytes()), expected.then_some(TRACE), "{value}");
        }
        assert_eq!(parse(b"\xff"), None);
    }
}
