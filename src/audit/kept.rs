//! The first bytes of a body, taken while it passes.

use bytes::{Bytes, BytesMut};

/// Chunks at least this large are shared, not copied: what they stand in is not much larger than themselves.
const SHARED_LEAST: usize = 16 * 1024;

/// Keeps the first bytes of a body and counts all of them.
#[derive(Debug, Default)]
pub struct Kept {
    max: usize,
    total: u64,
    kept: usize,
    pieces: Vec<Bytes>,
    tail: BytesMut,
}

impl Kept {
    /// Keeps at most `max` bytes.
    #[must_use]
    pub fn new(max: usize) -> Self {
        Self { max, ..Self::default() }
    }

    /// Takes note of the next chunk. Small chunks are copied: a piece of a read buffer would keep all of it.
    pub fn pass(&mut self, chunk: &Bytes) {
        self.total += chunk.len() as u64;
        let take = chunk.len().min(self.max - self.kept);
        if take == 0 {
            return;
        }
        self.kept += take;
        if take >= SHARED_LEAST {
            self.flush();
            self.pieces.push(chunk.slice(..take));
        } else {
            self.tail.extend_from_slice(&chunk[..take]);
        }
    }

    /// Takes over a body that is in memory as a whole, without copying it.
    pub fn pass_whole(&mut self, body: &Bytes) {
        self.total += body.len() as u64;
        let take = body.len().min(self.max - self.kept);
        if take > 0 {
            self.kept += take;
            self.flush();
            self.pieces.push(body.slice(..take));
        }
    }

    fn flush(&mut self) {
        if !self.tail.is_empty() {
            self.pieces.push(self.tail.split().freeze());
        }
    }

    /// Bytes that passed.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.total
    }

    /// True when more passed than was kept.
    #[must_use]
    pub const fn is_truncated(&self) -> bool {
        self.total > self.kept as u64
    }

    /// The bytes that were kept, in one piece.
    #[must_use]
    pub fn take(&mut self) -> Bytes {
        self.flush();
        match self.pieces.len() {
            0 => Bytes::new(),
            1 => self.pieces.swap_remove(0),
            _ => std::mem::take(&mut self.pieces).concat().into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn keeps_the_first_bytes(sizes in prop::collection::vec(0..40_000_usize, 0..8), max in 0..60_000_usize, whole in any::<bool>()) {
            let mut kept = Kept::new(max);
            let mut all = Vec::new();
            for (n, size) in sizes.iter().enumerate() {
                let chunk: Vec<u8> = (0..*size).map(|at| (at + n) as u8).collect();
                all.extend_from_slice(&chunk);
                let chunk = Bytes::from(chunk);
                if whole { kept.pass_whole(&chunk) } else { kept.pass(&chunk) }
            }
            prop_assert_eq!(kept.total(), all.len() as u64);
            prop_assert_eq!(kept.is_truncated(), all.len() > max);
            prop_assert_eq!(&kept.take()[..], &all[..all.len().min(max)]);
        }
    }
}
