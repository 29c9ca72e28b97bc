//! Randomness without a seed.

use crate::wire::Pcg;

/// Creates an unpredictable generator.
#[must_use]
pub(crate) fn generator() -> Pcg {
    Pcg::new(rand::random(), rand::random())
}
