use serde::{Deserialize, Serialize};

use super::values::size;

/// Holds `audit`: `enabled`, `retention_days`, `buffer_size`, `buffer_bytes`, `redact_keys`, `capture_payloads`,
/// `capture_headers`, `max_payload_bytes`.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct AuditConfig {
    /// Record every request under `/v1/`; `database.url` is given then.
    pub enabled: bool,
    /// Days an event is kept, 1 to 36500.
    pub retention_days: u32,
    /// Events that may wait to be written, 1 to 1000000.
    pub buffer_size: usize,
    /// Memory in bytes that waiting events may take, 64 KiB to 64 GiB.
    #[serde(with = "size")]
    pub buffer_bytes: u64,
    /// Lower-case words; headers and query keys whose name contains one are recorded without their value.
    pub redact_keys: Vec<String>,
    /// Record query, bodies and headers beside the event.
    pub capture_payloads: bool,
    /// Record headers with the payload.
    pub capture_headers: bool,
    /// Bytes of each body that are recorded, at most 64 MiB.
    #[serde(with = "size")]
    pub max_payload_bytes: u64,
}
