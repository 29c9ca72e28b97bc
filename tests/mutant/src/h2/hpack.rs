//! HPACK (RFC 7541): a whole decoder, and an encoder that only writes literals and so needs no state.

use std::collections::VecDeque;

/// Name and value of a field.
pub(crate) type Field = (Vec<u8>, Vec<u8>);

/// Lengths of the Huffman codes of all bytes (RFC 7541, appendix B). The code is canonical: the lengths say it all.
const LENGTHS: [u8; 256] = [
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28,
    28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12,
    10, 13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6, 15, 5, 6,
    5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28, 20, 22, 20, 20, 22, 22,
    22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24, 22, 21, 20,
    22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
    26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28,
    27, 27, 27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28,
    27, 27, 27, 27, 27, 26,
];

/// The static table (RFC 7541, appendix A).
const STATIC: [(&[u8], &[u8]); 61] = [
    (b":authority", b""),
    (b":method", b"GET"),
    (b":method", b"POST"),
    (b":path", b"/"),
    (b":path", b"/index.html"),
    (b":scheme", b"http"),
    (b":scheme", b"https"),
    (b":status", b"200"),
    (b":status", b"204"),
    (b":status", b"206"),
    (b":status", b"304"),
    (b":status", b"400"),
    (b":status", b"404"),
    (b":status", b"500"),
    (b"accept-charset", b""),
    (b"accept-encoding", b"gzip, deflate"),
    (b"accept-language", b""),
    (b"accept-ranges", b""),
    (b"accept", b""),
    (b"access-control-allow-origin", b""),
    (b"age", b""),
    (b"allow", b""),
    (b"authorization", b""),
    (b"cache-control", b""),
    (b"content-disposition", b""),
    (b"content-encoding", b""),
    (b"content-language", b""),
    (b"content-length", b""),
    (b"content-location", b""),
    (b"content-range", b""),
    (b"content-type", b""),
    (b"cookie", b""),
    (b"date", b""),
    (b"etag", b""),
    (b"expect", b""),
    (b"expires", b""),
    (b"from", b""),
    (b"host", b""),
    (b"if-match", b""),
    (b"if-modified-since", b""),
    (b"if-none-match", b""),
    (b"if-range", b""),
    (b"if-unmodified-since", b""),
    (b"last-modified", b""),
    (b"link", b""),
    (b"location", b""),
    (b"max-forwards", b""),
    (b"proxy-authenticate", b""),
    (b"proxy-authorization", b""),
    (b"range", b""),
    (b"referer", b""),
    (b"refresh", b""),
    (b"retry-after", b""),
    (b"server", b""),
    (b"set-cookie", b""),
    (b"strict-transport-security", b""),
    (b"transfer-encoding", b""),
    (b"user-agent", b""),
    (b"vary", b""),
    (b"via", b""),
    (b"www-authenticate", b""),
];

/// Largest dynamic table that is kept, whatever is announced.
const LARGEST: usize = 1 << 20;

/// Decoder of the field blocks of one direction.
#[derive(Debug)]
pub(crate) struct Decoder {
    table: VecDeque<Field>,
    size: usize,
    most: usize,
    codes: Vec<(u32, u8, u8)>,
}

impl Decoder {
    /// Begins with an empty table of 4,096 bytes.
    pub(crate) fn new() -> Self {
        let mut symbols: Vec<(u8, u8)> = (0..=255_u8).zip(LENGTHS).map(|(symbol, length)| (length, symbol)).collect();
        symbols.sort_unstable();
        let (mut code, mut before, mut codes) = (0_u32, 0_u8, Vec::new());
        for (length, symbol) in symbols {
            code <<= length - before;
            codes.push((code, length, symbol));
            (code, before) = (code + 1, length);
        }
        Self { table: VecDeque::new(), size: 0, most: 4096, codes }
    }

    /// Decodes a block; `None` when it is malformed.
    pub(crate) fn decode(&mut self, block: &[u8]) -> Option<Vec<Field>> {
        let (mut fields, mut rest) = (Vec::new(), block);
        while let Some(first) = rest.first() {
            if first & 0x80 != 0 {
                let index = integer(&mut rest, 7)?;
                fields.push(self.at(index)?);
            } else if first & 0xe0 == 0x20 {
                self.most = integer(&mut rest, 5)?.min(LARGEST);
                self.evict();
            } else {
                let keeps = first & 0x40 != 0;
                let index = integer(&mut rest, if keeps { 6 } else { 4 })?;
                let name = if index == 0 { self.text(&mut rest)? } else { self.at(index)?.0 };
                let field = (name, self.text(&mut rest)?);
                if keeps {
                    self.size += field.0.len() + field.1.len() + 32;
                    self.table.push_front(field.clone());
                    self.evict();
                }
                fields.push(field);
            }
        }
        Some(fields)
    }

    fn at(&self, index: usize) -> Option<Field> {
        match STATIC.get(index.checked_sub(1)?) {
            Some((name, value)) => Some((name.to_vec(), value.to_vec())),
            None => self.table.get(index - STATIC.len() - 1).cloned(),
        }
    }

    fn evict(&mut self) {
        while self.size > self.most {
            let Some((name, value)) = self.table.pop_back() else { break };
            self.size -= name.len() + value.len() + 32;
        }
    }

    fn text(&self, rest: &mut &[u8]) -> Option<Vec<u8>> {
        let coded = rest.first()? & 0x80 != 0;
        let length = integer(rest, 7)?;
        let (text, after) = rest.split_at_checked(length)?;
        *rest = after;
        if coded { self.huffman(text) } else { Some(text.to_vec()) }
    }

    fn huffman(&self, text: &[u8]) -> Option<Vec<u8>> {
        let (mut out, mut code, mut length) = (Vec::new(), 0_u32, 0_u8);
        for bit in text.iter().flat_map(|byte| (0..8).rev().map(move |at| (byte >> at) & 1)) {
            code = (code << 1) | u32::from(bit);
            length += 1;
            let found = self.codes.binary_search_by(|(other, bits, _)| (*bits, *other).cmp(&(length, code)));
            if let Some((_, _, symbol)) = found.ok().and_then(|at| self.codes.get(at)) {
                out.push(*symbol);
                (code, length) = (0, 0);
            } else if length > 30 {
                return None;
            }
        }
        // What is left is padding: fewer than 8 bits, all of them 1.
        (length < 8 && code == (1 << length) - 1).then_some(out)
    }
}

/// Encodes fields as literals that no table keeps.
pub(crate) fn encode(fields: &[Field]) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, value) in fields {
        out.push(0);
        for text in [name, value] {
            write_integer(&mut out, text.len());
            out.extend_from_slice(text);
        }
    }
    out
}

fn write_integer(out: &mut Vec<u8>, number: usize) {
    let Some(mut rest) = number.checked_sub(127) else {
        out.push(u8::try_from(number).unwrap_or_default());
        return;
    };
    out.push(127);
    while rest >= 128 {
        out.push(u8::try_from(rest & 127).unwrap_or_default() | 128);
        rest >>= 7;
    }
    out.push(u8::try_from(rest).unwrap_or_default());
}

/// Takes an integer with a prefix of so many bits (RFC 7541, section 5.1).
fn integer(rest: &mut &[u8], bits: u32) -> Option<usize> {
    let (first, mut after) = rest.split_first()?;
    let mask = (1_usize << bits) - 1;
    let mut number = usize::from(*first) & mask;
    if number == mask {
        let mut shift = 0;
        loop {
            let (byte, next) = after.split_first()?;
            after = next;
            number = number.checked_add(usize::from(byte & 127) << shift)?;
            shift += 7;
            if byte & 128 == 0 {
                break;
            }
            if shift > 28 {
                return None;
            }
        }
    }
    *rest = after;
    Some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(hex: &str) -> Vec<u8> {
        (0..hex.len() / 2).map(|at| u8::from_str_radix(&hex[at * 2..at * 2 + 2], 16).unwrap()).collect()
    }

    #[test]
    fn the_examples_of_the_rfc_decode() {
        // RFC 7541, appendix C.4: three requests on one connection, with Huffman codes and the dynamic table.
        let mut decoder = Decoder::new();
        let first = decoder.decode(&bytes("828684418cf1e3c2e5f23a6ba0ab90f4ff")).unwrap();
        assert_eq!(first[3], (b":authority".to_vec(), b"www.example.com".to_vec()));
        let second = decoder.decode(&bytes("828684be5886a8eb10649cbf")).unwrap();
        assert_eq!(second[3].1, b"www.example.com");
        assert_eq!(second[4], (b"cache-control".to_vec(), b"no-cache".to_vec()));
        let third = decoder.decode(&bytes("828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf")).unwrap();
        assert_eq!(third[4], (b"custom-key".to_vec(), b"custom-value".to_vec()));
    }

    #[test]
    fn what_is_encoded_decodes() {
        let fields = vec![(b":path".to_vec(), b"/".to_vec()), (b"x".to_vec(), vec![b'a'; 100_000])];
        assert_eq!(Decoder::new().decode(&encode(&fields)), Some(fields));
    }

    #[test]
    fn bad_blocks_are_refused() {
        for hex in ["80", "ff", "ffffffffffffffffff", "00", "0001", "be", "0081ff8100"] {
            assert_eq!(Decoder::new().decode(&bytes(hex)), None, "{hex}");
        }
    }
}
