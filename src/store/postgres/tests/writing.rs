//! Batches, partitions, counters, duplicates.

use actors::{
    audit::{AuditStore as _, Filter},
    store::StoreError,
};
use chrono::{TimeDelta, Utc};

use super::samples::{batch, fresh, poisoned, poisoned_wire, record_at};

#[tokio::test]
async fn a_batch_over_three_days_is_written_counted_and_read_back() {
    let (database, store) = fresh().await;
    let now = Utc::now();
    let records: Vec<_> =
        [1, 0, 1, 2].into_iter().map(|days| record_at(now - TimeDelta::days(days)).into()).collect::<Vec<_>>();
    store.append(&records, false).await.unwrap();
    assert_eq!(store.count(&Filter::default()).await.unwrap(), 4);
    assert_eq!(database.sql("SELECT count(*) FROM audit_events"), "4");
    assert_eq!(database.sql("SELECT sum(events) FROM audit_counts GROUP BY day ORDER BY day"), "1\n2\n1");
    for record in &records {
        assert_eq!(store.get(record.event.id).await.unwrap().map(|found| found.event), Some(record.event.clone()));
    }
}

#[tokio::test]
async fn what_is_there_already_is_passed_over() {
    let (database, store) = fresh().await;
    let mut records = batch(20);
    store.append(&records[..10], false).await.unwrap();
    store.append(&records[5..15], true).await.unwrap();
    assert!(matches!(store.append(&records, false).await, Err(StoreError::Data(_))));
    store.append(&records, true).await.unwrap();
    assert_eq!(store.count(&Filter::default()).await.unwrap(), 20);
    assert_eq!(database.sql("SELECT count(*) FROM audit_payloads"), "20");
    records.extend(batch(1));
    store.append(&records, true).await.unwrap();
    assert_eq!(database.sql("SELECT count(*) FROM audit_events"), "21");
}

#[tokio::test]
async fn a_row_that_is_refused_is_blamed_and_the_connection_goes_on() {
    let (_database, store) = fresh().await;
    let mut records = batch(3);
    for bad in [poisoned(), poisoned_wire()] {
        records.insert(1, bad);
        assert!(matches!(store.append(&records, false).await, Err(StoreError::Data(_))));
        assert_eq!(store.count(&Filter::default()).await.unwrap(), 0);
        records.remove(1);
    }
    store.append(&records, false).await.unwrap();
    assert_eq!(store.count(&Filter::default()).await.unwrap(), 3);
}

#[tokio::test]
async fn a_partition_that_was_dropped_under_the_writer_is_made_again() {
    let (database, store) = fresh().await;
    store.append(&batch(1), false).await.unwrap();
    let day = Utc::now().format("%Y%m%d");
    database.sql(&format!(
        "DROP TABLE audit_events_{day}, audit_payloads_{day}, audit_wire_{day}; DELETE FROM audit_counts"
    ));
    store.append(&batch(2), false).await.unwrap();
    assert_eq!(store.count(&Filter::default()).await.unwrap(), 2);
}

#[tokio::test]
async fn rows_by_other_hands_are_counted_and_take_their_payloads_along() {
    let (database, store) = fresh().await;
    store.append(&batch(3), false).await.unwrap();
    database.sql(
        "INSERT INTO audit_events (ts, id, duration_ms, request_id, method, path, target, host, http_version, status, \
         bytes_in, bytes_out, success, remote_addr, source, instance) SELECT now(), gen_random_uuid(), 1, 'x', 'GET', \
         '/v1/x', '/v1/x', 'h', 'HTTP/1.1', 200, 0, 0, true, 'r', 'external', 'i' FROM generate_series(1, 5)",
    );
    assert_eq!(store.count(&Filter::default()).await.unwrap(), 8);
    database.sql("DELETE FROM audit_events WHERE path = '/v1/echo'");
    assert_eq!(store.count(&Filter::default()).await.unwrap(), 5);
    for table in ["audit_payloads", "audit_wire"] {
        assert_eq!(database.sql(&format!("SELECT count(*) FROM {table}")), "0");
    }
    store.append(&batch(1), false).await.unwrap();
    database.sql("TRUNCATE audit_events");
    assert_eq!(store.count(&Filter::default()).await.unwrap(), 0);
    for table in ["audit_payloads", "audit_wire"] {
        assert_eq!(database.sql(&format!("SELECT count(*) FROM {table}")), "0");
    }
}

#[tokio::test]
async fn texts_beyond_what_an_index_holds_are_kept() {
    let (_database, store) = fresh().await;
    // Text that compresses badly, because an index entry is limited to 2704 bytes.
    let path: String =
        (0..8192_u32).map(|at| char::from(b'!' + (at.wrapping_mul(2_654_435_761) >> 20) as u8 % 90)).collect();
    let mut record = record_at(Utc::now());
    record.event.path = path.clone();
    store.append(&[record.clone().into()], false).await.unwrap();
    let found = store.get(record.event.id).await.unwrap().unwrap();
    assert_eq!(found.event.path, path);
}
