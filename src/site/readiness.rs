//! Whether the server takes new work.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use actix_web::http::{StatusCode, header::HeaderValue};

use crate::endpoints::Answer;

/// Shared switch: ready until the server begins to stop.
#[derive(Clone, Debug, Default)]
pub struct Readiness {
    draining: Arc<AtomicBool>,
}

impl Readiness {
    /// Says from now on that the server is draining.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Release);
    }

    pub(super) fn answer(&self) -> Answer {
        if self.draining.load(Ordering::Acquire) {
            let text = HeaderValue::from_static("text/plain; charset=utf-8");
            return Answer::bytes(StatusCode::SERVICE_UNAVAILABLE, text, "draining");
        }
        Answer::text("ready")
    }
}
