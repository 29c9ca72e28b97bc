//! What the server knows about a received request, stored in the extensions of the application's request.

use std::rc::Rc;

use actix_web::{HttpMessage as _, HttpRequest};

use super::{ConnectionFacts, Departures, RequestHead, Target};

/// Facts about a request when it reaches the application.
#[derive(Clone, Debug)]
pub struct Arrived {
    /// Head of the request.
    pub head: RequestHead,
    /// Parsed target of the request.
    pub target: Target,
    /// How the client left, once it has; `None` when departures are not tracked.
    pub departures: Option<Departures>,
    /// Connection that it arrived on; `None` for a request that the server sends itself.
    pub connection: Option<Rc<ConnectionFacts>>,
}

impl Arrived {
    /// Creates the facts of a request with this head.
    #[must_use]
    pub fn new(head: RequestHead, departures: Option<Departures>) -> Self {
        Self { target: Target::of(&head), head, departures, connection: None }
    }

    /// Adds the connection that the request arrived on.
    #[must_use]
    pub fn on(self, connection: Rc<ConnectionFacts>) -> Self {
        Self { connection: Some(connection), ..self }
    }

    /// Returns the facts stored with a request. Without them, the head is rebuilt from the library's types.
    #[must_use]
    pub fn of(request: &HttpRequest) -> Self {
        match request.extensions().get::<Self>() {
            Some(arrived) => arrived.clone(),
            None => Self::new(RequestHead::of_library(request), None),
        }
    }
}
