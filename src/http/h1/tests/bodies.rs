//! Chunked bodies: their record, their limits and the cost of decoding.

use bytes::BytesMut;

use super::super::{
    chunked::{Decoder, Piece},
    parse::Limits,
    rule::{Refusal, Rule},
};

const LIMITS: Limits = Limits { head_bytes: 1024, fields: 10 };

/// Decodes `pieces` to the end of the body. Returns the data and the number of returned pieces.
fn decode<'p>(
    decoder: &mut Decoder,
    pieces: impl IntoIterator<Item = &'p [u8]>,
) -> Result<(Vec<u8>, usize), (Refusal, Vec<u8>)> {
    let (mut buf, mut data, mut count) = (BytesMut::new(), Vec::new(), 0);
    for piece in pieces {
        buf.extend_from_slice(piece);
        loop {
            match decoder.step(&mut buf) {
                Ok(Piece::Data(bytes)) => {
                    assert!(!bytes.is_empty());
                    data.extend_from_slice(&bytes);
                    count += 1;
                }
                Ok(Piece::More) => break,
                Ok(Piece::End) => return Ok((data, count)),
                Err(refusal) => {
                    assert_eq!(decoder.step(&mut buf), Err(refusal), "the same again");
                    return Err((refusal, data));
                }
            }
        }
        assert!(buf.len() <= LIMITS.head_bytes, "{} bytes wait", buf.len());
    }
    panic!("the body has no end");
}

#[test]
fn sizes_extensions_and_trailers_are_recorded() {
    let body = b"3;a=1 \r\nabc\r\n005\r\nhello\r\n0 ;last\r\nX-Sum: 8\r\nx-sum:9\r\n\r\n";
    for piece in [1, 2, 7, body.len()] {
        let mut decoder = Decoder::new(LIMITS);
        let (data, _) = decode(&mut decoder, body.chunks(piece)).unwrap();
        assert_eq!(data, b"abchello");
        assert_eq!((decoder.record.borrow().chunks, decoder.record.borrow().taken), (2, body.len()));
        assert_eq!(decoder.record.borrow().sizes, [3, 5]);
        assert_eq!(decoder.record.borrow().extensions, [(0, b";a=1 ".to_vec()), (2, b";last".to_vec())]);
        let record = decoder.record.borrow();
        let trailers: Vec<_> = record.trailers.iter().collect();
        assert_eq!(trailers, [(&b"X-Sum"[..], &b"8"[..]), (b"x-sum", b"9")]);
        assert_eq!(decoder.record.borrow().trailers.text(), b"X-Sum: 8\r\nx-sum:9\r\n\r\n");
    }
}

#[test]
fn what_is_recorded_is_bounded() {
    let text = format!("1;{}\r\nx\r\n", "e".repeat(100)).repeat(200);
    let body = [text.as_bytes(), b"0\r\n\r\n"].concat();
    let mut decoder = Decoder::new(LIMITS);
    decode(&mut decoder, body.chunks(50)).unwrap();
    assert_eq!((decoder.record.borrow().chunks, decoder.record.borrow().sizes.len()), (200, 64));
    assert_eq!(decoder.record.borrow().extensions.len(), 16);
    assert_eq!(decoder.record.borrow().extensions.iter().map(|(_, text)| text.len()).sum::<usize>(), 1024);
}

#[test]
fn endless_extensions_and_trailers_are_refused() {
    let endless = |start: &[u8], more: &[u8]| {
        let mut decoder = Decoder::new(LIMITS);
        let pieces = std::iter::once(start).chain(std::iter::repeat(more));
        decode(&mut decoder, pieces).unwrap_err().0
    };
    let extensions = 64 * 1024;
    assert_eq!(endless(b"5;", b"aaaaaaa"), Refusal::new(Rule::BadChunkExtension, extensions + 1));
    assert_eq!(endless(b"5;", b"a"), Refusal::new(Rule::BadChunkExtension, extensions + 1));
    assert_eq!(endless(b"5", b" "), Refusal::new(Rule::BadChunkExtension, extensions + 1));
    let many = endless(b"", b"1;aa\r\nx\r\n");
    assert_eq!((many.rule, many.at), (Rule::BadChunkExtension, 9 * (extensions / 3) + 2));
    assert_eq!(endless(b"0\r\n", b"A: b\r\n"), Refusal::new(Rule::TrailersTooLarge, 3 + 60));
    assert_eq!(endless(b"0\r\nA:", b"b"), Refusal::new(Rule::TrailersTooLarge, 3 + 1024));
    assert_eq!(endless(b"", b"0"), Refusal::new(Rule::BadChunkSize, 16));
}

#[test]
fn tiny_chunks_are_handed_on_together() {
    const MEGABYTES: usize = 16;
    let block = b"1\r\nx\r\n".repeat(10_000);
    let blocks = (MEGABYTES << 20) / 10_000;
    let mut decoder = Decoder::new(LIMITS);
    let pieces = std::iter::repeat_n(block.as_slice(), blocks).chain([&b"0\r\n\r\n"[..]]);
    let (data, count) = decode(&mut decoder, pieces).unwrap();
    assert_eq!(data.len(), blocks * 10_000);
    assert_eq!(decoder.record.borrow().chunks, blocks as u64 * 10_000);
    assert!(count <= blocks, "{count} pieces");
}

#[test]
fn large_chunks_are_handed_on_without_a_copy() {
    let mut buf = BytesMut::from(&b"2000\r\n"[..]);
    buf.extend_from_slice(&[b'x'; 0x2000]);
    let place = buf[6..].as_ptr();
    let mut decoder = Decoder::new(LIMITS);
    let Ok(Piece::Data(data)) = decoder.step(&mut buf) else { panic!("no data") };
    assert_eq!((data.as_ptr(), data.len()), (place, 0x2000));
}

#[test]
fn data_before_a_broken_chunk_is_handed_out() {
    let mut decoder = Decoder::new(LIMITS);
    let (refusal, data) = decode(&mut decoder, [&b"3\r\nabc\r\n2\r\ndeX"[..]]).unwrap_err();
    assert_eq!((refusal, data.as_slice()), (Refusal::new(Rule::BadChunkEnd, 13), &b"abcde"[..]));
}
