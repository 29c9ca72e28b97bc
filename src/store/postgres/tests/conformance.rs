//! The suite that every store has to pass.

use super::samples::fresh;
use crate::store::conformance::{Fresh, suite};

async fn fresh_store() -> Fresh {
    let (database, store) = fresh().await;
    Fresh::new(store, database)
}

suite!(fresh_store);
