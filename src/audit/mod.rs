//! What is recorded of a request, and how it gets from the request to the audit sink.
//!
//! | module | what it is |
//! |---|---|
//! | `recorder` | what all requests share: the sink, the settings, who we are |
//! | `capture` | what is gathered of one request while it runs, and the record made of it at its end |
//! | `ending`, `identify` | how a request ended; time and id of its event |
//! | `refused` | requests that the HTTP library refused before they became requests |
//! | `kept` | the first bytes of a body, copied while it passes |
//! | `redact` | names whose values are secret, and what stands for those values |
//! | `fingerprint` | tells equal values that are not recorded |
//! | `masker` | what is secret in one request, taken out of all that is recorded of it |
//! | `storable` | text that every store takes: UTF-8 without NUL |
//! | `origin` | requests that came from within: the portal's Try-It form, a replay |
//!
//! Capturing changes nothing of what it observes: bodies pass chunk by chunk, memory is bounded by
//! `audit.max_payload_bytes` for each side, and a request that finds the sink's queue full is not even made a record.

mod capture;
mod ending;
mod fingerprint;
mod identify;
mod kept;
mod masker;
mod origin;
mod recorder;
mod redact;
mod refused;
mod storable;

pub use capture::{Capture, Parting};
pub use ending::{CLIENT_CLOSED, Ending};
pub use fingerprint::{FingerprintKey, KEY_BYTES, VALUE_LEAST};
pub use kept::Kept;
pub use origin::Origin;
pub use recorder::{Recorder, is_recorded};
pub use redact::{Redactor, holds_mark};
pub use refused::Refused;
