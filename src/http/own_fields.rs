//! Fields that the server adds to every response.

use actix_web::http::header::HeaderValue;

use super::{request_id::X_REQUEST_ID, respond::AnswerFields};

/// Selection of the added fields.
#[derive(Clone, Copy, Debug)]
pub struct OwnFields {
    /// Adds the CORS fields.
    pub cors: bool,
    /// Adds `X-Request-Id`.
    pub request_id: bool,
}

impl OwnFields {
    /// Adds the selected fields to `fields`.
    pub(super) fn add(self, fields: &mut AnswerFields, id: &HeaderValue) {
        if self.request_id {
            fields.set(X_REQUEST_ID, id.clone());
        }
        if self.cors {
            fields.add_cors();
        }
    }
}
