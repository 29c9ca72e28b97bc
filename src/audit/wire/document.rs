//! The wire document: everything below HTTP that has no column of its own.

use actors::audit::JsonText;
use serde::Serialize;

use super::{connection::Connection, request::Request, response::Response};

/// Document of one exchange.
#[derive(Serialize)]
pub(super) struct Document<'d> {
    pub(super) request: Request<'d>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) response: Option<&'d Response>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) connection: Option<Connection>,
    /// Error code of the RST_STREAM that ended the exchange (RFC 9113, section 7).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reset_code: Option<u32>,
}

impl Document<'_> {
    /// Renders the document.
    pub(super) fn json(&self) -> Option<JsonText> {
        serde_json::to_string(self).ok().map(JsonText::new)
    }
}
