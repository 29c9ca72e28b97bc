//! A delivery as a stream of steps, and as an async function that sends them.

use std::{
    cell::RefCell,
    future::{Future, poll_fn},
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
};

use futures_util::Stream;

use super::Step;
use crate::fault::Fault;

/// Stream of the steps of an answer. It is polled for the next step once the previous one has been executed, and
/// dropped when the client leaves or the server cuts the answer off.
pub struct Delivery(Pin<Box<dyn Stream<Item = Step>>>);

impl Delivery {
    /// Creates a delivery from its steps.
    pub fn new(steps: impl Stream<Item = Step> + 'static) -> Self {
        Self(Box::pin(steps))
    }

    /// Creates a delivery from an async function that sends its steps through a [`Way`]. An error is sent as
    /// [`Step::Fault`].
    pub fn run<F>(script: F) -> Self
    where
        F: AsyncFnOnce(&mut Way) -> Result<(), Fault> + 'static,
    {
        let slot = Slot::default();
        let mut way = Way { slot: Rc::clone(&slot) };
        let running = Box::pin(async move { script(&mut way).await });
        Self::new(Running { running: Some(running), slot })
    }

    /// Returns the next step, or `None` after the last one.
    pub(crate) fn poll_step(&mut self, cx: &mut Context<'_>) -> Poll<Option<Step>> {
        self.0.as_mut().poll_next(cx)
    }
}

/// Place for the step that is handed over.
type Slot = Rc<RefCell<Option<Step>>>;

/// Way out for the steps of a delivery.
pub struct Way {
    slot: Slot,
}

impl Way {
    /// Hands a step to the connection. Returns once the connection has executed it and asks for the next one. Bytes may
    /// then still wait for the step after it; they leave when the handler waits for anything else.
    pub async fn send(&mut self, step: Step) {
        *self.slot.borrow_mut() = Some(step);
        // The delivery takes the step after this poll, and polls again when the next one is asked for.
        poll_fn(|_| if self.slot.borrow().is_some() { Poll::Pending } else { Poll::Ready(()) }).await;
    }
}

/// A running script.
struct Running<F> {
    /// `None` once it has ended.
    running: Option<Pin<Box<F>>>,
    slot: Slot,
}

impl<F: Future<Output = Result<(), Fault>>> Stream for Running<F> {
    type Item = Step;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Step>> {
        let Some(running) = &mut self.running else { return Poll::Ready(None) };
        let polled = running.as_mut().poll(cx);
        if let Some(step) = self.slot.take() {
            return Poll::Ready(Some(step));
        }
        polled.map(|ended| {
            self.running = None;
            ended.err().map(|fault| Step::Fault(Box::new(fault)))
        })
    }
}

#[cfg(test)]
mod tests {
    use futures_util::{StreamExt as _, future::join};

    use super::*;

    #[tokio::test]
    async fn a_step_is_handed_over_once_and_the_next_one_waits_for_it() {
        let mut delivery = Delivery::run(async |way| {
            way.send(Step::Note("one")).await;
            let mut turns = 0;
            poll_fn(|cx| {
                turns += 1;
                cx.waker().wake_by_ref();
                if turns < 3 { Poll::Pending } else { Poll::Ready(()) }
            })
            .await;
            way.send(Step::Note("two")).await;
            Err(Fault::bad_request("three"))
        });
        let mut words = Vec::new();
        while let Some(step) = delivery.0.next().await {
            words.push(step.word());
        }
        assert_eq!(words, ["one", "two", "fault"]);
        assert!(delivery.0.next().await.is_none());
    }

    #[tokio::test]
    async fn sending_beside_another_future_loses_no_step() {
        let delivery = Delivery::run(async |way| {
            let ((), ()) = join(
                async {
                    for _ in 0..3 {
                        way.send(Step::Note("sent")).await;
                    }
                },
                async {
                    for _ in 0..7 {
                        tokio::task::yield_now().await;
                    }
                },
            )
            .await;
            Ok(())
        });
        assert_eq!(delivery.0.map(|step| step.word()).collect::<Vec<_>>().await, ["sent", "sent", "sent"]);
    }
}
