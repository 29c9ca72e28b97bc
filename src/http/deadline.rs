//! The timer of a connection or a stream.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::time::{Instant, Sleep, sleep_until};

/// Deadline of the current wait, set anew for each wait. The timer is reset only when it would fire too late or has
/// fired too early.
#[derive(Default)]
pub(super) struct Deadline {
    at: Option<Instant>,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Deadline {
    /// Starts the deadline, unless it is running.
    pub(super) fn begin(&mut self, limit: Duration) {
        if self.at.is_none() {
            self.at = Some(Instant::now() + limit);
        }
    }

    /// Clears the deadline.
    pub(super) fn clear(&mut self) {
        self.at = None;
    }

    /// Returns ready when the deadline has passed.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(at) = self.at else { return Poll::Pending };
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(at)));
        if timer.deadline() > at {
            timer.as_mut().reset(at);
        }
        loop {
            ready!(timer.as_mut().poll(cx));
            if Instant::now() >= at {
                return Poll::Ready(());
            }
            timer.as_mut().reset(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

    async fn passes(deadline: &mut Deadline) -> Duration {
        let begun = Instant::now();
        poll_fn(|cx| deadline.poll(cx)).await;
        begun.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn a_later_deadline_uses_the_timer_of_an_earlier_one_and_an_earlier_one_moves_it() {
        let mut deadline = Deadline::default();
        for seconds in [10, 60, 5, 75] {
            deadline.begin(Duration::from_secs(seconds));
            assert!(futures_util::poll!(poll_fn(|cx| deadline.poll(cx))).is_pending());
            deadline.clear();
            assert!(futures_util::poll!(poll_fn(|cx| deadline.poll(cx))).is_pending(), "nothing is waited for");
        }
        for seconds in [75, 10, 60] {
            deadline.begin(Duration::from_secs(seconds));
            deadline.begin(Duration::from_secs(1));
            assert_eq!(passes(&mut deadline).await, Duration::from_secs(seconds));
            deadline.clear();
        }
    }
}
