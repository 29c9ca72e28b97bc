//! Log of the frames of an HTTP/2 connection (RFC 9113, section 6), without their contents.

use std::{cell::RefCell, collections::VecDeque, time::Instant};

/// Maximum number of frames that a connection keeps, the newest ones.
const FRAMES_MAX: usize = 64;
/// Maximum number of settings that are kept of one SETTINGS frame.
const SETTINGS_MAX: usize = 8;

/// A frame that has passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Time when its header was complete.
    pub at: Instant,
    /// True for a frame of the client.
    pub of_client: bool,
    /// Type (RFC 9113, section 11.2).
    pub kind: u8,
    /// Flags.
    pub flags: u8,
    /// Length of its payload.
    pub length: u32,
    /// Stream; 0 for the connection.
    pub stream: u32,
    /// What its payload says.
    pub says: Says,
}

/// What a frame's payload says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Says {
    /// Nothing that is kept.
    #[default]
    Nothing,
    /// Error code of RST_STREAM.
    Reset(u32),
    /// Identifiers and values of SETTINGS.
    Settings(Vec<(u16, u32)>),
    /// Last stream and error code of GOAWAY.
    GoAway(u32, u32),
    /// Increment of WINDOW_UPDATE.
    Window(u32),
}

/// Types of frames whose payload matters.
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;

impl Says {
    /// Maximum number of bytes of a payload that [`Says::of`] reads.
    pub const BYTES_MAX: usize = 6 * SETTINGS_MAX;

    /// Returns how many bytes at the start of the payload of a frame are to be read.
    #[must_use]
    pub const fn wanted(kind: u8) -> usize {
        match kind {
            RST_STREAM | WINDOW_UPDATE => 4,
            GOAWAY => 8,
            SETTINGS => Self::BYTES_MAX,
            _ => 0,
        }
    }

    /// Reads the start of a payload.
    #[must_use]
    pub fn of(kind: u8, start: &[u8]) -> Self {
        let number =
            |at: usize| start.get(at..at + 4).map(|bytes| bytes.iter().fold(0, |n, byte| n << 8 | u32::from(*byte)));
        match (kind, number(0)) {
            (RST_STREAM, Some(code)) => Self::Reset(code),
            (WINDOW_UPDATE, Some(increment)) => Self::Window(increment & 0x7FFF_FFFF),
            (GOAWAY, Some(last)) => number(4).map_or(Self::Nothing, |code| Self::GoAway(last & 0x7FFF_FFFF, code)),
            (SETTINGS, Some(_)) => Self::Settings(
                start
                    .chunks_exact(6)
                    .map(|one| {
                        let value = one[2..].iter().fold(0, |n, byte| n << 8 | u32::from(*byte));
                        (u16::from(one[0]) << 8 | u16::from(one[1]), value)
                    })
                    .collect(),
            ),
            _ => Self::Nothing,
        }
    }
}

/// Newest frames of a connection, and the settings of its client. Its requests share it.
#[derive(Debug, Default)]
pub struct FrameLog(RefCell<Kept>);

#[derive(Debug, Default)]
struct Kept {
    frames: VecDeque<Frame>,
    settings: Vec<(u16, u32)>,
}

impl FrameLog {
    /// Adds a frame; the oldest makes room for it.
    pub fn add(&self, frame: Frame) {
        let Kept { frames, settings } = &mut *self.0.borrow_mut();
        if let (Says::Settings(values), true) = (&frame.says, frame.of_client) {
            for (id, value) in values {
                match settings.iter().position(|(known, _)| known == id) {
                    Some(at) => settings[at].1 = *value,
                    None if settings.len() < 2 * SETTINGS_MAX => settings.push((*id, *value)),
                    None => {}
                }
            }
        }
        if frames.len() == FRAMES_MAX {
            frames.pop_front();
        }
        frames.push_back(frame);
    }

    /// Returns the newest frames of a stream and of the connection, at most `most`, oldest first.
    #[must_use]
    pub fn of_stream(&self, stream: u32, most: usize) -> Vec<Frame> {
        let kept = self.0.borrow();
        let of_stream = kept.frames.iter().rev().filter(|frame| frame.stream == 0 || frame.stream == stream);
        let mut newest: Vec<_> = of_stream.take(most).cloned().collect();
        newest.reverse();
        newest
    }

    /// Returns the client's settings: identifiers and their newest values.
    #[must_use]
    pub fn settings(&self) -> Vec<(u16, u32)> {
        self.0.borrow().settings.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(stream: u32, says: Says) -> Frame {
        Frame { at: Instant::now(), of_client: true, kind: 0, flags: 0, length: 0, stream, says }
    }

    #[test]
    fn the_log_is_bounded_and_keeps_the_newest() {
        let log = FrameLog::default();
        for n in 0..10 * FRAMES_MAX as u32 {
            log.add(frame(n % 3, Says::Settings(vec![(n as u16, n), (4, n)])));
        }
        let seen = |stream| log.of_stream(stream, 1000).len();
        let of_connection = seen(9);
        assert_eq!(seen(1) + seen(2) - of_connection, FRAMES_MAX);
        assert_eq!(log.of_stream(1, 5).len(), 5);
        assert_eq!(log.settings().len(), 2 * SETTINGS_MAX);
        assert!(log.settings().contains(&(4, 10 * FRAMES_MAX as u32 - 1)));
    }

    #[test]
    fn payloads_are_read_as_far_as_they_are_there() {
        assert_eq!(Says::of(RST_STREAM, &[0, 0, 0, 8]), Says::Reset(8));
        assert_eq!(Says::of(GOAWAY, &[0x80, 0, 0, 5, 0, 0, 0, 11, 1]), Says::GoAway(5, 11));
        assert_eq!(Says::of(WINDOW_UPDATE, &[0x80, 0, 1, 0]), Says::Window(256));
        assert_eq!(Says::of(SETTINGS, &[0, 3, 0, 0, 0, 100, 0, 4]), Says::Settings(vec![(3, 100)]));
        for kind in 0..=9 {
            assert_eq!(Says::of(kind, &[0, 0]), Says::Nothing);
        }
        assert_eq!(Says::of(0, &[0; 48]), Says::Nothing);
    }
}
