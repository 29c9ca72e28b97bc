//! Exact bytes of the wire contract: pure functions and values, without HTTP types or waiting.
//!
//! - [`text`]: decoded text that need not be UTF-8
//! - [`json`]: serialises values as JSON, with the escapes and number forms of the recorded server
//! - [`canonical`](mod@canonical): rewrites a JSON document with sorted keys
//! - [`form`]: query strings by the URL standard's form decoding
//! - [`percent`]: percent-decoding of paths
//! - [`number`]: integers and decimals in parameters
//! - [`header_name`]: header names in canonical form
//! - [`generator`]: PCG-DXSM, FNV-1a and the seed rules
//! - [`words`]: dictionaries, and words drawn from them
//! - [`reason`]: reason phrases of statuses
//! - [`digest`]: SHA-256 in hex
//! - [`peer`]: addresses of peers
//!
//! Private: `raw_json` (serialised JSON), `json_string` (escapes), `json_number` (floating point).

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod canonical;
pub mod digest;
pub mod form;
pub mod generator;
pub mod header_name;
pub mod hex;
pub mod json;
mod json_number;
mod json_string;
pub mod number;
pub mod peer;
pub mod percent;
mod raw_json;
pub mod reason;
pub mod text;
pub mod words;

pub use canonical::canonical;
pub use form::{Ambiguous, Query, SortedQuery};
pub use generator::Pcg;
pub use percent::MalformedPath;
pub use raw_json::RawJson;
pub use reason::reason_phrase;
pub use text::Text;
