//! The first bytes of a body, copied while it passes.
//!
//! Kept bytes never hold a larger allocation alive: a chunk that is kept in part is copied at once, and the result is a
//! copy of exactly its own size. So the weight of a record is the memory that it really holds.

use bytes::{Bytes, BytesMut};

/// Chunks of at least this many bytes that are kept whole are shared, not copied, while the body passes: their
/// allocation is hardly larger than they are.
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

    /// Records the next chunk. Small chunks are copied, because a slice of a read buffer would keep all of it alive.
    pub fn pass(&mut self, chunk: &Bytes) {
        self.total += chunk.len() as u64;
        let take = chunk.len().min(self.max - self.kept);
        if take == 0 {
            return;
        }
        self.kept += take;
        if take >= SHARED_LEAST && take == chunk.len() {
            self.flush();
            self.pieces.push(chunk.clone());
        } else {
            self.tail.extend_from_slice(&chunk[..take]);
        }
    }

    /// Records a body that is in memory as a whole. It is shared for now, unless only its beginning is kept.
    pub fn pass_whole(&mut self, body: &Bytes) {
        self.pass_beginning(body, body.len() as u64);
    }

    /// Records a body of `total` bytes whose beginning is in memory: all of them, or as many as are kept at most.
    pub fn pass_beginning(&mut self, body: &Bytes, total: u64) {
        self.total += total;
        let take = body.len().min(self.max - self.kept);
        if take == 0 {
            return;
        }
        self.kept += take;
        self.flush();
        self.pieces.push(if take == body.len() { body.clone() } else { Bytes::copy_from_slice(&body[..take]) });
    }

    fn flush(&mut self) {
        if !self.tail.is_empty() {
            self.pieces.push(self.tail.split().freeze());
        }
    }

    /// Number of bytes that are kept at most.
    #[must_use]
    pub const fn max(&self) -> usize {
        self.max
    }

    /// Total number of bytes that passed.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.total
    }

    /// Number of bytes that are kept.
    #[must_use]
    pub const fn kept(&self) -> usize {
        self.kept
    }

    /// Returns true when more bytes passed than are kept.
    #[must_use]
    pub const fn is_truncated(&self) -> bool {
        self.total > self.kept as u64
    }

    /// Takes the kept bytes, in an allocation of their own.
    #[must_use]
    pub fn take(&mut self) -> Bytes {
        let (pieces, tail) = (std::mem::take(&mut self.pieces), std::mem::take(&mut self.tail));
        let mut whole = Vec::with_capacity(self.kept);
        pieces.iter().chain([&tail.freeze()]).for_each(|piece| whole.extend_from_slice(piece));
        whole.into()
    }
}

/// Returns the bytes in an allocation of exactly their size, provided that there is no other reference to them.
pub(super) fn exact(bytes: Bytes) -> Bytes {
    match bytes.try_into_mut() {
        Ok(own) if own.capacity() > own.len() => Bytes::copy_from_slice(&own),
        Ok(own) => own.freeze(),
        Err(shared) => shared,
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
            let mut begun = Kept::new(max);
            begun.pass_beginning(&Bytes::copy_from_slice(&all[..all.len().min(max)]), all.len() as u64);
            prop_assert_eq!((begun.total(), begun.kept(), begun.take()), (kept.total(), kept.kept(), Bytes::copy_from_slice(&all[..all.len().min(max)])));
            prop_assert_eq!(kept.total(), all.len() as u64);
            prop_assert_eq!(kept.is_truncated(), all.len() > max);
            prop_assert_eq!(kept.kept(), all.len().min(max));
            let taken = kept.take();
            prop_assert_eq!(&taken[..], &all[..all.len().min(max)]);
            // There is no other reference, and the allocation is no larger.
            prop_assert_eq!(taken.try_into_mut().map_or(0, |taken| taken.capacity()), all.len().min(max));
        }

        #[test]
        fn what_is_exact_has_no_room_to_spare(size in 0..5000_usize, spare in 0..5000_usize) {
            let mut roomy = Vec::with_capacity(size + spare);
            roomy.resize(size, 7);
            let exact = exact(roomy.clone().into());
            prop_assert_eq!(&exact[..], &roomy[..]);
            prop_assert_eq!(exact.try_into_mut().map_or(0, |exact| exact.capacity()), size);
        }

        #[test]
        fn a_beginning_pins_nothing(size in 1..200_000_usize, max in 0..100_000_usize, whole in any::<bool>()) {
            let mut kept = Kept::new(max);
            let chunk = Bytes::from(vec![7; size]);
            if whole { kept.pass_whole(&chunk) } else { kept.pass(&chunk) }
            if max < size {
                prop_assert!(chunk.try_into_mut().is_ok(), "the whole chunk is still held");
            }
        }
    }
}
