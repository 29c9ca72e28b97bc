//! One stream: its request, its response, and how it ends.

use std::{
    future::{Future as _, poll_fn},
    pin::pin,
    rc::Rc,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use actix_http::Request;
use actix_service::Service;
use actix_web::{
    Error,
    body::BodySize,
    dev::{Payload, ServiceResponse},
    http::Version,
};
use bytes::Bytes;
use h2::{Reason, RecvStream, SendStream, server::SendResponse};

use super::{body::Inbound, control::Control, convert, delivering::Delivering};
use crate::{
    audit::{RecordedFraming, Seen},
    http::{
        deadline::Deadline,
        h1::{Refusal, Rule, request, worker::Worker},
        progress::Progress,
        tracked::Tracked,
    },
    request::{BodyFraming, ConnectionFacts, Departure, FrameLog, RequestFacts, RequestHead},
};

/// Time for which the server goes on reading after the response, up to `LINGER_BYTES`. Then the stream is reset with
/// NO_ERROR (RFC 9113, section 8.1).
const LINGER: Duration = Duration::from_secs(2);
const LINGER_BYTES: usize = 1024 * 1024;

/// Most bytes of the fields of a head, counted as in RFC 9113, section 6.5.2.
pub(super) const FIELDS_MAX: usize = 64 * 1024;

/// A stream whose request head has been received.
pub(super) struct Stream<S> {
    pub(super) worker: Rc<Worker<S>>,
    pub(super) connection: Rc<ConnectionFacts>,
    pub(super) frames: Rc<FrameLog>,
    /// Number of the request on its connection, from 1.
    pub(super) number: u32,
    pub(super) control: Control,
    pub(super) respond: SendResponse<Bytes>,
}

/// How sending a response ended.
enum Sent {
    Whole,
    /// The body failed. The stream is reset so that the client sees an incomplete response.
    Cut,
    Left(Departure),
}

impl<S> Stream<S>
where
    S: Service<Request, Response = ServiceResponse<Tracked>, Error = Error>,
{
    /// Serves the request.
    pub(super) async fn serve(mut self, request: http1::Request<RecvStream>) {
        let (parts, body) = request.into_parts();
        let Some(head) = convert::head(&parts) else {
            return self.refuse(&convert::unsupported(&parts), Rule::UnsupportedMethod);
        };
        if convert::size(&parts) > FIELDS_MAX {
            return self.refuse(&head, Rule::HeaderListTooLarge);
        }
        let (expects_continue, expects_other) = expectations(&head);
        if expects_other && self.worker.settings.refuse_unknown_expect {
            return self.refuse(&head, Rule::UnsupportedExpectation);
        }
        let is_empty = body.is_end_stream();
        let facts = Rc::new(self.facts());
        let inbound = Inbound::new(body, self.worker.settings.body_timeout, expects_continue, &facts);
        let payload: Payload =
            if is_empty { Payload::None } else { Payload::Stream { payload: Box::pin(inbound.clone()) } };
        let answer = {
            let request = request::of(head, payload, Rc::clone(&facts), &self.worker.app_paths);
            let mut call = pin!(self.worker.app.call(request));
            let respond = &mut self.respond;
            // When the client leaves, the call and its exchange are dropped.
            poll_fn(|cx| {
                if let Poll::Ready(answer) = call.as_mut().poll(cx) {
                    return Poll::Ready(Tracked::of(answer));
                }
                if inbound.take_asked() {
                    // Fails only on a reset stream, which poll_reset() detects next.
                    let _ = respond.send_informational(convert::bare(100));
                    facts.continued();
                }
                respond.poll_reset(cx).map(|reset| {
                    facts.tell(inbound.departure(reset, cx));
                    None
                })
            })
            .await
        };
        if let Some(mut answer) = answer {
            self.answer(&mut answer, &inbound, &facts).await;
        }
    }

    fn facts(&self) -> RequestFacts {
        let connection = Rc::clone(&self.connection);
        let mut facts = RequestFacts::new(connection, self.number, BodyFraming::H2, Instant::now());
        facts.stream = Some(self.respond.stream_id().as_u32());
        facts.frames = Some(Rc::clone(&self.frames));
        facts
    }

    async fn answer(&mut self, answer: &mut Tracked, inbound: &Inbound, facts: &RequestFacts) {
        if answer.is_delivery() {
            let progress = Progress::new(Version::HTTP_2, answer.is_for_head());
            let mut delivering = Delivering {
                respond: &mut self.respond,
                inbound,
                facts,
                control: &self.control,
                write_timeout: self.worker.settings.write_timeout,
                progress,
                head: None,
                stream: None,
            };
            // Boxed, so that streams without a delivery have no room for one.
            if !Box::pin(delivering.run(answer)).await {
                return linger(answer, inbound).await;
            }
        }
        let head = answer.head();
        let length = if let BodySize::Sized(length) = head.size { Some(length) } else { None };
        let left = match head.size {
            _ if answer.is_for_head() => Some(0),
            BodySize::None => Some(0),
            BodySize::Sized(length) => Some(length),
            BodySize::Stream => None,
        };
        let head = convert::answer(head);
        if let Some(record) = answer.record() {
            record.fields = convert::recorded(&head);
            record.framing = Some(RecordedFraming::Http2(length));
            record.written.take(0);
        }
        let Ok(stream) = self.respond.send_response(head, left == Some(0)) else {
            let left = poll_fn(|cx| {
                let reset = self.respond.poll_reset(cx);
                Poll::Ready(if let Poll::Ready(reset) = reset {
                    inbound.departure(reset, cx)
                } else {
                    Departure::Closed
                })
            });
            return facts.tell(left.await);
        };
        let mut out = Outbound { stream, piece: Bytes::new(), left, deadline: Deadline::default() };
        let limit = self.worker.settings.write_timeout;
        let sent = poll_fn(|cx| {
            let sent = out.poll(cx, answer);
            if let Poll::Ready(reset) = out.stream.poll_reset(cx)
                && !matches!(sent, Poll::Ready(Sent::Whole | Sent::Cut))
            {
                return Poll::Ready(Sent::Left(inbound.departure(reset, cx)));
            }
            if sent.is_pending() && !out.piece.is_empty() {
                out.deadline.begin(limit);
                return out.deadline.poll(cx).map(|()| Sent::Left(Departure::Stalled));
            }
            sent
        });
        match sent.await {
            Sent::Whole => {
                answer.sent();
                linger(answer, inbound).await;
            }
            Sent::Cut => out.stream.send_reset(Reason::INTERNAL_ERROR),
            Sent::Left(left) => {
                facts.tell(left);
                out.stream.send_reset(Reason::CANCEL);
            }
        }
    }

    /// Refuses a request before the application sees it.
    fn refuse(&mut self, head: &RequestHead, rule: Rule) {
        let refusals = &self.worker.refusals;
        let answer = refusals.answer(Refusal::new(rule, 0));
        refusals.record(&answer, Seen::Head(head), &self.facts(), b"");
        if let Ok(mut stream) = self.respond.send_response(convert::answer(&answer.head), false) {
            // The body is much smaller than a window. An error means that the stream was reset and needs no response.
            let _ = stream.send_data(answer.body, true);
        }
    }
}

/// Progress of sending a response body.
struct Outbound {
    stream: SendStream<Bytes>,
    /// Unsent rest of the current piece.
    piece: Bytes,
    /// Unsent bytes of the body, if its length is known.
    left: Option<u64>,
    deadline: Deadline,
}

impl Outbound {
    fn poll(&mut self, cx: &mut Context<'_>, answer: &mut Tracked) -> Poll<Sent> {
        loop {
            if self.piece.is_empty() {
                match answer.poll_piece(cx) {
                    Poll::Ready(Some(Ok(piece))) => self.piece = piece,
                    Poll::Ready(Some(Err(_))) => return Poll::Ready(Sent::Cut),
                    Poll::Ready(None) => return Poll::Ready(self.end()),
                    Poll::Pending => return Poll::Pending,
                }
                continue;
            }
            self.stream.reserve_capacity(self.piece.len());
            // poll_capacity() is ready only when the capacity grows.
            if self.stream.capacity() == 0 {
                match self.stream.poll_capacity(cx) {
                    Poll::Ready(Some(Ok(_))) => continue,
                    Poll::Ready(_) => return Poll::Ready(Sent::Left(Departure::Closed)),
                    Poll::Pending => {
                        if let Some(record) = answer.record() {
                            record.written.stalls();
                        }
                        return Poll::Pending;
                    }
                }
            }
            let part = self.piece.split_to(self.piece.len().min(self.stream.capacity()));
            self.left = self.left.map(|left| left.saturating_sub(part.len() as u64));
            if self.stream.send_data(part.clone(), self.left == Some(0)).is_err() {
                return Poll::Ready(Sent::Left(Departure::Closed));
            }
            self.deadline.clear();
            if let Some(record) = answer.record() {
                record.written.take(part.len());
            }
            answer.taken(&part);
        }
    }

    /// Ends the body, unless its last piece has already ended it.
    fn end(&mut self) -> Sent {
        if self.left != Some(0) && self.stream.send_data(Bytes::new(), true).is_err() {
            return Sent::Left(Departure::Closed);
        }
        Sent::Whole
    }
}

/// Records request body bytes that still arrive, within the limits of [`LINGER`] and [`LINGER_BYTES`].
async fn linger(answer: &mut Tracked, inbound: &Inbound) {
    let mut deadline = Deadline::default();
    deadline.begin(LINGER);
    let mut left = LINGER_BYTES;
    poll_fn(|cx| {
        loop {
            match inbound.poll_rest(cx) {
                Poll::Ready(Some(piece)) => {
                    answer.arrived(&piece);
                    left = left.saturating_sub(piece.len());
                    if left == 0 {
                        return Poll::Ready(());
                    }
                }
                Poll::Ready(None) => return Poll::Ready(()),
                Poll::Pending => return deadline.poll(cx),
            }
        }
    })
    .await;
}

/// Returns whether the client expects 100 (Continue), and whether it expects something else (RFC 9110, section 10.1.1).
fn expectations(head: &RequestHead) -> (bool, bool) {
    let members = head.get_all("expect").flat_map(|value| value.split(|byte| *byte == b','));
    let members = members.map(<[u8]>::trim_ascii).filter(|member| !member.is_empty());
    members.fold((false, false), |(waits, other), member| {
        let is_continue = member.eq_ignore_ascii_case(b"100-continue");
        (waits || is_continue, other || !is_continue)
    })
}
