//! Slow queries: they don't affect identity, and are cancelled at the server when the caller has gone.

use std::{future::Future, sync::Arc, time::Duration};

use actors::{
    audit::{AuditStore as _, Filter},
    keys::KeyStore as _,
    sessions::SessionStore,
};
use diesel_async::SimpleAsyncConnection as _;
use futures_util::future::join_all;

use super::{
    cluster::{Database, sql},
    samples::fresh,
};

/// Maximum wait for something that must happen by itself.
const SOON: Duration = Duration::from_secs(25);

async fn soon<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(SOON, work).await.expect("it hangs")
}

/// Returns the number of sleeping queries. It asks on another thread: this one has to open the connections.
async fn sleeping(database: &Database) -> u32 {
    let running = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' \
                   AND query LIKE 'SELECT pg_sleep%'";
    let url = database.url();
    tokio::task::spawn_blocking(move || sql(&url, running)).await.unwrap().parse().unwrap()
}

#[actix_rt::test]
async fn slow_questions_leave_identity_alone_and_end_when_abandoned() {
    let (database, store) = fresh().await;
    let store = Arc::new(store);
    let asked = Arc::clone(&store);
    let slow = tokio::spawn(async move {
        let ask =
            || asked.analysis.ask(async |connection: &mut _| connection.batch_execute("SELECT pg_sleep(600)").await);
        join_all((0..20).map(|_| ask())).await;
    });
    let reached = async {
        while sleeping(&database).await < 5 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    soon(reached).await;
    for _ in 0..20 {
        assert!(soon(store.find(vec![[7; 32]])).await.unwrap().is_empty());
        assert_eq!(soon(SessionStore::get(&*store, [7; 32])).await.unwrap(), None);
    }
    slow.abort();
    let ended = async {
        while sleeping(&database).await > 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    soon(ended).await;
    assert_eq!(soon(store.count(&Filter::default())).await.unwrap(), 0);
    store.close().await.unwrap();
}
