//! State shared by all recorded requests.

use std::sync::Arc;

use actors::audit::{AuditSink, Text};

use super::Redactor;
use crate::{config::Config, credentials::Finder};

/// Start of the paths whose requests are recorded.
pub(super) const RECORDED: &str = "/v1/";

/// Returns true when requests with this path, or target, are recorded: everything under `/v1/`.
#[must_use]
pub fn is_recorded(path: &str) -> bool {
    path.starts_with(RECORDED)
}

/// Begins captures and sends the records to the sink. Shared by all worker threads.
pub struct Recorder {
    pub(super) sink: AuditSink,
    pub(super) redactor: Arc<Redactor>,
    /// Finds the credentials in a request.
    pub(super) finder: Finder,
    /// Query, headers and bodies are captured.
    pub(super) payloads: bool,
    /// Headers are captured too. Has no effect without `payloads`.
    pub(super) headers: bool,
    /// Maximum size of each body in bytes.
    pub(super) body_max: usize,
    /// Name of this replica.
    pub(super) instance: Text,
}

impl Recorder {
    /// Creates a recorder from the configuration that sends to `sink`. `instance` names this replica.
    #[must_use]
    pub fn new(config: &Config, sink: AuditSink, redactor: Arc<Redactor>, instance: String) -> Self {
        let audit = &config.audit;
        Self {
            sink,
            redactor,
            finder: Finder::new(config),
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
