//! A request that has arrived over a connection, in the extensions of the application's request.

use actix_web::{HttpMessage as _, HttpRequest};

use super::{Departures, RequestHead, Target};

/// What is known of a request when it reaches the application.
#[derive(Clone, Debug)]
pub struct Arrived {
    /// Its head.
    pub head: RequestHead,
    /// Its target.
    pub target: Target,
    /// Tells how its client left; `None` where that is not known.
    pub departures: Option<Departures>,
}

impl Arrived {
    /// What is known of a request with this head.
    #[must_use]
    pub fn new(head: RequestHead, departures: Option<Departures>) -> Self {
        Self { target: Target::of(&head), head, departures }
    }

    /// What came with a request of the application, or what a library left of it.
    #[must_use]
    pub fn of(request: &HttpRequest) -> Self {
        match request.extensions().get::<Self>() {
            Some(arrived) => arrived.clone(),
            None => Self::new(RequestHead::of_library(request), None),
        }
    }
}
