//! What arrives on a connection.

use std::time::Duration;

use crate::config::TapAfter;

/// Bytes that arrived in one read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// Time since the connection was accepted.
    pub at: Duration,
    /// Number of bytes.
    pub bytes: usize,
}

/// What arrived on a connection, within bounds.
#[derive(Debug, Default)]
pub struct Seen {
    /// First bytes, at most [`Seen::BYTES_MAX`].
    pub first: Vec<u8>,
    /// First arrivals, at most [`Seen::ARRIVALS_MAX`].
    pub arrivals: Vec<Arrival>,
    /// Number of all arrivals.
    pub arrival_count: u64,
    /// Number of all bytes.
    pub total: u64,
    /// Whether an empty line was among them, other than at the very beginning.
    has_empty_line: bool,
    /// Whether nothing but a line end has arrived since the last line feed.
    is_at_line_start: bool,
}

impl Seen {
    /// Maximum number of bytes that are kept.
    pub const BYTES_MAX: usize = 64 * 1024;
    /// Maximum number of arrivals that are kept.
    pub const ARRIVALS_MAX: usize = 64;

    /// Adds bytes that have arrived `at` this time.
    pub(super) fn add(&mut self, at: Duration, bytes: &[u8]) {
        let room = Self::BYTES_MAX - self.first.len();
        self.first.extend_from_slice(&bytes[..bytes.len().min(room)]);
        if self.arrivals.len() < Self::ARRIVALS_MAX {
            self.arrivals.push(Arrival { at, bytes: bytes.len() });
        }
        self.arrival_count += 1;
        self.total += bytes.len() as u64;
        for byte in bytes {
            match byte {
                b'\n' => {
                    self.has_empty_line |= self.is_at_line_start;
                    self.is_at_line_start = true;
                }
                b'\r' => {}
                _ => self.is_at_line_start = false,
            }
        }
    }

    /// Returns true when enough has arrived for an answer.
    pub(super) fn is_enough(&self, after: TapAfter) -> bool {
        match after {
            TapAfter::FirstBytes => self.total > 0,
            TapAfter::Head => self.has_empty_line,
            TapAfter::Time(_) => false,
        }
    }
}
