//! What the server knows about a received request, stored in the extensions of the application's request.

use std::rc::Rc;

use actix_web::{HttpMessage as _, HttpRequest};

use super::{RequestFacts, RequestHead, Target};

/// Facts about a request when it reaches the application.
#[derive(Clone, Debug)]
pub struct Arrived {
    /// Head of the request.
    pub head: RequestHead,
    /// Parsed target of the request.
    pub target: Target,
    /// Facts below HTTP; `None` for a request that the server sends itself.
    pub facts: Option<Rc<RequestFacts>>,
}

impl Arrived {
    /// Creates the facts of a request with this head.
    #[must_use]
    pub fn new(head: RequestHead, facts: Option<Rc<RequestFacts>>) -> Self {
        Self { target: Target::of(&head), head, facts }
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
