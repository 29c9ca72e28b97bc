//! Input split anywhere has the same outcome.

use proptest::prelude::*;

use super::{LIMITS, Reader, matrix, understood};

#[test]
fn each_case_has_the_same_outcome_cut_at_every_byte() {
    for (bytes, _) in matrix::cases() {
        let whole = understood(&bytes, usize::MAX, LIMITS);
        assert_eq!(understood(&bytes, 1, LIMITS), whole, "{}", bytes.escape_ascii());
        for cut in 1..bytes.len() {
            let mut reader = Reader::new(LIMITS);
            reader.feed(&bytes[..cut]);
            reader.feed(&bytes[cut..]);
            assert_eq!(reader.outcome(), whole, "{} cut at {cut}", bytes.escape_ascii());
        }
    }
}

/// A request is refused by the end of the broken line at the latest. Only the last transfer coding is known no earlier
/// than at the end of the head.
#[test]
fn a_refusal_comes_as_soon_as_it_is_known() {
    let mut seen = 0;
    for (bytes, outcome) in matrix::cases() {
        let Some((rule, at)) = outcome.split_once('@').filter(|(rule, _)| !rule.contains(' ')) else { continue };
        if matches!(rule, "chunked-not-last" | "unknown-transfer-coding") {
            continue;
        }
        let at: usize = at.parse().unwrap();
        let mut reader = Reader::new(LIMITS);
        let fed = 1 + bytes
            .iter()
            .take_while(|byte| {
                reader.feed(std::slice::from_ref(*byte));
                !reader.ended
            })
            .count();
        assert!(memchr::memmem::find(&bytes[at..fed - 1], b"\r\n").is_none(), "{}: {outcome}", bytes.escape_ascii());
        seen += 1;
    }
    assert!(seen > 60, "{seen} refusals");
}

/// Generates bytes that often look like requests.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let words: Vec<&'static [u8]> = vec![
        b"GET ",
        b"POST ",
        b"/",
        b"*",
        b" ",
        b"HTTP/1.1",
        b"HTTP/1.0",
        b"\r\n",
        b"\r",
        b"\n",
        b"Host: a\r\n",
        b"Host:",
        b"Content-Length: 3\r\n",
        b"Content-Length:",
        b"Transfer-Encoding: chunked\r\n",
        b"Transfer-Encoding:",
        b"chunked",
        b",",
        b";",
        b":",
        b"\t",
        b"0\r\n\r\n",
        b"3\r\nabc\r\n",
        b"3",
        b"abc",
        b"X: y\r\n",
        b"\0",
        b"\xff",
        b"Connection: close\r\n",
        b"Expect: 100-continue\r\n",
        b"http://a/",
        b"GET / HTTP/1.1\r\nHost: a\r\n",
        b"GET /b HTTP/1.1\r\nHost: a\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
    ];
    prop_oneof![
        8 => proptest::sample::select(words).prop_map(<[u8]>::to_vec),
        1 => proptest::collection::vec(any::<u8>(), 0..4),
    ]
}

pub(super) fn connection() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(piece(), 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_bytes_have_one_outcome_however_they_arrive(bytes in connection(), piece in 1_usize..9) {
        prop_assert_eq!(understood(&bytes, piece, LIMITS), understood(&bytes, usize::MAX, LIMITS));
    }

    /// Further bytes never change the outcome of earlier ones.
    #[test]
    fn what_was_understood_stays(bytes in connection(), more in connection()) {
        let before = understood(&bytes, usize::MAX, LIMITS);
        let both = understood(&[bytes, more].concat(), usize::MAX, LIMITS);
        let before = before.trim_end_matches("...").trim_end();
        prop_assert!(both.starts_with(before), "{:?} became {:?}", before, both);
    }
}
