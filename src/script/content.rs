//! Bytes of a body, generated where they are asked for.

use bytes::Bytes;

use crate::wire::{Pcg, generator::Fnv1a};

/// A body of known length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Content {
    Bytes(Bytes),
    /// The alphabet, repeated.
    Fill(u64),
    /// Random bytes, the same for the same seed.
    Random {
        length: u64,
        seed: Bytes,
    },
}

/// Bytes of random content that are drawn from one generator: a slice may begin at any block.
const BLOCK: u64 = 4096;

/// The alphabet, repeated.
static ALPHABETS: [u8; 26 * 2560] = {
    let mut bytes = [0; 26 * 2560];
    let mut at = 0;
    while at < bytes.len() {
        bytes[at] = b'a' + (at % 26) as u8;
        at += 1;
    }
    bytes
};

impl Content {
    /// Returns the length in bytes.
    pub(super) fn len(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Fill(length) | Self::Random { length, .. } => *length,
        }
    }

    /// Returns `length` bytes from `start` on, fewer at the end.
    pub(super) fn slice(&self, start: u64, length: u64) -> Bytes {
        let start = start.min(self.len());
        let length = length.min(self.len() - start) as usize;
        match self {
            Self::Bytes(bytes) => bytes.slice(start as usize..start as usize + length),
            Self::Fill(_) => {
                let first = (start % 26) as usize;
                if first + length <= ALPHABETS.len() {
                    return Bytes::from_static(&ALPHABETS[first..first + length]);
                }
                ALPHABETS.iter().copied().cycle().skip(first).take(length).collect()
            }
            Self::Random { seed, .. } => {
                let mut bytes = Vec::with_capacity(length + 2 * BLOCK as usize);
                let mut block = start / BLOCK;
                let skip = (start % BLOCK) as usize;
                while bytes.len() < skip + length {
                    let mut generator = generator(seed, block);
                    for _ in 0..BLOCK / 8 {
                        bytes.extend_from_slice(&generator.next_u64().to_le_bytes());
                    }
                    block += 1;
                }
                Bytes::from(bytes).slice(skip..skip + length)
            }
        }
    }
}

/// Returns the generator of one block of random bytes.
fn generator(seed: &[u8], block: u64) -> Pcg {
    let hash = |salt: &[u8]| Fnv1a::new().write(salt).write(seed).write(b"|").write(&block.to_le_bytes()).finish();
    Pcg::new(hash(b"script|"), hash(b"body|"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn whole(content: &Content) -> Bytes {
        content.slice(0, u64::MAX)
    }

    #[test]
    fn contents_are_what_they_are() {
        assert_eq!(whole(&Content::Fill(28)), b"abcdefghijklmnopqrstuvwxyzab"[..]);
        assert_eq!(whole(&Content::Fill(0)), b""[..]);
        let random =
            |seed: &'static str| whole(&Content::Random { length: 9000, seed: Bytes::from_static(seed.as_bytes()) });
        assert_eq!((random("a").len(), random("a") == random("a"), random("a") == random("b")), (9000, true, false));
        // A seed gives the same bytes in every version.
        assert_eq!(random("demo")[..4], [154, 166, 11, 152]);
    }

    proptest! {
        #[test]
        fn slices_make_up_the_whole(length in 0..200_000_u64, cut in 0..200_000_u64) {
            for content in [Content::Fill(length), Content::Random { length, seed: Bytes::from_static(b"s") }] {
                let cut = cut.min(length);
                let halves = [content.slice(0, cut), content.slice(cut, u64::MAX)].concat();
                prop_assert_eq!(halves.len() as u64, length);
                prop_assert!(halves == whole(&content));
            }
        }
    }
}
