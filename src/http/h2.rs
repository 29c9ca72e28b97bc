//! HTTP/2: connections that the HTTP library serves.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
};

use actix_http::Request;
use actix_service::Service;
use actix_web::{Error, HttpResponse, dev::ServiceResponse};
use bytes::{Buf as _, Bytes};
use futures_util::future::LocalBoxFuture;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    sync::watch,
};

use super::{socket::Socket, tracked::Tracked};

/// The application as the library takes it: answers' fields are in a map.
pub(super) struct ForLibrary<S>(pub(super) Rc<S>);

impl<S> Service<Request> for ForLibrary<S>
where
    S: Service<Request, Response = ServiceResponse<Tracked>, Error = Error>,
    S::Future: 'static,
{
    type Response = HttpResponse<Tracked>;
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self::Response, Error>>;

    fn poll_ready(&self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&self, request: Request) -> Self::Future {
        let answer = self.0.call(request);
        Box::pin(async move { Ok(answer.await?.into_parts().1.into_body().into_response()) })
    }
}

/// A connection on HTTP/2. Its end tells the requests on it that their client is gone: the library serves each stream in a
/// task of its own, which lives on when the connection has ended. A stream that is reset while its connection stays is
/// noticed with the first byte of the answer only, for the library does not tell before.
pub(super) struct Http2Connection {
    /// Bytes that have been read already: they are read again first.
    first: Bytes,
    socket: Socket,
    /// What is told is that it was dropped.
    here: watch::Sender<()>,
}

/// Held by the requests on a connection.
#[derive(Clone)]
pub(super) struct Gone(watch::Receiver<()>);

impl Http2Connection {
    /// Takes over a connection of which `first` has been read.
    pub(super) fn new(socket: Socket, first: Bytes) -> Self {
        Self { first, socket, here: watch::Sender::new(()) }
    }

    /// What tells the requests on it of its end.
    pub(super) fn gone(&self) -> Gone {
        Gone(self.here.subscribe())
    }
}

impl Gone {
    /// Waits for the end of the connection.
    pub(super) async fn wait(mut self) {
        // Nothing is ever sent: it ends when the sender is dropped.
        while self.0.changed().await.is_ok() {}
    }
}

impl AsyncRead for Http2Connection {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.first.is_empty() {
            return Pin::new(&mut self.socket).poll_read(cx, into);
        }
        let fitting = self.first.len().min(into.remaining());
        into.put_slice(&self.first[..fitting]);
        self.first.advance(fitting);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Http2Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }
}
