//! Logs the frames of both sides as they pass, and counts RST_STREAM and GOAWAY. The bytes are not changed.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, ready},
    time::Instant,
};

use bytes::{Buf as _, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::control::Control;
use crate::{
    http::{connection_log::ConnectionLog, socket::Socket},
    request::{Frame, FrameLog, Says},
    telemetry::{Http2Metrics, Sender},
};

/// Length of the preface, which precedes the client's first frame (RFC 9113, section 3.4).
const PREFACE: usize = 24;
/// Length of a frame header (RFC 9113, section 4.1).
const HEADER: usize = 9;

/// Header of a frame, and the start of its payload.
struct Seen<'f> {
    kind: u8,
    flags: u8,
    length: u32,
    stream: u32,
    start: &'f [u8],
}

/// Reads the frames of one direction, skipping payloads.
struct FrameReader {
    /// Bytes to skip before the next header.
    skip: usize,
    /// Frame header, and the start of the payload if it is needed.
    start: [u8; HEADER + Says::BYTES_MAX],
    have: usize,
}

impl FrameReader {
    /// Creates a reader that skips `skip` bytes before the first frame.
    fn after(skip: usize) -> Self {
        Self { skip, start: [0; HEADER + Says::BYTES_MAX], have: 0 }
    }

    fn read(&mut self, mut bytes: &[u8], mut seen: impl FnMut(Seen<'_>)) {
        while !bytes.is_empty() {
            let passed = self.skip.min(bytes.len());
            self.skip -= passed;
            bytes = &bytes[passed..];
            let (before, length) = (self.have, self.wanted());
            let taken = (length - before).min(bytes.len());
            self.start[before..before + taken].copy_from_slice(&bytes[..taken]);
            self.have += taken;
            bytes = &bytes[taken..];
            // A complete header may show that part of the payload is needed.
            if self.have < HEADER || self.have < self.wanted() {
                continue;
            }
            seen(Seen {
                kind: self.start[3],
                flags: self.start[4],
                length: self.payload() as u32,
                // The first bit is reserved.
                stream: self.start[5..HEADER].iter().fold(0, |number, byte| number << 8 | u32::from(*byte))
                    & 0x7FFF_FFFF,
                start: &self.start[HEADER..self.have],
            });
            self.skip = self.payload() - (self.have - HEADER);
            self.have = 0;
        }
    }

    /// Returns how many bytes of the frame are needed, as far as is known.
    fn wanted(&self) -> usize {
        if self.have < HEADER { HEADER } else { HEADER + self.payload().min(Says::wanted(self.start[3])) }
    }

    fn payload(&self) -> usize {
        usize::from(self.start[0]) << 16 | usize::from(self.start[1]) << 8 | usize::from(self.start[2])
    }
}

/// Wrapper around a connection that reads the frames as they pass.
pub(super) struct Watched {
    /// Bytes that have already been read from the connection. They are returned first.
    first: Bytes,
    io: Socket,
    control: Control,
    read: FrameReader,
    written: FrameReader,
    metrics: Http2Metrics,
    log: Rc<ConnectionLog>,
    frames: Rc<FrameLog>,
}

impl Watched {
    /// Wraps a connection. `first` holds the bytes that have already been read from it. When the last wish of `control`
    /// is a reset, the connection is reset at the end.
    pub(super) fn new(
        io: Socket,
        first: Bytes,
        control: Control,
        metrics: Http2Metrics,
        log: Rc<ConnectionLog>,
    ) -> Self {
        let (read, written) = (FrameReader::after(PREFACE), FrameReader::after(0));
        Self { first, io, control, read, written, metrics, log, frames: Rc::default() }
    }

    /// Returns the log of its frames.
    pub(super) fn frames(&self) -> Rc<FrameLog> {
        Rc::clone(&self.frames)
    }

    fn look(&mut self, sender: Sender, bytes: &[u8]) {
        let reader = match sender {
            Sender::Client => &mut self.read,
            Sender::Server => {
                self.log.sent(bytes.len());
                &mut self.written
            }
        };
        let of_client = matches!(sender, Sender::Client);
        reader.read(bytes, |Seen { kind, flags, length, stream, start }| {
            let says = Says::of(kind, start);
            match says {
                Says::Reset(code) => self.metrics.stream_reset(sender, code),
                Says::GoAway(_, code) => self.metrics.goaway(sender, code),
                _ => {}
            }
            self.frames.add(Frame { at: Instant::now(), of_client, kind, flags, length, stream, says });
        });
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        if self.control.is_reset() {
            self.io.reset_on_drop();
        }
    }
}

impl AsyncRead for Watched {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = into.filled().len();
        if self.first.is_empty() {
            ready!(Pin::new(&mut self.io).poll_read(cx, into))?;
            self.log.received(&into.filled()[before..]);
        } else {
            let fitting = self.first.len().min(into.remaining());
            into.put_slice(&self.first[..fitting]);
            self.first.advance(fitting);
        }
        self.look(Sender::Client, &into.filled()[before..]);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Watched {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.io).poll_write(cx, bytes))?;
        self.look(Sender::Server, &bytes[..written.min(bytes.len())]);
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.io).poll_write_vectored(cx, slices))?;
        let mut left = written;
        for slice in slices {
            let taken = left.min(slice.len());
            self.look(Sender::Server, &slice[..taken]);
            left -= taken;
        }
        Poll::Ready(Ok(written))
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: u8, payload: &[u8]) -> Vec<u8> {
        let length = (payload.len() as u32).to_be_bytes();
        [&length[1..], &[kind, 0, 0, 0, 0, 1], payload].concat()
    }

    const RST_STREAM: u8 = 3;
    const SETTINGS: u8 = 4;
    const GOAWAY: u8 = 7;

    #[test]
    fn frames_are_seen_however_the_bytes_are_cut() {
        let settings = [[0, 3, 0, 0, 0, 100].as_slice(); 20].concat();
        let bytes = [
            vec![b'x'; PREFACE],
            frame(SETTINGS, &settings),
            frame(0, &vec![RST_STREAM; 70_000]),
            frame(RST_STREAM, &[0, 0, 0, 8]),
            frame(GOAWAY, &[0, 0, 0, 5, 0, 0, 0, 11, b'd', b'e', b'b', b'u', b'g']),
            frame(RST_STREAM, &[0, 0]),
            frame(GOAWAY, &[]),
            frame(RST_STREAM, &[1, 2, 3, 4]),
        ]
        .concat();
        for piece in [1, 2, 8, 9, 10, 13, bytes.len()] {
            let mut reader = FrameReader::after(PREFACE);
            let mut seen = Vec::new();
            for piece in bytes.chunks(piece) {
                reader.read(piece, |Seen { kind, length, stream, start, .. }| {
                    assert_eq!(stream, 1);
                    seen.push((kind, length, Says::of(kind, start)));
                });
            }
            let expected = [
                (SETTINGS, 120, Says::Settings(vec![(3, 100); 8])),
                (0, 70_000, Says::Nothing),
                (RST_STREAM, 4, Says::Reset(8)),
                (GOAWAY, 13, Says::GoAway(5, 11)),
                (RST_STREAM, 2, Says::Nothing),
                (GOAWAY, 0, Says::Nothing),
                (RST_STREAM, 4, Says::Reset(0x0102_0304)),
            ];
            assert_eq!(seen, expected, "{piece} bytes at a time");
        }
    }
}
