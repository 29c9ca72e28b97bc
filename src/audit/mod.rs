//! Recording of requests, and the way of a record from the request to the audit sink.
//!
//! | module | contents |
//! |---|---|
//! | `recorder` | shared by all requests: the sink, the settings, the replica's name |
//! | `capture` | data captured from one request while it runs, and the record built from it at the end |
//! | `facts` | origin of an internal request, outcome of a request, id and time of its event |
//! | `response_record` | a response below HTTP, collected while it is sent |
//! | `refusal` | facts of a request that was refused before it could be read |
//! | `refused` | records of such requests |
//! | `tapped` | records of the tap's connections |
//! | `kept` | the first bytes of a body, copied while it passes |
//! | `redact` | names whose values are secret, and the marks that replace them |
//! | `fingerprint` | makes equal redacted values recognisable |
//! | `masker` | masking of the secrets of one request in everything that is recorded of it |
//! | `wire` | the record below HTTP |
//! | `stored_text` | text that every store accepts: UTF-8 without NUL |
//!
//! Capturing does not change what it observes: bodies pass chunk by chunk, memory is bounded by
//! `audit.max_payload_bytes` per side, and when the sink's queue is full no record is built at all.

mod capture;
mod facts;
mod fingerprint;
mod kept;
pub mod lenient;
mod masker;
mod recorder;
mod redact;
mod refusal;
mod refused;
mod response_record;
mod stored_text;
mod tapped;
mod wire;

pub use capture::{Capture, Parting};
pub use facts::{CLIENT_CLOSED, Ending, Origin};
pub use fingerprint::{FingerprintKey, KEY_BYTES, VALUE_LEAST};
pub use kept::Kept;
pub use recorder::{Recorder, is_recorded};
pub use redact::{Redactor, holds_mark};
pub use refusal::{Refused, Seen};
pub use response_record::{RecordedFraming, ResponseRecord, Written};
pub use tapped::Tapped;
pub use wire::ConnectionEnd;
