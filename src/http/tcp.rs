//! TCP socket whose first bytes may be looked at before it is known what they are.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll},
};

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf},
    net::TcpStream,
};

/// TCP socket. Bytes that were looked at are read again, before those that follow in the socket.
#[derive(Debug)]
pub(super) struct Tcp {
    io: TcpStream,
    /// Bytes that were looked at and are not yet read; `None` when there are none.
    front: Option<Box<Front>>,
}

#[derive(Debug)]
struct Front {
    bytes: Vec<u8>,
    at: usize,
}

impl Tcp {
    pub(super) fn new(io: TcpStream) -> Self {
        Self { io, front: None }
    }

    /// Returns the bytes that were looked at.
    pub(super) fn front(&self) -> &[u8] {
        self.front.as_ref().and_then(|front| front.bytes.get(front.at..)).unwrap_or_default()
    }

    /// Waits for further bytes to look at, at most `most`, and returns their number; 0 when the client sends nothing
    /// more.
    ///
    /// # Errors
    /// When the connection is reset.
    pub(super) async fn look(&mut self, most: usize) -> io::Result<usize> {
        let mut bytes = vec![0; most];
        let read = self.io.read(&mut bytes).await?;
        bytes.truncate(read);
        match &mut self.front {
            _ if read == 0 => {}
            Some(front) => front.bytes.extend_from_slice(&bytes),
            None => self.front = Some(Box::new(Front { bytes, at: 0 })),
        }
        Ok(read)
    }

    /// Makes dropping the socket reset the connection.
    pub(super) fn set_zero_linger(&self) -> io::Result<()> {
        self.io.set_zero_linger()
    }

    /// Discards the first `count` bytes that were looked at.
    pub(super) fn skip(&mut self, count: usize) {
        if let Some(front) = &mut self.front {
            front.at += count;
            if front.at >= front.bytes.len() {
                self.front = None;
            }
        }
    }
}

impl AsyncRead for Tcp {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.front.is_none() {
            return Pin::new(&mut this.io).poll_read(cx, into);
        }
        let front = this.front();
        let count = front.len().min(into.remaining());
        into.put_slice(&front[..count]);
        this.skip(count);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Tcp {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().io).poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().io).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}
