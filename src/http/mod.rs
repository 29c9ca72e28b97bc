//! HTTP: connections, and the frontend that every request passes.

mod access;
mod conn;
mod cors;
mod date;
pub mod etag;
pub mod exchange;
pub mod fault;
pub mod frontend;
mod gone;
mod listener;
pub mod loopback;
pub mod metrics_listener;
mod page_headers;
mod refusal;
mod request_id;
pub mod server;
mod standing;
mod target;
mod tls;
mod tracked;
mod turn;

pub use listener::bind;
pub use tls::{Certificates, TlsError};
