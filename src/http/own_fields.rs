//! Fields that the server itself adds to every answer.

use actix_web::http::header::HeaderValue;

use super::{request_id::X_REQUEST_ID, respond::AnswerFields};

/// Which of them are added.
#[derive(Clone, Copy, Debug)]
pub struct OwnFields {
    /// Those of CORS.
    pub cors: bool,
    /// `X-Request-Id`.
    pub request_id: bool,
}

impl OwnFields {
    /// Adds them to `fields`.
    pub(super) fn add(self, fields: &mut AnswerFields, id: &HeaderValue) {
        if self.request_id {
            fields.set(X_REQUEST_ID, id.clone());
        }
        if self.cors {
            fields.add_cors();
        }
    }
}
