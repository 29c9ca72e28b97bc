//! Validity of a credential during a long response: a stream, an export or a long poll ends soon after the credential
//! of its request.

use std::{cell::Cell, future::Future, rc::Rc, time::Duration};

use actix_session::storage::SessionKey;
use actix_web::http::header::CONTENT_TYPE;
use actors::{AuthType, Authenticator, Credentials, Denied};
use futures_util::{FutureExt as _, Stream, future::LocalBoxFuture, stream};
use tokio::time::{Instant, sleep, timeout_at};

use crate::{
    auth::session::Guard,
    endpoints::{
        Answer, Body,
        answer::{Chunks, CutShort},
    },
};

/// Interval between checks.
const CHECK_EVERY: Duration = Duration::from_millis(400);
/// Age of the last successful check above which nothing more is sent before the next one.
const STALE: Duration = Duration::from_secs(1);
/// Maximum time for which an uncheckable credential counts as valid. Nothing is sent in the meantime.
const DOUBT_MAX: Duration = Duration::from_secs(5);

/// Result of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Still valid.
    Good,
    /// No longer valid.
    Ended,
    /// Can't be checked now.
    Doubtful,
}

/// Credential of a request, with the time of its last successful check. Clones share both.
#[derive(Clone)]
pub(super) struct Standing {
    check: Rc<dyn Fn() -> LocalBoxFuture<'static, Verdict>>,
    checked: Rc<Cell<Instant>>,
}

impl Standing {
    /// Watches a currently valid credential by calling `check`.
    pub(super) fn new<F>(check: impl Fn() -> F + 'static) -> Self
    where
        F: Future<Output = Verdict> + 'static,
    {
        Self { check: Rc::new(move || check().boxed_local()), checked: Rc::new(Cell::new(Instant::now())) }
    }

    /// Watches a session of the portal.
    pub(super) fn of_session(guard: Guard, session: SessionKey) -> Self {
        let session = Rc::new(session);
        Self::new(move || {
            let (guard, session) = (guard.clone(), Rc::clone(&session));
            async move {
                match guard.lasts(&session).await {
                    Ok(true) => Verdict::Good,
                    Ok(false) => Verdict::Ended,
                    Err(_) => Verdict::Doubtful,
                }
            }
        })
    }

    /// Watches a credential of the inbound chain.
    pub(super) fn of_credentials(authenticator: Authenticator, credentials: Credentials) -> Self {
        Self::new(move || {
            let (authenticator, credentials) = (authenticator.clone(), credentials.clone());
            async move {
                match authenticator.identify_again(credentials).await {
                    Ok(identity) if identity.auth_type == AuthType::Anonymous => Verdict::Ended,
                    Ok(_) => Verdict::Good,
                    Err(Denied::Missing | Denied::Invalid) => Verdict::Ended,
                    Err(_) => Verdict::Doubtful,
                }
            }
        })
    }

    /// Waits until the credential is no longer valid, or could not be checked for [`DOUBT_MAX`].
    async fn ended(self) {
        loop {
            sleep(CHECK_EVERY).await;
            let (begun, deadline) = (Instant::now(), self.checked.get() + DOUBT_MAX);
            match timeout_at(deadline, (self.check)()).await {
                Ok(Verdict::Good) => self.checked.set(begun),
                Ok(Verdict::Ended) | Err(_) => return,
                Ok(Verdict::Doubtful) if Instant::now() >= deadline => return,
                Ok(Verdict::Doubtful) => {}
            }
        }
    }

    /// Runs `work` while the credential is valid; `None` when it ends first.
    pub(super) async fn while_good<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            done = work => Some(done),
            () = self.clone().ended() => None,
        }
    }

    /// Ends the body of a response with the credential: an event stream ends normally, any other body is cut off, so
    /// that it does not look complete.
    pub(super) fn watch(&self, mut answer: Answer) -> Answer {
        let events = answer
            .headers
            .iter()
            .any(|(name, value)| *name == CONTENT_TYPE && value.as_bytes().starts_with(b"text/event-stream"));
        answer.body = match answer.body {
            Body::Stream(chunks, length) => Body::Stream(Box::pin(self.watched(chunks, !events)), length),
            whole => whole,
        };
        answer
    }

    fn watched(&self, mut chunks: Chunks, cut: bool) -> impl Stream<Item = Result<bytes::Bytes, CutShort>> + use<> {
        let standing = self.clone();
        let mut ended = Some(self.clone().ended().boxed_local());
        stream::poll_fn(move |cx| {
            let Some(ending) = &mut ended else { return std::task::Poll::Ready(None) };
            if ending.poll_unpin(cx).is_ready() {
                ended = None;
                log::info!("response ended: its credential has expired or was revoked");
                let short = cut.then(|| Err(CutShort("its credential has expired or was revoked".to_owned())));
                return std::task::Poll::Ready(short);
            }
            // A slow reader waits when the last check is too old; the next check wakes it.
            if standing.checked.get().elapsed() > STALE {
                return std::task::Poll::Pending;
            }
            chunks.as_mut().poll_next(cx)
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use bytes::Bytes;
    use futures_util::{StreamExt as _, future};

    use super::*;

    /// Returns a credential whose verdict can be changed.
    fn credential() -> (Rc<Cell<Verdict>>, Standing) {
        let verdict = Rc::new(Cell::new(Verdict::Good));
        let told = Rc::clone(&verdict);
        (verdict, Standing::new(move || future::ready(told.get())))
    }

    fn chunks(answer: Answer) -> Chunks {
        match answer.body {
            Body::Stream(chunks, _) => chunks,
            _ => unreachable!("a stream stays one"),
        }
    }

    /// Returns an endless stream with a chunk every 100 ms.
    fn endless() -> impl Stream<Item = Bytes> {
        stream::unfold((), |()| async {
            sleep(Duration::from_millis(100)).await;
            Some((Bytes::from_static(b"x"), ()))
        })
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_ends_within_a_second_of_its_credential() {
        let (verdict, standing) = credential();
        let mut body = chunks(standing.watch(Answer::stream("text/event-stream", None, endless())));
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(60) {
            assert_eq!(body.next().await.unwrap().unwrap(), "x");
        }
        verdict.set(Verdict::Ended);
        let ended = Instant::now();
        while body.next().await.is_some() {}
        assert!(ended.elapsed() <= STALE, "{:?}", ended.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn an_export_is_cut() {
        let (verdict, standing) = credential();
        let mut body = chunks(standing.watch(Answer::stream("application/x-ndjson", None, endless())));
        verdict.set(Verdict::Ended);
        let ended = Instant::now();
        let last = loop {
            match body.next().await.unwrap() {
                Ok(_) => {}
                Err(cut) => break cut,
            }
        };
        assert!(last.to_string().contains("credential") && ended.elapsed() <= STALE);
        assert!(body.next().await.is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn a_reader_that_was_slow_gets_nothing_more() {
        let (verdict, standing) = credential();
        let ready = stream::repeat(Bytes::from_static(b"x"));
        let mut body = chunks(standing.watch(Answer::stream("text/event-stream", None, ready)));
        assert!(body.next().await.is_some());
        verdict.set(Verdict::Ended);
        sleep(Duration::from_secs(30)).await;
        assert!(body.next().await.is_none(), "checked before anything more is sent");
    }

    #[tokio::test(start_paused = true)]
    async fn a_credential_that_can_not_be_checked_pauses_the_answer_and_then_ends_it() {
        let (verdict, standing) = credential();
        let mut body = chunks(standing.watch(Answer::stream("text/event-stream", None, endless())));
        verdict.set(Verdict::Doubtful);
        let begun = Instant::now();
        let mut last = begun;
        while body.next().await.is_some() {
            last = Instant::now();
        }
        assert!(last - begun <= STALE + Duration::from_millis(100), "{:?}", last - begun);
        let ended = begun.elapsed();
        assert!(ended >= DOUBT_MAX - CHECK_EVERY && ended <= DOUBT_MAX + CHECK_EVERY, "{ended:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn doubt_that_passes_costs_nothing() {
        let (verdict, standing) = credential();
        let mut body = chunks(standing.watch(Answer::stream("text/event-stream", None, endless())));
        verdict.set(Verdict::Doubtful);
        let restored = async {
            sleep(Duration::from_secs(3)).await;
            verdict.set(Verdict::Good);
            sleep(Duration::from_secs(60)).await;
        };
        let reading = async { while body.next().await.is_some() {} };
        tokio::select! {
            () = restored => {}
            () = reading => unreachable!("the stream goes on"),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_check_that_hangs_ends_the_answer() {
        let standing = Standing::new(future::pending);
        let mut body = chunks(standing.watch(Answer::stream("text/event-stream", None, endless())));
        let begun = Instant::now();
        while body.next().await.is_some() {}
        assert_eq!(begun.elapsed(), DOUBT_MAX);
    }

    #[tokio::test(start_paused = true)]
    async fn a_long_poll_ends_with_its_credential_and_a_quick_answer_is_given() {
        let (verdict, standing) = credential();
        assert_eq!(standing.while_good(async { 7 }).await, Some(7));
        let slow = async {
            sleep(Duration::from_secs(30)).await;
            7
        };
        assert_eq!(standing.while_good(slow).await, Some(7), "a slow one too, while the credential is good");
        verdict.set(Verdict::Ended);
        let ended = Instant::now();
        assert_eq!(standing.while_good(future::pending::<i32>()).await, None);
        assert!(ended.elapsed() <= STALE);
    }
}
