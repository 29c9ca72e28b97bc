//! Paths that the application behind the frontend may serve: the portal's pages, and the way back from the OpenID provider.

use std::sync::Arc;

/// Tells them from all others, whose requests are made for the route table alone.
#[derive(Clone, Debug, Default)]
pub struct AppPaths {
    callback: Option<Arc<str>>,
}

impl AppPaths {
    /// The portal's pages, and `callback`, by which the OpenID provider sends browsers back, when the portal is on.
    #[must_use]
    pub fn new(callback: Option<&str>) -> Self {
        Self { callback: callback.map(Arc::from) }
    }

    /// True for one of them.
    #[must_use]
    pub fn contain(&self, path: &str) -> bool {
        path.starts_with("/portal/") || self.callback.as_deref() == Some(path)
    }
}
