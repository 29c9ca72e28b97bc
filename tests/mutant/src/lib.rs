//! A faithful proxy that commits one named fault at a time: the truth that the gateway check is measured against.
//!
//! Without a fault it passes bytes unchanged both ways: one upstream connection for each client connection, each piece at once, half-close
//! and reset included. With a fault it does the one thing that the fault's sentence says, and nothing else. [`faults`]
//! is the table of all of them.

mod again;
mod cache;
mod conduct;
mod connection;
mod editor;
mod editors;
mod fault;
mod faults;
mod h2;
mod http1;
mod proxy;
mod relay;
mod requests;
mod responses;
mod shared;
mod socket;

pub use fault::{Direction, Fault};
pub use faults::{PARSED, fault, faults};
pub use proxy::{Mutant, Settings};
