//! A request as received, in one form for every protocol version and every part of the server.

mod arrived;
mod connection_facts;
mod departure;
mod head;
mod proxy_facts;
mod target;
mod target_form;
mod tls_facts;

pub use arrived::Arrived;
pub use connection_facts::ConnectionFacts;
pub use departure::{Departure, Departures};
pub use head::{Field, Fields, RequestHead};
pub use proxy_facts::{ProxyFacts, Tlv};
pub use target::Target;
pub use target_form::{TargetForm, is_host};
pub use tls_facts::{ClientCertificate, TlsFacts};
