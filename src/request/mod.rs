//! A request as received, in one form for every protocol version and every part of the server.

mod arrived;
mod chunk_record;
mod connection_facts;
mod departure;
mod ended_by;
mod frame_log;
mod head;
mod proxy_facts;
mod request_facts;
mod target;
mod target_form;
mod tls_facts;

pub use arrived::Arrived;
pub use chunk_record::ChunkRecord;
pub use connection_facts::ConnectionFacts;
pub use departure::Departure;
pub use ended_by::{Ended, EndedBy};
pub use frame_log::{Frame, FrameLog, Says};
pub use head::{Field, Fields, RequestHead};
pub use proxy_facts::{ProxyFacts, Tlv};
pub use request_facts::{BodyFraming, RequestFacts};
pub use target::Target;
pub use target_form::{TargetForm, is_host};
pub use tls_facts::{ClientCertificate, TlsFacts};
