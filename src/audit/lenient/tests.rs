//! The lenient lines of malformed heads.

use proptest::prelude::*;

use super::{Line, RAW_MAX, lines};

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Names and value of a line.
type Read = (Vec<String>, String);

fn read(raw: &[u8]) -> Vec<Read> {
    let line = |line: Line| {
        let fields: Vec<_> = line.fields(raw).collect();
        let value = fields.first().map_or(&[][..], |(_, value)| &raw[value.clone()]);
        (fields.iter().map(|(name, _)| text(name)).collect(), text(value))
    };
    lines(raw).map(line).collect()
}

#[test]
fn names_are_found_leniently() {
    let line = |names: &[&str], value: &str| (names.iter().map(|n| (*n).to_owned()).collect(), value.to_owned());
    let cases: [(&[u8], Vec<Read>); 10] = [
        (b"A: b\r\nC:d\n\r\n", vec![line(&["A"], " b"), line(&["C"], "d"), line(&[], "")]),
        (b"X-Api-Key : s\r\n", vec![line(&["X-Api-Key"], " s")]),
        (b"\x00 Cookie\t\x0b: s", vec![line(&["Cookie"], " s")]),
        (
            b"Authorization: a\r\n b\n\tc: d\r\nE: f",
            vec![line(&["Authorization", "c"], " a\r\n b\n\tc: d"), line(&["E"], " f")],
        ),
        (b"X: y\rCookie: s", vec![line(&["X", "Cookie"], " y\rCookie: s")]),
        (b"Cookie: s\rt: u", vec![line(&["Cookie", "t"], " s\rt: u")]),
        (b"no colon\r\n", vec![line(&[], "")]),
        (b": v\n", vec![line(&[""], " v")]),
        (b"Cookie\r: s", vec![line(&["Cookie"], " s")]),
        (b"", vec![]),
    ];
    for (raw, expected) in cases {
        assert_eq!(read(raw), expected, "{}", raw.escape_ascii());
    }
}

proptest! {
    /// Lines come in order, without a byte between them but line ends, and end with the first 64 KiB.
    #[test]
    fn lines_cover_everything(raw in proptest::collection::vec(proptest::sample::select(b"a:\r\n \t\0".to_vec()), 0..60)) {
        let mut end = 0;
        for line in lines(&raw) {
            prop_assert!(line.text.start >= end);
            for (_, value) in line.fields(&raw) {
                prop_assert!(value.start > line.text.start && value.start <= value.end && value.end == line.text.end);
                prop_assert_eq!(raw[value.start - 1], b':');
            }
            prop_assert!(raw[end..line.text.start].iter().all(|byte| b"\r\n".contains(byte)));
            end = line.text.end;
        }
        prop_assert!(raw[end..].iter().all(|byte| b"\r\n".contains(byte)));
    }
}

#[test]
fn only_the_first_64_kib_are_looked_at() {
    let raw = b"A: b\r\n".repeat(RAW_MAX);
    assert_eq!(lines(&raw).count(), RAW_MAX.div_ceil(6));
    assert_eq!(lines(&raw).last().unwrap().text.end, RAW_MAX);
}
