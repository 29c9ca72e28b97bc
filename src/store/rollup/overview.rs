//! Figures of a dashboard together.

use actors::{
    audit::{AuditStore, Dimension, Filter, Overview},
    store::StoreError,
};
use diesel::result::QueryResult;

use super::{Answer, Question, RollupQueries, Rollups};

/// Computes the figures from the rollups; `None` when the rows must be read instead. With a filter, percentiles are to be
/// computed from its rows. The connection must be in a transaction with a single snapshot.
pub(in crate::store) async fn overview(
    store: &mut impl Rollups,
    queries: RollupQueries,
    filter: &Filter,
    bucket_seconds: u32,
    top: u32,
) -> QueryResult<Option<(Overview, Option<Filter>)>> {
    let questions = [
        Question::Stats,
        Question::Timeseries(bucket_seconds),
        Question::Breakdown(Dimension::Status),
        Question::Breakdown(Dimension::RouteName),
    ];
    let answers = Answer::find_all(store, queries, questions, filter).await?;
    Ok(answers.map(|[stats, buckets, statuses, routes]| {
        let few = stats.few();
        let overview = Overview {
            stats: stats.stats(),
            buckets: buckets.buckets(),
            statuses: statuses.groups(top),
            routes: routes.groups(top),
        };
        (overview, few)
    }))
}

/// Asks for each figure on its own: some rollups can answer, others the rows.
pub(in crate::store) async fn overview_singly(
    store: &dyn AuditStore,
    filter: &Filter,
    bucket_seconds: u32,
    top: u32,
) -> Result<Overview, StoreError> {
    let (stats, buckets, statuses, routes) = tokio::try_join!(
        store.stats(filter),
        store.timeseries(filter, bucket_seconds),
        store.breakdown(filter, Dimension::Status, top),
        store.breakdown(filter, Dimension::RouteName, top),
    )?;
    Ok(Overview { stats, buckets, statuses, routes })
}
