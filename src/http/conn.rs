//! One connection's bytes: plain or TLS, with clear answers where the HTTP library gives bare ones.
//!
//! A request that can't be parsed never reaches the application: the HTTP library answers it with a status and nothing
//! else (400, 408, 431), then closes. [`Conn`] recognises such an answer on its way out (it is looked for only while there
//! is a request that has not begun an exchange, and no response of ours lacks `x-request-id`) and puts the same status with our headers and a JSON body in its place. After it, what the client
//! is still sending is read and dropped for a moment, so that the close does not become a reset that loses the answer.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::{Buf as _, Bytes, BytesMut};
use memchr::memmem;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf},
    net::TcpStream,
    time::{Sleep, sleep},
};
use tokio_rustls::server::TlsStream;

use super::{
    gone::{Gone, Here},
    refusal::Refusals,
    target::{Fed, TargetEncoder},
    turn::Turns,
};

/// Longest time for a client to read a refusal before the connection is gone.
const LINGER: Duration = Duration::from_secs(2);

/// Longest time for a client to take a byte of what is sent to it. One that does not read is gone.
const WRITE_MAX: Duration = Duration::from_secs(60);

/// The bare answers of the HTTP library are shorter than this.
const BARE_MAX: usize = 256;

/// Requests that are sent ahead are read up to this many bytes, then left to wait with the client.
const AHEAD_MAX: usize = 64 * 1024;

/// Plain or encrypted bytes.
pub(super) enum Io {
    /// TCP as it is.
    Plain(TcpStream),
    /// TLS over TCP.
    Tls(Box<TlsStream<TcpStream>>),
}

/// A connection as the HTTP library sees it.
pub(super) struct Conn {
    io: Option<Io>,
    /// `None` for HTTP/2, whose frames are not looked into.
    refusals: Option<Arc<Refusals>>,
    peer: Option<SocketAddr>,
    refusal: Option<Bytes>,
    targets: TargetEncoder,
    turns: Turns,
    here: Here,
    /// Bytes of the current request, read and encoded, but not handed on yet.
    encoded: Bytes,
    /// Bytes of requests whose turn has not come, as they were read.
    ahead: BytesMut,
    /// True when the client said something, stayed, and has not been answered since.
    owes_an_answer: bool,
    /// Requests of which the HTTP library has been given something.
    started: u64,
    /// True when it has not been given all of the newest one.
    in_request: bool,
    /// Runs while the client takes nothing.
    stalled: Option<Pin<Box<Sleep>>>,
}

impl Conn {
    /// Wraps an HTTP/1 connection.
    #[must_use]
    pub(super) fn http1(io: Io, refusals: Arc<Refusals>, peer: Option<SocketAddr>) -> Self {
        Self::new(io, Some(refusals), peer)
    }

    /// Wraps an HTTP/2 connection.
    #[must_use]
    pub(super) fn http2(io: Io) -> Self {
        Self::new(io, None, None)
    }

    fn new(io: Io, refusals: Option<Arc<Refusals>>, peer: Option<SocketAddr>) -> Self {
        Self {
            io: Some(io),
            refusals,
            peer,
            refusal: None,
            targets: TargetEncoder::default(),
            turns: Turns::default(),
            here: Here::new(),
            encoded: Bytes::new(),
            ahead: BytesMut::new(),
            owes_an_answer: false,
            started: 0,
            in_request: false,
            stalled: None,
        }
    }

    /// The turns of the requests on this connection; `None` for HTTP/2, whose streams don't wait for each other.
    pub(super) fn turns(&self) -> Option<Turns> {
        self.refusals.is_some().then(|| self.turns.clone())
    }

    /// What tells the requests on this connection of its end; `None` for HTTP/1, whose requests end with it anyway.
    pub(super) fn gone(&self) -> Option<Gone> {
        self.refusals.is_none().then(|| self.here.gone())
    }

    /// Takes what belongs to the current request off `ahead`.
    fn take_ahead(&mut self) {
        let Fed { taken, encoded, ended } = self.targets.feed(&self.ahead);
        let raw = self.ahead.split_to(taken).freeze();
        self.encoded = encoded.map_or(raw, Bytes::from);
        self.hand_on(taken, ended);
    }

    /// Takes note of `bytes` of the newest request for the HTTP library, the last ones if it has `ended`.
    fn hand_on(&mut self, bytes: usize, ended: bool) {
        if bytes > 0 && !self.in_request {
            self.started += 1;
            self.in_request = true;
        }
        if ended {
            self.in_request = false;
            self.turns.handed_on();
        }
    }

    /// True when the HTTP library has something of a request that it has not handed to the application: then it may answer
    /// by itself.
    fn may_be_refused(&self) -> bool {
        self.started > self.turns.begun()
    }

    /// Writes by `write`, and gives up a client that takes nothing for too long.
    fn poll_patiently(
        &mut self,
        cx: &mut Context<'_>,
        write: impl FnOnce(Pin<&mut Io>, &mut Context<'_>) -> Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        if let Poll::Ready(written) = write(self.io()?, cx) {
            self.stalled = None;
            return Poll::Ready(written);
        }
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep(WRITE_MAX)));
        ready!(stalled.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }

    fn io(&mut self) -> io::Result<Pin<&mut Io>> {
        self.io.as_mut().map(Pin::new).ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    fn poll_refusal(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some(refusal) = self.refusal.as_ref().filter(|refusal| !refusal.is_empty()).cloned() {
            let written = ready!(self.io()?.poll_write(cx, &refusal))?;
            if let Some(refusal) = &mut self.refusal {
                refusal.advance(written);
            }
        }
        Poll::Ready(Ok(()))
    }
}

/// Where a bare answer of the HTTP library starts in `bytes`, and its status. It is the last thing on a connection,
/// so it stands at the end.
fn bare_answer(bytes: &[u8]) -> Option<(usize, u16)> {
    if !bytes.ends_with(b"\r\n\r\n") {
        return None;
    }
    let from = bytes.len().saturating_sub(BARE_MAX);
    let start = from + memmem::rfind(&bytes[from..], b"HTTP/1.1 ")?;
    let answer = &bytes[start..];
    let status = std::str::from_utf8(answer.get(9..12)?).ok()?.parse().ok()?;
    let bare = memmem::find(answer, b"\r\ncontent-length: 0\r\n").is_some()
        && memmem::find(answer, b"\r\nx-request-id: ").is_none();
    (status >= 400 && bare).then_some((start, status))
}

impl AsyncWrite for Conn {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        ready!(this.poll_refusal(cx))?;
        this.owes_an_answer = false;
        let Some(refusals) = this.refusals.as_ref().filter(|_| this.may_be_refused()) else {
            return this.poll_patiently(cx, |io, cx| io.poll_write(cx, bytes));
        };
        match bare_answer(bytes) {
            None => this.poll_patiently(cx, |io, cx| io.poll_write(cx, bytes)),
            Some((0, status)) => {
                this.refusal = Some(refusals.refuse(status, this.targets.seen(), this.peer));
                // Taken over whole; what the socket does not take now goes with the flush.
                let _ = this.poll_refusal(cx)?;
                Poll::Ready(Ok(bytes.len()))
            }
            Some((start, _)) => this.poll_patiently(cx, |io, cx| io.poll_write(cx, &bytes[..start])),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_refusal(cx))?;
        self.io()?.poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_refusal(cx))?;
        self.io()?.poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.refusals.is_none() {
            return self.poll_patiently(cx, |io, cx| io.poll_write_vectored(cx, slices));
        }
        let first = slices.iter().find(|slice| !slice.is_empty()).map_or(&[][..], |slice| slice);
        self.poll_write(cx, first)
    }

    fn is_write_vectored(&self) -> bool {
        self.refusals.is_none() && self.io.as_ref().is_some_and(AsyncWrite::is_write_vectored)
    }
}

impl AsyncRead for Conn {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.refusals.is_none() {
            return this.io()?.poll_read(cx, into);
        }
        loop {
            let free = this.turns.is_free();
            if this.encoded.is_empty() && free && !this.ahead.is_empty() {
                this.take_ahead();
            }
            if !this.encoded.is_empty() {
                let fitting = this.encoded.len().min(into.remaining());
                into.put_slice(&this.encoded.split_to(fitting));
                this.owes_an_answer = true;
                return Poll::Ready(Ok(()));
            }
            // Only what waits is woken for: else the arrival of bytes is, and a task that is woken for nothing costs.
            if !free && !this.ahead.is_empty() {
                this.turns.wait(cx);
                if this.ahead.len() >= AHEAD_MAX {
                    return Poll::Pending;
                }
            }
            // Read also when nothing is handed on: a client that goes away has to be noticed.
            let before = into.filled().len();
            let read = ready!(this.io()?.poll_read(cx, into));
            let read_bytes = into.filled().len() - before;
            this.owes_an_answer = read.is_ok() && read_bytes > 0;
            read?;
            if read_bytes == 0 {
                return Poll::Ready(Ok(()));
            }
            if free {
                let Fed { taken, encoded, ended } = this.targets.feed(&into.filled()[before..]);
                this.hand_on(taken, ended);
                this.ahead.extend_from_slice(&into.filled()[before + taken..]);
                match encoded {
                    None => {
                        into.set_filled(before + taken);
                        return Poll::Ready(Ok(()));
                    }
                    Some(encoded) => this.encoded = encoded.into(),
                }
            } else {
                this.ahead.extend_from_slice(&into.filled()[before..]);
            }
            into.set_filled(before);
        }
    }
}

impl Drop for Conn {
    fn drop(&mut self) {
        // The HTTP library gives up a request whose body's framing is broken without a word.
        if self.owes_an_answer
            && let Some(refusals) = &self.refusals
        {
            self.refusal = Some(refusals.render(400));
        }
        if let (Some(io), Some(rest)) = (self.io.take(), self.refusal.take()) {
            actix_rt::spawn(linger(io, rest));
        }
    }
}

/// Sends what is left of a refusal, then waits for the client to stop talking.
async fn linger(mut io: Io, rest: Bytes) {
    let close = async {
        io.write_all(&rest).await?;
        io.shutdown().await?;
        let mut dropped = [0; 16 * 1024];
        while io.read(&mut dropped).await? > 0 {}
        io::Result::Ok(())
    };
    // Whoever does not read its refusal in time does not get it.
    let _ = actix_rt::time::timeout(LINGER, close).await;
}

impl AsyncRead for Io {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(io) => Pin::new(io).poll_read(cx, into),
            Self::Tls(io) => Pin::new(io).poll_read(cx, into),
        }
    }
}

impl AsyncWrite for Io {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(io) => Pin::new(io).poll_write(cx, bytes),
            Self::Tls(io) => Pin::new(io).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(io) => Pin::new(io).poll_flush(cx),
            Self::Tls(io) => Pin::new(io).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(io) => Pin::new(io).poll_shutdown(cx),
            Self::Tls(io) => Pin::new(io).poll_shutdown(cx),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(io) => Pin::new(io).poll_write_vectored(cx, slices),
            Self::Tls(io) => Pin::new(io).poll_write_vectored(cx, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Plain(io) => io.is_write_vectored(),
            Self::Tls(io) => io.is_write_vectored(),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use tokio::net::TcpListener;

    use super::*;
    use crate::telemetry::metrics::Metrics;

    /// A connection of the server, and its client.
    async fn pair() -> (Conn, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (socket, peer) = listener.accept().await.unwrap();
        let refusals = Arc::new(Refusals::new(Metrics::new().unwrap(), None));
        (Conn::http1(Io::Plain(socket), refusals, Some(peer)), client)
    }

    async fn answer(exchange_has_begun: bool) -> String {
        let (mut conn, mut client) = pair().await;
        client.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
        let mut read = [0; 100];
        assert!(conn.read(&mut read).await.unwrap() > 0);
        let turn = exchange_has_begun.then(|| conn.turns().unwrap().begin());
        conn.write_all(BARE).await.unwrap();
        conn.flush().await.unwrap();
        drop(turn);
        let mut answer = vec![0; 1000];
        let length = client.read(&mut answer).await.unwrap();
        String::from_utf8(answer[..length].to_vec()).unwrap()
    }

    #[actix_rt::test]
    async fn what_an_exchange_answers_is_never_taken_for_the_librarys() {
        assert_eq!(answer(true).await.as_bytes(), BARE);
        assert!(answer(false).await.contains("malformed request"));
    }

    #[actix_rt::test]
    async fn a_client_that_does_not_read_is_given_up() {
        let (mut conn, _client) = pair().await;
        let piece = vec![b'a'; 1 << 20];
        while let Poll::Ready(written) = futures_util::poll!(Box::pin(conn.write(&piece))) {
            assert!(written.unwrap() > 0);
        }
        tokio::time::pause();
        // What the kernel still moves between the two sockets may make room; what does not end is the client's silence.
        let given_up = loop {
            if let Err(error) = conn.write(&piece).await {
                break error;
            }
        };
        assert_eq!(given_up.kind(), io::ErrorKind::TimedOut);
    }

    const BARE: &[u8] = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\ndate: x\r\n\r\n";

    #[test]
    fn the_librarys_own_answers_are_recognised() {
        assert_eq!(bare_answer(BARE), Some((0, 400)));
        let behind = [b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\nx-request-id: a\r\n\r\nx".as_slice(), BARE].concat();
        assert_eq!(bare_answer(&behind), Some((behind.len() - BARE.len(), 400)));
    }

    #[test]
    fn our_answers_are_left_alone() {
        for ours in [
            b"HTTP/1.1 100 Continue\r\n\r\n".as_slice(),
            b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nx-request-id: a\r\n\r\n",
            b"HTTP/1.1 204 No Content\r\nx-request-id: a\r\n\r\n",
            b"5\r\nhello\r\n0\r\n\r\n",
            b"",
        ] {
            assert_eq!(bare_answer(ours), None);
        }
    }
}
