//! What all requests that are recorded share.

use std::sync::Arc;

use actors::audit::{AuditSink, Text};

use super::Redactor;
use crate::{config::Config, credentials::Finder};

/// Tells whether requests of that path, or target, are recorded: everything under `/v1/`.
#[must_use]
pub fn is_recorded(path: &str) -> bool {
    path.starts_with("/v1/")
}

/// Begins captures, and hands what comes of them to the sink. Shared by all worker threads.
pub struct Recorder {
    pub(super) sink: AuditSink,
    pub(super) redactor: Arc<Redactor>,
    /// Knows where credentials stand.
    pub(super) finder: Finder,
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
