//! Sends a delivery: executes its steps, one at a time.

use std::{
    future::{Future as _, poll_fn},
    pin::pin,
    task::{Context, Poll},
};

use actix_http::Request;
use actix_service::Service;
use actix_web::{Error, dev::ServiceResponse, http::Version};
use tokio::time::sleep;

use super::connection::{CONTINUE, Connection};
use crate::{
    endpoints::{
        Fault,
        delivery::{End, FieldLine, Framing, Head, Step},
    },
    http::{
        progress::Progress,
        respond,
        tracked::{BodyError, Tracked},
    },
    request::{Departure, EndedBy},
};

/// Result of a delivery.
pub(super) enum Delivered {
    /// The exchange has ended. True when the connection stays open.
    Ended(bool),
    /// Nothing but interim responses was sent: this answer is to be sent instead.
    Instead(Box<Tracked>),
}

/// Reason why no further step is executed.
enum Stop {
    Refused(Fault),
    Failed(BodyError),
    Left(Departure),
}

/// State of the delivery that is being sent.
struct State {
    version: Version,
    progress: Progress,
    /// The connection may stay open after this exchange.
    keep_alive: bool,
    /// The connection may stay open, as far as the head says.
    stays: bool,
}

impl<S> Connection<S>
where
    S: Service<Request, Response = ServiceResponse<Tracked>, Error = Error>,
{
    /// Executes the steps of an answer.
    pub(super) async fn deliver(&mut self, mut answer: Tracked, version: Version, keep_alive: bool) -> Delivered {
        let keep_alive = keep_alive && !answer.head().closes && !self.worker.stop.is_stopping();
        let progress = Progress::new(version, answer.is_for_head());
        let mut state = State { version, progress, keep_alive, stays: keep_alive };
        self.deadline.clear();
        self.in_delivery = true;
        let mut stopped = None;
        let mut end = None;
        match self.execute(&mut answer, &mut state).await {
            Ok(ended) => end = Some(ended),
            Err(stop) => stopped = Some(stop),
        }
        if end.is_some()
            && let Err(stop) = self.flush(&mut answer).await
        {
            stopped = Some(stop);
        }
        self.in_delivery = false;
        answer.record_written(self.out.record);
        match (stopped, end) {
            (Some(Stop::Left(left)), _) => {
                self.out.taken().for_each(|piece| answer.taken(&piece));
                self.facts.tell(left);
                Delivered::Ended(false)
            }
            (Some(stop), _) if state.progress.is_open_to_faults() => {
                match stop {
                    Stop::Refused(fault) => answer.replace(fault, None),
                    Stop::Failed(error) => answer.replace(error.fault(), error.category()),
                    Stop::Left(_) => {}
                }
                Delivered::Instead(Box::new(answer))
            }
            (Some(stop), _) => {
                let waits = !matches!(stop, Stop::Failed(BodyError::Stopped));
                match stop {
                    Stop::Refused(fault) => answer.cut_off(fault),
                    Stop::Failed(error) => answer.fail(&error),
                    Stop::Left(_) => {}
                }
                self.facts.end(EndedBy::ServerClose.into());
                if waits {
                    // Steps that were executed before leave first.
                    let _ = self.flush(&mut answer).await;
                    answer.record_written(self.out.record);
                }
                Delivered::Ended(false)
            }
            (None, end) => {
                answer.sent();
                Delivered::Ended(self.end(answer, &state, end.unwrap_or(End::Default)).await)
            }
        }
    }

    /// Executes steps up to the end.
    async fn execute(&mut self, answer: &mut Tracked, state: &mut State) -> Result<End, Stop> {
        loop {
            let step = poll_fn(|cx| self.poll_beside(cx, |cx| answer.poll_step(cx))).await.map_err(Stop::Left)?;
            let step = match step {
                Some(step) => step.map_err(Stop::Failed)?,
                None => Step::End(End::Default),
            };
            if let Some(fault) = state.progress.refuse(&step) {
                return Err(Stop::Refused(fault));
            }
            match step {
                Step::Continue => {
                    self.inbound.withhold_continue();
                    if state.progress.has_interim() {
                        self.out.front.extend_from_slice(CONTINUE);
                        self.facts.continued();
                    }
                }
                Step::WithholdContinue => self.inbound.withhold_continue(),
                Step::Interim(interim) => {
                    if state.progress.has_interim() {
                        respond::write_interim(&interim, &mut self.out.front);
                    }
                }
                Step::Head(head) => self.head(answer, state, &head),
                Step::Piece { data, extension } => {
                    if state.progress.has_body() && !data.is_empty() {
                        self.make_room(answer).await?;
                        state.progress.piece(data.len());
                        self.out.push(data, state.progress.is_chunked().then_some(&extension));
                    }
                }
                Step::Finish => self.finish(state, &[]),
                Step::Trailers(fields) => self.finish(state, &fields),
                Step::Raw(bytes) => {
                    self.inbound.withhold_continue();
                    self.make_room(answer).await?;
                    state.progress.raw();
                    self.out.push(bytes, None);
                }
                Step::Pause(time) => {
                    self.flush(answer).await?;
                    let mut pause = pin!(sleep(time));
                    let paused = poll_fn(|cx| {
                        self.poll_beside(cx, |cx| match answer.poll_stopped(cx) {
                            Poll::Ready(error) => Poll::Ready(Err(Stop::Failed(error))),
                            Poll::Pending => pause.as_mut().poll(cx).map(Ok),
                        })
                    });
                    paused.await.map_err(Stop::Left)??;
                }
                Step::Note(_) => {}
                Step::End(end) => {
                    if matches!(end, End::Default | End::Keep) {
                        self.finish(state, &[]);
                    }
                    return Ok(end);
                }
                Step::Fault(fault) => return Err(Stop::Refused(*fault)),
            }
        }
    }

    /// Writes the head. What has arrived of a body that nobody will read goes on record.
    fn head(&mut self, answer: &mut Tracked, state: &mut State, head: &Head) {
        self.inbound.withhold_continue();
        let framing = state.progress.head(head);
        let is_read = head.reads_on || self.inbound.drain(|piece| answer.arrived(piece));
        state.stays = state.keep_alive && is_read && framing != Framing::Close && !head.says_close();
        let connection = match (state.stays, state.version < Version::HTTP_11) {
            (false, _) => Some("close"),
            (true, true) => Some("keep-alive"),
            (true, false) => None,
        };
        let start = self.out.front.len();
        answer.head().write_told(head, &mut self.out.front, state.version, framing, connection);
        answer.record_head(&self.out.front[start..], framing);
        answer.headed(head, framing);
    }

    /// Ends the body, once.
    fn finish(&mut self, state: &mut State, trailers: &[FieldLine]) {
        if state.progress.is_chunked() && !state.progress.is_finished() {
            self.out.push_last_chunk(trailers);
        }
        state.progress.finish();
    }

    /// Sends what is buffered if a further piece could not join it.
    async fn make_room(&mut self, answer: &mut Tracked) -> Result<(), Stop> {
        if self.out.has_pieces() { self.flush(answer).await } else { Ok(()) }
    }

    /// Sends what is buffered.
    async fn flush(&mut self, answer: &mut Tracked) -> Result<(), Stop> {
        poll_fn(|cx| self.poll_flushed(cx, answer)).await?;
        self.out.written().for_each(|piece| answer.taken(&piece));
        Ok(())
    }

    fn poll_flushed(&mut self, cx: &mut Context<'_>, answer: &mut Tracked) -> Poll<Result<(), Stop>> {
        if let Poll::Ready(written) = self.poll_flush(cx) {
            return Poll::Ready(written.map_err(Stop::Left));
        }
        if let Poll::Ready(error) = answer.poll_stopped(cx) {
            return Poll::Ready(Err(Stop::Failed(error)));
        }
        while let Poll::Ready(read) = self.poll_inbound(cx) {
            if let Err(left) = read {
                return Poll::Ready(Err(Stop::Left(left)));
            }
        }
        Poll::Pending
    }

    /// Ends an exchange whose steps have been sent. Returns true when the connection stays open.
    async fn end(&mut self, mut answer: Tracked, state: &State, end: End) -> bool {
        let is_read = self.inbound.drain(|piece| answer.arrived(piece));
        if !state.progress.is_complete() {
            self.facts.end(EndedBy::ServerClose.into());
        }
        let stays = match end {
            End::Default => state.stays && state.progress.is_delimited(),
            End::Keep => state.keep_alive,
            End::Reset => {
                self.facts.end(EndedBy::ServerReset.into());
                self.socket.reset_on_drop();
                return false;
            }
            End::HalfClose => {
                self.half_close(&mut answer).await;
                return false;
            }
            End::Close | End::ResetStream(_) | End::GoAway(_) => false,
        };
        if stays && is_read {
            return true;
        }
        self.part(answer, is_read).await;
        false
    }
}
