#![allow(clippy::panic, clippy::unwrap_used)]

use std::{cell::RefCell, rc::Rc};

use tokio::sync::Notify;

use super::*;

type Seen = Rc<RefCell<Vec<u32>>>;

/// Records numbers; panics on multiples of 10.
struct Noting {
    seen: Seen,
}

impl Actor for Noting {
    type Context = Context<Self>;
}

impl StreamHandler<Delivery<u32>> for Noting {
    fn handle(&mut self, delivery: Delivery<u32>, _: &mut Self::Context) {
        assert!(!delivery.message.is_multiple_of(10), "as asked");
        self.seen.borrow_mut().push(delivery.message);
    }
}

fn named<'r>(registry: &'r Registry, name: &'static str, capacity: usize) -> Start<'r> {
    Start { registry, name, capacity, counts: Arc::new(()) }
}

fn start(registry: &Registry, capacity: usize) -> (Supervised<u32>, Seen) {
    let seen = Seen::default();
    let noted = Rc::clone(&seen);
    (Supervised::start(named(registry, "noting", capacity), move |_, _| Noting { seen: Rc::clone(&noted) }), seen)
}

#[actix_rt::test]
async fn what_waits_survives_a_panic() {
    let registry = Registry::default();
    let (noting, seen) = start(&registry, 100);
    for number in [1, 2, 10, 3, 20, 4] {
        assert!(noting.mailbox().try_send(number).is_ok());
    }
    assert_eq!(noting.stop(Duration::from_secs(5)).await, Stopped { ended: true, left: 0 });
    assert_eq!(*seen.borrow(), [1, 2, 3, 4]);
    let state = registry.observe().remove(0);
    assert_eq!((state.restarts, state.mailbox.handled, state.mailbox.depth), (2, 6, 0));
    assert_eq!((state.phase, state.last_error.unwrap().message.as_str()), (ActorPhase::Stopped, "panic: as asked"));
}

/// Keeps its messages, and thereby their places.
struct Hoarding {
    held: Vec<Delivery<u32>>,
    dropped: Rc<Notify>,
}

impl Actor for Hoarding {
    type Context = Context<Self>;
}

impl StreamHandler<Delivery<u32>> for Hoarding {
    fn handle(&mut self, delivery: Delivery<u32>, _: &mut Self::Context) {
        self.held.push(delivery);
    }
}

impl Drop for Hoarding {
    fn drop(&mut self) {
        self.dropped.notify_one();
    }
}

#[actix_rt::test]
async fn draining_has_a_limit_says_what_is_left_and_ends_the_actor() {
    let (registry, dropped) = (Registry::default(), Rc::<Notify>::default());
    let notified = Rc::clone(&dropped);
    let hoarding = Supervised::start(named(&registry, "hoarding", 10), move |_, _| Hoarding {
        held: Vec::new(),
        dropped: Rc::clone(&notified),
    });
    for number in 0..7 {
        assert!(hoarding.mailbox().try_send(number).is_ok());
    }
    assert_eq!(hoarding.stop(Duration::from_millis(50)).await, Stopped { ended: true, left: 7 });
    dropped.notified().await;
    assert!(hoarding.mailbox().try_send(8).is_err());
    assert_eq!(registry.observe()[0].mailbox.depth, 0);
}

#[actix_rt::test]
async fn a_thread_that_ends_stops_its_actors() {
    let registry = Registry::default();
    let (arbiter, entered) = (actix_rt::Arbiter::new(), registry.clone());
    let (started, start) = tokio::sync::oneshot::channel();
    arbiter.spawn_fn(move || {
        let supervised = Supervised::start(named(&entered, "hoarding", 10), move |_, _| Hoarding {
            held: Vec::new(),
            dropped: Rc::default(),
        });
        let _ = started.send(supervised);
    });
    let hoarding = start.await.unwrap();
    assert!(hoarding.mailbox().try_send(1).is_ok());
    arbiter.stop();
    arbiter.join().unwrap();
    assert_eq!(registry.observe()[0].phase, ActorPhase::Stopped);
    assert!(hoarding.stop(Duration::from_secs(5)).await.ended);
    assert!(hoarding.mailbox().try_send(2).is_err());
}

#[actix_rt::test]
async fn an_actor_on_another_thread_is_stopped_from_here() {
    let registry = Registry::default();
    let (arbiter, entered) = (actix_rt::Arbiter::new(), registry.clone());
    let (started, start) = tokio::sync::oneshot::channel();
    arbiter.spawn_fn(move || {
        let supervised = Supervised::start(named(&entered, "noting", 10), move |_, _| Noting { seen: Seen::default() });
        let _ = started.send(supervised);
    });
    let noting = start.await.unwrap();
    assert!(noting.mailbox().try_send(1).is_ok());
    assert_eq!(noting.stop(Duration::from_secs(30)).await, Stopped { ended: true, left: 0 });
    arbiter.stop();
}

#[test]
fn an_actor_that_always_dies_does_not_spin() {
    struct Stillborn;
    impl Actor for Stillborn {
        type Context = Context<Self>;

        fn started(&mut self, _: &mut Self::Context) {
            panic!("as asked");
        }
    }
    impl StreamHandler<Delivery<u32>> for Stillborn {
        fn handle(&mut self, _: Delivery<u32>, _: &mut Self::Context) {}
    }
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    actix_rt::System::with_tokio_rt(runtime).block_on(async {
        let registry = Registry::default();
        let stillborn = Supervised::start(named(&registry, "stillborn", 1), |_, _| Stillborn);
        tokio::time::sleep(Duration::from_secs(60)).await;
        let restarts = registry.observe()[0].restarts;
        // Immediately, then after 1, 2, 4 … 512 ms, then every second.
        assert!((65..=75).contains(&restarts), "{restarts}");
        assert_eq!(registry.observe()[0].phase, ActorPhase::Restarting);
        assert!(stillborn.stop(Duration::from_secs(1)).await.ended);
    });
}

#[actix_rt::test]
async fn a_panic_in_a_task_apart_is_an_error_and_no_death() {
    struct Spawning {
        scope: Scope,
    }
    impl Actor for Spawning {
        type Context = Context<Self>;
    }
    impl StreamHandler<Delivery<u32>> for Spawning {
        fn handle(&mut self, delivery: Delivery<u32>, _: &mut Self::Context) {
            self.scope.spawn(async move {
                let _place = delivery.place;
                panic!("task {}", delivery.message);
            });
        }
    }
    let registry = Registry::default();
    let spawning = Supervised::start(named(&registry, "spawning", 4), |_, scope| Spawning { scope });
    assert!(spawning.mailbox().try_send(7).is_ok());
    assert_eq!(spawning.stop(Duration::from_secs(5)).await, Stopped { ended: true, left: 0 });
    let state = registry.observe().remove(0);
    assert_eq!((state.restarts, state.last_error.unwrap().message.as_str()), (0, "panic: task 7"));
}

/// Records batches that are kept outside it; panics on the first one with a 10.
struct Batching {
    hand: Rc<RefCell<Option<Batch<u32>>>>,
    noted: Seen,
}

impl Actor for Batching {
    type Context = Context<Self>;

    fn started(&mut self, _: &mut Self::Context) {
        self.note();
    }
}

impl StreamHandler<Batch<u32>> for Batching {
    fn handle(&mut self, batch: Batch<u32>, _: &mut Self::Context) {
        let dies = batch.messages().contains(&10);
        *self.hand.borrow_mut() = Some(batch);
        assert!(!dies, "as asked");
        self.note();
    }
}

impl Batching {
    fn note(&self) {
        if let Some(mut batch) = self.hand.take() {
            let count = batch.messages().len();
            self.noted.borrow_mut().extend(batch.take(count));
            batch.give_back(count);
        }
    }
}

fn start_batching(registry: &Registry) -> (Supervised<u32>, Seen) {
    let (hand, noted) = (Rc::default(), Seen::default());
    let seen = Rc::clone(&noted);
    let batching =
        Supervised::start_batching(named(registry, "batching", 100), 4, Duration::from_millis(5), move |_, _| {
            Batching { hand: Rc::clone(&hand), noted: Rc::clone(&noted) }
        });
    (batching, seen)
}

#[actix_rt::test]
async fn a_batch_outside_the_actor_survives_it() {
    let registry = Registry::default();
    let (batching, noted) = start_batching(&registry);
    for number in [1, 10, 2, 3, 4] {
        assert!(batching.mailbox().try_send(number).is_ok());
    }
    assert_eq!(batching.stop(Duration::from_secs(5)).await, Stopped { ended: true, left: 0 });
    assert_eq!(*noted.borrow(), [1, 10, 2, 3, 4]);
    assert_eq!((registry.observe()[0].restarts, registry.observe()[0].mailbox.handled), (1, 5));
}

#[actix_rt::test]
async fn a_batch_that_is_left_at_the_end_counts_as_refused() {
    /// Keeps batches and never handles them.
    struct Aside(Rc<RefCell<Option<Batch<u32>>>>);
    impl Actor for Aside {
        type Context = Context<Self>;
    }
    impl StreamHandler<Batch<u32>> for Aside {
        fn handle(&mut self, batch: Batch<u32>, _: &mut Self::Context) {
            *self.0.borrow_mut() = Some(batch);
        }
    }
    let (registry, hand) = (Registry::default(), Rc::default());
    let start = named(&registry, "aside", 10);
    let aside = Supervised::start_batching(start, 8, Duration::ZERO, move |_, _| Aside(Rc::clone(&hand)));
    for number in 0..7 {
        assert!(aside.mailbox().try_send(number).is_ok());
    }
    assert_eq!(aside.stop(Duration::from_millis(50)).await, Stopped { ended: true, left: 7 });
    let state = aside.mailbox().observe();
    assert_eq!((state.received, state.refused, state.depth), (7, 7, 0));
}
