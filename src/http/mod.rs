//! HTTP: connections, and the frontend that every request passes.

mod access;
mod app_paths;
mod connection_log;
mod cors;
mod date;
mod deadline;
pub mod exchange;
pub mod fault;
pub mod frontend;
pub mod h1;
mod h2;
mod handshake;
mod listener;
pub mod loopback;
mod lost;
pub mod metrics_listener;
mod own_fields;
mod page_headers;
mod progress;
mod proxy;
mod request_id;
mod respond;
pub mod server;
mod socket;
mod standing;
mod stop;
mod tcp;
mod tls;
mod tracked;
mod unsent;

pub use app_paths::AppPaths;
pub use listener::bind;
pub use own_fields::OwnFields;
pub use proxy::ProxyRules;
pub use tls::{Certificates, ClientAuth, TlsError, TlsFiles};
