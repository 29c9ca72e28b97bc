//! The suite that every store has to pass.

use std::sync::Arc;

use super::samples::fresh;
use crate::store::conformance::{Fresh, suite};

async fn fresh_store() -> Fresh {
    let (database, store) = fresh().await;
    Fresh { store: Arc::new(store), keep: Box::new(database) }
}

suite!(fresh_store);
