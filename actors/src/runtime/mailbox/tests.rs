#![allow(clippy::unwrap_used)]

use std::{pin::pin, sync::Barrier, thread};

use futures_util::FutureExt as _;

use super::*;

fn message<M>(delivery: Option<Delivery<M>>) -> Option<M> {
    delivery.map(|delivery| delivery.message)
}

#[test]
fn many_threads_and_handles_get_exactly_the_capacity() {
    let (mailbox, _inbox) = mailbox::<usize>(4096);
    let start = Barrier::new(8);
    let accepted: usize = thread::scope(|scope| {
        let senders: Vec<_> = (0..8)
            .map(|_| {
                let (mailbox, start) = (mailbox.clone(), &start);
                scope.spawn(move || {
                    start.wait();
                    (0..1000).filter(|n| mailbox.clone().try_send(*n).is_ok()).count()
                })
            })
            .collect();
        senders.into_iter().filter_map(|sender| sender.join().ok()).sum()
    });
    let state = mailbox.observe();
    assert_eq!((accepted, state.depth, state.received, state.refused), (4096, 4096, 8000, 3904));
}

#[test]
fn a_refused_message_comes_back() {
    let (mailbox, mut inbox) = mailbox(1);
    assert_eq!(mailbox.try_send('a'), Ok(()));
    assert_eq!(mailbox.try_send('b'), Err(Refused::Full('b')));
    assert_eq!(inbox.try_recv().map(|delivery| delivery.message), Some('a'));
    mailbox.close();
    assert_eq!(mailbox.try_send('c'), Err(Refused::Closed('c')));
}

#[tokio::test]
async fn what_waits_is_read_before_the_end() {
    let (mailbox, mut inbox) = mailbox(4);
    assert!(mailbox.try_send(1).is_ok() && mailbox.try_send(2).is_ok());
    mailbox.close();
    assert_eq!(message(inbox.recv().await), Some(1));
    assert_eq!(message(inbox.again().recv().await), Some(2));
    assert_eq!(message(inbox.recv().await), None);
}

#[tokio::test]
async fn a_sleeping_reader_is_woken() {
    let (mailbox, mut inbox) = mailbox(4);
    let mut receiving = pin!(inbox.recv());
    assert!(receiving.as_mut().now_or_never().is_none(), "it sleeps");
    let sender = thread::spawn(move || mailbox.try_send(7).is_ok());
    assert_eq!(message(receiving.await), Some(7));
    assert!(sender.join().is_ok_and(|sent| sent));
}

#[test]
fn what_has_no_place_is_not_made() {
    let (mailbox, mut inbox) = mailbox(1);
    assert!(!mailbox.try_send_with(|| None), "given up by its maker");
    assert!(mailbox.try_send_with(|| Some(1)));
    assert!(!mailbox.try_send_with(|| unreachable!("no place for it")));
    assert_eq!(inbox.try_recv().map(|delivery| delivery.message), Some(1));
    let state = mailbox.observe();
    assert_eq!((state.depth, state.received, state.refused), (0, 3, 2));
}

#[test]
fn a_maker_that_panics_leaves_its_place() {
    let (mailbox, _inbox) = mailbox::<u8>(1);
    let made = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        mailbox.try_send_with(|| std::panic::panic_any("as asked"))
    }));
    assert!(made.is_err());
    let state = mailbox.observe();
    assert_eq!((state.depth, state.received, state.refused), (0, 1, 1));
}

#[tokio::test]
async fn a_message_that_is_worked_on_keeps_its_place() {
    let (mailbox, mut inbox) = mailbox(2);
    assert!(mailbox.try_send(1).is_ok() && mailbox.try_send(2).is_ok());
    let first = inbox.try_recv().unwrap();
    assert_eq!((mailbox.depth(), mailbox.try_send(3)), (2, Err(Refused::Full(3))));
    drop(first.place);
    assert_eq!(mailbox.depth(), 1);
    assert_eq!(mailbox.try_send(4), Ok(()));
    let state = mailbox.observe();
    assert_eq!((state.received, state.handled, state.depth, state.refused), (4, 1, 2, 1));
}

#[test]
fn a_panic_over_a_message_gives_its_place_back() {
    let (mailbox, mut inbox) = mailbox(1);
    assert!(mailbox.try_send(1).is_ok());
    let panicked = thread::spawn(move || {
        let _delivery = inbox.try_recv().unwrap();
        std::panic::panic_any("as asked")
    });
    assert!(panicked.join().is_err());
    assert_eq!((mailbox.depth(), mailbox.try_send(2)), (0, Ok(())));
}

#[tokio::test]
async fn a_closed_mailbox_ends_with_its_last_place() {
    let (mailbox, mut inbox) = mailbox(2);
    assert!(mailbox.try_send(1).is_ok());
    let Delivery { place, .. } = inbox.recv().await.unwrap();
    mailbox.close();
    let mut end = pin!(inbox.recv());
    assert!(futures_util::poll!(&mut end).is_pending(), "its work is not done");
    thread::spawn(move || drop(place));
    assert!(end.await.is_none());
}

#[test]
fn a_message_for_an_ended_reader_is_dropped_and_refused() {
    let (mailbox, inbox) = mailbox(4);
    let (reply, mut answer) = tokio::sync::oneshot::channel::<()>();
    assert!(mailbox.try_send(reply).is_ok());
    drop(inbox);
    mailbox.close();
    mailbox.places.end();
    mailbox.drain();
    assert!(answer.try_recv().is_err());
    let state = mailbox.observe();
    assert_eq!((state.received, state.handled, state.depth, state.refused), (1, 0, 0, 1));
}
