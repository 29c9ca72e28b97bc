//! Internal requests: those that did not come over the network.

use std::{cell::Cell, rc::Rc, sync::Arc};

use actix_web::{HttpMessage as _, HttpRequest};
use actors::{Identity, audit::Source};
use uuid::Uuid;

/// Origin of an internal request. It is kept in the request's extensions, where no client can put anything.
#[derive(Debug)]
pub struct Origin {
    /// Identity of the sender. Used when the request carries no API key of its own.
    pub identity: Arc<Identity>,
    /// Part of the portal that sends it.
    pub source: Source,
    /// Portal session of the sender.
    pub session_id: Option<String>,
    /// Event whose request is replayed.
    pub replayed_from: Option<Uuid>,
    /// Id of the request's event, set once the request was recorded (or dropped by a full queue).
    pub event_id: Cell<Option<Uuid>>,
}

impl Origin {
    /// Returns the origin of an internal request; `None` for an external one.
    #[must_use]
    pub fn of(request: &HttpRequest) -> Option<Rc<Self>> {
        request.extensions().get::<Rc<Self>>().map(Rc::clone)
    }
}
