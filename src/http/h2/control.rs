//! Wishes of streams for their connection.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    task::{Context, Poll, Waker},
};

use h2::Reason;

/// What a stream wants of its connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    /// GOAWAY with NO_ERROR, and the end after the running streams.
    EndGracefully,
    /// GOAWAY with this code, and the end at once.
    End(Reason),
    /// The end by a reset of the socket.
    Reset,
}

/// Place for the wish of a stream. The connection and its streams share it.
#[derive(Clone, Default)]
pub(super) struct Control(Rc<State>);

#[derive(Default)]
struct State {
    wish: Cell<Option<Wish>>,
    is_reset: Cell<bool>,
    waker: RefCell<Option<Waker>>,
}

impl Control {
    /// Leaves a wish, in place of an earlier one.
    pub(super) fn wish(&self, wish: Wish) {
        self.0.wish.set(Some(wish));
        self.0.is_reset.set(wish == Wish::Reset);
        if let Some(waker) = self.0.waker.take() {
            waker.wake();
        }
    }

    /// Takes the wish.
    pub(super) fn poll(&self, cx: &mut Context<'_>) -> Poll<Wish> {
        if let Some(wish) = self.0.wish.take() {
            return Poll::Ready(wish);
        }
        match &mut *self.0.waker.borrow_mut() {
            Some(waker) => waker.clone_from(cx.waker()),
            none => *none = Some(cx.waker().clone()),
        }
        Poll::Pending
    }

    /// Returns true when the last wish was a reset of the socket.
    pub(super) fn is_reset(&self) -> bool {
        self.0.is_reset.get()
    }
}
