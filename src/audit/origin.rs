//! Requests that did not come over the network.

use std::{cell::Cell, rc::Rc, sync::Arc};

use actix_web::{HttpMessage as _, HttpRequest};
use actors::{Identity, audit::Source};
use uuid::Uuid;

/// Where a request from within came from. It travels beside the request, in its extensions, where no client can put
/// anything.
#[derive(Debug)]
pub struct Origin {
    /// Who sends it. Counts where the request shows no API key of its own.
    pub identity: Arc<Identity>,
    /// What sends it.
    pub source: Source,
    /// Portal session of the sender.
    pub session_id: Option<String>,
    /// The event whose request is sent again.
    pub replayed_from: Option<Uuid>,
    /// Set once the request is on record (or was to be): the id of its event.
    pub event_id: Cell<Option<Uuid>>,
}

impl Origin {
    /// Gives the origin of a request from within; `None` for one from outside.
    #[must_use]
    pub fn of(request: &HttpRequest) -> Option<Rc<Self>> {
        request.extensions().get::<Rc<Self>>().map(Rc::clone)
    }
}
