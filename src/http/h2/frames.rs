//! Counts RST_STREAM and GOAWAY frames of both sides as they pass. The bytes are not changed.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, ready},
};

use bytes::{Buf as _, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::control::Control;
use crate::{
    http::{connection_log::ConnectionLog, socket::Socket},
    telemetry::{Http2Metrics, Sender},
};

/// Length of the preface, which precedes the client's first frame (RFC 9113, section 3.4).
const PREFACE: usize = 24;
/// Length of a frame header (RFC 9113, section 4.1).
const HEADER: usize = 9;
const RST_STREAM: u8 = 3;
const GOAWAY: u8 = 7;

/// Frame that ends a stream or a connection, with its error code (RFC 9113, section 7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// RST_STREAM (RFC 9113, section 6.4).
    Stream(u32),
    /// GOAWAY (RFC 9113, section 6.8).
    Connection(u32),
}

/// Reads the frames of one direction, skipping payloads.
#[derive(Default)]
struct FrameReader {
    /// Bytes to skip before the next header.
    skip: usize,
    /// Frame header, and the start of the payload if it is needed.
    start: [u8; HEADER + 8],
    have: usize,
}

impl FrameReader {
    /// Creates a reader that skips `skip` bytes before the first frame.
    fn after(skip: usize) -> Self {
        Self { skip, ..Self::default() }
    }

    fn read(&mut self, mut bytes: &[u8], mut ended: impl FnMut(Ending)) {
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
            match self.start[3] {
                RST_STREAM if self.have >= HEADER + 4 => ended(Ending::Stream(self.number(HEADER))),
                GOAWAY if self.have >= HEADER + 8 => ended(Ending::Connection(self.number(HEADER + 4))),
                _ => {}
            }
            self.skip = self.payload() - (self.have - HEADER);
            self.have = 0;
        }
    }

    /// Returns how many bytes of the frame are needed, as far as is known.
    fn wanted(&self) -> usize {
        if self.have < HEADER {
            return HEADER;
        }
        let matters = match self.start[3] {
            RST_STREAM => 4,
            GOAWAY => 8,
            _ => 0,
        };
        HEADER + self.payload().min(matters)
    }

    fn payload(&self) -> usize {
        usize::from(self.start[0]) << 16 | usize::from(self.start[1]) << 8 | usize::from(self.start[2])
    }

    fn number(&self, at: usize) -> u32 {
        self.start[at..at + 4].iter().fold(0, |number, byte| number << 8 | u32::from(*byte))
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
        Self { first, io, control, read: FrameReader::after(PREFACE), written: FrameReader::default(), metrics, log }
    }

    fn look(&mut self, sender: Sender, bytes: &[u8]) {
        let reader = match sender {
            Sender::Client => &mut self.read,
            Sender::Server => {
                self.log.sent(bytes.len());
                &mut self.written
            }
        };
        reader.read(bytes, |ending| match ending {
            Ending::Stream(code) => self.metrics.stream_reset(sender, code),
            Ending::Connection(code) => self.metrics.goaway(sender, code),
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

    #[test]
    fn endings_are_seen_however_the_bytes_are_cut() {
        let bytes = [
            vec![b'x'; PREFACE],
            frame(4, &[]),
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
            bytes.chunks(piece).for_each(|piece| reader.read(piece, |ending| seen.push(ending)));
            let expected = [Ending::Stream(8), Ending::Connection(11), Ending::Stream(0x0102_0304)];
            assert_eq!(seen, expected, "{piece} bytes at a time");
        }
    }
}
