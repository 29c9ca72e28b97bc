//! A request as received, in one form for every protocol version and every part of the server.

mod arrived;
mod departure;
mod head;
mod target;
mod target_form;

pub use arrived::Arrived;
pub use departure::{Departure, Departures};
pub use head::{Field, Fields, RequestHead};
pub use target::Target;
pub use target_form::{TargetForm, is_host};
