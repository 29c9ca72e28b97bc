//! Sends responses and refusals, and closes the connection afterwards where required.

use std::{
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use actix_http::Request;
use actix_service::Service;
use actix_web::{Error, dev::ServiceResponse, http::Version};
use tokio::io::AsyncWrite as _;

use super::{connection::Connection, delivering::Delivered, rule::Refusal};
use crate::{
    audit::Seen,
    http::{respond::Framing, socket::READ_MAX, tracked::Tracked},
    request::{BodyFraming, Departure, EndedBy},
};

/// Time for which the server goes on reading after the last response on a connection, up to `LINGER_BYTES`. Closing
/// with unread bytes would reset the connection, and the client could lose the response (RFC 9112, section 9.6).
const LINGER: Duration = Duration::from_secs(2);
const LINGER_BYTES: usize = 1024 * 1024;

/// How sending a response ended.
enum Sent {
    Whole,
    /// The body failed. The connection is closed so that the client sees an incomplete response.
    Cut,
    Left(Departure),
}

impl<S> Connection<S>
where
    S: Service<Request, Response = ServiceResponse<Tracked>, Error = Error>,
{
    /// Sends a response. Returns true when the connection stays open.
    pub(super) async fn answer(&mut self, mut answer: Tracked, version: Version, keep_alive: bool) -> bool {
        self.out.record.first = None;
        if answer.is_delivery() {
            // Boxed, so that connections without a delivery have no room for one.
            match Box::pin(self.deliver(answer, version, keep_alive)).await {
                Delivered::Ended(stays) => return stays,
                Delivered::Instead(instead) => answer = *instead,
            }
        }
        // Body bytes that have arrived unread go on record.
        let is_read = self.inbound.drain(|piece| answer.arrived(piece));
        let framing = Framing::of(answer.head().size, version);
        let stops = self.worker.stop.is_stopping();
        let stays = keep_alive && is_read && !stops && !answer.head().closes && framing != Framing::Close;
        let connection = match (stays, version < Version::HTTP_11) {
            (false, _) => Some("close"),
            (true, true) => Some("keep-alive"),
            (true, false) => None,
        };
        let start = self.out.front.len();
        answer.head().write(&mut self.out.front, version, framing, connection);
        answer.record_head(&self.out.front[start..], framing);
        self.deadline.clear();
        let mut ended = None;
        let sent = poll_fn(|cx| self.poll_send(cx, &mut answer, framing, &mut ended)).await;
        answer.record_written(self.out.record);
        match sent {
            Sent::Whole => {
                answer.sent();
                if !stays {
                    self.part(answer, is_read).await;
                }
                stays
            }
            Sent::Cut => {
                self.facts.end(EndedBy::ServerClose.into());
                false
            }
            Sent::Left(left) => {
                self.out.taken().for_each(|piece| answer.taken(&piece));
                self.facts.tell(left);
                false
            }
        }
    }

    /// Sends the response. `ended` is set once the body has ended; its last bytes may still wait for the socket.
    fn poll_send(
        &mut self,
        cx: &mut Context<'_>,
        answer: &mut Tracked,
        framing: Framing,
        ended: &mut Option<Sent>,
    ) -> Poll<Sent> {
        let chunked = framing == Framing::Chunked && !answer.is_for_head();
        loop {
            let mut waits = false;
            while ended.is_none() && !waits && self.out.has_room(framing) {
                match answer.poll_piece(cx) {
                    Poll::Ready(Some(Ok(piece))) => self.out.push(piece, chunked.then_some(&[])),
                    // Buffered bytes are still sent: the head may be among them.
                    Poll::Ready(Some(Err(_))) => *ended = Some(Sent::Cut),
                    Poll::Ready(None) => {
                        *ended = Some(Sent::Whole);
                        if chunked {
                            self.out.push_last_chunk(&[]);
                        }
                    }
                    Poll::Pending => waits = true,
                }
            }
            match self.poll_flush(cx) {
                Poll::Ready(Ok(())) => {
                    self.out.written().for_each(|piece| answer.taken(&piece));
                    if let Some(sent) = ended.take() {
                        return Poll::Ready(sent);
                    }
                    if !waits {
                        continue;
                    }
                }
                Poll::Ready(Err(left)) => return Poll::Ready(Sent::Left(left)),
                Poll::Pending => {}
            }
            match self.poll_inbound(cx) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(left)) => return Poll::Ready(Sent::Left(left)),
                Poll::Pending => return Poll::Pending,
            }
        }
    }

    /// Writes all that is buffered. Fails when the client has left, or takes no byte for too long.
    pub(super) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Departure>> {
        match self.out.poll_write(cx, &mut self.socket) {
            Poll::Ready(Ok(())) => {
                self.deadline.clear();
                Poll::Ready(Ok(()))
            }
            Poll::Ready(Err(_)) => Poll::Ready(Err(Departure::Reset)),
            Poll::Pending => {
                self.deadline.begin(self.worker.settings.write_timeout);
                self.deadline.poll(cx).map(|()| Err(Departure::Stalled))
            }
        }
    }

    /// Closes the connection after a response. What still arrives of its request goes on record.
    pub(super) async fn part(&mut self, answer: Tracked, is_read: bool) {
        // While the server stops, the exchange ends here, without the rest of the body.
        let answer = (!self.worker.stop.is_stopping()).then_some(answer);
        if is_read && self.inbound.len() == 0 {
            drop(answer);
            self.close().await;
        } else {
            self.linger(answer.as_ref()).await;
        }
    }

    /// Sends a refusal, and closes the connection.
    pub(super) async fn refuse(&mut self, refusal: Refusal, seen: &[u8]) {
        let received = seen.len().max(self.inbound.len()) as u64;
        self.inbound.clear();
        let refusals = &self.worker.refusals;
        let answer = refusals.answer(refusal);
        let framing = Framing::of(answer.head.size, Version::HTTP_11);
        let start = self.out.front.len();
        answer.head.write(&mut self.out.front, Version::HTTP_11, framing, Some("close"));
        let facts = self.facts_of_next(BodyFraming::None);
        refusals.record(&answer, Seen::Bytes(seen, received), &facts, &self.out.front[start..]);
        self.out.push(answer.body, None);
        self.deadline.clear();
        self.deadline.begin(LINGER);
        let written = poll_fn(|cx| {
            let written = self.out.poll_write(cx, &mut self.socket).map(|written| written.is_ok());
            if written.is_pending() { self.deadline.poll(cx).map(|()| false) } else { written }
        });
        if written.await {
            self.linger(None).await;
        }
    }

    /// Closes the sending side. On TLS, `close_notify` is sent first.
    async fn close(&mut self) {
        self.deadline.clear();
        self.deadline.begin(LINGER);
        poll_fn(|cx| {
            let closed = Pin::new(&mut self.socket).poll_shutdown(cx).map(|_| ());
            if closed.is_pending() { self.deadline.poll(cx) } else { closed }
        })
        .await;
    }

    /// Closes the sending side alone. What the client sends until it closes goes on record, for at most
    /// `server.keep_alive`.
    pub(super) async fn half_close(&mut self, answer: &mut Tracked) {
        self.close().await;
        self.deadline.clear();
        self.deadline.begin(self.worker.settings.keep_alive);
        poll_fn(|cx| {
            while self.left.is_none() && answer.poll_stopped(cx).is_pending() && self.deadline.poll(cx).is_pending() {
                ready!(self.poll_read(cx, READ_MAX));
                if self.inbound.drain(|piece| answer.arrived(piece)) {
                    self.inbound.clear();
                }
            }
            Poll::Ready(())
        })
        .await;
    }

    /// Closes the sending side, and goes on reading for [`LINGER`]. With an `answer`, the rest of the request body goes
    /// on record.
    async fn linger(&mut self, answer: Option<&Tracked>) {
        self.deadline.clear();
        self.deadline.begin(LINGER);
        let mut left = LINGER_BYTES;
        let mut closed = false;
        poll_fn(|cx| {
            loop {
                if self.left.is_some() || left == 0 || self.deadline.poll(cx).is_ready() {
                    return Poll::Ready(());
                }
                closed = closed || Pin::new(&mut self.socket).poll_shutdown(cx).is_ready();
                let before = self.inbound.len();
                ready!(self.poll_read(cx, left.min(READ_MAX)));
                left -= self.inbound.len() - before;
                match answer {
                    Some(answer) if !self.inbound.drain(|piece| answer.arrived(piece)) => {}
                    _ => self.inbound.clear(),
                }
            }
        })
        .await;
    }
}
