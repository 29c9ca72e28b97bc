//! Readiness of the server for new requests.

use std::sync::Arc;

use actix_web::http::{StatusCode, header::HeaderValue};

use tokio::sync::watch;

use crate::endpoints::Answer;

/// Shared switch: ready until the server begins to stop.
#[derive(Clone, Debug, Default)]
pub struct Readiness {
    draining: Arc<watch::Sender<bool>>,
}

impl Readiness {
    /// Marks the server as draining.
    pub fn drain(&self) {
        self.draining.send_replace(true);
    }

    /// Waits until the server is draining. For responses that would never end by themselves.
    pub async fn drained(&self) {
        // An error would mean that the sender is gone, but it is in `self`.
        let _ = self.draining.subscribe().wait_for(|draining| *draining).await;
    }

    pub(super) fn answer(&self) -> Answer {
        if *self.draining.borrow() {
            let text = HeaderValue::from_static("text/plain; charset=utf-8");
            return Answer::bytes(StatusCode::SERVICE_UNAVAILABLE, text, "draining");
        }
        Answer::text("ready")
    }
}
