//! Sends a delivery on a stream: executes its steps, one at a time.

use std::{
    future::{Future as _, poll_fn},
    pin::pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use h2::{Reason, SendStream, server::SendResponse};
use http1::Response;
use tokio::{
    task::yield_now,
    time::{Duration, sleep},
};

use super::{
    body::Inbound,
    control::{Control, Wish},
    convert,
};
use crate::{
    audit::RecordedFraming,
    endpoints::{
        Fault,
        delivery::{End, FieldLine, Framing, Step},
    },
    http::{
        deadline::Deadline,
        progress::Progress,
        tracked::{BodyError, Tracked},
    },
    request::{Departure, Ended, EndedBy, RequestFacts},
};

/// Times that the connection gets to write what was sent, before a reset discards the rest.
const TURNS: usize = 4;

/// Reason why no further step is executed.
enum Stop {
    Refused(Fault),
    Failed(BodyError),
    Left(Departure),
}

/// A delivery on its stream.
pub(super) struct Delivering<'s> {
    pub(super) respond: &'s mut SendResponse<Bytes>,
    pub(super) inbound: &'s Inbound,
    pub(super) facts: &'s RequestFacts,
    pub(super) control: &'s Control,
    pub(super) write_timeout: Duration,
    pub(super) progress: Progress,
    /// Head that waits for the next step: it may also be the end of the stream.
    pub(super) head: Option<Response<()>>,
    /// The stream, once the head has been sent.
    pub(super) stream: Option<SendStream<Bytes>>,
}

impl Delivering<'_> {
    /// Executes the steps. Returns true when they were replaced by an error, which has to be sent instead.
    pub(super) async fn run(&mut self, answer: &mut Tracked) -> bool {
        match self.execute(answer).await {
            Ok(end) => {
                answer.sent();
                self.end(end).await;
            }
            Err(Stop::Left(left)) => {
                self.facts.tell(left);
                self.reset(Reason::CANCEL);
            }
            Err(Stop::Refused(fault)) if self.progress.is_open_to_faults() => {
                answer.replace(fault, None);
                return true;
            }
            Err(Stop::Failed(error)) if self.progress.is_open_to_faults() => {
                answer.replace(error.fault(), error.category());
                return true;
            }
            Err(stop) => {
                match stop {
                    Stop::Refused(fault) => answer.cut_off(fault),
                    Stop::Failed(error) => answer.fail(&error),
                    Stop::Left(_) => {}
                }
                let _ = self.send_head(false);
                turns().await;
                self.reset(Reason::INTERNAL_ERROR);
            }
        }
        false
    }

    /// Executes steps up to the end.
    async fn execute(&mut self, answer: &mut Tracked) -> Result<End, Stop> {
        loop {
            let step = poll_fn(|cx| self.poll_beside(cx, |cx| answer.poll_step(cx))).await?;
            let step = match step {
                Some(step) => step.map_err(Stop::Failed)?,
                None => Step::End(End::Default),
            };
            if let Some(fault) = self.progress.refuse(&step) {
                return Err(Stop::Refused(fault));
            }
            match step {
                Step::Continue => {
                    self.inbound.withhold_continue();
                    self.inform(convert::bare(100));
                    self.facts.continued();
                }
                Step::WithholdContinue => self.inbound.withhold_continue(),
                Step::Interim(interim) => self.inform(convert::told(interim.status, &interim.fields)),
                Step::Head(head) => {
                    self.inbound.withhold_continue();
                    let framing = self.progress.head(&head);
                    let told = convert::answer_told(answer.head(), &head, framing);
                    if let Some(record) = answer.record() {
                        let length = if let Framing::Length(length) = framing { Some(length) } else { None };
                        record.fields = convert::recorded(&told);
                        record.framing = Some(RecordedFraming::Http2(length));
                        record.written.take(0);
                    }
                    self.head = Some(told);
                    answer.headed(&head, framing);
                }
                Step::Piece { data, .. } => {
                    self.send_head(false)?;
                    if self.progress.has_body() {
                        self.progress.piece(data.len());
                        self.send(answer, data).await?;
                    }
                }
                Step::Finish => self.finish(&[])?,
                Step::Trailers(fields) => self.finish(&fields)?,
                Step::Pause(time) => {
                    self.send_head(false)?;
                    let mut pause = pin!(sleep(time));
                    poll_fn(|cx| {
                        self.poll_beside(cx, |cx| match answer.poll_stopped(cx) {
                            Poll::Ready(error) => Poll::Ready(Err(Stop::Failed(error))),
                            Poll::Pending => pause.as_mut().poll(cx).map(Ok),
                        })
                    })
                    .await??;
                }
                Step::End(end) => {
                    match end {
                        End::Default | End::Keep | End::GoAway(_) if !self.progress.is_open_to_faults() => {
                            self.finish(&[])?;
                        }
                        _ => self.send_head(false)?,
                    }
                    return Ok(end);
                }
                Step::Fault(fault) => return Err(Stop::Refused(*fault)),
                // Raw bytes were refused above.
                Step::Note(_) | Step::Raw(_) => {}
            }
        }
    }

    /// Polls the handler's work. While it waits, sends what is due, and looks whether the client has reset the stream.
    fn poll_beside<T>(
        &mut self,
        cx: &mut Context<'_>,
        mut work: impl FnMut(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<Result<T, Stop>> {
        if let Poll::Ready(done) = work(cx) {
            return Poll::Ready(Ok(done));
        }
        self.send_head(false)?;
        if self.inbound.take_asked() {
            self.inform(convert::bare(100));
            self.facts.continued();
        }
        self.poll_left(cx).map(|left| Err(Stop::Left(left)))
    }

    fn poll_left(&mut self, cx: &mut Context<'_>) -> Poll<Departure> {
        let reset = match &mut self.stream {
            Some(stream) => stream.poll_reset(cx),
            None => self.respond.poll_reset(cx),
        };
        reset.map(|reset| self.inbound.departure(reset, cx))
    }

    /// Sends an interim response. That fails only on a reset stream, which `poll_left` detects.
    fn inform(&mut self, interim: Response<()>) {
        let _ = self.respond.send_informational(interim);
    }

    /// Sends the head, if it waits. `ends`: there is neither a body nor a trailer.
    fn send_head(&mut self, ends: bool) -> Result<(), Stop> {
        if let Some(head) = self.head.take() {
            let stream = self.respond.send_response(head, ends);
            self.stream = Some(stream.map_err(|_| Stop::Left(Departure::Closed))?);
        }
        Ok(())
    }

    /// Ends the body, once.
    fn finish(&mut self, trailers: &[FieldLine]) -> Result<(), Stop> {
        if self.progress.is_finished() {
            return Ok(());
        }
        let ends_with_head = self.head.is_some() && trailers.is_empty();
        self.send_head(ends_with_head)?;
        self.progress.finish();
        let Some(stream) = &mut self.stream else { return Ok(()) };
        let sent = match trailers {
            _ if ends_with_head => Ok(()),
            [] => stream.send_data(Bytes::new(), true),
            trailers => stream.send_trailers(convert::fields(trailers)),
        };
        sent.map_err(|_| Stop::Left(Departure::Closed))
    }

    /// Sends a piece of the body, as far as the client's flow control lets it pass.
    async fn send(&mut self, answer: &mut Tracked, mut piece: Bytes) -> Result<(), Stop> {
        let mut deadline = Deadline::default();
        while !piece.is_empty() {
            let capacity = poll_fn(|cx| self.poll_capacity(cx, answer, piece.len(), &mut deadline)).await?;
            deadline.clear();
            let part = piece.split_to(piece.len().min(capacity));
            let Some(stream) = &mut self.stream else { return Ok(()) };
            stream.send_data(part.clone(), false).map_err(|_| Stop::Left(Departure::Closed))?;
            if let Some(record) = answer.record() {
                record.written.take(part.len());
            }
            answer.taken(&part);
        }
        Ok(())
    }

    /// Waits until at least one of `wanted` bytes can be sent.
    fn poll_capacity(
        &mut self,
        cx: &mut Context<'_>,
        answer: &mut Tracked,
        wanted: usize,
        deadline: &mut Deadline,
    ) -> Poll<Result<usize, Stop>> {
        if let Some(stream) = &mut self.stream {
            stream.reserve_capacity(wanted);
            // poll_capacity() is ready only when the capacity grows.
            while stream.capacity() == 0 {
                match stream.poll_capacity(cx) {
                    Poll::Ready(Some(Ok(_))) => {}
                    Poll::Ready(_) => break,
                    Poll::Pending => break,
                }
            }
            if stream.capacity() > 0 {
                return Poll::Ready(Ok(stream.capacity()));
            }
        }
        if let Poll::Ready(left) = self.poll_left(cx) {
            return Poll::Ready(Err(Stop::Left(left)));
        }
        if let Poll::Ready(error) = answer.poll_stopped(cx) {
            return Poll::Ready(Err(Stop::Failed(error)));
        }
        if let Some(record) = answer.record() {
            record.written.stalls();
        }
        deadline.begin(self.write_timeout);
        deadline.poll(cx).map(|()| Err(Stop::Left(Departure::Stalled)))
    }

    /// Ends the exchange in the way told.
    async fn end(&mut self, end: End) {
        let is_complete = self.progress.is_complete();
        match end {
            End::Default | End::Keep if !is_complete => {
                // There was no head.
                self.facts.end(Ended { by: EndedBy::ServerReset, code: Some(Reason::INTERNAL_ERROR.into()) });
                self.reset(Reason::INTERNAL_ERROR);
            }
            End::Default | End::Keep => {}
            End::Close if is_complete => self.control.wish(Wish::EndGracefully),
            End::Close | End::HalfClose => {
                self.facts.end(EndedBy::ServerClose.into());
                turns().await;
                self.control.wish(Wish::End(Reason::NO_ERROR));
            }
            End::Reset => {
                self.facts.end(EndedBy::ServerReset.into());
                turns().await;
                self.control.wish(Wish::Reset);
            }
            End::ResetStream(code) => {
                self.facts.end(Ended { by: EndedBy::ServerReset, code: Some(code) });
                turns().await;
                self.reset(code.into());
            }
            End::GoAway(0) => self.control.wish(Wish::EndGracefully),
            End::GoAway(code) => {
                turns().await;
                self.control.wish(Wish::End(code.into()));
            }
        }
    }

    fn reset(&mut self, reason: Reason) {
        match &mut self.stream {
            Some(stream) => stream.send_reset(reason),
            None => self.respond.send_reset(reason),
        }
    }
}

/// Lets the connection write what was sent.
async fn turns() {
    for _ in 0..TURNS {
        yield_now().await;
    }
}
