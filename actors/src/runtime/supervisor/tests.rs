#![allow(clippy::panic)]

use std::{cell::RefCell, rc::Rc};

use actix::{AsyncContext as _, Context, StreamHandler};

use super::*;

type Seen = Rc<RefCell<Vec<u32>>>;

/// Notes numbers; dies over multiples of 10.
struct Noting {
    lease: Option<Lease<u32>>,
    seen: Seen,
}

impl Actor for Noting {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        if let Some(lease) = self.lease.take() {
            ctx.add_stream(lease);
        }
    }
}

impl StreamHandler<u32> for Noting {
    fn handle(&mut self, number: u32, _: &mut Self::Context) {
        assert!(!number.is_multiple_of(10), "as asked");
        self.seen.borrow_mut().push(number);
    }
}

fn start(capacity: usize) -> (Supervised<u32>, Seen) {
    let seen = Seen::default();
    let noted = Rc::clone(&seen);
    let factory = move |lease| Noting { lease: Some(lease), seen: Rc::clone(&noted) };
    (Supervised::start("noting", capacity, factory), seen)
}

#[actix_rt::test]
async fn what_waits_survives_a_panic() {
    let (noting, seen) = start(100);
    for number in [1, 2, 10, 3, 20, 4] {
        assert!(noting.mailbox().try_send(number).is_ok());
    }
    let observer = noting.observer();
    assert_eq!(noting.stop(Duration::from_secs(5)).await, Drained { left: 0 });
    assert_eq!(*seen.borrow(), [1, 2, 3, 4]);
    let state = observer.observe();
    assert_eq!((state.restarts, state.handled, state.mailbox.depth), (2, 6, 0));
}

#[actix_rt::test]
async fn draining_has_a_limit_and_says_what_is_left() {
    struct Deaf {
        lease: Option<Lease<u32>>,
    }
    impl Actor for Deaf {
        type Context = Context<Self>;
    }
    let deaf = Supervised::start("deaf", 10, |lease| Deaf { lease: Some(lease) });
    for number in 0..7 {
        assert!(deaf.mailbox().try_send(number).is_ok());
    }
    assert_eq!(deaf.stop(Duration::from_millis(50)).await, Drained { left: 7 });
    let _ = Deaf { lease: None }.lease;
}

#[actix_rt::test]
async fn an_actor_that_always_dies_does_not_spin() {
    struct Stillborn;
    impl Actor for Stillborn {
        type Context = Context<Self>;
    }
    let stillborn: Supervised<u32> = Supervised::start("stillborn", 1, |lease| {
        drop(lease);
        Stillborn
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    let restarts = stillborn.observer().observe().restarts;
    assert!((2..=20).contains(&restarts), "{restarts}");
}

#[actix_rt::test]
async fn a_batch_outside_the_actor_survives_it() {
    struct Batching {
        lease: Option<Lease<u32>>,
        batch: Rc<RefCell<Vec<u32>>>,
        written: Seen,
    }
    impl Actor for Batching {
        type Context = Context<Self>;

        fn started(&mut self, ctx: &mut Self::Context) {
            let Some(mut lease) = self.lease.take() else { return };
            let (batch, written) = (Rc::clone(&self.batch), Rc::clone(&self.written));
            ctx.spawn(actix::fut::wrap_future(async move {
                loop {
                    let mut taken = batch.take();
                    lease.fill(&mut taken, 4, Duration::from_millis(5)).await;
                    if taken.is_empty() {
                        return;
                    }
                    let dies = taken.contains(&10) && written.borrow().is_empty();
                    *batch.borrow_mut() = taken;
                    if dies {
                        written.borrow_mut().push(0);
                        panic!("as asked");
                    }
                    let mut done = batch.take();
                    lease.release(done.len());
                    written.borrow_mut().append(&mut done);
                }
            }));
        }
    }
    let (batch, written) = (Rc::default(), Seen::default());
    let noted = Rc::clone(&written);
    let batching = Supervised::start("batching", 100, move |lease| Batching {
        lease: Some(lease),
        batch: Rc::clone(&batch),
        written: Rc::clone(&noted),
    });
    for number in [1, 10, 2, 3, 4] {
        assert!(batching.mailbox().try_send(number).is_ok());
    }
    assert_eq!(batching.stop(Duration::from_secs(5)).await, Drained { left: 0 });
    assert_eq!(*written.borrow(), [0, 1, 10, 2, 3, 4]);
}
