//! Finds every difference between two messages: the request that was sent and the one that arrived, or the response that
//! was given and the one that came back. Pure: it knows no connection, no check and no verdict.

mod body;
mod compare;
mod difference;
mod fields;
mod query;
mod target;
mod transform;

pub(crate) use compare::{requests, responses};
pub(crate) use difference::{Difference, Direction, Ground, Key};
