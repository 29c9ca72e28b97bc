//! A body on its way out, in pieces, with its coding.

use std::{collections::VecDeque, ops::Range, time::Duration};

use bytes::{Bytes, BytesMut};

use super::{act::Act, body::CodingName, coding::Coder, content::Content};

/// Size of a piece when the script chose none: a whole number of alphabets, and below the size of one loopback segment
/// (65,483 bytes).
const PIECE: u64 = 26 * 2518;

/// Bytes that are coded at once.
const BLOCK: u64 = 32 << 10;

/// An act, or a body that is made into acts while it is sent.
#[derive(Debug)]
pub(super) enum Planned {
    Act(Act),
    Body(Pieces),
}

/// A range of a content.
pub(super) type Part = (Content, Range<u64>);

/// Parts of contents, made into pieces.
#[derive(Debug)]
pub(super) struct Pieces {
    parts: VecDeque<Part>,
    size: u64,
    pause: Duration,
    is_raw: bool,
    /// Bytes that may still be sent.
    left: u64,
    coded: Option<Coded>,
    /// Whether a pause comes before the next piece.
    pauses: bool,
}

struct Coded {
    /// `None` once the end was coded.
    coder: Option<Coder>,
    ready: BytesMut,
}

impl std::fmt::Debug for Coded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Coded").field("ready", &self.ready.len()).finish_non_exhaustive()
    }
}

impl Pieces {
    /// Creates pieces of `size` bytes, with a pause between two of them.
    pub(super) fn new(parts: impl IntoIterator<Item = Part>, size: Option<u64>, pause: Duration) -> Self {
        let parts = parts.into_iter().filter(|(_, range)| !range.is_empty()).collect();
        let size = size.unwrap_or(PIECE).max(1);
        Self { parts, size, pause, is_raw: false, left: u64::MAX, coded: None, pauses: false }
    }

    /// Makes the pieces raw bytes.
    pub(super) fn raw(mut self) -> Self {
        self.is_raw = true;
        self
    }

    /// Sends only the first bytes.
    pub(super) fn cut(mut self, bytes: Option<u64>) -> Self {
        self.left = bytes.unwrap_or(u64::MAX);
        self
    }

    /// Codes the bytes while they are sent.
    pub(super) fn coded(mut self, name: CodingName) -> Self {
        self.coded = Coder::new(name).ok().map(|coder| Coded { coder: Some(coder), ready: BytesMut::new() });
        self
    }

    /// Takes at most `most` bytes of the contents.
    fn take(&mut self, most: u64) -> Bytes {
        let mut piece = BytesMut::new();
        while let Some((content, range)) = self.parts.front_mut() {
            let wanted = (most - piece.len() as u64).min(range.end - range.start);
            let bytes = content.slice(range.start, wanted);
            range.start += wanted;
            if range.is_empty() {
                self.parts.pop_front();
            }
            if piece.is_empty() && (wanted == most || self.parts.is_empty()) {
                return bytes;
            }
            piece.extend_from_slice(&bytes);
            if piece.len() as u64 == most {
                break;
            }
        }
        piece.freeze()
    }

    /// Returns the next piece; `None` at the end, `Some(None)` when other tasks should run first.
    fn piece(&mut self) -> Option<Option<Bytes>> {
        let size = self.size.min(self.left);
        if size == 0 {
            return None;
        }
        let Some(mut coded) = self.coded.take() else {
            let piece = self.take(size);
            return (!piece.is_empty()).then_some(Some(piece));
        };
        if (coded.ready.len() as u64) < size && coded.coder.is_some() {
            let block = self.take(BLOCK);
            let more = match coded.coder.take() {
                Some(coder) if block.is_empty() => coder.finish(),
                Some(mut coder) => {
                    let more = coder.push(&block);
                    coded.coder = Some(coder);
                    more
                }
                None => Ok(Vec::new()),
            };
            coded.ready.extend_from_slice(&more.unwrap_or_default());
        }
        let is_enough = coded.ready.len() as u64 >= size || coded.coder.is_none();
        let piece = is_enough.then(|| coded.ready.split_to(coded.ready.len().min(size as usize)).freeze());
        self.coded = Some(coded);
        match piece {
            Some(piece) => (!piece.is_empty()).then_some(Some(piece)),
            None => Some(None),
        }
    }

    /// Returns true when nothing is left.
    fn is_done(&self) -> bool {
        let is_coding = self.coded.as_ref().is_some_and(|coded| coded.coder.is_some() || !coded.ready.is_empty());
        self.left == 0 || !is_coding && self.parts.is_empty()
    }
}

impl Iterator for Pieces {
    type Item = Act;

    fn next(&mut self) -> Option<Act> {
        if std::mem::take(&mut self.pauses) && !self.is_done() {
            return Some(Act::Pause(self.pause));
        }
        Some(match self.piece()? {
            Some(piece) => {
                self.left -= piece.len() as u64;
                self.pauses = !self.pause.is_zero();
                if self.is_raw { Act::Raw(piece) } else { Act::Piece(piece) }
            }
            None => Act::Pause(Duration::ZERO),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    fn sizes(pieces: Pieces) -> Vec<i64> {
        let size = |act| match act {
            Act::Piece(bytes) | Act::Raw(bytes) => i64::try_from(bytes.len()).unwrap(),
            Act::Pause(pause) => -i64::try_from(pause.as_millis()).unwrap(),
            other => panic!("{other:?}"),
        };
        pieces.map(size).collect()
    }

    #[test]
    fn pieces_have_the_chosen_size_and_pauses_between_them() {
        let ms = Duration::from_millis;
        let pieces = |length, size, pause| Pieces::new([(Content::Fill(length), 0..length)], size, ms(pause));
        assert_eq!(sizes(pieces(10, Some(4), 5)), [4, -5, 4, -5, 2]);
        assert_eq!(sizes(pieces(8, Some(4), 0)), [4, 4]);
        assert_eq!(sizes(pieces(8, Some(4), 5)), [4, -5, 4]);
        assert_eq!(sizes(pieces(0, Some(4), 5)), [0_i64; 0]);
        assert_eq!(sizes(pieces(100_000, None, 0)), [65_468, 34_532]);
        assert_eq!(sizes(pieces(10, Some(4), 5).cut(Some(6))), [4, -5, 2]);
        assert_eq!(sizes(pieces(10, Some(4), 5).cut(Some(4))), [4]);
        assert_eq!(sizes(pieces(10, Some(4), 5).cut(Some(0))), [0_i64; 0]);
    }

    #[test]
    fn pieces_go_on_over_several_contents() {
        let part = |text: &'static str, range| (Content::Bytes(Bytes::from_static(text.as_bytes())), range);
        let parts = [part("abc", 0..3), part("", 0..0), part("xdex", 1..3), part("fghi", 0..4)];
        let pieces: Vec<_> = Pieces::new(parts, Some(4), Duration::ZERO).collect();
        let expected = ["abcd", "efgh", "i"].map(|text| Act::Piece(Bytes::from_static(text.as_bytes())));
        assert_eq!(pieces, expected);
    }

    #[test]
    fn a_coded_body_leaves_in_pieces_and_lets_other_tasks_run() {
        let content = Content::Random { length: 1_000_000, seed: Bytes::new() };
        let acts: Vec<_> = Pieces::new([(content.clone(), 0..1_000_000)], Some(9000), Duration::ZERO)
            .coded(CodingName::Gzip)
            .collect();
        assert!(acts.contains(&Act::Pause(Duration::ZERO)));
        let coded: Vec<u8> = acts
            .iter()
            .filter_map(|act| if let Act::Piece(bytes) = act { Some(bytes) } else { None })
            .flatten()
            .copied()
            .collect();
        let mut text = Vec::new();
        flate2::read::GzDecoder::new(&*coded).read_to_end(&mut text).unwrap();
        assert!(text == content.slice(0, u64::MAX));
    }
}
