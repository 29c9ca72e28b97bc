//! Labels of requests in metrics.

use crate::endpoints::RouteIndex;

/// Label of a request in metrics: bounded, never a raw path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Label {
    /// A route of the table.
    Route(RouteIndex),
    /// The portal's pages.
    Portal,
    /// A CORS preflight.
    Preflight,
    /// No route.
    Unmatched,
}
