//! Send buffer of a connection.

use std::{
    io::{self, ErrorKind, IoSlice},
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use tokio::io::AsyncWrite;

use crate::{
    audit::Written,
    endpoints::delivery::FieldLine,
    http::{
        connection_log::ConnectionLog,
        respond::{self, Framing},
    },
};

/// Larger buffers are freed when a connection waits for its next request.
const KEPT_MAX: usize = 1024;

const CHUNK_END: &[u8] = b"\r\n";

/// Bytes of body pieces after which no more are added to one write. `PIECES_MAX` limits their number.
const GATHERED: usize = 16 * 1024;
const PIECES_MAX: usize = 8;

/// Bytes to be written: the head or chunk framing, pieces of the body, then the framing after them. One vectored write
/// sends all of them if the socket accepts it.
#[derive(Default)]
pub(super) struct Outbound {
    /// Head, interim responses and chunk size lines.
    pub(super) front: Vec<u8>,
    front_taken: usize,
    pieces: Vec<Bytes>,
    /// Bytes of all pieces; `pieces_taken` of them were written.
    pieces_size: usize,
    pieces_taken: usize,
    /// End of a chunk, or of a chunked body.
    back: Vec<u8>,
    back_taken: usize,
    /// Whether all of it has been written.
    done: bool,
    /// What the socket took of the current response.
    pub(super) record: Written,
    /// Counts what is sent; `None` in tests of the buffer alone.
    log: Option<Rc<ConnectionLog>>,
}

impl Outbound {
    /// Creates the buffer of a connection, whose log counts what is sent.
    pub(super) fn new(log: Rc<ConnectionLog>) -> Self {
        Self { log: Some(log), ..Self::default() }
    }

    /// Returns true when there is nothing to write.
    pub(super) fn is_empty(&self) -> bool {
        self.front.is_empty() && self.back.is_empty() && (self.pieces.is_empty() || self.done)
    }

    /// Returns true when bytes after the front are buffered, so that the front takes no more.
    pub(super) fn has_pieces(&self) -> bool {
        !self.pieces.is_empty() || !self.back.is_empty()
    }

    /// Returns true when a piece may be added. Pieces share a write only when the body has a `Content-Length`;
    /// otherwise each piece gets its own write.
    pub(super) fn has_room(&self, framing: Framing) -> bool {
        let gathers = matches!(framing, Framing::Length(_)) && self.pieces_taken == 0;
        self.pieces.is_empty() || gathers && self.pieces_size < GATHERED && self.pieces.len() < PIECES_MAX
    }

    /// Adds a piece of a body. In a chunked one, `chunk` is the extension of its chunk.
    pub(super) fn push(&mut self, piece: Bytes, chunk: Option<&[u8]>) {
        // An empty chunk would end the body.
        if piece.is_empty() {
            return;
        }
        if let Some(extension) = chunk {
            push_hex(&mut self.front, piece.len());
            self.front.extend_from_slice(extension);
            self.front.extend_from_slice(CHUNK_END);
            self.back.extend_from_slice(CHUNK_END);
            self.record.chunks += 1;
        }
        self.done = false;
        self.pieces_size += piece.len();
        self.pieces.push(piece);
    }

    /// Adds the end of a chunked body, with its trailers (RFC 9112, section 7.1.2).
    pub(super) fn push_last_chunk(&mut self, trailers: &[FieldLine]) {
        self.back.extend_from_slice(b"0\r\n");
        for trailer in trailers {
            respond::field(&mut self.back, trailer.name(), trailer.value());
        }
        self.back.extend_from_slice(CHUNK_END);
    }

    /// Removes and returns the pieces, once all have been written.
    pub(super) fn written(&mut self) -> impl Iterator<Item = Bytes> {
        (self.pieces_size, self.pieces_taken) = (0, 0);
        self.pieces.drain(..)
    }

    /// Removes the pieces, and returns the part of each that was written.
    pub(super) fn taken(&mut self) -> impl Iterator<Item = Bytes> {
        let mut left = self.pieces_taken;
        self.written().map(move |piece| {
            let taken = left.min(piece.len());
            left -= taken;
            piece.slice(..taken)
        })
    }

    /// Writes everything. Call [`Outbound::written`] afterwards to remove the pieces.
    pub(super) fn poll_write<W: AsyncWrite + Unpin>(
        &mut self,
        cx: &mut Context<'_>,
        socket: &mut W,
    ) -> Poll<io::Result<()>> {
        while !self.is_taken() {
            let mut slices = [IoSlice::new(&[]); PIECES_MAX + 2];
            let count = self.slices(&mut slices);
            let written = Pin::new(&mut *socket).poll_write_vectored(cx, &slices[..count]);
            if written.is_pending() {
                self.record.stalls();
            }
            match ready!(written)? {
                0 => return Poll::Ready(Err(ErrorKind::WriteZero.into())),
                written => self.advance(written),
            }
        }
        ready!(Pin::new(socket).poll_flush(cx))?;
        self.front.clear();
        self.back.clear();
        (self.front_taken, self.back_taken) = (0, 0);
        self.done = true;
        Poll::Ready(Ok(()))
    }

    /// Fills `slices` with the unwritten bytes, in order, and returns how many slices are used.
    fn slices<'o>(&'o self, slices: &mut [IoSlice<'o>; PIECES_MAX + 2]) -> usize {
        let mut taken = self.pieces_taken;
        let pieces = self.pieces.iter().map(|piece| {
            let of_piece = taken.min(piece.len());
            taken -= of_piece;
            &piece[of_piece..]
        });
        let all = [&self.front[self.front_taken..]].into_iter().chain(pieces).chain([&self.back[self.back_taken..]]);
        let mut count = 0;
        for (slice, bytes) in slices.iter_mut().zip(all.filter(|bytes| !bytes.is_empty())) {
            *slice = IoSlice::new(bytes);
            count += 1;
        }
        count
    }

    fn is_taken(&self) -> bool {
        self.front_taken == self.front.len()
            && self.pieces_taken == self.pieces_size
            && self.back_taken == self.back.len()
    }

    fn advance(&mut self, written: usize) {
        self.record.take(written);
        if let Some(log) = &self.log {
            log.sent(written);
        }
        let of_front = written.min(self.front.len() - self.front_taken);
        self.front_taken += of_front;
        let of_pieces = (written - of_front).min(self.pieces_size - self.pieces_taken);
        self.pieces_taken += of_pieces;
        self.back_taken += written - of_front - of_pieces;
    }

    /// Frees a large buffer.
    pub(super) fn rest(&mut self) {
        if self.front.capacity() > KEPT_MAX {
            self.front = Vec::new();
        }
    }
}

fn push_hex(out: &mut Vec<u8>, number: usize) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let digits = (usize::BITS - number.leading_zeros()).div_ceil(4).max(1);
    out.extend((0..digits).rev().map(|digit| DIGITS[number >> (4 * digit) & 0xF]));
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::future::poll_fn;

    use super::*;

    /// Accepts at most `width` bytes at a time, and counts the writes.
    struct Narrow {
        width: usize,
        taken: Vec<u8>,
        writes: usize,
    }

    impl AsyncWrite for Narrow {
        fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
            self.poll_write_vectored(cx, &[IoSlice::new(bytes)])
        }

        fn poll_write_vectored(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            slices: &[IoSlice<'_>],
        ) -> Poll<io::Result<usize>> {
            self.writes += 1;
            let offered: Vec<u8> = slices.iter().flat_map(|slice| slice.iter().copied()).collect();
            let take = offered.len().min(self.width);
            self.taken.extend_from_slice(&offered[..take]);
            Poll::Ready(Ok(take))
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    #[tokio::test]
    async fn head_piece_and_framing_leave_in_order_whatever_the_socket_takes() {
        for width in [1, 2, 3, 7, 1000] {
            let mut socket = Narrow { width, taken: Vec::new(), writes: 0 };
            let mut out = Outbound::default();
            out.front.extend_from_slice(b"head\r\n\r\n");
            out.push(Bytes::from_static(b"0123456789abcdefg"), Some(b""));
            assert!(!out.has_room(Framing::Chunked));
            poll_fn(|cx| out.poll_write(cx, &mut socket)).await.unwrap();
            assert_eq!(out.written().collect::<Vec<_>>(), ["0123456789abcdefg"]);
            assert!(out.is_empty());
            out.push(Bytes::new(), Some(b""));
            out.push_last_chunk(&[]);
            poll_fn(|cx| out.poll_write(cx, &mut socket)).await.unwrap();
            assert_eq!(socket.taken, b"head\r\n\r\n11\r\n0123456789abcdefg\r\n0\r\n\r\n");
            if width == 1000 {
                assert_eq!(socket.writes, 2, "as few as there can be");
            }
        }
    }

    #[tokio::test]
    async fn pieces_of_a_length_share_a_write_up_to_a_bound() {
        for width in [1, 5, 1 << 20] {
            let mut socket = Narrow { width, taken: Vec::new(), writes: 0 };
            let mut out = Outbound::default();
            let framing = Framing::Length(1);
            out.front.extend_from_slice(b"head");
            let mut pushed = Vec::new();
            while out.has_room(framing) {
                out.push(Bytes::from_static(b"piece"), None);
                pushed.push("piece");
            }
            assert_eq!(pushed.len(), PIECES_MAX);
            poll_fn(|cx| out.poll_write(cx, &mut socket)).await.unwrap();
            assert_eq!(out.written().collect::<Vec<_>>(), pushed);
            assert_eq!(socket.taken, format!("head{}", pushed.concat()).into_bytes());
            out.push(vec![0; GATHERED].into(), None);
            assert!(!out.has_room(framing));
        }
    }

    #[test]
    fn what_was_taken_of_pieces_is_known() {
        let mut out = Outbound::default();
        out.front.extend_from_slice(b"head");
        out.push(Bytes::from_static(b"one"), None);
        out.push(Bytes::from_static(b"two"), None);
        out.advance(4);
        out.advance(5);
        assert!(!out.is_taken());
        assert_eq!(out.taken().collect::<Vec<_>>(), ["one", "tw"]);
    }

    #[test]
    fn sizes_are_hexadecimal() {
        for size in [1, 9, 10, 15, 16, 255, 65_483, usize::MAX] {
            let mut out = Vec::new();
            push_hex(&mut out, size);
            assert_eq!(out, format!("{size:X}").into_bytes());
        }
    }
}
