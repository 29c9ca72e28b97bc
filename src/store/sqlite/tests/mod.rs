//! Behaviour of this store beyond the conformance suite.

mod rolled;
mod slow;

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path, sync::Arc, thread, time::Duration};

use actors::{
    audit::{AuditStore as _, Filter, JsonText, Masked, Page, Record},
    store::{SecretStore as _, StoreError},
};
use chrono::Utc;
use diesel::{
    Connection as _, RunQueryDsl as _, SqliteConnection,
    connection::SimpleConnection as _,
    result::{DatabaseErrorKind, Error},
    sql_query,
};
use diesel_migrations::MigrationHarness as _;
use tempfile::TempDir;

use super::{Sqlite, connections::judge, open::MIGRATIONS};
use crate::store::{
    OpenError,
    conformance::{Fresh, batch, suite},
    sql::CountRow,
};

async fn on_disk() -> Fresh {
    let folder = TempDir::new().unwrap();
    let store = Sqlite::open(folder.path().join("data/x.sqlite")).await.unwrap();
    Fresh::new(store, folder)
}

async fn in_memory() -> Fresh {
    Fresh::new(Sqlite::open(":memory:").await.unwrap(), ())
}

suite!(on_disk);

mod memory {
    use super::in_memory;
    use crate::store::conformance::suite;

    suite!(in_memory: every_field_comes_back, live_keeps_the_order, deleting_goes_in_chunks, a_closed_store_says_so);
}

async fn count(store: &Sqlite) -> u64 {
    store.count(&Filter::default()).await.unwrap()
}

fn connect(path: &Path) -> SqliteConnection {
    SqliteConnection::establish(path.to_str().unwrap()).unwrap()
}

#[actix_rt::test]
async fn what_was_written_is_there_after_an_end_without_warning() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("x.sqlite");
    let store = Sqlite::open(&path).await.unwrap();
    for seed in 0..5 {
        store.append(&batch(seed, 100), false).await.unwrap();
    }
    // Files left by a killed process: a copy while it has them open.
    let other = TempDir::new().unwrap();
    for file in fs::read_dir(folder.path()).unwrap().map(Result::unwrap) {
        if !file.path().to_str().unwrap().ends_with("-shm") {
            fs::copy(file.path(), other.path().join(file.file_name())).unwrap();
        }
    }
    let left = Sqlite::open(other.path().join("x.sqlite")).await.unwrap();
    assert_eq!(count(&left).await, 500);
    // A clean shutdown leaves a single complete file.
    store.close().await.unwrap();
    let names: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(names, ["x.sqlite"]);
    assert_eq!(count(&Sqlite::open(&path).await.unwrap()).await, 500);
}

#[actix_rt::test]
async fn several_may_start_at_once() {
    for _ in 0..5 {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("x.sqlite");
        let starts = futures_util::future::join_all((0..8).map(|_| Sqlite::open(&path))).await;
        let stores: Vec<Sqlite> = starts.into_iter().map(Result::unwrap).collect();
        for (seed, store) in stores.iter().enumerate() {
            store.append(&batch(seed as u64, 10), false).await.unwrap();
        }
        assert_eq!(count(&stores[0]).await, 80);
    }
}

#[actix_rt::test]
async fn a_newer_database_is_refused() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("x.sqlite");
    Sqlite::open(&path).await.unwrap().close().await.unwrap();
    let add = "INSERT INTO __diesel_schema_migrations (version) VALUES ('20991231000001')";
    connect(&path).batch_execute(add).unwrap();
    let refused = Sqlite::open(&path).await.err().unwrap();
    assert_eq!(
        refused.to_string(),
        "database.url: the database is newer than this api-test (migration 20991231000001); use a newer binary"
    );
}

#[actix_rt::test]
async fn each_migration_has_a_way_back() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("x.sqlite");
    Sqlite::open(&path).await.unwrap().close().await.unwrap();
    let mut connection = connect(&path);
    let versions = connection.revert_all_migrations(MIGRATIONS).unwrap().len();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/sqlite");
    assert_eq!(versions, fs::read_dir(folder).unwrap().count());
    let left = "SELECT count(*) AS count FROM sqlite_schema WHERE tbl_name <> '__diesel_schema_migrations'";
    assert_eq!(u64::from(sql_query(left).get_result::<CountRow>(&mut connection).unwrap()), 0);
    drop(connection);
    let store = Sqlite::open(&path).await.unwrap();
    store.append(&batch(1, 10), false).await.unwrap();
}

#[actix_rt::test]
async fn a_database_without_clients_is_upgraded_with_its_rows() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("x.sqlite");
    let mut before = connect(&path);
    for version in ["20261124000001", "20261124000002"] {
        assert_eq!(before.run_next_migration(MIGRATIONS).unwrap().to_string(), version);
    }
    before
        .batch_execute(
            "INSERT INTO audit_events (ts, id, duration_ms, request_id, auth_type, method, path, target, host, \
             http_version, status, bytes_in, bytes_out, success, remote_addr, source, instance) VALUES \
             (1769860800000000, randomblob(16), 1.5, 'old', 'oauth2', 'GET', '/v1/a', '/v1/a', 'h', 'HTTP/1.1', 200, 0, \
             0, 1, '127.0.0.1:1', 'external', 'i')",
        )
        .unwrap();
    drop(before);
    let store = Sqlite::open(&path).await.unwrap();
    let mut new = Record::clone(&batch(1, 1)[0]);
    new.event.client_id = Some("gateway".to_owned());
    store.append(&[Arc::new(new.clone())], false).await.unwrap();
    let found = store.events(&Filter::default(), Page { after: None, offset: 0, limit: 10 }).await.unwrap();
    let old = &found.iter().find(|entry| entry.event.request_id == "old").unwrap().event;
    assert_eq!((found.len(), &old.client_id, old.auth_type.as_deref()), (2, &None, Some("oauth2")));
    assert_eq!(store.get(new.event.id).await.unwrap().unwrap().event, new.event);
}

#[actix_rt::test]
async fn a_database_without_wire_is_upgraded_with_its_rows() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("x.sqlite");
    let records = batch(1, 20);
    let store = Sqlite::open(&path).await.unwrap();
    store.append(&records, false).await.unwrap();
    store.close().await.unwrap();
    let mut connection = connect(&path);
    assert_eq!(connection.revert_last_migration(MIGRATIONS).unwrap().to_string(), "20261127000006");
    drop(connection);
    let store = Sqlite::open(&path).await.unwrap();
    for old in &records {
        let found = store.get(old.event.id).await.unwrap().unwrap();
        assert_eq!((&found.event, &found.payload, &found.wire), (&old.event, &old.payload, &None));
    }
    let new = batch(2, 20);
    store.append(&new, false).await.unwrap();
    for new in &new {
        assert_eq!(store.get(new.event.id).await.unwrap().unwrap().wire, new.wire);
    }
}

#[actix_rt::test]
async fn what_cannot_be_opened_is_told_with_its_path() {
    let folder = TempDir::new().unwrap();
    let no_database = folder.path().join("text");
    fs::write(&no_database, "a text that is longer than the head of a database would be, and none".repeat(9)).unwrap();
    for path in [folder.path(), &no_database, &no_database.join("x.sqlite"), Path::new("/dev/null/x")] {
        let failed = Sqlite::open(path).await.err().unwrap();
        assert!(matches!(failed, OpenError::Unavailable(_)), "{failed:?}");
        let text = failed.to_string();
        assert!(text.starts_with(&format!("database.url: can't open {}: ", path.display())), "{text}");
    }
}

#[actix_rt::test]
async fn names_are_paths_and_nothing_else() {
    let folder = TempDir::new().unwrap();
    for name in ["file:x?mode=memory", "größe %41#?.sqlite", "a b'\"c"] {
        let path = folder.path().join(name);
        let store = Sqlite::open(&path).await.unwrap();
        store.append(&batch(1, 3), false).await.unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(count(&Sqlite::open(&path).await.unwrap()).await, 3);
    }
}

#[actix_rt::test]
async fn a_full_disk_loses_nothing() {
    let folder = TempDir::new().unwrap();
    let store = Sqlite::open(folder.path().join("x.sqlite")).await.unwrap();
    store.append(&batch(1, 100), false).await.unwrap();
    let limit = |connection: &mut SqliteConnection| connection.batch_execute("PRAGMA max_page_count = 1");
    Arc::clone(&store.connections).write(limit).await.unwrap();
    let full = store.append(&batch(2, 5000), false).await;
    assert!(matches!(&full, Err(StoreError::Unavailable(reason)) if reason.contains("full")), "{full:?}");
    assert_eq!(count(&store).await, 100);
    // There is space again.
    store.append(&batch(2, 5000), true).await.unwrap();
    assert_eq!(count(&store).await, 5100);
}

#[actix_rt::test]
async fn a_writer_waits_for_another_process() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("x.sqlite");
    let store = Sqlite::open(&path).await.unwrap();
    let mut other = connect(&path);
    other.batch_execute("BEGIN IMMEDIATE").unwrap();
    let other = thread::spawn(move || {
        thread::sleep(Duration::from_millis(200));
        other.batch_execute("COMMIT").unwrap();
    });
    store.append(&batch(1, 10), false).await.unwrap();
    other.join().unwrap();
    assert_eq!(count(&store).await, 10);
}

#[actix_rt::test]
async fn a_caller_that_leaves_does_not_break_a_batch() {
    let folder = TempDir::new().unwrap();
    let store = Sqlite::open(folder.path().join("x.sqlite")).await.unwrap();
    let records = batch(1, 2000);
    for wait in [0, 1, 20] {
        let _ = tokio::time::timeout(Duration::from_millis(wait), store.append(&records, true)).await;
    }
    store.append(&records, true).await.unwrap();
    assert_eq!(count(&store).await, 2000);
}

#[actix_rt::test]
async fn space_of_removed_events_is_used_again_or_given_back() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("x.sqlite");
    let store = Sqlite::open(&path).await.unwrap();
    store.append(&batch(1, 20_000), false).await.unwrap();
    store.close().await.unwrap();
    let full = fs::metadata(&path).unwrap().len();
    let store = Sqlite::open(&path).await.unwrap();
    while store.delete_before(Utc::now(), 1000).await.unwrap() > 0 {}
    assert_eq!(count(&store).await, 0);
    store.close().await.unwrap();
    let empty = fs::metadata(&path).unwrap().len();
    assert!(empty < full / 2, "{empty} of {full} bytes are left");
}

#[test]
fn what_is_wrong_with_a_row_is_told_from_what_is_wrong_with_the_database() {
    let told = |kind, text: &str| judge(&Error::DatabaseError(kind, Box::new(text.to_owned())));
    for text in ["string or blob too big", "datatype mismatch", "cannot store TEXT value in INTEGER column e.status"] {
        assert!(matches!(told(DatabaseErrorKind::Unknown, text), StoreError::Data(_)), "{text}");
    }
    assert!(matches!(told(DatabaseErrorKind::NotNullViolation, "NOT NULL"), StoreError::Data(_)));
    for text in [
        "database or disk is full",
        "disk I/O error",
        "database is locked",
        "attempt to write a readonly database",
        "database disk image is malformed",
        "unable to open database file",
    ] {
        assert!(matches!(told(DatabaseErrorKind::Unknown, text), StoreError::Unavailable(_)), "{text}");
    }
}

#[actix_rt::test]
async fn a_row_that_cannot_be_stored_is_told_from_a_store_that_cannot_be_reached() {
    let fresh = on_disk().await;
    let mut bad = Record::clone(&batch(1, 1)[0]);
    bad.event.duration_ms = f64::NAN;
    let refused = fresh.store.append(&[Arc::new(bad)], false).await;
    assert!(matches!(refused, Err(StoreError::Data(_))), "{refused:?}");
}

#[actix_rt::test]
async fn rows_from_before_masks_were_kept_say_what_their_texts_show() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("x.sqlite");
    let store = Sqlite::open(&path).await.unwrap();
    let mut record = (*batch(3, 20).into_iter().find(|record| record.payload.is_some()).unwrap()).clone();
    record.event.target = "/v1/echo?a=[redacted]".to_owned();
    if let Some(payload) = &mut record.payload {
        payload.request_headers = Some(JsonText::new(r#"{"X-Api-Key":["[redacted]"]}"#));
        payload.response_headers = None;
        payload.request_body = "no mask".into();
        payload.response_body = "a [redacted] one".into();
    }
    store.append(&[Arc::new(record.clone())], false).await.unwrap();
    let masked = async || store.get(record.event.id).await.unwrap().unwrap().payload.unwrap().masked;
    assert_eq!(masked().await, record.payload.as_ref().unwrap().masked, "a column that is there decides");
    sql_query("UPDATE audit_payloads SET masked = NULL").execute(&mut connect(&path)).unwrap();
    let expected = Masked::REQUEST_QUERY.and(Masked::REQUEST_HEADERS).and(Masked::RESPONSE_BODY);
    assert_eq!(masked().await, expected);
}

#[actix_rt::test]
async fn a_secret_outlives_the_process_and_is_shared_with_others() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("x.sqlite");
    let (one, other) = (Sqlite::open(&path).await.unwrap(), Sqlite::open(&path).await.unwrap());
    let both = tokio::join!(one.agree_on("key", vec![1; 32]), other.agree_on("key", vec![2; 32]));
    let (first, second) = (both.0.unwrap(), both.1.unwrap());
    assert_eq!(first, second);
    drop((one, other));
    let later = Sqlite::open(&path).await.unwrap();
    assert_eq!(later.agree_on("key", vec![3; 32]).await.unwrap(), first);
}
