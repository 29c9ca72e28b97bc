use std::sync::Arc;

use tempfile::TempDir;

use super::Sqlite;
use crate::store::conformance::{Fresh, suite};

async fn on_disk() -> Fresh {
    let folder = TempDir::new().unwrap();
    let store = Sqlite::open(folder.path().join("data/x.sqlite")).await.unwrap();
    Fresh { store: Arc::new(store), keep: Box::new(folder) }
}

async fn in_memory() -> Fresh {
    Fresh { store: Arc::new(Sqlite::open(":memory:").await.unwrap()), keep: Box::new(()) }
}

suite!(on_disk);

mod memory {
    use super::in_memory;
    use crate::store::conformance::suite;

    suite!(in_memory: every_field_comes_back, get_many_keeps_the_order, deleting_goes_in_chunks, a_closed_store_says_so);
}
