//! One HTTP/1 connection, from its first byte to its last: request, response, next request (RFC 9112).
//!
//! A connection runs in one task. Only the connection reads and writes the socket; handlers take the body from
//! [`Inbound`].

use std::{
    future::{Future as _, poll_fn},
    pin::pin,
    rc::Rc,
    task::{Context, Poll},
    time::Instant,
};

use actix_http::Request;
use actix_service::Service;
use actix_web::{
    Error,
    dev::{Payload, ServiceResponse},
};
use actors::audit::Text;
use bytes::Bytes;

use super::{
    inbound::{Heard, Inbound},
    outbound::Outbound,
    parse::Scan,
    request,
    rule::{Refusal, Rule},
    worker::Worker,
};
use crate::{
    audit::Written,
    http::{
        connection_log::ConnectionLog,
        deadline::Deadline,
        socket::{READ_MAX, Socket},
        tracked::Tracked,
    },
    request::{BodyFraming, Departure, EndedBy, RequestFacts},
};

/// First bytes of an HTTP/2 connection (RFC 9113, section 3.4), enough to distinguish it from HTTP/1.
const PREFACE: &[u8] = b"PRI * HTTP/2.0";

/// Response that asks the client for the body it holds back (RFC 9110, section 15.2.1).
pub(super) const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// Most bytes that are read ahead while a request is handled. When so many are buffered, reading stops, and a client
/// that leaves is not noticed.
const AHEAD_MAX: usize = 64 * 1024;

/// Most bytes of a refused request that go on record.
const SEEN_MAX: usize = 64 * 1024;

/// How HTTP/1 ended on a connection.
pub(in crate::http) enum End {
    /// The connection is closed.
    Closed,
    /// The client speaks HTTP/2. Holds the socket and the bytes read from it.
    Http2(Socket, Bytes),
}

/// Outcome of waiting for a request.
enum Next {
    Request(Box<Heard>),
    /// A request that breaks a rule, with its first bytes.
    Refused(Refusal, Bytes),
    Http2,
    /// No request: the client has left or has been silent for too long, or the server is stopping.
    Nothing,
}

/// An HTTP/1 connection.
pub(in crate::http) struct Connection<S> {
    pub(super) worker: Rc<Worker<S>>,
    pub(super) socket: Socket,
    pub(super) log: Rc<ConnectionLog>,
    pub(super) inbound: Inbound,
    pub(super) out: Outbound,
    pub(super) deadline: Deadline,
    /// Facts of the current request, or of the last one; with number 0 before the first.
    pub(super) facts: Rc<RequestFacts>,
    requests: u32,
    /// Time since which the connection has been without a request.
    idle_since: Instant,
    /// Times of the first and the last read of the current head.
    head_reads: Option<(Instant, Instant)>,
    /// Steps of a delivery are being executed.
    pub(super) in_delivery: bool,
    /// Set when the client sends nothing more.
    pub(super) left: Option<Departure>,
}

impl<S> Connection<S>
where
    S: Service<Request, Response = ServiceResponse<Tracked>, Error = Error>,
{
    /// Creates the state of a newly accepted connection.
    pub(in crate::http) fn new(worker: Rc<Worker<S>>, socket: Socket, log: Rc<ConnectionLog>) -> Self {
        let now = Instant::now();
        let facts = Rc::new(RequestFacts::new(Rc::clone(&log.facts), 0, BodyFraming::None, now));
        Self {
            worker,
            socket,
            inbound: Inbound::default(),
            out: Outbound::new(Rc::clone(&log)),
            log,
            deadline: Deadline::default(),
            facts,
            requests: 0,
            idle_since: now,
            head_reads: None,
            in_delivery: false,
            left: None,
        }
    }

    /// Serves requests until the connection ends.
    pub(in crate::http) async fn serve(mut self) -> End {
        let stop = Rc::clone(&self.worker.stop);
        let mut told = pin!(stop.told());
        // One poll registers the waker: the task is woken when the server stops.
        poll_fn(|cx| Poll::Ready(told.as_mut().poll(cx).is_ready())).await;
        loop {
            match self.next().await {
                Next::Request(heard) => {
                    if !self.exchange(*heard).await {
                        self.log.end_with(self.facts.ended());
                        return End::Closed;
                    }
                }
                Next::Refused(refusal, seen) => {
                    self.log.end(refusal.ended_by(), Some(refusal.message().into()));
                    self.refuse(refusal, &seen).await;
                    return End::Closed;
                }
                Next::Http2 => return End::Http2(self.socket, self.inbound.first(usize::MAX)),
                Next::Nothing => {
                    self.end_without_request();
                    return End::Closed;
                }
            }
        }
    }

    /// Logs how the connection ends while no request is being handled.
    fn end_without_request(&self) {
        let (by, message) = match self.left {
            Some(Departure::Closed) if self.inbound.len() > 0 => {
                (EndedBy::ClientFin, Some("the client closed the connection within a request head"))
            }
            Some(Departure::Closed) => (EndedBy::Complete, None),
            Some(_) => (EndedBy::ClientReset, None),
            None if self.worker.stop.is_stopping() => (EndedBy::Shutdown, None),
            None if self.requests == 0 => (EndedBy::Timeout, Some("no request within server.read_header_timeout")),
            None => (EndedBy::Timeout, Some("no further request within server.keep_alive")),
        };
        self.log.end(by, message.map(Text::Borrowed));
    }

    /// Waits for the next request.
    async fn next(&mut self) -> Next {
        let mut scan = Scan::default();
        let mut in_head = false;
        self.deadline.clear();
        self.idle_since = Instant::now();
        // Bytes that were read ahead have been there since the last request.
        self.head_reads = (self.inbound.len() > 0).then_some((self.idle_since, self.idle_since));
        poll_fn(|cx| self.poll_next(cx, &mut scan, &mut in_head)).await
    }

    fn poll_next(&mut self, cx: &mut Context<'_>, scan: &mut Scan, in_head: &mut bool) -> Poll<Next> {
        let settings = self.worker.settings;
        // On TLS, ALPN has already chosen the protocol (RFC 9113, section 3.2).
        let may_be_http2 = self.requests == 0 && matches!(self.socket, Socket::Plain(_));
        loop {
            let (like_http2, is_http2) = if may_be_http2 { self.inbound.starts_like(PREFACE) } else { (false, false) };
            if like_http2 && is_http2 {
                return Poll::Ready(Next::Http2);
            }
            if !like_http2 {
                match self.inbound.parse(scan, &settings.head) {
                    Ok(Some(heard)) if heard.expects_other && settings.refuse_unknown_expect => {
                        let refusal = Refusal::new(Rule::UnsupportedExpectation, 0);
                        return Poll::Ready(Next::Refused(refusal, heard.head.raw_bytes()));
                    }
                    Ok(Some(heard)) => return Poll::Ready(Next::Request(Box::new(heard))),
                    Ok(None) => {}
                    Err(refusal) => return Poll::Ready(Next::Refused(refusal, self.inbound.first(SEEN_MAX))),
                }
            }
            let begun = like_http2 || scan.has_begun();
            if begun && !*in_head {
                *in_head = true;
                self.deadline.clear();
            }
            if self.left.is_some() {
                return Poll::Ready(Next::Nothing);
            }
            match self.poll_read(cx, READ_MAX) {
                Poll::Ready(()) => {
                    let now = Instant::now();
                    self.head_reads = Some((self.head_reads.map_or(now, |(first, _)| first), now));
                }
                Poll::Pending if !begun && self.worker.stop.is_stopping() => return Poll::Ready(Next::Nothing),
                Poll::Pending => {
                    self.inbound.rest();
                    self.out.rest();
                    let first = self.requests == 0;
                    self.deadline.begin(if begun || first {
                        settings.read_header_timeout
                    } else {
                        settings.keep_alive
                    });
                    return self.deadline.poll(cx).map(|()| match begun {
                        true => Next::Refused(Refusal::new(Rule::HeadTimeout, 0), self.inbound.first(SEEN_MAX)),
                        false => Next::Nothing,
                    });
                }
            }
        }
    }

    /// Reads available bytes. Sets `left` when the client sends nothing more.
    pub(super) fn poll_read(&mut self, cx: &mut Context<'_>, room: usize) -> Poll<()> {
        let inbound = &self.inbound;
        let log = &self.log;
        let add = |bytes: &[u8]| {
            log.received(bytes);
            inbound.add(bytes);
        };
        self.socket.poll_read_with(cx, room, add).map(|read| {
            self.left = match read {
                Ok(0) => Some(Departure::Closed),
                Ok(_) => None,
                Err(_) => Some(Departure::Reset),
            };
        })
    }

    /// Serves one request. Returns true when the connection stays open.
    async fn exchange(&mut self, heard: Heard) -> bool {
        let worker = Rc::clone(&self.worker);
        self.deadline.clear();
        let facts = self.begin_facts(&heard);
        let max = worker.settings.max_requests;
        let keep_alive = heard.keep_alive && (max == 0 || u64::from(self.requests) < max);
        self.out.record = Written::default();
        let body = self.inbound.begin(&heard, &worker.settings.head, &facts);
        let Heard { head, framing, .. } = heard;
        let payload: Payload = match framing {
            super::Framing::None | super::Framing::Length(0) => Payload::None,
            _ => Payload::Stream { payload: Box::pin(body) },
        };
        let version = head.version();
        let request = request::of(head, payload, facts, &worker.app_paths);
        let answer = {
            let mut call = pin!(worker.app.call(request));
            // When the client leaves, the call and its exchange are dropped.
            let answer = poll_fn(|cx| self.poll_beside(cx, |cx| call.as_mut().poll(cx))).await;
            match answer {
                Err(left) => {
                    self.facts.tell(left);
                    return false;
                }
                Ok(returned) => match Tracked::of(returned) {
                    Some(answer) => answer,
                    None => return false,
                },
            }
        };
        self.answer(answer, version, keep_alive).await
    }

    /// Begins the facts of a request. They take the place of those of the last request, unless something still holds
    /// those.
    fn begin_facts(&mut self, heard: &Heard) -> Rc<RequestFacts> {
        let facts = self.facts_of_next(heard.framing.into());
        self.requests = facts.number;
        self.log.speaks("http/1");
        self.log.understood(facts.number);
        match Rc::get_mut(&mut self.facts) {
            Some(old) => *old = facts,
            None => self.facts = Rc::new(facts),
        }
        Rc::clone(&self.facts)
    }

    /// Returns the facts of the next request, whose head has been read.
    pub(super) fn facts_of_next(&self, framing: BodyFraming) -> RequestFacts {
        let (first, last) = self.head_reads.unwrap_or((self.idle_since, self.idle_since));
        let connection = Rc::clone(&self.log.facts);
        let mut facts = RequestFacts::new(connection, self.requests.saturating_add(1), framing, last);
        facts.head_took = Some(last - first);
        facts.idle = Some(first - self.idle_since);
        facts
    }

    /// Polls the handler's work. While it waits, sends what is buffered, and reads the request body for it.
    pub(super) fn poll_beside<T>(
        &mut self,
        cx: &mut Context<'_>,
        mut work: impl FnMut(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<Result<T, Departure>> {
        loop {
            if let Poll::Ready(done) = work(cx) {
                return Poll::Ready(Ok(done));
            }
            if self.inbound.take_asked() {
                self.out.front.extend_from_slice(CONTINUE);
                self.facts.continued();
            }
            if !self.out.is_empty()
                && let Poll::Ready(Err(left)) = self.poll_flush(cx)
            {
                return Poll::Ready(Err(left));
            }
            match self.poll_inbound(cx) {
                Poll::Ready(Ok(())) => continue,
                Poll::Ready(Err(left)) => return Poll::Ready(Err(left)),
                Poll::Pending if self.body_is_late(cx) => continue,
                Poll::Pending => return Poll::Pending,
            }
        }
    }

    /// Reads the body for a handler that waits for it, or up to [`AHEAD_MAX`] bytes ahead. Ready with `Ok` when a
    /// waiting handler can go on, and with `Err` when the request is given up because the client has left.
    pub(super) fn poll_inbound(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Departure>> {
        loop {
            let wanted = self.inbound.is_wanted();
            if let Some(left) = self.left {
                self.inbound.end();
                if wanted && left == Departure::Closed {
                    // The rest of the body will not arrive, but the handler can still respond.
                    self.inbound.wake(cx);
                    return Poll::Ready(Ok(()));
                }
                // With an incomplete body the handler goes on: its next read fails, and it can still respond.
                // A delivery does so only if it waits for the body.
                let reads_on = !self.in_delivery && !self.inbound.is_whole();
                let answered = self.worker.settings.answer_half_closed || reads_on;
                let stays = left == Departure::Closed && answered;
                return if stays { Poll::Pending } else { Poll::Ready(Err(left)) };
            }
            let room = if wanted { READ_MAX } else { AHEAD_MAX.saturating_sub(self.inbound.len()) };
            if room == 0 {
                return Poll::Pending;
            }
            match self.poll_read(cx, room) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(()) if wanted && self.left.is_none() => {
                    self.deadline.clear();
                    self.inbound.wake(cx);
                    return Poll::Ready(Ok(()));
                }
                Poll::Ready(()) => {}
            }
        }
    }

    /// Fails a body that a handler waits for when it is late. Returns true when it has.
    fn body_is_late(&mut self, cx: &mut Context<'_>) -> bool {
        if !self.inbound.is_wanted() {
            return false;
        }
        self.deadline.begin(self.worker.settings.body_timeout);
        let late = self.deadline.poll(cx).is_ready();
        if late {
            self.deadline.clear();
            self.inbound.fail(Rule::BodyTimeout);
            self.inbound.wake(cx);
        }
        late
    }
}
