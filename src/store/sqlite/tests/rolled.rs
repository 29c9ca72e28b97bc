//! Statistics from rollups and from rows, and a database from before rollups.

use actors::audit::{AuditStore as _, Filter, Stats};
use diesel::connection::SimpleConnection as _;
use diesel_migrations::MigrationHarness as _;
use tempfile::TempDir;

use super::{super::open::MIGRATIONS, Sqlite, batch, connect};
use crate::store::conformance::roll_up;

async fn totals(store: &Sqlite) -> (u64, Stats) {
    let filter = Filter { success: Some(true), ..Filter::default() };
    (store.count(&filter).await.unwrap(), store.stats(&filter).await.unwrap())
}

#[actix_rt::test]
async fn figures_come_from_the_rollups() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("x.sqlite");
    let store = Sqlite::open(&path).await.unwrap();
    for seed in 0..30 {
        store.append(&batch(seed, 500), false).await.unwrap();
    }
    let before = totals(&store).await;
    let mut hands = connect(&path);
    // Bypassing the trigger: statistics that still match come from the rollups, not the rows.
    hands.batch_execute("DROP TRIGGER audit_rollup_gap; DELETE FROM audit_payloads; DELETE FROM audit_events").unwrap();
    assert_eq!(totals(&store).await.0, before.0);
    hands.batch_execute("INSERT INTO audit_rollup_gaps VALUES (0, 99999999, 1)").unwrap();
    assert_eq!(totals(&store).await, (0, Stats::default()));
}

#[actix_rt::test]
async fn a_database_without_rollups_is_upgraded_with_exact_figures() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("x.sqlite");
    let store = Sqlite::open(&path).await.unwrap();
    for seed in 0..4 {
        store.append(&batch(seed, 500), false).await.unwrap();
    }
    let before = totals(&store).await;
    store.close().await.unwrap();
    let mut hands = connect(&path);
    hands.revert_last_migration(MIGRATIONS).unwrap();
    drop(hands);
    let store = Sqlite::open(&path).await.unwrap();
    assert_eq!(totals(&store).await, before);
    roll_up(&store).await;
    assert_eq!(totals(&store).await, before);
    connect(&path)
        .batch_execute("DROP TRIGGER audit_rollup_gap; DELETE FROM audit_payloads; DELETE FROM audit_events")
        .unwrap();
    assert_eq!(totals(&store).await.0, before.0, "all is counted");
}

#[actix_rt::test]
async fn a_part_that_was_counted_anew_is_begun_again() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("x.sqlite");
    let store = Sqlite::open(&path).await.unwrap();
    store.append(&batch(1, 100), false).await.unwrap();
    // As if the housekeeper had counted the minutes, much earlier than it really does.
    connect(&path).batch_execute("UPDATE audit_rollups SET part = part / 2 + 1").unwrap();
    store.append(&batch(2, 100), false).await.unwrap();
    store.append(&batch(3, 100), false).await.unwrap();
    let all = store.count(&Filter::default()).await.unwrap();
    assert_eq!(all, 300);
}
