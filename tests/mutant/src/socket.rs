//! One TCP connection that two tasks read and write, with half-close and reset.

use std::io;
use std::net::{Shutdown, SocketAddr};
use std::sync::Arc;

use tokio::io::Interest;
use tokio::net::TcpStream;

/// Most bytes taken from a socket at once.
pub(crate) const PIECE: usize = 64 * 1024;

/// Why a pump ends both directions at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// One side was reset: so is the other.
    Reset,
    /// Both sides are closed.
    Close,
}

/// A shared TCP stream. It closes when the last clone is dropped.
#[derive(Clone, Debug)]
pub(crate) struct Socket(Arc<TcpStream>);

impl Socket {
    /// Wraps a stream; every write leaves at once (no Nagle).
    pub(crate) fn new(stream: TcpStream) -> Self {
        // A stream that can't switch it off is dead, which the first read tells.
        let _ = stream.set_nodelay(true);
        Self(Arc::new(stream))
    }

    /// Connects to an upstream.
    pub(crate) async fn connect(to: SocketAddr) -> io::Result<Self> {
        TcpStream::connect(to).await.map(Self::new)
    }

    /// Reads what is there, at least one byte; 0 is the end.
    pub(crate) async fn read(&self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            self.0.readable().await?;
            match self.0.try_read(into) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                done => return done,
            }
        }
    }

    /// Writes all bytes.
    pub(crate) async fn write(&self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            self.0.writable().await?;
            match self.0.try_write(bytes) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(taken) => bytes = bytes.get(taken..).unwrap_or_default(),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Resolves when the connection is broken (reset by its peer).
    pub(crate) async fn broken(&self) {
        loop {
            match self.0.ready(Interest::ERROR).await {
                Ok(ready) if !ready.is_error() => tokio::task::yield_now().await,
                _ => return,
            }
        }
    }

    /// Says whether the connection is open and nothing has come on it.
    pub(crate) fn is_quiet(&self) -> bool {
        matches!(self.0.try_read(&mut [0]), Err(error) if error.kind() == io::ErrorKind::WouldBlock)
    }

    /// Ends the sending side (FIN). The peer may have left, so errors don't matter.
    pub(crate) fn finish(&self) {
        let _ = socket2::SockRef::from(&*self.0).shutdown(Shutdown::Write);
    }

    /// Makes the close of this connection a reset (RST).
    pub(crate) fn reset(&self) {
        let _ = self.0.set_zero_linger();
    }

    /// Address of the other end.
    pub(crate) fn peer(&self) -> String {
        self.0.peer_addr().map(|peer| peer.to_string()).unwrap_or_default()
    }
}
