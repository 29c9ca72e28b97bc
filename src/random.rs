//! Choices that no seed asked for.

use crate::wire::Pcg;

/// Makes a generator that nobody can predict.
#[must_use]
pub(crate) fn generator() -> Pcg {
    Pcg::new(rand::random(), rand::random())
}
