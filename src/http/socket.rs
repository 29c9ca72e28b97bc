//! Socket of a connection: plain TCP or TLS.

use std::{
    cell::RefCell,
    io::{self, ErrorKind, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::server::TlsStream;

use super::tcp::Tcp;

/// Most bytes per read.
pub(super) const READ_MAX: usize = 64 * 1024;

thread_local! {
    /// Buffer that every read fills first, before the bytes are copied. So waiting connections need no buffer of their
    /// own.
    static SCRATCH: RefCell<Box<[u8]>> = RefCell::new(vec![0; READ_MAX].into());
}

/// Socket of a connection.
pub(super) enum Socket {
    /// Plain TCP.
    Plain(Tcp),
    /// TLS over TCP.
    Tls(Box<TlsStream<Tcp>>),
    /// In-memory stream of a test, with a chosen capacity.
    #[cfg(test)]
    Memory(tokio::io::DuplexStream),
}

impl Socket {
    /// Reads at most `room` bytes and passes them to `take`. `Ok(0)` means that the client has closed its sending side
    /// (FIN or `close_notify`). An error means a reset.
    pub(super) fn poll_read_with(
        &mut self,
        cx: &mut Context<'_>,
        room: usize,
        take: impl FnOnce(&[u8]),
    ) -> Poll<io::Result<usize>> {
        SCRATCH.with_borrow_mut(|scratch| {
            let room = room.min(scratch.len());
            let mut into = ReadBuf::new(&mut scratch[..room]);
            match ready!(Pin::new(self).poll_read(cx, &mut into)) {
                Ok(()) => {
                    take(into.filled());
                    Poll::Ready(Ok(into.filled().len()))
                }
                // The client closed TLS without `close_notify`.
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => Poll::Ready(Ok(0)),
                Err(error) => Poll::Ready(Err(error)),
            }
        })
    }

    /// Makes dropping the socket reset the connection (RST), without the end of TLS. Bytes that the client has not
    /// acknowledged by then are lost.
    pub(super) fn reset_on_drop(&self) {
        // Fails only for a socket that is already closed.
        let _ = match self {
            Self::Plain(io) => io.set_zero_linger(),
            Self::Tls(io) => io.get_ref().0.set_zero_linger(),
            #[cfg(test)]
            Self::Memory(_) => Ok(()),
        };
    }
}

impl AsyncRead for Socket {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(io) => Pin::new(io).poll_read(cx, into),
            Self::Tls(io) => Pin::new(io).poll_read(cx, into),
            #[cfg(test)]
            Self::Memory(io) => Pin::new(io).poll_read(cx, into),
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(io) => Pin::new(io).poll_write(cx, bytes),
            Self::Tls(io) => Pin::new(io).poll_write(cx, bytes),
            #[cfg(test)]
            Self::Memory(io) => Pin::new(io).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(io) => Pin::new(io).poll_flush(cx),
            Self::Tls(io) => Pin::new(io).poll_flush(cx),
            #[cfg(test)]
            Self::Memory(io) => Pin::new(io).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(io) => Pin::new(io).poll_shutdown(cx),
            Self::Tls(io) => Pin::new(io).poll_shutdown(cx),
            #[cfg(test)]
            Self::Memory(io) => Pin::new(io).poll_shutdown(cx),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(io) => Pin::new(io).poll_write_vectored(cx, slices),
            Self::Tls(io) => Pin::new(io).poll_write_vectored(cx, slices),
            #[cfg(test)]
            Self::Memory(io) => Pin::new(io).poll_write_vectored(cx, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Plain(io) => io.is_write_vectored(),
            Self::Tls(io) => io.is_write_vectored(),
            #[cfg(test)]
            Self::Memory(io) => io.is_write_vectored(),
        }
    }
}
