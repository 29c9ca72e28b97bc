//! HTTP: connections, and the frontend that every request passes.

mod access;
mod cors;
mod date;
mod deadline;
mod departure;
pub mod exchange;
pub mod fault;
pub mod frontend;
pub mod h1;
mod h2;
pub mod head;
mod listener;
pub mod loopback;
pub mod metrics_listener;
mod own_fields;
mod page_headers;
mod request_id;
mod respond;
pub mod server;
mod socket;
mod standing;
pub mod target_form;
mod tls;
mod tracked;

pub use listener::bind;
pub use own_fields::OwnFields;
pub use tls::{Certificates, TlsError};
