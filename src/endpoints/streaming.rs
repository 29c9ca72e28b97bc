//! streaming: bodies in pieces, for tests of buffering and flushing.

use std::{
    io::Write as _,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use actix_rt::time::{Sleep, sleep};
use actix_web::http::header::{CACHE_CONTROL, HeaderValue};
use bytes::Bytes;
use futures_util::Stream;

use super::{Answer, Call, Fault, Group, Int, Route, Text};
use crate::wire::words;

const COUNT: Int = Int::query("count", "Number of items.").between(0, 1000).or(5).example(3);
const DELAY_MS: Int = Int::query("delay_ms", "Milliseconds between items.").between(0, 5000).example(20);
const SEED: Text = Text::query("seed", "The same seed gives the same words.", "fixed").or("");

/// Declares the group.
pub(super) fn group() -> Group {
    let route = |name, path, kind: StreamKind| {
        Route::get(name, path, move |call| async move { items(&call, kind) })
            .takes(&COUNT)
            .takes(&DELAY_MS)
            .takes(&SEED)
    };
    Group::new("streaming", "Streamed bodies, flushed after each item.")
        .route(
            route("streaming_chunked", "/v1/streaming/chunked", StreamKind::Chunked)
                .about("Streams lines of text.")
                .example("/v1/streaming/chunked?count=3&seed=fixed")
                .answers_text(
                    "200",
                    "One line per item.",
                    "text/plain; charset=utf-8",
                    "chunk 0: uniform\nchunk 1: whiskey\nchunk 2: kilo\n",
                ),
        )
        .route(
            route("streaming_sse", "/v1/streaming/sse", StreamKind::Events)
                .about("Streams server-sent events.")
                .example("/v1/streaming/sse?count=1&seed=fixed")
                .answers_text(
                    "200",
                    "One event per item.",
                    "text/event-stream",
                    "id: 0\ndata: {\"id\":0,\"word\":\"uniform\"}\n\n",
                )
                .with_header("Cache-Control", "`no-store`"),
        )
        .route(
            route("streaming_ndjson", "/v1/streaming/ndjson", StreamKind::Lines)
                .about("Streams JSON documents, one per line (NDJSON).")
                .example("/v1/streaming/ndjson?count=1&seed=fixed")
                .answers_text(
                    "200",
                    "One document per item.",
                    "application/x-ndjson",
                    "{\"index\":0,\"word\":\"uniform\"}\n",
                ),
        )
}

#[derive(Clone, Copy)]
enum StreamKind {
    Chunked,
    Events,
    Lines,
}

impl StreamKind {
    fn item(self, index: u64, word: &str) -> Bytes {
        let mut item = Vec::with_capacity(64);
        // Writing into a Vec can't fail.
        let _ = match self {
            Self::Chunked => writeln!(item, "chunk {index}: {word}"),
            Self::Events => write!(item, "id: {index}\ndata: {{\"id\":{index},\"word\":\"{word}\"}}\n\n"),
            Self::Lines => writeln!(item, "{{\"index\":{index},\"word\":\"{word}\"}}"),
        };
        item.into()
    }
}

fn items(call: &Call, kind: StreamKind) -> Result<Answer, Fault> {
    let query = call.query();
    let count = COUNT.count(&query)?;
    let delay = Duration::from_millis(DELAY_MS.count(&query)?);
    let seed = SEED.read(&query).unwrap_or_default().into_owned();
    let item = move |index| kind.item(index, words::streaming_word(&seed, index));
    let paced = Paced { next: 0, count, delay, item, waiting: None, flush: false };
    Ok(match kind {
        StreamKind::Chunked => Answer::stream("text/plain; charset=utf-8", None, paced),
        StreamKind::Events => {
            Answer::stream("text/event-stream", None, paced).header(CACHE_CONTROL, HeaderValue::from_static("no-store"))
        }
        StreamKind::Lines => Answer::stream("application/x-ndjson", None, paced),
    })
}

/// Stream of items with a delay between them. It is pending once after each item, because only then does the HTTP
/// library flush. So each item leaves separately, however soon the next one follows.
struct Paced<F> {
    next: u64,
    count: u64,
    delay: Duration,
    item: F,
    waiting: Option<Pin<Box<Sleep>>>,
    flush: bool,
}

impl<F: Fn(u64) -> Bytes + Unpin> Stream for Paced<F> {
    type Item = Bytes;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        if std::mem::take(&mut self.flush) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        if let Some(waiting) = &mut self.waiting {
            std::task::ready!(waiting.as_mut().poll(cx));
            self.waiting = None;
        }
        if self.next == self.count {
            return Poll::Ready(None);
        }
        let item = (self.item)(self.next);
        self.next += 1;
        if self.next < self.count && !self.delay.is_zero() {
            self.waiting = Some(Box::pin(sleep(self.delay)));
        } else {
            self.flush = true;
        }
        Poll::Ready(Some(item))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use futures_util::StreamExt as _;
    use tokio::time::Instant;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_first_item_comes_at_once_and_each_other_after_the_delay() {
        let delay = Duration::from_millis(3000);
        let item = |index: u64| Bytes::from(index.to_string());
        let mut paced = Paced { next: 0, count: 3, delay, item, waiting: None, flush: false };
        let began = Instant::now();
        for index in 0..3 {
            assert_eq!(paced.next().await.unwrap(), index.to_string());
            assert_eq!(began.elapsed(), delay * index);
        }
        assert_eq!(paced.next().await, None);
        assert_eq!(began.elapsed(), delay * 2);
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_delay_there_is_a_flush_after_each_item() {
        let item = |index: u64| Bytes::from(index.to_string());
        let mut paced = Paced { next: 0, count: 2, delay: Duration::ZERO, item, waiting: None, flush: false };
        for index in 0..2 {
            assert_eq!(futures_util::poll!(paced.next()), Poll::Ready(Some(index.to_string().into())));
            assert_eq!(futures_util::poll!(paced.next()), Poll::Pending, "the HTTP library writes what it holds");
        }
        assert_eq!(futures_util::poll!(paced.next()), Poll::Ready(None));
    }
}
