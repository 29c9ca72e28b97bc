//! Content codings: bytes in, coded bytes out, in steps that hold up a thread for a few milliseconds at most.

use std::io::{self, Write};

use bytes::Bytes;

use super::body::CodingName;

/// Window of brotli as a power of two: 256 KiB, which bounds its memory.
const BROTLI_WINDOW: u32 = 18;

/// An encoder. Memory: at most about 1 MiB.
pub(super) enum Coder {
    Gzip(flate2::write::GzEncoder<Vec<u8>>),
    Deflate(flate2::write::ZlibEncoder<Vec<u8>>),
    Br(Box<brotli::CompressorWriter<Vec<u8>>>),
    Zstd(zstd::stream::write::Encoder<'static, Vec<u8>>),
}

impl Coder {
    /// Creates an encoder. The same input gives the same output.
    ///
    /// # Errors
    /// Out of memory in zstd.
    pub(super) fn new(name: CodingName) -> io::Result<Self> {
        let level = flate2::Compression::default();
        Ok(match name {
            CodingName::Gzip => Self::Gzip(flate2::write::GzEncoder::new(Vec::new(), level)),
            CodingName::Deflate => Self::Deflate(flate2::write::ZlibEncoder::new(Vec::new(), level)),
            CodingName::Br => Self::Br(Box::new(brotli::CompressorWriter::new(Vec::new(), 16 << 10, 4, BROTLI_WINDOW))),
            CodingName::Zstd => Self::Zstd(zstd::stream::write::Encoder::new(Vec::new(), 1)?),
        })
    }

    /// Codes the next bytes. Returns what is ready.
    ///
    /// # Errors
    /// Out of memory in zstd.
    pub(super) fn push(&mut self, bytes: &[u8]) -> io::Result<Vec<u8>> {
        match self {
            Self::Gzip(coder) => coder.write_all(bytes).map(|()| std::mem::take(coder.get_mut())),
            Self::Deflate(coder) => coder.write_all(bytes).map(|()| std::mem::take(coder.get_mut())),
            Self::Br(coder) => coder.write_all(bytes).map(|()| std::mem::take(coder.get_mut())),
            Self::Zstd(coder) => coder.write_all(bytes).map(|()| std::mem::take(coder.get_mut())),
        }
    }

    /// Ends the coded body. Returns its rest.
    ///
    /// # Errors
    /// Out of memory in zstd.
    pub(super) fn finish(self) -> io::Result<Vec<u8>> {
        match self {
            Self::Gzip(coder) => coder.finish(),
            Self::Deflate(coder) => coder.finish(),
            Self::Br(coder) => Ok(coder.into_inner()),
            Self::Zstd(coder) => coder.finish(),
        }
    }
}

/// Codes bytes at once.
///
/// # Errors
/// Out of memory in zstd.
pub(super) fn code(name: CodingName, bytes: &[u8]) -> io::Result<Bytes> {
    let mut coder = Coder::new(name)?;
    let mut coded = coder.push(bytes)?;
    coded.extend(coder.finish()?);
    Ok(coded.into())
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    fn decode(name: CodingName, coded: &[u8]) -> Vec<u8> {
        let mut text = Vec::new();
        match name {
            CodingName::Gzip => flate2::read::GzDecoder::new(coded).read_to_end(&mut text),
            CodingName::Deflate => flate2::read::ZlibDecoder::new(coded).read_to_end(&mut text),
            CodingName::Br => brotli::Decompressor::new(coded, 4096).read_to_end(&mut text),
            CodingName::Zstd => zstd::stream::read::Decoder::new(coded).unwrap().read_to_end(&mut text),
        }
        .unwrap();
        text
    }

    #[test]
    fn what_was_coded_comes_back_and_is_the_same_each_time() {
        for name in [CodingName::Gzip, CodingName::Deflate, CodingName::Br, CodingName::Zstd] {
            for length in [0, 1, 300_000] {
                let text: Vec<u8> = (0..length).map(|at: u32| (at % 251) as u8).collect();
                let coded = code(name, &text).unwrap();
                assert_eq!(decode(name, &coded), text, "{name:?} {length}");
                assert_eq!(code(name, &text).unwrap(), coded);
                let mut coder = Coder::new(name).unwrap();
                let mut pieces = Vec::new();
                for piece in text.chunks(7000) {
                    pieces.extend(coder.push(piece).unwrap());
                }
                pieces.extend(coder.finish().unwrap());
                assert_eq!(decode(name, &pieces), text, "{name:?} {length} in pieces");
            }
        }
    }
}
