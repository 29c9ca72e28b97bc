//! A body as a resource: conditional requests (RFC 9110, section 13) and ranges (section 14).

use std::time::SystemTime;

use super::facts::Facts;

/// Maximum number of ranges that are answered; more are ignored (RFC 9110, section 14.2).
const MAX_RANGES: usize = 50;

/// What is known of the selected representation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Validators {
    /// Entity tag, with its quotes.
    pub(super) etag: Option<Vec<u8>>,
    /// Last modification.
    pub(super) modified: Option<SystemTime>,
}

/// First and last byte of a range.
pub(super) type Range = (u64, u64);

/// Outcome of the conditions and ranges of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Selected {
    /// The whole representation.
    Whole,
    /// 304.
    NotModified,
    /// 412.
    PreconditionFailed,
    /// 206 with these ranges.
    Ranges(Vec<Range>),
    /// 416.
    Unsatisfiable,
}

/// Evaluates the conditions in the order of RFC 9110, section 13.2.2, then the range.
pub(super) fn select(facts: &dyn Facts, validators: &Validators, length: u64) -> Selected {
    let is_read = matches!(facts.method(), "GET" | "HEAD");
    let single = |name: &str| facts.fields(name).first().map(|value| value.to_vec());
    let date_of = |name: &str| single(name).and_then(|value| date(&value));
    let matches = facts.fields("if-match");
    if !matches.is_empty() {
        if !matches.iter().any(|list| lists(list, validators, strong)) {
            return Selected::PreconditionFailed;
        }
    } else if let (Some(since), Some(modified)) = (date_of("if-unmodified-since"), validators.modified)
        && modified > since
    {
        return Selected::PreconditionFailed;
    }
    let none_match = facts.fields("if-none-match");
    if !none_match.is_empty() {
        if none_match.iter().any(|list| lists(list, validators, weak)) {
            return if is_read { Selected::NotModified } else { Selected::PreconditionFailed };
        }
    } else if let (true, Some(since), Some(modified)) = (is_read, date_of("if-modified-since"), validators.modified)
        && modified <= since
    {
        return Selected::NotModified;
    }
    let holds = single("if-range").is_none_or(|condition| if_range(&condition, validators));
    match facts.fields("range").as_slice() {
        [range] if facts.method() == "GET" && holds => ranges(range, length),
        _ => Selected::Whole,
    }
}

/// Reads a `Range` (RFC 9110, section 14.1.2). One that can't be read is ignored, and so is one with more bytes than the
/// representation.
fn ranges(value: &[u8], length: u64) -> Selected {
    let Some(specs) = value.strip_prefix(b"bytes=") else { return Selected::Whole };
    let mut selected = Vec::new();
    let mut count = 0;
    for spec in specs.split(|byte| *byte == b',').map(<[u8]>::trim_ascii).filter(|spec| !spec.is_empty()) {
        count += 1;
        let Some(dash) = spec.iter().position(|byte| *byte == b'-') else { return Selected::Whole };
        let range = match (&spec[..dash], &spec[dash + 1..]) {
            ([], suffix) => number(suffix).map(|suffix| (length.saturating_sub(suffix), u64::MAX, suffix > 0)),
            (first, []) => number(first).map(|first| (first, u64::MAX, true)),
            (first, last) => number(first)
                .zip(number(last))
                .filter(|(first, last)| first <= last)
                .map(|(first, last)| (first, last, true)),
        };
        let Some((first, last, some)) = range else { return Selected::Whole };
        if some && first < length {
            selected.push((first, last.min(length - 1)));
        }
    }
    let bytes = selected.iter().fold(0_u64, |bytes, (first, last)| bytes.saturating_add(last - first + 1));
    match count {
        0 => Selected::Whole,
        _ if count > MAX_RANGES || bytes > length => Selected::Whole,
        _ if selected.is_empty() => Selected::Unsatisfiable,
        _ => Selected::Ranges(selected),
    }
}

/// Reads decimal digits. Numbers beyond 64 bits count as the largest one.
fn number(digits: &[u8]) -> Option<u64> {
    let digits = std::str::from_utf8(digits).ok().filter(|digits| !digits.is_empty())?;
    let all = digits.bytes().all(|byte| byte.is_ascii_digit());
    all.then(|| digits.parse().unwrap_or(u64::MAX))
}

/// Returns true when a list of entity tags has the validator's, or is `*`.
fn lists(list: &[u8], validators: &Validators, same: fn(&[u8], &[u8]) -> bool) -> bool {
    if list.trim_ascii() == b"*" {
        return true;
    }
    let Some(etag) = &validators.etag else { return false };
    tags(list).any(|tag| same(tag, etag))
}

/// Iterates over the entity tags of a list. A comma may be in a tag.
fn tags(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = list;
    std::iter::from_fn(move || {
        let start = rest.iter().position(|byte| !matches!(byte, b',' | b' ' | b'\t'))?;
        rest = &rest[start..];
        let opened = rest.iter().position(|byte| *byte == b'"')?;
        let closed = opened + 1 + rest[opened + 1..].iter().position(|byte| *byte == b'"')?;
        let (tag, behind) = rest.split_at(closed + 1);
        rest = behind;
        Some(tag)
    })
}

/// Compares two entity tags weakly (RFC 9110, section 8.8.3.2).
fn weak(a: &[u8], b: &[u8]) -> bool {
    fn opaque(tag: &[u8]) -> &[u8] {
        tag.strip_prefix(b"W/").unwrap_or(tag)
    }
    opaque(a) == opaque(b)
}

/// Compares two entity tags strongly.
fn strong(a: &[u8], b: &[u8]) -> bool {
    a == b && !a.starts_with(b"W/")
}

/// Evaluates `If-Range` (RFC 9110, section 13.1.5).
fn if_range(condition: &[u8], validators: &Validators) -> bool {
    match date(condition) {
        Some(date) => validators.modified == Some(date),
        None => validators.etag.as_ref().is_some_and(|etag| strong(condition, etag)),
    }
}

/// Reads a date in any of its three forms (RFC 9110, section 5.6.7).
pub(super) fn date(value: &[u8]) -> Option<SystemTime> {
    httpdate::parse_http_date(std::str::from_utf8(value).ok()?.trim()).ok()
}

/// Returns true for an entity tag (RFC 9110, section 8.8.3).
pub(super) fn is_tag(tag: &[u8]) -> bool {
    let quoted = tag.strip_prefix(b"W/").unwrap_or(tag);
    let inner = quoted.strip_prefix(b"\"").and_then(|quoted| quoted.strip_suffix(b"\""));
    inner.is_some_and(|inner| inner.iter().all(|byte| *byte == b'!' || (b'#'..=b'~').contains(byte) || *byte >= 0x80))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{super::facts::TestFacts, *};

    const DATE: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
    const LATER: &str = "Sun, 06 Nov 1994 08:49:38 GMT";

    fn selected(method: &'static str, fields: &[(&'static str, &'static str)]) -> Selected {
        let facts = TestFacts { method, fields: fields.to_vec(), ..TestFacts::default() };
        let validators = Validators { etag: Some(b"\"a,b\"".to_vec()), modified: date(DATE.as_bytes()) };
        select(&facts, &validators, 100)
    }

    #[test]
    fn conditions_by_section_13() {
        use Selected::*;
        for (method, fields, outcome) in [
            ("GET", vec![], Whole),
            ("GET", vec![("If-None-Match", "\"a,b\"")], NotModified),
            ("HEAD", vec![("If-None-Match", "W/\"a,b\"")], NotModified),
            ("GET", vec![("If-None-Match", "\"x\", \"a,b\"")], NotModified),
            ("GET", vec![("If-None-Match", "\"x\""), ("if-none-match", "*")], NotModified),
            ("PUT", vec![("If-None-Match", "*")], PreconditionFailed),
            ("GET", vec![("If-None-Match", "\"x\""), ("If-Modified-Since", LATER)], Whole),
            ("GET", vec![("If-Modified-Since", DATE)], NotModified),
            ("POST", vec![("If-Modified-Since", DATE)], Whole),
            ("GET", vec![("If-Modified-Since", "Sun, 06 Nov 1994 08:49:36 GMT")], Whole),
            ("GET", vec![("If-Modified-Since", "yesterday")], Whole),
            ("PUT", vec![("If-Match", "\"a,b\"")], Whole),
            ("PUT", vec![("If-Match", "W/\"a,b\"")], PreconditionFailed),
            ("PUT", vec![("If-Match", "*")], Whole),
            ("PUT", vec![("If-Match", "")], PreconditionFailed),
            ("PUT", vec![("If-Unmodified-Since", DATE)], Whole),
            ("PUT", vec![("If-Unmodified-Since", "Sat, 05 Nov 1994 08:49:37 GMT")], PreconditionFailed),
            ("PUT", vec![("If-Match", "*"), ("If-Unmodified-Since", "Sat, 05 Nov 1994 08:49:37 GMT")], Whole),
        ] {
            assert_eq!(selected(method, &fields), outcome, "{method} {fields:?}");
        }
    }

    #[test]
    fn ranges_by_section_14() {
        let one = |range| selected("GET", &[("Range", range)]);
        for (range, ranges) in [
            ("bytes=0-0", vec![(0, 0)]),
            ("bytes=10-", vec![(10, 99)]),
            ("bytes=90-1000", vec![(90, 99)]),
            ("bytes=-5", vec![(95, 99)]),
            ("bytes=-500", vec![(0, 99)]),
            ("bytes=0-1, 5-6 ,,-1", vec![(0, 1), (5, 6), (99, 99)]),
            ("bytes=0-1,100-", vec![(0, 1)]),
            ("bytes=0-99999999999999999999999", vec![(0, 99)]),
        ] {
            assert_eq!(one(range), Selected::Ranges(ranges), "{range}");
        }
        for range in ["bytes=100-", "bytes=-0", "bytes=100-200,300-"] {
            assert_eq!(one(range), Selected::Unsatisfiable, "{range}");
        }
        for range in [
            "",
            "bytes",
            "bytes=",
            "bytes=a-b",
            "bytes=5-1",
            "items=0-1",
            "bytes=0-1;2",
            "bytes=0-60,40-99",
            "bytes=--1",
        ] {
            assert_eq!(one(range), Selected::Whole, "{range}");
        }
        let many: &'static str = Box::leak(format!("bytes={}", "0-0,".repeat(51)).into_boxed_str());
        assert_eq!(one(many), Selected::Whole);
        assert_eq!(selected("POST", &[("Range", "bytes=0-0")]), Selected::Whole);
        assert_eq!(selected("HEAD", &[("Range", "bytes=0-0")]), Selected::Whole);
    }

    #[test]
    fn a_range_holds_only_for_the_representation_it_was_meant_for() {
        let range = ("Range", "bytes=0-0");
        let part = Selected::Ranges(vec![(0, 0)]);
        for (condition, outcome) in [
            ("\"a,b\"", &part),
            (DATE, &part),
            ("W/\"a,b\"", &Selected::Whole),
            ("\"x\"", &Selected::Whole),
            (LATER, &Selected::Whole),
        ] {
            assert_eq!(selected("GET", &[range, ("If-Range", condition)]), *outcome, "{condition}");
        }
    }

    #[test]
    fn tags_are_recognised() {
        for (tag, is) in [
            ("\"a\"", true),
            ("W/\"\"", true),
            ("a", false),
            ("\"a", false),
            ("\"a\"b\"", false),
            ("w/\"a\"", false),
            ("\"a b\"", false),
        ] {
            assert_eq!(is_tag(tag.as_bytes()), is, "{tag}");
        }
    }

    proptest! {
        #[test]
        fn any_range_is_within_the_body(range in "(bytes=)?[0-9, -]{0,30}", length in 0..200_u64) {
            if let Selected::Ranges(ranges) = ranges(range.as_bytes(), length) {
                prop_assert!(ranges.iter().all(|(first, last)| first <= last && *last < length));
            }
        }

        #[test]
        fn any_conditions_are_evaluated(list in "[\"W/,* a-b]{0,20}") {
            let list: &'static str = Box::leak(list.into_boxed_str());
            selected("GET", &[("If-None-Match", list), ("If-Match", list), ("If-Range", list), ("Range", list)]);
        }
    }
}
