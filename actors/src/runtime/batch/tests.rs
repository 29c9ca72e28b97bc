#![allow(clippy::unwrap_used)]

use std::pin::pin;

use futures_util::StreamExt as _;

use super::*;
use crate::runtime::{Refused, mailbox::mailbox};

const WINDOW: Duration = Duration::from_millis(50);

#[tokio::test(start_paused = true)]
async fn a_batch_ends_when_it_is_full_or_late_and_keeps_its_places() {
    let (mailbox, inbox) = mailbox(5);
    for n in 0..5 {
        assert!(mailbox.try_send(n).is_ok());
    }
    let mut batches = pin!(batches(inbox, 3, WINDOW));
    let mut batch = batches.next().await.unwrap();
    assert_eq!(batch.messages(), [0, 1, 2]);
    assert_eq!((mailbox.depth(), mailbox.try_send(5)), (5, Err(Refused::Full(5))));
    assert_eq!(batch.take(2).collect::<Vec<_>>(), [0, 1]);
    assert_eq!(mailbox.depth(), 5, "taken out, and not done");
    batch.give_back(2);
    assert_eq!((mailbox.depth(), batch.messages()), (3, [2].as_slice()));
    batch.give_back(9);
    assert_eq!(mailbox.depth(), 2, "no more than it held");
    let mut late = batches.next().await.unwrap();
    assert_eq!(late.messages(), [3, 4]);
    late.give_back(2);
    mailbox.close();
    assert!(batches.next().await.is_none());
    let state = mailbox.observe();
    assert_eq!((state.received, state.handled, state.refused, state.depth), (6, 5, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn places_of_a_batch_that_is_dropped_are_given_up() {
    let (mailbox, inbox) = mailbox(4);
    for n in 0..4 {
        assert!(mailbox.try_send(n).is_ok());
    }
    let mut batch = pin!(batches(inbox, 4, WINDOW)).next().await.unwrap();
    batch.give_back(1);
    drop(batch);
    let state = mailbox.observe();
    assert_eq!((state.received, state.handled, state.refused, state.depth), (4, 1, 3, 0));
}
