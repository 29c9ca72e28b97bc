//! Statistics from rollups and from rows, and events written without rollups.

use actors::audit::{AuditStore as _, Filter, Stats};

use super::{
    super::Postgres,
    samples::{batch, fresh},
};
use crate::store::conformance::{batch as mixed, roll_up};

async fn totals(store: &Postgres) -> (u64, Stats) {
    let filter = Filter { success: Some(true), ..Filter::default() };
    (store.count(&filter).await.unwrap(), store.stats(&filter).await.unwrap())
}

#[actix_rt::test]
async fn figures_come_from_the_rollups() {
    let (database, store) = fresh().await;
    for seed in 0..30 {
        store.append(&mixed(seed, 500), false).await.unwrap();
    }
    let before = totals(&store).await;
    // Bypassing the triggers: statistics that still match come from the rollups, not the rows.
    database.sql("ALTER TABLE audit_events DISABLE TRIGGER audit_forget_deleted; DELETE FROM audit_events");
    assert_eq!(totals(&store).await.0, before.0);
    database.sql("INSERT INTO audit_rollup_gaps VALUES (0, 99999999, 1)");
    assert_eq!(totals(&store).await, (0, Stats::default()));
    store.close().await.unwrap();
}

#[actix_rt::test]
async fn events_of_a_version_without_rollups_are_in_the_figures() {
    let (database, store) = fresh().await;
    store.append(&mixed(1, 400), false).await.unwrap();
    roll_up(&store).await;
    let before = totals(&store).await.0;
    // Like a replica of the previous version: bypassing the triggers of audit_events, with counters in its own slot.
    database.sql(
        "INSERT INTO audit_events_20260301 (ts, id, duration_ms, request_id, method, path, target, host, http_version, \
         status, bytes_in, bytes_out, success, remote_addr, source, instance) \
         SELECT '2026-03-01T12:00:00Z', gen_random_uuid(), 1, 'r', 'GET', '/', '/', 'h', 'HTTP/1.1', 200, 0, 0, true, 'a', \
         'external', 'i' FROM generate_series(1, 5)",
    );
    database.sql("INSERT INTO audit_counts VALUES ('2026-03-01', 7, 5)");
    assert_eq!(totals(&store).await.0, before + 5);
    roll_up(&store).await;
    assert_eq!(totals(&store).await.0, before + 5);
    assert_eq!(database.sql("SELECT count(*) FROM audit_rollup_gaps"), "0");
    store.close().await.unwrap();
}

#[actix_rt::test]
async fn a_part_that_was_counted_anew_is_begun_again() {
    let (database, store) = fresh().await;
    store.append(&batch(100), false).await.unwrap();
    // As if the housekeeper had counted the minutes, much earlier than it really does.
    database.sql("UPDATE audit_rollups SET part = part / 2 + 1");
    store.append(&batch(100), false).await.unwrap();
    store.append(&batch(100), false).await.unwrap();
    assert_eq!(totals(&store).await.0, 300);
    store.close().await.unwrap();
}
