//! Queries use the indexes that are meant for them.

use actors::audit::{AuditStore as _, Filter, Page};
use diesel::{QueryableByName, pg::Pg, sql_types::Text};
use diesel_async::{RunQueryDsl as _, SimpleAsyncConnection as _};

use super::{
    super::QUERIES,
    samples::{batch, fresh},
};
use crate::store::sql::Statement;

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text, column_name = "QUERY PLAN")]
    line: String,
}

#[actix_rt::test]
async fn filters_below_http_use_their_indexes() {
    let (_database, store) = fresh().await;
    store.append(&batch(100), false).await.unwrap();
    let text = || Some("x".to_owned());
    let filters = [
        (Filter { connection: Some(uuid::Uuid::nil()), ..Filter::default() }, "connection_id"),
        (Filter { rule: text(), ..Filter::default() }, "rule"),
        (Filter { trace_id: text(), ..Filter::default() }, "left"),
        (Filter { test_run: text(), ..Filter::default() }, "left"),
        (Filter { call_key: text(), ..Filter::default() }, "left"),
    ];
    let page = Page { after: None, offset: 0, limit: 50 };
    for (filter, index) in filters {
        for question in [QUERIES.events(&filter, page), QUERIES.records(&filter, page, 1000), QUERIES.count(&filter)] {
            let explained = Statement { text: format!("EXPLAIN {}", question.text), binds: question.binds };
            let plan = async |connection: &mut diesel_async::AsyncPgConnection| {
                // The table is too small for an index to pay.
                connection.batch_execute("SET enable_seqscan = off").await?;
                explained.query::<Pg>().load::<Line>(connection).await
            };
            let plan: Vec<String> =
                store.analysis.ask(plan).await.unwrap().into_iter().map(|line: Line| line.line).collect();
            // Partial indexes are the only ones with these columns.
            let uses = |line: &String| line.contains(" on audit_wire_") && line.contains(&format!("_{index}_"));
            assert!(plan.iter().any(uses), "{index}: {plan:#?}");
        }
    }
}
