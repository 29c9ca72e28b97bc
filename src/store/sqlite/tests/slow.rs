//! Slow queries: they don't affect identity, and end when the caller has gone.

use std::{
    future::Future,
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use actors::{
    audit::{AuditStore as _, Cursor, Dimension, Filter, Page},
    keys::KeyStore as _,
    sessions::SessionStore,
    store::StoreError,
};
use chrono::{TimeDelta, Utc};
use diesel::{RunQueryDsl as _, sql_query};
use futures_util::future::join_all;
use tempfile::TempDir;

use super::{
    super::{location::Purpose, queries::QUERIES},
    Sqlite, batch,
};
use crate::store::sql::{CountRow, Statement};

/// Query that runs until it is interrupted.
const ENDLESS: &str = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i & 1023 OR still_wanted()) \
                       SELECT count(*) AS count FROM n";
/// Maximum wait for something that must happen by itself.
const SOON: Duration = Duration::from_secs(30);

async fn soon<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(SOON, work).await.expect("it hangs")
}

async fn fresh() -> (TempDir, Arc<Sqlite>) {
    let folder = TempDir::new().unwrap();
    let store = Arc::new(Sqlite::open(folder.path().join("x.sqlite")).await.unwrap());
    (folder, store)
}

/// Starts more endless queries than run at a time. Dropping the handle abandons them all.
fn endless(store: &Arc<Sqlite>) -> tokio::task::JoinHandle<()> {
    let connections = Arc::clone(&store.connections);
    tokio::spawn(async move {
        let ask = || {
            Arc::clone(&connections)
                .analyse(|connection| sql_query(ENDLESS).get_result::<CountRow>(connection).map(drop))
        };
        join_all((0..10).map(|_| ask())).await;
    })
}

#[actix_rt::test]
async fn slow_questions_leave_identity_alone_and_end_when_abandoned() {
    let (_folder, store) = fresh().await;
    leaves_identity_alone(store).await;
}

#[actix_rt::test]
async fn in_memory_slow_questions_leave_identity_alone_too() {
    leaves_identity_alone(Arc::new(Sqlite::open(":memory:").await.unwrap())).await;
}

async fn leaves_identity_alone(store: Arc<Sqlite>) {
    let slow = endless(&store);
    let waiting = Arc::clone(&store);
    let count = tokio::spawn(async move { waiting.count(&Filter::default()).await });
    for _ in 0..20 {
        tokio::task::yield_now().await;
        assert!(soon(store.find(vec![[7; 32]])).await.unwrap().is_empty());
        assert!(soon(store.list()).await.unwrap().is_empty());
        assert_eq!(soon(SessionStore::get(&*store, [7; 32])).await.unwrap(), None);
        assert!(!soon(SessionStore::replace(&*store, [7; 32], String::new())).await.unwrap());
        assert_eq!(soon(store.revoke("none".to_owned())).await.unwrap(), None);
    }
    assert!(!count.is_finished(), "an analysis waits for its turn");
    slow.abort();
    // All places are free again, because the endless queries were interrupted.
    assert_eq!(soon(count).await.unwrap().unwrap(), 0);
    soon(store.close()).await.unwrap();
}

#[actix_rt::test]
async fn every_question_about_many_rows_can_be_interrupted() {
    let (_folder, store) = fresh().await;
    for seed in 0..5 {
        store.append(&batch(seed, 500), false).await.unwrap();
    }
    let all = Filter { min_duration_ms: Some(-1.0), ..Filter::default() };
    let header = Filter { has_headers: vec!["X-None".to_owned()], ..Filter::default() };
    let page = Page { after: Some(Cursor { micros: i64::MAX, id: uuid::Uuid::max() }), offset: 2000, limit: 50 };
    let mut questions = Vec::new();
    let ended = Filter { ended_by: Some("never".to_owned()), ..Filter::default() };
    for filter in [&all, &header, &ended] {
        questions.push(QUERIES.events(filter, page));
        questions.push(QUERIES.records(filter, page, u64::MAX));
        questions.extend(QUERIES.walk(filter, page.after));
        questions.push(QUERIES.count(filter));
        questions.push(QUERIES.stats(filter));
        questions.push(QUERIES.timeseries(filter, 60));
        questions.push(QUERIES.ended_since(filter, Utc::now() - TimeDelta::days(9999), SOON, 10));
        questions.extend(Dimension::ALL.map(|dimension| QUERIES.breakdown(filter, dimension, 10)));
    }
    for question in questions {
        let asked = question.text.clone();
        let left = ask(&store, question.clone(), true).expect_err(&asked);
        assert!(
            matches!(&left, StoreError::Unavailable(text) if text.contains("the caller has gone")),
            "{left}: {asked}"
        );
        ask(&store, question, false).expect(&asked);
    }
}

fn ask(store: &Sqlite, question: Statement, abandoned: bool) -> Result<(), StoreError> {
    #[derive(diesel::QueryableByName)]
    struct Anything {}
    store.connections.work(Purpose::Analysis, Arc::new(AtomicBool::new(abandoned)), |connection| {
        question.query::<diesel::sqlite::Sqlite>().load::<Anything>(connection).map(drop)
    })
}

/// Conditions on the record below HTTP that have an index, and its name.
fn indexed() -> [(Filter, &'static str); 5] {
    let text = || Some("x".to_owned());
    [
        (Filter { connection: Some(uuid::Uuid::nil()), ..Filter::default() }, "audit_wire_connection_id"),
        (Filter { rule: text(), ..Filter::default() }, "audit_wire_rule"),
        (Filter { trace_id: text(), ..Filter::default() }, "audit_wire_trace_id"),
        (Filter { test_run: text(), ..Filter::default() }, "audit_wire_test_run"),
        (Filter { call_key: text(), ..Filter::default() }, "audit_wire_call_key"),
    ]
}

#[actix_rt::test]
async fn filters_below_http_use_their_indexes() {
    #[derive(diesel::QueryableByName)]
    struct Step {
        #[diesel(sql_type = diesel::sql_types::Text)]
        detail: String,
    }
    let (_folder, store) = fresh().await;
    let page = Page { after: None, offset: 0, limit: 50 };
    for (filter, index) in indexed() {
        for question in [QUERIES.events(&filter, page), QUERIES.records(&filter, page, 1000), QUERIES.count(&filter)] {
            let text = format!("EXPLAIN QUERY PLAN {}", question.text);
            let explained = Statement { text, binds: question.binds };
            let abandoned = Arc::new(AtomicBool::new(false));
            let steps = store.connections.work(Purpose::Analysis, abandoned, |connection| {
                explained.query::<diesel::sqlite::Sqlite>().load::<Step>(connection)
            });
            let plan: Vec<String> = steps.unwrap().into_iter().map(|step| step.detail).collect();
            let uses = format!("SEARCH w USING INDEX {index} (");
            assert!(plan.iter().any(|step| step.contains(&uses)), "{index}: {plan:#?}");
            let scanned = plan.iter().find(|step| step.starts_with("SCAN w") || step.starts_with("SCAN e USING"));
            assert_eq!(scanned, None, "{index}: {plan:#?}");
        }
    }
}
