//! The tap: a listener that accepts any bytes, records them with their times, and answers with fixed bytes. It shows
//! what a gateway sends when the main port would refuse it.

mod listener;
mod seen;
mod served;

pub use listener::{Tap, TapSettings};
pub use seen::{Arrival, Seen};

#[cfg(test)]
mod tests;
