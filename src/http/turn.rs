//! Whose turn it is on an HTTP/1 connection: one request at a time.
//!
//! Clients may send requests before earlier ones are answered (pipelining; RFC 9112, section 9.3.2). The HTTP library
//! reads such a request at once, and then frames the answer that is due by the verb, the version and the `Connection` of
//! the newest one: a `GET` with a `HEAD` behind it loses its body. So [`Conn`](super::conn::Conn) hands on one request
//! after the other, and each [`Exchange`](super::exchange::Exchange) says when it is over.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    task::{Context, Waker},
};

/// Shared by a connection and the exchanges on it.
#[derive(Clone, Debug, Default)]
pub(super) struct Turns(Rc<State>);

#[derive(Debug, Default)]
struct State {
    handed_on: Cell<u64>,
    begun: Cell<u64>,
    over: Cell<u64>,
    waiting: RefCell<Option<Waker>>,
}

impl Turns {
    /// Counts a request that the HTTP library has been given to its last byte.
    pub(super) fn handed_on(&self) {
        self.0.handed_on.set(self.0.handed_on.get() + 1);
    }

    /// Says whether the next request may be handed on.
    pub(super) fn is_free(&self) -> bool {
        // An exchange may be over before its request has arrived whole.
        self.0.handed_on.get() <= self.0.over.get()
    }

    /// Wakes the task of `cx` when the next exchange is over.
    pub(super) fn wait(&self, cx: &Context<'_>) {
        let mut waiting = self.0.waiting.borrow_mut();
        match &mut *waiting {
            Some(waker) => waker.clone_from(cx.waker()),
            None => *waiting = Some(cx.waker().clone()),
        }
    }

    /// Exchanges that have begun.
    pub(super) fn begun(&self) -> u64 {
        self.0.begun.get()
    }

    /// Begins an exchange.
    pub(super) fn begin(&self) -> Turn {
        self.0.begun.set(self.0.begun.get() + 1);
        Turn(self.clone())
    }
}

/// An exchange's turn. Dropping it ends it.
#[derive(Debug)]
pub(super) struct Turn(Turns);

impl Drop for Turn {
    fn drop(&mut self) {
        let state = &self.0.0;
        state.over.set(state.over.get() + 1);
        if let Some(waker) = state.waiting.take() {
            waker.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_lasts_until_it_is_dropped() {
        let turns = Turns::default();
        assert!(turns.is_free());
        let first = turns.begin();
        assert!(turns.is_free(), "its request has not arrived whole");
        turns.handed_on();
        assert!(!turns.is_free());
        drop(first);
        assert!(turns.is_free());
        drop(turns.begin());
        turns.handed_on();
        assert!(turns.is_free(), "it was over before its request had arrived whole");
    }
}
