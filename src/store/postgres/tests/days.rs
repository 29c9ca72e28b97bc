//! Retention, partitions of coming days, and notifications between replicas.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use actors::audit::{AuditStore as _, Connection, Filter, Record};
use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use uuid::Uuid;

use super::samples::{batch, fresh, open, record_at};

fn noon(days_ago: i64) -> DateTime<Utc> {
    (Utc::now() - TimeDelta::days(days_ago)).date_naive().and_time(NaiveTime::from_hms_opt(12, 0, 0).unwrap()).and_utc()
}

#[actix_rt::test]
async fn whole_days_go_at_once_and_the_rest_in_chunks() {
    let (database, store) = fresh().await;
    let mut records: Vec<Arc<Record>> = Vec::new();
    for (days_ago, events) in [(9, 3), (8, 4), (7, 10), (0, 5)] {
        records.extend((0..events).map(|second| Arc::new(record_at(noon(days_ago) + TimeDelta::seconds(second)))));
    }
    store.append(&records, false).await.unwrap();
    let cutoff = noon(7) + TimeDelta::seconds(7);
    // Two whole days, then seven of ten seconds in chunks of three.
    let mut removed = Vec::new();
    for _ in 0..5 {
        removed.push(store.delete_before(cutoff, 3).await.unwrap());
    }
    assert_eq!(removed, [7, 3, 3, 1, 0]);
    assert_eq!(store.count(&Filter::default()).await.unwrap(), 8);
    for table in ["audit_payloads", "audit_wire"] {
        assert_eq!(database.sql(&format!("SELECT count(*) FROM {table}")), "8");
    }
    for table in ["audit_events", "audit_payloads", "audit_wire", "audit_connections"] {
        let partitions = format!("SELECT count(*) FROM pg_inherits WHERE inhparent = '{table}'::regclass");
        assert_eq!(database.sql(&partitions), "2", "{table}");
    }
    assert_eq!(database.sql("SELECT count(*) FROM audit_counts WHERE day < (now() - interval '7 days')::date"), "0");
}

#[actix_rt::test]
async fn one_replica_removes_at_a_time() {
    let (database, store) = fresh().await;
    store.append(&[Arc::new(record_at(noon(9)))], false).await.unwrap();
    let url = database.url();
    let other = super::super::connect::Connector::new(&url).unwrap().link().await.unwrap();
    other.client.batch_execute("BEGIN; SELECT pg_advisory_xact_lock(7382054461237092)").await.unwrap();
    assert_eq!(store.delete_before(Utc::now(), 10).await.unwrap(), 0);
    // Meanwhile connections are removed, and the other way round.
    let long_ago = noon(9);
    let connection = Connection::new(Uuid::now_v7(), long_ago, long_ago);
    actors::audit::ConnectionStore::append(&store, &[Arc::new(connection)]).await.unwrap();
    assert_eq!(actors::audit::ConnectionStore::delete_before(&store, Utc::now(), 10).await.unwrap(), 1);
    let swap = "COMMIT; BEGIN; SELECT pg_advisory_xact_lock(7382054461237093)";
    other.client.batch_execute(swap).await.unwrap();
    assert_eq!(actors::audit::ConnectionStore::delete_before(&store, Utc::now(), 10).await.unwrap(), 0);
    assert_eq!(store.delete_before(Utc::now(), 10).await.unwrap(), 1);
}

#[actix_rt::test]
async fn days_to_come_are_made_once_by_all() {
    let (database, store) = fresh().await;
    let others = [open(&database.url()).await, open(&database.url()).await];
    let now = Utc::now();
    let made = futures_util::future::join_all([&store, &others[0], &others[1]].map(|store| store.prepare_days(now, 3)));
    for made in made.await {
        made.unwrap();
    }
    assert_eq!(database.sql("SELECT count(*) FROM pg_inherits WHERE inhparent = 'audit_events'::regclass"), "4");
    // Each has the indexes of the parent.
    assert_eq!(database.sql("SELECT count(*) FROM pg_index WHERE NOT indisvalid"), "0");
}

#[actix_rt::test]
async fn replicas_hear_of_each_other_and_not_of_themselves() {
    let (database, store) = fresh().await;
    let other = open(&database.url()).await;
    let heard: Arc<Mutex<Vec<Uuid>>> = Arc::default();
    let hearing = Arc::clone(&heard);
    let watch = store.watch(Arc::new(move |ids| hearing.lock().unwrap().extend(ids))).unwrap();
    let watching = actix_rt::spawn(watch);
    tokio::time::timeout(Duration::from_secs(10), async {
        while database
            .sql("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'")
            == "0"
        {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await
    .unwrap();
    store.append(&batch(3), false).await.unwrap();
    let records = batch(500);
    other.append(&records, false).await.unwrap();
    let ids: Vec<Uuid> = records.iter().map(|record| record.event.id).collect();
    tokio::time::timeout(Duration::from_secs(10), async {
        while heard.lock().unwrap().len() < ids.len() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await
    .unwrap();
    assert_eq!(*heard.lock().unwrap(), ids);
    // A terminated connection is replaced.
    database.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'");
    tokio::time::timeout(Duration::from_secs(20), async {
        while heard.lock().unwrap().len() == ids.len() {
            tokio::time::sleep(Duration::from_millis(100)).await;
            other.append(&batch(1), false).await.unwrap();
        }
    })
    .await
    .unwrap();
    watching.abort();
}
