//! What all requests that are recorded share.

use actors::audit::{AuditSink, Text};

use super::redact::Redactor;
use crate::config::Config;

/// Begins captures, and hands what comes of them to the sink. Shared by all worker threads.
pub struct Recorder {
    pub(super) sink: AuditSink,
    pub(super) redactor: Redactor,
    /// Capture query, headers and bodies.
    pub(super) payloads: bool,
    /// Capture headers with them.
    pub(super) headers: bool,
    /// Most bytes of each body.
    pub(super) body_max: usize,
    /// Which replica this is.
    pub(super) instance: Text,
}

impl Recorder {
    /// Records as the configuration says, into `sink`. `instance` names this replica.
    #[must_use]
    pub fn new(config: &Config, sink: AuditSink, instance: String) -> Self {
        let audit = &config.audit;
        let redactor =
            Redactor::new(&audit.redact_keys, &config.api_keys.header_name, &config.api_keys.query_param_name);
        Self {
            sink,
            redactor,
            payloads: audit.capture_payloads,
            headers: audit.capture_payloads && audit.capture_headers,
            body_max: if audit.capture_payloads {
                usize::try_from(audit.max_payload_bytes).unwrap_or(usize::MAX)
            } else {
                0
            },
            instance: instance.into(),
        }
    }
}
